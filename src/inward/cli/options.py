"""MODEL, and the options that say how it is opened, for every command that looks into one."""

import functools
import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from inward.errors import ArgumentError

if TYPE_CHECKING:
    from inward.batched import BatchedModel

_Result = TypeVar("_Result")
_MADE_IN_PASSING = ("model", "backend", "micro_batch")  # what a suggested command need not say again as an option


@dataclass(frozen=True)
class Opening:
    """How a model is opened: the parameters of a command that `opens_a_model`."""

    model: Annotated[
        str,
        typer.Argument(help="cifar10-allconv, a run folder, a .keras file or package.module:build.", metavar="MODEL"),
    ]
    weights: Annotated[
        Path | None, typer.Option(metavar="FILE", help="For a model that code builds: safetensors, npz, pt or pth.")
    ] = None
    classes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The classes' names: one a line, or JSON as ImageNet's.")
    ] = None
    input_shape: Annotated[
        str | None, typer.Option(metavar="H,W,C", help="Of one image; 224 is 224,224,3. Keras models know it.")
    ] = None
    scale: Annotated[
        float | None, typer.Option(metavar="S", help="The model takes (S * image - mean) / std; 255 for bytes.")
    ] = None
    mean: Annotated[str | None, typer.Option(metavar="R,G,B", help="See --scale; one number, or one a channel.")] = None
    std: Annotated[str | None, typer.Option(metavar="R,G,B", help="See --scale.")] = None
    order: Annotated[Literal["rgb", "bgr"] | None, typer.Option(help="Of the model's channels.")] = None
    output: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which output has the logits: a name or a position.")
    ] = None
    ends_in: Annotated[
        Literal["logits", "softmax", "sigmoid"] | None, typer.Option(help="What the model ends in, if not logits.")
    ] = None
    layout: Annotated[
        Literal["channels_first", "channels_last"] | None, typer.Option(help="Of the model's images, inside.")
    ] = None
    history: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A recording of its training: weights before, metrics, epochs.")
    ] = None
    micro_batch: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Inputs evaluated at a time, if not what fits memory.")
    ] = None
    backend: Annotated[
        Literal["tensorflow", "torch", "jax", "numpy"] | None,
        typer.Option(help="What computes a network of ours: tensorflow, unless said; numpy is slow."),
    ] = None

    def open(self) -> "BatchedModel":
        """The model; code that is named may lie in the current directory, as with `python -m`."""
        from inward.data.class_names import read_class_names
        from inward.opening import open_model
        from inward.recording.folder import open_recording

        if ":" in self.model and str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        return open_model(
            self.model,
            backend=self.backend,
            micro_batch=self.micro_batch,
            weights=self.weights,
            classes=read_class_names(self.classes) if self.classes else (),
            input_shape=_shape(self.input_shape),
            preprocess=self._preprocess(),
            output=int(self.output) if self.output and self.output.isdecimal() else self.output,
            ends_in=self.ends_in,
            layout=self.layout,
            history=open_recording(self.history) if self.history else None,
        )

    def words(self, *rest: str) -> list[str]:
        """MODEL, other arguments, and what else was said of it, as a command line has them."""
        said = [(f.name, getattr(self, f.name)) for f in fields(self) if f.name not in _MADE_IN_PASSING]
        options = [(f"--{name.replace('_', '-')}", str(value)) for name, value in said if value is not None]
        return [self.model, *rest, *(word for option in options for word in option)]

    def _preprocess(self) -> Any:
        from inward.adapters.preprocessing import Preprocessing

        said = {
            "scale": self.scale,
            "mean": None if self.mean is None else _channels("--mean", self.mean),
            "std": None if self.std is None else _channels("--std", self.std),
            "order": self.order,
        }
        given: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        return Preprocessing(**given) if given else None


def opens_a_model(command: Callable[..., _Result]) -> Callable[..., _Result]:
    """A command whose parameter `opening` is read from MODEL, first of its arguments, and the options of `Opening`."""

    @functools.wraps(command)
    def run(**given: Any) -> _Result:
        how = {field.name: given.pop(field.name) for field in fields(Opening)}
        return command(Opening(**how), **given)

    mine = inspect.signature(Opening).parameters
    own = [p for name, p in inspect.signature(command).parameters.items() if name != "opening"]
    arguments = [p for p in own if p.default is p.empty]
    parameters = [mine["model"], *arguments, *(p for p in own if p not in arguments)]
    parameters += [p for name, p in mine.items() if name != "model"]
    shown = [p.replace(kind=p.KEYWORD_ONLY) for p in parameters]
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in shown}
    return run


def numbers(name: str, text: str) -> list[float]:
    """Numbers with commas between.

    Raises:
        ArgumentError: for anything else.
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ArgumentError(name, "numbers with commas between", repr(text), f"for example {name} 0.1,0.5,1") from None


def _channels(name: str, text: str) -> float | tuple[float, ...]:
    found = numbers(name, text)
    return found[0] if len(found) == 1 else tuple(found)


def _shape(text: str | None) -> tuple[int, ...] | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9]\d{0,5}(,[1-9]\d{0,5})*", text, re.ASCII):
        raise ArgumentError(
            "--input-shape", "H,W,C in whole numbers", repr(text), "for example --input-shape 224,224,3"
        )
    sizes = tuple(int(part) for part in text.split(","))
    return (sizes[0], sizes[0], 3) if len(sizes) == 1 else sizes
