"""`python -m benchmarks.browser`: what the page weighs and how fast it is; writes docs/page.md and its pictures."""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from inward.page.bundle import frozen_page, plotly_script
from inward.page.schema import Twin, packed

DOCS = Path(__file__).parent.parent / "docs"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
IMAGES = "cifar10:test:0-9"
WIDTHS = (1440, 390)
RUNS = 7
_INWARD = (sys.executable, "-c", "from inward.cli import main; main()")
READY = "html[data-ready=true]"

REDRAW = """() => {
  const slider = document.getElementById('alpha');
  const times = [];
  for (let k = 0; k < 120; k++) {
    const begun = performance.now();
    slider.value = k % 42;
    slider.dispatchEvent(new Event('input'));
    for (const id of ['dimmed', 'strength', 'push']) {
      document.getElementById(id).getContext('2d').getImageData(0, 0, 1, 1);
    }
    document.getElementById('marker').getBoundingClientRect();
    times.push(performance.now() - begun);
  }
  return times;
}"""
"""Moves the slider, and waits each time until the pixels can be read and the marker has its place."""

MOMENTS = """() => {
  const seen = performance.getEntriesByType('navigation')[0];
  return [performance.getEntriesByName('ready')[0].startTime, seen.responseEnd, seen.loadEventEnd];
}"""
"""When the page was ready for a person, when its last byte was read, and when the browser calls it loaded."""


def large(told: Twin, side: int = 224) -> Twin:
    """The twin with one image of side × side pixels and a walk of random maps."""
    draw, one = np.random.default_rng(0), told.looked[0]
    steps = len(one.walk.alphas)
    image = one.image.model_copy(update={"pixels": packed(draw.integers(0, 256, (side, side, 3), np.uint8), 1 / 255)})
    maps = {
        "strengths": packed(draw.integers(0, 128, (steps, side, side)).astype(np.int8), 0.01),
        "pushes": packed(draw.integers(-127, 128, (steps, side, side)).astype(np.int8), 0.01),
        "start": packed(np.zeros((side, side, 3), np.uint8), 1 / 255),
    }
    walk = one.walk.model_copy(update=maps)
    found = one.map.model_copy(update={"values": packed(draw.normal(size=(side, side)))})
    looked = one.model_copy(update={"image": image, "walk": walk, "map": found, "crops": []})
    return Twin(head=told.head.model_copy(update={"images": [image]}), looked=[looked])


