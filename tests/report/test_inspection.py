import numpy as np
import pytest

from inward.data.pictures import blurred
from inward.errors import ArgumentError, ShapeError
from inward.methods.activations import default_layers
from inward.methods.integrated import integrated_gradients
from inward.report.inspection import CropOf, inspect, model_hash
from inward.report.storage import flatten

QUICK = {"rule": "trapezoid", "steps": 4, "alphas": (0.1, 1.0)}


def test_a_report_has_every_part(model, images, report):
    assert report.names == ("<one>", "two & more")
    assert report.labels.tolist() == [1, -1]
    assert report.classes == ("a", "b", "c")
    assert report.interior.gradients.shape == (2, 2, 8, 8, 1)
    assert report.activations.values.keys() == {"conv3", "conv6", "conv9"}
    assert [layer.name for layer in report.weights.layers] == list(model.weights())
    assert report.weights.layers[0].before is not None
    np.testing.assert_array_equal(report.metrics["test_cost"], [1.0, 0.5])
    assert report.formation is model.history.formation
    np.testing.assert_array_equal(report.scores, model.scores(images[:2]))
    described = report.describe()
    assert described["seed"] == 2
    assert described["model hash"] == model_hash(model)
    assert [described[name] for name in ("tolerance", "rule", "steps", "power", "baseline")] == [
        0.01,
        "trapezoid",
        "4",
        "3",
        0,
    ]


