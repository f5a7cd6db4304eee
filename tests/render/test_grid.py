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