def main() -> None:
    """Measure, take the pictures, write the page."""
    if CHROMIUM is None:
        sys.exit("benchmarks.browser: no chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder) / "report"
        command = ["inspect", "cifar10-allconv", IMAGES, "--crop", "4,4,20,20", "--out", str(place)]
        subprocess.run([*_INWARD, *command], check=True)
        told = Twin.model_validate_json((place / "report.json").read_text(encoding="utf-8"))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        frozen = (place / "report.html").as_uri()
        rows = [*_redraws(browser, told, Path(folder)), *_loading(browser, frozen)]
        _screenshots(browser, frozen, "frozen")
        with _served() as address:
            _screenshots(browser, address, "live")
            rows += _dropped(browser, address)
        version = browser.version
        browser.close()
        sizes = _sizes(told, (place / "report.html").stat().st_size)
    (DOCS / "page.md").write_text(_page(rows, sizes, version), encoding="utf-8")


def _redraws(browser: Any, told: Twin, folder: Path) -> Iterator[tuple[str, str, str, int]]:
    place = folder / "large.html"
    place.write_text(frozen_page(large(told)), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(place.as_uri())
    page.wait_for_selector(READY, state="attached")
    page.wait_for_timeout(1000)
    times = [time for _ in range(RUNS) for time in page.evaluate(REDRAW)]
    page.close()
    yield "moving alpha, 224 × 224: three pictures, marker and words", _milliseconds(times), "16 ms", len(times)


def _loading(browser: Any, url: str) -> Iterator[tuple[str, str, str, int]]:
    moments = []
    for _ in range(RUNS):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(url)
        page.wait_for_selector(READY, state="attached")
        page.wait_for_function("() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
        moments.append(page.evaluate(MOMENTS))
        page.close()
    after = [max(ready - loaded, 0.0) for ready, _, loaded in moments]
    yield "frozen page ready, after the browser's load event", _milliseconds(after), "1 s", len(after)
    read = [ready - response for ready, response, _ in moments]
    yield "frozen page ready, after its last byte was read", _milliseconds(read), "", len(read)


def _dropped(browser: Any, address: str) -> Iterator[tuple[str, str, str, int]]:
    """A photograph of 500 × 375 pixels, given to a page that has computed before."""
    from PIL import Image

    first, whole = [], []
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(address)
    page.wait_for_selector(READY, state="attached")
    page.wait_for_selector("#progress", state="hidden")
    before = page.locator("#strip [role=option]").count()
    with tempfile.TemporaryDirectory() as folder:
        for run in range(RUNS):
            photo = Path(folder) / f"photo-{run}.jpg"
            small = np.random.default_rng(run).integers(0, 256, (12, 16, 3), np.uint8)
            Image.fromarray(small).resize((500, 375), Image.Resampling.BICUBIC).save(photo)
            begun = time.monotonic()
            page.set_input_files("#pick", str(photo))
            page.wait_for_selector(f"#strip [role=option]:nth-child({before + run + 1})")
            page.wait_for_selector(f"#image-title:has-text('photo-{run}')")
            first.append(1000 * (time.monotonic() - begun))
            page.wait_for_selector("#certificate:has-text('adds up')")
            page.wait_for_selector("#progress", state="hidden")
            whole.append(1000 * (time.monotonic() - begun))
    page.close()
    yield "dropped image: its classes are on the page", _milliseconds(first), "2 s", len(first)
    yield "dropped image: its map and its whole path too", _milliseconds(whole), "", len(whole)


def _screenshots(browser: Any, url: str, kind: str) -> None:
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            page.goto(url)
            page.wait_for_selector(READY, state="attached")
            page.wait_for_selector("#progress", state="hidden")
            page.wait_for_timeout(1500)
            page.screenshot(path=str(DOCS / f"page-{kind}-{width}-{scheme}.png"))
            page.close()


@contextmanager
def _served() -> Iterator[str]:
    command = [*_INWARD, "serve", "cifar10-allconv", IMAGES, "--no-open", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().split()[1]
    finally:
        server.terminate()
        server.wait(20)


def _sizes(told: Twin, whole: int) -> list[tuple[str, int]]:
    plotly = len(plotly_script().encode())
    head = told.head.model_dump(mode="json")

    def size(of: Any) -> int:
        return len(json.dumps(of, ensure_ascii=False, separators=(",", ":")).encode())

    looked = [one.model_dump(mode="json") for one in told.looked]
    parts = [
        ("activations: every channel of every layer", size([one["layers"] for one in looked])),
        ("paths: gradients and pushes at every step, probabilities, curves", size([one["walk"] for one in looked])),
        ("maps", size([one["map"] for one in looked])),
        ("crops", size([one["crops"] for one in looked])),
        ("pictures that were drawn already", size(head["sections"])),
        ("how the network formed, epoch by epoch", size(head["formation"])),
        ("histograms of the weights", size(head["weights"])),
    ]
    rest = whole - plotly - sum(part for _, part in parts)
    return [*parts, ("images, settings, style and scripts", rest), ("**without Plotly's script**", whole - plotly),
            ("Plotly's script", plotly)]  # fmt: skip


def _milliseconds(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.1f} ms ({min(times):.1f} to {max(times):.1f})"


def _page(rows: Sequence[tuple[str, str, str, int]], sizes: Sequence[tuple[str, int]], browser: str) -> str:
    from benchmarks.machine import described  # imports TensorFlow

    lines = [
        "# The page",
        "",
        "`inward serve` opens it with a network behind it; `inward inspect` writes it as `report.html`, one file that",
        "opens offline and holds all that was computed. Both are the same files and the same shapes of data",
        "([schema.py](../src/inward/page/schema.py)): `report.json` beside the page is its twin; the server answers",
        "with the same parts (`/api/openapi.json`).",
        "",
        "| | 1440 pixels | 390 pixels |",
        "|---|---|---|",
        *(
            f"| {kind}, {scheme} | ![{kind} page, {scheme}](page-{kind}-1440-{scheme}.png) | "
            f"![{kind} page on a telephone, {scheme}](page-{kind}-390-{scheme}.png) |"
            for kind in ("frozen", "live")
            for scheme in ("light", "dark")
        ),
        "",
        "## What takes how much",
        "",
        f"The frozen page of ten images of CIFAR-10 (`{IMAGES}`), every channel of all 21 layers in it, in bytes.",
        "Activations are rounded to 256 levels for each layer and image, deflated and written in base64. The page",
        "makes an ELU from the convolution below it; that it is this ELU is checked on the exact values first.",
        "The target is 8 MB without Plotly's script.",
        "",
        "| part | bytes |",
        "|---|--:|",
        *(f"| {name} | {size:,} |" for name, size in sizes),
        "",
        "## How fast it is",
        "",
        "| what | median (range) | target | n |",
        "|---|---|---|--:|",
        *(f"| {what} | {found} | {target} | {n} |" for what, found, target, n in rows),
        "",
        "Measured by `python -m benchmarks.browser`, in headless Chromium without a GPU.",
        "",
        f"* browser: Chromium {browser}",
        *(f"* {name}: {value}" for name, value in described().items()),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
