"""JAX functions and Flax modules of every difficult kind: they work and are left as found, or are refused by name."""

import warnings
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest

import inward
from inward.errors import ArgumentError, ScoreError, ShapeError
from inward.model import Objective, Rows, path_gradient_by_gradient

jax = pytest.importorskip("jax", reason="JAX is not installed")
import jax.numpy as jnp  # noqa: E402

from inward.adapters.jax_runtime import named_errors  # noqa: E402

SHAPE = (8, 8, 3)
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.uniform(size=(5, *SHAPE)).astype(np.float32)
PARAMS = {
    "a": {"w": RANDOM.normal(size=(3, 4)).astype(np.float32)},
    "b": RANDOM.normal(size=(4, 3)).astype(np.float32),
}
OBJECTIVE = Objective.of_classes([0, 1, 2, 0, 1], 3)


def plain(params, x, tap):
    x = tap("hidden", jnp.tanh(x @ params["a"]["w"]))
    for _ in range(2):
        x = tap("again", jnp.sin(x))
    return tap("pooled", x.mean((1, 2))) @ params["b"]


def made(function=plain, params=PARAMS, **how):
    return inward.wrap(function, **({"params": params, "input_shape": SHAPE} | how))


def along(model, at="input", step=1e-3):
    """The gradient along a random direction, and by central differences in it."""
    direction = np.random.default_rng(1).normal(size=IMAGES.shape).astype(np.float32)
    ahead, behind = (OBJECTIVE.of(model.scores(IMAGES + sign * step * direction)) for sign in (1, -1))
    found = model.gradient(IMAGES, OBJECTIVE, (at,)).at[at]
    return (found * direction).sum((1, 2, 3)), (ahead - behind) / (2 * step)


def test_a_function_names_its_layers_and_weights():
    model = made()
    assert [layer.name for layer in model.layers] == ["input", "hidden", "again", "again#2", "pooled", "output"]
    assert [layer.shape for layer in model.layers] == [SHAPE, (8, 8, 4), (8, 8, 4), (8, 8, 4), (4,), (3,)]
    assert list(model.weights()) == ["a/w", "b"]
    assert model.backend == "jax"


def test_gradients_are_the_scores():
    np.testing.assert_allclose(*along(made()), rtol=1e-2, atol=1e-4)


def test_gradients_at_layers_are_the_chain_rules():
    model = made()
    kept = model.activations(IMAGES, ["hidden", "again", "pooled"])
    found = model.gradient(IMAGES, OBJECTIVE, ("input", "hidden", "again", "pooled", "output")).at
    np.testing.assert_array_equal(found["output"], OBJECTIVE.weights)
    pooled = OBJECTIVE.weights @ PARAMS["b"].T
    np.testing.assert_allclose(found["pooled"], pooled, rtol=1e-5)
    again = np.broadcast_to(pooled[:, None, None] / 64, kept["again"].shape) * np.cos(kept["again"])
    np.testing.assert_allclose(found["again"], again, rtol=1e-4, atol=1e-7)
    hidden = again * np.cos(kept["hidden"])
    np.testing.assert_allclose(found["hidden"], hidden, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(
        found["input"], (hidden * (1 - kept["hidden"] ** 2)) @ PARAMS["a"]["w"].T, rtol=1e-4, atol=1e-7
    )


@pytest.mark.parametrize("micro_batch", [1, 3, None])
@pytest.mark.parametrize("at", ["input", "again"])
def test_the_path_is_the_default_ones(micro_batch, at):
    model = made(micro_batch=micro_batch)
    rows = Rows(np.array([0, 0, 1, 2, 2, 4, 4]), np.linspace(0, 1, 7), np.random.default_rng(3).normal(size=(7, 2)))
    given = np.zeros_like(IMAGES), IMAGES, OBJECTIVE, rows, at
    found, expected = model.path_gradient(*given), path_gradient_by_gradient(model, *given)
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-5)
    np.testing.assert_allclose(found.sums, expected.sums, rtol=1e-4, atol=1e-6)


def test_few_lengths_are_compiled():
    traced = []

    def counted(params, x):
        traced.append(len(x))
        return x.mean((1, 2)) @ params["b"][:3]

    model = made(counted)
    traced.clear()
    for n in range(1, 6):
        model.scores(IMAGES[:n])
    assert set(traced) == {1, 2, 4, 8}


def two_inputs(params, mask, image):
    return plain(params, image * mask, lambda _, x: x)


def heads(params, x):
    logits = plain(params, x, lambda _, x: x)
    return {"logits": logits, "other": logits[:, :2]}


