"""Docstrings say what goes in, comes out and may go wrong; docs/backpropagation.md shows the code and checks it."""

import ast
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inward.backends.numpy import NumpyOps
from inward.network import chain, muon
from inward.network.heads import HEADS

SOURCE = Path(__file__).parent.parent / "src" / "inward"
ROOMS = (
    "methods",
    "checkup",
    "network",
    "recording",
    "report",
    "data",
    "files.py",
    "loading.py",
    "opening.py",
    "model.py",
    "backends/__init__.py",
    "backends/keras.py",
    "adapters/recorder.py",
)


def public_functions() -> list[tuple[str, ast.FunctionDef]]:
    paths = [
        p
        for room in ROOMS
        for p in ([SOURCE / room] if room.endswith(".py") else sorted((SOURCE / room).rglob("*.py")))
    ]
    return [
        (f"{path.relative_to(SOURCE)}:{node.name}", node)
        for path in paths
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]


def faults(node: ast.FunctionDef) -> list[str]:
    """What a function's docstring leaves out; one line is enough for a function of few arguments."""
    text = ast.get_docstring(node)
    if not text:
        return ["no docstring"]
    first, *rest = text.splitlines()
    found = [] if first.endswith((".", ":")) or rest else ["the first line does not end in a full stop"]
    arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    if "Args:" in text:
        section = text.split("Args:", 1)[1].split("\nReturns:")[0].split("\nRaises:")[0]
        found += [f"{name} is not in Args" for name in arguments if name not in section]
    elif len(arguments) > 4:
        found.append("no Args")
    raises = any(isinstance(n, ast.Raise) and n.exc is not None for n in ast.walk(node))
    if raises and "Raises:" not in text and rest:
        found.append("no Raises")
    return found


@pytest.mark.parametrize(("name", "node"), public_functions(), ids=[name for name, _ in public_functions()])
def test_a_public_function_is_documented(name: str, node: ast.FunctionDef) -> None:
    assert faults(node) == []


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f(x): ...", "no docstring"),
        ('def f(x):\n    """Do it"""', "the first line does not end in a full stop"),
        ('def f(x, y):\n    """Do it.\n\n    Args:\n        x: one.\n    """', "y is not in Args"),
        ('def f(x):\n    """Do it.\n\n    More.\n    """\n    raise ValueError', "no Raises"),
        ('def f(a, b, c, d, e):\n    """Do it."""', "no Args"),
    ],
)
def test_the_check_finds_planted_faults(source: str, fault: str) -> None:
    node = ast.parse(source).body[0]
    assert isinstance(node, ast.FunctionDef)
    assert faults(node) == [fault]


# docs/backpropagation.md

ROOT = SOURCE.parent.parent
LESSON = (ROOT / "docs" / "backpropagation.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"((?:[^\n]+\n)+)\n```python\n(.*?)```", re.DOTALL)  # the words before a block, and the block
FROM = re.compile(r"[Ff]rom \[`([^`]+)`\]\(\.\./\1\)")


def excerpts(text: str) -> list[tuple[str, str]]:
    """The blocks that are said to stand in a file: its path, and the block."""
    return [(found[1], code) for words, code in BLOCK.findall(text) if (found := FROM.search(words))]


def altered(text: str) -> list[str]:
    """The files in which a block does not stand as it is shown."""
    return [path for path, code in excerpts(text) if code not in (ROOT / path).read_text(encoding="utf-8")]


def failing(text: str) -> str:
    """Run every check in its order; the heading of the first that fails, or nothing."""
    names: dict[str, Any] = {}
    for section in text.split("\n## ")[1:]:
        for words, code in BLOCK.findall(section):
            if not words.startswith("Check"):
                continue
            try:
                exec(compile(code, section.splitlines()[0], "exec"), names)
            except AssertionError:
                return section.splitlines()[0]
    return ""


def test_the_code_shown_is_the_source() -> None:
    assert altered(LESSON) == []
    shown = {path for path, _ in excerpts(LESSON)}
    assert shown > {f"src/inward/{file}.py" for file in ("network/layers", "network/heads", "network/chain")}
    assert len(BLOCK.findall(LESSON)) == LESSON.count("```python")


def test_altered_code_is_found() -> None:
    assert altered(LESSON.replace("/ 4\n", "/ 2\n")) == ["src/inward/backends/numpy.py"]


def test_every_check_passes_and_every_section_has_one() -> None:
    assert failing(LESSON) == ""
    for section in LESSON.split("\n## ")[1:]:
        checks = [code for words, code in BLOCK.findall(section) if words.startswith("Check")]
        assert any("assert" in code for code in checks), section.splitlines()[0]
        assert all(words.startswith("Check") or FROM.search(words) for words, _ in BLOCK.findall(section))


def _probability_without_softmax(ops: Any, z: Any, w: Any) -> Any:
    return HEADS_BEFORE["probability"](ops, z, w)[0], w


HEADS_BEFORE = dict(HEADS)
BEFORE = {name: getattr(NumpyOps, name) for name in dir(NumpyOps) if "adjoint" in name}
DESCEND = chain._descend
# heading -> what is wrong: (of what, its name, the wrong one)
PLANTED: list[tuple[str, Any, str, Any]] = [
    ("Convolution", NumpyOps, "convolve_input_adjoint", lambda ops, dy, k: ops.convolve(dy, k.swapaxes(2, 3))),
    ("Convolution", NumpyOps, "convolve_kernel_adjoint", lambda *of: BEFORE["convolve_kernel_adjoint"](*of)[::-1]),
    ("ELU", NumpyOps, "elu_slope_times", lambda ops, y, dy: dy * (1 + np.maximum(y, 0))),
    ("Average pool", NumpyOps, "average_pool_adjoint", lambda *of: 2 * BEFORE["average_pool_adjoint"](*of)),
    ("Global average", NumpyOps, "global_average_adjoint", lambda ops, dy, x: dy[:, None, None] + 0 * x),
    ("Softmax, cross-entropy and the other heads", HEADS, "probability", _probability_without_softmax),
    ("The chain", chain, "_descend", lambda *of: DESCEND(*of[:4], 1.0001 * of[4], of[5])),
    ("The step: Muon", muon, "_QUINTIC", (1.5, -0.5, 0.0)),
]


@pytest.mark.parametrize(("heading", "of", "name", "wrong"), PLANTED, ids=[name for _, _, name, _ in PLANTED])
def test_a_planted_derivative_is_found_by_its_check(
    heading: str, of: Any, name: str, wrong: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(of, name, wrong) if isinstance(of, dict) else monkeypatch.setattr(of, name, wrong)
    assert failing(LESSON) == heading
