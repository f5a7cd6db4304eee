"""How a model came to be, written down while it was trained; this room knows no framework."""