def low(params, x):
    return plain(params, x, lambda _, x: x)


@pytest.mark.parametrize(
    "model",
    [
        lambda: made(two_inputs, input="image", constants={"mask": np.full((1, 8, 8, 1), 0.5, np.float32)}),
        lambda: made(heads),
        lambda: made(lambda x: low(PARAMS, x), None, framework="jax"),
        lambda: made(jax.jit(low), PARAMS),
        lambda: made(low, preprocess=inward.Preprocessing(255, (100, 110, 120), 64, "bgr")),
        lambda: made(low, preprocess=lambda x: (x - 0.5) / 0.25),
        lambda: made(lambda p, x: low(p, jnp.moveaxis(x, 1, -1)), PARAMS, layout="channels_first"),
        lambda: made(lambda p, x: jax.nn.softmax(low(p, x)), PARAMS, ends_in="softmax"),
    ],
    ids=["two inputs", "heads", "no params", "jit", "described", "their own", "channels first", "softmax"],
)
def test_it_works(model):
    model = model()
    np.testing.assert_allclose(*along(model), rtol=2e-2, atol=2e-3)
    assert inward.integrated_gradients(model, IMAGES, 0).converged.all()


def test_half_precision_is_float32_outside():
    model = made(low, jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.bfloat16), PARAMS))
    assert model.scores(IMAGES).dtype == np.float32
    assert model.gradient(IMAGES, OBJECTIVE).at["input"].dtype == np.float32
    np.testing.assert_allclose(model.scores(IMAGES), made(low).scores(IMAGES), atol=0.05)


def test_no_gradient_is_said():
    model = made(lambda p, x: jax.nn.one_hot(low(p, x).argmax(-1), 3), PARAMS)
    with pytest.raises(ScoreError, match="gradient of the score must be defined at the input"):
        model.gradient(IMAGES, OBJECTIVE)


def test_nan_inside_is_said():
    with pytest.raises(ScoreError, match="image 0"):
        inward.integrated_gradients(made(lambda p, x: low(p, x) / 0 * 0, PARAMS), IMAGES, 0)


