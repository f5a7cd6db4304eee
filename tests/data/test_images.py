import numpy as np
import pytest
from PIL import Image

from inward.data.cifar10 import CLASSES
from inward.data.images import read_images
from inward.errors import ArgumentError, FileError

SHAPE = (32, 32, 3)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, size in (("b.png", (32, 32)), ("a.JPG", (60, 40))):
        Image.new("RGB", size, "red").save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_folder_sorted_and_a_file(photos):
    found = read_images([str(photos), str(photos / "b.png")], SHAPE)
    assert found.names == ("a.JPG", "b.png", "b.png (2)")
    assert found.fitted == (True, False, False)
    assert (found.images.shape, found.images.dtype) == ((3, 32, 32, 3), np.float32)
    assert [picture.shape for picture in found.pictures] == [(40, 60, 3), (32, 32, 3), (32, 32, 3)]
    assert (found.labels.tolist(), found.labels.dtype, found.label_names) == ([-1, -1, -1], np.int64, ())
    assert found.source.startswith("3 images: ")


def test_a_folder_without_pictures(tmp_path):
    with pytest.raises(FileError, match="none in it"):
        read_images([str(tmp_path)], SHAPE)


@pytest.mark.parametrize("argument", ["nowhere.png", "nowhere/", "mnist:test:0"])
def test_no_such_file(argument):
    with pytest.raises(FileError, match="no such file"):
        read_images([argument], SHAPE)


def test_none_at_all():
    with pytest.raises(ArgumentError, match="at least one"):
        read_images([], SHAPE)


def test_examples_and_files_mix(photos, tiny, monkeypatch):
    monkeypatch.setattr("inward.data.cifar10.SIZES", {"train": 20, "test": 4})
    found = read_images(["cifar10:test:1-2", str(photos / "b.png"), "cifar10:train:3,5"], SHAPE, tiny)
    assert found.names == ("cifar10:test:1", "cifar10:test:2", "b.png", "cifar10:train:3", "cifar10:train:5")
    assert found.label_names == CLASSES
    assert found.labels[2] == -1
    assert found.labels[[0, 1, 3, 4]].min() >= 0
    np.testing.assert_array_equal(found.images[0], found.pictures[0].astype(np.float32) / 255)


@pytest.mark.parametrize(
    "which",
    ["test:10000", "test:9998-10000", "test:5-3", "test:", "test:a", "test:-1", "test", "valid:0", "train:1,,2"],
)
def test_examples_that_are_not_there(which):
    with pytest.raises(ArgumentError, match="cifar10:"):
        read_images([f"cifar10:{which}"], SHAPE)


def test_digits():
    pytest.importorskip("sklearn")
    found = read_images(["digits:test:0-9"], (8, 8, 1))
    assert (found.images.shape, found.label_names) == ((10, 8, 8, 1), tuple("0123456789"))
    assert not any(found.fitted)


def test_data_sets_together_have_one_list_of_classes(real):
    pytest.importorskip("sklearn")
    found = read_images(["digits:test:0", "cifar10:test:0"], SHAPE, real)
    assert found.label_names[found.labels[0]] in "0123456789"
    assert found.label_names[found.labels[1]] == "cat"
