import numpy as np

from inward.network.examples import Examples, batches, prepared
from inward.network.recipes import RECIPES, Recipe

IMAGES = np.random.default_rng(0).integers(0, 256, (48, 8, 8, 1), dtype=np.uint8)
LABELS = np.arange(48) % 2
EXAMPLES = Examples(IMAGES, LABELS, IMAGES[:20], LABELS[:20])


def test_the_seed_recipe_is_the_originals() -> None:
    recipe = RECIPES["cifar10"]["seed"]
    assert (recipe.batch, recipe.copies, recipe.rate) == (50, 1, 1e-4)
    assert (recipe.optimizer.beta1, recipe.optimizer.beta2, recipe.optimizer.decay) == (0.9, 0.9, 0.0)
    images, labels = prepared(EXAMPLES, np.arange(25), recipe, 0, np.random.default_rng(0))
    assert images.shape == (50, 8, 8, 1)
    np.testing.assert_allclose(images[:25], IMAGES[:25] / np.float32(255))  # half of them as they are
    np.testing.assert_array_equal(labels[:25], labels[25:])


def test_every_image_is_seen_once_an_epoch() -> None:
    found = batches(100, Recipe(epochs=1, batch=10, rate=1.0), np.random.default_rng(0))
    assert sorted(np.concatenate(found)) == list(range(100))
    assert len(batches(105, Recipe(epochs=1, batch=10, rate=1.0), np.random.default_rng(0))) == 10
