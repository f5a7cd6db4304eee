import json
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest

from inward.arrays import Array
from inward.report.report import Report
from inward.report.storage import flatten, rebuild


@dataclass(frozen=True, eq=False)
class Leaf:
    array: Array
    maybe: Array | None
    number: float | None


@dataclass(frozen=True, eq=False)
class Tree:
    name: str
    kind: Literal["oak", "ash"]
    count: int
    size: float
    box: tuple[int, ...]
    words: tuple[str, ...]
    leaf: Leaf
    leaves: tuple[Leaf, ...]
    by_name: dict[str, Array]


LEAF = Leaf(np.arange(3), None, None)
ODD = Leaf(np.array([np.nan, -0.0, np.inf], np.float32), np.zeros((0, 2)), float("nan"))
TREE = Tree(
    "é\n", "ash", 2**60, 0.1, (), ("", "b.c"), LEAF, (LEAF, ODD), {"a": np.array(True), "a.b/c": np.array([], np.int8)}
)


def same(first, second):
    """Whether two records are equal to the last bit."""
    (arrays, plain), (others, other_plain) = flatten(first), flatten(second)
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        assert (array.dtype, array.shape) == (others[name].dtype, others[name].shape)
        assert array.tobytes() == others[name].tobytes(), name
    return json.dumps(plain) == json.dumps(other_plain)


def test_a_real_report_comes_back(report):
    assert same(report, rebuild(Report, *flatten(report)))


def test_odd_values_come_back_through_json():
    arrays, plain = flatten(TREE)
    found = rebuild(Tree, arrays, json.loads(json.dumps(plain)))
    assert same(TREE, found)
    assert found.box == ()
    assert found.leaf.maybe is None
    assert list(found.by_name) == ["a", "a.b/c"]


def test_numbers_of_numpy_are_stored_as_plain_ones():
    tree = Tree("x", "oak", np.int64(3), np.float32(0.5), (1,), (), LEAF, (), {})
    assert rebuild(Tree, *flatten(tree)).count == 3
    json.dumps(flatten(tree)[1])


@pytest.mark.parametrize(
    ("path", "value"),
    [("name", 3), ("name", None), ("kind", "elm"), ("count", "3"), ("count", True), ("size", "x"), ("box", [1.5]),
     ("box", 3), ("words", "ab"), ("words", [1]), ("leaves", "2"), ("leaves", 1.5), ("leaf.number", []),
     ("by_name", 5)],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(path, value):
    arrays, plain = flatten(TREE)
    with pytest.raises(TypeError):
        rebuild(Tree, arrays, plain | {path: value})


def test_a_missing_value_is_refused():
    arrays, plain = flatten(TREE)
    for path in plain.keys() - {"leaf.maybe", "leaves.0.maybe"}:
        with pytest.raises(KeyError):
            rebuild(Tree, arrays, {name: value for name, value in plain.items() if name != path})
    for path in arrays:
        with pytest.raises(KeyError):
            rebuild(Tree, {name: value for name, value in arrays.items() if name != path}, plain)
