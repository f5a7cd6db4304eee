import numpy as np
import pytest

from inward.render.ridge import LAYERS, MARGIN, TAIL, TALL, TIMES, Ridge, layers_shown, times_shown

DRAW = np.random.default_rng(8)


def ridge(*pairs):
    """From (edges, counts) for each point in time."""
    return Ridge("w", *(np.array(column) for column in zip(*pairs, strict=True)))


def without_room(limits):
    room = MARGIN * (limits[1] - limits[0]) / (1 + 2 * MARGIN)
    return limits[0] + room, limits[1] - room


def test_density_is_share_over_width():
    found = ridge(([0.0, 0.5, 1.0, 2.0], [1, 1, 2]), ([-8.0, -6.0, -4.0, 0.0], [3, 0, 3])).densities
    np.testing.assert_allclose(found, [[0.5, 0.5, 0.5], [0.25, 0, 0.125]])


def test_density_of_any_bins_has_area_one():
    edges = np.sort(DRAW.normal(size=(6, 31)))
    found = Ridge("w", edges, DRAW.integers(0, 90, (6, 30)))
    np.testing.assert_allclose((found.densities * np.diff(edges)).sum(axis=1), 1)


def test_limits_leave_a_tail_of_a_uniform_density():
    even = ridge(*[(np.linspace(0, 1, 5), [7, 7, 7, 7])] * 3)
    assert without_room(even.limits) == pytest.approx((TAIL, 1 - TAIL))


def test_limits_are_of_all_points_in_time_alike():
    """Half the mixture is in each: a tail of it is twice that of either; how many values there are is no matter."""
    two = ridge(([0.0, 1.0], [5]), ([10.0, 11.0], [50_000]))
    assert without_room(two.limits) == pytest.approx((2 * TAIL, 11 - 2 * TAIL))


def test_limits_are_those_of_the_values_themselves():
    values = DRAW.normal(size=(4, 100_000)) * np.array([[1.0], [2.0], [0.5], [1.0]])
    found = ridge(*[np.histogram(row, 64)[::-1] for row in values])
    assert without_room(found.limits) == pytest.approx(np.quantile(values, [TAIL, 1 - TAIL]), abs=0.1)


def test_an_outlier_does_not_stretch_the_axis():
    counts = np.zeros(1000, int)
    counts[490:510], counts[-1] = 10_000, 1
    low, high = ridge((np.linspace(-50, 50, 1001), counts)).limits
    assert -1.5 < low < 0 < high < 1.5


def test_a_spike_is_cut_and_the_rest_is_not():
    flat, spike = (np.linspace(0, 1, 5), [1, 1, 1, 1]), (np.linspace(0.5, 0.51, 5), [1, 1, 1, 1])
    found = ridge(flat, flat, spike)
    np.testing.assert_allclose(found.peaks, [1, 1, 100])
    assert found.ceiling == TALL
    np.testing.assert_allclose([found.outline(time)[1].max() for time in range(3)], [1, 1, TALL])
    assert ridge(flat, flat).ceiling == 1


def test_what_lies_outside_the_axis_sets_no_scale():
    edges = np.array([0.0, 1.0, 100.0, 100.0001])
    assert ridge((edges, [9_999, 0, 1])).ceiling == pytest.approx(0.9999)


def test_an_outline_goes_from_zero_to_zero_and_encloses_one():
    x, density = ridge((np.linspace(-1, 1, 9), [0, 1, 4, 9, 9, 4, 1, 0])).outline(0)
    assert x.tolist() == [-1, *(np.arange(-7, 8, 2) / 8), 1]
    assert density[0] == density[-1] == 0
    assert np.trapezoid(density, x) == pytest.approx(1)


def test_nothing_counted_is_flat_and_all_alike_is_a_spike():
    nothing = ridge((np.linspace(0, 1, 5), [0, 0, 0, 0]))
    assert nothing.limits == (0, 1)
    assert nothing.ceiling == 1
    assert not nothing.outline(0)[1].any()
    counts, edges = np.histogram(np.full(9, 0.25), 64)
    alike = ridge((edges, counts), (np.linspace(0, 1, 65), np.zeros(64)))
    assert alike.limits[0] <= 0.25 <= alike.limits[1]
    assert alike.ceiling == pytest.approx(64)


def test_bins_of_no_width_have_no_density():
    assert ridge(([1.0, 1.0, 1.0], [3, 4])).densities.tolist() == [[0, 0]]


@pytest.mark.parametrize("count", [1, 2, 9, 10, 32, 33, 1000])
def test_few_are_all_shown_and_of_many_the_ends_and_an_even_choice(count):
    times = times_shown(count)
    assert (times[0], times[-1], len(times)) == (0, count - 1, min(count, TIMES))
    steps = np.diff(times)
    assert steps.max(initial=1) - steps.min(initial=steps.max(initial=1)) <= 1
    layers = layers_shown(range(count))
    assert (layers[0], layers[-1], len(set(layers))) == (0, count - 1, min(count, LAYERS))


def test_no_layer_is_no_layer():
    assert layers_shown([]) == []
