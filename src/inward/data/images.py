"""What a user points at (files, folders, examples of a data set) as one batch for a network."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inward.arrays import Array, Images, Indices
from inward.data import cifar10, digits
from inward.data.pictures import fit, read_picture
from inward.errors import ArgumentError, FileError

SUFFIXES = frozenset(
    (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".avif", ".tga", ".jp2")
)


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Pictures as they were, and as a network takes them.

    names: one for each. pictures: uint8 (h, w, c) each, from 0 to 255. images: float32 (n, h, w, c),
    fitted, from 0 to 1. labels: int64 (n,), positions in label_names, -1 where unknown. fitted: whether
    it was cropped or resized. source: one sentence for the report.
    """

    names: tuple[str, ...]
    pictures: tuple[Array, ...]
    images: Images
    labels: Indices
    label_names: tuple[str, ...]
    fitted: tuple[bool, ...]
    source: str


@dataclass(frozen=True, eq=False)
class Example:
    """One picture uint8 (h, w, c), its name, and its class among the classes of its data set."""

    name: str
    picture: Array
    label: int = -1
    classes: tuple[str, ...] = ()


def read_images(arguments: Sequence[str], shape: tuple[int, ...], folder: Path | None = None) -> ImageSet:
    """Read every image that the arguments name, and fit it to a network's input.

    Args:
        arguments: each a picture file, a folder of pictures (sorted by name; other files are
            skipped), or examples of a data set: "cifar10:test:0-49", "digits:train:3,5" (ends included).
        shape: (h, w, c), the network's input.
        folder: where CIFAR-10 lies; by default the usual places.

    Returns:
        The images in the order of the arguments.

    Raises:
        ArgumentError: for no argument, or an example that the data set does not have.
        FileError: for a path that is not there or not a picture, or a folder without pictures.
        DependencyError: where the package that ships a data set is missing.
    """
    if not arguments or "" in arguments:
        raise ArgumentError("images", "at least one file, folder or example", "none", "for example cifar10:test:0-9")
    examples = [example for argument in arguments for example in _read(argument, folder)]
    return gather(examples, shape, f"{len(examples)} image{'s'[: len(examples) > 1]}: {_text(', '.join(arguments))}.")


def gather(examples: Sequence[Example], shape: tuple[int, ...], source: str) -> ImageSet:
    """Fit examples (at least one) to a network's input (h, w, c), and number their classes as one list."""
    label_names = tuple(dict.fromkeys(name for example in examples for name in example.classes))
    labels = [label_names.index(e.classes[e.label]) if e.label >= 0 else -1 for e in examples]
    return ImageSet(
        names=_distinct([example.name for example in examples]),
        pictures=tuple(example.picture for example in examples),
        images=np.stack([fit(example.picture, shape) for example in examples]),
        labels=np.array(labels, np.int64),
        label_names=label_names,
        fitted=tuple(example.picture.shape[:2] != tuple(shape[:2]) for example in examples),
        source=source,
    )


def _distinct(names: list[str]) -> tuple[str, ...]:
    """A name that comes again is numbered: "cat.png (2)"."""
    found: list[str] = []
    for index, name in enumerate(names):
        before = names[:index].count(name)
        found.append(f"{name} ({before + 1})" if before else name)
    return tuple(found)


def _read(argument: str, folder: Path | None) -> Iterator[Example]:
    name, colon, rest = argument.partition(":")
    if colon and name in _SPLITS:
        return data_set_examples(name, rest, folder)
    return (Example(_text(path.name), read_picture(path)) for path in _files(Path(argument).expanduser()))


def _text(name: str) -> str:
    """A file's name as text that can be drawn and written: bytes that are no text become question marks."""
    return name.encode("utf-8", "replace").decode()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        inside = sorted(path.iterdir(), key=lambda file: file.name)
    except OSError as fault:
        raise FileError(
            str(path), "a readable folder", fault.strerror or str(fault), "check its permissions"
        ) from fault
    found = [p for p in inside if p.suffix.lower() in SUFFIXES and not p.name.startswith(".") and p.is_file()]
    if not found:
        raise FileError(str(path), "a folder of pictures", "none in it", f"known are {' '.join(sorted(SUFFIXES))}")
    return found


def _digits_split(split: str, folder: Path | None) -> tuple[Images, Indices]:  # noqa: ARG001  (one signature)
    found = digits.load_digits()
    parts = {"train": (found.train_images, found.train_labels), "test": (found.test_images, found.test_labels)}
    return parts[split]


_SPLITS: dict[str, tuple[tuple[str, ...], dict[str, int], Callable[[str, Path | None], tuple[Images, Indices]]]] = {
    "cifar10": (cifar10.CLASSES, cifar10.SIZES, cifar10.load_cifar10_split),
    "digits": (digits.CLASSES, digits.SIZES, _digits_split),
}


def data_set_examples(name: str, which: str, folder: Path | None = None) -> Iterator[Example]:
    """Examples of a data set: which is "SPLIT:NUMBERS", as in "test:0-49" or "train:3,5".

    Raises:
        ArgumentError: for a split or a number that is not there.
    """
    classes, sizes, load = _SPLITS[name]
    split, _, numbers = which.partition(":")
    if split not in sizes:
        raise ArgumentError(f"{name}:{which}", f"{name}:test:… or {name}:train:…", repr(split), f"say {name}:test:0-9")
    indices = _numbers(f"{name}:{which}", numbers, sizes[split])
    images, labels = load(split, folder)
    return (Example(f"{name}:{split}:{i}", images[i].copy(), int(labels[i]), classes) for i in indices)


def _numbers(name: str, text: str, size: int) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        ends = re.fullmatch(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*", part, re.ASCII)
        first, last = (int(ends[1]), int(ends[2] or ends[1])) if ends else (1, 0)
        if not first <= last < size:
            raise ArgumentError(name, f"of numbers from 0 to {size - 1}", repr(part), "write 7, or 0-49, or 3,5")
        found.extend(range(first, last + 1))
    return found
