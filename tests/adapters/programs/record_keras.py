"""Keras's callback, on the backend that KERAS_BACKEND names; a claim that does not hold is an AssertionError."""

import sys
from pathlib import Path

import keras
import numpy as np

import inward

FOLDER = Path(sys.argv[1])
RANDOM = np.random.default_rng(0)
IMAGES, LABELS = RANDOM.normal(size=(24, 8, 8, 3)).astype(np.float32), np.arange(24) % 4
PENALTY = 0.01
LAYERS = keras.layers


def built() -> keras.Model:
    keras.utils.set_random_seed(0)
    net = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            LAYERS.Conv2D(4, 3, name="conv", data_format="channels_last"),
            LAYERS.BatchNormalization(name="norm"),
            LAYERS.ReLU(name="relu"),
            LAYERS.Dropout(0.5, name="drop"),
            LAYERS.Flatten(name="flat"),
            LAYERS.Dense(4, "softmax", name="dense", kernel_regularizer=keras.regularizers.L2(PENALTY)),
        ]
    )
    net.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return net


def trained(net: keras.Model, callbacks: list) -> keras.callbacks.History:
    valid = IMAGES[:8], LABELS[:8]
    return net.fit(
        IMAGES, LABELS, batch_size=8, epochs=2, validation_data=valid, callbacks=callbacks, verbose=0, shuffle=False
    )


def close(ours: object, theirs: object) -> bool:
    return bool(np.allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-4, atol=1e-6))


net = built()
first = [np.array(weight) for weight in net.get_weights()]
sample, targets = IMAGES[:6], LABELS[:6]
logs = trained(net, [inward.keras_recorder(FOLDER / "run", sample=sample, targets=targets)]).history
plain = built()
trained(plain, [])
for ours, theirs in zip(net.get_weights(), plain.get_weights(), strict=True):
    assert np.array_equal(ours, theirs), "recording changed the training"

history = inward.open_recording(FOLDER / "run")
assert set(history.before) == set(inward.wrap(net).weights())
assert close(history.before["conv/kernel"], first[0])
for name, column in {
    "train_cost": "loss", "train_accuracy": "accuracy", "test_cost": "val_loss", "test_accuracy": "val_accuracy",
}.items():  # fmt: skip
    assert close(history.metrics[name], logs[column]), name
formed = history.formation
assert formed is not None
assert list(formed.activations) == [
    "conv",
    "norm",
    "relu",
    "flat",
    "dense",
]  # in evaluation mode, dropout hands on what it gets
assert set(formed.gradients) == {
    "conv/kernel", "conv/bias", "norm/gamma", "norm/beta", "dense/kernel", "dense/bias",
}  # fmt: skip
assert all(len(spread.norms) == 3 and np.isfinite(spread.norms).all() for spread in formed.gradients.values())

kernel = net.get_layer("dense").get_weights()[0]
assert close(formed.weights["dense/kernel"].norms[-1], np.linalg.norm(kernel))
# softmax and cross-entropy have gradients in closed form
flat = inward.wrap(net).activations(sample, ("flat",))["flat"]
assert close(formed.activations["flat"].norms[-1], np.linalg.norm(flat, axis=1).mean())
error = (net.predict(sample, verbose=0) - np.eye(4)[targets]) / len(targets)
slope = flat.T @ error + 2 * PENALTY * kernel
assert close(formed.gradients["dense/kernel"].norms[-1], np.linalg.norm(slope))
assert close(formed.gradients["dense/bias"].norms[-1], np.linalg.norm(error.sum(axis=0)))


class Own(keras.Model):
    """Built by its first batch."""

    def __init__(self) -> None:
        super().__init__()
        self.flat, self.dense = LAYERS.Flatten(), LAYERS.Dense(4, name="dense")

    def call(self, x: object) -> object:
        return self.dense(self.flat(x))


own = Own()
own.compile(keras.optimizers.SGD(0.0), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
trained(own, [inward.keras_recorder(FOLDER / "own", sample=sample, targets=targets)])
recorder = inward.keras_recorder(FOLDER / "own", sample=sample, resume_after=1)
trained(own, [recorder])
again = inward.open_recording(FOLDER / "own")
assert again.metrics["epoch"].tolist() == [1, 2, 3]
assert again.formation is not None
assert "dense" in again.formation.activations
assert close(again.before["dense/kernel"], own.dense.get_weights()[0])  # which never moved
assert np.isfinite(again.formation.gradients["dense/kernel"].norms).tolist() == [True, True, False, False]

record = inward.Recorder(FOLDER / "loop")  # someone's own loop
record(own, gradients=[weight.value * 2 for weight in own.trainable_variables])
norms = inward.open_recording(FOLDER / "loop").formation
assert norms is not None
assert close(norms.gradients["dense/kernel"].norms, 2 * norms.weights["dense/kernel"].norms)
