import numpy as np
import pytest

from inward.errors import ArgumentError, ShapeError
from inward.model import Objective, Rows, micro_batches, probabilities

LOGITS = np.array([[1.0, 2.0, 4.0], [0.0, 0.0, 0.0]])


def test_objectives_at_known_values() -> None:
    one_hot = Objective.of_classes([2, 0], 3)
    np.testing.assert_allclose(one_hot.of(LOGITS), [4, 0])
    np.testing.assert_allclose(
        Objective(one_hot.weights, "probability").of(LOGITS), probabilities(LOGITS)[[0, 1], [2, 0]]
    )
    np.testing.assert_allclose(Objective(one_hot.weights, "log_probability").of(LOGITS)[1], -np.log(3))
    np.testing.assert_allclose(Objective(one_hot.weights, "sigmoid").of(LOGITS), 1 / (1 + np.exp([-4.0, 0.0])))


def test_a_contrast_is_a_difference() -> None:
    weights = np.eye(3)[[2, 2]] - np.eye(3)[[0, 0]]
    np.testing.assert_allclose(Objective(weights).of(LOGITS), [3, 0])


def test_scores_keep_the_logits_dtype() -> None:
    assert Objective.of_classes([2, 0], 3).of(LOGITS.astype(np.float32)).dtype == np.float32


def test_bad_objectives_are_refused() -> None:
    with pytest.raises(ArgumentError, match="logit, probability"):
        Objective(np.eye(3), "softmax")  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="classes"):
        Objective(np.ones(3))


def test_rows_repeat_the_objectives_of_their_images() -> None:
    objective = Objective.of_classes([2, 0], 3).rows(np.array([1, 0, 1]))
    np.testing.assert_array_equal(objective.weights.argmax(1), [0, 2, 0])


def test_micro_batches_keep_every_row_in_order() -> None:
    rows = Rows(np.arange(7), np.linspace(0, 1, 7), np.ones((7, 2)))
    parts = list(micro_batches(rows, 3))
    assert [len(part.alphas) for part in parts] == [3, 3, 1]
    np.testing.assert_array_equal(np.concatenate([part.image_index for part in parts]), rows.image_index)
