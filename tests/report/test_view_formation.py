import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from inward.model import Formation, Spread
from inward.render.ridge import TIMES
from inward.report.view_formation import _in_units_of_their_size, _line, formation_section

FORMS = ["formation.gif", *(f"formation-{part}.png" for part in ("weights", "gradients", "activations", "norms"))]


def test_a_formation_is_drawn(report):
    section = formation_section(report, report.formation)
    assert section.title == "How it formed"
    assert [picture.name for picture in section.pictures] == FORMS
    assert all(picture.alt and picture.caption for picture in section.pictures)
    moving = Image.open(io.BytesIO(section.pictures[0].data))
    assert moving.n_frames == 3


def test_what_was_not_recorded_is_left_out(report):
    none: dict[str, Spread] = {}
    assert formation_section(report, Formation(none, none, none)).pictures == ()
    only = formation_section(report, replace(report.formation, gradients=none, activations=none))
    assert [picture.name for picture in only.pictures] == [FORMS[0], FORMS[1], FORMS[4]]


def test_gradients_are_in_units_of_their_root_mean_square():
    values = np.random.default_rng(1).normal(size=(2, 5000)) * np.array([[1e-6], [1e3]])
    made = [np.histogram(row, 40) for row in values]
    edges, counts = np.array([edges for _, edges in made]), np.array([counts for counts, _ in made])
    found = _in_units_of_their_size({"conv1": Spread(edges, counts, np.linalg.norm(values, axis=1))})["conv1"]
    middles = (found.edges[:, 1:] + found.edges[:, :-1]) / 2
    size = np.sqrt((counts * middles**2).sum(axis=1) / counts.sum(axis=1))
    np.testing.assert_allclose(size, 1, rtol=0.01)


@pytest.mark.parametrize("norm", [0.0, np.nan, np.inf])
def test_gradients_without_a_size_stay_as_they_are(norm):
    spread = Spread(np.array([[0.0, 1.0]]), np.array([[0]]), np.array([norm]))
    assert _in_units_of_their_size({"a": spread})["a"].edges.tolist() == [[0, 1]]


def test_the_line_tells_the_accuracy_where_it_is_known():
    metrics = {"epoch": np.array([1, 2]), "test_accuracy": np.array([0.25, 0.5])}
    assert _line(metrics, 0) == "before training"
    assert _line(metrics, 2) == "after epoch 2: 50.0 % of the test images right"
    assert _line(metrics, 3) == _line({}, 3).replace("2", "3") == "after epoch 3"


def test_the_animation_of_a_long_training_stays_small(report):
    """The nine layers of the shipped network over 40 epochs."""
    draw = np.random.default_rng(0)
    made = [np.histogram(draw.normal(size=2000) * (1 + t / 20), 64) for t in range(41)]
    spread = Spread(np.array([e for _, e in made]), np.array([c for c, _ in made]), np.ones(41))
    none: dict[str, Spread] = {}
    grown = Formation({f"conv{i}": spread for i in range(9)}, none, none)
    data = formation_section(report, grown).pictures[0].data
    assert len(data) < 1_000_000
    assert Image.open(io.BytesIO(data)).n_frames == TIMES
