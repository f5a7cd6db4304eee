"""Pictures in rows and columns, with words around them: the layout of every chart made of images."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from inward.render.image import Pixels
from inward.render.signed import scale_bar
from inward.render.style import (
    FAINT,
    INK,
    LINE_INCHES,
    SETTINGS,
    SMALL_POINTS,
    SOFT,
    TEXT_POINTS,
    TITLE_POINTS,
    bare,
    shortened,
    styled,
)

Box = tuple[float, float, float, float]
"""Left, top, width, height, in pixels."""

_MARGIN, _GAP, _TITLE, _NAMES, _BAR = 0.18, 0.1, 0.36, 0.85, 0.8  # inches
_BOLD = 1.2  # how much wider bold letters are, at most


@dataclass(frozen=True, eq=False)
class Cell:
    """One picture, the lines above and below it, the colour of its frame, and boxes drawn on it.

    `tone` colours the first line below.
    """

    picture: Pixels
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    tone: str = INK
    frame: str = FAINT
    boxes: tuple[tuple[Box, str], ...] = ()


@dataclass(frozen=True)
class Row:
    """Cells side by side, the words to their left, and the scale of the colour bar to their right (None: no bar)."""

    cells: tuple[Cell | None, ...]
    name: str = ""
    scale: float | None = None

    @property
    def above(self) -> int:
        """Lines kept free over the pictures."""
        return max((len(cell.above) for cell in self.cells if cell), default=0)

    @property
    def below(self) -> int:
        """Lines kept free under the pictures."""
        return max((len(cell.below) for cell in self.cells if cell), default=0)

    def height(self, side: float) -> float:
        """Inches that the row takes, pictures being `side` high."""
        return side + LINE_INCHES * (self.above + self.below) + _GAP


@styled
def picture_grid(rows: Sequence[Row], title: str = "", side: float = 1.05) -> Figure:
    """Lay out rows of pictures.

    Args:
        rows: from top to bottom; they may differ in length.
        title: stands over the whole; "" leaves no room for it.
        side: inches of one picture's longer side.

    Returns:
        A figure just large enough.
    """
    left = _MARGIN + (_NAMES if any(row.name for row in rows) else 0.0)
    right = _MARGIN + (_BAR if any(row.scale for row in rows) else 0.0)
    columns = max((len(row.cells) for row in rows), default=1)
    width = left + columns * (side + _GAP) - _GAP + right
    height = sum(row.height(side) for row in rows) + 2 * _MARGIN - _GAP + (_TITLE if title else 0.0)
    sheet = _Sheet(Figure(figsize=(width, height)), width, height)
    if title:
        letters = shortened(title, width - 2 * _MARGIN, _BOLD * TITLE_POINTS)
        sheet.write(_MARGIN, height - _MARGIN, letters, size=TITLE_POINTS, weight="bold", ha="left")
    top = height - _MARGIN - (_TITLE if title else 0.0)
    for row in rows:
        _draw_row(sheet, row, left, top, side)
        top -= row.height(side)
    return sheet.figure


@dataclass(frozen=True)
class _Sheet:
    """A figure measured in inches from its lower left corner."""

    figure: Figure
    width: float
    height: float

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Bare axes at a place."""
        place = (left / self.width, bottom / self.height, width / self.width, height / self.height)
        return bare(self.figure.add_axes(place))

    def write(self, x: float, y: float, text: str, *, size: float = SMALL_POINTS, **look: Any) -> None:
        """Text whose top is at a place."""
        self.figure.text(x / self.width, y / self.height, text, fontsize=size, **{"va": "top", "ha": "center"} | look)


def _draw_row(sheet: _Sheet, row: Row, left: float, top: float, side: float) -> None:
    ceiling = top - LINE_INCHES * row.above
    floor = ceiling - side
    if row.name:
        name = "\n".join(shortened(line, _NAMES - _GAP, TEXT_POINTS) for line in row.name.splitlines())
        sheet.write(_MARGIN, floor + side / 2, name, size=TEXT_POINTS, color=SOFT, ha="left", va="center")
    for column, cell in enumerate(row.cells):
        if cell is not None:
            _draw_cell(sheet, cell, left + column * (side + _GAP), floor, side)
    if row.scale:
        _draw_bar(sheet, row.scale, left + len(row.cells) * (side + _GAP), floor, side)


def _draw_cell(sheet: _Sheet, cell: Cell, left: float, floor: float, side: float) -> None:
    axes = sheet.axes(left, floor, side, side)
    height, width = cell.picture.shape[:2]
    smaller = max(height, width) > side * SETTINGS["figure.dpi"]
    axes.imshow(cell.picture, interpolation="antialiased" if smaller else "nearest")
    axes.set_anchor("S" if cell.below and not cell.above else "N")  # beside its words
    around = ((0, 0, width, height), cell.frame)
    for (x, y, w, h), colour in (around, *cell.boxes):
        thick = 0.6 if colour == FAINT else 1.8
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), w, h, fill=False, edgecolor=colour, lw=thick, clip_on=False))
    middle = left + side / 2
    for line, text in enumerate(reversed(cell.above)):
        ceiling = floor + side + LINE_INCHES * (line + 1) - 0.01
        sheet.write(middle, ceiling, shortened(text, side + _GAP), color=INK if line == len(cell.above) - 1 else SOFT)
    for line, text in enumerate(cell.below):
        top = floor - LINE_INCHES * line - 0.04
        sheet.write(middle, top, shortened(text, side + _GAP), color=SOFT if line else cell.tone)


def _draw_bar(sheet: _Sheet, scale: float, left: float, floor: float, side: float) -> None:
    sheet.axes(left + 0.02, floor, 0.09, side).imshow(scale_bar(), aspect="auto")
    for share, text, place in ((1.0, f"+{scale:.2g}", "top"), (0.5, "0", "center"), (0.0, f"−{scale:.2g}", "bottom")):
        sheet.write(left + 0.15, floor + share * side, text, color=SOFT, ha="left", va=place)
    x, y = left + _BAR - 0.08, floor + side / 2
    sheet.write(x, y, "score per pixel", size=SMALL_POINTS - 1, color=SOFT, rotation=90, va="center")
