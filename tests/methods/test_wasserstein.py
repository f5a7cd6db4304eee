import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inward.methods.wasserstein import wasserstein_distance

SAMPLES = hnp.arrays(np.float64, st.integers(1, 12), elements=st.floats(-1e3, 1e3))


@given(hnp.arrays(np.float64, (2, 9), elements=st.floats(-1e3, 1e3)))
def test_equal_sizes_pair_the_sorted_values(pair):
    expected = np.abs(np.sort(pair[0]) - np.sort(pair[1])).mean()
    assert wasserstein_distance(*pair) == pytest.approx(expected, abs=1e-9)


@given(SAMPLES, SAMPLES)
def test_unequal_sizes_by_the_area_between_the_distribution_functions(a, b):
    grid = np.sort(np.concatenate([a, b]))
    apart = [abs((a <= x).mean() - (b <= x).mean()) for x in grid[:-1]]
    assert wasserstein_distance(a, b) == pytest.approx(np.diff(grid) @ apart, abs=1e-9)


@given(SAMPLES, SAMPLES, st.integers(1, 4), st.floats(-10, 10))
def test_it_is_a_distance_of_distributions(a, b, times, shift):
    d = wasserstein_distance(a, b)
    assert d == pytest.approx(wasserstein_distance(b, a), abs=1e-9)
    assert wasserstein_distance(np.tile(a, times), b) == pytest.approx(d, abs=1e-9)
    assert wasserstein_distance(a, a[::-1]) == 0
    assert wasserstein_distance(a, a + shift) == pytest.approx(abs(shift), abs=1e-9)


def test_closed_forms():
    assert wasserstein_distance(np.array([0.0, 1.0]), np.array([0.5])) == 0.5
    u = (np.arange(3000) + 0.5) / 3000
    assert wasserstein_distance(u, 2 * u[::3]) == pytest.approx(0.5, abs=1e-3)  # U(0, 1) to U(0, 2)
    assert np.isnan(wasserstein_distance(np.array([]), u))
