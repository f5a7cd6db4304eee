"""`inward demo`: the shipped network on real images."""

from pathlib import Path
from typing import Annotated

import typer

from inward.cli.app import Backend, Data, suggest
from inward.cli.looking import crops, inspected, write


def demo(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = Path("inward-demo"),
    data: Data = None,
    backend: Backend = "tensorflow",
) -> None:
    """Open the shipped network on real images and write a report with every view.

    CIFAR-10's test images where --data, INWARD_DATA or the cache has them; real photographs otherwise.

    \b
    Example:
      inward demo --out tour
    """
    from inward.data.samples import DEMO_CROPS, demo_images
    from inward.loading import load
    from inward.report.folder import check_place

    check_place(out)
    model = load("cifar10-allconv", backend)
    shown = demo_images(model.layers[0].shape, data)
    settings = {"command": "inward demo", "model": "cifar10-allconv", "images": shown.source}
    boxes = [(index, DEMO_CROPS[name]) for index, name in enumerate(shown.names) if name in DEMO_CROPS]
    report = inspected(model, shown, settings, crops=crops(boxes, shown, model.layers[0].shape))
    write(report, out)
    suggest("inspect", "cifar10-allconv", "YOUR-PHOTO.jpg")
