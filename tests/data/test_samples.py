import sys

import pytest

from inward.data import samples
from inward.data.samples import DEMO_INDICES, demo_images
from inward.errors import DependencyError, FileError

SHAPE = (32, 32, 3)


def test_cifar10_where_it_is(real):
    found = demo_images(SHAPE, real)
    names = [found.label_names[k] for k in found.labels]
    assert len(names) == len(DEMO_INDICES) == 8
    assert names.count("horse") == 2
    assert len(set(names)) == 7
    assert "CIFAR-10's test set" in found.source


def test_photographs_otherwise(nowhere):
    pytest.importorskip("skimage")
    found = demo_images(SHAPE)
    assert {"chelsea.png", "coffee.png", "rocket.jpg"} <= set(found.names)
    assert (set(found.labels.tolist()), found.label_names) == ({-1}, ())
    assert min(min(picture.shape[:2]) for picture in found.pictures) > 200
    assert found.source.startswith("Photographs")


def test_a_folder_that_is_given_must_hold_it(nowhere, tmp_path):
    with pytest.raises(FileError, match="inward data cifar10"):
        demo_images(SHAPE, tmp_path)


def test_neither(nowhere, monkeypatch):
    monkeypatch.setattr(samples, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match=r"inward\[samples\]"):
        demo_images(SHAPE)


def test_packages_are_not_imported(nowhere, monkeypatch):
    pytest.importorskip("skimage")
    monkeypatch.delitem(sys.modules, "skimage")
    demo_images(SHAPE)
    assert "skimage" not in sys.modules
