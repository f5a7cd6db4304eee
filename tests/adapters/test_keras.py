"""Keras models of every difficult kind, on the backend that KERAS_BACKEND names: they work, or are refused by name."""

import numpy as np
import pytest

import inward
from inward.errors import ArgumentError, ScoreError, ShapeError
from inward.model import Objective, Rows, path_gradient_by_gradient

keras = pytest.importorskip("keras", reason="Keras is not installed")
from keras import layers, ops  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras's own, on NumPy 2

SHAPE = (8, 8, 3)
# Keras itself computes means and losses of float64 in float32 on its other backends
EXACT = keras.backend.backend() == "tensorflow"
IMAGES = np.random.default_rng(0).uniform(size=(5, *SHAPE))
MASK = np.full((1, *SHAPE), 0.5)


def image():
    return keras.Input(SHAPE, name="image")


def pooled(x, units=3, **how):
    return layers.Dense(units, name="head", **how)(layers.GlobalAveragePooling2D()(x))


def plain(**how):
    x = image()
    return keras.Model(x, pooled(layers.Conv2D(4, 3, activation="tanh", name="conv")(x), **how))


def sequential():
    """Not built before it is called."""
    return keras.Sequential(
        [layers.Conv2D(4, 3, activation="elu"), layers.Flatten(), layers.Dropout(0.5), layers.Dense(3)]
    )


class Block(layers.Layer):
    """A layer of layers, two of them namesakes."""

    def __init__(self, **how):
        super().__init__(**how)
        self.parts = [layers.Conv2D(4, 3, padding="same", name="conv") for _ in range(2)]

    def call(self, x):
        for part in self.parts:
            x = ops.tanh(part(x))
        return x * 2


class Subclassed(keras.Model):
    def __init__(self, **how):
        super().__init__(**how)
        self.block, self.head = Block(name="block"), layers.Dense(3, name="head")

    def call(self, x, training=False):
        x = self.block(x)
        return self.head(ops.mean(x, (1, 2)))


class Pair(Subclassed):
    """Two inputs, and a tuple of outputs."""

    def call(self, weight, image):
        found = super().call(image * weight)
        return found, found[:, :2]


class Optional(Subclassed):
    """Images that are not the first argument."""

    def call(self, weight=None, image=None):
        return super().call(image if weight is None else weight)


def shared():
    x = first = image()
    again = layers.Conv2D(3, 3, padding="same", activation="tanh", name="again")
    for _ in range(3):
        x = x + again(x)
    return keras.Model(first, pooled(x))


def residual():
    """Branches, batch normalisation, dropout, depthwise and dilated convolutions, a model in a model."""
    x = first = image()
    stem = keras.Sequential([layers.Conv2D(4, 3, padding="same", name="conv"), layers.BatchNormalization(name="norm")])
    stem.name = "stem"
    x = layers.Rescaling(2.0, -1.0, name="scale")(x)
    x = layers.Activation("elu", name="elu")(stem(x))
    deep = layers.DepthwiseConv2D(3, padding="same", activation="tanh", name="deep")(x)
    wide = layers.Conv2D(4, 3, padding="same", dilation_rate=2, name="wide")(x)
    x = layers.Dropout(0.5)(layers.Add(name="sum")([deep, wide, layers.Identity(name="shortcut")(x)]))
    model = keras.Model(first, pooled(x))
    stem.get_layer("norm").moving_mean.assign([0.1, -0.2, 0.3, 0.0])
    return model


def two_inputs(struct=list):
    mask, x = keras.Input(SHAPE, name="mask"), image()
    inputs = [mask, x] if struct is list else {"mask": mask, "image": x}
    return keras.Model(inputs, pooled(layers.Conv2D(4, 3, activation="tanh")(x * mask)))


def two_heads(named):
    x = image()
    logits = pooled(layers.Conv2D(4, 3, activation="tanh")(x), activation="softmax")
    other = layers.Dense(2, name="other")(logits)
    return keras.Model(x, {"aux": other, "logits": logits} if named else [other, logits])


def attention():
    x = image()
    patches = layers.Reshape((4, 8))(layers.Conv2D(8, 4, strides=4, name="patches")(x))
    y = layers.LayerNormalization()(layers.MultiHeadAttention(2, 4, name="attention")(patches, patches) + patches)
    return keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling1D()(y)))


def recurrent():
    """A cell that works inside a loop of the framework's own."""
    x = image()
    return keras.Model(x, layers.Dense(3)(layers.LSTM(4)(layers.Reshape((8, 24))(x))))


