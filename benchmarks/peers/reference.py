"""The question put to every tool, with maps that are known to be true."""

import warnings
from pathlib import Path

import numpy as np

import inward
from inward.arrays import Images
from inward.methods.integrated import NotConvergedWarning
from inward.model import Model, Objective

from .case import TOLERANCE, Case
from .rules import SILENT, by_rule

NODES = 640
CHECK = 1e-3
_ORDERING = 64  # even Gauss-Legendre nodes; who is hard for them is hard for every even rule


def case_of(model: Model, images: Images, kept: Path) -> tuple[Case, float]:
    """The case, hardest image first, and how far two references are apart at most, relative.

    The reference is a midpoint sum on alpha = t³. The other one is a nested trapezoid sum, refined, which shares no
    node with it.

    Raises:
        ValueError: where they disagree by more than a tenth of the tolerance.
    """
    doubts = kept.with_suffix(".doubt.npy")
    if kept.exists() and doubts.exists():
        return Case.read(kept), float(np.load(doubts))
    logits = model.scores(images)
    targets = logits.argmax(axis=1)
    objective = Objective.of_classes(targets, logits.shape[1])
    difference = objective.of(logits).astype(np.float64) - objective.of(model.scores(np.zeros_like(images)))
    case = Case(images, np.arange(len(images)), targets, logits, difference, np.zeros_like(images))
    true = Case(*(*list(vars(case).values())[:-1], by_rule(model, case, "midpoint", NODES, 3.0)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotConvergedWarning)
        other = inward.integrated_gradients(model, images, targets, tolerance=CHECK, progress=SILENT)
    doubt = float(true.judge(other.values)[1].max())
    if doubt > TOLERANCE / 10:
        raise ValueError(f"the references are apart by {doubt:.1e}: give them more nodes")
    hardest = np.argsort(-true.judge(by_rule(model, case, "gauss-legendre", _ORDERING))[1])
    true.part(hardest).write(kept)
    np.save(doubts, doubt)
    return true.part(hardest), doubt
