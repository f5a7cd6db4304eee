import hashlib
import os
import pickle

import numpy as np
import pytest

from inward.data import cifar10
from inward.data.cifar10 import find_cifar10, load_cifar10_split, read_batch
from inward.data.dataset import load_dataset
from inward.errors import ArgumentError, FileError


def test_found_by_folder_or_parent(tiny, nowhere):
    assert find_cifar10(tiny) == tiny
    assert find_cifar10(tiny.parent) == tiny


def test_found_by_the_environment(tiny, nowhere, monkeypatch):
    monkeypatch.setenv("INWARD_DATA", str(tiny))
    assert find_cifar10() == tiny
    monkeypatch.setenv("INWARD_DATA", str(tiny.parent))
    assert find_cifar10() == tiny


def test_found_in_the_cache(tiny, nowhere):
    nowhere.mkdir(parents=True)
    tiny.rename(nowhere / cifar10.FOLDER)
    assert find_cifar10() == nowhere / cifar10.FOLDER


def test_missing_says_how_to_get_it(nowhere, tmp_path):
    with pytest.raises(FileError, match="inward data cifar10"):
        find_cifar10()
    with pytest.raises(FileError, match="--data DIR"):
        find_cifar10(tmp_path)


def test_a_missing_batch_is_named(tiny):
    (tiny / "test_batch").unlink()
    with pytest.raises(FileError, match="without test_batch"):
        find_cifar10(tiny)


def test_planes_become_channels(tiny, batches):
    rows = pickle.loads(batches["test_batch"])["data"]
    images, labels = load_cifar10_split("test", tiny)
    assert (images.shape, images.dtype, labels.dtype) == ((4, 32, 32, 3), np.uint8, np.int64)
    assert all(images[2, 5, 7, c] == rows[2, 1024 * c + 32 * 5 + 7] for c in range(3))


def test_test_split_reads_the_test_batch_only(tiny):
    (tiny / "data_batch_3").write_bytes(b"damaged")
    assert len(load_cifar10_split("test", tiny)[0]) == 4
    with pytest.raises(FileError, match="data_batch_3"):
        load_cifar10_split("train", tiny)


def test_all_of_it(tiny):
    found = load_dataset("cifar10", tiny)
    assert (len(found.train_images), len(found.test_images), found.classes[7]) == (20, 4, "horse")


def test_checksum_comes_before_reading(tiny, tmp_path):
    class Touch:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'mark'}",)

    (tiny / "test_batch").write_bytes(pickle.dumps(Touch()))
    with pytest.raises(FileError, match="md5"):
        load_cifar10_split("test", tiny)
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    "content",
    [[1, 2], {"data": np.zeros((2, 5), "u1"), "labels": [0, 1]}, {"data": np.zeros((2, 3072)), "labels": [0, 1]}, {}],
)
def test_a_foreign_batch(content, tmp_path):
    path = tmp_path / "batch"
    path.write_bytes(pickle.dumps(content, protocol=3))
    with pytest.raises(FileError, match="a batch of CIFAR-10"):
        read_batch(path, hashlib.md5(path.read_bytes()).hexdigest())


def test_names_that_are_not_there(tiny):
    with pytest.raises(ArgumentError, match="train, test"):
        load_cifar10_split("validation", tiny)
    with pytest.raises(ArgumentError, match="cifar10, digits"):
        load_dataset("mnist")


def test_the_real_one(real):
    images, labels = load_cifar10_split("test", real)
    assert (images.shape, np.bincount(labels).tolist()) == ((10_000, 32, 32, 3), [1000] * 10)
    assert [cifar10.CLASSES[k] for k in labels[[0, 13]]] == ["cat", "horse"]
