"""What the docs tell of: the shipped network, and what it makes of the story's horse and of the test images."""

from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

import inward
from inward.arrays import Array
from inward.cli.looking import crops
from inward.data.cifar10 import load_cifar10_split
from inward.data.images import read_images
from inward.data.pictures import parse_crop
from inward.network.network import Network
from inward.network.run import Epoch, read_config, read_metrics
from inward.report.inspection import model_hash
from inward.report.report import Report

NAME = "cifar10-allconv"
HORSE, HEAD = "cifar10:test:216", "0,4,14,14"
_BATCH = 250


class Subject:
    """Each thing is computed when it is first asked for, and once."""

    folder = Path(str(files("inward") / "shipped" / NAME))

    @cached_property
    def network(self) -> Network:
        """The shipped network on the default backend."""
        return inward.load(NAME)

    @cached_property
    def stamp(self) -> str:
        """By which a picture tells whose it is."""
        return model_hash(self.network)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The settings of its training."""
        return read_config(self.folder)

    @cached_property
    def metrics(self) -> list[Epoch]:
        """Its training, epoch by epoch."""
        return read_metrics(self.folder)

    @cached_property
    def horse(self) -> Report:
        """The story's horse, and its head as a crop."""
        shape = self.network.layers[0].shape
        shown = read_images([HORSE], shape)
        parts = crops([(0, parse_crop(HEAD))], shown, shape)
        return inward.inspect(self.network, shown.images, names=shown.names, crops=parts, backward=True)

    @cached_property
    def right(self) -> Array:
        """(classes,): the share of each class's test images that is taken for it."""
        images, labels = load_cifar10_split("test")
        parts = [images[first : first + _BATCH] for first in range(0, len(images), _BATCH)]
        taken = np.concatenate([self.network.scores(part.astype(np.float32) / 255).argmax(axis=1) for part in parts])
        return np.array([(taken[labels == k] == k).mean() for k in range(len(self.network.classes))])
