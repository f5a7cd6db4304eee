import numpy as np

from inward.methods.integrated import integrated_gradients


def test_positive_and_negative_parts_add_up(tanh_net, inputs):
    found = integrated_gradients(tanh_net, inputs(tanh_net), 0)
    assert found.positive.min() >= 0 >= found.negative.max()
    np.testing.assert_array_equal(found.positive + found.negative, found.values)
    assert found.positive.any()
    assert found.negative.any()
