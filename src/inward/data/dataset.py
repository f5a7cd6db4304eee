"""A labelled data set in memory, and the table of those that have a name."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inward.arrays import Images, Indices
from inward.errors import ArgumentError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Images with their classes, in a part to train on and a part to test on.

    Images are uint8 (n, h, w, c), labels int64 (n,) are positions in `classes`.
    """

    name: str
    train_images: Images
    train_labels: Indices
    test_images: Images
    test_labels: Indices
    classes: tuple[str, ...]


def _cifar10(folder: Path | None) -> Dataset:
    from inward.data.cifar10 import load_cifar10

    return load_cifar10(folder)


def _digits(folder: Path | None) -> Dataset:  # noqa: ARG001  (they come with scikit-learn)
    from inward.data.digits import load_digits

    return load_digits()


_DATASETS: dict[str, Callable[[Path | None], Dataset]] = {"cifar10": _cifar10, "digits": _digits}


def load_dataset(name: str, folder: Path | None = None) -> Dataset:
    """Read a data set by its name.

    Args:
        name: "cifar10" or "digits".
        folder: where its files lie; by default the usual places (see `find_cifar10`).

    Returns:
        The whole data set, images uint8 (n, h, w, c) from 0 to 255.

    Raises:
        ArgumentError: for a name that is not in the table.
        FileError: where its files are missing or damaged.
        DependencyError: where a package that ships it is missing.
    """
    if name not in _DATASETS:
        raise ArgumentError("dataset", f"one of {', '.join(_DATASETS)}", repr(name), "choose one of them")
    return _DATASETS[name](folder)
