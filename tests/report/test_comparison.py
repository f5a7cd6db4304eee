import json
from html import unescape

import numpy as np
import pytest

import inward
from inward.errors import ArgumentError, FileError
from inward.report.inspection import inspect


@pytest.fixture(scope="module")
def pair(model, images, report):
    return report, inspect(
        model, images[2:4], target="c", versus="a", rule="trapezoid", steps=4, alphas=(1.0,), settings={"seed": 3}
    )


def test_two_reports_stand_side_by_side(pair, tmp_path):
    page = inward.compare(*pair).save(tmp_path / "out")
    html = page.read_text(encoding="utf-8")
    assert "&lt;one&gt;" in html
    assert "why c, not a" in html
    assert (page.parent / "compared.png").is_file()
    assert {file.name for file in page.parent.glob("[ab]-*.png")} == {
        "a-weights.png", "a-training.png", "b-weights.png", "b-training.png",
    }  # fmt: skip
    first, second = json.loads((page.parent / "manifest.json").read_text())
    assert (first["seed"], second["seed"]) == (2, 3)


def test_a_comparison_replaces_a_comparison_and_nothing_else(pair, tmp_path):
    found = inward.compare(*pair)
    found.save(tmp_path / "out")
    found.save(tmp_path / "out")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileError, match="a folder with other files"):
        found.save(tmp_path)
    with pytest.raises(FileError, match="a report's folder"):
        inward.load_report(tmp_path / "nothing")


def test_a_comparison_is_no_report(pair, tmp_path):
    inward.compare(*pair).save(tmp_path / "out")
    with pytest.raises(FileError, match=r"no results\.npz"):
        inward.load_report(tmp_path / "out")


def test_a_notebook_shows_it(pair):
    assert "&lt;one&gt;" in unescape(inward.compare(*pair)._repr_html_())


def test_the_distance_of_a_report_to_itself_is_nothing(report):
    assert inward.compare(report, report)._repr_html_().count("0.00%") >= len(report.images)


def test_reports_of_other_images_are_refused(model, images, report):
    with pytest.raises(ArgumentError, match="inspect the same number of images"):
        inward.compare(
            report, inspect(model, np.concatenate([images, images]), rule="midpoint", steps=1, alphas=(1.0,))
        )
