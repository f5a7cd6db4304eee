import math

import pytest

from inward.errors import TrainingError
from inward.network.health import Health

GOOD = {"conv1": (0.1, 2.0), "conv2": (0.2, 3.0)}
WHERE = "epoch 1, step 7"


def test_a_training_that_learns_is_left_alone() -> None:
    health = Health(10)
    for cost in (300.0, *[2.0] * 200):  # a dear beginning is no fault
        health.check(WHERE, cost, GOOD)


def test_a_dead_layer_is_named_with_the_step() -> None:
    health = Health(10)
    dead = GOOD | {"conv2": (1e-9, 3.0)}
    for _ in range(49):
        health.check(WHERE, 2.3, dead)
    with pytest.raises(TrainingError, match="epoch 1, step 7 must be layer conv2 to learn"):
        health.check(WHERE, 2.3, dead)


def test_of_dead_layers_the_one_nearest_the_output_is_named() -> None:
    health = Health(10)
    dead = dict.fromkeys(GOOD, (0.0, 1.0))
    for _ in range(49):
        health.check(WHERE, 2.3, dead)
    with pytest.raises(TrainingError, match="layer conv2"):
        health.check(WHERE, 2.3, dead)


def test_a_layer_that_wakes_is_not_dead() -> None:
    health = Health(10)
    for step in range(500):
        health.check(WHERE, 2.3, GOOD if step % 49 == 0 else GOOD | {"conv1": (0.0, 2.0)})


def test_an_exploding_layer_is_named() -> None:
    health = Health(10)
    health.check(WHERE, 2.3, GOOD)
    dear = 11 * math.log(10), GOOD | {"conv1": (1e3, 2.0)}
    for _ in range(49):
        health.check(WHERE, *dear)
    with pytest.raises(TrainingError, match="layer conv1 to learn, got an exploding gradient"):
        health.check(WHERE, *dear)
