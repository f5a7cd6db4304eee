import tracemalloc

import numpy as np
import pytest

from inward.errors import ArgumentError
from inward.methods.saturation import saturation


def test_a_polynomial_has_its_closed_form(polynomial, inputs):
    x = inputs(polynomial)
    start = x[::-1] / 2
    found = saturation(polynomial, x, 1, baseline=start, alphas=[0, 0.3, 1])
    at = [start + a * (x - start) for a in (0, 0.3, 1)]
    slopes = np.array([polynomial.jacobian(p)[:, 1] for p in at])
    s = np.array([polynomial.scores(p)[:, 1] for p in at])
    np.testing.assert_allclose(found.norms, np.sqrt((slopes**2).sum(-1)))
    np.testing.assert_allclose(found.derivatives, (slopes * (x - start)).sum(-1))
    np.testing.assert_allclose(found.scores, s)
    np.testing.assert_allclose(found.shares, (s - s[0]) / (s[2] - s[0]))
    assert found.shares[[0, 2]].tolist() == [[0] * 4, [1] * 4]


def test_the_derivative_is_that_of_the_scores(tanh_net, inputs):
    found = saturation(tanh_net, inputs(tanh_net), score="log_probability", alphas=np.linspace(0, 1, 2001))
    numeric = (found.scores[2:] - found.scores[:-2]) * 1000
    np.testing.assert_allclose(found.derivatives[1:-1], numeric, atol=1e-3)


def test_the_grid_is_logarithmic_by_default(tanh_net, inputs):
    found = saturation(tanh_net, inputs(tanh_net))
    assert found.alphas.shape == (41,)
    np.testing.assert_allclose(np.diff(np.log10(found.alphas)), 0.1)
    assert found.shares.shape == found.norms.shape == (41, 4)
    np.testing.assert_allclose(found.shares[-1], 1)


def test_a_linear_model_makes_its_score_evenly(linear, inputs):
    found = saturation(linear, inputs(linear), 0, versus=1)
    np.testing.assert_allclose(found.shares, np.repeat(found.alphas[:, None], 4, axis=1))
    np.testing.assert_allclose(np.ptp(found.norms, axis=0), 0, atol=1e-12)
    assert found.versus.tolist() == [1] * 4


def test_equal_scores_at_both_ends_have_no_shares(square):
    x = np.array([[1.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    shares = saturation(square, x, 0).shares
    assert np.isnan(shares).all(axis=0).tolist() == [True, False, True]
    noise = np.array([[1.0 + 1e-15, 1.0]])
    assert np.isnan(saturation(square, noise, 0, baseline=np.ones(2)).shares).all()


def test_memory_does_not_grow_with_the_alphas(linear):
    x = np.random.default_rng(0).uniform(size=(2000, 2, 3, 1))

    def peak(alphas):
        tracemalloc.start()
        saturation(linear, x, 0, alphas=np.linspace(0, 1, alphas))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found - 5 * alphas * len(x) * 8  # the results themselves, (alphas, n), and shares' intermediate

    peak(2)
    assert peak(50) < 1.1 * peak(5)


def test_bad_alphas(tanh_net, inputs):
    with pytest.raises(ArgumentError, match="alphas must be"):
        saturation(tanh_net, inputs(tanh_net), alphas=[])
