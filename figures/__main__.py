"""`python -m figures`: compute every figure, then write those that changed."""

import sys
from pathlib import Path

from rich.console import Console

from figures.places import filled
from figures.stamp import stamped
from figures.subject import Subject
from figures.table import PICTURES, ROOT, WORDS, pages, unknown
from inward.errors import InwardError


def main() -> None:
    """Nothing is written before everything is computed; a picture that needs a browser may be left out."""
    console, subject = Console(soft_wrap=True, highlight=False), Subject()
    if names := unknown():
        sys.exit(f"figures: {', '.join(names)}: each needs one place in the docs, and one line in figures/table.py")
    try:
        words = {name: figure.make(subject) for name, figure in WORDS.items()}
        pictures = {name: draw(subject) for name, draw in PICTURES.items()}
    except InwardError as error:
        sys.exit(f"figures: {error}")
    for page in pages():
        text = page.read_text(encoding="utf-8")
        _write(page, filled(text, words).encode(), console)
    for name, png in pictures.items():
        if png is None:
            console.print(
                f"{name}: SKIPPED and left as it was: no browser took it (chromium, Chrome), or nothing was recorded"
            )
        else:
            _write(ROOT / name, stamped(png, subject.stamp), console)


def _write(path: Path, content: bytes, console: Console) -> None:
    if not path.exists() or path.read_bytes() != content:
        path.write_bytes(content)
        console.print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
