import numpy as np

from inward.network.learner import _targets


def test_smoothed_targets_sum_to_one_over_the_batch() -> None:
    targets = _targets(np.array([0, 2]), 4, 0.2)
    np.testing.assert_allclose(targets * 2, [[0.85, 0.05, 0.05, 0.05], [0.05, 0.05, 0.85, 0.05]])
