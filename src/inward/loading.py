"""A network by its name: the shipped one, or a folder that `inward train` wrote."""

from importlib.resources import files
from pathlib import Path

from inward import backends
from inward.errors import ArgumentError
from inward.network.network import Network
from inward.network.run import open_run

SHIPPED = ("cifar10-allconv",)


def load(name: str | Path, backend: str = "tensorflow", micro_batch: int | None = None) -> Network:
    """Open a trained network.

    Args:
        name: `cifar10-allconv`, or a run folder.
        backend: what computes: tensorflow, torch or jax (float32), or numpy (float64, slow).
        micro_batch: inputs evaluated at a time; None fits memory.

    Returns:
        A `Model` with its weights before training and its metrics as `history`.

    Raises:
        ArgumentError: where there is no such network or backend.
        FileError: where the folder is not a run, or is damaged.
        DependencyError: where the backend's framework is not installed.
    """
    shipped = str(name) in SHIPPED
    folder = Path(str(files("inward") / "shipped" / str(name))) if shipped else Path(name)
    if not folder.is_dir():
        remedy = "`inward train` makes such a folder"
        raise ArgumentError("model", f"{', '.join(SHIPPED)} or a run folder", f"{str(name)!r}", remedy)
    return open_run(folder, backends.ops(backend), micro_batch)