def channels_first():
    x = keras.Input((3, 8, 8))
    y = layers.Conv2D(4, 3, padding="same", data_format="channels_first", activation="tanh", name="conv")(x)
    y = layers.AveragePooling2D(2, data_format="channels_first", name="pool")(y)
    return keras.Model(x, layers.Dense(3)(layers.GlobalAveragePooling2D(data_format="channels_first")(y)))


def softmax_apart():
    return keras.Sequential([image(), layers.Conv2D(4, 3), layers.GlobalAveragePooling2D(), layers.Softmax()])


WORKING = {
    "functional": (plain, {}),
    "sequential, not built": (sequential, {"input_shape": SHAPE}),
    "subclassed, not built": (Subclassed, {"input_shape": SHAPE}),
    "shared": (shared, {}),
    "residual": (residual, {}),
    "two inputs": (two_inputs, {"input": "image", "constants": {"mask": MASK}}),
    "two inputs by name": (lambda: two_inputs(dict), {"input": "image", "constants": {"mask": MASK}}),
    "subclassed, two inputs": (
        Pair,
        {"input_shape": SHAPE, "input": "image", "constants": {"weight": MASK}, "output": 0},
    ),
    "subclassed, second argument": (Optional, {"input_shape": SHAPE, "input": "image"}),
    "two heads": (lambda: two_heads(False), {"output": 1}),
    "the other head": (lambda: two_heads(False), {"output": 0}),
    "named heads": (lambda: two_heads(True), {}),
    "the other named head": (lambda: two_heads(True), {"output": "aux"}),
    "attention": (attention, {}),
    "recurrent": (recurrent, {}),
    "channels first": (channels_first, {}),
    "softmax": (lambda: plain(activation="softmax"), {}),
    "sigmoid": (lambda: plain(activation="sigmoid"), {}),
    "softmax apart": (softmax_apart, {}),
    "described preprocessing": (plain, {"preprocess": inward.Preprocessing(255, (100, 110, 120), 64, "bgr")}),
    "preprocessing of their own": (plain, {"preprocess": lambda x: (x - 0.5) / 0.25}),
}


def made(kind, *, policy="float32", **how):
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(policy)
    keras.config.set_floatx("float64" if policy == "float64" else "float32")
    try:
        model = kind()
        return model, inward.wrap(model, **how)
    finally:
        keras.config.set_dtype_policy("float32")
        keras.config.set_floatx("float32")


def host(variable):
    return np.copy(ops.convert_to_numpy(variable))


@pytest.mark.parametrize("case", WORKING)
def test_it_works_in_float64_and_every_layer_is_seen(case):
    kind, how = WORKING[case]
    if case == "channels first" and keras.backend.backend() == "tensorflow":
        with pytest.raises(ArgumentError, match="layout must be one that this device can compute, got channels_first"):
            made(kind, policy="float64", **how)
        return
    _, model = made(kind, policy="float64", **how)
    names = [layer.name for layer in model.layers if layer.name != "output"]
    assert len(set(names)) == len(names)
    objective = Objective(np.random.default_rng(2).normal(size=(5, model.layers[-1].shape[0])), "log_probability")
    kept, found = model.activations(IMAGES, names), model.gradient(IMAGES, objective, names)
    for layer in model.layers[: len(names)]:
        assert kept[layer.name].shape == found.at[layer.name].shape == (5, *layer.shape)
    assert {x.dtype for x in [*kept.values(), *found.at.values()]} == {np.dtype(np.float64)}

    step, tolerance = (1e-5, {"rtol": 1e-6, "atol": 1e-8}) if EXACT else (3e-3, {"rtol": 1e-3, "atol": 1e-3})
    direction = np.random.default_rng(1).normal(size=IMAGES.shape)
    ahead, here, behind = (objective.of(model.scores(IMAGES + sign * step * direction)) for sign in (1, 0, -1))
    np.testing.assert_allclose(found.scores, here, rtol=1e-12 if EXACT else 1e-5, atol=1e-6)
    moved = (found.at["input"] * direction).sum((1, 2, 3))
    np.testing.assert_allclose(moved, (ahead - behind) / (2 * step), **tolerance)


