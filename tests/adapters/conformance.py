"""The shipped network, rebuilt in other people's frameworks, must answer as the hand-written one does.

A twin is a file in twins/: `build()` gives the wrapped model, and `PLACES` says what it calls the hand-written
network's layers. Each runs in a process of its own: `python -m tests.adapters.conformance <twin> <reference.npz>`.
"""

import json
import sys
from importlib import import_module
from typing import NamedTuple

import numpy as np

import inward
from inward.model import Model, Objective

IMAGES = np.random.default_rng(0).uniform(size=(2, 32, 32, 3)).astype(np.float32)
TARGETS = (3, 8)


class Twin(NamedTuple):
    """A file in twins/, the packages that it needs, and the environment that it is to run in."""

    file: str
    needs: tuple[str, ...]
    environment: dict[str, str] = {}  # noqa: RUF012


TWINS = {
    "keras-tensorflow": Twin("keras_twin", ("keras", "tensorflow"), {"KERAS_BACKEND": "tensorflow"}),
    "keras-jax": Twin("keras_twin", ("keras", "jax"), {"KERAS_BACKEND": "jax"}),
    "keras-torch": Twin("keras_twin", ("keras", "torch"), {"KERAS_BACKEND": "torch"}),
    "tensorflow": Twin("tensorflow_twin", ("tensorflow",)),
    "torch": Twin("torch_twin", ("torch",)),
    "jax": Twin("jax_twin", ("jax",)),
}


def reference() -> dict[str, np.ndarray]:
    """What the hand-written network answers, in float64."""
    network = inward.load("cifar10-allconv", backend="numpy")
    return answers(network, {layer.name: layer.name for layer in network.layers})


def answers(model: Model, places: dict[str, str]) -> dict[str, np.ndarray]:
    """Every question of the port, by the hand-written network's names for the places."""
    found = {"scores": model.scores(IMAGES)}
    kept = model.activations(IMAGES, list(places.values()))
    found |= {f"activation of {place}": kept[own] for place, own in places.items()}
    for score in ("logit", "log_probability"):
        gradients = model.gradient(IMAGES, Objective.of_classes(TARGETS, 10, score), list(places.values()))
        found[f"{score}"] = gradients.scores
        found |= {f"gradient of {score} at {place}": gradients.at[own] for place, own in places.items()}
    maps = inward.integrated_gradients(model, IMAGES, TARGETS, rule="gauss-legendre", steps=4)
    return found | {"integrated gradients": maps.values}


def differences(twin: str, file: str) -> dict[str, float]:
    """Each answer's distance from the reference in `file`, in relative L2."""
    module = import_module(f"tests.adapters.twins.{TWINS[twin].file}")
    found = answers(module.build(), {"input": "input"} | module.PLACES)
    with np.load(file) as expected:
        return {
            name: float(np.linalg.norm(x - expected[name]) / np.linalg.norm(expected[name]))
            for name, x in found.items()
        }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(differences(*sys.argv[1:])))
