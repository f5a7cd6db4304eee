"""Inside, weights, crops, training, settings, saves: each control does what it says, on both pages."""

import csv
import io

import numpy as np
import pytest
from PIL import Image

from tests.browser.conftest import same, values
from tests.web.narrow import CLASSES


def elu(x):
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def activation(opened, name, i=0):
    """A layer's activations, channels first, as the page has them."""
    layer = next(layer for layer in opened.told.head.network.layers if layer.name == name)
    stored = values(opened.told.looked[i].layers[layer.made[1] if layer.made else name])
    return elu(stored) if layer.made else stored


def choose(opened, name):
    opened.page.locator(f"#layers [data-layer='{name}']").click()
    opened.page.wait_for_selector(f"#inside-says:has-text('{name}:')")
    opened.page.wait_for_timeout(100)


def tiles(opened, size, gap=1):
    """The tiles of the grid, in order."""
    sheet = opened.pixels("grid")
    across = (sheet.shape[1] + gap) // (size + gap)
    down = (sheet.shape[0] + gap) // (size + gap)
    return [
        sheet[r * (size + gap) : r * (size + gap) + size, c * (size + gap) : c * (size + gap) + size]
        for r in range(down)
        for c in range(across)
    ]


def levels(found):
    low, high = np.percentile(found, [1, 99])
    return np.rint(255 * np.clip((found - low) / ((high - low) or 1), 0, 1))


def close(found, wanted):
    """The live page rounds the layer itself to bytes, the frozen one the layer below."""
    assert np.abs(found.astype(int) - wanted).mean() < 3


def test_every_channel_of_a_layer_is_on_the_grid(opened):
    for name, size in (("conv2", 8), ("pool1", 4), ("conv7.linear", 2)):
        choose(opened, name)
        wanted = levels(activation(opened, name))
        for tile, channel in zip(tiles(opened, size), wanted, strict=False):
            close(tile[..., 0], channel)


def test_a_layer_is_chosen_by_keyboard(opened):
    choose(opened, "conv1")
    opened.page.locator("#layers [data-layer='conv1']").focus()
    opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_selector("#inside-says:has-text('conv2.linear:')")
    opened.page.keyboard.press("End")
    opened.page.wait_for_selector("#inside-says:has-text('logits:')")


def test_channels_are_sorted_by_strength(opened):
    choose(opened, "conv2")
    found = activation(opened, "conv2")
    order = np.argsort(-np.abs(found).mean(axis=(1, 2)))
    opened.page.click("#orders [data-value=strength]")
    for tile, channel in zip(tiles(opened, 8), levels(found)[order], strict=False):
        close(tile[..., 0], channel)


def test_channels_are_colours_three_at_a_time(opened):
    choose(opened, "conv2")
    opened.page.click("#colours [data-value=triples]")
    close(tiles(opened, 8)[0], np.moveaxis(levels(activation(opened, "conv2"))[:3], 0, -1))
    assert "2 triples" in opened.text("scale-says")


@pytest.mark.parametrize("how", ["click", "keyboard"])
def test_a_channel_is_enlarged_over_the_image(opened, how):
    choose(opened, "conv2")
    if how == "click":
        grid = opened.page.locator("#grid")
        grid.scroll_into_view_if_needed()
        box = grid.bounding_box()
        opened.page.mouse.click(box["x"] + 2.5 / 4 * box["width"], box["y"] + box["height"] / 2)
    else:
        opened.page.locator("#grid-slot").focus()
        opened.page.keyboard.press("ArrowRight")
        opened.page.keyboard.press("ArrowRight")
    assert opened.text("channel-title") == "conv2, channel 2"
    assert opened.page.locator("#grid-slot").get_attribute("aria-valuenow") == "2"
    found = activation(opened, "conv2")
    close(opened.pixels("channel")[..., 0], levels(found)[2])
    counted = opened.drawn("channel-histogram")[0]["x"]
    np.testing.assert_allclose(np.sort(counted), np.sort(found[2].ravel()), atol=0.02 * np.ptp(found))
    opened.page.locator("#channel-opacity").focus()
    opened.page.keyboard.press("Home")
    under = values(opened.told.looked[0].image.pixels) @ np.array([0.299, 0.587, 0.114])
    same(opened.pixels("channel")[..., 0], np.rint(255 * under))


def test_the_layers_play_from_the_input_on(opened):
    opened.page.locator("#layers [role=option]").first.click()
    opened.page.click("#through")
    opened.page.wait_for_selector("#inside-says:has-text('conv1:')", timeout=5000)
    opened.page.click("#through")
    before = opened.text("inside-says")
    opened.page.wait_for_timeout(1200)
    assert opened.text("inside-says") == before


def test_weights_before_and_after_by_layer(opened):
    assert [t["name"] for t in opened.drawn("weights-chart") if t.get("showlegend") is not False] == [
        one.name for one in opened.told.head.weights
    ]
    opened.page.select_option("#weights-layer", "conv2")
    before, after = opened.drawn("weights-chart")
    (one,) = [one for one in opened.told.head.weights if one.name == "conv2"]
    for trace, counts in ((before, one.before), (after, one.after)):
        density = np.array(counts) / np.sum(counts) / np.diff(one.edges)
        np.testing.assert_allclose(trace["x"], one.edges, rtol=1e-6)
        np.testing.assert_allclose(trace["y"][:-1], density, rtol=1e-6)
    opened.page.click("#counts [data-value=log]")
    assert opened.page.evaluate("document.getElementById('weights-chart').layout.yaxis.type") == "log"