def test_layers_are_named_by_their_paths():
    _, model = made(Subclassed, input_shape=SHAPE)
    assert [layer.name for layer in model.layers] == ["input", "block/conv", "block/conv_1", "block", "head"]
    assert list(model.weights()) == [
        *("block/conv/kernel", "block/conv/bias", "block/conv_1/kernel", "block/conv_1/bias"),
        *("head/kernel", "head/bias"),
    ]
    assert model.layers[1].kind == "Conv2D"
    _, model = made(residual)
    assert [layer.name for layer in model.layers][:5] == ["input", "scale", "stem/conv", "stem/norm", "elu"]


def test_layers_used_again_are_counted():
    _, model = made(shared)
    names = [layer.name for layer in model.layers]
    assert [name for name in names if "again" in name] == ["again", "again#2", "again#3"]


def test_a_layer_that_hands_on_its_input_has_a_gradient_of_its_own():
    _, model = made(residual, policy="float64")
    found = model.gradient(IMAGES, Objective.of_classes([0] * 5, 3), ("elu", "shortcut", "sum")).at
    np.testing.assert_array_equal(found["shortcut"], found["sum"])
    assert not np.allclose(found["elu"], found["shortcut"])


def test_channels_first_is_turned_round():
    _, model = made(channels_first)
    assert [layer.shape for layer in model.layers[:3]] == [(8, 8, 3), (8, 8, 4), (4, 4, 4)]
    assert model.wrapping.layout == "channels_first"


@pytest.mark.parametrize(
    ("end", "case"), [("softmax", "softmax"), ("sigmoid", "sigmoid"), ("softmax", "softmax apart")]
)
@pytest.mark.parametrize("saturated", [False, True])
def test_what_ends_in_probabilities_is_read_before_them(end, case, saturated):
    kind, how = WORKING[case]
    model, wrapped = made(kind, **how)
    if saturated:
        model.set_weights([100 * weight for weight in model.get_weights()])
    assert wrapped.wrapping.ends_in == end
    found = wrapped.scores(IMAGES)
    expected = ops.convert_to_numpy(model(ops.convert_to_tensor(IMAGES, "float32"), training=False))
    np.testing.assert_allclose(ops.convert_to_numpy(getattr(ops, end)(found)), expected, atol=1e-6)
    before = inward.wrap(model, ends_in="logits").scores(IMAGES)
    np.testing.assert_allclose(before, expected, atol=1e-6)
    assert np.abs(found).max() < 1e6


def test_probabilities_of_a_subclassed_model_are_turned_back_by_log():
    class Ends(Subclassed):
        def call(self, x):
            return ops.softmax(super().call(x))

    _, model = made(Ends, policy="float64", input_shape=SHAPE, ends_in="softmax")
    model_of_logits = made(Subclassed, policy="float64", input_shape=SHAPE)[1]
    shift = model.scores(IMAGES) - model_of_logits.scores(IMAGES)
    np.testing.assert_allclose(shift, np.repeat(shift[:, :1], 3, 1), atol=1e-12)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_half_precisions_are_float32_outside(policy):
    original, whole = made(residual)
    half, model = made(residual, policy=policy)
    half.set_weights(original.get_weights())
    assert model.scores(IMAGES).dtype == np.float32
    np.testing.assert_allclose(model.scores(IMAGES), whole.scores(IMAGES), atol=0.05)
    found = model.gradient(IMAGES, Objective.of_classes([0] * 5, 3), ("input", "stem/conv")).at
    assert {x.dtype for x in found.values()} == {np.dtype(np.float32)}
    assert all(np.abs(x).max() > 0 for x in found.values())
    assert {x.dtype for x in model.weights().values()} == {np.dtype(np.float32)}


class Counting(layers.Layer):
    """Changes a variable, adds a loss and draws at random whenever it is called; may fail."""

    def __init__(self, **how):
        super().__init__(activity_regularizer="l2", **how)
        self.fails = False
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.seed = keras.random.SeedGenerator(1)

    def call(self, x):
        self.count.assign_add(1)
        noise = keras.random.uniform((), seed=self.seed)
        if self.fails:
            raise ZeroDivisionError
        return x * 2 + 0 * noise


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_left_as_it_was_found(fails):
    counting = Counting(name="counting")
    x = image()
    model = keras.Model(x, pooled(counting(layers.Conv2D(4, 3, name="conv")(x)), activation="softmax"))
    model.get_layer("conv").trainable = False
    wrapped = inward.wrap(model)
    before = [host(variable) for variable in model.variables]
    own = [dict(vars(layer)).keys() for layer in model.layers]
    if fails:
        counting.fails = True  # it fails where it is called with taps in place
        with pytest.raises(ZeroDivisionError):
            wrapped.activations(IMAGES, ["conv"])
    else:
        wrapped.gradient(IMAGES, Objective.of_classes([0] * 5, 3), ("input", "conv"))
    assert [dict(vars(layer)).keys() for layer in model.layers] == own
    assert model.get_layer("head").activation is keras.activations.softmax
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(host(variable), value)
    assert counting.losses == []
    assert not model.get_layer("conv").trainable


