"""Docstrings of public functions say what goes in, what comes out and what may go wrong."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "inward"
ROOMS = ("methods", "network", "report", "data", "loading.py", "model.py", "backends/__init__.py")
COMMANDS = "cli.py"  # its docstrings are what --help prints


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
