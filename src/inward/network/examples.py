"""Training examples: the images, and the batches that they are learnt in."""

import hashlib
from dataclasses import dataclass

import numpy as np

from inward.arrays import Images, Indices
from inward.network.augment import augmented, shrunk
from inward.network.recipes import Recipe


@dataclass(frozen=True)
class Examples:
    """Images uint8 (n, h, w, c) and labels (n,), to learn from and to be tested on."""

    train_images: Images
    train_labels: Indices
    test_images: Images
    test_labels: Indices

    def fingerprint(self) -> str:
        """SHA-256 over all images and labels."""
        digest = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            digest.update(f"{array.shape} {array.dtype}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def batches(n: int, recipe: Recipe, random: np.random.Generator) -> list[Indices]:
    """The epoch's batches of originals, in random order; the last ones short of a batch are left out."""
    size = min(n, recipe.batch // (1 + recipe.copies))
    order = random.permutation(n)
    return [order[first : first + size] for first in range(0, n - size + 1, size)]


def prepared(
    examples: Examples, index: Indices, recipe: Recipe, epoch: int, random: np.random.Generator
) -> tuple[Images, Indices]:
    """The batch's originals and their copies, or one copy in place of each original, in this epoch's size.

    Args:
        examples: where the originals are.
        index: (batch,), which of them.
        recipe: how many copies, how they differ, and the size.
        epoch: counted from 0.
        random: the source of randomness.

    Returns:
        Images (n, h, w, c), float32 in [0, 1], and labels (n,).
    """
    originals = as_floats(examples.train_images[index])
    copies = [augmented(originals, recipe.augmentation, random) for _ in range(max(1, recipe.copies))]
    images = np.concatenate([originals, *copies]) if recipe.copies else copies[0]
    return shrunk(images, recipe.share(epoch)), np.tile(examples.train_labels[index], len(images) // len(index))


def as_floats(images: Images) -> Images:
    """uint8 images as float32 in [0, 1]."""
    return images.astype(np.float32) / 255
