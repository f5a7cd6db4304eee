"""What a pickle may build, and that nothing else of it runs."""

import builtins
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from inward.data.unpickle import unpickle
from inward.errors import FileError

HERE = Path("batch")


class Call:
    """Pickles as a call of anything."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


@pytest.mark.parametrize("dtype", ["u1", "<i8", ">f4", "?"])
def test_arrays_come_back(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    found = unpickle(pickle.dumps({"data": array, "labels": [1, 2], "t": ("a", None)}, protocol=3), HERE)
    np.testing.assert_array_equal(np.asarray(found["data"]), array)
    assert np.asarray(found["data"]).dtype == array.dtype.newbyteorder("=")  # NumPy swaps as it fills
    assert (found["labels"], found["t"]) == ([1, 2], ("a", None))


def test_fortran_order_is_kept():
    array = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(unpickle(pickle.dumps(array, protocol=3), HERE), array)


MALICIOUS = {
    "os.system": lambda mark: pickle.dumps(Call(os.system, f"touch {mark}")),
    "eval": lambda mark: pickle.dumps(Call(builtins.eval, f"open({str(mark)!r}, 'w')")),
    "exec": lambda mark: pickle.dumps(Call(builtins.exec, f"open({str(mark)!r}, 'w')"), protocol=3),
    "getattr": lambda mark: pickle.dumps(Call(getattr, "text", "format")),
    "dotted": lambda mark: b"\x80\x04\x8c\x05numpy\x8c\x0dndarray.tofile\x93.",
    "import": lambda mark: pickle.dumps(Call(builtins.__import__, "os")),
    "old protocol": lambda mark: f"cos\nsystem\n(S'touch {mark}'\ntR.".encode(),
    "INST": lambda mark: f"(S'touch {mark}'\nios\nsystem\n.".encode(),
    "NEWOBJ": lambda mark: b"\x80\x02cbuiltins\nobject\n)\x81.",
    "object array": lambda mark: pickle.dumps(np.array([Call(os.system, f"touch {mark}")], object), protocol=3),
    "object dtype": lambda mark: pickle.dumps(np.dtype(object), protocol=3),
    "structured dtype": lambda mark: pickle.dumps(np.dtype([("a", "u1"), ("b", "O")]), protocol=3),
    "memory map": lambda mark: pickle.dumps(Call(np.memmap, str(mark), "u1", "w+", 0, (4,))),
    "allocation": lambda mark: b"\x80\x02cnumpy\nndarray\n(K\x01tR.",
    "BUILD on a name": lambda mark: b"\x80\x02cnumpy\ndtype\n}X\x04\x00\x00\x00makeK\x01sb.",
    "too short a buffer": lambda mark: pickle.dumps(np.zeros(9, "u1"), 3).replace(b"\x00" * 9, b"\x00" * 8),
    "persistent id": lambda mark: b"Pname\n.",
    "truncated": lambda mark: pickle.dumps(np.zeros(9), protocol=3)[:-20],
    "empty": lambda mark: b"",
    "text": lambda mark: b"<html>not found</html>",
}


@pytest.mark.parametrize("name", MALICIOUS)
def test_nothing_else_runs(name, tmp_path):
    mark = tmp_path / "mark"
    with pytest.raises(FileError, match="pickle of NumPy arrays"):
        unpickle(MALICIOUS[name](mark), HERE)
    assert not mark.exists()


def test_the_attack_is_real(tmp_path):
    pickle.loads(MALICIOUS["os.system"](tmp_path / "mark"))
    assert (tmp_path / "mark").exists()
