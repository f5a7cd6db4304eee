"""`inward inspect`: look inside a network as it looks at images."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from inward.cli.app import Data, command_line, suggest
from inward.cli.looking import crops, inspected, write
from inward.cli.options import Opening, numbers, opens_a_model
from inward.errors import ArgumentError


@opens_a_model
def inspect(
    opening: Opening,
    images: Annotated[list[str], typer.Argument(help="Files, folders, or cifar10:test:0-49.", metavar="IMAGE…")],
    target: Annotated[str | None, typer.Option(metavar="CLASS", help="Class to explain, if not the predicted.")] = None,
    versus: Annotated[str | None, typer.Option(metavar="CLASS", help="Explain target rather than this class.")] = None,
    layers: Annotated[str | None, typer.Option(metavar="A,B", help="Whose activations to show.")] = None,
    backward: Annotated[bool, typer.Option("--backward", help="Show the gradient at every layer too.")] = False,
    rules: Annotated[bool, typer.Option("--rules", help="Compare rules of integration on the first image.")] = False,
    alphas: Annotated[str | None, typer.Option(metavar="A,B", help="Where on the path to look, 0 to 1.")] = None,
    crop: Annotated[
        list[str] | None, typer.Option(metavar="L,T,W,H", help="A part to look at too; repeatable.")
    ] = None,
    baseline: Annotated[str, typer.Option(metavar="B", help="A number (0 is black), blur, or an image file.")] = "0",
    score: Annotated[
        Literal["logit", "probability", "log_probability", "sigmoid"],
        typer.Option(help="What of the class's output is explained."),
    ] = "logit",
    tolerance: Annotated[
        float, typer.Option(metavar="T", help="Of each map's error and gap; 0.01 is one per cent.")
    ] = 0.01,
    max_evaluations: Annotated[int, typer.Option(min=1, help="Gradients on one path at most.")] = 1000,
    rule: Annotated[
        str | None, typer.Option(help="A fixed rule: right-riemann, midpoint, trapezoid or gauss-legendre.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=10_000, help="Of the fixed rule.")] = None,
    power: Annotated[float | None, typer.Option(help="p in the fixed rule's alpha = t^p; 1 is plain.")] = None,
    single_file: Annotated[
        bool, typer.Option("--single-file/--no-single-file", help="Put the chart script into the page, or beside it.")
    ] = True,
    data: Data = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = Path("inward-report"),
) -> None:
    """Look inside a network as it looks at images, and write a report.

    MODEL is one of ours, a .keras file, or code: package.module:build gives a model of PyTorch, Keras, JAX or
    TensorFlow, or a function and its params. Files that would run code when opened are refused.

    \b
    Examples:
      inward inspect cifar10-allconv photo.jpg --target dog --versus horse
      inward inspect cifar10-allconv cifar10:test:0-9 --tolerance 0.001
      inward inspect cifar10-allconv cifar10:test:0-9 --rule right-riemann --steps 3000
      inward inspect inward-run photos/ --crop 40,10,120,120 --baseline blur
      inward inspect inward-run photo.jpg --backward --layers conv1,conv5,conv9
      inward inspect my_model.keras photo.jpg --classes labels.txt --scale 255
      inward inspect package.module:build photo.jpg --weights w.safetensors --input-shape 224,224,3
    """
    from inward.data.images import read_images
    from inward.data.pictures import parse_crop
    from inward.report.folder import check_place

    check_place(out)
    opened = opening.open()
    shown = read_images(images, opened.layers[0].shape, data)
    boxes = [(index, parse_crop(text)) for index in range(len(shown.names)) for text in crop or []]
    report = inspected(
        opened,
        shown,
        {"command": command_line(), "model": opening.model, "images": shown.source},
        target=_class(target, opened.classes),
        versus=_class(versus, opened.classes),
        baseline=_baseline(baseline, opened.layers[0].shape),
        score=score,
        tolerance=tolerance,
        max_evaluations=max_evaluations,
        rule=rule,
        steps=steps,
        power=power,
        backward=backward,
        rules=rules,
        crops=crops(boxes, shown, opened.layers[0].shape),
        **({"alphas": numbers("--alphas", alphas)} if alphas is not None else {}),
        **({"layers": [name.strip() for name in layers.split(",")]} if layers is not None else {}),
    )
    write(report, out, single_file)
    suggest("inspect", *opening.words(images[0]), more=" --versus CLASS, or --crop L,T,W,H, to ask further")


def _baseline(text: str, shape: tuple[int, ...]) -> Any:
    from inward.data.pictures import blurred, fit, read_picture

    if text == "blur":
        return blurred
    try:
        return float(text)
    except ValueError:
        if not Path(text).exists():
            raise ArgumentError("--baseline", "a number, blur or an image file", repr(text), "0 is black") from None
        return fit(read_picture(Path(text)), shape)


def _class(text: str | None, classes: tuple[str, ...]) -> str | int | None:
    """A class's name or, where no class is called so, its number."""
    if text is None or text in classes or not re.fullmatch(r"-?\d{1,9}", text, re.ASCII):
        return text
    return int(text)
