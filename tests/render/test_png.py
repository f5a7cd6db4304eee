import io

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from inward.render.png import png_bytes
from inward.render.style import SETTINGS, styled

PICTURE = np.random.default_rng(3).integers(0, 256, (7, 5, 3), dtype=np.uint8)


@styled
def figure(text="x"):
    drawn = Figure(figsize=(2, 1))
    drawn.subplots().set_title(text)
    return drawn


def chunks(data):
    """The kinds of a PNG's chunks, in order."""
    place, found = 8, []
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        found.append(data[place + 4 : place + 8])
        place += 12 + size
    return found


def test_a_picture_comes_back():
    data = png_bytes(PICTURE)
    assert data.startswith(b"\x89PNG\r\n")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), PICTURE)


def test_a_figure_has_its_own_size():
    assert Image.open(io.BytesIO(png_bytes(figure()))).size == (240, 120)


def test_bytes_are_the_same_each_time_and_name_no_program_and_no_date():
    for make in (lambda: PICTURE, figure):
        data = png_bytes(make())
        assert data == png_bytes(make())
        assert not {b"tEXt", b"iTXt", b"zTXt", b"tIME"} & set(chunks(data))
        assert b"Software" not in data


def test_the_callers_settings_neither_matter_nor_change(monkeypatch):
    before = png_bytes(figure())
    with mpl.rc_context({"font.size": 30, "savefig.dpi": 20, "axes.facecolor": "red", "savefig.bbox": "tight"}):
        held = dict(mpl.rcParams)
        assert png_bytes(figure()) == before
        assert dict(mpl.rcParams) == held
    assert SETTINGS["figure.dpi"] == 120


def test_a_letter_that_the_font_lacks_is_no_warning():
    assert png_bytes(figure("猫"))
