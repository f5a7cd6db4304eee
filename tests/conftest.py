"""Chatter of frameworks that is not ours is let through; every other warning is an error. CI is busy: no deadlines."""

import os

from hypothesis import settings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
settings.register_profile("busy", deadline=None)
settings.load_profile("busy")
