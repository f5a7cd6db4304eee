import json

import numpy as np
import pytest
from pydantic import ValidationError

from inward.page.schema import Statistics, packed, unpacked


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 5, 3), (0, 2)])
def test_floats_come_back_bit_for_bit(shape):
    array = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    found = packed(array)
    assert (found.kind, found.shape) == ("float32", list(shape))
    np.testing.assert_array_equal(unpacked(found), array)


def test_bytes_have_a_step_and_a_zero_for_each_row():
    array = np.array([[0, 255], [1, 2]], np.uint8)
    np.testing.assert_allclose(unpacked(packed(array, 0.5, -1.0)), array * 0.5 - 1)
    step, zero = np.array([1.0, 10.0]), np.array([0.0, 5.0])
    np.testing.assert_allclose(unpacked(packed(array, step, zero)), [[0, 255], [15, 25]])
    np.testing.assert_allclose(unpacked(packed(np.array([[-127, 127]], np.int8), 2.0)), [[-254, 254]])


def test_what_is_not_a_number_is_null():
    found = Statistics(count=1, non_finite=1, mean=float("nan"), standard_deviation=0, minimum=float("-inf"), maximum=1)
    assert json.loads(found.model_dump_json())["mean"] is None
    assert json.loads(found.model_dump_json())["minimum"] is None


def test_a_field_too_many_is_refused():
    with pytest.raises(ValidationError):
        Statistics(count=1, non_finite=0, mean=0, standard_deviation=0, minimum=0, maximum=0, other=1)
