"""The command: parses, calls, prints."""

import json
import re
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from inward import __version__
from inward.errors import ArgumentError, FileError, InwardError
from inward.progress import bytes_bar, share_bar, training_line

if TYPE_CHECKING:
    from inward.data.images import ImageSet
    from inward.network.examples import Examples
    from inward.network.train import Watch
    from inward.report.report import Report

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="See inside a neural network, and know how far to trust what you see.\n\nBegin with: inward demo",
)

_INTERRUPTED = 130

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Folder that holds CIFAR-10, or its parent.")]
Backend = Annotated[Literal["tensorflow", "numpy"], typer.Option(help="What computes; numpy is slow.")]


def main(arguments: list[str] | None = None) -> None:
    """Run the command; a user's mistake is one line and exit code 2."""
    try:
        code = app(arguments or sys.argv[1:] or ["--help"], standalone_mode=False)
    except InwardError as error:
        _fail(str(error), 2)
    except typer.TyperException as error:
        _fail(error.format_message(), 2)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except BrokenPipeError:
        sys.exit(1)
    except OSError as error:
        _fail(f"{error.filename or 'the system'}: {error.strerror or error}", 2)
    except MemoryError:
        _fail("out of memory; use fewer images or steps", 2)
    if code == _INTERRUPTED:  # Typer makes this of Ctrl-C
        _fail("interrupted; what was there before is as it was", _INTERRUPTED)
    sys.exit(code if isinstance(code, int) else 0)


def _fail(message: str, code: int) -> None:
    typer.echo(f"inward: {' '.join(message.split())}", err=True)
    sys.exit(code)


def _next(*arguments: str, more: str = "") -> None:
    """The next useful command, as a shell takes it."""
    typer.echo(f"next: {_shown('inward', *arguments)}{more}")


def _shown(*words: str) -> str:
    """Words as a shell takes them; bytes that are no text, as a file's name may have, become question marks."""
    return shlex.join(words).encode("utf-8", "replace").decode()


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


@app.command()
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
    report = _inspected(model, shown, settings, crops=_crops(boxes, shown, model.layers[0].shape))
    _write(report, out)
    _next("inspect", "cifar10-allconv", "YOUR-PHOTO.jpg")


@app.command()
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
    _next("train", *([] if data is None else ["--data", str(data)]))


@app.command()
def train(
    context: typer.Context,
    dataset: Annotated[Literal["cifar10", "digits"], typer.Option(help="digits is for a quick run.")] = "cifar10",
    data: Data = None,
    recipe: Annotated[
        Literal["fast", "best", "seed"], typer.Option(help="Accuracy per minute, accuracy, or the original.")
    ] = "fast",
    epochs: Annotated[int | None, typer.Option(min=1, help="Instead of the recipe's number.")] = None,
    precision: Annotated[Literal["float32", "bfloat16"], typer.Option(help="Of the convolutions.")] = "float32",
    seed: Annotated[int, typer.Option(min=0, help="Of initial weights, order and augmentation.")] = 0,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="The same weights bit for bit, on the same machine and versions.")
    ] = False,
    backend: Backend = "tensorflow",
    out: Annotated[Path, typer.Option(metavar="RUN", help="The run folder, which must be new.")] = Path("inward-run"),
    resume: Annotated[
        Path | None, typer.Option(metavar="RUN", help="Go on with this run; nothing else but --data is said again.")
    ] = None,
) -> None:
    """Train the all-convolutional network by hand-written backpropagation.

    Ctrl-C stops after the step under way; the run can be inspected, and resumed.

    \b
    Examples:
      inward train --dataset digits --out digits-run
      inward train --precision bfloat16 --out cifar10-run
      inward train --resume cifar10-run
    """
    from dataclasses import replace

    from inward import backends
    from inward.network.plan import Architecture, Plan
    from inward.network.recipes import RECIPES, WIDTHS
    from inward.network.train import train as begin

    if resume is not None:
        _check_alone(context)
        _go_on(resume, data)
        return
    chosen = RECIPES[dataset][recipe]
    chosen = replace(chosen, epochs=epochs) if epochs else chosen
    ops = backends.ops(backend, deterministic)
    examples, classes = _examples(dataset, data)
    h, w, c = examples.train_images.shape[1:]
    plan = Plan(Architecture((h, w, c), classes, WIDTHS[dataset]), chosen, seed, precision, deterministic)
    settings = {"dataset": dataset, "recipe_name": recipe, "command": _command(), "versions": _versions()}
    with _training(out) as watch:
        begin(examples, plan, ops, out, settings=settings, watch=watch)
    typer.echo(f"wrote {out}")
    _next("inspect", str(out), f"{dataset}:test:0-7")


