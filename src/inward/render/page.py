"""One self-contained page: sections of text, pictures and tables, with nothing fetched from anywhere."""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import groupby
from string import Template

_ASSETS = files("inward.render") / "assets"
_NUMBER = re.compile(r"[<>]?[+\-−±]?(\d[\d,]*(\.\d+)?(e[+-]?\d+)?|nan|inf)( ?%)?")


@dataclass(frozen=True)
class Picture:
    """A picture or an animation.

    name is its file's (`weights.png`), caption what stands under it, alt what it shows, for those who
    cannot see it; small pictures stand side by side.
    """

    name: str
    data: bytes
    caption: str = ""
    alt: str = ""
    small: bool = False

    @property
    def source(self) -> str:
        """The picture as a data URI."""
        return f"data:image/{self.name.rsplit('.', 1)[-1]};base64,{b64encode(self.data).decode()}"


@dataclass(frozen=True)
class Table:
    """Columns' names and rows of words; a column of numbers is set to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """A part of the page: a title, paragraphs, pictures and a table; `folded` hides all but the title."""

    title: str
    text: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    table: Table | None = None
    folded: bool = False
    inner: tuple["Section", ...] = ()


@dataclass(frozen=True)
class Page:
    """Everything that is on a page."""

    title: str
    lead: str
    sections: tuple[Section, ...]


def render_page(page: Page) -> str:
    """The page as one HTML file: style, script and pictures are inside it.

    Args:
        page: what is on it; all its text is escaped.

    Returns:
        The file's text.
    """
    contents = "".join(f'<li><a href="#{_anchor(i)}">{escape(s.title)}</a></li>' for i, s in enumerate(page.sections))
    body = "".join(_section(section, 2, _anchor(i)) for i, section in enumerate(page.sections))
    template = Template((_ASSETS / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(page.title),
        lead=escape(page.lead),
        contents=contents,
        body=body,
        style=(_ASSETS / "page.css").read_text(encoding="utf-8"),
        script=(_ASSETS / "page.js").read_text(encoding="utf-8"),
    )


def _anchor(index: int) -> str:
    return f"part-{index + 1}"


def _section(section: Section, level: int, anchor: str = "") -> str:
    parts = [f"<p>{escape(paragraph)}</p>" for paragraph in section.text]
    parts += _figures(section.pictures)
    parts.append(_table(section.table) if section.table else "")
    parts += [_section(inner, level + 1) for inner in section.inner]
    body = "".join(parts)
    if section.folded:
        return f"<details><summary>{escape(section.title)}</summary>{body}</details>"
    name = f' id="{anchor}"' if anchor else ""
    return f"<section{name}><h{level}>{escape(section.title)}</h{level}>{body}</section>"


def _figures(pictures: Sequence[Picture]) -> Iterator[str]:
    """Large pictures one below the other; small ones that follow each other in a row."""
    for small, group in groupby(pictures, key=lambda picture: picture.small):
        figures = "".join(map(_figure, group))
        yield f'<div class="row">{figures}</div>' if small else figures


def _figure(picture: Picture) -> str:
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>" if picture.caption else ""
    alt = escape(picture.alt or picture.caption or picture.name, quote=True)
    image = f'<img src="{escape(picture.source, quote=True)}" alt="{alt}" loading="lazy" tabindex="0">'
    return f"<figure>{image}{caption}</figure>"


def _table(table: Table) -> str:
    marks = [_mark([row[column] for row in table.rows]) for column in range(len(table.columns))]
    head = _row("th", table.columns, marks)
    rows = "".join(_row("td", row, marks) for row in table.rows)
    return f'<div class="table"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _row(tag: str, cells: Sequence[str], marks: Sequence[str]) -> str:
    made = (f"<{tag}{mark}>{escape(cell)}</{tag}>" for cell, mark in zip(cells, marks, strict=True))
    return f"<tr>{''.join(made)}</tr>"


def _mark(column: Sequence[str]) -> str:
    """What sets a column to the right where all of it that is filled in are numbers."""
    filled = [cell for cell in column if cell]
    return ' class="number"' if filled and all(map(_NUMBER.fullmatch, filled)) else ""
