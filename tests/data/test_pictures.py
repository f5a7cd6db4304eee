import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inward.data.pictures import _rgb, blurred, crop, fit, parse_crop, read_picture
from inward.errors import ArgumentError, FileError, ShapeError

RAMP = np.tile(np.arange(256, dtype=np.uint8), (4, 1))
GREY = np.repeat(RAMP[..., None], 3, axis=2)
COLOURS = np.stack([RAMP, RAMP[:, ::-1], np.full_like(RAMP, 40)], axis=2)
HALF = np.full((4, 256), 128, np.uint8)
ON_BLACK = np.round(GREY * (128 / 255))


def of(array, mode):
    return Image.fromarray(array).convert(mode)


def with_alpha(mode):
    image = of(GREY, mode.replace("A", ""))
    image.putalpha(Image.fromarray(HALF))
    assert image.mode == mode
    return image


MODES = {  # mode -> picture, suffix, what must be read, tolerance
    "1": (lambda: of(RAMP, "L").point(lambda v: 255 * (v > 127)).convert("1"), "png", 255 * (GREY > 127), 0),
    "L": (lambda: of(RAMP, "L"), "png", GREY, 0),
    "P": (lambda: of(RAMP, "P"), "png", GREY, 0),
    "LA": (lambda: with_alpha("LA"), "png", ON_BLACK, 1),
    "RGB": (lambda: of(COLOURS, "RGB"), "png", COLOURS, 0),
    "RGBA": (lambda: with_alpha("RGBA"), "png", ON_BLACK, 1),
    "CMYK": (lambda: of(COLOURS, "CMYK"), "tif", COLOURS, 1),
    "I;16": (lambda: Image.fromarray(RAMP.astype(np.uint16) * 257), "png", GREY, 0),
    "I": (lambda: Image.fromarray(RAMP.astype(np.int32) * 257), "tif", GREY, 0),
    "F": (lambda: Image.fromarray(RAMP.astype(np.float32) / 255), "tif", GREY, 0),
}


@pytest.mark.parametrize("mode", MODES)
def test_every_mode(mode, tmp_path):
    make, suffix, expected, tolerance = MODES[mode]
    make().save(tmp_path / f"p.{suffix}")
    found = read_picture(tmp_path / f"p.{suffix}")
    assert (found.dtype, found.shape) == (np.uint8, (4, 256, 3))
    assert np.abs(found - expected.astype(float)).max() <= tolerance


def test_palette_with_alpha_lies_on_black(tmp_path):
    of(RAMP, "P").save(tmp_path / "p.png", transparency=bytes([128] * 256))
    assert np.abs(read_picture(tmp_path / "p.png") - ON_BLACK).max() <= 1


def test_palette_and_alpha_planes():
    image = of(RAMP, "P")
    image.putalpha(Image.fromarray(HALF))
    assert image.mode == "PA"  # read from no file: Pillow writes PA to none
    found = _rgb(image, Path("p"))
    assert np.abs(found - ON_BLACK).max() <= 1


def test_sixteen_bits_keep_their_order(tmp_path):
    ramp = np.linspace(0, 65535, 4096).astype(np.uint16)[None]
    Image.fromarray(ramp).save(tmp_path / "p.png")
    found = read_picture(tmp_path / "p.png")[0, :, 0].astype(int)
    assert len(set(found)) == 256
    assert np.diff(found).min() >= 0


@pytest.mark.parametrize("levels", [[-1.0, 0.5], [0.0, 70000.0], [0.0, float("nan")]])
def test_levels_without_a_scale(levels, tmp_path):
    Image.fromarray(np.array([levels], np.float32)).save(tmp_path / "p.tif")
    with pytest.raises(FileError, match="grey levels"):
        read_picture(tmp_path / "p.tif")


def test_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise
    Image.fromarray(COLOURS).save(tmp_path / "p.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "p.png"), np.rot90(COLOURS, -1))


def test_first_frame(tmp_path):
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "p.gif", save_all=True, append_images=frames[1:])
    assert read_picture(tmp_path / "p.gif")[0, 0].tolist() == [255, 0, 0]


def png():
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(content, "png")
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [(png()[:3000], "damaged"), (b"", "an empty file"), (b"hello" * 99, "another kind"), (png()[:20], "picture")],
)
def test_bad_files(content, said, tmp_path):
    (tmp_path / "p.png").write_bytes(content)
    with pytest.raises(FileError, match=said):
        read_picture(tmp_path / "p.png")


