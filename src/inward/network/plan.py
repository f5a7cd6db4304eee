"""The plan of a training: everything that decides its outcome but the data."""

from dataclasses import asdict, dataclass, fields
from typing import Any, get_args

from inward.network.allconv import allconv
from inward.network.amsgrad import AmsGrad
from inward.network.layers import Layer
from inward.network.muon import Muon
from inward.network.ops import Precision
from inward.network.recipes import Augmentation, Recipe

_OPTIMIZERS = {"amsgrad": AmsGrad, "muon": Muon}


@dataclass(frozen=True)
class Architecture:
    """The numbers that `allconv` is built from, and the names of its classes."""

    input_shape: tuple[int, int, int]
    classes: tuple[str, ...]
    width: int = 128
    depth: int = 3

    def layers(self) -> tuple[Layer, ...]:
        """The hand-written layers."""
        return allconv(self.input_shape[2], len(self.classes), self.width, self.depth)


@dataclass(frozen=True)
class Plan:
    """What is trained, and how.

    Args:
        architecture: what is trained.
        recipe: how.
        seed: of the initial weights, and of the order and augmentation of every step.
        precision: of the convolutions; weights and moments stay in the backend's own.
        deterministic: the same weights bit for bit, on the same machine and versions.
    """

    architecture: Architecture
    recipe: Recipe
    seed: int = 0
    precision: Precision = "float32"
    deterministic: bool = False


def plan_to_plain(plan: Plan) -> dict[str, Any]:
    """The plan as JSON takes it."""
    return asdict(plan)


def plan_from_plain(plain: dict[str, Any]) -> Plan:
    """The plan that `plan_to_plain` took apart.

    Raises:
        KeyError, TypeError, ValueError: where it is something else.
    """
    precision = plain["precision"]
    if precision not in get_args(Precision):
        raise ValueError(f"precision {precision!r}")
    return Plan(
        architecture_from_plain(plain["architecture"]),
        _recipe(plain["recipe"]),
        int(plain["seed"]),
        precision,
        bool(plain["deterministic"]),
    )


def architecture_from_plain(plain: dict[str, Any]) -> Architecture:
    """The architecture of `plan_to_plain`.

    Raises:
        KeyError, TypeError, ValueError: where it is something else.
    """
    h, w, c = plain["input_shape"]
    classes = tuple(map(str, plain["classes"]))
    return Architecture((int(h), int(w), int(c)), classes, int(plain["width"]), int(plain["depth"]))


def _recipe(plain: dict[str, Any]) -> Recipe:
    numbers = {f.name: plain[f.name] for f in fields(Recipe) if f.name not in ("sizes", "optimizer", "augmentation")}
    optimizer = _OPTIMIZERS[plain["optimizer"]["name"]]
    return Recipe(
        **numbers,
        sizes=tuple((float(until), float(share)) for until, share in plain["sizes"]),
        optimizer=optimizer(**plain["optimizer"]),
        augmentation=Augmentation(**plain["augmentation"]),
    )
