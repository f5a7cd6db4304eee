import numpy as np
import pytest

from inward.render.chart_dim import _busiest, dim_predictions

ALPHAS = np.array([0.01, 0.1, 1.0])


def test_few_classes_keep_a_row_each():
    counts = np.arange(60).reshape(3, 20)
    kept, names = _busiest(counts, [f"class {i}" for i in range(20)])
    assert kept is counts
    assert len(names) == 20


def test_of_many_classes_no_image_is_lost():
    counts = np.random.default_rng(0).multinomial(50, np.ones(1000) / 1000, 3)
    kept, names = _busiest(counts, [f"class {i}" for i in range(1000)])
    assert kept.shape == (3, 21)
    assert names[-1] == "980 others"
    assert (kept.sum(axis=1) == 50).all()
    for column, name in enumerate(names[:-1]):
        assert (kept[:, column] == counts[:, int(name.removeprefix("class "))]).all()
    assert kept[:, :-1].sum() == np.sort(counts.sum(axis=0))[-20:].sum()


@pytest.mark.parametrize("accuracy", [None, np.array([0.1, 0.5, 0.8])])
@pytest.mark.parametrize("classes", [1, 10, 1000])
def test_a_figure_has_a_sensible_size(classes, accuracy):
    figure = dim_predictions(ALPHAS, np.ones((3, classes)), ["$a$"] * classes, accuracy)
    assert figure.get_size_inches().max() < 12
    assert len(figure.axes) == (1 if accuracy is None else 2)
