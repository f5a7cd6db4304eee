"""What only a live page can: other pictures, classes, baselines and crops; and the page that it saves."""

import base64

import numpy as np
import pytest

from inward.methods.integrated import integrated_gradients
from inward.render.signed import pixel_totals
from tests.browser.conftest import grey, opening, same, signed, values
from tests.web.narrow import CLASSES, png


def explained(model, told, **how):
    """The map that should be on the page, as pixels."""
    image = values(told.looked[0].image.pixels)
    found = integrated_gradients(model, image[None].astype(np.float32), progress=lambda *_: None, **how)
    totals = pixel_totals(found.values[0])
    return signed(totals, grey(image), np.percentile(np.abs(totals), 99))


def close(found, wanted):
    assert np.abs(found.astype(int) - np.clip(wanted, 0, 255)).mean() < 3


@pytest.mark.filterwarnings("ignore::inward.methods.integrated.NotConvergedWarning")
def test_another_class_from_the_bars(live, model):
    live.page.locator("#classes [data-class='2']").click()
    live.page.wait_for_selector(f"#map-why:has-text('why {CLASSES[2]}')")
    live.settled()
    close(live.pixels("map"), explained(model, live.told, target=2))
    assert live.page.locator("#ask-target").input_value() == "2"


@pytest.mark.filterwarnings("ignore::inward.methods.integrated.NotConvergedWarning")
def test_a_class_rather_than_another_from_another_baseline(live, model):
    live.page.select_option("#ask-target", "1")
    live.page.select_option("#ask-versus", "2")
    live.page.select_option("#ask-baseline", "white")
    live.page.select_option("#ask-score", "log_probability")
    live.page.wait_for_selector(f"#map-why:has-text('not {CLASSES[2]}')")
    live.page.wait_for_selector("#path-from:has-text('from white')")
    live.settled()
    how = {"target": 1, "versus": 2, "baseline": 1.0, "score": "log_probability"}
    close(live.pixels("map"), explained(model, live.told, **how))
    live.step(0)
    same(live.pixels("dimmed"), 255)


def add(live, how, content, name="new.png"):
    """Give the page a picture as a person does."""
    if how == "pick":
        live.page.set_input_files("#pick", {"name": name, "mimeType": "image/png", "buffer": content})
        return
    live.page.evaluate(
        """([how, text, name]) => {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], name, { type: 'image/png' }));
          const event = how === 'drop' ? new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })
            : new ClipboardEvent('paste', { clipboardData: data, bubbles: true });
          document.body.dispatchEvent(event);
        }""",
        [how, base64.b64encode(content).decode(), name],
    )


@pytest.mark.parametrize("how", ["pick", "drop", "paste"])
def test_a_new_picture_is_looked_at(live, how):
    before = live.page.locator("#strip [role=option]").count()
    name = f"<i>{how}</i>.png"
    add(live, how, png((8, 8), seed=9), name)
    live.page.wait_for_selector(f"#strip [role=option]:nth-child({before + 1})")
    live.page.wait_for_selector("#image-title:has-text('i>.png')")
    assert live.text("image-title") == "i>.png"  # of a name with a slash, the last part
    live.settled()
    from inward.data.pictures import decode_picture

    same(live.pixels("image"), decode_picture(png((8, 8), seed=9), name, 100).astype(int))


def test_what_is_no_picture_is_told(live):
    add(live, "pick", b"not a picture", "notes.txt")
    live.page.wait_for_selector("#status.bad:has-text('a file of another kind')")
    live.faults.clear()  # the browser itself notes the 400


def test_a_box_is_drawn_with_the_pointer_and_stays(live):
    canvas = live.page.locator("#crop")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    for k, (left, top) in enumerate([(2, 1), (5, 2)], start=1):
        live.page.mouse.move(box["x"] + left / 14 * box["width"], box["y"] + top / 10 * box["height"])
        live.page.mouse.down()
        live.page.mouse.move(box["x"] + (left + 6) / 14 * box["width"], box["y"] + (top + 7) / 10 * box["height"])
        live.page.mouse.up()
        live.page.wait_for_selector(f"#crop-list .card:nth-child({k})")
    boxes = live.page.locator("#crop-list .card").evaluate_all("cards => cards.map(c => c.dataset.box)")
    assert boxes == ["2,1,6,7", "5,2,6,7"]
    assert live.page.locator("#crop-form [name=left]").input_value() == "5"


def test_a_box_is_moved_and_sized_by_keyboard(live):
    live.page.locator("#crop").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "Shift+ArrowLeft"):
        live.page.keyboard.press(key)
    live.page.keyboard.press("Enter")
    live.page.wait_for_selector("#crop-list .card")
    assert live.page.locator("#crop-list .card").get_attribute("data-box") == "5,2,6,6"


def test_a_box_is_typed(live):
    for name, value in zip(("left", "top", "width", "height"), (1, 2, 9, 8), strict=True):
        live.page.fill(f"#crop-form [name={name}]", str(value))
    live.page.click("#crop-form button")
    live.page.wait_for_selector("#crop-list .card")
    assert live.page.locator("#crop-list .card").get_attribute("data-box") == "1,2,9,8"


def test_the_page_that_it_saves_is_the_frozen_page(live, browser, tmp_path):
    for name, value in zip(("left", "top", "width", "height"), (1, 2, 9, 8), strict=True):
        live.page.fill(f"#crop-form [name={name}]", str(value))
    live.page.click("#crop-form button")
    live.page.wait_for_selector("#crop-list .card")
    live.page.click("#save")
    with live.page.expect_download(timeout=120_000) as got:
        live.page.click("[data-save='report.html']")
    place = tmp_path / "saved.html"
    place.write_bytes(got.value.path().read_bytes())
    wanted = live.pixels("map")
    with opening(browser, place.as_uri(), live.told, live=False) as frozen:
        assert np.abs(frozen.pixels("map").astype(int) - wanted).mean() < 1
        assert frozen.text("mode") == "frozen"
        frozen.page.wait_for_selector("#crop-list .card")
        assert frozen.page.locator("#crop-list .card").get_attribute("data-box") == "1,2,9,8"


def test_moving_on_lets_the_earlier_question_go(live):
    for k in (0, 1, 2, 1, 2, 0):
        live.page.locator(f"#classes [data-class='{k}']").click()
    live.page.wait_for_selector(f"#map-why:has-text('why {CLASSES[0]}')")
    live.settled()
    assert live.text("status") == ""