def _go_on(out: Path, data: Path | None) -> None:
    from inward import backends
    from inward.network.run import read_config, read_plan
    from inward.network.train import resume

    config, plan = read_config(out), read_plan(out)
    if not {"dataset", "backend"} <= config.keys():
        raise FileError(str(out), "a run of `inward train`", "settings without dataset or backend", "train anew")
    dataset, ops = config["dataset"], backends.ops(config["backend"], plan.deterministic)
    examples, _ = _examples(dataset, data)
    if config.get("versions", _versions()) != _versions():
        was, now = json.dumps(config["versions"]), json.dumps(_versions())
        typer.echo(f"note: begun with {was}, goes on with {now}; the weights may differ in their last bits", err=True)
    with _training(out) as watch:
        resume(examples, ops, out, watch=watch)
    typer.echo(f"wrote {out}")
    _next("inspect", str(out), f"{dataset}:test:0-7")


def _check_alone(context: typer.Context) -> None:
    """With --resume, the run's own settings hold."""
    for name in context.params.keys() - {"resume", "data"}:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise ArgumentError(f"--{name}", "left out with --resume", "one", "the run's own settings hold")


def _examples(dataset: str, data: Path | None) -> tuple["Examples", tuple[str, ...]]:
    from inward.data.dataset import load_dataset
    from inward.network.examples import Examples

    found = load_dataset(dataset, data)
    return Examples(found.train_images, found.train_labels, found.test_images, found.test_labels), found.classes


