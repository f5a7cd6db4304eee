"""A browser, and the same page twice: frozen in a file, and live on a server."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn

from benchmarks.browser import ARGUMENTS, CHROMIUM
from inward.model import Formation, History, Spread
from inward.network.network import Network
from inward.page.schema import Twin, unpacked
from inward.report.inspection import CropOf, inspect
from inward.web.app import create_app
from inward.web.session import Session
from tests.web.narrow import network, shown

EPOCHS = 2


def pytest_collection_modifyitems(items):
    """Every test here starts a browser; where there is none, it says so."""
    missing = pytest.mark.skip(reason="no chromium on this machine: apt-get install chromium")
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(300))
            if CHROMIUM is None:
                item.add_marker(missing)


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield found
        found.close()


def trained() -> Network:
    """The narrow network with every part of a history."""
    model = network()
    draw = np.random.default_rng(5)
    made = {
        name: [np.histogram(draw.normal(size=500) * (1 + t), 20) for t in range(EPOCHS + 1)] for name in model.weights()
    }
    spreads = {
        name: Spread(np.array([e for _, e in found]), np.array([c for c, _ in found]), np.ones(EPOCHS + 1))
        for name, found in made.items()
    }
    metrics = {"epoch": np.array([1, 2])} | {
        f"{part}_{what}": np.array([0.5, 0.6]) for part in ("train", "test") for what in ("cost", "accuracy")
    }
    model.history = History(model.history.before, metrics, Formation(spreads, {}, {}))
    return model


@pytest.fixture(scope="session")
def model():
    return trained()


SETTINGS = {"model": "narrow", "images": "three images", "command": "inward inspect narrow <pictures>"}


@pytest.fixture(scope="session")
def folder(model, tmp_path_factory):
    """The frozen page's folder."""
    found = shown()
    crops = [CropOf(0, (2, 1, 6, 8), (14, 10), found.images[2])]
    report = inspect(model, found.images, [0, 1, -1], names=found.names, crops=crops, settings=SETTINGS)
    place = tmp_path_factory.mktemp("frozen") / "out"
    report.save(place)
    return place


@pytest.fixture(scope="session")
def told(folder):
    """The JSON twin."""
    return Twin.model_validate_json((folder / "report.json").read_text(encoding="utf-8"))


@contextmanager
def serving(session: Session):
    """The session's server on loopback; its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(session), log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(10)
        listening.close()


@pytest.fixture(scope="session")
def address(model):
    with serving(Session(model, shown(), [0, 1, -1], SETTINGS)) as found:
        yield found


@dataclass
class Opened:
    """A page in the browser, what it complained of, and where it went."""

    page: Any
    told: Twin
    live: bool
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def pixels(self, name: str) -> Any:
        """A canvas's pixels (h, w, 3)."""
        data, w, h = self.page.evaluate(
            "(id) => { const c = document.getElementById(id);"
            " return [Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data), c.width, c.height]; }",
            name,
        )
        return np.array(data, np.uint8).reshape(h, w, 4)[..., :3]

    def text(self, name: str) -> str:
        """What an element says."""
        return self.page.locator(f"#{name}").inner_text()

    def drawn(self, name: str) -> list[dict[str, Any]]:
        """The traces of a chart."""
        script = (
            "(id) => JSON.stringify(document.getElementById(id).data"
            ".map(t => ({...t, x: [...t.x], y: t.y && [...t.y]})))"
        )
        found: list[dict[str, Any]] = json.loads(self.page.evaluate(script, name))
        return found

    def step(self, step: int) -> None:
        """Move the slider."""
        self.page.locator("#alpha").evaluate(
            "(slider, step) => { slider.value = step; slider.dispatchEvent(new Event('input')); }", step
        )

    def settled(self) -> None:
        """Wait until nothing is computed."""
        self.page.wait_for_selector("html[data-ready=true]", state="attached")
        self.page.wait_for_selector("#certificate:has-text('adds up')")
        self.page.wait_for_selector("#progress", state="hidden")


@contextmanager
def opening(browser, url, twin, live, **context):
    made = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True, **context)
    page = made.new_page()
    found = Opened(page, twin, live)
    page.on("console", lambda m: found.faults.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda fault: found.faults.append(str(fault)))
    page.on("request", lambda request: found.requests.append(request.url))
    try:
        page.goto(url)
        found.settled()
        page.wait_for_function("() => window.Plotly") if not live else page.wait_for_selector(
            "#cost .main-svg >> nth=0"
        )
        yield found
        own = ("file:", "data:", "blob:", url) if live else ("file:", "data:", "blob:")
        assert [place for place in found.requests if not place.startswith(own)] == []
        assert found.faults == []
    finally:
        made.close()


@pytest.fixture(params=["frozen", "live"])
def opened(request, browser, folder, told):
    live = request.param == "live"
    url = request.getfixturevalue("address") if live else (folder / "report.html").as_uri()
    with opening(browser, url, told, live) as found:
        yield found


@pytest.fixture
def live(browser, address, told):
    with opening(browser, address, told, live=True) as found:
        yield found


@pytest.fixture
def frozen(browser, folder, told):
    with opening(browser, (folder / "report.html").as_uri(), told, live=False) as found:
        yield found


def grey(pixels):
    """Rec. 601's brightness."""
    return pixels @ np.array([0.299, 0.587, 0.114])


def signed(values, under, scale):
    """A signed map over a grey image, as pixels."""
    a = np.minimum(np.abs(values) / scale, 1)[..., None]
    colour = np.where(values[..., None] >= 0, [29, 78, 216], [220, 38, 38])
    return np.rint((1 - a) * 255 * under[..., None] + a * colour)


def same(found, wanted):
    """Pixels to within a level of rounding."""
    np.testing.assert_allclose(found.astype(int), np.clip(wanted, 0, 255), atol=1)


def values(packed):
    return unpacked(packed).astype(float)
