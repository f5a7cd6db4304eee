import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.render.image import as_picture, grey
from inward.render.signed import pixel_totals, scale_bar, shared_scale, signed_overlay

DRAW = np.random.default_rng(1)
BLUE, RED = [29, 78, 216], [220, 38, 38]
IMAGE = np.full((1, 1, 3), 0.4)


def overlay(total, scale=2.0, image=IMAGE):
    return signed_overlay(np.full((1, 1, 3), total / 3), image, scale)[0, 0].tolist()


def test_positive_is_blue_negative_red_zero_the_grey_image():
    assert overlay(2.0) == overlay(50.0) == BLUE
    assert overlay(-2.0) == overlay(-50.0) == RED
    assert overlay(0.0) == [102, 102, 102]
    assert overlay(1.0) == np.rint([(102 + c) / 2 for c in BLUE]).tolist()
    assert overlay(-0.5) == np.rint([0.75 * 102 + 0.25 * c for c in RED]).tolist()


def test_zero_shows_a_coloured_image_in_grey():
    images = DRAW.random((3, 5, 4, 3))
    expected = as_picture(grey(images)[..., None])
    assert np.array_equal(signed_overlay(np.zeros_like(images), images, 1.0), expected)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_neutral(odd):
    values = np.full((2, 2, 3), 6.0)
    values[0, 1] = odd
    found = signed_overlay(values, np.full((2, 2, 3), 0.4), 1.0)
    assert found[0, 1].tolist() == [102, 102, 102]
    assert found[0, 0].tolist() == BLUE
    assert pixel_totals(values).tolist() == [[18.0, 0.0], [18.0, 18.0]]
    assert shared_scale(values) == pytest.approx(18.0)


def test_channels_of_a_pixel_are_summed_before_the_sign_is_taken():
    values = np.array([3.0, -1.0, -1.0]).reshape(1, 1, 3)
    assert signed_overlay(values, IMAGE, 1.0)[0, 0].tolist() == BLUE
    assert pixel_totals(values) == 1.0


@pytest.mark.parametrize("shape", [(8, 8, 1), (3, 8, 8, 1), (2, 3, 5, 4, 3)])
def test_shapes(shape):
    found = signed_overlay(DRAW.normal(size=shape), DRAW.random(shape), 1.0)
    assert (found.shape, found.dtype) == ((*shape[:-1], 3), np.uint8)


def test_one_image_lies_under_many_maps():
    assert signed_overlay(DRAW.normal(size=(6, 5, 4, 3)), DRAW.random((5, 4, 3)), 1.0).shape == (6, 5, 4, 3)


def test_the_scale_is_the_99th_percentile_of_all_maps_together():
    values = DRAW.normal(size=(5, 10, 10, 3)) * np.array([1, 1, 1, 1, 100])[:, None, None, None]
    ranked = np.sort(np.abs(values.sum(axis=-1)).ravel())
    place = 0.99 * (ranked.size - 1)
    expected = ranked[int(place)] + place % 1 * (ranked[int(place) + 1] - ranked[int(place)])
    assert shared_scale(values) == pytest.approx(expected)
    assert shared_scale(values[::-1]) == shared_scale(values)


def test_the_scale_is_always_positive():
    sparse = np.zeros((20, 20, 1))
    sparse[0, 0] = -7.0
    assert shared_scale(sparse) == 7.0
    assert shared_scale(np.zeros((3, 4, 4, 3))) == 1.0
    assert shared_scale(np.full((3, 4, 4, 3), np.nan)) == 1.0


@given(st.integers(-20, 20), st.floats(-3, 3))
def test_map_and_scale_may_change_their_unit_together(power, value):
    unit = 2.0**power
    assert overlay(value * unit, 1.5 * unit) == overlay(value, 1.5)


def test_the_bar_runs_from_blue_over_white_to_red():
    bar = scale_bar(101)
    assert bar.shape == (101, 1, 3)
    assert [bar[i, 0].tolist() for i in (0, 50, 100)] == [BLUE, [255, 255, 255], RED]
    assert bar[25, 0].tolist() == signed_overlay(np.full((1, 1, 1), 0.5), np.ones((1, 1, 1)), 1.0)[0, 0].tolist()
