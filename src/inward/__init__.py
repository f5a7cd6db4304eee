"""See inside a neural network, and know how far to trust what you see."""

__version__ = "0.1.0"
