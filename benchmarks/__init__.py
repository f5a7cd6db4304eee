"""Speed and memory, measured as ratios in one run: `python -m benchmarks`."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported
