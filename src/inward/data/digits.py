"""The 8 x 8 digits that scikit-learn ships: a data set small enough to train on in a minute."""

import numpy as np

from inward.data.dataset import Dataset
from inward.errors import DependencyError

CLASSES = tuple("0123456789")
SIZES = {"train": 1437, "test": 360}
_SEED = 10


def load_digits() -> Dataset:
    """Read the 1,797 handwritten digits of the UCI test set, 8 x 8 grey pixels each.

    Returns:
        1,437 images to train on and 360 to test on, uint8 (n, 8, 8, 1), always the same ones; the
        source's levels 0 to 16 become 0 to 255.

    Raises:
        DependencyError: where scikit-learn is missing.
    """
    try:
        from sklearn import datasets
    except ImportError as fault:
        raise DependencyError(
            "scikit-learn", "installed (it ships the digits)", "no such package", "pip install 'inward[samples]'"
        ) from fault
    source = datasets.load_digits()
    images = np.rint(source.images * (255 / 16)).astype(np.uint8)[..., None]
    labels = source.target.astype(np.int64)
    order = np.random.RandomState(_SEED).permutation(len(labels))
    test, train = order[: SIZES["test"]], order[SIZES["test"] :]
    return Dataset("digits", images[train], labels[train], images[test], labels[test], CLASSES)
