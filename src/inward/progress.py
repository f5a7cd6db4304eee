"""Progress of long work, on the terminal's error stream."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bars

if TYPE_CHECKING:
    from inward.network.clock import Progress
    from inward.network.run import Epoch


def _bars(*columns: ProgressColumn, transient: bool = False) -> Bars:
    """Bars on a terminal or in a notebook; in a file or a pipe they would only be empty lines."""
    console = Console(stderr=True)
    seen = console.is_terminal or console.is_jupyter
    return Bars(*columns, console=console, transient=transient, disable=not seen)


@contextmanager
def share_bar(what: str) -> Iterator[Callable[[float], None]]:
    """A progress bar on the terminal's error stream; called with the share that is done."""
    columns = (
        TextColumn("{task.description:>14}"),
        BarColumn(),
        TextColumn("{task.percentage:3.0f} %"),
        TimeRemainingColumn(),
    )
    with _bars(*columns, transient=True) as bars:
        task = bars.add_task(what, total=1.0)
        yield lambda share: bars.update(task, completed=share)


@contextmanager
def images_bar(what: str, patience: float = 2.0) -> Iterator[Callable[[int, int], None]]:
    """A bar of images done, of all, with the time left; it shows itself where work takes longer than `patience` s."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    begun = time.monotonic()
    with ExitStack() as shown:
        bars: list[Bars] = []

        def tell(done: int, images: int) -> None:
            if not bars and done < images and time.monotonic() - begun > patience:
                bars.append(shown.enter_context(_bars(*columns, transient=True)))
                bars[0].add_task(what, total=images)
            for bar in bars:
                bar.update(TaskID(0), completed=done)

        yield tell


@contextmanager
def bytes_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar of bytes done, of all (0: unknown)."""
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    with _bars(*columns) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total or None)


@contextmanager
def training_line() -> Iterator[tuple[Callable[["Progress"], None], Callable[["Epoch"], None]]]:
    """One live line (epoch, images/s, cost, accuracy, time left), and a line that stays for every epoch."""
    with _bars(BarColumn(24), TextColumn("{task.description}"), transient=True) as bars:
        task = bars.add_task("starting", total=None)

        def tell(now: "Progress") -> None:
            minutes, seconds = divmod(round(now.seconds_left), 60)
            words = (
                f"epoch {now.epoch}/{now.epochs}  {now.images_per_second:.0f} images/s  cost {now.cost:.3f}  "
                f"accuracy {now.accuracy:.1%}  {minutes}:{seconds:02d} left"
            )
            bars.update(task, description=words, completed=now.step, total=now.steps)

        def finished(epoch: "Epoch") -> None:
            bars.console.print(
                f"epoch {epoch.epoch}: train {epoch.train_accuracy:.2%} (cost {epoch.train_cost:.3f}), "
                f"test {epoch.test_accuracy:.2%} (cost {epoch.test_cost:.3f}), {epoch.seconds:.0f} s",
                highlight=False,
            )

        yield tell, finished
