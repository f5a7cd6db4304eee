import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from inward.errors import ArgumentError, ShapeError
from inward.methods.weights import MOST_BINS, weight_histograms


class Weighted:
    """The one verb of a model that is asked for here."""

    def __init__(self, **arrays):
        self.arrays = arrays

    def weights(self):
        return self.arrays


RNG = np.random.default_rng(0)
AFTER = {"conv1": RNG.normal(size=(3, 3, 3, 8)).astype(np.float32), "conv2": RNG.normal(2, 0.5, size=(40, 50))}
BEFORE = {name: array * 0.5 for name, array in AFTER.items()}


def one(array, before=None, bins="auto"):
    return weight_histograms(Weighted(w=array), None if before is None else {"w": before}, bins).layers[0]


def test_counts_and_statistics_of_each_layer():
    found = weight_histograms(Weighted(**AFTER)).layers
    assert [layer.name for layer in found] == ["conv1", "conv2"]
    for layer, array in zip(found, AFTER.values(), strict=True):
        assert layer.after.sum() == array.size
        statistics = layer.after_statistics
        assert (statistics.count, statistics.non_finite) == (array.size, 0)
        values = array.astype(np.float64)
        expected = (values.mean(), values.std(), values.min(), values.max())
        got = (statistics.mean, statistics.standard_deviation, statistics.minimum, statistics.maximum)
        np.testing.assert_allclose(got, expected)
        assert layer.before is layer.before_statistics is layer.distance is None


@pytest.mark.parametrize("before", [BEFORE, Weighted(**BEFORE)])
def test_before_and_after_share_their_edges(before):
    for layer in weight_histograms(Weighted(**AFTER), before).layers:
        earlier, later = BEFORE[layer.name], AFTER[layer.name]
        assert layer.edges[0] == min(earlier.min(), later.min())
        assert layer.edges[-1] == max(earlier.max(), later.max())
        np.testing.assert_array_equal(layer.before, np.histogram(earlier, layer.edges)[0])
        np.testing.assert_array_equal(layer.after, np.histogram(later, layer.edges)[0])
        moved = np.abs(np.sort(earlier, axis=None) - np.sort(later, axis=None)).mean()
        assert layer.distance == pytest.approx(moved)
        assert layer.before_statistics.mean == pytest.approx(earlier.mean())


def test_an_unchanged_layer_is_at_no_distance():
    assert one(AFTER["conv2"], AFTER["conv2"]).distance == 0


def test_auto_is_numpys():
    array = RNG.normal(size=5000)
    np.testing.assert_allclose(one(array).edges, np.histogram_bin_edges(array, "auto"))


def test_auto_stays_readable_where_an_outlier_stretches_the_range():
    found = one(np.append(RNG.normal(size=5000), 1e30))
    assert found.after.size == MOST_BINS
    assert found.after.sum() == 5001


def test_bins_by_number():
    assert one(AFTER["conv1"], bins=17).edges.shape == (18,)


@given(
    hnp.arrays(np.float32, st.integers(0, 30), elements=st.floats(width=32, allow_nan=True)),
    hnp.arrays(np.float32, st.integers(0, 30), elements=st.floats(width=32, allow_nan=True)),
    st.sampled_from(["auto", 1, 50]),
)
def test_non_finite_values_are_counted_whatever_the_rest(after, before, bins):
    size = min(len(after), len(before))
    found = one(after[:size], before[:size], bins)
    finite = np.isfinite(after[:size])
    assert found.after_statistics.non_finite == (~finite).sum()
    assert found.after_statistics.count == size
    assert found.after.sum() == finite.sum()
    assert (np.diff(found.edges) > 0).all()


@pytest.mark.parametrize("value", [0, 1, -3.5, 1e20, 1e-40, np.nan, np.inf])
@pytest.mark.parametrize("bins", ["auto", 30])
def test_constant_and_non_finite_arrays(value, bins):
    found = one(np.full((2, 3), value), np.zeros((2, 3)), bins)
    assert found.after.sum() == (6 if np.isfinite(value) else 0)
    np.testing.assert_equal(found.distance, abs(value) if np.isfinite(value) else np.nan)
    np.testing.assert_equal(found.after_statistics.standard_deviation, 0.0 if np.isfinite(value) else np.nan)


@pytest.mark.parametrize("bins", [0, -1, 2.5, "many", None])
def test_bad_bins(bins):
    with pytest.raises(ArgumentError, match="bins must be"):
        one(AFTER["conv1"], bins=bins)


def test_another_networks_weights_are_refused():
    with pytest.raises(ArgumentError, match="before must be weights of the same names, got conv2 in only one"):
        weight_histograms(Weighted(**AFTER), {"conv1": BEFORE["conv1"]})
    with pytest.raises(ShapeError, match=r"before\['conv2'\] must be \(40, 50\), got \(50, 40\)"):
        weight_histograms(Weighted(**AFTER), BEFORE | {"conv2": BEFORE["conv2"].T})
