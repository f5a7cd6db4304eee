"""Every chart is drawn whatever it is given; warnings are errors, so a clipped or empty axis speaks up."""

import io
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from inward.errors import ArgumentError, ShapeError
from inward.render.chart_activations import activation_chart
from inward.render.chart_attribution import attribution_chart, attribution_grid, attribution_path_chart
from inward.render.chart_crops import View, crop_chart
from inward.render.chart_dim import dim_predictions
from inward.render.chart_gradients import dim_grid, gradient_chart
from inward.render.chart_probability import probability_bars
from inward.render.chart_saturation import saturation_curves
from inward.render.chart_training import COLUMNS, training_curves
from inward.render.chart_weights import LAYERS, Spread, weight_curves
from inward.render.png import png_bytes
from inward.render.signed import shared_scale
from inward.render.style import NEGATIVE

DRAW = np.random.default_rng(5)
ODD_NAMES = ["$x$", "<script>alert(1)</script>", "a very long name " * 12, "two\nlines", "", "_^\\frac{", "猫 ü α"]
ALPHAS = np.array([0.01, 0.1, 1.0])


def texts(figure):
    """All words of a figure."""
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    inside = [text for axes in figure.axes for text in axes.texts]
    return [t.get_text() for t in (*figure.texts, *inside, *(t for legend in legends for t in legend.get_texts()))]


def drawn(figure):
    """Draw to PNG, check that there is a picture, and give its size."""
    picture = np.asarray(Image.open(io.BytesIO(png_bytes(figure))).convert("L"))
    assert picture.min() < 200 < picture.max()
    return picture.shape


def images(n, side=6, channels=3):
    return DRAW.random((n, side, side, channels))


def maps(*shape):
    return DRAW.normal(size=shape)


def attribution(shown, values=None, name="image"):
    n = len(shown)
    values = maps(*shown.shape) if values is None else values
    return attribution_chart(shown, values, [(name, f"{name} 90 %")] * n, [(name, "gap +0.1", "error 1 %")] * n, name)


