"""Data sets and pictures: files -> NumPy arrays. It knows no network."""
