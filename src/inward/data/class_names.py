"""The classes' names from a file."""

import json
from pathlib import Path
from typing import Any

from inward.errors import FileError

_EXPECTED = 'one name a line, a JSON list of names, or {"0": "name", …} as ImageNet\'s'


def read_class_names(path: Path) -> tuple[str, ...]:
    """Names in the order of a model's outputs.

    Args:
        path: text, one name a line; or .json: a list of names, or a dict from number to name or to a list that
            ends in the name, as ImageNet's {"0": ["n01440764", "tench"]}.

    Raises:
        FileError: where there is no such file, or it holds something else.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        names = _from_json(json.loads(text)) if path.suffix.lower() == ".json" else text.rstrip().splitlines()
    except OSError as fault:
        raise FileError(str(path), "a file of names", fault.strerror or "an error", "check the path") from None
    except (ValueError, KeyError, TypeError, IndexError) as fault:
        raise FileError(str(path), _EXPECTED, f"something else ({fault})", "write one name a line") from None
    found = tuple(name.strip() for name in names)
    if not found or "" in found:
        raise FileError(str(path), _EXPECTED, "an empty name" if found else "no name", "write one name a line")
    return found


def _from_json(found: Any) -> list[str]:
    rows = [found[str(i)] for i in range(len(found))] if isinstance(found, dict) else found
    names = [row[-1] if isinstance(row, list) else row for row in rows] if isinstance(rows, list) else [rows]
    if not all(isinstance(name, str) for name in names) or not isinstance(rows, list):
        raise TypeError("no names")
    return names
