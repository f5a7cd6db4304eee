import numpy as np
import pytest

from inward.recording.histogram import BINS, histogram

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(), (1,), (5, 4, 3)])
def test_every_value_is_counted_and_summed(shape: tuple[int, ...]) -> None:
    values = RANDOM.normal(size=shape).astype(np.float32)
    found = histogram(np.asarray(values), "weights")
    assert found.edges.shape == (BINS + 1,)
    assert found.counts.sum() == np.size(values)
    assert found.norm == pytest.approx(np.linalg.norm(np.ravel(values)))
    assert found.total == pytest.approx(np.sum(values, dtype=np.float64))
    assert found.squares == pytest.approx(found.norm**2)


def test_bins_are_even_in_arsinh_and_hold_the_tails() -> None:
    values = np.concatenate([RANDOM.normal(size=999), [1e6]])
    edges = histogram(values, "weights").edges
    assert (edges[0], edges[-1]) == (values.min(), values.max())
    steps = np.diff(np.arcsinh(edges / np.abs(values).mean()))
    np.testing.assert_allclose(steps, steps[0], rtol=1e-6)


def test_what_is_not_finite_is_in_the_norm_alone() -> None:
    found = histogram(np.array([1.0, np.inf, 2.0]), "weights")
    assert (found.counts.sum(), found.total, found.squares, found.norm) == (2, 3.0, 5.0, np.inf)
