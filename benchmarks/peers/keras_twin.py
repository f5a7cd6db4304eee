"""The network in Keras, for the peers that stand on TensorFlow, and what is asked of both of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file

from .case import Array, Case, Outcome
from .ladder import HARDEST, Tool, agreed, climb, fastest, run

CHECKED = 65
BATCHES = (32, 64, 128, 256)
VERSION = f"TensorFlow {tf.__version__}"
_TRIAL = 257  # steps on the hardest images, to find the best batch
_PATIENCE = 1200  # seconds; a tool that needs more for all images is timed on the hardest ones


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
            x = tf.keras.layers.AveragePooling2D(2)(x)
    model = tf.keras.Model(inputs, tf.keras.layers.GlobalAveragePooling2D()(x))
    for layer, kernel in zip(layers, kernels, strict=True):
        layer.set_weights([kernel])
    return model


def outcomes(tools: Sequence[Tool], case: Case, model: Any, by_rule: Array, needed: int) -> Iterator[Outcome]:
    """Agreement; the best batch one rung below the steps it needs; there, the hardest images, and all if they fit."""
    logits = np.asarray(model(case.images))
    yield agreed(tools[0], case, logits, by_rule, CHECKED)
    best = fastest(tools, case.part(HARDEST), min(_TRIAL, needed))
    yield run(best, case.part(HARDEST), needed // 2 + 1)
    few = run(best, case.part(HARDEST), needed)
    yield few
    if few.seconds * len(case.images) / few.images <= _PATIENCE:
        yield from climb(best, case, (needed, 2 * needed - 1, 4 * needed - 3))  # images not asked before may need more
