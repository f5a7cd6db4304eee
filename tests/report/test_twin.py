import json

import numpy as np
import pytest

from inward.model import probabilities
from inward.page.schema import FORMAT, Twin, unpacked
from inward.render.signed import pixel_totals
from inward.report.placing import on_input
from inward.report.twin import baseline_words, twin
from inward.report.views import draw


@pytest.fixture(scope="module")
def told(report):
    return Twin.model_validate_json(twin(report).model_dump_json())


def test_it_has_the_numbers_of_the_report(report, told):
    assert told.head.format == FORMAT
    assert [image.name for image in told.head.images] == list(report.names)
    assert [image.label for image in told.head.images] == [1, None]
    for i, one in enumerate(told.looked):
        np.testing.assert_allclose(one.image.probabilities, probabilities(report.scores)[i])
        totals = pixel_totals(report.attribution.values[i])
        np.testing.assert_allclose(unpacked(one.map.values), totals, rtol=1e-5, atol=1e-7)
        assert one.map.gap == report.attribution.gap[i]
        assert one.map.why == report.explained(i)
        np.testing.assert_allclose(unpacked(one.walk.probabilities), probabilities(report.walk.scores[:, i]), atol=1e-6)
        assert one.walk.alphas == report.walk.alphas.tolist()
        np.testing.assert_allclose(unpacked(one.image.pixels), report.images[i], atol=0.5 / 255 + 1e-6)


def test_every_layer_is_there_or_is_made(report, told, model):
    exact = model.activations(report.images, [layer.name for layer in model.layers])
    made = {"elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0)))}
    for i, one in enumerate(told.looked):
        for layer in told.head.network.layers[1:]:
            source = layer.made[1] if layer.made else layer.name
            found = unpacked(one.layers[source])
            found = made[layer.made[0]](found) if layer.made else found
            found = np.moveaxis(found, 0, -1) if found.ndim == 3 else found
            bound = 0.51 * one.layers[source].step[0] + 1e-6
            assert np.abs(found - exact[layer.name][i]).max() <= bound, layer.name


def test_the_crop_is_with_its_image(report, told):
    assert [len(one.crops) for one in told.looked] == [0, 1]
    (crop,) = told.looked[1].crops
    assert crop.box == [0, 2, 4, 4]
    assert crop.on_input == [0, 2, 4, 4]
    np.testing.assert_allclose(crop.probabilities, probabilities(report.crops[0].scores))


def test_the_certificate_is_in_words(told):
    first, second, last = told.looked[0].map.certificate
    assert "adds up to" in first
    assert "Estimated error" in second
    assert last.startswith(("Converged", "Not converged"))


def test_the_folder_has_the_page_and_its_twin(report):
    files = {name: content for name, content, _ in draw(report, single_file=False)}
    assert Twin.model_validate_json(files["report.json"]).head.network.name == "narrow"
    assert b"plotly.js v" in files["plotly.min.js"][:500]
    assert b"plotly.js v" not in files["report.html"]
    shown = json.loads(files["report.json"])["head"]["sections"]
    assert [section["title"] for section in shown] == ["Where dim images go", "How it formed"]


@pytest.mark.parametrize(
    ("baseline", "words"),
    [(0, "black"), (1.0, "white"), (0.5, "the uniform level 0.5"), ("an image of its own", "a baseline of its own")],
)
def test_baselines_have_names(baseline, words):
    assert baseline_words(baseline) == words


def test_a_box_in_what_was_cut_off_is_empty():
    assert on_input((0, 0, 2, 4), (16, 8), 8, 8) == (0, 0, 0, 4)
    assert on_input((4, 0, 8, 8), (16, 8), 4, 4) == (0, 0, 4, 4)
