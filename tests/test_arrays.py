import numpy as np
import pytest

from inward.arrays import as_batch
from inward.errors import InwardError, ShapeError

GOOD = np.zeros((2, 4, 4, 3), np.float32)


def test_floats_keep_their_precision() -> None:
    assert as_batch(GOOD, (4, 4, 3)) is GOOD
    assert as_batch(GOOD.astype(np.float64), (4, 4, 3)).dtype == np.float64
    assert as_batch(GOOD.astype(np.float16), (4, 4, 3)).dtype == np.float32
    assert as_batch(np.zeros((2, 9, 5, 3)), (None, None, 3)).shape == (2, 9, 5, 3)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (GOOD[0], "add a batch axis: images\\[None\\]"),
        (GOOD[..., :1], "images must be \\(n, 4, 4, 3\\), got \\(2, 4, 4, 1\\)"),
        (np.zeros((2, 3, 4, 4)), "channels last"),
        (GOOD[:0], "at least one"),
        (GOOD.astype(np.uint8), "/ 255"),
        (GOOD.astype(bool), "dtype bool"),
        (np.full_like(GOOD, np.nan), "finite, got 96 NaN"),
        (np.full_like(GOOD, np.inf), "finite"),
        (GOOD.astype(complex), "dtype complex"),
        (np.full(GOOD.shape, "a"), "dtype"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(array: np.ndarray, words: str) -> None:
    with pytest.raises(ShapeError, match=words) as caught:
        as_batch(array, (4, 4, 3))
    assert isinstance(caught.value, InwardError)
    assert "\n" not in str(caught.value)
