import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inward.methods.axioms import completeness_gap, relative_gap

NUMBERS = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-200)  # subnormals lose digits when scaled
VALUES = hnp.arrays(np.float64, (3, 2, 2), elements=NUMBERS)


def test_by_hand():
    values, difference = np.array([[1.0, 2.0], [1.0, -1.0], [0.0, 0.0]]), np.array([4.0, 0.0, 0.0])
    np.testing.assert_array_equal(completeness_gap(values, difference), [-1, 0, 0])
    np.testing.assert_array_equal(relative_gap(values, difference), [0.25, 0, 0])


def test_equal_scores_stay_finite():
    assert relative_gap(np.array([[1.0, -0.5]]), np.zeros(1)) == pytest.approx(0.5 / 0.0015)


@given(VALUES)
def test_no_gap_where_the_difference_is_the_sum(values):
    np.testing.assert_allclose(completeness_gap(values, values.sum((1, 2))), 0, atol=1e-8)


@given(VALUES, hnp.arrays(np.float64, 3, elements=NUMBERS))
def test_the_relative_gap_is_finite_and_does_not_know_the_unit(values, difference):
    found = relative_gap(values, difference)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    np.testing.assert_array_equal(relative_gap(-4 * values, -4 * difference), found)


def test_float32_values_are_summed_in_float64():
    values = np.full((1, 10**6), 0.1, dtype=np.float32)
    assert abs(completeness_gap(values, np.array([0.1 * 10**6]))[0]) < 0.01
