import json
import re

import numpy as np
import pytest

from inward.methods.integrated import integrated_gradients
from inward.methods.walk import walk
from inward.model import probabilities
from inward.page import schema
from inward.page.schema import unpacked
from inward.render.signed import pixel_totals
from tests.web.narrow import HOSTILE, png

LOOKED = re.compile(r'<script type="application/json" id="looked-\d+">(.*?)</script>', re.DOTALL)


def events(text):
    parts = [block.splitlines() for block in text.split("\n\n") if block]
    return [(kind.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for kind, data in parts]


def test_the_head_has_what_the_page_begins_with(client, session):
    head = schema.Head.model_validate(client.get("/api/report").json())
    assert head.live
    assert [image.name for image in head.images] == [HOSTILE, "two.png", "2.png"]
    assert [image.label for image in head.images] == [0, 1, None]
    assert head.images[0].size == [14, 10]
    assert [layer.name for layer in head.network.layers] == [layer.name for layer in session.model.layers]
    assert head.weights[0].before is not None
    assert head.training["epoch"] == [1, 2]


def test_answers_are_those_of_the_methods(client, session):
    pixels = session._images[1].pixels[None]
    image = schema.Image.model_validate(client.get("/api/images/1").json())
    np.testing.assert_allclose(image.probabilities, probabilities(session.model.scores(pixels))[0], rtol=1e-5)
    asked = {"target": 2, "versus": 0, "baseline": "grey", "score": "probability"}
    how = {"target": 2, "versus": 0, "baseline": 0.5, "score": "probability"}
    found = schema.Map.model_validate(client.get("/api/images/1/map", params=asked).json())
    direct = integrated_gradients(session.model, pixels, **how)
    np.testing.assert_allclose(unpacked(found.values), pixel_totals(direct.values[0]), rtol=1e-5, atol=1e-6)
    assert found.why == "why plain, not <b>bold</b>"
    told = schema.Walk.model_validate(client.get("/api/images/1/walk", params=asked).json())
    steps, _ = walk(session.model, pixels, **how)
    np.testing.assert_allclose(unpacked(told.probabilities), probabilities(steps.scores[:, 0]), atol=1e-6)
    layer = schema.Packed.model_validate(client.get("/api/images/1/layers/conv2").json())
    exact = session.model.activations(pixels, ["conv2"])["conv2"][0]
    assert np.abs(np.moveaxis(unpacked(layer), 0, -1) - exact).max() <= 0.51 * layer.step[0] + 1e-6


def test_a_crop_is_looked_at_as_an_image_of_its_own(client, session):
    found = schema.Crop.model_validate(client.get("/api/images/0/crop", params={"box": "2,1,6,8"}).json())
    assert found.box == [2, 1, 6, 8]
    assert found.size == [14, 10]
    part = unpacked(found.pixels)[None]
    np.testing.assert_allclose(found.probabilities, probabilities(session.model.scores(part))[0], atol=0.05)
    outside = client.get("/api/images/0/crop", params={"box": "9,1,6,8"})
    assert (outside.status_code, "inside the picture" in outside.json()["detail"]) == (400, True)


def test_progress_comes_before_the_result(client):
    answer = client.get("/api/images/0/walk", headers={"accept": "text/event-stream"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    told = events(answer.text)
    assert told[-1][0] == "result"
    assert told[-1][1] == client.get("/api/images/0/walk").json()
    shares = [data["share"] for kind, data in told if kind == "progress"]
    assert shares == sorted(shares)
    assert all(0 <= share < 1 for share in shares)


def test_a_mistake_is_told_on_the_stream_too(client):
    answer = client.get("/api/images/0/map?target=9", headers={"accept": "text/event-stream"})
    ((kind, data),) = [one for one in events(answer.text) if one[0] != "progress"]
    assert kind == "error"
    assert "choose from" in data["detail"]


def test_a_picture_that_is_added_is_looked_at(client):
    added = client.post("/api/images", params={"name": f"/etc/../{HOSTILE}"}, content=png())
    image = schema.Image.model_validate(added.json())
    assert (image.id, image.name, image.size) == (3, HOSTILE, [12, 10])
    assert client.get("/api/images/3/map").status_code == 200
    assert unpacked(schema.Packed.model_validate(client.get("/api/images/3/picture").json())).shape == (10, 12, 3)


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b"", 400, "an empty file"),
        (b"<svg onload=alert(1)>", 400, "another kind"),
        (png()[:80], 400, "damaged"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 400, "another kind"),
    ],
)
def test_what_is_no_picture_is_refused(client, content, status, words):
    answer = client.post("/api/images", content=content)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert len(client.get("/api/report").json()["images"]) == 3