def test_no_such_file(tmp_path):
    with pytest.raises(FileError, match="no such file"):
        read_picture(tmp_path / "p.png")


@pytest.mark.parametrize("limit", [3000, 1000])  # Pillow warns above the limit, and raises above twice
def test_decompression_bomb(limit, tmp_path, monkeypatch):
    (tmp_path / "p.png").write_bytes(png())
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(FileError, match=f"at most {limit} pixels"):
        read_picture(tmp_path / "p.png")


def test_fit_is_the_identity_where_sizes_agree():
    np.testing.assert_array_equal(fit(COLOURS, COLOURS.shape), COLOURS.astype(np.float32) / 255)


def test_fit_takes_the_middle_and_averages():
    picture = np.zeros((4, 12, 3), np.uint8)
    picture[:, 4:8] = 200
    found = fit(picture, (2, 2, 3))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 200 / 255, rtol=1e-5)  # nothing outside the centre is seen
    checks = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)[..., None]
    np.testing.assert_allclose(fit(checks, (8, 8, 1)), 0.5, atol=0.02)  # antialiased


def test_fit_channels():
    picture = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    np.testing.assert_allclose(fit(picture, (1, 3, 1))[0, :, 0], [0.299, 0.587, 0.114], rtol=1e-6)
    grey = np.array([[[51], [255]]], np.uint8)
    np.testing.assert_allclose(fit(grey, (1, 2, 3)), np.repeat(grey / 255, 3, axis=2), rtol=1e-6)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))
def test_fit_any_size_keeps_a_constant(high, wide, h, w, c):
    found = fit(np.full((high, wide, 3), 77, np.uint8), (h, w, c))
    assert found.shape == (h, w, c)
    np.testing.assert_allclose(found, 77 / 255, atol=1e-5)


@pytest.mark.parametrize("picture", [GREY / 255, RAMP, np.zeros((2, 2, 4), np.uint8), np.zeros((0, 2, 3), np.uint8)])
def test_fit_refuses(picture):
    with pytest.raises(ShapeError):
        fit(picture, (8, 8, 3))
    with pytest.raises(ShapeError):
        fit(GREY, (8, 8))


def test_parse_crop():
    assert parse_crop("1, 2,3,4") == (1, 2, 3, 4)


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "0,0,0,4", "-1,0,3,3", "1.5,0,3,3", "1,2,3,٤"])
def test_parse_crop_refuses(text):
    with pytest.raises(ArgumentError, match="LEFT,TOP,WIDTH,HEIGHT"):
        parse_crop(text)


def test_crop():
    np.testing.assert_array_equal(crop(COLOURS, (2, 1, 5, 3)), COLOURS[1:4, 2:7])


@pytest.mark.parametrize("box", [(250, 0, 7, 1), (0, 3, 1, 2), (-1, 0, 2, 2), (0, 0, 0, 1)])
def test_crop_refuses_and_names_the_size(box):
    with pytest.raises(ArgumentError, match="256 wide and 4 high"):
        crop(COLOURS, box)


def test_blur_of_a_point_is_the_gaussian():
    images = np.zeros((1, 41, 41, 1))
    images[0, 20, 20] = 1
    x = np.arange(-20, 21)
    line = np.exp(-(x**2) / 8) * (abs(x) <= 6)
    line /= line.sum()
    np.testing.assert_allclose(blurred(images, 2.0)[0, ..., 0], np.outer(line, line), atol=1e-15)


@given(st.integers(1, 12), st.integers(1, 12), st.floats(0, 9))
def test_blur_keeps_the_mean(h, w, radius):
    images = np.random.default_rng(0).random((2, h, w, 3))
    np.testing.assert_allclose(blurred(images, radius).mean((1, 2)), images.mean((1, 2)), rtol=1e-9)


def test_blur_defaults_and_refusals():
    images = np.random.default_rng(0).random((1, 20, 30, 3)).astype(np.float32)
    np.testing.assert_array_equal(blurred(images), blurred(images, 2.0))
    assert blurred(images).dtype == np.float32
    np.testing.assert_array_equal(blurred(images, 0), images)
    with pytest.raises(ArgumentError, match="blur radius"):
        blurred(images, -1)
    with pytest.raises(ShapeError):
        blurred(images[0])
