"""CIFAR-10 as its authors publish it: where it lies, whether it is whole, and what is in it."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from inward.arrays import Images, Indices
from inward.data.dataset import Dataset
from inward.data.unpickle import unpickle
from inward.errors import ArgumentError, FileError

FOLDER = "cifar-10-batches-py"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CHECKSUMS = {
    "data_batch_1": "c99cafc152244af753f735de768cd75f",
    "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
    "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
    "data_batch_4": "634d18415352ddfa80567beed471001a",
    "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
    "test_batch": "40351d587109b95175f43aff81a1287e",
}
SPLITS = {"train": tuple(f"data_batch_{i}" for i in range(1, 6)), "test": ("test_batch",)}
SIZES = {"train": 50_000, "test": 10_000}
_REMEDY = "`inward data cifar10` downloads it; or name its folder with --data DIR or INWARD_DATA"


def data_folder(folder: Path | None = None) -> Path:
    """Where data is looked for and put: the given folder, else $INWARD_DATA, else the user's cache."""
    given = folder or os.environ.get("INWARD_DATA")
    return Path(given).expanduser() if given else user_cache_path("inward")


def find_cifar10(folder: Path | None = None) -> Path:
    """Find the folder of CIFAR-10's batches.

    Args:
        folder: that folder or its parent; by default the one that the environment variable
            INWARD_DATA names, or else the user's cache.

    Returns:
        The folder that holds the six batch files.

    Raises:
        FileError: where they are not all there.
    """
    place = data_folder(folder)
    for candidate in (place, place / FOLDER):
        if all((candidate / name).is_file() for name in CHECKSUMS):
            return candidate
    raise FileError(str(place), f"the folder of CIFAR-10's batches ({FOLDER})", _what_is_there(place), _REMEDY)


def _what_is_there(place: Path) -> str:
    for candidate in (place / FOLDER, place):
        missing = [name for name in CHECKSUMS if not (candidate / name).is_file()]
        if 0 < len(missing) < len(CHECKSUMS):
            return f"a folder without {', '.join(missing)}"
    return "a folder without them" if place.is_dir() else "no such folder"


def load_cifar10(folder: Path | None = None) -> Dataset:
    """Read all of CIFAR-10.

    Args:
        folder: see `find_cifar10`.

    Returns:
        50,000 images to train on and 10,000 to test on, uint8 (n, 32, 32, 3) from 0 to 255.

    Raises:
        FileError: where a file is missing, damaged or not CIFAR-10's.
    """
    return Dataset("cifar10", *load_cifar10_split("train", folder), *load_cifar10_split("test", folder), CLASSES)


def load_cifar10_split(split: str, folder: Path | None = None) -> tuple[Images, Indices]:
    """Read one part of CIFAR-10, and no more files than it needs.

    Args:
        split: "train" or "test".
        folder: see `find_cifar10`.

    Returns:
        Images uint8 (n, 32, 32, 3) from 0 to 255, and labels int64 (n,).

    Raises:
        ArgumentError: for another split.
        FileError: where a file is missing, damaged or not CIFAR-10's.
    """
    if split not in SPLITS:
        raise ArgumentError("split", f"one of {', '.join(SPLITS)}", repr(split), "choose one of them")
    images, labels = zip(*_batches(split, find_cifar10(folder)), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def _batches(split: str, folder: Path) -> Iterator[tuple[Images, Indices]]:
    for name in SPLITS[split]:
        yield read_batch(folder / name, CHECKSUMS[name])


def read_batch(path: Path, md5: str) -> tuple[Images, Indices]:
    """Read one batch file, after its checksum is verified.

    Args:
        path: the file.
        md5: the checksum that it must have, hexadecimal.

    Returns:
        Images uint8 (n, 32, 32, 3), and labels int64 (n,).

    Raises:
        FileError: where the file cannot be read, has another checksum, or holds something else.
    """
    batch = unpickle(_verified(path, md5), path)
    try:
        rows, labels = np.asarray(batch["data"]), np.asarray(batch["labels"])
        if rows.dtype != np.uint8 or labels.dtype.kind not in "iu" or labels.shape != (len(rows),):
            raise ValueError(f"data {rows.dtype} {rows.shape} and labels {labels.dtype} {labels.shape}")
        images = rows.reshape(len(rows), 3, 32, 32).transpose(0, 2, 3, 1)  # stored plane by plane
    except (KeyError, TypeError, ValueError) as fault:
        raise FileError(str(path), "a batch of CIFAR-10 (data and labels)", str(fault), _REMEDY) from fault
    return np.ascontiguousarray(images), labels.astype(np.int64)


def is_whole(folder: Path) -> bool:
    """Whether every batch in the folder has the checksum that it must have."""
    return all(_md5((folder / name).read_bytes()) == md5 for name, md5 in CHECKSUMS.items())


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _verified(path: Path, md5: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as fault:
        raise FileError(str(path), "a readable file", fault.strerror or str(fault), _REMEDY) from fault
    found = _md5(content)
    if found != md5:
        raise FileError(str(path), f"CIFAR-10's own file (md5 {md5})", f"md5 {found}", f"delete it; {_REMEDY}")
    return content
