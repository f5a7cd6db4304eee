"""How many linear pieces a ReLU twin's path has, at least: `python -m benchmarks.kinks [--points N]`."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.twins import logits, twin
from inward.arrays import Array, Inputs
from inward.data.dataset import load_dataset

_GROUP = 32


def switches(weights: dict[str, Any], start: Inputs, end: Inputs, points: int) -> int:
    """ReLUs that are on at one of `points` even places of the path and off at the next, or the other way.

    A lower bound of the kinks: whatever switches and switches back in between is not seen.
    """
    signs = tf.function(lambda x: [tf.reshape(y > 0, [tf.shape(y)[0], -1]) for y in _outputs(x, weights)])
    count, before = 0, None
    for alphas in np.array_split(np.linspace(0, 1, points, dtype=np.float32), -(-points // _GROUP)):
        x = start + alphas[:, None, None, None] * (end - start)
        now = [np.asarray(layer) for layer in signs(tf.constant(x))]
        whole = now if before is None else [np.concatenate([a, b]) for a, b in zip(before, now, strict=True)]
        count += sum(int(np.count_nonzero(layer[1:] != layer[:-1])) for layer in whole)
        before = [layer[-1:] for layer in now]
    return count


def _outputs(x: Any, weights: dict[str, Any]) -> list[Any]:
    """What comes out of each ReLU."""
    seen: list[Any] = []
    logits(x, weights, seen.append)
    return seen


def main(arguments: Sequence[str]) -> None:
    """The counts for three test images, from their mean colour."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kinks", description=__doc__)
    parser.add_argument("--points", type=int, default=2049, metavar="N", help="places on the path (2049)")
    points = parser.parse_args(arguments).points
    weights = {name: tf.constant(array) for name, array in twin(biases=False).weights().items()}
    images = load_dataset("cifar10").test_images[:3].astype(np.float32) / 255
    found: list[Array] = [image.mean((0, 1), keepdims=True) for image in images]
    counts = [switches(weights, start, image, points) for start, image in zip(found, images, strict=True)]
    sys.stdout.write(f"at least {', '.join(f'{count:,}' for count in counts)} kinks ({points} points)\n")


if __name__ == "__main__":
    main(sys.argv[1:])
