"""The page as files: live, its modules as they are; frozen, everything in one."""

import re
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from inward.page.schema import Head, Looked, Twin

_ASSETS = files("inward.page") / "assets"
ENTRY = "main.js"
PLOTLY = "plotly.min.js"
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (async function|function|const|let|class) (\w+)", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(import|export)\b(?! \{\};)", re.MULTILINE)
FROZEN_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' {beside}; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; connect-src 'none'; form-action 'none'; base-uri 'none'"
)
"""A frozen page fetches nothing: the browser itself sees to it."""


def asset(name: str) -> str:
    """A file of the page, as text."""
    return (_ASSETS / name).read_text(encoding="utf-8")


def module_names() -> tuple[str, ...]:
    """The modules that the page is made of, each after those that it imports."""
    return tuple(_ordered())


def plotly_script() -> str:
    """Plotly's own JavaScript, as its package ships it."""
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


@cache
def bundle() -> str:
    """All modules as one script, each in a function of its own that returns what it exports.

    Raises:
        ValueError: for an import or export of another form than `import {a} from "./b.js"` and `export function a`.
    """
    return "".join(_wrapped(name) for name in _ordered())


def live_page() -> str:
    """The page of a server: it fetches its modules, its style and its data from there."""
    return Template(asset("page.html")).substitute(
        title="inward",
        policy="",
        style='<link rel="stylesheet" href="assets/page.css">',
        data="",
        script=f'<script type="module" src="assets/{ENTRY}"></script>',
        plotly=f'<script defer src="assets/{PLOTLY}"></script>',
    )


def frozen_page(twin: Twin, *, single_file: bool = True) -> str:
    """The page of a report: data, style and script are inside it, and it fetches nothing.

    Args:
        twin: all that it knows.
        single_file: whether Plotly's script is inside too; otherwise it must lie beside the page, as `PLOTLY`.

    Returns:
        The file's text.
    """
    data = _data("head", twin.head) + "".join(_data(f"looked-{one.image.id}", one) for one in twin.looked)
    beside = "" if single_file else "'self' file:"
    plotly = f"<script>{plotly_script()}</script>" if single_file else f'<script defer src="{PLOTLY}"></script>'
    policy = escape(FROZEN_POLICY.format(beside=beside), quote=True)
    return Template(asset("page.html")).substitute(
        title=escape(twin.head.title),
        policy=f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        style=f"<style>\n{asset('page.css')}</style>",
        data=data,
        script=f"<script>\n{bundle()}</script>",
        plotly=plotly,
    )


def notebook_html(page: str, height: int = 900) -> str:
    """A page in a frame of its own, for a notebook's cell; `height` in pixels."""
    frame = 'style="border:1px solid #d0d5dd;border-radius:6px" width="100%"'
    return f'<iframe srcdoc="{escape(page, quote=True)}" height="{height}" {frame}></iframe>'


def _data(name: str, of: Head | Looked) -> str:
    """JSON in a script element; a class called "</script>" stays text."""
    text = of.model_dump_json()
    return f'<script type="application/json" id="{name}">{text.replace("<", chr(92) + "u003c")}</script>\n'


@cache
def _ordered() -> list[str]:
    """Depth first, so that what is imported comes before who imports it; a circle is a fault of ours."""
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"modules import each other: {' -> '.join((*above, name))}")
        if name in order:
            return
        for _, below in _IMPORT.findall(asset(name)):
            visit(below, (*above, name))
        order.append(name)

    visit(ENTRY, ())
    return order


def _wrapped(name: str) -> str:
    text = asset(name)
    exported = [found[1] for found in _EXPORT.findall(text)]
    text = _IMPORT.sub(lambda found: f"const {found[1]} = {_variable(found[2])};", text)
    text = _EXPORT.sub(r"\1 \2", text).replace("export {};\n", "")
    if left := _LEFT_OVER.search(text):
        raise ValueError(f"{name}: an import or export that is not understood: {text[left.start() :].splitlines()[0]}")
    if "</script" in text.lower():
        raise ValueError(f"{name} would end the element that it stands in")
    return f"const {_variable(name)} = (() => {{\n{text}return {{ {', '.join(exported)} }};\n}})();\n"


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name)
