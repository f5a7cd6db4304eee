import json

import pytest

from inward.data.class_names import read_class_names
from inward.errors import FileError


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.txt", "cat\ndog \nsea horse\n\n"),
        ("names.txt", "\ufeffcat\r\ndog\r\nsea horse"),
        ("names.json", '["cat", "dog", "sea horse"]'),
        ("names.json", '{"1": "dog", "0": "cat", "2": "sea horse"}'),
        ("imagenet.json", '{"0": ["n01", "cat"], "1": ["n02", "dog"], "2": ["n03", "sea horse"]}'),
    ],
)
def test_every_form_gives_the_same_names(tmp_path, name, text):
    (tmp_path / name).write_bytes(text.encode())
    assert read_class_names(tmp_path / name) == ("cat", "dog", "sea horse")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("names.txt", b""),
        ("names.txt", b"cat\n\ndog"),
        ("names.txt", b"\xff\xfe\xff"),
        ("names.json", b"not json"),
        ("names.json", b'"cat"'),
        ("names.json", b"[1, 2]"),
        ("names.json", b"[[]]"),
        ("names.json", b"[]"),
        ("names.json", json.dumps({"cat": 0, "dog": 1}).encode()),
        ("names.json", json.dumps({"0": "cat", "2": "dog"}).encode()),
    ],
)
def test_anything_else_is_refused(tmp_path, name, text):
    (tmp_path / name).write_bytes(text)
    with pytest.raises(FileError, match="write one name a line"):
        read_class_names(tmp_path / name)


def test_no_such_file(tmp_path):
    with pytest.raises(FileError, match="check the path"):
        read_class_names(tmp_path / "none.txt")
