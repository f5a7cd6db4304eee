import sys

import numpy as np
import pytest

from inward.data.digits import SIZES, load_digits
from inward.errors import DependencyError


def test_digits_are_whole_and_always_the_same():
    datasets = pytest.importorskip("sklearn.datasets")
    found, again = load_digits(), load_digits()
    assert (found.train_images.shape, found.test_images.shape) == ((SIZES["train"], 8, 8, 1), (SIZES["test"], 8, 8, 1))
    assert (found.train_images.dtype, found.train_images.max(), found.train_labels.dtype) == (np.uint8, 255, np.int64)
    np.testing.assert_array_equal(found.test_images, again.test_images)
    both = np.concatenate([found.train_images, found.test_images])[..., 0].reshape(-1, 64)
    source = np.rint(datasets.load_digits().data / 16 * 255)
    assert sorted(map(tuple, both.tolist())) == sorted(map(tuple, source.astype(int).tolist()))
    assert np.bincount(found.test_labels).min() >= 25  # every class is tested


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(DependencyError, match=r"pip install 'inward\[samples\]'"):
        load_digits()
