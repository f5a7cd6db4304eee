"""The shipped network as a Keras model, on the backend that KERAS_BACKEND names; what does not hold is an error."""

import sys
from pathlib import Path

import keras
import numpy as np

import inward
from inward.data.samples import demo_images

FOLDER = Path(sys.argv[1])
keras.config.set_image_data_format("channels_first")  # which is none of our business
keras.config.set_dtype_policy("mixed_bfloat16")
images = demo_images((32, 32, 3)).images
ours = inward.load("cifar10-allconv", backend="numpy")  # in float64
names = [layer.name for layer in ours.layers if layer.kind != "convolution"]

twin = inward.to_keras(ours)
assert [layer.name for layer in twin.layers] == names
assert all(type(layer).__module__.startswith("keras.") for layer in twin.layers)
for kernel, theirs in zip(ours.weights().values(), twin.get_weights(), strict=True):
    assert np.array_equal(kernel.astype(np.float32), theirs)

twin.save(FOLDER / "twin.keras")
again = keras.saving.load_model(FOLDER / "twin.keras", safe_mode=True)
every = keras.Model(again.input, [layer.output for layer in again.layers])
seen = ours.activations(images.astype(np.float64), names)
for name, theirs in zip(names, every(images), strict=True):
    found = keras.ops.convert_to_numpy(theirs)
    distance = np.linalg.norm(found - seen[name]) / np.linalg.norm(seen[name])
    assert found.shape == seen[name].shape, name
    assert distance < 1e-5, f"{name}: {distance}"
    sys.stdout.write(f"{name}: {distance:.1e}\n")
scores = ours.scores(images.astype(np.float64))
distance = np.abs(again.predict(images, verbose=0) - scores).max() / np.abs(scores).max()
assert distance < 1e-5, distance
sys.stdout.write(f"largest error of a logit / largest logit: {distance:.1e}\n")
