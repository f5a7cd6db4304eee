import numpy as np
import pytest

from inward.errors import ArgumentError, ShapeError
from inward.methods.activations import activations


def test_values_by_name_in_the_order_asked_for(linear, inputs):
    x = inputs(linear)
    found = activations(linear, x, ["logits", "input", "logits"]).values
    assert list(found) == ["logits", "input"]
    np.testing.assert_array_equal(found["input"], x)
    np.testing.assert_array_equal(found["logits"], linear.scores(x))


@pytest.mark.parametrize("layers", [["conv1"], [], "logits", ["input", "conv1"], [3], None])
def test_bad_layers_are_told_the_good_ones(linear, inputs, layers):
    with pytest.raises(ArgumentError, match=r"layers must be .* choose from input, logits"):
        activations(linear, inputs(linear), layers)


def test_bad_inputs(linear):
    with pytest.raises(ShapeError, match="inputs must be"):
        activations(linear, np.zeros((2, 3, 1)), ["input"])
