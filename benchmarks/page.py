"""Rows to docs/benchmarks.md, and to the terminal."""

from collections.abc import Sequence

from rich.table import Table

from benchmarks.row import Row

HEADS = ("what", "figure", "95 % interval", "n", "target", "verdict")

_EXPLAINED = """\
Every comparison is a ratio within one run: after a warm-up the jobs alternate, the order is swapped
each time, and times are divided pair by pair. A figure is the median; its interval is made of order
statistics, and is the range where n is below 6. *met*: the figure keeps its target. *undecided*: it
does not, but its interval reaches the target. ***missed***: neither does.

* **tape / hand**: time by TensorFlow's GradientTape over time by hand-written backpropagation, so that
  1.1 means that the tape takes a tenth longer. Both run the same network on the same batch in the same
  precision (float32, where none is named), as a compiled graph, from NumPy arrays to NumPy arrays; they
  are checked to give the same result before they are timed. The training step is the one of
  `inward train`, Muon included, whose arithmetic is the same object's in both. Some of the difference
  is a bias of zeros that lets TensorFlow make a convolution and its ELU one pass, which whoever writes
  for the tape could add too; the hand-written step also measures the gradients' lengths, the tape's not.
* **convolutions / hand**: the time that the convolutions alone take, one after the other on tensors of
  the same shapes. It is the ceiling: nothing else in the step can be written so fast that the step
  takes less.
* **path_gradient, images x nodes**: its rate is in evaluations a second, one being a forward and a
  backward pass of one image; the input gradient beside it runs at the same micro-batch.
* **integrated_gradients to 1e-2**: the whole call, the choice of nodes and the arithmetic on the host included.
* **peak memory**: resident memory of a process of its own, less what it has once TensorFlow and the
  network are loaded.
"""

_LAYERS = """\
## Where a training step's time goes

Each layer alone, its parts one after the other, the median of five runs. In the step itself, TensorFlow
makes a convolution and the ELU after it one pass over the memory, so the step takes less than its parts
together. Nobody asks for the gradient at the image, so conv1 has no way to the input.
"""


def markdown(rows: Sequence[Row], tables: Sequence[str], machine: dict[str, str], command: str) -> str:
    """The page: what falls short first, then every row, then what it was measured on."""
    short = [row for row in rows if row.verdict not in ("", "met")]
    verdicts = [f"* {row.verdict}: {row.what}, {row.cells()[1]}, should be {row.cells()[4]}." for row in short]
    lines = [
        "# Benchmarks",
        "",
        f"Repeat them with `{command}`.",
        "",
        *(verdicts or ["Every target is met."]),
        "",
        *_table([HEADS, ("---",) * len(HEADS), *(row.cells() for row in rows)]),
        "",
        *_EXPLAINED.splitlines(),
        "",
        *_LAYERS.splitlines(),
        "",
        *"\n\n".join(tables).splitlines(),
        "",
        "## The machine",
        "",
        *(f"* {name}: {value}" for name, value in machine.items()),
    ]
    return "\n".join(lines) + "\n"


def table(rows: Sequence[Row], machine: dict[str, str]) -> Table:
    """The same for the terminal."""
    found = Table(*HEADS, caption="\n".join(f"{name}: {value}" for name, value in machine.items()))
    for row in rows:
        found.add_row(*(cell.strip("*") for cell in row.cells()))
    return found


def _table(lines: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in lines]
