"""The application: options that commands share, its words, and how it fails."""

import shlex
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Annotated, Literal, NoReturn

import typer

from inward import __version__

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="See inside a neural network, and know how far to trust what you see.\n\nBegin with: inward demo",
)

INTERRUPTED = 130
_FRAMEWORKS = {
    "numpy": "numpy",
    "tensorflow": "tensorflow",
    "tensorflow-cpu": "tensorflow",
    "torch": "torch",
    "jax": "jax",
    "flax": "flax",
    "keras": "keras",
}  # as installed -> as imported

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder that holds CIFAR-10, or its parent.")]
Backend = Annotated[Literal["tensorflow", "torch", "jax", "numpy"], typer.Option(help="What computes; numpy is slow.")]


def fail(message: str, code: int) -> NoReturn:
    typer.echo(f"inward: {' '.join(message.split())}", err=True)
    sys.exit(code)


def suggest(*arguments: str, more: str = "") -> None:
    """The next useful command, as a shell takes it."""
    typer.echo(f"next: {shown('inward', *arguments)}{more}")


def shown(*words: str) -> str:
    """Words as a shell takes them; bytes that are no text, as a file's name may have, become question marks."""
    return shlex.join(words).encode("utf-8", "replace").decode()


def command_line() -> str:
    """What was typed, as a shell takes it."""
    return shown("inward", *sys.argv[1:])


def versions() -> dict[str, str]:
    """Of what computes: the frameworks that this process has imported, as they were installed."""
    found = {"inward": __version__, "python": python_version()}
    for package, module in _FRAMEWORKS.items():
        if module in sys.modules:
            with suppress(PackageNotFoundError):
                found[package] = version(package)
    return found


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"inward {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and leave.", is_eager=True, callback=lambda v: _version(v)),
    ] = False,
) -> None:
    pass
