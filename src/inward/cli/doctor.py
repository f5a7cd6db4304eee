"""`inward doctor`: a model and images, checked before anything long runs."""

import json
import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Annotated

import typer

from inward.cli.app import Data, suggest
from inward.cli.options import Opening, opens_a_model
from inward.progress import share_bar

if TYPE_CHECKING:
    from inward.checkup.findings import Diagnosis

_STYLES = {"ok": "green", "note": "blue", "warning": "yellow", "error": "red"}


@opens_a_model
def doctor(
    opening: Opening,
    images: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, or cifar10:test:0-49.", metavar="[IMAGE…]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False,
    data: Data = None,
) -> None:
    """Check a model and images before anything long runs, and say what to change.

    Exit code 0; 1 where there are warnings; 2 where there are errors.

    \b
    Examples:
      inward doctor cifar10-allconv photo.jpg
      inward doctor my_model.keras photo.jpg --classes labels.txt --scale 255
      inward doctor package.module:build photos/ --weights w.safetensors --input-shape 224,224,3 --json
    """
    from inward.checkup.doctor import doctor as check
    from inward.data.images import read_images

    with redirect_stdout(sys.stderr), share_bar("checking") as tell:  # someone's code may print, as it is run
        model = opening.open()
        shown = read_images(images, model.layers[0].shape, data) if images else None
        diagnosis = check(model, None if shown is None else shown.images, progress=tell)
    if as_json:
        settings = {"model": opening.model, "backend": model.backend, "images": list(shown.names) if shown else []}
        typer.echo(json.dumps(settings | diagnosis.plain(), indent=2))
    else:
        _print(diagnosis)
        if diagnosis.level != "error":
            suggest("inspect", *opening.words(images[0] if images else "YOUR-PHOTO.jpg"))
    raise typer.Exit(diagnosis.exit_code)


def _print(diagnosis: "Diagnosis") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for finding in diagnosis.findings:
        found = Text(finding.found, style="" if finding.level != "ok" else "dim")
        if finding.change:
            found.append(f"\n→ {finding.change}", style="bold")
        table.add_row(Text(finding.level, style=_STYLES[finding.level]), Text(finding.check), found)
    console = Console(highlight=False)
    console.print(table)
    console.print(diagnosis.summary())
