"""What is explained, from what a user names: a class, or one class rather than another."""

import difflib
import operator
from collections.abc import Sequence
from typing import NamedTuple, SupportsIndex

import numpy as np

from inward.arrays import Indices, Inputs, Scores
from inward.errors import ArgumentError
from inward.model import Model, Objective, ScoreName

Class = SupportsIndex | str
"""A class's number, or its name."""
Target = Class | Sequence[Class] | Indices | None
"""One class for all inputs, one for each, or None."""

_LISTED = 20  # more names than this do not help to find one


class Explained(NamedTuple):
    """The objective, and the classes in it: target (n,), and versus (n,) or None."""

    objective: Objective
    target: Indices
    versus: Indices | None


def resolve_targets(
    model: Model, inputs: Inputs, target: Target, name: str = "target", *, logits: Scores | None = None
) -> Indices:
    """The number of the class to explain, for each input.

    Args:
        model: names the classes.
        inputs: (n, ...).
        target: a class's number or exact name, one of these for each input, or None for the
            predicted class.
        name: what the user calls the argument.
        logits: (n, classes) at the inputs, where they are known already; saves evaluating them.

    Returns:
        (n,), numbers of classes.

    Raises:
        ArgumentError: for a class that the model does not have, or the wrong number of them.
    """
    if target is None:
        predicted: Indices = (model.scores(inputs) if logits is None else logits).argmax(axis=-1)
        return predicted.astype(np.int64, copy=False)
    named = np.asarray(target, dtype=object)
    named = np.full(len(inputs), named) if named.ndim == 0 else named
    if named.shape != (len(inputs),):
        got = f"classes of shape {named.shape}"
        raise ArgumentError(name, f"one class, or {len(inputs)}", got, "pass one class, or one for each input")
    count = _class_count(model, inputs, logits)
    return np.array([_index(one, model.classes, count, name) for one in named], dtype=np.int64)


def objective_for(
    model: Model,
    inputs: Inputs,
    target: Target,
    versus: Target,
    score: ScoreName,
    *,
    logits: Scores | None = None,
) -> Explained:
    """The objective of a class, or of a class rather than another.

        s = T(logits)[target],   or   s = T(logits)[target] - T(logits)[versus]

    Args:
        model: names the classes.
        inputs: (n, ...).
        target: see `resolve_targets`; None means the predicted class.
        versus: the class to compare with, in the same forms; None means no comparison.
        score: T, one of `inward.model.SCORES`.
        logits: (n, classes) at the inputs, where they are known already; saves evaluating them.

    Returns:
        `Explained`.

    Raises:
        ArgumentError: for a class or a score that is not there, or the same class twice.
    """
    count = _class_count(model, inputs, logits)
    targets = resolve_targets(model, inputs, target, logits=logits)
    objective = Objective.of_classes(targets, count, score)
    if versus is None:
        return Explained(objective, targets, None)
    others = resolve_targets(model, inputs, versus, "versus", logits=logits)
    same = np.flatnonzero(targets == others)
    if same.size:
        got = f"class {_label(model, int(targets[same[0]]))} twice (input {same[0]})"
        raise ArgumentError("versus", "another class than the target", got, "name another class, or leave versus out")
    return Explained(Objective(objective.weights - np.eye(count)[others], score), targets, others)


def _class_count(model: Model, inputs: Inputs, logits: Scores | None) -> int:
    if logits is not None:
        return int(logits.shape[-1])
    last = model.layers[-1].shape
    return int(last[0] if len(last) == 1 else model.scores(inputs[:1]).shape[-1])


def _index(wanted: Class, classes: Sequence[str], count: int, name: str) -> int:
    if isinstance(wanted, str):
        if wanted not in classes:
            raise ArgumentError(name, "a class of the model", repr(wanted), _offer(wanted, classes, count))
        return list(classes).index(wanted)
    try:
        index = operator.index(wanted)
    except TypeError:
        index = -1
    if isinstance(wanted, bool | np.bool_) or not 0 <= index < count:
        expected = f"a class's name or its number, 0 to {count - 1}"
        raise ArgumentError(name, expected, str(wanted), _offer("", classes, count))
    return index


def _offer(wanted: str, classes: Sequence[str], count: int) -> str:
    if not classes:
        return f"this model names no classes: pass a number, 0 to {count - 1}"
    if len(classes) <= _LISTED:
        return f"choose from {', '.join(classes)}"
    close = difflib.get_close_matches(wanted, classes, cutoff=0.5)
    return f"did you mean {', '.join(close)}?" if close else f"see model.classes for the {len(classes)} names"


def _label(model: Model, index: int) -> str:
    return repr(model.classes[index]) if model.classes else str(index)