@pytest.mark.parametrize(("n", "channels"), [(1, 3), (9, 1), (50, 3)])
def test_attribution_of_any_number_of_images(n, channels):
    height, width = drawn(attribution(images(n, 8, channels)))
    assert width < 1500
    assert height < 430 * -(-n // 8) + 60


def test_names_are_names_wherever_they_stand():
    n, shown, values = len(ODD_NAMES), images(len(ODD_NAMES)), maps(len(ODD_NAMES), 6, 6, 3)
    views = [View(name, shown[0], values[0], name, 0.9, name, (1.0, 1.0, 3.0, 3.0)) for name in ODD_NAMES]
    taken = [(name, 0.5) for name in ODD_NAMES]
    alphas = np.linspace(0.01, 1, n)
    lines = [(name,) * 2 for name in ODD_NAMES]
    drawn(attribution_chart(shown, values, lines, lines, ODD_NAMES[2]))
    drawn(crop_chart(views[0], views[1:], ODD_NAMES[0]))
    drawn(activation_chart(shown[0], {name: maps(4, 4, 30) for name in ODD_NAMES}, ODD_NAMES[1]))
    drawn(gradient_chart(shown, values, alphas, taken, ODD_NAMES[3]))
    drawn(dim_grid(shown[:2], shown[:, None].repeat(2, axis=1), alphas, [taken[:2]] * n, ODD_NAMES[:2], ODD_NAMES[4]))
    drawn(attribution_grid(shown[:2], maps(n, 2, 6, 6, 3), ODD_NAMES, ODD_NAMES[5]))
    drawn(dim_predictions(alphas, np.ones((n, n)), ODD_NAMES, alphas))
    drawn(probability_bars(ODD_NAMES, np.linspace(0, 1, n), top=n))
    drawn(weight_curves([spread(name, before=True) for name in ODD_NAMES]))


def test_signs_of_mathematics_are_letters():
    names = ["$x$", "w", "_^\\frac{"]
    assert [text.strip() for text in texts(weight_curves([spread(name) for name in names]))] == names


@pytest.mark.parametrize("value", [0.0, np.nan, -np.inf, 1e30])
def test_maps_of_any_value(value):
    shown, flat = images(2), np.full((2, 6, 6, 3), value)
    drawn(attribution(shown, flat))
    drawn(attribution_path_chart(shown[0], ALPHAS[:2], flat))
    drawn(attribution_grid(shown, flat[None], ["map"]))
    drawn(gradient_chart(shown, flat, ALPHAS[:2], [("cat", np.nan)] * 2))
    drawn(activation_chart(shown[0], {"layer": np.full((4, 4, 30), value)}))
    drawn(crop_chart(View("a", shown[0], flat[0], "cat", 0.5), []))


def test_images_that_are_not_finite():
    drawn(attribution(np.full((2, 6, 6, 3), np.nan)))
    drawn(dim_grid(images(1), np.full((3, 1, 6, 6, 3), np.nan), ALPHAS, [[("cat", np.nan)]] * 3))


@pytest.mark.parametrize(("count", "channels"), [(1, 1), (3, 3)])
def test_paths_of_any_length_in_grey_and_colour(count, channels):
    shown, alphas = images(count, 8, channels), ALPHAS[:count]
    drawn(attribution_path_chart(shown[0], alphas, maps(count, 8, 8, channels)))
    drawn(gradient_chart(shown, maps(count, 8, 8, channels), alphas, [("3", 0.5)] * count))
    drawn(dim_grid(shown[:1], shown[:, None], alphas, [[("3", 0.5)]] * count))
    curves = np.abs(maps(2, count))
    drawn(saturation_curves(alphas, curves, curves, curves))
    drawn(dim_predictions(alphas, np.ones((count, 2)), ["a", "b"], alphas))


def test_the_path_states_one_scale_for_all_and_each_maps_own():
    values = maps(2, 6, 6, 3) * np.array([1.0, 100.0])[:, None, None, None]
    said = texts(attribution_path_chart(images(1)[0], ALPHAS[:2], values))
    assert f"+{shared_scale(values):.2g}" in said
    assert [float(t.removeprefix("full at ±")) for t in said if t.startswith("full")] == pytest.approx(
        [shared_scale(v) for v in values], rel=0.01
    )


def test_the_bar_states_the_scale_of_all_maps():
    shown, values = images(9), maps(9, 6, 6, 3)
    said = texts(attribution(shown, values))
    assert said.count(f"+{shared_scale(values):.2g}") == 2


def test_mistakes_are_red_only_where_labels_are_known():
    taken = [[("cat", 0.5), ("dog", 0.5)]] * 3
    dimmed = np.broadcast_to(images(2), (3, 2, 6, 6, 3))
    for labels, red in ((["cat", "cat"], 3), (["cat", ""], 0), (None, 0)):
        figure = dim_grid(images(2), dimmed, ALPHAS, taken, labels)
        assert sum(text.get_color() == NEGATIVE for text in figure.texts) == red


@pytest.mark.parametrize("crops", [0, 1, 8])
def test_any_number_of_crops(crops):
    whole = View("whole", images(1, 8, 1)[0], maps(8, 8, 1), "3", 0.9)
    part = replace(whole, name="crop", box=(2.0, 2.0, 4.0, 4.0), note="why 3")
    assert drawn(crop_chart(whole, [part] * crops))[1] < 250 * (crops + 1) + 150


@pytest.mark.parametrize("channels", [1, 10, 27])
def test_activations_of_any_width(channels):
    drawn(activation_chart(images(1, 8, 1)[0], {"a": maps(8, 8, channels), "b": maps(1, 1, channels)}))


def test_activations_of_no_layer_and_of_a_flat_one():
    drawn(activation_chart(images(1)[0], {}))
    with pytest.raises((ShapeError, ValueError)):
        activation_chart(images(1)[0], {"flat": maps(10)})


def spread(name="w", before=False, counts=None):
    edges = np.linspace(-0.3, 0.3, 21)
    counts = DRAW.integers(0, 50, 20) if counts is None else counts
    return Spread(name, edges, counts, counts[::-1] if before else None)


@pytest.mark.parametrize("layers", [0, 1, 4, 12])
def test_weights_of_any_number_of_layers(layers):
    figure = weight_curves([spread(f"conv{i}", before=i % 2 == 0) for i in range(layers)])
    visible = [axes for axes in figure.axes if axes.get_visible()]
    assert len(visible) == -(-layers // LAYERS)
    if layers:
        drawn(figure)
        assert len({axes.get_xlim() for axes in visible}) == 1
        assert all(any(label.get_visible() for label in axes.get_xticklabels()) for axes in visible)


def test_weights_that_are_not_there_or_all_alike():
    drawn(weight_curves([spread(counts=np.zeros(20, int), before=True)]))
    drawn(weight_curves([Spread("constant", np.array([-0.5, 0.5]), np.array([9]))]))


def test_an_outlier_does_not_press_the_weights_together():
    counts = np.zeros(1000, int)
    counts[490:510], counts[-1] = 10_000, 1
    low, high = weight_curves([Spread("w", np.linspace(-50, 50, 1001), counts)]).axes[0].get_xlim()
    assert -1.5 < low < 0 < high < 1.5


def metrics(epochs, **odd):
    return {name: np.linspace(0.9, 0.1, epochs) for name in COLUMNS} | {"epoch": np.arange(1, epochs + 1)} | odd


@pytest.mark.parametrize("epochs", [1, 2, 100])
def test_training_of_any_length(epochs):
    figure = training_curves(metrics(epochs))
    drawn(figure)
    for axes in figure.axes:
        assert all(float(tick).is_integer() for tick in axes.get_xticks())
        assert all(line.get_ydata().max() < axes.get_ylim()[1] for line in axes.lines)
    assert figure.axes[1].get_ylim()[0] == 0
    assert "test, at the end 10 %" in texts(figure) or epochs == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_training_that_went_wrong(value):
    drawn(training_curves(metrics(3, train_cost=np.full(3, value), test_cost=[0.5, value, value])))


@pytest.mark.parametrize("kept", [("train_cost",), ("test_accuracy", "train_cost"), ("test_cost", "test_accuracy")])
def test_training_of_which_not_all_is_known(kept):
    known = {name: column for name, column in metrics(3).items() if name in (*kept, "epoch")}
    known["seconds"] = [1, 2, 3]
    figure = training_curves(known)
    drawn(figure)
    titles = [axes.get_title("left").split(",")[0].lower() for axes in figure.axes]
    assert titles == [name for name in ("accuracy", "cost") if any(name in column for column in kept)]
    assert sum(len(axes.lines) for axes in figure.axes) == len(kept)


def test_epochs_that_were_not_tested_leave_no_gap():
    figure = training_curves({"epoch": [1, 2, 3, 4], "test_accuracy": [np.nan, 0.5, np.nan, np.nan]})
    drawn(figure)
    assert "test, at the end 50 %" in texts(figure)
    assert figure.axes[0].lines[0].get_xdata().tolist() == [2]


@pytest.mark.parametrize("columns", [{}, {"epoch": [1]}, metrics(0)])
def test_training_without_columns_or_epochs(columns):
    with pytest.raises(ArgumentError, match="metrics must be"):
        training_curves(columns)


@pytest.mark.parametrize("n", [1, 50])
def test_saturation_of_any_number_of_images(n):
    alphas = np.geomspace(1e-3, 1, 12)
    norms = np.abs(maps(n, 12)) + 1
    norms[0, :3] = 0.0, np.nan, np.inf
    figure = saturation_curves(alphas, norms, maps(n, 12), np.full((n, 12), np.nan))
    drawn(figure)
    assert bool(figure.axes[0].get_legend()) is (n > 1)


def test_a_norm_that_hardly_changes_still_has_its_numbers():
    figure = saturation_curves(ALPHAS, np.array([[2.2, 4.0, 7.0]]), maps(1, 3), maps(1, 3))
    FigureCanvasAgg(figure).draw()
    axis = figure.axes[0].yaxis
    said = [label.get_text() for label in (*axis.get_majorticklabels(), *axis.get_minorticklabels())]
    assert {"3", "4", "6"} <= set(said)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_score_that_never_changes_has_curves_too(value):
    flat = np.full((2, 3), value)
    drawn(saturation_curves(ALPHAS, flat, flat, flat))


def test_dimming_shows_counts_and_accuracy():
    figure = dim_predictions(ALPHAS, np.array([[7, 0], [3, 4], [0, 7]]), ["cat", "dog"], np.array([0, 0.5, 1]))
    assert [text for text in texts(figure) if text in "347" and text] == ["7", "3", "4", "7"]
    assert figure.axes[1].lines[0].get_ydata().tolist() == [0, 50, 100]
    drawn(figure)
    drawn(dim_predictions(ALPHAS, np.zeros((3, 2)), ["cat", "dog"], np.full(3, np.nan)))


@pytest.mark.parametrize("alphas", [1, 40])
def test_titles_of_neighbours_stay_apart(alphas):
    places = np.linspace(0.01, 1, alphas)
    figure = dim_predictions(places, np.ones((alphas, 2)), ["long name " * 9, "b"], places)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    left, right = (axes._left_title.get_window_extent(renderer) for axes in figure.axes)
    assert left.x1 < right.x0


def test_bars_rank_the_likeliest_and_nan_last():
    figure = probability_bars(["a", "b", "c", "d"], np.array([0.1, np.nan, 0.7, 0.2]), top=3)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["c", "d", "a"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["70 %", "20 %", "10 %"]
    drawn(figure)
    drawn(probability_bars(["a"], np.array([np.nan])))


def test_charts_are_the_same_each_time():
    shown, values = images(2), maps(2, 6, 6, 3)
    assert png_bytes(attribution(shown, values)) == png_bytes(attribution(shown, values))
    layers = [spread("a", before=True)]
    assert png_bytes(weight_curves(layers)) == png_bytes(weight_curves(layers))
