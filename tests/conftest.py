"""Chatter of frameworks that is not ours is let through; every other warning is an error."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
