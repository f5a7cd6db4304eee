import numpy as np
import pytest

from inward.errors import ArgumentError, ShapeError
from inward.methods.gradients import DEFAULT_ALPHAS, interior_gradients


def test_gradients_and_logits_at_each_alpha(polynomial, inputs):
    x = inputs(polynomial)
    start = x[::-1] / 2
    found = interior_gradients(polynomial, x, "dog", baseline=start)
    assert found.gradients.shape == (10, 4, 5)
    assert tuple(found.alphas) == DEFAULT_ALPHAS
    for alpha, gradient, scores in zip(DEFAULT_ALPHAS, found.gradients, found.scores, strict=True):
        at = start + alpha * (x - start)
        np.testing.assert_allclose(gradient, polynomial.jacobian(at)[:, 1], rtol=1e-12)
        np.testing.assert_allclose(scores, polynomial.scores(at), rtol=1e-12)


@pytest.mark.parametrize("score", ["probability", "log_probability", "sigmoid"])
def test_gradients_of_other_scores_by_central_differences(tanh_net, inputs, one_hot, score):
    x, h = inputs(tanh_net), 1e-6
    found = interior_gradients(tanh_net, x, 2, alphas=[0.5], score=score)
    steps = h * np.eye(4)
    s = one_hot([2] * 4, score)
    numeric = [(s.of(tanh_net.scores(x / 2 + d)) - s.of(tanh_net.scores(x / 2 - d))) / (2 * h) for d in steps]
    np.testing.assert_allclose(found.gradients[0], np.transpose(numeric), atol=1e-8)
    assert found.score == score


def test_the_target_is_that_of_the_undimmed_input(tanh_net, inputs):
    x = inputs(tanh_net)
    found = interior_gradients(tanh_net, x, versus=None)
    np.testing.assert_array_equal(found.target, tanh_net.scores(x).argmax(1))
    assert found.versus is None


def test_a_contrast_is_the_difference_of_two(tanh_net, inputs):
    x = inputs(tanh_net)
    cat, dog, both = (interior_gradients(tanh_net, x, c, versus=v).gradients for c, v in [(0, None), (1, None), (0, 1)])
    np.testing.assert_allclose(both, cat - dog, atol=1e-12)


def test_predictions_counts_and_accuracy(tanh_net, inputs):
    x = inputs(tanh_net)
    found = interior_gradients(tanh_net, x, 0, alphas=[0, 0.01, 1])
    np.testing.assert_allclose(found.probabilities.sum(-1), 1)
    np.testing.assert_array_equal(found.probabilities.argmax(-1), found.predictions)
    for counts, predicted in zip(found.class_counts, found.predictions, strict=True):
        np.testing.assert_array_equal(counts, np.bincount(predicted, minlength=3))
    labels = found.predictions[-1]
    accuracy = found.accuracy(labels)
    assert accuracy[-1] == 1
    np.testing.assert_allclose(accuracy, [np.mean(p == labels) for p in found.predictions])
    with pytest.raises(ShapeError, match="labels must be"):
        found.accuracy(labels[:2])


def test_float32_stays_float32_and_any_shape_will_do(linear, inputs):
    found = interior_gradients(linear, inputs(linear).astype(np.float32), alphas=[1.0])
    assert found.gradients.dtype == found.scores.dtype == np.float32
    assert found.gradients.shape == (1, 4, 2, 3, 1)


@pytest.mark.parametrize(
    ("setting", "error"),
    [({"alphas": [1.5]}, ArgumentError), ({"target": "wolf"}, ArgumentError), ({"baseline": np.nan}, ShapeError)],
)
def test_bad_input(tanh_net, inputs, setting, error):
    with pytest.raises(error):
        interior_gradients(tanh_net, inputs(tanh_net), **setting)
    with pytest.raises(ShapeError, match="images must be"):
        interior_gradients(tanh_net, np.zeros((2, 3)))
