import numpy as np
import pytest
from adjoint import adjoint_error

from inward.backends.numpy import NumpyOps
from inward.model import SCORES, Objective
from inward.network.heads import HEADS

OPS = NumpyOps()


@pytest.mark.parametrize("score", SCORES)
def test_a_head_is_the_objective_and_its_derivative(score: str) -> None:
    random = np.random.default_rng(0)
    logits, weights = 3 * random.normal(size=(5, 7)), random.normal(size=(5, 7))
    s, slope = HEADS[score](OPS, logits, weights)
    np.testing.assert_allclose(s, Objective(weights, score).of(logits), rtol=1e-12)
    assert adjoint_error(lambda z: HEADS[score](OPS, z, weights)[0], lambda dy: dy[:, None] * slope, logits) < 1e-9


def test_every_score_has_its_head() -> None:
    assert tuple(HEADS) == SCORES


def test_large_logits_do_not_overflow() -> None:
    logits = np.array([[1000.0, -1000.0, 0.0]])
    for score in ("probability", "log_probability"):
        s, slope = HEADS[score](OPS, logits, np.array([[1.0, 0.0, 0.0]]))
        np.testing.assert_allclose(s, [{"probability": 1.0, "log_probability": 0.0}[score]])
        assert np.isfinite(slope).all()
