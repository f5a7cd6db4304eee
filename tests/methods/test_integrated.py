import numpy as np
import pytest

from inward.errors import ArgumentError, ShapeError
from inward.methods.attribution import REFINED
from inward.methods.integrated import integrated_gradients
from inward.methods.quadrature import RULES
from inward.model import SCORES


@pytest.mark.parametrize("steps", [1, 2, 7])
@pytest.mark.parametrize("power", [1, 3])
@pytest.mark.parametrize("rule", RULES)
def test_a_linear_model_is_exact_with_any_rule_and_any_steps(linear, inputs, rule, power, steps):
    x = inputs(linear)
    found = integrated_gradients(linear, x, 1, baseline=0.25, rule=rule, steps=steps, power=power)
    np.testing.assert_allclose(found.values, linear.jacobian(x[:1])[0, 1].reshape(2, 3, 1) * (x - 0.25), rtol=1e-12)
    np.testing.assert_allclose(found.gap, 0, atol=1e-12)
    assert found.values.dtype == np.float64


@pytest.mark.parametrize(
    "setting", [{"tolerance": 1e-3}, {"rule": "gauss-legendre", "steps": 3}, {"rule": "midpoint", "steps": 400}]
)
def test_a_polynomial_has_its_closed_form(polynomial, inputs, setting):
    x = inputs(polynomial)
    baseline = x[::-1] / 2
    found = integrated_gradients(polynomial, x, "dog", baseline=baseline, **setting)
    np.testing.assert_allclose(found.values, polynomial.share(x, baseline, 1), atol=2e-3)
    if setting.get("rule") == "gauss-legendre":  # exact to degree 5, and the gradient has degree 4
        np.testing.assert_allclose(found.values, polynomial.share(x, baseline, 1), rtol=1e-12)


def test_a_product_is_shared_equally(square):
    found = integrated_gradients(square, np.array([[2.0, 5.0]]), 0, rule="midpoint", steps=1)
    np.testing.assert_allclose(found.values, [[5, 5]])


@pytest.mark.parametrize("score", SCORES)
def test_completeness_for_every_score(tanh_net, inputs, score):
    x = inputs(tanh_net)
    found = integrated_gradients(tanh_net, x, baseline=0.1, score=score, rule="gauss-legendre", steps=60)
    assert np.abs(found.gap).max() < 1e-8
    assert found.relative_gap.max() < 1e-6
    assert found.score == score


def test_the_gap_is_of_the_raw_sum(tanh_net, inputs):
    x = inputs(tanh_net)
    found = integrated_gradients(tanh_net, x, 2, rule="right-riemann", steps=3)
    z = tanh_net.scores(x)[:, 2] - tanh_net.scores(0 * x)[:, 2]
    np.testing.assert_allclose(found.gap, found.values.sum(1) - z, atol=1e-12)
    assert np.abs(found.gap).min() > 1e-3


@pytest.mark.parametrize(("rule", "order"), [("right-riemann", 1), ("trapezoid", 2), ("midpoint", 2)])
def test_the_map_converges_at_the_order_of_the_rule(tanh_net, inputs, rule, order):
    x = inputs(tanh_net)
    exact = integrated_gradients(tanh_net, x, 0, rule="gauss-legendre", steps=100).values
    steps = [64, 128, 256]
    errors = [np.linalg.norm(integrated_gradients(tanh_net, x, 0, rule=rule, steps=n).values - exact) for n in steps]
    assert -np.polyfit(np.log(steps), np.log(errors), 1)[0] == pytest.approx(order, abs=0.15)


@pytest.mark.parametrize(
    "setting", [{"rule": "trapezoid", "power": 3}, {"rule": "trapezoid"}, {"rule": "right-riemann", "steps": 200}]
)
def test_the_error_is_estimated_without_one_more_evaluation(tanh_net, inputs, setting):
    x = inputs(tanh_net)
    exact = integrated_gradients(tanh_net, x, 0, rule="gauss-legendre", steps=100).values
    tanh_net.calls["gradient"] = 0
    found = integrated_gradients(tanh_net, x, 0, **setting)
    assert tanh_net.calls["gradient"] == found.evaluations.sum()
    true = np.linalg.norm(found.values - exact, axis=1) / np.linalg.norm(exact, axis=1)
    assert (found.error > 0.8 * true).all()
    assert (found.error < 3 * true).all()


def test_no_estimate_is_nan(tanh_net, inputs):
    for setting in ({"rule": "midpoint"}, {"rule": "gauss-legendre"}, {"rule": "trapezoid", "steps": 47}):
        assert np.isnan(integrated_gradients(tanh_net, inputs(tanh_net), **setting).error).all()


