"""Taps: where a running model's values are named, kept or replaced."""

from collections import Counter
from collections.abc import Callable, Container
from typing import Any

Tensor = Any
"""An array of the framework's own."""


def _same(_: str, value: Tensor) -> Tensor:
    return value


class Tap:
    """Called with a layer's name and what it hands on, in the order of the run; returns what goes on.

    A layer that is used again is `name#2`. A block that hands on what its last layer handed on is no place
    of its own.

    Args:
        keep: names of the places whose values are kept; all where it is None.
        hand_on: what goes on in a kept value's place, from its name and itself.
    """

    def __init__(self, keep: Container[str] | None = None, hand_on: Callable[[str, Tensor], Tensor] = _same) -> None:
        self.values: dict[str, Tensor] = {}
        self.kinds: dict[str, str] = {}
        self._keep, self._hand_on = keep, hand_on
        self._uses: Counter[str] = Counter()
        self._last: tuple[Tensor, int] = (None, 0)

    def __call__(self, name: str, value: Tensor, kind: str = "function") -> Tensor:
        """What goes on: the value itself, unless it is kept and replaced."""
        if value is self._last[0] and _version(value) == self._last[1]:
            return value
        self._uses[name] += 1
        place = name if self._uses[name] == 1 else f"{name}#{self._uses[name]}"
        if self._keep is None or place in self._keep:
            self.values[place], self.kinds[place] = value, kind
            value = self._hand_on(place, value)
        self._last = value, _version(value)
        return value


def _version(value: Tensor) -> int:
    """How often PyTorch has overwritten it: a layer may work in place."""
    return int(getattr(value, "_version", 0))


def tapped(tap: Tap, name: str, output: Any, kind: str, is_tensor: Callable[[Any], bool]) -> Any:
    """A layer's output with its first tensor tapped; a tuple, list or dict keeps its form, anything else passes."""
    if is_tensor(output):
        return tap(name, output, kind)
    if isinstance(output, dict):
        first = next((key for key, value in output.items() if is_tensor(value)), None)
        return output if first is None else type(output)({**output, first: tap(name, output[first], kind)})
    if isinstance(output, tuple | list):
        first_index = next((i for i, value in enumerate(output) if is_tensor(value)), None)
        if first_index is None:
            return output
        parts = [*output]
        parts[first_index] = tap(name, parts[first_index], kind)
        return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
    return output
