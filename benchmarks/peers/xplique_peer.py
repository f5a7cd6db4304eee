"""Xplique and PAIR saliency on a Keras twin: `python -m benchmarks.peers.xplique_peer CASE WEIGHTS OUT IMAGES STEPS…`.

Both sum on even nodes, so that the number of steps they need is found beforehand by the same rule, and only
that one is run here, on the hardest images.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

from benchmarks.peers.case import Array, Case, Tool, run

_BATCH = 64


def twin(weights: Path) -> Any:
    """The nine convolutions in Keras."""
    x = inputs = tf.keras.Input((32, 32, 3))
    kernels = [kernel for _, kernel in sorted(load_file(weights).items())]
    layers = []
    for number, kernel in enumerate(kernels, start=1):
        wide, side = kernel.shape[3], kernel.shape[0]
        layer = tf.keras.layers.Conv2D(wide, side, padding="same", activation="elu", use_bias=False)
        layers.append(layer)
        x = layer(x)
        if number in (3, 6):
            x = tf.keras.layers.AveragePooling2D()(x)
    model = tf.keras.Model(inputs, tf.keras.layers.GlobalAveragePooling2D()(x))
    for layer, kernel in zip(layers, kernels, strict=True):
        layer.set_weights([kernel])
    return model


def xplique(model: Any) -> Tool:
    """Its trapezoid rule on `steps` even nodes, both ends included."""
    from xplique.attributions import IntegratedGradients

    def explain(images: Array, targets: Array, steps: int) -> Array:
        method = IntegratedGradients(model, steps=steps, batch_size=_BATCH, baseline_value=0.0, reducer=None)
        return np.asarray(method.explain(images, tf.one_hot(targets, 10)))

    return Tool("Xplique", version("xplique"), f"batch_size {_BATCH}", explain)


def saliency(model: Any) -> Tool:
    """PAIR's sum of `steps` even nodes, both ends with full weight."""
    import saliency.core as pair

    gradient = tf.function(_gradient(model))

    def call(images: Array, call_model_args: dict[str, Any], expected_keys: Any = None) -> dict[str, Array]:  # noqa: ARG001
        return {pair.INPUT_OUTPUT_GRADIENTS: gradient(tf.constant(images), call_model_args["target"]).numpy()}

    def explain(images: Array, targets: Array, steps: int) -> Array:
        method = pair.IntegratedGradients()
        return np.stack(
            [
                method.GetMask(x, call, {"target": tf.constant(t)}, x_steps=steps, x_baseline=0 * x, batch_size=_BATCH)
                for x, t in zip(images, targets, strict=True)
            ]
        )

    return Tool("PAIR saliency", version("saliency"), f"batch_size {_BATCH}", explain)


def _gradient(model: Any) -> Any:
    def gradient(x: Any, target: Any) -> Any:
        x = tf.cast(x, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = model(x)[:, target]
        return tape.gradient(scores, x)

    return gradient


def main(case_file: str, weights: str, out: str, images: str, *steps: str) -> None:
    """Each tool at each number of steps, on the hardest images."""
    case, model = Case.read(Path(case_file)).part(int(images)), twin(Path(weights))
    outcomes = []
    for make in (xplique, saliency):
        try:
            tool = make(model)
        except ImportError as error:
            sys.stderr.write(f"{make.__name__} does not run here: {error}\n")
            continue
        run(tool, case.part(1), 8)  # a warm-up
        outcomes += [run(tool, case, int(number)) for number in steps]
    Path(out).write_text(json.dumps([outcome._asdict() for outcome in outcomes]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
