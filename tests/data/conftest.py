"""A tiny CIFAR-10 of the right form, and the real one where it is at hand."""

import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from inward.data import cifar10
from inward.errors import FileError


def batch_bytes(seed, n=4):
    draw = np.random.default_rng(seed)
    rows = draw.integers(0, 256, (n, 3072), dtype=np.uint8)
    return pickle.dumps({"data": rows, "labels": [int(k) for k in draw.integers(0, 10, n)]}, protocol=3)


@pytest.fixture
def batches(monkeypatch):
    """Six tiny batches by name, whose checksums stand in the table."""
    made = {name: batch_bytes(seed) for seed, name in enumerate(cifar10.CHECKSUMS)}
    for name, content in made.items():
        monkeypatch.setitem(cifar10.CHECKSUMS, name, hashlib.md5(content).hexdigest())
    return made


@pytest.fixture
def tiny(batches, tmp_path):
    """The folder of the tiny batches."""
    folder = tmp_path / cifar10.FOLDER
    folder.mkdir()
    for name, content in batches.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def real():
    """The folder of the real CIFAR-10."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    try:
        return cifar10.find_cifar10(Path(os.environ.get("INWARD_DATA", beside)))
    except FileError:
        pytest.skip("CIFAR-10 is neither at INWARD_DATA nor at ../shared/data")


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No CIFAR-10 in the usual places; returns the empty cache."""
    monkeypatch.delenv("INWARD_DATA", raising=False)
    monkeypatch.setattr(cifar10, "user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "inward"