def test_too_many_pixels_are_refused_before_they_are_decoded(client, monkeypatch):
    from PIL import Image

    content = png()
    monkeypatch.setattr("inward.web.session.MOST_PIXELS", 100)
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    answer = client.post("/api/images", content=content)
    assert (answer.status_code, "12 × 10" in answer.json()["detail"]) == (400, True)


def test_too_many_bytes_are_refused_whether_announced_or_not(client, monkeypatch):
    monkeypatch.setattr("inward.web.app.MOST_UPLOAD", 1000)
    assert client.post("/api/images", content=bytes(1001)).status_code == 413
    assert client.post("/api/images", content=(bytes(100) for _ in range(20))).status_code == 413


def test_added_pictures_make_room_for_each_other(session, monkeypatch):
    monkeypatch.setattr("inward.web.session.MOST_ADDED_BYTES", 3 * 12 * 10 * 3)
    gone = [session.add(png(seed=i), "x")[1] for i in range(5)]
    assert gone == [[], [], [], [3], [4]]
    assert session.images == (0, 1, 2, 5, 6, 7)


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ("/api/images/99", 404), ("/api/images/99/map", 404), ("/api/images/-1", 422),
        ("/api/images/0/layers/conv99", 400),
        ("/api/images/0/map?target=99", 400), ("/api/images/0/map?baseline=pink", 422),
        ("/api/images/0/map?target=1&versus=1", 400), ("/api/images/0/crop?box=1,2", 400), ("/api/nothing", 404),
        ("/assets/nothing.js", 404), ("/assets/..%2f..%2fschema.py", 404), ("/assets/../app.py", 404),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told(client, place, status):
    assert client.get(place).status_code == status


def test_the_page_and_its_files_are_served(client):
    assert '<script type="module" src="assets/main.js">' in client.get("/").text
    assert client.get("/assets/main.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/assets/page.css").headers["content-type"].startswith("text/css")
    assert "plotly.js v" in client.get("/assets/plotly.min.js").text[:500]


def test_the_frozen_page_holds_what_is_shown(client):
    html = client.get("/api/frozen?images=0,2").json()["html"]
    assert html.count('id="looked-') == 2
    assert HOSTILE not in html
    assert client.get("/api/frozen?images=0,99").status_code == 404


def test_the_frozen_page_keeps_the_boxes(client):
    html = client.get("/api/frozen?images=0,2&boxes=2:1,2,4,5;2:1,2,4,5;0:0,0,3,3").json()["html"]
    boxes = [[crop["box"] for crop in json.loads(text)["crops"]] for text in LOOKED.findall(html)]
    assert boxes == [[[0, 0, 3, 3]], [[1, 2, 4, 5]]]


@pytest.mark.parametrize(
    "boxes", ["1:0,0,3,3", "0:0,0,0,3", "0:90,0,3,3", "0:1,2,3", ";".join(f"0:0,0,1,{k}" for k in range(1, 53))]
)
def test_boxes_that_cannot_be_kept_are_named(client, boxes):
    assert client.get(f"/api/frozen?images=0&boxes={boxes}").status_code in (400, 422)


def test_an_empty_session_is_a_page(session):
    from fastapi.testclient import TestClient

    from inward.web.app import create_app
    from inward.web.session import Session

    with TestClient(create_app(Session(session.model, None, [], {})), base_url="http://localhost") as client:
        assert client.get("/api/report").json()["images"] == []
        assert client.post("/api/images", content=png()).json()["id"] == 0
