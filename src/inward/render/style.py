"""The look of every picture, in one place: colours, type and lines."""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import ImageFont

PAPER = "#ffffff"
INK = "#1f2430"
SOFT = "#667085"
FAINT = "#e4e7ec"
POSITIVE = "#1d4ed8"
NEGATIVE = "#dc2626"
SERIES = ("#0b7285", "#e08e0b", "#8b3a78", "#5c7f1a", "#475fa8", "#b4533c")
DEPTH = LinearSegmentedColormap.from_list("depth", ["#f5f7f9", "#bfe0e2", "#4da3ad", SERIES[0], "#06343d"])

TITLE_POINTS = 10.0
TEXT_POINTS = 8.0
SMALL_POINTS = 7.0
FONT = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"  # has Greek letters, and comes with matplotlib
_RULER = ImageFont.truetype(str(FONT), 100)
LINE_INCHES = 0.145  # one line of small text, with its leading
_LONG = 1e7  # from here on, nobody counts a number's digits

SETTINGS: Any = {
    "figure.dpi": 120,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "font.family": "DejaVu Sans",
    "font.size": TEXT_POINTS,
    "text.color": INK,
    "text.parse_math": False,  # a class called "$x$" is a name, not an equation
    "axes.edgecolor": SOFT,
    "axes.labelcolor": SOFT,
    "axes.labelsize": TEXT_POINTS,
    "axes.titlesize": TEXT_POINTS + 1,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "lines.linewidth": 1.4,
    "lines.solid_capstyle": "round",
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": SMALL_POINTS,
    "ytick.labelsize": SMALL_POINTS,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.minor.size": 0,
    "ytick.minor.size": 0,
    "legend.frameon": False,
    "legend.fontsize": SMALL_POINTS,
    "image.interpolation": "nearest",
}

_Arguments = ParamSpec("_Arguments")


@contextmanager
def the_look() -> Iterator[None]:
    """Hold matplotlib to this style, whatever the caller's settings are, and leave those as they were."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        yield


def styled(draw: Callable[_Arguments, Figure]) -> Callable[_Arguments, Figure]:
    """Make a function draw in this style."""

    @wraps(draw)
    def drawn(*args: _Arguments.args, **settings: _Arguments.kwargs) -> Figure:
        with the_look():
            return draw(*args, **settings)

    return drawn


def bare(axes: Axes) -> Axes:
    """Take grid, ticks and frame away: what is left is the picture."""
    axes.grid(False)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    return axes


def shortened(text: str, inches: float, points: float = SMALL_POINTS) -> str:
    """Put text on one line, and cut what would not fit a width, with an ellipsis."""
    line, room = " ".join(text.split()), 72 * inches / points
    if _ems(line) <= room:
        return line
    letters = bisect_right(range(len(line)), room, key=lambda n: _ems(line[:n] + "…")) - 1
    return line[: max(letters, 0)].rstrip() + "…"


def _ems(line: str) -> float:
    """How wide a line is drawn, in units of its size."""
    return _RULER.getlength(line) / _RULER.size


def number(value: float) -> str:
    """A number as a reader wants it: three digits that count, no exponent where it is not needed."""
    return f"{value:,.0f}" if 999.5 <= abs(value) < _LONG else f"{value:.3g}"
