"""`inward data`: download a data set."""

from pathlib import Path
from typing import Annotated

import typer

from inward.cli.app import suggest
from inward.errors import ArgumentError
from inward.progress import bytes_bar


def data(
    name: Annotated[str, typer.Argument(help="The data set: cifar10.", metavar="cifar10")],
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Where to put it; default: the user's cache.")
    ] = None,
) -> None:
    """Download a data set, whole and verified, to where every command finds it.

    \b
    Example:
      inward data cifar10
    """
    from inward.data.download import download_cifar10

    if name != "cifar10":
        raise ArgumentError("data set", "cifar10", repr(name), "digits needs no download")
    with bytes_bar(f"downloading {name}") as tell:
        folder = download_cifar10(data, tell)
    typer.echo(f"wrote {folder}")
    suggest("train", *([] if data is None else ["--data", str(data)]))
