"""Ridges, norms and the frames between them; warnings are errors, so a clipped or empty axis speaks up."""

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from PIL import Image

from inward.render.chart_morph import morph_frames
from inward.render.chart_norms import apart, norm_curves
from inward.render.chart_ridge import ridge_chart, time_colour
from inward.render.png import png_bytes
from inward.render.ridge import LAYERS, TIMES, Ridge

DRAW = np.random.default_rng(9)
ODD_NAMES = ["$x$", "<script>alert(1)</script>", "a very long name " * 12, "two\nlines", "", "_^\\frac{", "猫 ü α"]


def ridge(name="conv1", times=4, scale=1.0):
    """A layer whose weights widen from one point in time to the next."""
    found = [np.histogram(DRAW.normal(size=500) * scale * (1 + t / 4), 20) for t in range(times)]
    return Ridge(name, np.array([edges for _, edges in found]), np.array([counts for counts, _ in found]))


def drawn(figure):
    """Draw to PNG, check that there is a picture, and give its size."""
    picture = np.asarray(Image.open(io.BytesIO(png_bytes(figure))).convert("L"))
    assert picture.min() < 200 < picture.max()
    return picture.shape


def panels(figure):
    return [axes for axes in figure.axes if axes.get_visible()]


def said(figure):
    return figure._supxlabel.get_text()


def test_the_oldest_stands_at_the_back_and_the_newest_in_front():
    (axes,) = panels(ridge_chart([ridge(times=4)], "weight"))
    heights = [patch.get_paths()[0].vertices[:, 1] for patch in axes.collections]
    assert [height.min() for height in heights] == [3, 2, 1, 0]
    orders = [patch.get_zorder() for patch in axes.collections]
    assert orders == sorted(orders)
    light = [sum(to_rgb(patch.get_facecolor()[0])) for patch in axes.collections]
    assert light == sorted(light, reverse=True)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["before", "epoch 3", "epoch 2", "epoch 1"]
    assert axes.get_yticks().tolist() == [3, 0, 1, 2]


def test_heights_are_densities_on_one_scale():
    """Twice as wide is half as high, whatever the number of values."""
    edges = np.array([np.linspace(0, 1, 11), np.linspace(0, 2, 11)])
    (axes,) = panels(ridge_chart([Ridge("w", edges, np.array([[1] * 10, [700] * 10]))], "weight"))
    first, second = (np.ptp(patch.get_paths()[0].vertices[:, 1]) for patch in axes.collections)
    assert first == pytest.approx(2 * second)
    assert axes.get_ylim()[1] > 1 + first


def test_long_tails_bend_both_axes():
    edges = np.sinh(np.array([np.linspace(0, 4, 5)]))
    (axes,) = panels(ridge_chart([Ridge("a", edges, np.array([[9, 4, 1, 0]]))], "activation", long_tails=True))
    outline = axes.collections[0].get_paths()[0].vertices
    at = {round(x, 9): y for x, y in outline if y > 0}
    assert [at[x] / at[0.5] for x in (0.5, 1.5, 2.5)] == pytest.approx([1, 2 / 3, 1 / 3])
    labels = dict(zip(axes.get_xticks(), (label.get_text() for label in axes.get_xticklabels()), strict=True))
    assert {"0", "1", "3", "10"} <= set(labels.values())
    assert all(np.sinh(place) == pytest.approx(float(text)) for place, text in labels.items())


def test_what_is_clipped_is_said():
    spike = np.array([np.linspace(0, 1, 6)] * 2 + [np.linspace(0.5, 0.501, 6)])
    cut = ridge_chart([Ridge("w", spike, np.ones((3, 5), int))], "weight")
    assert "middle 99.8 %" in said(cut)
    assert "Peaks over 6 times the median one are cut." in said(cut)
    whole = ridge_chart([ridge()], "weight")
    assert "cut" not in said(whole)
    assert "layers" not in said(whole)


@pytest.mark.parametrize("long_tails", [False, True])
@pytest.mark.parametrize(("layers", "times"), [(1, 1), (2, 3), (40, 2), (1, 200)])
def test_any_number_of_layers_and_epochs(layers, times, long_tails):
    figure = ridge_chart([ridge(f"conv{i}", times) for i in range(layers)], "weight", long_tails=long_tails)
    drawn(figure)
    assert len(panels(figure)) == min(layers, LAYERS)
    assert (f"{LAYERS} of {layers} layers" in said(figure)) is (layers > LAYERS)
    first = panels(figure)[0]
    assert len(first.collections) == min(times, TIMES)
    words = [label.get_text() for label in first.get_yticklabels()]
    assert words[0] == "before"
    assert len(words) <= 13
    assert times == 1 or f"epoch {times - 1}" in words


def odd():
    """Nothing counted; all alike; huge; tiny."""
    empty = Ridge("empty", np.array([np.linspace(0, 1, 21)] * 2), np.zeros((2, 20), int))
    alike = Ridge("alike", *(np.array([part] * 2) for part in np.histogram(np.full(9, 0.25), 20)[::-1]))
    return [empty, alike, ridge("huge", 2, 1e30), ridge("tiny", 2, 1e-30)]


