"""The network of the story, written by hand: forward and backward side by side."""