def test_nothing_to_share_is_zero_with_no_gap_and_no_error(tanh_net, inputs):
    x = inputs(tanh_net)
    found = integrated_gradients(tanh_net, x, baseline=x)
    for zero in (found.values, found.gap, found.relative_gap, found.error):
        assert not zero.any()


def test_the_settings_are_recorded(linear, inputs):
    x = inputs(linear).astype(np.float32)
    default = integrated_gradients(linear, x)
    assert (default.rule, default.tolerance) == (REFINED, 0.01)
    assert default.values.dtype == np.float32
    np.testing.assert_array_equal(default.target, linear.scores(x).argmax(1))
    plain = integrated_gradients(linear, x, rule="trapezoid", baseline=x[0])
    assert (plain.rule, plain.steps.tolist(), plain.power.tolist()) == ("trapezoid", [[50]] * 4, [[1.0]] * 4)
    assert plain.evaluations.tolist() == [51] * 4
    np.testing.assert_array_equal(plain.baseline, np.stack([x[0]] * 4))
    assert plain.micro_batch == 64
    assert plain.versus is None


def test_forward_passes_are_counted(linear, inputs):
    for target in (None, 1):
        linear.calls["scores"] = 0
        found = integrated_gradients(linear, inputs(linear), target)
        assert found.forward_evaluations.sum() == linear.calls["scores"]


def test_a_contrast_is_the_difference_of_two_maps(tanh_net, inputs):
    x = inputs(tanh_net)
    both = integrated_gradients(tanh_net, x, "horse", versus="dog")
    apart = integrated_gradients(tanh_net, x, "horse").values - integrated_gradients(tanh_net, x, "dog").values
    assert np.linalg.norm(both.values - apart) < 0.03 * np.linalg.norm(apart)
    assert both.versus.tolist() == [1] * 4


def test_an_input_that_does_not_matter_gets_nothing(square):
    found = integrated_gradients(square, np.array([[2.0, 0.0], [1.0, 1.0]]), [0, 1])
    np.testing.assert_allclose(found.values, 0, atol=1e-12)


@pytest.mark.parametrize("size", [1, 7, 48, 97])
def test_an_image_does_not_depend_on_its_companions(tanh_net, inputs, size):
    x = inputs(tanh_net)
    alone = [integrated_gradients(tanh_net, x[i : i + 1], i % 3) for i in range(4)]
    tanh_net.micro_batch = size
    together = integrated_gradients(tanh_net, x, [0, 1, 2, 0])
    np.testing.assert_allclose(together.values, [a.values[0] for a in alone], atol=1e-12)
    np.testing.assert_allclose(together.gap, [a.gap[0] for a in alone], atol=1e-12)
    assert together.micro_batch == size


@pytest.mark.parametrize(
    ("x", "setting", "error", "said"),
    [
        (np.zeros(4), {}, ShapeError, "add a batch axis"),
        (np.zeros((2, 5)), {}, ShapeError, "images must be"),
        (np.zeros((0, 4)), {}, ShapeError, "n ≥ 1"),
        (np.zeros((1, 4), int), {}, ShapeError, "floats"),
        (np.full((1, 4), np.nan), {}, ShapeError, "finite"),
        (np.zeros((1, 4)), {"baseline": np.zeros(3)}, ShapeError, "baseline"),
        (np.zeros((1, 4)), {"target": "wolf"}, ArgumentError, "target"),
        (np.zeros((1, 4)), {"rule": "simpson"}, ArgumentError, "rule"),
        (np.zeros((1, 4)), {"rule": "midpoint", "steps": 0}, ArgumentError, "steps"),
        (np.zeros((1, 4)), {"rule": "midpoint", "power": -1}, ArgumentError, "power"),
        (np.zeros((1, 4)), {"steps": 5}, ArgumentError, "rule must be named"),
        (np.zeros((1, 4)), {"tolerance": 0}, ArgumentError, "tolerance must be above 0"),
        (np.zeros((1, 4)), {"tolerance": -1}, ArgumentError, "tolerance"),
        (np.zeros((1, 4)), {"tolerance": np.nan}, ArgumentError, "tolerance"),
        (np.zeros((1, 4)), {"tolerance": "fine"}, ArgumentError, "tolerance"),
        (np.zeros((1, 4)), {"max_evaluations": 0}, ArgumentError, "max_evaluations"),
        (np.zeros((1, 4)), {"max_evaluations": 2.5}, ArgumentError, "max_evaluations"),
        (np.zeros((1, 4)), {"score": "loss"}, ArgumentError, "score"),
    ],
)
def test_bad_input(tanh_net, x, setting, error, said):
    with pytest.raises(error, match=said):
        integrated_gradients(tanh_net, x, **setting)
    assert tanh_net.calls["gradient"] == 0