@contextmanager
def _training(out: Path) -> Iterator["Watch"]:
    """A line of progress; and Ctrl-C, or a request to terminate, that stops after the step under way."""
    from inward.network.checkpoint import LATEST
    from inward.network.train import Stopped, Watch

    resuming = _shown("inward", "train", "--resume", str(out))
    asked: list[int] = []

    def refused(error: InwardError) -> None:
        typer.echo(f"note: {error}; the one before it is used", err=True)

    def ask(signum: int, _: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(signum)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with training_line() as (tell, finished):
            yield Watch(tell, finished, refused, lambda: bool(asked))
    except Stopped as place:
        _fail(f"stopped after {place}; go on with: {resuming}", _INTERRUPTED)
    except FileError as error:
        if not (out / LATEST).exists():
            raise
        _fail(f"{error}; then go on with: {resuming}", 2)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@app.command()
def inspect(
    model: Annotated[str, typer.Argument(help="cifar10-allconv, or a run folder.", metavar="MODEL")],
    images: Annotated[list[str], typer.Argument(help="Files, folders, or cifar10:test:0-49.", metavar="IMAGE…")],
    target: Annotated[str | None, typer.Option(metavar="CLASS", help="Class to explain, if not the predicted.")] = None,
    versus: Annotated[str | None, typer.Option(metavar="CLASS", help="Explain target rather than this class.")] = None,
    layers: Annotated[str | None, typer.Option(metavar="A,B", help="Whose activations to show.")] = None,
    backward: Annotated[bool, typer.Option("--backward", help="Show the gradient at every layer too.")] = False,
    alphas: Annotated[str | None, typer.Option(metavar="A,B", help="Where on the path to look, 0 to 1.")] = None,
    crop: Annotated[
        list[str] | None, typer.Option(metavar="L,T,W,H", help="A part to look at too; repeatable.")
    ] = None,
    baseline: Annotated[str, typer.Option(metavar="B", help="A number (0 is black), blur, or an image file.")] = "0",
    score: Annotated[
        Literal["logit", "probability", "log_probability", "sigmoid"],
        typer.Option(help="What of the class's output is explained."),
    ] = "logit",
    rule: Annotated[str | None, typer.Option(help="right-riemann, midpoint, trapezoid or gauss-legendre.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, max=10_000, help="Of the rule.")] = None,
    power: Annotated[float | None, typer.Option(help="p in alpha = t^p; 1 is the plain path.")] = None,
    data: Data = None,
    backend: Backend = "tensorflow",
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the report goes.")] = Path("inward-report"),
) -> None:
    """Look inside a network as it looks at images, and write a report.

    \b
    Examples:
      inward inspect cifar10-allconv photo.jpg --target dog --versus horse
      inward inspect cifar10-allconv cifar10:test:0-9 --rule right-riemann --steps 3000
      inward inspect inward-run photos/ --crop 40,10,120,120 --baseline blur
      inward inspect inward-run photo.jpg --backward --layers conv1,conv5,conv9
    """
    from inward.data.images import read_images
    from inward.data.pictures import parse_crop
    from inward.loading import load
    from inward.report.folder import check_place

    check_place(out)
    opened = load(model, backend)
    shown = read_images(images, opened.layers[0].shape, data)
    boxes = [(index, parse_crop(text)) for index in range(len(shown.names)) for text in crop or []]
    report = _inspected(
        opened,
        shown,
        {"command": _command(), "model": model, "images": shown.source},
        target=_class(target, opened.classes),
        versus=_class(versus, opened.classes),
        baseline=_baseline(baseline, opened.layers[0].shape),
        score=score,
        rule=rule,
        steps=steps,
        power=power,
        backward=backward,
        crops=_crops(boxes, shown, opened.layers[0].shape),
        **({"alphas": _numbers("--alphas", alphas)} if alphas is not None else {}),
        **({"layers": [name.strip() for name in layers.split(",")]} if layers is not None else {}),
    )
    _write(report, out)
    _next("inspect", model, images[0], more=" --versus CLASS, or --crop L,T,W,H, to ask further")


def _inspected(model: Any, shown: "ImageSet", settings: dict[str, Any], **options: Any) -> "Report":
    from inward.report.inspection import inspect as look_inside

    fitted = f"{sum(shown.fitted)} of {len(shown.fitted)} centre-cropped and resized to the network's input"
    labels = [_number_of(shown, int(label), model.classes) for label in shown.labels]
    with share_bar("looking inside") as tell:
        return look_inside(
            model,
            shown.images,
            labels,
            names=shown.names,
            settings=settings | {"fitting": fitted, "backend": model.backend, "versions": _versions()},
            progress=tell,
            **options,
        )


def _number_of(shown: "ImageSet", label: int, classes: tuple[str, ...]) -> int:
    """The label as a class of the model, by its name."""
    name = shown.label_names[label] if label >= 0 else ""
    return classes.index(name) if name in classes else -1


def _write(report: "Report", out: Path) -> None:
    with share_bar("drawing") as tell:
        page = report.save(out, tell)
    for line in report.summary():
        typer.echo(line)
    typer.echo(f"wrote {page}")


def _crops(boxes: list[tuple[int, Any]], shown: "ImageSet", shape: tuple[int, ...]) -> list[Any]:
    """Parts of pictures, each an image's index and a box, fitted to the network's input."""
    from inward.data.pictures import crop, fit
    from inward.report.inspection import CropOf

    def cut(index: int, box: Any) -> CropOf:
        picture, name = shown.pictures[index], f"--crop of {shown.names[index]}"
        return CropOf(index, box, (picture.shape[1], picture.shape[0]), fit(crop(picture, box, name), shape))

    return [cut(index, box) for index, box in boxes]


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


def _numbers(name: str, text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ArgumentError(name, "numbers with commas between", repr(text), f"for example {name} 0.1,0.5,1") from None


def _command() -> str:
    return _shown("inward", *sys.argv[1:])


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version
    from platform import python_version

    found = {"inward": __version__, "python": python_version()}
    for name in ("numpy", "tensorflow", "tensorflow-cpu"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
