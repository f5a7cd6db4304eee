import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from inward.errors import ShapeError
from inward.render.animation import _framed, gif_bytes
from inward.render.image import centred
from inward.render.signed import signed_overlay

DRAW = np.random.default_rng(4)
FRAMES = DRAW.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8) // 64 * 64
LINES = [f"α {a}" for a in (0.01, 0.1, 0.5, 1)]


def opened(data):
    found = Image.open(io.BytesIO(data))
    assert found.format == "GIF"
    return found, [frame.copy() for frame in ImageSequence.Iterator(found)]


def test_frames_durations_and_size_come_back():
    found, frames = opened(gif_bytes(FRAMES, LINES, side=64, pause=300))
    assert found.n_frames == len(frames) == 4
    assert found.info["loop"] == 0
    assert [frame.info["duration"] for frame in frames] == [300, 300, 300, 600]
    assert {frame.size for frame in frames} == {(64, 86)}


def test_the_last_frame_is_held():
    _, frames = opened(gif_bytes(FRAMES, LINES, side=64, pause=100, hold=6))
    assert [frame.info["duration"] for frame in frames] == [100, 100, 100, 600]


def test_paper_is_white_beside_what_is_nearly_white():
    frames = [np.full((64, 64, 3), 250 + i, np.uint8) for i in range(4)]
    _, found = opened(gif_bytes(frames, LINES, side=64))
    assert all((np.asarray(frame.convert("RGB"))[64:, 0] == 255).all() for frame in found)


def test_bytes_are_the_same_each_time():
    data = gif_bytes(FRAMES, LINES, side=64)
    assert gif_bytes(FRAMES, LINES, side=64) == data


def test_pictures_come_back_with_nearly_their_colours():
    ramp = np.linspace(-1, 1, 64).reshape(8, 8, 1)
    frames = [signed_overlay(s * ramp, np.full((8, 8, 1), 0.5), 1.0) for s in (1, -1, 0.5)]
    _, found = opened(gif_bytes(frames, ["a", "b", "c"], side=64))
    for frame, picture in zip(found, frames, strict=True):
        shown = np.asarray(frame.convert("RGB"))[:64].astype(int)
        assert np.abs(shown - centred(picture, 64)).max() <= 24


def test_a_colour_is_the_same_in_every_frame():
    """One palette: the same picture under another line is drawn alike, whatever the other frames are."""
    frames = [FRAMES[0], FRAMES[1], FRAMES[0]]
    _, found = opened(gif_bytes(frames, ["one", "two", "three"], side=64))
    first, _, last = (np.asarray(frame.convert("RGB"))[:64] for frame in found)
    assert np.array_equal(first, last)


def test_frames_may_differ_in_size_and_be_one():
    sizes = [(32, 32), (198, 198), (500, 300), (1, 1)]
    frames = [np.full((*size, 3), 60 * i, np.uint8) for i, size in enumerate(sizes)]
    _, found = opened(gif_bytes(frames, LINES))
    assert {frame.size for frame in found} == {(224, 246)}
    _, found = opened(gif_bytes(FRAMES[:1], ["only"]))
    assert len(found) == 1


@pytest.mark.parametrize("line", ["", "$x$", "<script>", "x" * 500, "two\nlines", "猫 α"])
def test_any_line_stays_inside_its_frame(line):
    drawn = np.asarray(_framed(FRAMES[0], line, 224))[224:]
    assert drawn.shape == (22, 224, 3)
    assert (drawn[:, [0, 1, -2, -1]] == 255).all()
    assert bool((drawn < 255).any()) is bool(line)
    assert opened(gif_bytes(FRAMES[:2], [line, "other"]))[0].n_frames == 2


@pytest.mark.parametrize(("frames", "lines"), [([], []), (FRAMES, LINES[:3]), (FRAMES[:1], [])])
def test_a_line_for_each_frame(frames, lines):
    with pytest.raises(ShapeError, match="frames must be"):
        gif_bytes(frames, lines)
