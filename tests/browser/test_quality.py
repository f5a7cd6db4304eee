"""Accessibility, speed and size; on narrow screens and in the dark too."""

import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from benchmarks.browser import MOMENTS, REDRAW, large
from inward.page.bundle import frozen_page
from tests.browser.conftest import opening

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["frozen", "live"])
def test_axe_finds_nothing_serious(browser, request, folder, told, width, scheme, kind):
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: make tests/browser/node_modules/ready")
    url = request.getfixturevalue("address") if kind == "live" else (folder / "report.html").as_uri()
    with opening(browser, url, told, kind == "live", color_scheme=scheme) as found:
        found.page.set_viewport_size({"width": width, "height": 900})
        found.page.wait_for_timeout(500)
        found.page.evaluate(AXE.read_text(encoding="utf-8"))
        answer = found.page.evaluate("() => axe.run()")
        serious = [
            (one["id"], [node["target"] for node in one["nodes"]][:5])
            for one in answer["violations"]
            if one["impact"] in SERIOUS
        ]
        assert serious == []
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_moving_alpha_redraws_within_a_frame(browser, told, tmp_path):
    place = tmp_path / "large.html"
    place.write_text(frozen_page(large(told)), encoding="utf-8")
    with opening(browser, place.as_uri(), told, live=False) as found:
        times = found.page.evaluate(REDRAW)
    assert len(times) == 120
    assert np.median(times) < 16, np.median(times)


def test_the_frozen_page_is_ready_within_a_second(frozen):
    ready, response, loaded = frozen.page.evaluate(MOMENTS)
    assert ready - loaded < 1000
    assert ready - response < 4000


def test_the_scripts_have_the_types_they_say():
    compiler = HERE / "node_modules" / ".bin" / "tsc"
    if not compiler.exists() or shutil.which("node") is None:
        pytest.skip("TypeScript is not installed: make tests/browser/node_modules/ready")
    done = subprocess.run([compiler, "-p", HERE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_lock_file_names_no_registry():
    assert "http" not in (HERE / "package-lock.json").read_text(encoding="utf-8")


@pytest.mark.timeout(600)
def test_ten_images_of_cifar_take_less_than_8_mb(tmp_path):
    from inward.data.cifar10 import find_cifar10
    from inward.errors import FileError

    try:
        data = find_cifar10(Path(os.environ.get("INWARD_DATA", HERE.parent.parent.parent / "shared" / "data")))
    except FileError:
        pytest.skip("CIFAR-10 is not here: set INWARD_DATA")
    from inward.data.images import read_images
    from inward.loading import load
    from inward.page.bundle import plotly_script
    from inward.report.inspection import inspect
    from inward.report.twin import twin
    from inward.report.views import shown_sections

    net = load("cifar10-allconv")
    found = read_images(["cifar10:test:0-9"], net.layers[0].shape, data)
    report = inspect(net, found.images, names=found.names)
    told = twin(report, list(shown_sections(report)))
    kept = {name for one in told.looked for name in one.layers}
    assert {layer.made[1] if layer.made else layer.name for layer in told.head.network.layers[1:]} == kept
    assert len(frozen_page(told).encode()) - len(plotly_script().encode()) < 8_000_000
