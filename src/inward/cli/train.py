"""`inward train`: begin a training, or go on with one."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from inward.cli.app import INTERRUPTED, Backend, Data, command_line, fail, shown, suggest, versions
from inward.errors import ArgumentError, FileError, InwardError
from inward.progress import training_line

if TYPE_CHECKING:
    from inward.network.examples import Examples
    from inward.network.train import Watch


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
    tensorboard: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Event files for TensorBoard; --resume goes on with them.")
    ] = None,
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
      inward train --tensorboard logs
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
    settings = {"dataset": dataset, "recipe_name": recipe, "command": command_line(), "versions": versions()}
    settings |= {"tensorboard": str(tensorboard.resolve())} if tensorboard else {}
    with _training(out, tensorboard) as watch:
        begin(examples, plan, ops, out, settings=settings, watch=watch)
    typer.echo(f"wrote {out}")
    suggest("inspect", str(out), f"{dataset}:test:0-7")


def _go_on(out: Path, data: Path | None) -> None:
    from inward import backends
    from inward.network.run import read_config, read_plan
    from inward.network.train import resume

    config, plan = read_config(out), read_plan(out)
    if not {"dataset", "backend"} <= config.keys():
        raise FileError(str(out), "a run of `inward train`", "settings without dataset or backend", "train anew")
    dataset, ops = config["dataset"], backends.ops(config["backend"], plan.deterministic)
    examples, _ = _examples(dataset, data)
    if config.get("versions", versions()) != versions():
        was, now = json.dumps(config["versions"]), json.dumps(versions())
        typer.echo(f"note: begun with {was}, goes on with {now}; the weights may differ in their last bits", err=True)
    with _training(out, Path(config["tensorboard"]) if "tensorboard" in config else None) as watch:
        resume(examples, ops, out, watch=watch)
    typer.echo(f"wrote {out}")
    suggest("inspect", str(out), f"{dataset}:test:0-7")


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
def _training(out: Path, events: Path | None) -> Iterator["Watch"]:
    """A line of progress, and TensorBoard's log; and Ctrl-C, or a request to terminate, that stops after the step."""
    from inward.network.checkpoint import LATEST
    from inward.network.train import Stopped, Watch
    from inward.recording.events import EventLog

    told = {"recorded": EventLog(events).write} if events else {}
    resuming = shown("inward", "train", "--resume", str(out))
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
            yield Watch(tell, finished, refused=refused, stop=lambda: bool(asked), **told)
    except Stopped as place:
        fail(f"stopped after {place}; go on with: {resuming}", INTERRUPTED)
    except FileError as error:
        if not (out / LATEST).exists():
            raise
        fail(f"{error}; then go on with: {resuming}", 2)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
