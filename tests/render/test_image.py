import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inward.errors import ShapeError
from inward.render.image import as_picture, as_pixels, centred, contact_sheet, enlarge, gradient_picture, grey

DRAW = np.random.default_rng(0)


def test_colours_are_rounded_cut_and_nan_is_black():
    values = np.array([0.0, 1.0, 0.5, -3.0, 7.0, np.nan, np.inf, -np.inf, 100 / 255])
    assert as_pixels(values).tolist() == [0, 255, 128, 0, 255, 0, 255, 0, 100]
    assert as_pixels(values).dtype == np.uint8


@given(st.integers(0, 255), st.sampled_from([np.float32, np.float64]))
def test_every_byte_survives(byte, dtype):
    assert as_pixels(np.array(byte, dtype=dtype) / dtype(255)) == byte


@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 8, 8, 1), (2, 5, 4, 6, 3), (0, 4, 4, 3)])
def test_pictures_have_three_channels(shape):
    images = DRAW.random(shape)
    found = as_picture(images)
    assert found.shape == (*shape[:-1], 3)
    assert np.array_equal(found, np.rint(255 * np.broadcast_to(images, found.shape)))


@pytest.mark.parametrize("shape", [(8, 8), (8, 8, 2), (3, 8, 8, 4), (3, 32, 32)])
def test_other_channels_are_refused(shape):
    with pytest.raises(ShapeError, match="images must be"):
        as_picture(np.zeros(shape))


def test_grey_is_the_brightness_of_rec_601():
    primaries = np.eye(3).reshape(1, 3, 3)
    assert np.allclose(grey(primaries), [[0.299, 0.587, 0.114]])
    assert np.allclose(grey(np.full((2, 2, 3), 0.3)), 0.3)
    assert np.array_equal(grey(np.full((2, 2, 1), 0.3)), np.full((2, 2), 0.3))
    assert grey(np.zeros((2, 2, 3), np.float32)).dtype == np.float32


def restated(gradient, image):
    """One image's gradient picture, pixel by pixel."""
    h, w, _ = image.shape
    strength = np.array([[sum(abs(g) for g in gradient[y, x]) / gradient.shape[2] for x in range(w)] for y in range(h)])
    ranked, place = np.sort(strength.ravel()), 0.99 * (h * w - 1)
    below = int(place)
    top = ranked[below] + (place - below) * (ranked[min(below + 1, h * w - 1)] - ranked[below])
    picture = np.zeros((h, w, 3), np.uint8)
    for y in range(h):
        for x in range(w):
            picture[y, x] = np.rint(255 * image[y, x] * min(strength[y, x], top) / top)
    return picture


@pytest.mark.parametrize("channels", [1, 3])
def test_gradient_picture_is_its_equation(channels):
    gradients = DRAW.normal(size=(4, 9, 7, channels))
    images = DRAW.random((4, 9, 7, channels))
    expected = [restated(g, i) for g, i in zip(gradients, images, strict=True)]
    found = gradient_picture(gradients, images).astype(int)
    assert np.abs(found - expected).max() <= 1
    assert np.mean(found != expected) < 0.01


def test_gradient_picture_of_one_image_ignores_the_others_and_the_unit():
    gradients, images = DRAW.normal(size=(3, 8, 8, 3)), DRAW.random((3, 8, 8, 3))
    alone = gradient_picture(gradients[1], images[1])
    assert np.array_equal(gradient_picture(gradients, images)[1], alone)
    assert np.array_equal(gradient_picture(-1024 * gradients, images)[1], alone)


def test_gradient_picture_of_odd_gradients():
    image = np.full((20, 20, 3), 0.6)
    assert not gradient_picture(np.zeros_like(image), image).any()
    one = np.zeros_like(image)
    one[3, 4] = 5.0
    assert np.argwhere(gradient_picture(one, image).any(axis=-1)).tolist() == [[3, 4]]
    strange = np.full_like(image, np.nan)
    strange[0, 0], strange[0, 1], strange[1, 1] = np.inf, -np.inf, 2.0
    found = gradient_picture(strange, image)
    assert np.argwhere(found.any(axis=-1)).tolist() == [[1, 1]]
    assert found[1, 1].tolist() == [153, 153, 153]


def test_enlarging_repeats_pixels():
    pictures = DRAW.integers(0, 256, (2, 3, 4, 3), dtype=np.uint8)
    found = enlarge(pictures, 3)
    assert found.shape == (2, 9, 12, 3)
    assert all(np.array_equal(found[:, y::3, x::3], pictures) for y in range(3) for x in range(3))


@pytest.mark.parametrize(
    ("n", "columns", "shape"), [(0, 3, (2, 3)), (1, 3, (2, 3)), (3, 3, (2, 13)), (4, 3, (6, 13)), (2, 1, (6, 3))]
)
def test_contact_sheet(n, columns, shape):
    pictures = np.full((n, 2, 3, 3), 9, np.uint8)
    sheet = contact_sheet(pictures, columns, gap=2, background=200)
    assert sheet.shape == (*shape, 3)
    assert np.count_nonzero(sheet[..., 0] == 9) == 6 * n
    assert set(np.unique(sheet)) <= {9, 200}


def test_contact_sheet_runs_row_by_row():
    pictures = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 1, 1, 3), np.uint8)
    assert contact_sheet(pictures, 2, gap=0)[..., 0].tolist() == [[0, 1], [2, 3], [4, 255]]


def test_centring_enlarges_by_whole_pixels():
    picture = DRAW.integers(0, 200, (2, 3, 3), dtype=np.uint8)
    found = centred(picture, 11)
    assert found.shape == (11, 11, 3)
    assert np.array_equal(found[2:8, 1:10], enlarge(picture, 3))
    assert np.count_nonzero(found != 255) == picture.size * 9


@pytest.mark.parametrize("shape", [(300, 200), (40, 900), (225, 225)])
def test_centring_shows_all_of_a_picture_that_is_too_large(shape):
    picture = np.zeros((*shape, 3), np.uint8)
    picture[: shape[0] // 2, :, 0] = 250
    picture[:, shape[1] // 2 :, 1] = 250
    found = centred(picture, 224)
    colours = {tuple(c) for c in found[(found != 255).any(axis=-1)].tolist()}
    assert found.shape == (224, 224, 3)
    assert {(250, 0, 0), (250, 250, 0), (0, 0, 0), (0, 250, 0)} <= colours
