import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.errors import ArgumentError, ShapeError
from inward.methods.paths import point, resolve_alphas, resolve_baseline

X = np.random.default_rng(0).uniform(size=(3, 2, 4)).astype(np.float32)


@pytest.mark.parametrize("baseline", [0, 0.5, np.float64(0.5), np.int64(1)])
def test_a_number(baseline):
    found = resolve_baseline(baseline, X)
    assert found.dtype == X.dtype
    np.testing.assert_array_equal(found, np.full_like(X, baseline))


def test_one_input_and_one_for_each():
    one = resolve_baseline(X[1].astype(np.float64), X)
    np.testing.assert_array_equal(one, np.stack([X[1]] * 3))
    assert one.dtype == X.dtype
    np.testing.assert_array_equal(resolve_baseline(X[::-1], X), X[::-1])


@pytest.mark.parametrize(
    "baseline",
    [
        np.nan,
        np.inf,
        1e300,
        "black",
        None,
        True,
        X[:2],
        X[:1],
        X[0, 0],
        X.transpose(0, 2, 1),
        X * np.nan,
        X[0].astype(int),
    ],
)
def test_bad_baselines(baseline):
    with pytest.raises(ShapeError, match="baseline must be"):
        resolve_baseline(baseline, X)


@given(st.lists(st.floats(0, 1), min_size=1))
def test_alphas_come_back_as_given(alphas):
    assert resolve_alphas(alphas).tolist() == alphas


@pytest.mark.parametrize("alphas", [[], 0.5, [[0.5]], [1.1], [-0.1, 0.5], [np.nan], ["a"], None, [[1], [1, 0]]])
def test_bad_alphas(alphas):
    with pytest.raises(ArgumentError, match="alphas must be"):
        resolve_alphas(alphas)


def test_points_run_from_start_to_end_in_the_dtype_of_the_inputs():
    start = np.zeros_like(X)
    assert point(start, X, 0.3).dtype == np.float32
    np.testing.assert_array_equal(point(start, X, 0), start)
    np.testing.assert_array_equal(point(start, X, 1), X)
    np.testing.assert_allclose(point(X, start, 0.25), 0.75 * X, rtol=1e-6)
