"""Speed and memory, measured as ratios in one run: `python -m benchmarks`."""

import inward.backends.tensorflow  # noqa: F401  first of all, since it holds TensorFlow's chatter back