def test_weights_that_change_are_seen():
    model, wrapped = made(plain)
    before = wrapped.scores(IMAGES)
    model.get_layer("head").bias.assign([1.0, 2.0, 3.0])
    np.testing.assert_allclose(wrapped.scores(IMAGES) - before, np.tile([1, 2, 3], (5, 1)), atol=1e-5)


@pytest.mark.parametrize("micro_batch", [3, None])
def test_the_path_is_the_default_ones(micro_batch):
    _, model = made(attention, policy="float64", micro_batch=micro_batch)
    index = np.array([0, 0, 1, 2, 2, 4, 4, 4])
    rows = Rows(index, np.linspace(0, 1, 8), np.random.default_rng(3).normal(size=(8, 2)))
    ends = np.zeros_like(IMAGES), IMAGES, Objective.of_classes([0, 1, 2, 0, 1], 3)
    for at in ("input", "patches"):
        found, expected = model.path_gradient(*ends, rows, at), path_gradient_by_gradient(model, *ends, rows, at)
        np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-12)
        np.testing.assert_allclose(found.sums, expected.sums, rtol=1e-9, atol=1e-12)


def test_black_is_black_whatever_the_mean():
    _, model = made(plain, preprocess=inward.Preprocessing(255, 127, 128))
    found = inward.integrated_gradients(model, IMAGES, 0)
    assert found.converged.all()
    assert (found.relative_gap < 1e-2).all()


def test_weights_between_two_checkpoints():
    model, wrapped = made(residual)
    _, earlier = made(residual)
    model.get_layer("deep").bias.assign(np.ones(4))
    moved = {layer.name: layer.distance for layer in inward.weight_histograms(wrapped, before=earlier).layers}
    assert moved["deep/bias"] == pytest.approx(1)
    assert moved["wide/kernel"] == 0


@pytest.mark.slow
def test_the_whole_report(tmp_path):
    _, wrapped = made(residual, classes=("a", "b", "c"))
    inward.inspect(wrapped, IMAGES[:2].astype(np.float32)).save(tmp_path / "report")
    assert inward.load_report(tmp_path / "report").classes == ("a", "b", "c")


def undifferentiable():
    x = image()
    return keras.Model(x, ops.one_hot(ops.argmax(layers.GlobalAveragePooling2D()(x), -1), 3))


def stopped():
    x = image()
    return keras.Model(x, pooled(layers.Conv2D(4, 3)(layers.Lambda(ops.stop_gradient)(x))))


def nan_inside():
    x = image()
    return keras.Model(x, pooled(layers.Lambda(lambda x: x / 0 * 0)(x)))


@pytest.mark.parametrize("kind", [undifferentiable, stopped])
def test_no_gradient_is_said(kind):
    _, model = made(kind)
    with pytest.raises(ScoreError, match="gradient of the score must be defined at the input, got none"):
        inward.integrated_gradients(model, IMAGES)


def test_nan_inside_is_said():
    _, model = made(nan_inside)
    with pytest.raises(ScoreError, match="image 0"):
        inward.integrated_gradients(model, IMAGES, 0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: made(Subclassed), ArgumentError, "input_shape must be the shape of one input"),
        (lambda: made(lambda: keras.Sequential([keras.Input((4, 4, 2)), layers.Conv2D(3, 1)])), ShapeError, "classes"),
        (lambda: made(lambda: two_heads(False)), ArgumentError, r"got 2 outputs \(0, 1\); say which"),
        (lambda: made(lambda: two_heads(True), output="c"), ArgumentError, "output must be one of aux, logits"),
        (lambda: made(two_inputs), ArgumentError, "got mask alone; pass wrap.*constants={'image'"),
        (lambda: made(two_inputs, input="photo"), ArgumentError, "input must be one of mask, image"),
        (lambda: made(Pair, input="photo", input_shape=SHAPE), ArgumentError, "one of weight, image"),
        (lambda: made(plain, classes=("a", "b")), ArgumentError, "classes must be 3 names"),
        (lambda: made(plain, params={}), ArgumentError, "params must be left out"),
        (lambda: inward.wrap(keras.optimizers.SGD()), ArgumentError, "got a SGD"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()