def test_odd_values_are_drawn():
    drawn(ridge_chart(odd(), "weight"))
    drawn(ridge_chart(odd(), "activation", long_tails=True))
    assert len(morph_frames(odd(), np.array([0, 1]), 300)) == 2
    drawn(ridge_chart([], "weight"))


def test_names_are_names_wherever_they_stand():
    ridges = [ridge(name) for name in ODD_NAMES]
    drawn(ridge_chart(ridges, ODD_NAMES[2][:30]))
    drawn(norm_curves({"weights": {name: DRAW.random(3) for name in ODD_NAMES}}))
    assert morph_frames(ridges[:3], np.arange(2), 200)[0].shape == (200, 200, 3)
    title = panels(ridge_chart(ridges[:1], "w"))[0].get_title(loc="left")
    assert title == "$x$"


def test_frames_keep_their_axes_and_show_what_was_at_first():
    edges = np.array([np.linspace(-1, 1, 11)] * 3)
    counts = np.array([[0, 0, 0, 0, 9, 9, 0, 0, 0, 0], [1] * 10, [0, 0, 0, 0, 9, 9, 0, 0, 0, 0]])
    first, flat, last = (frame.astype(int) for frame in morph_frames([Ridge("w", edges, counts)], np.arange(3), 240))
    assert first.shape == (240, 240, 3)
    dark = np.rint(255 * np.array(time_colour(2, 3)[:3]))
    covered = (np.abs(last - dark) < 8).all(axis=2)
    middle = np.rint(255 * np.array(time_colour(1, 3)[:3]))
    low = (np.abs(flat - middle) < 8).all(axis=2)
    rows = [np.flatnonzero(mask.any(axis=1)) for mask in (covered, low)]
    assert np.ptp(rows[0]) == pytest.approx(5 * np.ptp(rows[1]), rel=0.1)
    assert np.array_equal(first[-12:], flat[-12:])
    assert np.array_equal(first[:20], last[:20])
    outside = ~covered & ~low
    assert (first[outside] == last[outside]).mean() > 0.98


def norms(*, layers=3, times=4, scale=1.0):
    return {f"conv{i}": scale * (1 + i + DRAW.random(times)) for i in range(layers)}


@pytest.mark.parametrize(("layers", "times"), [(1, 1), (3, 2), (50, 30)])
def test_norms_of_any_number_of_layers(layers, times):
    figure = norm_curves({"Norm of the weights": norms(layers=layers, times=times), "b": norms(scale=1e-9), "c": {}})
    drawn(figure)
    first = figure.axes[0]
    assert len(first.lines) == layers
    assert len(first.texts) == min(layers, LAYERS)
    assert {"conv0", f"conv{layers - 1}"} <= {text.get_text() for text in first.texts}


def test_an_axis_of_more_than_a_decade_is_logarithmic_and_holds_every_norm():
    even, wide = norm_curves({"a": {"x": np.array([1.0, 9.0])}, "b": {"x": np.array([0.1, 9.0])}}).axes
    assert (even.get_yscale(), wide.get_yscale()) == ("linear", "log")
    assert even.get_ylim()[0] == 0
    for axes, least in ((even, 1.0), (wide, 0.1)):
        low, high = axes.get_ylim()
        assert low < least < 9 < high


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_norms_that_went_wrong(value):
    figure = norm_curves({"a": {"x": np.full(3, value)}, "b": {"x": np.array([1.0, 100.0, value]), "y": np.ones(3)}})
    drawn(figure)
    assert [text.get_text() for text in figure.axes[1].texts] == ["y", "x"]


def test_names_stand_apart():
    assert apart([0.2, 0.2, 0.2], 0.1) == pytest.approx([0.1, 0.2, 0.3])
    assert apart([0.0, 0.0, 0.9], 0.1) == pytest.approx([0.0, 0.1, 0.9])
    assert apart([0.1, 0.5, 0.98, 0.99], 0.1) == pytest.approx([0.1, 0.5, 0.9, 1.0])
    assert apart([1.0, 1.0, 1.0], 0.6) == pytest.approx([0, 0.6, 1.2])
    assert apart([]) == []
    figure = norm_curves({"a": {f"conv{i}": np.array([1.0, 5.0]) for i in range(9)}})
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    boxes = sorted((text.get_window_extent(renderer) for text in figure.axes[0].texts), key=lambda box: box.y0)
    centres = [(box.y0 + box.y1) / 2 for box in boxes]
    assert min(np.diff(centres)) > 8


def test_charts_are_the_same_each_time():
    layers, times = [ridge()], np.arange(2)
    assert png_bytes(ridge_chart(layers, "w")) == png_bytes(ridge_chart(layers, "w"))
    assert np.array_equal(morph_frames(layers, times, 200), morph_frames(layers, times, 200))
