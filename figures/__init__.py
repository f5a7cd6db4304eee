"""Every figure and picture of the docs that depends on the shipped weights, made anew: `python -m figures`."""
