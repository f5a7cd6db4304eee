import numpy as np
import pytest
from adjoint import adjoint_error
from hypothesis import given, settings
from hypothesis import strategies as st

from inward.arrays import Array
from inward.backends.numpy import NumpyOps
from inward.errors import ArgumentError, OutOfMemoryError, ShapeError
from inward.model import SCORES, Model, Objective, Rows, path_gradient_by_gradient
from inward.network import chain
from inward.network.allconv import allconv, initial_kernels
from inward.network.network import Network

OPS = NumpyOps()
LAYERS = allconv(channels=2, classes=4, width=5)
KERNELS = {name: 1.5 * kernel.astype(np.float64) for name, kernel in initial_kernels(LAYERS, seed=1).items()}
IMAGES = np.random.default_rng(2).random((3, 8, 8, 2))


def network(micro_batch: int | None = None) -> Network:
    return Network(LAYERS, KERNELS, OPS, (8, 8, 2), ("a", "b", "c", "d"), micro_batch)


def test_it_fits_the_port() -> None:
    assert isinstance(network(), Model)
    assert [layer.name for layer in network().layers if layer.kind == "elu"] == [f"conv{i}" for i in range(1, 10)]
    assert network().layers[0].shape == (8, 8, 2)
    assert network().layers[-1].shape == (4,)


def test_the_story_has_nine_convolutions_and_about_a_million_weights() -> None:
    kernels = initial_kernels(allconv())
    assert [k.shape for k in kernels.values()] == [
        (3, 3, 3, 128), *[(3, 3, 128, 128)] * 6, (1, 1, 128, 128), (1, 1, 128, 10)
    ]  # fmt: skip
    deviations = [float(k.std()) for k in kernels.values()]
    np.testing.assert_allclose(deviations, [0.04, 0.05, 0.06, 0.04, 0.05, 0.06, 0.06, 0.05, 0.04], rtol=0.05)


def test_black_scores_zero() -> None:
    np.testing.assert_array_equal(network().scores(np.zeros((1, 8, 8, 2))), np.zeros((1, 4)))


def test_the_whole_networks_input_gradient_is_adjoint() -> None:
    saved = chain.forward(OPS, LAYERS, KERNELS, IMAGES)[1]
    error = adjoint_error(
        network().scores, lambda dy: chain.backward(OPS, LAYERS, KERNELS, saved, dy, ["input"])["input"], IMAGES
    )
    assert error < 1e-8


@pytest.mark.parametrize("name", KERNELS)
def test_the_whole_networks_weight_gradients_are_adjoint(name: str) -> None:
    def scores(kernel: Array) -> Array:
        return chain.forward(OPS, LAYERS, KERNELS | {name: kernel}, IMAGES)[0]

    saved = chain.forward(OPS, LAYERS, KERNELS, IMAGES)[1]
    error = adjoint_error(
        scores, lambda dy: chain.backward_kernels(OPS, LAYERS, KERNELS, saved, dy)[name], KERNELS[name]
    )
    assert error < 1e-8


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("place", ["input", "conv3", "pool1", "conv9", "logits"])
def test_every_scores_gradient_at_every_place_by_differences(score: str, place: str) -> None:
    model = network()
    objective = Objective(np.random.default_rng(0).normal(size=(3, 4)), score)
    found = model.gradient(IMAGES, objective, (place,))
    np.testing.assert_allclose(found.scores, objective.of(model.scores(IMAGES)), rtol=1e-12)
    value = model.activations(IMAGES, [place])[place]
    names = [layer.name for layer in LAYERS]
    above = LAYERS[names.index(place) + 1 :] if place in names else LAYERS

    def rest(x: Array) -> Array:
        return objective.of(chain.forward(OPS, above, KERNELS, x)[0]).sum(keepdims=True)

    assert adjoint_error(rest, lambda dy: dy * found.at[place], value) < 1e-8


def test_an_input_gradient_computes_no_weight_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a weight's gradient was computed")

    monkeypatch.setattr(NumpyOps, "convolve_kernel_adjoint", refuse)
    objective = Objective.of_classes([0, 1, 2], 4)
    network().gradient(IMAGES, objective)
    network().path_gradient(0 * IMAGES, IMAGES, objective, Rows(np.arange(3), np.ones(3), np.ones((3, 1))))


