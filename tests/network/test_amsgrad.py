import numpy as np

from inward.backends.numpy import NumpyOps
from inward.network.amsgrad import AmsGrad


def run(
    optimizer: AmsGrad, gradients: list[np.ndarray], rate: float = 0.1
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    kernels = {"k": np.array([1.0, -2.0])}
    moments, path, ceilings = optimizer.start(kernels), [], []
    for gradient in gradients:
        kernels, moments = optimizer.step(NumpyOps(), kernels, moments, {"k": gradient}, rate)
        path.append(kernels["k"])
        ceilings.append(moments["k"]["v_hat"])
    return path, ceilings


def test_it_is_the_published_rule() -> None:
    gradients = list(np.random.default_rng(0).normal(size=(6, 2)))
    path, _ = run(AmsGrad(0.8, 0.9), gradients)
    theta = np.array([1.0, -2.0])
    for t in range(1, 7):  # restated without recurrences: sums over the history
        g = np.stack(gradients[:t])
        age = np.arange(t)[::-1, None]
        m = (0.2 * 0.8**age * g).sum(0)
        v = [(0.1 * 0.9 ** np.arange(s)[::-1, None] * g[:s] ** 2).sum(0) for s in range(1, t + 1)]
        theta = theta - 0.1 * m / (np.max(v, axis=0) + 0) ** 0.5
        np.testing.assert_allclose(path[t - 1], theta, rtol=1e-6)


def test_the_second_moments_ceiling_never_falls() -> None:
    _, ceilings = run(AmsGrad(0.9, 0.5), [np.array([5.0, 0.1])] + [np.array([0.1, 5.0])] * 3 + [np.zeros(2)] * 9)
    assert (np.diff(ceilings, axis=0) >= 0).all()
    assert np.ptp(ceilings[4:], axis=0).max() == 0  # one maximum an element, held


def test_a_gradient_that_is_always_zero_moves_nothing() -> None:
    path, _ = run(AmsGrad(), [np.zeros(2)] * 3)
    np.testing.assert_array_equal(path[-1], [1.0, -2.0])


def test_decay_is_decoupled_from_the_gradient() -> None:
    path, _ = run(AmsGrad(decay=0.5), [np.zeros(2)])
    np.testing.assert_allclose(path[0], np.array([1.0, -2.0]) * (1 - 0.1 * 0.5))
