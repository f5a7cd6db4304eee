"""The pieces of a small ReLU network, found one by one, against the kinks computed from its weights."""

import numpy as np

from inward.methods.integrated import integrated_gradients
from inward.methods.pieces import linear_pieces


def kinks_on_a_fine_grid(model, x):
    """Where the gradient of the first score changes, by bisection of a fine grid: slow, and another way."""
    grid = np.linspace(0, 1, 20001)
    slopes = model.jacobian(grid[:, None] * x)[:, 0]
    found = []
    for i in np.flatnonzero((slopes[1:] != slopes[:-1]).any(axis=1)):
        low, high = grid[i], grid[i + 1]
        for _ in range(60):
            middle = (low + high) / 2
            switched = (model.jacobian(middle * x[None])[0, 0] != slopes[i]).any()
            low, high = (low, middle) if switched else (middle, high)
        found.append(high)
    return np.array(found)


def test_every_piece_is_found_and_the_map_is_exact(relu_net, inputs):
    x = 2 * inputs(relu_net) - 1
    found = linear_pieces(relu_net, x, 0)
    assert found.exact.all()
    for i in range(len(x)):
        kinks = kinks_on_a_fine_grid(relu_net, x[i])
        assert len(kinks) >= 2
        np.testing.assert_allclose(found.kinks[i], kinks, atol=1e-8)
        assert found.evaluations[i] <= 6 * len(kinks) + 2
    change = (relu_net.scores(x) - relu_net.scores(0 * x))[:, 0]
    np.testing.assert_allclose(found.values.sum(axis=1), change, rtol=1e-7)
    fine = integrated_gradients(relu_net, x, 0, rule="midpoint", steps=20000).values
    np.testing.assert_allclose(found.values, fine, atol=1e-3)


def test_what_is_not_piecewise_linear_or_has_too_many_pieces_is_not_called_exact(tanh_net, relu_net, inputs):
    found = linear_pieces(tanh_net, inputs(tanh_net), 0, max_evaluations=100)
    assert not found.exact.any()
    assert (found.evaluations == 100).all()
    assert not linear_pieces(relu_net, 2 * inputs(relu_net) - 1, 0, max_evaluations=3).exact.all()


def test_a_linear_model_has_one_piece(linear, inputs):
    found = linear_pieces(linear, inputs(linear), 1, baseline=0.5)
    assert found.evaluations.tolist() == [2] * 4
    assert [len(k) for k in found.kinks] == [0] * 4
    assert found.target.tolist() == [1] * 4
