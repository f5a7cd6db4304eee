import numpy as np
import pytest

from inward.errors import ArgumentError
from inward.methods.targets import objective_for, resolve_targets


def test_none_is_the_predicted_class(linear, inputs):
    x = inputs(linear)
    np.testing.assert_array_equal(resolve_targets(linear, x, None), linear.scores(x).argmax(1))


def test_known_logits_are_not_evaluated_again(linear, inputs):
    x = inputs(linear)
    logits = linear.scores(x)
    before = linear.calls["scores"]
    objective_for(linear, x, None, None, "logit", logits=logits)
    objective_for(linear, x, "dog", 2, "logit")
    assert linear.calls["scores"] == before


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (1, [1, 1, 1, 1]),
        (np.int64(2), [2, 2, 2, 2]),
        ("horse", [2, 2, 2, 2]),
        (["cat", 2, "dog", np.int32(0)], [0, 2, 1, 0]),
        (np.array([2, 1, 0, 1]), [2, 1, 0, 1]),
        (("dog",) * 4, [1, 1, 1, 1]),
    ],
)
def test_numbers_and_names(linear, inputs, target, expected):
    found = resolve_targets(linear, inputs(linear), target)
    assert found.dtype == np.int64
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (3, "0 to 2, got 3; choose from cat, dog, horse"),
        (-1, "0 to 2, got -1"),
        (1.5, "0 to 2, got 1.5"),
        (True, "0 to 2, got True"),
        ("hors", "got 'hors'; choose from cat, dog, horse"),
        ("Cat", "got 'Cat'"),
        (["cat", "dog"], "one class, or 4"),
        ([[1], [2, 3], 1, 1], "0 to 2, got"),
        ([None, 1, 1, 1], "0 to 2, got None"),
    ],
)
def test_bad_targets(linear, inputs, target, said):
    with pytest.raises(ArgumentError, match=f"^target must be .*{said[:4]}") as caught:
        resolve_targets(linear, inputs(linear), target)
    assert said in str(caught.value)


def test_without_names_only_numbers_do(linear, inputs):
    linear.classes = ()
    assert resolve_targets(linear, inputs(linear), 2).tolist() == [2] * 4
    with pytest.raises(ArgumentError, match="names no classes: pass a number, 0 to 2"):
        resolve_targets(linear, inputs(linear), "cat")


def test_among_many_names_the_close_ones_are_offered(linear, inputs):
    linear.classes = (*(f"class number {i}" for i in range(50)), "zebra")
    with pytest.raises(ArgumentError, match=r"did you mean zebra\?"):
        resolve_targets(linear, inputs(linear), "zebre")
    with pytest.raises(ArgumentError, match="the 51 names"):
        resolve_targets(linear, inputs(linear), "qqq")


def test_versus_is_a_difference_of_one_hots(linear, inputs):
    x = inputs(linear)
    objective, target, versus = objective_for(linear, x, "horse", "cat", "probability")
    np.testing.assert_array_equal(objective.weights, [[-1, 0, 1]] * 4)
    assert (objective.score, target.tolist(), versus.tolist()) == ("probability", [2] * 4, [0] * 4)
    alone = objective_for(linear, x, "horse", None, "logit")
    np.testing.assert_array_equal(alone.objective.weights, [[0, 0, 1]] * 4)
    assert alone.versus is None


def test_a_class_is_not_compared_with_itself(linear, inputs):
    with pytest.raises(ArgumentError, match=r"versus must be another class than the target, got class 'dog' twice"):
        objective_for(linear, inputs(linear), [0, 1, 2, 0], "dog", "logit")
    with pytest.raises(ArgumentError, match="versus"):
        objective_for(linear, inputs(linear), 0, "wolf", "logit")
    with pytest.raises(ArgumentError, match="score must be one of"):
        objective_for(linear, inputs(linear), 0, None, "loss")
