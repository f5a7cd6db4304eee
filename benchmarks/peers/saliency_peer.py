"""PAIR saliency on a Keras twin: `python -m peers.saliency_peer CASE WEIGHTS RULE OUT STEPS` in its own environment.

It takes the mean over STEPS even nodes, both ends with full weight; RULE: our maps by the same.
"""

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import saliency.core as pair
import tensorflow as tf

from .case import Array, Case, save
from .keras_twin import BATCHES, VERSION, outcomes, twin
from .ladder import Tool


def gradient_of(model: Any) -> Any:
    """One graph for every batch."""

    def gradient(x: Any, target: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = model(x)[:, target]
        return tape.gradient(scores, x)

    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32), tf.TensorSpec((), tf.int64)]
    return tf.function(gradient, input_signature=signature)


def tool(gradient: Any, batch: int) -> Tool:
    """PAIR's, with a gradient that is given to it."""

    def call(images: Array, call_model_args: dict[str, Any], expected_keys: Any = None) -> dict[str, Array]:  # noqa: ARG001  (its signature)
        found = gradient(tf.constant(images, tf.float32), call_model_args["target"])
        return {pair.INPUT_OUTPUT_GRADIENTS: found.numpy()}

    def explain(images: Array, targets: Array, steps: int) -> Array:
        method = pair.IntegratedGradients()
        how = {"x_steps": steps, "batch_size": batch}
        masks = [
            method.GetMask(x, call, {"target": tf.constant(t)}, x_baseline=np.zeros_like(x), **how)
            for x, t in zip(images, targets, strict=True)
        ]
        return np.stack(masks)

    return Tool("PAIR saliency", f"{version('saliency')}, {VERSION}", f"batch_size {batch}", explain)


def main(case_file: str, weights: str, rule: str, out: str, steps: str) -> None:
    """Every outcome, saved as it comes."""
    case, model = Case.read(Path(case_file)), twin(Path(weights))
    gradient = gradient_of(model)
    tools = [tool(gradient, batch) for batch in BATCHES]
    save(outcomes(tools, case, model, np.load(rule), int(steps)), Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
