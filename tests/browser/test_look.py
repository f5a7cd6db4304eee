"""The image, its path and its map: each control does what it says, on the frozen and on the live page."""

import numpy as np
import pytest

from inward.render.words import percent
from tests.browser.conftest import grey, same, signed, values
from tests.web.narrow import CLASSES, HOSTILE


def test_it_begins_with_the_first_image(opened):
    one = opened.told.looked[0].image
    assert opened.text("image-title") == HOSTILE
    assert opened.page.locator("img[src=x]").count() == 0
    same(opened.pixels("image"), 255 * values(one.pixels))
    taken = int(np.argmax(one.probabilities))
    assert opened.text("taken").startswith(CLASSES[taken])
    shares = opened.page.locator("#classes > * > span:last-child").all_inner_texts()
    assert shares == [percent(share) for share in sorted(one.probabilities, reverse=True)]
    assert opened.text("mode") == ("live" if opened.live else "frozen")


@pytest.mark.parametrize("how", ["click", "keyboard"])
def test_the_strip_switches_between_images(opened, how):
    if how == "click":
        opened.page.locator("#strip [role=option]").nth(2).click()
    else:
        opened.page.locator("#strip [role=option]").first.focus()
        opened.page.keyboard.press("ArrowRight")
        opened.page.keyboard.press("ArrowRight")
    opened.page.wait_for_selector("#image-title:has-text('2.png')")
    opened.settled()
    same(opened.pixels("image"), 255 * values(opened.told.looked[2].image.pixels))
    assert opened.page.locator("#strip [aria-selected=true]").get_attribute("aria-label").startswith("2.png")


def check_step(opened, step):
    looked = opened.told.looked[0]
    walk, image = looked.walk, values(looked.image.pixels)
    start, alpha = values(walk.start), walk.alphas[step]
    same(opened.pixels("dimmed"), 255 * (start + alpha * (image - start)))
    strength = values(walk.strengths)[step]
    top = np.percentile(strength, 99)
    same(opened.pixels("strength"), np.rint(255 * image * np.minimum(strength / (top or 1), 1)[..., None]))
    push = values(walk.pushes)[step]
    same(opened.pixels("push"), signed(push, grey(image), np.percentile(np.abs(push), 99) or 1))
    taken = CLASSES[int(values(walk.probabilities)[step].argmax())]
    assert opened.text("dimmed-says").startswith(taken)
    assert opened.page.locator("#alpha").get_attribute("aria-valuetext").startswith("alpha ")


def test_the_slider_moves_image_gradient_and_overlay(opened):
    opened.page.wait_for_selector("#alpha:not([disabled])")
    for step in (0, 7, 20, len(opened.told.looked[0].walk.alphas) - 1):
        opened.step(step)
        check_step(opened, step)


def test_arrow_keys_step_the_path(opened):
    slider = opened.page.locator("#alpha")
    slider.focus()
    opened.page.keyboard.press("Home")
    check_step(opened, 0)
    opened.page.keyboard.press("ArrowRight")
    check_step(opened, 1)
    opened.page.keyboard.press("End")
    check_step(opened, len(opened.told.looked[0].walk.alphas) - 1)
    slider.blur()
    opened.page.keyboard.press("ArrowLeft")
    check_step(opened, len(opened.told.looked[0].walk.alphas) - 2)


def test_the_marker_follows_on_a_logarithmic_axis(opened):
    places = []
    for step in (1, 11, 21, 31, 41):  # a decade apart, from 1e-4
        opened.step(step)
        places.append(opened.page.locator("#marker").bounding_box()["x"])
    gaps = np.diff(places)
    assert (gaps > 20).all()
    np.testing.assert_allclose(gaps, gaps[0], atol=1)


def test_play_goes_on_and_pause_stays(opened):
    opened.step(0)
    opened.page.click("#play")
    opened.page.wait_for_timeout(700)
    opened.page.click("#play")
    step = int(opened.page.locator("#alpha").input_value())
    assert 2 <= step <= 12
    check_step(opened, step)
    opened.page.wait_for_timeout(300)
    assert int(opened.page.locator("#alpha").input_value()) == step
    opened.page.locator("#play").focus()
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("#play").get_attribute("aria-label") == "Pause"


def test_the_curves_are_those_of_the_twin(opened):
    walk = opened.told.looked[0].walk
    by_class = {trace["name"]: trace["y"] for trace in opened.drawn("curves")}
    for k, name in enumerate(CLASSES):
        np.testing.assert_allclose(by_class[name], values(walk.probabilities)[1:, k], atol=1e-5)
    for kind, wanted in (("shares", walk.shares), ("derivatives", walk.derivatives), ("norms", walk.norms)):
        opened.page.click(f"#curve-kinds [data-value={kind}]")
        np.testing.assert_allclose(opened.drawn("curves")[0]["y"], wanted, rtol=2e-3, atol=1e-5)


def test_the_map_its_signs_and_its_opacity(opened):
    looked = opened.told.looked[0]
    found, under = values(looked.map.values), grey(values(looked.image.pixels))
    same(opened.pixels("map"), signed(found, under, looked.map.scale))
    for sign, kept in (("positive", np.maximum(found, 0)), ("negative", np.minimum(found, 0))):
        opened.page.click(f"#signs [data-value={sign}]")
        same(opened.pixels("map"), signed(kept, under, looked.map.scale))
    opened.page.click("#signs [data-value=both]")
    opacity = opened.page.locator("#opacity")
    opacity.focus()
    opened.page.keyboard.press("Home")
    same(opened.pixels("map"), np.rint(255 * under[..., None] * np.ones(3)))
    assert opened.text("opacity-says") == "0 %"


def test_one_scale_for_all_images_or_its_own(opened):
    for i in range(3):
        opened.page.locator("#strip [role=option]").nth(i).click()
        opened.settled()
        opened.page.wait_for_timeout(150)
    scales = [looked.map.scale for looked in opened.told.looked]
    weakest = int(np.argmin(scales))
    opened.page.locator("#strip [role=option]").nth(weakest).click()
    opened.page.wait_for_timeout(200)
    opened.settled()
    looked = opened.told.looked[weakest]
    found, under = values(looked.map.values), grey(values(looked.image.pixels))
    same(opened.pixels("map"), signed(found, under, scales[weakest]))
    opened.page.click("#scales [data-value=shared]")
    same(opened.pixels("map"), signed(found, under, max(scales)))
    assert float(opened.text("legend-high").replace(",", "")) == pytest.approx(max(scales), rel=0.01)


def test_a_pixel_is_read_by_pointer_and_by_keyboard(opened):
    found = values(opened.told.looked[0].map.values)
    canvas = opened.page.locator("#map")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    h, w = found.shape
    opened.page.mouse.move(box["x"] + (5.5 / w) * box["width"], box["y"] + (2.5 / h) * box["height"])
    assert "column 5, row 2" in opened.text("pixel")
    read = float(opened.page.locator("#pixel b").get_attribute("data-value"))
    assert read == pytest.approx(found[2, 5], rel=1e-3, abs=1e-5)
    canvas.focus()
    opened.page.keyboard.press("ArrowDown")
    assert "column 5, row 3" in opened.text("pixel")
    read = float(opened.page.locator("#pixel b").get_attribute("data-value"))
    assert read == pytest.approx(found[3, 5], rel=1e-3, abs=1e-5)


def test_the_certificate_is_in_words(opened):
    assert opened.page.locator("#certificate p").all_inner_texts() == opened.told.looked[0].map.certificate
    assert opened.text("map-why") == opened.told.looked[0].map.why
