import numpy as np

from inward.network.augment import augmented, shrunk
from inward.network.recipes import Augmentation

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.random((6, 10, 8, 3)).astype(np.float32)


def test_nothing_asked_for_changes_nothing() -> None:
    np.testing.assert_array_equal(augmented(IMAGES, Augmentation(), np.random.default_rng(1)), IMAGES)


def test_a_certain_flip_is_the_mirror_image() -> None:
    np.testing.assert_array_equal(
        augmented(IMAGES, Augmentation(flip=1.0), np.random.default_rng(1)), IMAGES[:, :, ::-1]
    )


def test_a_shift_moves_whole_pixels_and_leaves_black() -> None:
    seen = set()
    for seed in range(80):
        for before, after in zip(
            IMAGES, augmented(IMAGES, Augmentation(shift=0.2), np.random.default_rng(seed)), strict=True
        ):
            moves = [(d, r) for d in range(-2, 3) for r in range(-2, 3) if np.array_equal(_moved(before, d, r), after)]
            assert len(moves) == 1
            seen.add(moves[0])
    assert len(seen) > 20


def _moved(image: np.ndarray, down: int, right: int) -> np.ndarray:
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)))
    return padded[2 - down : 12 - down, 2 - right : 10 - right]


def test_a_quarter_turn_is_exact_on_a_square() -> None:
    square = IMAGES[:, :8]
    turned = [augmented(square[:1], Augmentation(rotation=90), _Fixed(end)) for end in (-1.0, 1.0)]
    expected = [np.rot90(square[0], k) for k in (1, -1)]
    matches = [min(np.abs(t[0] - e).max() for e in expected) for t in turned]
    assert max(matches) < 1e-4


class _Fixed:
    """A source of randomness that always draws the end of the range."""

    def __init__(self, end: float) -> None:
        self.end = end

    def random(self, n: int) -> np.ndarray:
        return np.zeros(n)

    def uniform(self, low: float, high: float, n: int) -> np.ndarray:
        return np.full(n, self.end * high)


def test_the_probability_is_kept() -> None:
    many = np.tile(IMAGES[:1], (2000, 1, 1, 1))
    changed = np.any(augmented(many, Augmentation(rotation=10, probability=0.5), RANDOM) != many, axis=(1, 2, 3))
    assert 0.45 < changed.mean() < 0.55


def test_the_same_seed_gives_the_same_copies() -> None:
    how = Augmentation(0.5, 0.1, 10, 0.1, 0.5)
    np.testing.assert_array_equal(*(augmented(IMAGES, how, np.random.default_rng(5)) for _ in range(2)))


def test_shrinking_keeps_the_mean_and_halves_exactly() -> None:
    images = RANDOM.random((2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(shrunk(images, 0.5), images.reshape(2, 4, 2, 4, 2, 3).mean((2, 4)), atol=1e-6)
    np.testing.assert_allclose(shrunk(images, 0.75).mean((1, 2)), images.mean((1, 2)), atol=1e-6)
    assert shrunk(images, 0.75).shape == (2, 6, 6, 3)
    assert shrunk(images, 1.0) is images
