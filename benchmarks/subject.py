"""What is measured: the network of the story, or a small one that only shows that the benchmarks run."""

from dataclasses import dataclass

import numpy as np

from inward.arrays import Array, Images, Indices
from inward.backends.tensorflow import TensorFlowOps
from inward.model import Objective, Rows
from inward.network.allconv import initial_kernels
from inward.network.network import Network
from inward.network.ops import Precision
from inward.network.plan import Architecture

CLASSES = 10
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
Path = tuple[Images, Images, Objective, Rows]


@dataclass(frozen=True)
class Subject:
    """The sizes of one run.

    Args:
        side: of the images, in pixels.
        width: channels of the convolutions.
        batch: images in a training step.
        micro_batch: images in an input gradient.
        images, nodes, many_nodes: of `path_gradient`; images, many_images: of maps to a tolerance.
        pairs: of a comparison; `path_pairs` of the one that takes long.
        starts: fresh processes.
        peak_side: of the square matrices whose product shows the machine's peak.
    """

    side: int = 32
    width: int = 128
    batch: int = 128
    micro_batch: int = 64
    images: int = 50
    nodes: int = 50
    many_nodes: int = 500
    many_images: int = 1000
    pairs: int = 30
    path_pairs: int = 6
    starts: int = 10
    peak_side: int = 2048

    @property
    def architecture(self) -> Architecture:
        """The all-convolutional network of this width."""
        return Architecture((self.side, self.side, 3), tuple("0123456789"), self.width)

    def kernels(self) -> dict[str, Array]:
        """Its initial weights: speed does not depend on training."""
        return initial_kernels(self.architecture.layers())

    def network(self, micro_batch: int | None = None) -> Network:
        """The hand-written network on TensorFlow."""
        layers, shape = self.architecture.layers(), self.architecture.input_shape
        return Network(layers, self.kernels(), TensorFlowOps(), shape, self.architecture.classes, micro_batch)

    def examples(self, n: int) -> tuple[Images, Indices]:
        """Random images (n, side, side, 3) and labels (n,)."""
        random = np.random.default_rng(0)
        return random.random((n, self.side, self.side, 3), np.float32), random.integers(0, CLASSES, n)

    def path(self, nodes: int) -> Path:
        """From black to each image, the plain path with equal weights: what `path_gradient` is asked."""
        images, labels = self.examples(self.images)
        alphas = np.tile(np.linspace(0, 1, nodes), self.images)
        rows = Rows(np.repeat(np.arange(self.images), nodes), alphas, np.full((len(alphas), 1), 1 / nodes))
        return np.zeros_like(images), images, Objective.of_classes(labels, CLASSES), rows


FULL = Subject()
QUICK = Subject(
    8, 4, 8, 8, images=3, nodes=5, many_nodes=10, many_images=6, pairs=3, path_pairs=2, starts=2, peak_side=64
)
SUBJECTS = {"full": FULL, "quick": QUICK}