def test_groups_of_images_give_the_same_as_one_by_one(model, images):
    whole = inspect(model, images, **QUICK)
    direct = integrated_gradients(model, images, rule="trapezoid", steps=4)
    np.testing.assert_allclose(whole.attribution.values, direct.values, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(whole.attribution.target, direct.target)
    for i in range(len(images)):
        arrays, _ = flatten(inspect(model, images[[i]], **QUICK).attribution)
        for name, array in flatten(whole.attribution)[0].items():
            np.testing.assert_allclose(arrays[name][0], array[i], rtol=1e-9, atol=1e-12, err_msg=name)


def test_one_class_and_a_class_for_each_image_are_the_same(model, images):
    for target, versus in [("b", "c"), (1, np.int64(2)), ([1] * 6, ["c"] * 6), (np.full(6, 1), np.full(6, 2))]:
        found = inspect(model, images, target=target, versus=versus, **QUICK)
        assert found.attribution.target.tolist() == [1] * 6
        assert found.attribution.versus.tolist() == found.saturation.versus.tolist() == [2] * 6
        assert found.explained(5) == "why b, not c"


@pytest.mark.parametrize("number", [1, 4, 5, 7, 8])
def test_another_number_of_classes_or_baselines_is_refused(model, images, number):
    with pytest.raises(ArgumentError, match="one class, or 6"):
        inspect(model, images, target=[0] * number, **QUICK)
    with pytest.raises(ShapeError, match="baseline"):
        inspect(model, images, baseline=np.zeros((number, 8, 8, 1)), **QUICK)


def test_every_form_of_baseline(model, images):
    each = np.random.default_rng(0).random(images.shape)
    for baseline, wanted in [
        (0.5, np.full_like(images, 0.5)), (each, each), (each[0], np.broadcast_to(each[0], images.shape)),
        (blurred, blurred(images)),
    ]:  # fmt: skip
        found = inspect(model, images, baseline=baseline, **QUICK)
        for part in (found.attribution, found.interior, found.saturation):
            np.testing.assert_array_equal(part.baseline, wanted)
    assert found.describe()["baseline"] == "an image of its own for each image"


def test_a_crop_is_an_image_of_its_own(model, images):
    crops = [CropOf(i, (1, 1, 4, 4), (8, 8), images[5 - i]) for i in (0, 4)]
    how = {"rule": "midpoint", "steps": 3, "power": 2.0}
    found = inspect(model, images, crops=crops, alphas=(1.0,), **how)
    for crop, i in zip(found.crops, (0, 4), strict=True):
        alone = integrated_gradients(model, images[[5 - i]], **how)
        np.testing.assert_allclose(crop.attribution.values, alone.values, rtol=1e-9)
        np.testing.assert_array_equal(crop.scores, model.scores(images[[5 - i]])[0])
        np.testing.assert_array_equal(crop.attribution.target, alone.target)


def test_a_crop_gets_the_question_and_the_baseline_of_its_image(model, images):
    crops = [CropOf(4, (1, 1, 4, 4), (8, 8), images[0])]
    each = np.random.default_rng(0).random(images.shape)
    asked = {"target": [0, 0, 0, 0, 2, 0], "versus": [1, 1, 1, 1, 0, 1]}
    found = inspect(model, images, crops=crops, baseline=each, **asked, **QUICK).crops[0].attribution
    assert (found.target.tolist(), found.versus.tolist()) == ([2], [0])
    np.testing.assert_array_equal(found.baseline, each[[4]])
    own = inspect(model, images, crops=crops, baseline=blurred, **QUICK).crops[0].attribution
    np.testing.assert_array_equal(own.baseline, blurred(images[[0]]))


def test_a_crop_that_is_taken_for_the_other_class_still_gets_the_contrast(model, images):
    whole, part = images[[1]], 1 - images[[1]]
    taken = [int(model.scores(x).argmax()) for x in (whole, part)]
    other = taken[1] if taken[1] != taken[0] else (taken[0] + 1) % 3
    found = inspect(model, whole, versus=other, crops=[CropOf(0, (0, 0, 8, 8), (8, 8), part[0])], **QUICK)
    assert found.question(found.crops[0].attribution, 0) == found.explained(0)


def test_layers_by_choice_and_by_default(model, images):
    found = inspect(model, images[:1], layers=["pool2", "conv1.linear", "logits"], **QUICK)
    assert list(found.activations.values) == ["pool2", "conv1.linear", "logits"]
    assert default_layers(model) == ["conv3", "conv6", "conv9"]


def test_progress_rises_to_one(model, images):
    told = []
    inspect(model, images, crops=[CropOf(0, (0, 0, 8, 8), (8, 8), images[0])], progress=told.append, **QUICK)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"target": "zebra"}, "target must be a class of the model, got 'zebra'; choose from a, b, c"),
        ({"target": 3}, "0 to 2, got 3"),
        ({"target": 1, "versus": "b"}, "versus must be another class"),
        ({"score": "loss"}, "score must be one of"),
        ({"rule": "simpson"}, "rule must be one of"),
        ({"steps": 4}, "rule must be named where steps or power are"),
        ({"rule": "trapezoid", "steps": 0}, "steps must be 1 or more"),
        ({"rule": "trapezoid", "power": 0}, "power must be positive"),
        ({"tolerance": 0}, "tolerance must be above 0"),
        ({"alphas": (0.5, 1.5)}, "alphas must be in"),
        ({"alphas": ()}, "alphas"),
        ({"alphas": None}, "alphas"),
        ({"layers": ["conv99"]}, "got 'conv99'; choose from input"),
        ({"layers": []}, "layers must be a list of names"),
        ({"layers": "conv3"}, "layers must be a list of names"),
        ({"baseline": float("nan")}, "baseline must be a finite number"),
        ({"baseline": lambda x: x[:, 1:]}, "baseline"),
        ({"labels": [1]}, "labels"),
        ({"labels": [0.0] * 6}, "labels"),
        ({"labels": [3] * 6}, "labels must be classes, 0 to 2, got 3"),
        ({"labels": [-2] * 6}, "got -2"),
        ({"names": ["x"]}, "names must be 6, got 1"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_work(model, images, wrong, message, monkeypatch):
    with pytest.raises((ArgumentError, ShapeError), match=message):
        inspect(model, images, **wrong)


@pytest.mark.parametrize("bad", [np.zeros((8, 8, 1)), np.zeros((0, 8, 8, 1)), np.zeros((1, 8, 8, 3)),
                                 np.zeros((1, 8, 8, 1), np.uint8), np.full((1, 8, 8, 1), np.nan)])  # fmt: skip
def test_images_that_do_not_fit_are_refused(model, bad):
    with pytest.raises(ShapeError, match="images must be"):
        inspect(model, bad)


def test_the_hash_tells_weights_apart(model):
    class Other:
        def weights(self):
            return {name: -kernel for name, kernel in model.weights().items()}

    assert model_hash(model) == model_hash(model) != model_hash(Other())
