"""ReLU twins of the shipped network, for proofs only: `python -m benchmarks.twins` trains what is missing.

The same nine convolutions, begun from the shipped kernels, with ReLU in ELU's place and, in one of the
two, biases; TensorFlow's own differentiation, so that nothing of the hand-written network is in them.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from safetensors.numpy import load_file, save_file

import inward
from inward.arrays import Array, Images, Inputs, Scores
from inward.data.dataset import load_dataset
from inward.model import Gradients, Layer, Objective, PathGradient, Rows, micro_batches

Tensor = Any
_PLACE = Path(__file__).parent.parent / "build" / "twins"
_STEPS, _BATCH, _RATE = 250, 128, 3e-4
_MICRO_BATCH = 64


class Twin:
    """A ReLU network that fits the port `Model`."""

    def __init__(self, weights: dict[str, Array]) -> None:
        self._weights = {name: tf.constant(array) for name, array in weights.items()}
        self.classes = inward.load("cifar10-allconv").classes
        self.layers = (Layer("input", "input", (32, 32, 3)), Layer("logits", "logits", (len(self.classes),)))
        self._scores = tf.function(lambda x: logits(x, self._weights), autograph=False, reduce_retracing=True)
        self._path = tf.function(self._along, autograph=False, reduce_retracing=True)

    def weights(self) -> dict[str, Array]:
        """Name -> array."""
        return {name: np.asarray(x) for name, x in self._weights.items()}

    def scores(self, inputs: Inputs) -> Scores:
        """Logits (n, classes)."""
        parts = np.split(inputs, range(_MICRO_BATCH, len(inputs), _MICRO_BATCH))
        return np.concatenate([np.asarray(self._scores(tf.constant(x))) for x in parts])

    def activations(self, inputs: Inputs, layers: Sequence[str]) -> dict[str, Array]:
        """The input and the logits."""
        places = {"input": inputs, "logits": self.scores(inputs)}
        return {name: places[name] for name in layers}

    def gradient(self, inputs: Inputs, objective: Objective, at: Sequence[str] = ("input",)) -> Gradients:  # noqa: ARG002  (the port's)
        """Of a logit's combination at the input."""
        rows = Rows(np.arange(len(inputs)), np.ones(len(inputs)), np.eye(len(inputs)))
        found = self.path_gradient(np.zeros_like(inputs), inputs, objective, rows)
        return Gradients(found.scores, {"input": found.sums[np.arange(len(inputs)), np.arange(len(inputs))]})

    def path_gradient(
        self,
        start: Inputs,
        end: Inputs,
        objective: Objective,
        rows: Rows,
        at: str = "input",  # noqa: ARG002
    ) -> PathGradient:
        """Scores and weighted sums of gradients; see `Model`."""
        sums = np.zeros((len(start), rows.weights.shape[1], *start.shape[1:]))
        scores = []
        for part in micro_batches(rows, _MICRO_BATCH):
            images, local = np.unique(part.image_index, return_inverse=True)
            ends = (tf.constant(x[images]) for x in (start, end, objective.weights.astype(np.float32)))
            found, partial = self._path(
                *ends, tf.constant(local), *(tf.constant(x.astype(np.float32)) for x in (part.alphas, part.weights))
            )
            sums[images] += np.asarray(partial)
            scores.append(np.asarray(found))
        return PathGradient(np.concatenate(scores), sums.astype(np.float32), _MICRO_BATCH)

    def _along(
        self, start: Tensor, end: Tensor, weights: Tensor, image: Tensor, alphas: Tensor, columns: Tensor
    ) -> tuple[Tensor, Tensor]:
        x0 = tf.gather(start, image)
        x = x0 + alphas[:, None, None, None] * (tf.gather(end, image) - x0)
        with tf.GradientTape() as tape:
            tape.watch(x)
            scores = tf.reduce_sum(tf.gather(weights, image) * logits(x, self._weights), 1)
        dx = tape.gradient(scores, x)
        weighted = columns[:, :, None, None, None] * dx[:, None]
        return scores, tf.math.unsorted_segment_sum(weighted, image, tf.shape(start)[0])


def logits(x: Tensor, weights: dict[str, Tensor], look: Callable[[Tensor], None] = lambda _: None) -> Tensor:
    """A pool after every third layer, ReLU after each, biases where there are; `look` sees each ReLU's output."""
    kernels = [name for name in weights if not name.endswith(".bias")]
    for number, name in enumerate(kernels, start=1):
        x = tf.nn.conv2d(x, weights[name], 1, "SAME")
        x = tf.nn.relu(x + weights[f"{name}.bias"] if f"{name}.bias" in weights else x)
        look(x)
        if number in (3, 6):
            x = tf.nn.avg_pool2d(x, 2, 2, "VALID")
    return tf.reduce_mean(x, (1, 2))


def twin(biases: bool) -> Twin:
    """The twin, trained if it is not there yet."""
    file = _PLACE / ("relu-biases.safetensors" if biases else "relu.safetensors")
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        save_file(_trained(biases), file)
    return Twin(load_file(file))


def _trained(biases: bool) -> dict[str, Array]:
    """250 steps of Adam in bfloat16 from the shipped kernels, the rate falling to 0, half the images mirrored."""
    kernels = inward.load("cifar10-allconv").weights()
    start: dict[str, Any] = {name: np.array(kernel) for name, kernel in kernels.items()}
    if biases:
        random = np.random.default_rng(1)
        for name, kernel in kernels.items():
            start[f"{name}.bias"] = np.asarray(random.normal(0, 0.05, kernel.shape[-1]), np.float32)
    weights = {name: tf.Variable(array) for name, array in start.items()}
    optimizer = tf.keras.optimizers.Adam(tf.keras.optimizers.schedules.PolynomialDecay(_RATE, _STEPS, 0.0))
    step = tf.function(_step(weights, optimizer), autograph=False)
    data = load_dataset("cifar10")
    draw = np.random.default_rng(0)
    for _ in range(_STEPS):
        chosen = draw.choice(len(data.train_images), _BATCH, replace=False)
        images = data.train_images[chosen].astype(np.float32) / 255
        images[::2] = images[::2, :, ::-1]
        step(tf.constant(images), tf.constant(data.train_labels[chosen]))
    return {name: weight.numpy() for name, weight in weights.items()}


def _step(weights: dict[str, Any], optimizer: Any) -> Callable[[Tensor, Tensor], None]:
    def step(images: Tensor, labels: Tensor) -> None:
        with tf.GradientTape() as tape:
            low = {name: tf.cast(weight, tf.bfloat16) for name, weight in weights.items()}
            z = tf.cast(logits(tf.cast(images, tf.bfloat16), low), tf.float32)
            cost = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, z))
        optimizer.apply_gradients(zip(tape.gradient(cost, list(weights.values())), weights.values(), strict=True))

    return step


def accuracy(model: Twin, images: Images, labels: Array) -> float:
    """Share of right answers on images uint8."""
    return float((model.scores(images.astype(np.float32) / 255).argmax(1) == labels).mean())


def main() -> None:
    """Train what is missing, and say how good it is."""
    data = load_dataset("cifar10")
    for biases in (False, True):
        right = accuracy(twin(biases), data.test_images[:2000], data.test_labels[:2000])
        sys.stdout.write(f"ReLU twin{' with biases' if biases else ''}: {right:.1%} of 2,000 test images\n")


if __name__ == "__main__":
    main()