def test_weights_epoch_by_epoch(opened):
    opened.page.select_option("#weights-layer", "conv2")
    opened.page.locator("#epoch").focus()
    opened.page.keyboard.press("Home")
    opened.page.wait_for_timeout(200)
    spread = opened.told.head.formation.weights["conv2"]
    np.testing.assert_allclose(opened.drawn("weights-chart")[-1]["x"], values(spread.edges)[0], rtol=1e-5)
    assert opened.text("epoch-says") == "before"
    opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_timeout(200)
    np.testing.assert_allclose(opened.drawn("weights-chart")[-1]["x"], values(spread.edges)[1], rtol=1e-5)
    assert opened.text("epoch-says") == "1: 50.0 % right"


def test_statistics_and_csv(opened):
    rows = opened.page.locator("#weights-table tbody tr").count()
    assert rows == 2 * len(opened.told.head.weights)
    with opened.page.expect_download() as got:
        opened.page.click("#weights-csv")
    rows = list(csv.DictReader(io.StringIO(got.value.path().read_text())))
    for one in opened.told.head.weights:
        assert [int(row["after"]) for row in rows if row["layer"] == one.name] == one.after
        assert [int(row["before"]) for row in rows if row["layer"] == one.name] == one.before


def test_training_curves(opened):
    for place, what in (("accuracy", "accuracy"), ("cost", "cost")):
        train, test = opened.drawn(place)
        assert train["y"] == opened.told.head.training[f"train_{what}"]
        assert test["y"] == opened.told.head.training[f"test_{what}"]


def test_settings_and_the_command_that_repeats_it(opened):
    assert opened.text("command") == "inward inspect narrow <pictures>"
    assert opened.page.locator("#settings-table td:has-text('three images')").count() == 1


def test_light_and_dark(opened):
    colours = set()
    for _ in range(3):
        colours.add(opened.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        opened.page.click("#theme")
    assert len(colours) == 2


WIDE = """
() => {
  const lines = [...document.querySelectorAll("#curves .js-line")].map((line) => getComputedStyle(line));
  const accent = document.body.appendChild(document.createElement("i"));
  accent.style.color = "var(--accent)";
  const wanted = getComputedStyle(accent).color;
  accent.remove();
  return lines.some((line) => line.strokeWidth === "3px" && line.stroke === wanted) && wanted;
}
"""


def test_the_explained_class_is_drawn_in_the_accent_of_the_theme(opened):
    """Of all classes' lines it is the wide one."""
    colours = set()
    for _ in range(3):
        colours.add(opened.page.wait_for_function(WIDE).json_value())
        opened.page.click("#theme")
    assert len(colours) == 2


def saved(opened, name):
    opened.page.click("#save")
    with opened.page.expect_download(timeout=120_000) as got:
        opened.page.click(f"[data-save='{name}']")
    return got.value.path().read_bytes()


def test_pictures_are_saved(opened):
    for name, canvas in (("map.png", "map"), ("path-step.png", "push")):
        found = np.asarray(Image.open(io.BytesIO(saved(opened, name))).convert("RGB"))
        zoom = found.shape[0] // 8
        same(found[zoom // 2 :: zoom, zoom // 2 :: zoom], opened.pixels(canvas))
    assert Image.open(io.BytesIO(saved(opened, "channels.png"))).format == "PNG"


def test_animations_are_saved(opened):
    path = Image.open(io.BytesIO(saved(opened, "path.gif")))
    assert path.n_frames == len(opened.told.looked[0].walk.alphas)
    path.seek(path.n_frames - 1)
    last = np.asarray(path.convert("RGB")).astype(int)
    image = 255 * values(opened.told.looked[0].image.pixels)
    assert np.abs(last[14:224:28, 14:224:28] - image).mean() < 12  # noise, in 256 colours
    layers = Image.open(io.BytesIO(saved(opened, "layers.gif")))
    assert layers.n_frames == len(opened.told.head.network.layers)


def test_arrays_and_tables_are_saved(opened):
    looked = opened.told.looked[0]
    with np.load(io.BytesIO(saved(opened, "arrays.npz"))) as found:
        np.testing.assert_allclose(found["map"], values(looked.map.values), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(found["alphas"], looked.walk.alphas, rtol=1e-6)
        np.testing.assert_allclose(found["probabilities"], values(looked.walk.probabilities), atol=1e-5)
        assert found["pushes"].shape == (42, 8, 8)
        assert found["conv1"].shape == (4, 8, 8)
    rows = list(csv.reader(io.StringIO(saved(opened, "probabilities.csv").decode())))
    assert len(rows) == 43
    assert len(rows[0]) == 1 + len(CLASSES)
    np.testing.assert_allclose(np.array(rows[1:], float)[:, 1:], values(looked.walk.probabilities), atol=1e-5)


def test_the_save_menu_opens_and_closes_by_keyboard(opened):
    opened.page.locator("#save").focus()
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("#save-list").is_visible()
    opened.page.keyboard.press("Escape")
    assert not opened.page.locator("#save-list").is_visible()


def test_what_was_drawn_already_is_there(frozen):
    titles = frozen.page.locator("#more summary").all_inner_texts()
    assert titles == [section.title for section in frozen.told.head.sections]
    assert frozen.page.locator("#more img").count() > 0


def test_the_frozen_page_shows_the_crops_of_the_report(frozen):
    card = frozen.page.locator("#crop-list .card")
    assert card.count() == 1
    assert card.get_attribute("data-box") == "2,1,6,8"
    frozen.page.locator("#strip [role=option]").nth(1).click()
    frozen.page.wait_for_selector("#crop-list .empty:has-text('--crop')")
