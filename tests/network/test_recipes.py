import numpy as np

from inward.network.recipes import RECIPES, WIDTHS, Recipe


def test_the_rate_rises_in_a_line_and_falls_by_a_cosine() -> None:
    recipe = Recipe(epochs=10, batch=1, rate=2.0, warmup=0.2)
    np.testing.assert_allclose([recipe.rate_at(e) for e in (0, 1, 2, 6, 10)], [0, 1, 2, 1, 0], atol=1e-12)
    assert Recipe(epochs=10, batch=1, rate=2.0).rate_at(7.5) == 2.0


def test_sizes_grow_to_the_whole_image() -> None:
    for recipes in RECIPES.values():
        for recipe in recipes.values():
            shares = [recipe.share(epoch) for epoch in range(recipe.epochs)]
            assert shares == sorted(shares)
            assert shares[-1] == 1.0


def test_every_data_set_has_every_recipe_and_a_width() -> None:
    assert RECIPES.keys() == WIDTHS.keys()
    assert all(recipes.keys() == {"fast", "best", "seed"} for recipes in RECIPES.values())
