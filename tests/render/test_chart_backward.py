"""Forward and backward side by side, of any numbers; warnings are errors, so a clipped or empty axis speaks up."""

import io

import numpy as np
import pytest
from PIL import Image

from inward.render.chart_backward import SHOWN, Passed, backward_chart, signal_curves
from inward.render.png import png_bytes

DRAW = np.random.default_rng(6)
ODD_NAMES = ["$x$", "<script>alert(1)</script>", "a very long name " * 12, "two\nlines", "", "_^\\frac{", "猫 ü α"]


def drawn(figure):
    """Draw to PNG, check that there is a picture, and give it in colour."""
    picture = np.asarray(Image.open(io.BytesIO(png_bytes(figure))).convert("RGB")).astype(int)
    assert picture.min() < 200 < picture.max()
    return picture


def passed(channels=3, name="conv1", side=4, value=None):
    shape = (side, side, channels)
    made = [DRAW.normal(size=shape) if value is None else np.full(shape, value) for _ in range(2)]
    return Passed(name, *made, (float(np.abs(made[0]).sum()), float(np.abs(made[1]).sum())), 0.25)


def words(figure):
    return [text.get_text() for text in figure.texts]


@pytest.mark.parametrize("channels", [1, 2, 3, 9, 40])
@pytest.mark.parametrize("name", ["input", "conv1"])
def test_layers_of_any_number_of_channels(channels, name):
    said = words(figure := backward_chart([passed(channels, name), passed(10, "conv2", side=1)], "title"))
    drawn(figure)
    image = name == "input" and channels in (1, 3)
    assert ("4 × 4 pixels" in said) is image
    assert (f"all {channels} channels" in said) is (not image and channels <= SHOWN)
    assert f"of 10 channels the {SHOWN} with most gradient" in said


def test_the_numbers_are_written():
    said = words(backward_chart([Passed("input", np.ones((2, 2, 1)), np.full((2, 2, 1), 0.5), (2.0, 1.0), 0.004)]))
    assert said[:4] == ["input", "2 × 2 pixels", "activation, norm 2", "channels summed, full colour at ±0.5"]
    assert said[4] == "gradient, norm 1"
    assert "gradient, norm 0, 100 % zero" in words(backward_chart([Passed("a", *[np.zeros((1, 1, 1))] * 2, (0, 0), 1)]))


def test_more_is_blue_and_less_is_red_and_the_strongest_channel_comes_first():
    gradient = np.stack([np.full((6, 6), size) for size in (0.0, 1.0, -3.0, 0.0)], axis=-1)
    picture = drawn(backward_chart([Passed("conv1", np.ones((6, 6, 4)), gradient, (1.0, 1.0), 0.5)]))
    red, blue = picture[..., 0] - picture[..., 2] > 100, picture[..., 2] - picture[..., 0] > 50
    assert min(red.sum(), blue.sum()) > 1000
    assert picture.shape[1] / 2 < np.flatnonzero(red.any(axis=0)).max() < np.flatnonzero(blue.any(axis=0)).min()


@pytest.mark.parametrize("value", [0.0, np.nan, -np.inf, 1e30])
def test_layers_of_any_value(value):
    drawn(backward_chart([passed(3, "input", value=value), passed(12, value=value), passed(2, value=value)]))


def test_names_are_names_wherever_they_stand():
    drawn(backward_chart([passed(name=name) for name in ODD_NAMES], ODD_NAMES[2]))
    drawn(signal_curves(ODD_NAMES, *DRAW.random((3, len(ODD_NAMES), 2))))


@pytest.mark.parametrize(("layers", "images"), [(1, 1), (2, 1), (22, 12), (200, 3)])
def test_curves_of_any_number_of_layers_and_images(layers, images):
    up, down, zeros = DRAW.random((3, layers, images))
    figure = signal_curves([f"conv{i}" for i in range(layers)], up, down, zeros)
    assert drawn(figure).shape[1] < 5000
    for axes, norms in zip(figure.axes, (up, down, zeros), strict=True):
        assert len(axes.lines) == images + 1
        np.testing.assert_allclose(axes.lines[-1].get_ydata(), np.median(norms, axis=1))


def test_what_died_or_exploded_is_marked():
    norms = np.array([[1.0, 1.0], [0.0, 2.0], [np.inf, np.nan], [3.0, 0.0]])
    figure = signal_curves("abcd", norms, np.ones((4, 2)), np.zeros((4, 2)), jumps=[1, 3])
    drawn(figure)
    above, middle, below = figure.axes
    marks = [(int(line.get_xdata()[0]), line.get_marker()) for line in above.lines if len(line.get_xdata()) == 1]
    assert marks == [(1, "v"), (3, "v"), (2, "^")]
    assert len(middle.lines) == 3
    for axes in (above, middle, below):
        assert [(band.get_x(), band.get_x() + band.get_width()) for band in axes.patches] == [(0, 1), (2, 3)]


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 1e300])
def test_norms_of_any_value(value):
    drawn(signal_curves("abc", *np.full((2, 3, 2), value), np.ones((3, 2))))
