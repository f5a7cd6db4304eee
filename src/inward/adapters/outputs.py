"""Which of a model's outputs are the logits."""

from collections.abc import Callable, Mapping
from typing import Any

from inward.errors import ArgumentError, ShapeError

Tensor = Any
OUTPUT = "output"
"""The place of the logits, where they are made outside of every layer."""
NAMES = ("logits", "outputs", "output")


def chosen(found: Any, output: int | str | None, is_tensor: Callable[[Any], bool]) -> Tensor:
    """The logits (n, classes) among what a model gives: its one tensor, or the one that is asked for or called logits.

    Raises:
        ArgumentError: where several could be meant, or none is called so.
        ShapeError: where it has not one row of scores for each input.
    """
    heads = _heads(found, is_tensor)
    names = ", ".join(map(str, heads))
    if output is not None:
        if output not in heads:
            raise ArgumentError("output", f"one of {names}", repr(output), "choose one of the model's outputs")
        logits = heads[output]
    elif len(heads) == 1:
        logits = next(iter(heads.values()))
    else:
        called = [name for name in NAMES if name in heads]
        if not called:
            got = f"{len(heads)} outputs ({names})" if heads else f"a {type(found).__name__}"
            raise ArgumentError("model's output", "one tensor of logits", got, "say which: wrap(model, output=…)")
        logits = heads[called[0]]
    if len(logits.shape) != 2:
        expected, got = "(n, classes)", str(tuple(logits.shape))
        remedy = "wrap a model that ends in one score a class, such as a pooled head"
        raise ShapeError("model's output", expected, got, remedy)
    return logits


def _heads(found: Any, is_tensor: Callable[[Any], bool]) -> dict[int | str, Tensor]:
    if is_tensor(found):
        return {0: found}
    if isinstance(found, Mapping):
        return {name: value for name, value in found.items() if is_tensor(value)}
    if isinstance(found, tuple | list):
        by_number: dict[int | str, Tensor] = {i: value for i, value in enumerate(found) if is_tensor(value)}
        named = zip(getattr(found, "_fields", ()), found, strict=False)
        return by_number if not hasattr(found, "_fields") else {name: v for name, v in named if is_tensor(v)}
    return (
        {name: value for name, value in vars(found).items() if is_tensor(value)} if hasattr(found, "__dict__") else {}
    )
