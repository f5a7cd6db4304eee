import numpy as np
import pytest

from inward.errors import ShapeError
from inward.render.channels import channel_triples, channels_grey
from inward.render.chart_activations import layer_picture, layer_sheet

DRAW = np.random.default_rng(2)


@pytest.mark.parametrize(("channels", "triples"), [(1, 1), (3, 1), (4, 2), (26, 9), (27, 9), (128, 9)])
def test_triples_are_counted_up_to_nine(channels, triples):
    found = channel_triples(DRAW.normal(size=(5, 4, channels)))
    assert (found.shape, found.dtype) == ((triples, 5, 4, 3), np.uint8)


def test_channels_run_from_the_layers_first_percentile_to_its_99th():
    activation = DRAW.normal(size=(8, 8, 6))
    low, high = np.percentile(activation, [1, 99])
    expected = np.rint(255 * np.clip((activation - low) / (high - low), 0, 1))
    triples, greys = channel_triples(activation), channels_grey(activation)
    for channel in range(6):
        assert np.array_equal(triples[channel // 3, ..., channel % 3], expected[..., channel])
        assert all(np.array_equal(greys[channel, ..., c], expected[..., channel]) for c in range(3))


def test_a_quiet_channel_looks_quiet_beside_a_loud_one():
    activation = np.concatenate([DRAW.random((8, 8, 1)), 100 * DRAW.random((8, 8, 1))], axis=2)
    quiet, loud = channels_grey(activation)
    assert quiet.max() < 5
    assert loud.max() == 255


def test_the_scale_counts_channels_that_are_not_shown():
    activation = np.concatenate([DRAW.random((8, 8, 27)), 50 * DRAW.random((8, 8, 27))], axis=2)
    assert channel_triples(activation).max() < 10


def test_channels_that_a_triple_lacks_are_black():
    assert not channel_triples(DRAW.random((5, 5, 4)))[1, ..., 1:].any()


@pytest.mark.parametrize("odd", [np.nan, -np.inf])
def test_nan_is_dark_and_does_not_change_the_scale(odd):
    activation = DRAW.random((6, 6, 3))
    spoilt = activation.copy()
    spoilt[0, 0, 0] = odd
    found = channels_grey(spoilt)
    assert not found[0, 0, 0].any()
    assert np.abs(found[1:].astype(int) - channels_grey(activation)[1:]).max() <= 3


@pytest.mark.parametrize("value", [0.0, -4.0, 1e30, np.nan, np.inf])
def test_a_layer_that_says_one_thing_is_black(value):
    assert not channel_triples(np.full((4, 4, 30), value)).any()


@pytest.mark.parametrize("shape", [(8, 8), (2, 8, 8, 3), (27,)])
def test_one_image_at_a_time(shape):
    with pytest.raises(ShapeError, match="activation must be"):
        channel_triples(np.zeros(shape))


def test_sheets_of_layers_are_about_as_large_whatever_the_layer():
    sides = [layer_sheet(np.zeros((9, side, side, 3), np.uint8)).shape[0] for side in (32, 16, 8, 1)]
    assert sides == [198] * 4


@pytest.mark.parametrize(("channels", "coloured"), [(1, False), (10, False), (26, False), (27, True), (128, True)])
def test_a_layer_is_grey_where_it_has_fewer_than_27_channels(channels, coloured):
    picture = layer_picture(DRAW.random((8, 8, channels))).astype(int)
    assert bool(np.ptp(picture, axis=-1).any()) is coloured


@pytest.mark.parametrize("channels", [1, 4, 9, 10, 26, 128])
@pytest.mark.parametrize("side", [1, 8, 32])
def test_a_layers_picture_is_nearly_a_square_of_one_size(channels, side):
    height, width, _ = layer_picture(DRAW.random((side, side, channels))).shape
    assert 100 <= height <= width <= 210