def test_memory_that_runs_out_halves_the_micro_batch(monkeypatch):
    model = made(low, micro_batch=4)

    class FullError(jax.errors.JaxRuntimeError):
        pass

    real, tried = model._engine._to_host, []

    def to_host(tensor):
        tried.append(len(tensor))
        if len(tensor) > 2:
            raise FullError("RESOURCE_EXHAUSTED: Out of memory")
        return real(tensor)

    monkeypatch.setattr(model._engine, "_to_host", to_host)
    assert model.scores(IMAGES).shape == (5, 3)
    assert model.micro_batch == 2


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: made(lambda p, x: x.mean((1, 2, 3)), PARAMS), ShapeError, r"must be \(n, classes\)"),
        (lambda: made(lambda p, x: (low(p, x), low(p, x)), PARAMS), ArgumentError, "say which"),
        (lambda: inward.wrap(low, input_shape=SHAPE), ArgumentError, "say whose it is"),
        (lambda: inward.wrap(low, params=PARAMS), ArgumentError, "input_shape"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_another_failure_at_work_stays_what_it_is(monkeypatch):
    model = made(low, micro_batch=4)

    def to_host(tensor):
        raise jax.errors.JaxRuntimeError("INTERNAL: broken")

    monkeypatch.setattr(model._engine, "_to_host", to_host)
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        model.scores(IMAGES)
    assert model.micro_batch == 4


def test_what_jax_says_of_full_memory_is_known():
    with pytest.raises(MemoryError), named_errors():
        jnp.zeros(1 << 45, jnp.float32)


def test_float64_stays_float64_and_the_processs_flag_as_it_was():
    model = made(params=jax.tree.map(np.float64, PARAMS))
    assert model.scores(IMAGES).dtype == model.weights()["b"].dtype == np.float64
    images, step = IMAGES.astype(np.float64), 1e-5
    direction = np.random.default_rng(1).normal(size=images.shape)
    ahead, behind = (OBJECTIVE.of(model.scores(images + sign * step * direction)) for sign in (1, -1))
    found = (model.gradient(images, OBJECTIVE).at["input"] * direction).sum((1, 2, 3))
    np.testing.assert_allclose(found, (ahead - behind) / (2 * step), rtol=1e-8)
    expected = np.sin(np.sin(np.tanh(images @ np.float64(PARAMS["a"]["w"])))).mean((1, 2)) @ np.float64(PARAMS["b"])
    np.testing.assert_allclose(model.scores(images), expected, rtol=1e-12)
    assert jnp.ones(1).dtype == np.float32
    assert made().scores(IMAGES).dtype == np.float32


def test_the_flag_is_as_it_was_after_a_failure_too():
    with pytest.raises(ZeroDivisionError):
        made(lambda p, x: 1 // 0, jax.tree.map(np.float64, PARAMS))
    assert jnp.ones(1).dtype == np.float32


def test_wrapping_computes_nothing():
    computed = []

    def watched(params, x):
        jax.debug.callback(computed.append, x)
        return low(params, x)

    made(watched)
    jax.effects_barrier()
    assert not computed


def test_values_inside_a_loop_are_no_layers():
    def looped(params, x, tap):
        x, _ = jax.lax.scan(lambda x, _: (tap("inside", jnp.sin(x)), None), tap("first", x), None, length=2)
        return low(params, tap("last", x))

    model = made(looped)
    assert [layer.name for layer in model.layers] == ["input", "first", "last", "output"]
    np.testing.assert_allclose(*along(model), rtol=2e-2, atol=1e-3)


def test_a_layer_behind_stop_gradient_has_its_own():
    def stopped(params, x, tap):
        return low(params, tap("hidden", jax.lax.stop_gradient(x)))

    found = made(stopped).gradient(IMAGES, OBJECTIVE, ("hidden",)).at["hidden"]
    np.testing.assert_allclose(found, made(low).gradient(IMAGES, OBJECTIVE).at["input"], rtol=1e-5)
    with pytest.raises(ScoreError, match="stop_gradient"):
        made(stopped).gradient(IMAGES, OBJECTIVE, ("input", "hidden"))


def test_a_gradient_that_happens_to_be_zero_is_one():
    flat = made(lambda p, x: jnp.maximum(low(p, x), 1e3))
    assert not flat.gradient(IMAGES, OBJECTIVE).at["input"].any()


def moded(params, x, train, mask=None):
    x = x if mask is None else jnp.concatenate([x, mask], 1)
    return -low(params, x) if train else low(params, x)


@pytest.mark.parametrize(
    ("function", "sign"),
    [
        (moded, 1),
        (jax.jit(moded, static_argnames="train"), 1),
        (partial(moded, train=True), -1),
        (jax.jit(partial(moded, train=True)), -1),
    ],
)
def test_a_function_runs_at_inference_unless_its_user_settled_that(function, sign):
    np.testing.assert_allclose(made(function).scores(IMAGES), sign * made(low).scores(IMAGES), rtol=1e-5)


def test_jaxs_own_constants_are_repeated():
    model = made(moded, constants={"mask": jnp.ones((1, *SHAPE))})
    expected = made(low).scores(np.concatenate([IMAGES, np.ones_like(IMAGES)], 1)[:, :8])
    assert model.scores(IMAGES).shape == expected.shape
    np.testing.assert_allclose(*along(model), rtol=2e-2, atol=1e-3)


def test_layers_of_a_compiled_function():
    names = [layer.name for layer in made(jax.jit(plain, static_argnames="tap")).layers]
    assert names == [layer.name for layer in made().layers] == [layer.name for layer in made(jax.jit(plain)).layers]


@pytest.mark.parametrize(
    ("function", "how", "message"),
    [
        (lambda p, x: low(p, x) if x.sum() < 0 else -low(p, x), {}, "jax.jit compiles"),
        (lambda p, x: jnp.asarray(np.asarray(x).mean((1, 2))), {}, "jax.jit compiles"),
        (low, {"input": "picture"}, r"must be \(params, x\), got missing a required argument"),
        (low, {"constants": {"mask": 1}}, "got an unexpected keyword argument 'mask'"),
        (two_inputs, {"input": "image"}, "missing a required argument: 'mask'"),
    ],
)
def test_what_cannot_be_run_is_refused_at_the_door(function, how, message):
    with pytest.raises(ArgumentError, match=message):
        made(function, **how)


if find_spec("flax") is None:
    pytest.skip("Flax is not installed", allow_module_level=True)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of Flax's own imports
    from flax import linen, nnx


class Block(linen.Module):
    @linen.compact
    def __call__(self, x, train: bool):
        x = linen.Conv(4, (3, 3), name="conv")(x)
        x = linen.BatchNorm(use_running_average=not train, name="norm")(x)
        return linen.Dropout(0.5, deterministic=not train)(linen.relu(x))


class LinenNet(linen.Module):
    @linen.compact
    def __call__(self, x, train: bool):
        x = Block(name="block")(x, train)
        again = linen.Conv(4, (3, 3), feature_group_count=4, name="again")
        x = x + again(again(x))
        n, h, w, c = x.shape
        x = linen.MultiHeadDotProductAttention(2, name="attention")(x.reshape(n, h * w, c))
        return linen.Dense(3, name="head")(x.mean(1))


class NnxNet(nnx.Module):
    def __init__(self, rngs):
        self.conv, self.norm = nnx.Conv(3, 4, (3, 3), rngs=rngs), nnx.BatchNorm(4, rngs=rngs)
        self.drop, self.head = nnx.Dropout(0.5, rngs=rngs), nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x):
        x = self.drop(nnx.relu(self.norm(self.conv(x))))
        return self.head(x.mean((1, 2)))


def jaxs_own(model):
    """The gradient by jax.grad of the module, without anything of ours between."""
    running = model._engine._running
    return jax.grad(lambda x: (OBJECTIVE.weights * running(x, {}, None)).sum())(jnp.asarray(IMAGES))


@pytest.fixture(scope="module")
def linen_model():
    module = LinenNet()
    return inward.wrap(module, params=module.init(jax.random.key(0), IMAGES[:1], train=False), input_shape=SHAPE)


def test_linen_modules(linen_model):
    names = [layer.name for layer in linen_model.layers]
    assert names[:4] == ["input", "block/conv", "block/norm", "block/Dropout_0"]
    assert {"again", "again#2", "attention/out", "head"} <= set(names)
    assert {"block/conv/kernel", "head/bias"} <= set(linen_model.weights())
    np.testing.assert_allclose(linen_model.gradient(IMAGES, OBJECTIVE).at["input"], jaxs_own(linen_model), atol=1e-6)
    kept = linen_model.activations(IMAGES, ["block/norm", "block/Dropout_0"])
    np.testing.assert_array_equal(kept["block/Dropout_0"], np.maximum(kept["block/norm"], 0))
    found = linen_model.gradient(IMAGES, OBJECTIVE, ("block/norm", "block/Dropout_0")).at
    np.testing.assert_allclose(
        found["block/norm"], np.where(kept["block/norm"] > 0, found["block/Dropout_0"], 0), atol=1e-6
    )


class LinenHeads(linen.Module):
    @linen.compact
    def __call__(self, mask, image, deterministic):
        x = linen.Conv(4, (3, 3), param_dtype=jnp.bfloat16)(image * mask)
        x = linen.Dropout(0.5)(x, deterministic=deterministic)
        return {"aux": x, "logits": linen.Dense(3, param_dtype=jnp.bfloat16)(x.mean((1, 2)))}


def test_linen_modules_with_two_inputs_heads_and_half_precision():
    module, mask = LinenHeads(), np.full((1, 8, 8, 1), 0.5, np.float32)
    params = module.init(jax.random.key(0), mask, IMAGES[:1], True)["params"]
    model = inward.wrap(module, params=params, input_shape=SHAPE, input="image", constants={"mask": mask})
    expected = module.apply({"params": params}, mask, jnp.asarray(IMAGES, jnp.bfloat16), True)["logits"]
    np.testing.assert_allclose(model.scores(IMAGES), np.float32(expected), rtol=1e-2, atol=1e-2)
    assert model.gradient(IMAGES, OBJECTIVE, ("Conv_0",)).at["Conv_0"].dtype == np.float32


def test_linen_modules_of_float64():
    module = linen.Sequential([linen.Dense(3), lambda x: x.mean((1, 2))])
    variables = jax.tree.map(np.float64, module.init(jax.random.key(0), IMAGES[:1]))
    model = inward.wrap(module, params=variables, input_shape=SHAPE)
    kernel, bias = model.weights()["layers_0/kernel"], model.weights()["layers_0/bias"]
    images = IMAGES.astype(np.float64)
    np.testing.assert_allclose(model.scores(images), images.mean((1, 2)) @ kernel + bias, rtol=1e-12)


def test_linen_needs_its_variables():
    with pytest.raises(ArgumentError, match="the module's variables"):
        inward.wrap(LinenNet(), input_shape=SHAPE)


def test_nnx_modules_are_left_as_they_were_found():
    module = NnxNet(nnx.Rngs(0))
    before = jax.tree.map(np.asarray, nnx.to_pure_dict(nnx.state(module, nnx.Param)))
    calls = nnx.Conv.__call__
    model = inward.wrap(module, input_shape=SHAPE)
    assert [layer.name for layer in model.layers] == ["input", "conv", "norm", "drop", "head"]
    assert {"conv/kernel", "head/bias"} <= set(model.weights())
    np.testing.assert_array_equal(model.scores(IMAGES), model.scores(IMAGES))
    np.testing.assert_allclose(model.gradient(IMAGES, OBJECTIVE).at["input"], jaxs_own(model), atol=1e-6)
    assert model.gradient(IMAGES, OBJECTIVE, ("conv",)).at["conv"].shape == (5, 8, 8, 4)
    assert not module.drop.deterministic
    assert not module.norm.use_running_average
    assert nnx.Conv.__call__ is calls
    jax.tree.map(np.testing.assert_array_equal, before, nnx.to_pure_dict(nnx.state(module, nnx.Param)))
    with pytest.raises(ArgumentError, match="params must be left out"):
        inward.wrap(module, params={}, input_shape=SHAPE)


class Own(nnx.Linear):
    """Inherits its call."""


class Further(nnx.Linear):
    def __call__(self, x):
        return 2 * super().__call__(x)


class NnxParts(nnx.Module):
    """A module used twice, calls that are inherited or go on to their base's, attention, and a setting."""

    def __init__(self, rngs):
        self.own, self.further = Own(3, 4, rngs=rngs), Further(4, 4, rngs=rngs)
        self.base, self.again = nnx.Linear(4, 4, rngs=rngs), nnx.Linear(4, 4, rngs=rngs)
        self.attention, self.head = nnx.MultiHeadAttention(2, 4, decode=False, rngs=rngs), nnx.Linear(4, 3, rngs=rngs)

    def __call__(self, x, train, scale=1.0):
        x = self.base(self.further(self.own(x)))
        x = self.again(nnx.relu(self.again(x)))
        x = self.attention(x.reshape(len(x), -1, 4)).mean(1)
        return self.head(x) * (jnp.nan if train else scale)


def test_nnx_modules_in_all_their_parts():
    module = NnxParts(nnx.Rngs(0))
    model = inward.wrap(module, input_shape=SHAPE, constants={"scale": 2.0})
    names = [layer.name for layer in model.layers]
    assert names[:6] == ["input", "own", "further", "base", "again", "again#2"]
    assert "attention/out" in names
    np.testing.assert_allclose(model.scores(IMAGES), 2 * module(jnp.asarray(IMAGES), False), rtol=1e-4)
    kept, found = model.activations(IMAGES, ["own"]), model.gradient(IMAGES, OBJECTIVE, ("input", "own")).at
    np.testing.assert_allclose(kept["own"], IMAGES @ model.weights()["own/kernel"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found["input"], found["own"] @ model.weights()["own/kernel"].T, rtol=1e-4, atol=1e-6)
    assert "__call__" not in vars(Own)


@pytest.mark.parametrize("transform", [nnx.jit, nnx.remat])
def test_nnx_transforms_inside(transform):
    class Inner(nnx.Module):
        def __init__(self, rngs):
            self.linear = nnx.Linear(3, 3, rngs=rngs)

        @transform
        def __call__(self, x):
            return nnx.tanh(self.linear(x))

    module = nnx.Sequential(Inner(nnx.Rngs(0)), lambda x: x.mean((1, 2)))
    before = vars(Inner)["__call__"]
    model = inward.wrap(module, input_shape=SHAPE)
    np.testing.assert_allclose(*along(model), rtol=2e-2, atol=1e-3)
    place = model.layers[1].name
    kept, found = model.activations(IMAGES, [place])[place], model.gradient(IMAGES, OBJECTIVE, (place,)).at[place]
    np.testing.assert_allclose(found, np.broadcast_to(OBJECTIVE.weights[:, None, None] / 64, kept.shape), rtol=1e-5)
    assert vars(Inner)["__call__"] is before


def test_nnx_classes_are_left_as_they_were_found_after_an_exception():
    class Broken(nnx.Module):
        def __init__(self, rngs):
            self.own, self.linear = Own(3, 3, rngs=rngs), nnx.Linear(3, 3, rngs=rngs)

        def __call__(self, x):
            return self.linear(self.own(x)) / (1 // 0)

    before = {kind: vars(kind).get("__call__") for kind in (nnx.Linear, Own, Broken)}
    with pytest.raises(ZeroDivisionError):
        inward.wrap(Broken(nnx.Rngs(0)), input_shape=SHAPE)
    assert before == {kind: vars(kind).get("__call__") for kind in before}
