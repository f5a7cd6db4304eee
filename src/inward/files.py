"""Files that are whole or not there at all."""

import os
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from inward.arrays import Array
from inward.errors import FileError


def write_bytes(path: Path, content: bytes) -> None:
    """A file, whole or not at all.

    Raises:
        FileError: where it cannot be written; what was there before stays.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FileError(
            str(path), "writable", error.strerror or "an error", "choose another folder, or free space"
        ) from None


def write_weights(path: Path, kernels: dict[str, Array]) -> None:
    """Kernels as float32 safetensors, whole or not at all."""
    write_bytes(path, save({name: np.asarray(k, np.float32, order="C") for name, k in kernels.items()}))


def read_weights(path: Path, remedy: str = "name a folder that `inward train` wrote") -> dict[str, Array]:
    """Kernels from safetensors; remedy is for where there are none.

    Raises:
        FileError: where the file is missing, truncated or foreign.
    """
    if not path.is_file():
        raise FileError(str(path), "a safetensors file", "no such file", remedy)
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise FileError(str(path), "whole safetensors", str(error), "train again, or restore the file") from None
