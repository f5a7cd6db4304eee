import numpy as np
import pytest

from inward.backends.numpy import NumpyOps
from inward.methods.backward import backward_pass
from inward.network.network import Network
from inward.report.inspection import inspect
from inward.report.report import Report
from inward.report.storage import flatten, rebuild
from inward.report.view_backward import backward_picture, changes, signal_section, signals, told
from inward.report.views import draw

QUICK = {"rule": "trapezoid", "steps": 2, "alphas": (1.0,)}
NAMES = ("input", "conv1", "conv2", "logits")


@pytest.fixture(scope="module")
def passed(model, images):
    return inspect(model, images[:2], target="b", versus="c", layers=["pool1", "logits"], backward=True, **QUICK)


def test_a_report_has_the_backward_pass_where_it_is_asked_for(model, images, report, passed):
    assert report.backward is None
    direct = backward_pass(model, images[:2], "b", versus="c", layers=["input", "pool1", "logits"])
    arrays, plain = flatten(passed.backward)
    wanted, wanted_plain = flatten(direct)
    assert plain == wanted_plain
    for name, array in wanted.items():
        np.testing.assert_array_equal(arrays[name], array, err_msg=name)


def test_it_is_saved_with_the_report(passed):
    found = rebuild(Report, *flatten(passed))
    assert found.backward.names == passed.backward.names
    np.testing.assert_array_equal(found.backward.gradients["pool1"], passed.backward.gradients["pool1"])


def test_it_is_drawn_for_all_images_and_for_each(passed):
    files = {name: data for name, data, _ in draw(passed)}
    for name in ("backward.png", "images/000-backward.png", "images/001-backward.png"):
        assert files[name].startswith(b"\x89PNG")
    assert b"Where the signal dies or explodes" in files["report.html"]


def test_progress_still_ends_at_one(model, images):
    ends = []
    inspect(model, images[:1], backward=True, progress=ends.append, **QUICK)
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(1)


def test_layers_without_rows_and_columns_are_not_drawn(model, images):
    assert backward_picture(backward_pass(model, images[:1], layers=["logits"]), 0, "x.png") == []


def test_changes_are_medians_over_the_images_that_have_both():
    norms = np.array([[1.0, 1.0, 1.0, 0.0], [2.0, 4.0, 8.0, 9.0], [np.nan, 0.0, 0.0, np.inf]])
    np.testing.assert_array_equal(changes(norms), [4, np.nan])


@pytest.mark.parametrize(
    ("norms", "sentence"),
    [
        ([[1], [9], [2], [0.3]], "It never changes more than tenfold in one layer."),
        (
            [[1], [30], [2], [0.1]],
            "It grows 30-fold through conv1, falls 15-fold through conv2, falls 20-fold through logits.",
        ),
        ([[1, 1], [1, 0], [0, 0], [0, 0]], "It becomes zero at conv1 (in 2 of 2 images)."),
        ([[1, 1], [1, 1], [2, np.inf], [2, np.nan]], "It is no longer finite at conv2 (in 1 of 2 images)."),
        ([[1], [1], [1], [np.nan]], "It is no longer finite at logits."),
    ],
)
def test_it_is_told_in_words(norms, sentence):
    assert told("It", NAMES, np.array(norms, float)) == sentence


def test_on_the_way_back_it_is_the_layer_that_is_left():
    norms = np.array([[1.0], [1.0], [0.01], [0.01]])
    assert told("It", NAMES[::-1], norms, backward=True) == "It falls 100-fold through conv2."


def with_kernels(model, change):
    layers, kernels = model._engine._chain, model.weights()
    return Network(layers, {n: change(n, k) for n, k in kernels.items()}, NumpyOps(), (8, 8, 1))


def test_a_planted_fault_is_told_with_its_layer(model, images):
    """A layer that is a thousand times too small, and one that is dead."""
    small = with_kernels(model, lambda name, kernel: kernel / 1000 if name == "conv5" else kernel)
    text = signal_section(backward_pass(small, images)).text
    assert "through conv5.linear" in text[1]
    assert "through conv5.linear" in text[2]
    dead = with_kernels(model, lambda name, kernel: 0 * kernel if name == "conv5" else kernel)
    text = signal_section(backward_pass(dead, images)).text
    assert "becomes zero at conv5.linear (in 6 of 6 images)" in text[1]
    assert "becomes zero at conv4 (in 6 of 6 images)" in text[2]


def test_averages_are_no_loss(model, images):
    """A constant through the average pools and the global average keeps its size, and so does its gradient."""
    found = backward_pass(model, images[:1], "a")
    up, down = signals(found)
    at = found.names.index("logits")
    np.testing.assert_allclose(down[at - 1], down[at])
    assert up.shape == down.shape == (len(found.names), 1)
