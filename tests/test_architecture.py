"""Who may import whom: imports point down, and a framework is named in backends/ and adapters/ only."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "inward"
FRAMEWORKS = ("tensorflow", "torch", "jax", "keras", "flax")
# room -> the rooms it may import from
ARROWS = {
    "errors": set(),
    "arrays": {"errors"},
    "model": {"arrays", "errors"},
    "memory": set(),
    "batched": {"memory", "model", "arrays", "errors"},
    "files": {"arrays", "errors"},
    "recording": {"files", "model", "arrays", "errors"},
    "data": {"arrays", "errors"},
    "adapters": {"recording", "batched", "model", "arrays", "errors"},
    "network": {"recording", "files", "batched", "model", "arrays", "errors"},
    "backends": {"network", "model", "arrays", "errors"},
    "methods": {"progress", "model", "arrays", "errors"},
    "checkup": {"methods", "memory", "model", "arrays", "errors"},
    "render": {"arrays", "errors"},
    "page": {"arrays", "errors"},
    "report": {"__init__", "methods", "render", "page", "model", "arrays", "errors"},
    "web": {"__init__", "report", "methods", "page", "data", "model", "arrays", "errors"},
    "loading": {"backends", "network", "errors"},
    "opening": {"adapters", "loading", "batched", "model", "errors"},
    "progress": {"network"},
    "cli": {
        "__init__",
        "opening",
        "checkup",
        "adapters",
        "batched",
        "web",
        "recording",
        "report",
        "loading",
        "backends",
        "network",
        "data",
        "progress",
        "model",
        "errors",
    },
    "__init__": {"adapters", "backends", "checkup", "recording", "opening", "report", "loading", "methods", "errors"},
}


def imports(path: Path, source: Path = SOURCE) -> set[str]:
    """The modules that a file imports, at any depth of its code, by full name."""
    package = ["inward", *path.relative_to(source).with_suffix("").parts[:-1]]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            stem = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*stem, *([node.module] if node.module else [])])
            inside = module == "inward" or (node.level and not node.module)
            found |= {f"{module}.{alias.name}" for alias in node.names} if inside else {module}
    return found


def rooms(path: Path, source: Path = SOURCE) -> set[str]:
    """The rooms of the house that a file imports from, other than its own."""
    found = set()
    for name in imports(path, source):
        parts = name.split(".")
        if parts[0] == "inward":
            top = parts[1] if len(parts) > 1 else "__init__"
            found.add(top if (source / top).is_dir() or (source / f"{top}.py").is_file() else "__init__")
    return found - {room_of(path, source)}


def room_of(path: Path, source: Path = SOURCE) -> str:
    return path.relative_to(source).with_suffix("").parts[0]


FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    assert rooms(path) <= ARROWS[room_of(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_frameworks_are_imported_at_the_edge_only(path: Path) -> None:
    named = {name.split(".")[0] for name in imports(path)} & set(FRAMEWORKS)
    assert not named or room_of(path) in {"backends", "adapters"}


def test_there_is_no_cycle_between_rooms() -> None:
    seen: set[str] = set()
    while ready := [room for room, below in ARROWS.items() if room not in seen and below - {"__init__"} <= seen]:
        seen.update(ready)
    assert seen == ARROWS.keys()


def test_methods_and_render_never_meet() -> None:
    assert "render" not in ARROWS["methods"]
    assert "methods" not in ARROWS["render"]


@pytest.mark.parametrize(
    ("file", "line", "expected"),
    [
        ("methods/x.py", "from inward.render.image import as_picture", {"render"}),
        ("methods/x.py", "def f():\n    import inward.backends", {"backends"}),
        ("methods/x.py", "from inward import cli", {"cli"}),
        ("methods/x.py", "from .. import network", {"network"}),
        ("methods/x.py", "from ..render import image", {"render"}),
        ("methods/x.py", "from . import paths", set()),
        ("report/x.py", "from inward import __version__", {"__init__"}),
    ],
)
def test_the_check_sees_a_planted_import(tmp_path: Path, file: str, line: str, expected: set[str]) -> None:
    for room in ARROWS:
        (tmp_path / room).mkdir() if (SOURCE / room).is_dir() else (tmp_path / f"{room}.py").touch()
    planted = tmp_path / file
    planted.write_text(line, encoding="utf-8")
    assert rooms(planted, tmp_path) == expected


def test_the_check_sees_a_planted_framework(tmp_path: Path) -> None:
    planted = tmp_path / "x.py"
    planted.write_text("def f():\n    from tensorflow.python import eager", encoding="utf-8")
    assert imports(planted, tmp_path) == {"tensorflow.python"}