def test_a_gradient_at_a_layer_stops_there(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    adjoint = NumpyOps.convolve_input_adjoint
    monkeypatch.setattr(NumpyOps, "convolve_input_adjoint", lambda *a: calls.append(1) or adjoint(*a))
    network().gradient(IMAGES, Objective.of_classes([0, 1, 2], 4), ("conv6",))
    assert len(calls) == 3


def test_training_never_computes_the_gradient_at_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    adjoint = NumpyOps.convolve_input_adjoint
    monkeypatch.setattr(NumpyOps, "convolve_input_adjoint", lambda *a: calls.append(1) or adjoint(*a))
    logits, saved, _ = chain.forward(OPS, LAYERS, KERNELS, IMAGES)
    chain.backward_kernels(OPS, LAYERS, KERNELS, saved, logits)
    assert len(calls) == 8


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 12), st.integers(1, 3), st.integers(1, 7), st.integers(0, 999))
def test_path_gradient_is_the_sum_it_claims(count: int, rules: int, micro_batch: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rows = Rows(np.sort(random.integers(0, 3, count)), random.random(count), random.normal(size=(count, rules)))
    start, objective = random.random(IMAGES.shape), Objective(random.normal(size=(3, 4)), "probability")
    fused = network(micro_batch).path_gradient(start, IMAGES, objective, rows)
    plain = path_gradient_by_gradient(network(), start, IMAGES, objective, rows)
    np.testing.assert_allclose(fused.scores, plain.scores, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(fused.sums, plain.sums, rtol=1e-9, atol=1e-14)
    assert fused.micro_batch == micro_batch


def test_an_image_does_not_depend_on_its_companions() -> None:
    objective = Objective.of_classes([0, 1, 2], 4)
    rows = Rows(np.repeat(np.arange(3), 5), np.tile(np.linspace(0, 1, 5), 3), np.full((15, 1), 0.2))
    together = network().path_gradient(0 * IMAGES, IMAGES, objective, rows).sums
    for i in range(3):
        alone = network(4).path_gradient(
            0 * IMAGES[[i]], IMAGES[[i]], objective.rows(np.array([i])),
            Rows(np.zeros(5, int), np.linspace(0, 1, 5), np.full((5, 1), 0.2)),
        ).sums  # fmt: skip
        np.testing.assert_allclose(alone[0], together[i], rtol=1e-12, atol=1e-16)


class Small(NumpyOps):
    """A device that has memory for so many inputs at a time."""

    def __init__(self, room: int) -> None:
        self.room = room

    def convolve(self, x: Array, kernel: Array) -> Array:
        if len(x) > self.room:
            raise MemoryError
        return super().convolve(x, kernel)


def test_a_micro_batch_that_does_not_fit_is_halved_and_nothing_is_lost() -> None:
    objective = Objective.of_classes([0, 1, 2], 4)
    rows = Rows(np.repeat(np.arange(3), 5), np.tile(np.linspace(0, 1, 5), 3), np.full((15, 1), 0.2))
    roomy = network()
    small = Network(LAYERS, KERNELS, Small(2), (8, 8, 2), ("a", "b", "c", "d"), micro_batch=16)
    found = small.path_gradient(0 * IMAGES, IMAGES, objective, rows)
    assert found.micro_batch == small.micro_batch == 2
    wanted = roomy.path_gradient(0 * IMAGES, IMAGES, objective, rows)
    np.testing.assert_allclose(found.sums, wanted.sums, rtol=1e-12)
    np.testing.assert_allclose(found.scores, wanted.scores, rtol=1e-12)
    small = Network(LAYERS, KERNELS, Small(1), (8, 8, 2), micro_batch=16)
    np.testing.assert_allclose(small.scores(IMAGES), roomy.scores(IMAGES), rtol=1e-12)
    np.testing.assert_allclose(
        small.gradient(IMAGES, objective).at["input"], roomy.gradient(IMAGES, objective).at["input"], rtol=1e-12
    )
    with pytest.raises(OutOfMemoryError, match="enough for one input"):
        Network(LAYERS, KERNELS, Small(0), (8, 8, 2)).scores(IMAGES)


def test_bad_input_is_refused_by_name() -> None:
    model, objective = network(), Objective.of_classes([0, 1, 2], 4)
    with pytest.raises(ShapeError, match="add a batch axis"):
        model.scores(IMAGES[0])
    with pytest.raises(ShapeError, match="NaN"):
        model.scores(IMAGES * np.nan)
    with pytest.raises(ShapeError, match="at least one"):
        model.scores(IMAGES[:0])
    with pytest.raises(ShapeError, match="255"):
        model.scores((255 * IMAGES).astype(np.uint8))
    with pytest.raises(ArgumentError, match="conv99"):
        model.activations(IMAGES, ["conv99"])
    with pytest.raises(ArgumentError, match="nowhere"):
        model.gradient(IMAGES, objective, ("nowhere",))
    with pytest.raises(ShapeError, match="objective"):
        model.gradient(IMAGES[:2], objective)
    with pytest.raises(ShapeError, match="conv3"):
        Network(LAYERS, KERNELS | {"conv3": np.zeros((3, 3, 5, 6))}, OPS, (8, 8, 2))
    with pytest.raises(ShapeError, match="2 x 2"):
        Network(LAYERS, KERNELS, OPS, (3, 3, 2))
    with pytest.raises(ArgumentError, match="micro_batch"):
        network(micro_batch=0)
    with pytest.raises(ArgumentError, match="width"):
        allconv(width=0)
