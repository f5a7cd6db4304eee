"""Maps to a tolerance: honest, frugal, and clear where they cannot be had."""

import warnings

import numpy as np
import pytest

from inward.errors import ArgumentError, ScoreError, ShapeError
from inward.methods.integrated import NotConvergedWarning, integrated_gradients
from inward.methods.refinement import PROBES, path_nodes
from inward.model import Gradients, path_gradient_by_gradient


def relative(found, exact):
    flat = [x.reshape(len(x), -1) for x in (found - exact, exact)]
    return np.linalg.norm(flat[0], axis=1) / np.linalg.norm(flat[1], axis=1)


def exact(model, x, target=None, **how):
    return integrated_gradients(model, x, target, rule="gauss-legendre", steps=200, **how).values


@pytest.fixture
def many(tanh_net):
    """40 random inputs of the saturating network, stretched so that the gradient changes at very different places."""
    rng = np.random.default_rng(7)
    return rng.uniform(size=(40, 4)) * rng.uniform(0.1, 3, (40, 1))


@pytest.mark.parametrize("tolerance", [3e-2, 1e-2, 1e-3, 1e-4])
@pytest.mark.parametrize("baseline", [0.0, 0.4])
def test_the_stated_error_is_honest_and_not_hidden_behind_pessimism(tanh_net, many, tolerance, baseline):
    found = integrated_gradients(tanh_net, many, baseline=baseline, tolerance=tolerance, max_evaluations=5000)
    true = relative(found.values, exact(tanh_net, many, baseline=baseline))
    assert found.converged.all()
    assert (found.error <= tolerance).all()
    assert (found.relative_gap <= tolerance).all()
    assert (true <= found.error).mean() >= 0.95
    assert np.median(found.error / true) < 10  # of a smooth path, whose order is higher than is assumed


def test_images_that_are_done_leave(tanh_net, many):
    tanh_net.calls["gradient"] = 0
    found = integrated_gradients(tanh_net, many, tolerance=1e-3)
    assert tanh_net.calls["gradient"] == found.evaluations.sum() + 3 * len(PROBES)  # which measure the rounding
    assert len(set(found.evaluations)) > 1


def test_every_node_is_one_evaluation_and_none_is_taken_twice(tanh_net, many):
    found = integrated_gradients(tanh_net, many, tolerance=1e-3)
    for i in range(len(many)):
        nodes = found.alphas(i)
        assert len(nodes) == found.evaluations[i]
        assert (np.diff(nodes) > 0).all()
        assert set(PROBES) <= set(nodes)
    assert path_nodes(0, 1.0).tolist() == list(PROBES)


def test_a_linear_path_needs_three(linear, inputs):
    found = integrated_gradients(linear, inputs(linear), tolerance=1e-9)
    assert found.evaluations.tolist() == [3] * 4
    assert found.converged.all()
    np.testing.assert_allclose(found.gap, 0, atol=1e-12)


def test_probes_that_agree_by_chance_are_not_believed(bump):
    """The three probes see a constant gradient; the score does not change as they say."""
    found = integrated_gradients(bump, np.ones((1, 2)), 0)
    assert found.converged.all()
    assert found.evaluations[0] > 3
    assert relative(found.values, bump.share)[0] < 0.02


def test_what_cannot_be_had_is_said(tanh_net, many):
    with pytest.warns(NotConvergedWarning, match=r"not known to 1e-06: images 0 \(error .*raise max_evaluations"):
        found = integrated_gradients(tanh_net, many, tolerance=1e-6, max_evaluations=30)
    assert not found.converged.all()
    assert (found.evaluations <= 30).all()
    assert (relative(found.values, exact(tanh_net, many)) <= found.error).mean() >= 0.9
    with pytest.warns(NotConvergedWarning, match="no map"):
        none = integrated_gradients(tanh_net, many, max_evaluations=10)
    assert np.isinf(none.error).all()


