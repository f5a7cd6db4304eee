"""The table of backends; the only place, with this folder's files, where a framework is named."""

from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from inward.errors import ArgumentError, DependencyError
from inward.network.ops import Ops


class _Entry(NamedTuple):
    module: str
    ops: str
    framework: str
    extra: str


_TABLE = {
    "numpy": _Entry("inward.backends.numpy", "NumpyOps", "numpy", ""),
    "tensorflow": _Entry("inward.backends.tensorflow", "TensorFlowOps", "tensorflow", "tensorflow"),
    "torch": _Entry("inward.backends.torch", "TorchOps", "torch", "torch"),
    "jax": _Entry("inward.backends.jax", "JaxOps", "jax", "jax"),
}
BACKENDS = tuple(_TABLE)


def ops(name: str = "tensorflow", deterministic: bool = False) -> Ops:
    """The array verbs of one backend, for the hand-written network; the framework is imported here.

    Args:
        name: one of `BACKENDS`; "numpy" is slow, obvious and float64.
        deterministic: the same bits every time, for the whole process.

    Returns:
        An object that has the verbs of `inward.network.ops.Ops`.

    Raises:
        ArgumentError: for an unknown backend.
        DependencyError: where the framework is not installed.
    """
    if name not in _TABLE:
        raise ArgumentError("backend", f"one of {', '.join(BACKENDS)}", repr(name), "choose one of them")
    entry = _TABLE[name]
    if find_spec(entry.framework) is None:
        raise DependencyError(
            f"backend {name!r}",
            "installed",
            "no such package",
            f"pip install 'inward[{entry.extra}]', or use the slow backend 'numpy'",
        )
    module = import_module(entry.module)
    if deterministic:
        module.make_deterministic()
    made: Ops = getattr(module, entry.ops)()
    return made
