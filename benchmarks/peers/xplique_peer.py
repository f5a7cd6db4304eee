"""Xplique on a Keras twin: `python -m peers.xplique_peer CASE WEIGHTS RULE OUT STEPS` in its own environment.

It sums by the trapezoid rule on STEPS even nodes, both ends among them; RULE: our maps by the same.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from xplique.attributions import IntegratedGradients

from .case import Array, Case, save
from .keras_twin import BATCHES, VERSION, outcomes, twin
from .ladder import Tool


def tool(model: Any, batch: int, classes: int) -> Tool:
    """Xplique, with a value for each channel rather than their mean."""

    def explain(images: Array, targets: Array, steps: int) -> Array:
        method = IntegratedGradients(model, steps=steps, batch_size=batch, baseline_value=0.0, reducer=None)
        return np.asarray(method.explain(images, tf.one_hot(targets, classes)))

    return Tool("Xplique", f"{version('xplique')}, {VERSION}", f"batch_size {batch}", explain)


def main(case_file: str, weights: str, rule: str, out: str, steps: str) -> None:
    """Every outcome, saved as it comes."""
    case, model = Case.read(Path(case_file)), twin(Path(weights))
    tools = [tool(model, batch, case.logits.shape[1]) for batch in BATCHES]
    save(outcomes(tools, case, model, np.load(rule), int(steps)), Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