def test_a_gradient_that_is_not_the_scores_is_found_before_the_evaluations_are_spent(tanh_net, many):
    """As with rounding, or a part without a gradient: the maps converge, but not to the score's change."""
    true = tanh_net.gradient

    def wrong(*arguments):
        found = true(*arguments)
        return Gradients(found.scores, {"input": 0.9 * found.at["input"]})

    tanh_net.gradient = wrong
    with pytest.warns(NotConvergedWarning, match="the gradient is not the score's"):
        found = integrated_gradients(tanh_net, many)
    assert not found.converged.any()
    assert found.evaluations.max() < 200


def test_several_baselines_are_averaged(tanh_net, many):
    x = many[:5]
    starts = np.random.default_rng(1).uniform(size=(6, 1, 4))
    found = integrated_gradients(tanh_net, x, 0, baseline=starts)
    each = np.array([exact(tanh_net, x, 0, baseline=start[0]) for start in starts])
    true = relative(found.values, each.mean(0))
    assert found.converged.all()
    assert (true <= found.error).all()
    np.testing.assert_allclose(found.standard_error, each.std(0, ddof=1) / 6**0.5, rtol=0.05, atol=1e-3)
    assert found.baseline.shape == (6, 5, 4)
    assert found.steps.shape == found.power.shape == (5, 6)
    assert (found.evaluations >= 6 * 3).all()
    np.testing.assert_array_equal(found.forward_evaluations, 7)
    one = integrated_gradients(tanh_net, x, 0, baseline=starts[:1])
    np.testing.assert_array_equal(one.values, integrated_gradients(tanh_net, x, 0, baseline=starts[0, 0]).values)
    assert one.standard_error is None


def test_baselines_that_cancel_are_refined_until_their_mean_is_known(tanh_net):
    x = np.array([[0.3, 0.2, 0.1, 0.4]])
    starts = np.stack([x + 0.3, x - 0.3 + 1e-3])
    found = integrated_gradients(tanh_net, x, 0, baseline=starts)
    mean = np.mean([exact(tanh_net, x, 0, baseline=start) for start in starts], axis=0)
    assert found.converged.all()
    assert relative(found.values, mean)[0] <= found.error[0]


def test_a_contrast_whose_scores_are_equal_at_both_ends(square):
    """s = x0 · x1 from (1, 1) to (-1, -1): the score comes back, the map is not zero."""
    x, start = np.array([[-1.0, 2.0]]), np.array([[2.0, -1.0]])
    found = integrated_gradients(square, x, 0, versus=1, baseline=start)
    np.testing.assert_allclose(found.values, [[-1.5, 1.5]], atol=0.03)
    assert found.converged.all()


def test_nothing_on_the_path(tanh_net, linear, many):
    same = integrated_gradients(tanh_net, many, baseline=many)
    assert not same.values.any()
    assert same.converged.all()
    assert not same.error.any()
    black = integrated_gradients(linear, np.zeros((2, 2, 3, 1)))
    assert not black.values.any()
    assert black.converged.all()


def test_one_pixel(constant):
    found = integrated_gradients(constant, np.ones((2, 1, 1, 1)), 0)
    assert not found.values.any()
    assert found.converged.all()


@pytest.mark.parametrize(
    ("where", "said"), [((0.3, 0.4), "alpha 0.3"), ((0.9, 1.1), "alpha 1;"), ((-1, 0.01), "alpha 0;")]
)
def test_a_score_that_is_not_a_number_is_named_with_its_place(tanh_net, many, where, said):
    low, high = where
    logits = tanh_net.logits

    def broken(x):
        z = logits(x)
        inside = (np.isclose(x[:, 1] / x[:, 0], many[33, 1] / many[33, 0])) if x[:, 0].all() else x[:, 0] == 0
        share = x[:, 0] / many[33, 0]
        z[inside & (share > low) & (share < high)] = np.nan
        return z

    tanh_net.logits = broken
    with pytest.raises(ScoreError, match=said) as caught:
        integrated_gradients(tanh_net, many, 0)
    assert ("image 33" if low > 0 else "image 0") in str(caught.value)


