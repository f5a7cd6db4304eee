"""A narrow network with random weights, and three pictures with hostile names."""

import io

import numpy as np
from PIL import Image

from inward.backends.numpy import NumpyOps
from inward.data.images import Example, gather
from inward.model import History
from inward.network.allconv import allconv, initial_kernels
from inward.network.network import Network

SHAPE = (8, 8, 3)
CLASSES = ("<b>bold</b>", 'quote"s', "plain")
HOSTILE = '<img src=x onerror=alert(1)>"&.png'


def png(size=(12, 10), seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def network(classes=CLASSES):
    layers = allconv(channels=3, classes=3, width=4)
    before = initial_kernels(layers, 3)
    kernels = {name: 6 * kernel for name, kernel in before.items()}
    metrics = {"epoch": np.array([1, 2]), "test_accuracy": np.array([0.5, 0.6]), "test_cost": np.array([1.0, 0.5])}
    return Network(layers, kernels, NumpyOps(), SHAPE, classes, history=History(before, metrics))


def shown(count=3):
    draw = np.random.default_rng(1)
    names = [HOSTILE, "two.png", *(f"{i}.png" for i in range(2, count))]
    examples = [Example(name, draw.integers(0, 256, (10, 14, 3), np.uint8)) for name in names]
    return gather(examples, SHAPE, "some pictures")
