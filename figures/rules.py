"""docs/tolerance.md: what an error costs with each rule, on the horse and two more test images."""

from functools import lru_cache

import numpy as np

import inward
from figures.subject import HORSE, Subject
from inward.data.images import read_images
from inward.methods.rules import RuleComparison
from inward.report.view_rules import rules_section

_OTHERS = ("cifar10:test:0-1",)
_HEADS = ("rule", "evaluations", "error of the map", "largest", "relative gap", "largest")


@lru_cache(maxsize=1)
def _compared(subject: Subject) -> RuleComparison:
    shown = read_images([HORSE, *_OTHERS], subject.network.layers[0].shape)
    return inward.compare_rules(subject.network, shown.images)


def chart(subject: Subject) -> bytes | None:
    """Error and gap against evaluations."""
    return rules_section(_compared(subject)).pictures[0].data


def table(subject: Subject) -> str:
    """The last line of every fixed rule, and every tolerance."""
    found = _compared(subject)
    rows = []
    for name, evaluations in found.evaluations.items():
        shown = range(len(evaluations)) if name == list(found.evaluations)[-1] else [len(evaluations) - 1]
        for i in shown:
            parts = (f"{f(x[name][i]):.2%}" for x in (found.error, found.relative_gap) for f in (np.median, np.max))
            rows.append((name, f"{np.median(evaluations[i]):g}", *parts))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (_HEADS, ("---",) * len(_HEADS), *rows))
