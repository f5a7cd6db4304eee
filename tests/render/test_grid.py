import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from inward.render.grid import Cell, Row, picture_grid

PICTURE = np.zeros((4, 4, 3), np.uint8)


def boxes(figure):
    renderer = FigureCanvasAgg(figure).get_renderer()
    return [text.get_window_extent(renderer) for text in figure.texts if text.get_text()]


@pytest.mark.parametrize("scale", [1e-7, 0.000946, 0.0123, 1.0, 12345.0])
def test_words_stay_on_the_figure_and_apart(scale):
    row = Row((Cell(PICTURE, ("a very long name of a file.png", "$x$"), ("gap", "error")),) * 2, "α 1", scale)
    figure = picture_grid([row, row], "title", side=0.95)
    found = boxes(figure)
    width, height = figure.get_size_inches() * figure.dpi
    assert all(0 <= b.x0 < b.x1 <= width and 0 <= b.y0 < b.y1 <= height for b in found)
    assert not [
        (a, b) for i, a in enumerate(found) for b in found[:i] if a.shrunk(0.9, 0.9).overlaps(b.shrunk(0.9, 0.9))
    ]


def test_a_row_without_a_scale_has_no_bar():
    assert len(picture_grid([Row((Cell(PICTURE), None))]).axes) == 1
    assert len(picture_grid([Row((Cell(PICTURE), None), scale=1.0)]).axes) == 2


@pytest.mark.parametrize("title", ["W" * 90, "a long title over a small chart, which will not fit it " * 3, "short"])
def test_a_title_stays_on_the_figure(title):
    figure = picture_grid([Row((Cell(PICTURE),) * 2)], title)
    assert boxes(figure)[0].x1 <= figure.get_figwidth() * figure.dpi


@pytest.mark.parametrize("name", ["W" * 50, "a long name of a row", "one scale\nfor all"])
def test_the_name_of_a_row_stays_beside_it(name):
    figure = picture_grid([Row((Cell(PICTURE),), name)])
    assert boxes(figure)[0].x1 <= figure.axes[0].get_window_extent().x0


def test_words_stand_beside_a_picture_that_is_not_square():
    wide = np.zeros((2, 8, 3), np.uint8)
    anchors = [Cell(wide, ("a",)), Cell(wide, (), ("b",)), Cell(wide, ("a",), ("b",))]
    assert [axes.get_anchor() for axes in picture_grid([Row(tuple(anchors))]).axes] == ["N", "S", "N"]


@pytest.mark.parametrize(("side", "how"), [(32, "nearest"), (300, "antialiased")])
def test_only_pictures_that_are_made_smaller_are_smoothed(side, how):
    figure = picture_grid([Row((Cell(np.zeros((side, side, 3), np.uint8)),))], side=1.0)
    (image,) = figure.axes[0].images
    assert image.get_interpolation() in (how, "auto" if how == "antialiased" else how)
