"""Plain numbers along a logarithmic axis."""

from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogFormatter

from inward.render.style import number

PLAIN = FuncFormatter(lambda value, _: number(value))


class _PlainLog(LogFormatter):
    """Plain numbers at the decades and, where an axis spans less than one, between them."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return number(x) if super().__call__(x, pos) else ""


def plain_logarithms(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers, also where it spans less than a decade."""
    axis.set_major_formatter(PLAIN)
    axis.set_minor_formatter(_PlainLog())