def test_a_gradient_that_is_not_a_number_is_named_with_its_place(tanh_net, many):
    true = tanh_net.gradient

    def broken(x, *rest):
        found = true(x, *rest)
        found.at["input"][np.isclose(x, many[33] / 64).all(axis=1)] = np.inf
        return found

    tanh_net.gradient = broken
    with pytest.raises(ScoreError, match=r"image 33 .* alpha 0.01562"):
        integrated_gradients(tanh_net, many, 0)


def test_an_interruption_keeps_what_is_finished(tanh_net):
    x = np.random.default_rng(0).uniform(size=(200, 4))
    done = []

    def stop(finished, images):
        done.append((finished, images))
        if finished >= 100:
            raise KeyboardInterrupt

    with pytest.warns(NotConvergedWarning, match="no map"):
        found = integrated_gradients(tanh_net, x, progress=stop)
    assert found.converged[:64].all()
    assert not found.converged[-1]
    assert np.isnan(found.values[-1]).all()
    np.testing.assert_array_equal(found.values[:64], integrated_gradients(tanh_net, x[:64]).values)
    assert done[-1][1] == 200


def test_progress_counts_converged_images(tanh_net, many):
    told = []
    integrated_gradients(
        tanh_net, np.concatenate([many] * 3), progress=lambda done, images: told.append((done, images))
    )
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (120, 120)


@pytest.mark.parametrize("shape", [(0, 1, 4), (2, 3, 4), (2, 1, 5)])
def test_baselines_of_another_shape(tanh_net, many, shape):
    with pytest.raises(ShapeError, match="baseline"):
        integrated_gradients(tanh_net, many, baseline=np.zeros(shape))


def test_float32_is_summed_so_that_rounding_stays_small(tanh_net, many):
    """Thousands of nodes, and the sum is as good as one of float64."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotConvergedWarning)
        how = {"tolerance": 1e-7, "max_evaluations": 6000}
        single, double = (integrated_gradients(tanh_net, many.astype(kind), 0, **how) for kind in ("f4", "f8"))
    assert relative(single.values, double.values).max() < 2e-6


def test_the_floor_of_float32_is_measured_and_true(tanh_net, many):
    single, double = many.astype(np.float32), many
    with pytest.raises(ArgumentError, match=r"tolerance must be at least \de-0[78], which is what rounding") as caught:
        integrated_gradients(Rounded(tanh_net, np.float32), single, 0, tolerance=1e-9)
    least = float(str(caught.value).split("at least ")[1].split(",")[0])
    found = integrated_gradients(Rounded(tanh_net, np.float32), single, 0, tolerance=1e-3).values
    same = integrated_gradients(tanh_net, double, 0, tolerance=1e-3).values
    assert relative(found, same).max() < 10 * least
    assert integrated_gradients(tanh_net, double, 0, tolerance=1e-9, rule="midpoint", steps=3).error.shape == (40,)


def test_a_coarse_arithmetic_is_refused_with_what_it_can_reach(tanh_net, many):
    """Eight bits of a significand, as bfloat16 has."""
    with pytest.raises(ArgumentError, match=r"tolerance must be at least 0\.0\d"):
        integrated_gradients(Rounded(tanh_net, "bfloat16"), many.astype(np.float32), 0, tolerance=1e-3)


class Rounded:
    """A model whose gradients are rounded in the middle of the backward pass."""

    def __init__(self, model, kind):
        self.model, self.kind = model, kind
        self.layers, self.classes, self.scores = model.layers, model.classes, model.scores

    def gradient(self, x, objective, at=("input",)):
        dz = self.round(objective.weights)
        g = self.round(np.einsum("nc,ncd->nd", dz, self.round(self.model.jacobian(x))))
        return Gradients(self.model.gradient(x, objective).scores, {"input": g})

    def path_gradient(self, start, end, objective, rows, at="input"):
        return path_gradient_by_gradient(self, start, end, objective, rows, at)

    def round(self, x):
        if self.kind == "bfloat16":
            mantissa, exponent = np.frexp(x)
            return np.ldexp(np.round(mantissa * 256) / 256, exponent).astype(np.float32)
        return x.astype(self.kind)
