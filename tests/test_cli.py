import hashlib
import json
import pickle
import re
import signal
import struct
import subprocess
import sys
import zlib
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from safetensors.numpy import save_file

from inward import __version__, backends, cli
from inward.backends.numpy import NumpyOps
from inward.data import cifar10, download
from inward.files import write_weights
from inward.methods.rules import compare_rules
from inward.network import run
from inward.network.allconv import initial_kernels
from inward.network.network import Network
from inward.network.plan import Architecture, Plan
from inward.network.recipes import RECIPES
from inward.recording.formation import Gathering
from inward.report import views

CLASSES = ("cat", "dog", "horse")
QUICK = ["--backend", "numpy", "--rule", "trapezoid", "--steps", "2", "--alphas", "0.5,1"]


def run_folder(out, shape=(16, 16, 3), classes=CLASSES):
    """A run of a narrow network, as `inward train` writes it."""
    architecture = Architecture(shape, classes, width=4)
    kernels = {name: 6 * kernel for name, kernel in initial_kernels(architecture.layers(), 3).items()}
    run.start(out, Plan(architecture, RECIPES["digits"]["fast"], 3), kernels, {"dataset": "digits", "backend": "numpy"})
    run.write_state(out, kernels, [run.Epoch(1, 2.3, 0.1, 2.2, 0.2, 1.5)], Gathering())


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    """An empty place with a run in it, where drawing takes no time and no data set lies about."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("INWARD_DATA", raising=False)
    monkeypatch.setattr(cifar10, "user_cache_path", lambda name: tmp_path / "cache" / name)
    monkeypatch.setattr(views, "draw", lambda report, **_: iter([("report.html", b"page", 1.0)]))
    monkeypatch.setattr(sys, "argv", ["inward"])
    run_folder(tmp_path / "run")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path


@pytest.fixture
def inward(capsys):
    """Run a command; its exit code, and the lines on both streams."""

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            cli.main(list(arguments))
        out, err = capsys.readouterr()
        return left.value.code or 0, out.splitlines(), err.splitlines()

    return call


@pytest.fixture
def refused(inward, room):
    """Run a command that must fail in one line and leave nothing behind; that line."""

    def call(*arguments):
        before = everything(room)
        code, out, err = inward(*arguments)
        assert (code, out, len(err)) == (2, [], 1), err
        assert err[0].startswith("inward: ")
        assert everything(room) == before
        return err[0]

    return call


def everything(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


def inspected(inward, *arguments, out="out"):
    code, lines, err = inward("inspect", "run", *arguments, *QUICK, "--out", out)
    assert (code, err) == (0, []), err
    with np.load(Path(out) / "results.npz") as file:
        return lines, {name: file[name] for name in file.files}


# What works


def test_inspect_writes_a_report_and_names_the_next_command(inward, room):
    lines, arrays = inspected(inward, "photo.png", "--target", "dog", "--versus", "horse", "--crop", "2,2,10,10")
    assert lines[0].startswith("photo.png: ")
    assert lines[1].startswith("photo.png, crop 2,2,10,10: ")
    assert lines[2:] == [
        f"wrote {Path('out', 'report.html')}",
        "next: inward inspect run photo.png --versus CLASS, or --crop L,T,W,H, to ask further",
    ]
    assert arrays["images"].shape == (1, 16, 16, 3)
    settings = json.loads((room / "out" / "manifest.json").read_text())["settings"]
    assert settings["model"] == "run"
    assert settings["backend"] == "numpy"
    assert settings["versions"]["inward"] == __version__
    assert settings["fitting"] == "1 of 1 centre-cropped and resized to the network's input"


def test_a_map_that_did_not_converge_is_noted_and_said(inward, room):
    how = ["--backend", "numpy", "--alphas", "0.5,1", "--tolerance", "1e-3", "--max-evaluations", "45"]
    code, lines, err = inward("inspect", "run", "photo.png", *how, "--out", "out")
    assert code == 0
    assert len(err) == 1
    assert err[0].startswith("note: not known to 0.001: images 0 (error ")
    assert err[0].endswith("raise max_evaluations or the tolerance")
    assert lines[0].endswith("not converged to 0.001")


def test_rules_are_compared_where_it_is_asked(inward, room, monkeypatch):
    quick = partial(compare_rules, steps=(2,), tolerances=(0.5,))
    monkeypatch.setattr("inward.report.inspection.compare_rules", quick)
    code, _, _ = inward("inspect", "run", "photo.png", *QUICK, "--rules", "--out", "out")
    assert code == 0
    with np.load(room / "out" / "results.npz") as file:
        assert file["rules.error.midpoint"].shape == (1, 1)


def test_the_same_command_gives_the_same_arrays(inward):
    _, first = inspected(inward, "photo.png", "--crop", "0,0,9,9")
    _, second = inspected(inward, "photo.png", "--crop", "0,0,9,9", out="again")
    assert first.keys() == second.keys()
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name], err_msg=name)


def test_micro_batches_of_any_size_agree(inward, monkeypatch):
    _, whole = inspected(inward, "photo.png", "photo.png")
    monkeypatch.setattr("inward.batched.fitting_micro_batch", lambda layers: 1)
    _, single = inspected(inward, "photo.png", "photo.png", out="single")
    for name, array in whole.items():
        size = np.abs(array).max(initial=0)
        np.testing.assert_allclose(single[name], array, rtol=1e-5, atol=1e-5 * size, err_msg=name)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_every_kind_of_picture_works(inward, room, mode):
    levels = np.random.default_rng(1).integers(0, 256, (20, 20), np.uint8)
    deep = {"I;16": np.uint16, "I": np.int32, "F": np.float32}
    picture = (
        Image.fromarray(levels.astype(deep[mode]) * 257) if mode in deep else Image.fromarray(levels).convert(mode)
    )
    name = "x.png" if mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16") else "x.tif"
    picture.save(room / name)
    _, arrays = inspected(inward, name)
    assert arrays["images"].shape == (1, 16, 16, 3)
    assert arrays["images"].std() > 0.01


def test_a_folder_of_pictures_and_odd_names(inward, room):
    folder = room / "my photos"
    folder.mkdir()
    for name in ("b <i>.png", "a\nb.png", "é.png", "\udcff.png"):
        (folder / name).write_bytes((room / "photo.png").read_bytes())
    (folder / "notes.txt").write_text("not a picture")
    lines, arrays = inspected(inward, "my photos")
    assert len(arrays["images"]) == 4
    assert lines[-1].startswith("next: inward inspect run 'my photos' --versus")


@pytest.mark.parametrize("baseline", ["0", "0.5", "blur", "photo.png"])
def test_every_baseline(inward, baseline):
    inspected(inward, "photo.png", "--baseline", baseline)


def test_a_class_by_name_and_by_number_are_the_same(inward):
    _, name = inspected(inward, "photo.png", "--target", "horse", "--versus", "cat")
    _, number = inspected(inward, "photo.png", "--target", "2", "--versus", "0", out="number")
    np.testing.assert_array_equal(name["attribution.values"], number["attribution.values"])


def test_the_backward_pass_is_in_the_report_where_it_is_asked_for(inward):
    _, plain = inspected(inward, "photo.png")
    _, asked = inspected(inward, "photo.png", "--backward", "--layers", "conv2", out="asked")
    assert asked.keys() - plain.keys() >= {"backward.gradient_norms", "backward.gradients.conv2"}
    assert asked["backward.gradients.conv2"].shape == (1, 16, 16, 4)


def test_digits_come_with_their_labels(inward, room):
    run_folder(room / "digits", (8, 8, 1), tuple("0123456789"))
    code, lines, _ = inward("inspect", "digits", "digits:test:0-2", *QUICK, "--out", "out")
    assert code == 0
    assert all("(label " in line for line in lines[:3])


SOMEONES = """
from torch import manual_seed, nn

def build():
    manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    )
"""


@pytest.fixture
def someones(room):
    """A package of someone's in the current directory, with weights and names; how it is said."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    name = f"someones_{room.name}"
    (room / name).mkdir()
    (room / name / "__init__.py").write_text(SOMEONES)
    names: dict[str, object] = {}
    exec(SOMEONES, names)
    state = names["build"]().state_dict()  # type: ignore[operator]
    torch.manual_seed(1)
    weights = {key: value.numpy() + 0.1 for key, value in state.items() if value.is_floating_point()}
    counted = {key: value.numpy() for key, value in state.items() if not value.is_floating_point()}
    save_file(weights | counted, room / "w.safetensors")
    (room / "names.txt").write_text("cat\ndog\nhorse\n")
    before = [*sys.path]
    yield [f"{name}:build", "--weights", "w.safetensors", "--classes", "names.txt", "--input-shape", "8,8,3"]
    sys.path[:] = before


def test_someones_own_network_is_inspected_as_ours_are(inward, room, someones):
    model, *how = someones
    asked = ["--target", "dog", "--scale", "255", "--mean", "120,120,120", "--std", "60", "--micro-batch", "16"]
    quick = ["--rule", "trapezoid", "--steps", "2", "--alphas", "0.5,1"]
    code, lines, err = inward("inspect", model, "photo.png", *how, *asked, *quick, "--out", "out")
    assert (code, err) == (0, [])
    assert lines[0].startswith("photo.png: ")
    again = " ".join([model, "photo.png", *how, "--scale 255.0 --mean 120,120,120 --std 60"])
    assert lines[-1].startswith(f"next: inward inspect {again} --versus CLASS")
    settings = json.loads((room / "out" / "manifest.json").read_text())["settings"]
    assert (settings["model"], settings["backend"]) == (model, "torch")
    assert {"torch", "numpy"} <= settings["versions"].keys()
    with np.load(room / "out" / "results.npz") as file:
        assert file["images"].shape == (1, 8, 8, 3)
        assert 0 <= file["images"].min() <= file["images"].max() <= 1
        assert file["attribution.relative_gap"].max() < 1


def test_doctor_checks_someones_network_and_names_the_next_command(inward, someones):
    model, *how = someones
    code, lines, err = inward("doctor", model, "photo.png", *how)
    assert (code, err) == (0, [])
    assert any(re.match(r"ok +layout +one input is 8 x 8 x 3, channels last", line) for line in lines)
    assert any(re.match(r"note +mode +1 came in training mode", line) for line in lines)
    assert lines[-1] == " ".join(["next: inward inspect", model, "photo.png", *how])


def test_doctor_without_an_image_looks_at_noise(inward):
    code, lines, _ = inward("doctor", "run", "--backend", "numpy")
    assert code == 0
    assert lines[-1] == "next: inward inspect run YOUR-PHOTO.jpg"


@pytest.mark.parametrize(
    ("last", "code", "level"), [("nn.Softmax(1)", 1, "warning"), ("nn.Hardtanh(2, 3)", 2, "error")]
)
def test_doctor_tells_machines_and_by_its_exit_code(inward, room, someones, last, code, level):
    model, *how = someones
    file = room / model.partition(":")[0] / "__init__.py"
    talking = SOMEONES.replace("nn.Linear(4, 3)", f"nn.Linear(4, 3), {last}") + "\nprint('here I am')\n"
    file.write_text(talking)
    found, lines, err = inward("doctor", model, "photo.png", *how, "--json")
    assert (found, err) == (code, ["here I am"])
    told = json.loads("\n".join(lines))
    assert (told["level"], told["model"], told["backend"], told["images"]) == (level, model, "torch", ["photo.png"])
    assert {"level", "check", "found", "change", "measured"} == told["findings"][0].keys()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--weights none.safetensors", "none.safetensors must be a file of weights, got no such file"),
        ("--weights photo.png", "photo.png must be weights in .safetensors, .pt, .pth, .npz, got .png"),
        ("--classes none.txt", "none.txt must be a file of names, got No such file"),
        ("--classes two.txt", "classes must be 3 names, one for each output, got 2"),
        ("--input-shape big", "--input-shape must be H,W,C in whole numbers, got 'big'"),
        ("--mean a,b", "--mean must be numbers with commas between"),
        ("--mean 1,2", "preprocess mean must be one number, or one for each of 3 channels"),
        ("--std 0", "no std of 0"),
        ("--backend numpy", "backend must be left out, got numpy; it is for networks of ours"),
        ("--output 3", "output must be one of 0, got 3"),
        ("--order grb", "'grb' is not one of"),
        ("--micro-batch 0", "'--micro-batch'"),
    ],
)
def test_a_mistake_about_someones_network_is_one_line(refused, room, someones, monkeypatch, options, message):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (room / "two.txt").write_text("cat\ndog\n")
    model, *how = someones
    assert message in refused("inspect", model, "photo.png", *how, *options.split())


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("model.h5", "load it in your own code and name it package.module:build"),
        ("model.pkl", "a pickle, which is a program"),
        ("nets:build", "run it from the folder that holds the package"),
    ],
)
def test_files_that_would_run_code_are_refused(refused, model, message):
    assert message in refused("inspect", model, "photo.png")


def test_version_and_help(inward):
    assert inward("--version") == (0, [f"inward {__version__}"], [])
    for arguments in ([], ["--help"]):
        code, out, err = inward(*arguments)
        assert (code, err) == (0, [])
        assert len(out) > 5
        assert all(
            re.search(rf"^ +{name} ", "\n".join(out), re.M) for name in ("demo", "data", "train", "inspect", "doctor")
        )


@pytest.mark.parametrize("command", ["demo", "data", "train", "inspect", "doctor"])
def test_the_help_of_each_command_has_an_example(inward, command):
    code, out, _ = inward(command, "--help")
    assert code == 0
    assert any(line.strip().startswith(f"inward {command}") for line in out)


def test_data_downloads_to_where_every_command_looks(inward, room, monkeypatch):
    asked = []
    monkeypatch.setattr(download, "download_cifar10", lambda place, tell: asked.append(place) or tell(1, 2) or place)
    code, out, _ = inward("data", "cifar10", "--data", "my data")
    assert (code, asked) == (0, [Path("my data")])
    assert out == ["wrote my data", "next: inward train --data 'my data'"]
    assert inward("data", "cifar10")[1][1] == "next: inward train"


@pytest.fixture
def few_digits(monkeypatch):
    """Digits enough for a step or two, and a network narrow enough."""
    from inward.data import dataset, digits
    from inward.network import recipes

    whole = digits.load_digits()
    few = dataset.Dataset("digits", whole.train_images[:40], whole.train_labels[:40], whole.test_images[:20],
                          whole.test_labels[:20], whole.classes)  # fmt: skip
    monkeypatch.setitem(dataset._DATASETS, "digits", lambda folder: few)
    monkeypatch.setitem(recipes.WIDTHS, "digits", 4)


TRAIN = ["train", "--dataset", "digits", "--epochs", "1", "--backend", "numpy"]


def test_train_writes_the_whole_run(inward, room, few_digits):
    code, out, err = inward(*TRAIN, "--out", "new run")
    assert code == 0, err
    assert out == ["wrote new run", "next: inward inspect 'new run' digits:test:0-7"]
    assert {file.name for file in (room / "new run").iterdir()} == {
        "initial.safetensors", "weights.safetensors", "metrics.csv", "config.json", "formation.npz",
        "checkpoint.safetensors", "checkpoint.earlier.safetensors",
    }  # fmt: skip
    config = json.loads((room / "new run" / "config.json").read_text())
    assert (config["dataset"], config["recipe_name"], config["seed"]) == ("digits", "fast", 0)
    assert config["recipe"]["epochs"] == 1
    assert len((room / "new run" / "metrics.csv").read_text().splitlines()) == 2
    assert inward("inspect", "new run", "digits:test:0", *QUICK)[0] == 0


def test_the_same_seed_gives_the_same_weights(inward, room, few_digits):
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        assert inward(*TRAIN, "--seed", seed, "--out", name)[0] == 0
    for file in ("initial.safetensors", "weights.safetensors"):
        first, same, other = ((room / name / file).read_bytes() for name in "abc")
        assert first == same != other


@contextmanager
def interrupted_line():
    """A line of progress during which somebody presses Ctrl-C at the first step."""

    def tell(now):
        if now.step == 1:
            signal.raise_signal(signal.SIGINT)

    yield tell, lambda epoch: None


def test_ctrl_c_leaves_a_run_that_can_be_inspected_and_resumed(inward, room, few_digits, monkeypatch):
    assert inward(*TRAIN, "--epochs", "2", "--out", "whole")[0] == 0
    with monkeypatch.context() as line:
        line.setattr(cli.train, "training_line", interrupted_line)
        handler = signal.getsignal(signal.SIGINT)
        _, out, err = inward(*TRAIN, "--epochs", "2", "--out", "run 2")
        assert signal.getsignal(signal.SIGINT) == handler
    assert out == []
    assert err == ["inward: stopped after epoch 1, step 1; go on with: inward train --resume 'run 2'"]
    assert inward("inspect", "run 2", "digits:test:0", *QUICK)[0] == 0
    (room / "run 2" / "checkpoint.safetensors").write_bytes(b"damaged")
    code, out, err = inward("train", "--resume", "run 2")
    assert (code, out[0]) == (0, "wrote run 2")
    note = next(line for line in err if line.startswith("note:"))
    assert note.endswith("; the one before it is used")
    for file in ("weights.safetensors", "formation.npz"):
        assert (room / "run 2" / file).read_bytes() == (room / "whole" / file).read_bytes()


def test_tensorboard_shows_a_run_and_what_it_goes_on_with(inward, room, few_digits, monkeypatch):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def stop_in_the_second_epoch(now):
        if now.epoch == 2:
            signal.raise_signal(signal.SIGINT)

    @contextmanager
    def line():
        yield stop_in_the_second_epoch, lambda epoch: None

    with monkeypatch.context() as interrupted:
        interrupted.setattr(cli.train, "training_line", line)
        assert inward(*TRAIN, "--epochs", "3", "--out", "new", "--tensorboard", "logs/new")[0] == 130
    monkeypatch.chdir(room / "new")
    code, _, err = inward("train", "--resume", "../new")
    assert code == 0, err
    found = EventAccumulator(str(room / "logs" / "new"), size_guidance={"histograms": 0}).Reload()
    rows = run.read_metrics(room / "new")
    for tag, column in {"cost/train": "train_cost", "accuracy/test": "test_accuracy"}.items():
        events = found.Scalars(tag)
        assert [event.step for event in events] == [1, 2, 3]
        assert [event.value for event in events] == pytest.approx([getattr(row, column) for row in rows], rel=1e-5)
    formation = run.open_run(room / "new", NumpyOps()).history.formation
    for part in ("weights", "gradients", "activations"):
        for name, spread in getattr(formation, part).items():
            events = found.Histograms(f"{part}/{name}")
            assert [event.step for event in events] == [0, 1, 2, 3]
            np.testing.assert_array_equal([event.histogram_value.bucket for event in events], spread.counts)
    assert "--tensorboard must be left out" in inward("train", "--resume", "../new", "--tensorboard", "x")[2][-1]


def test_without_tensorboard_nothing_is_begun(inward, room, few_digits, monkeypatch):
    monkeypatch.setattr("inward.recording.events.find_spec", lambda name: None)
    code, _, err = inward(*TRAIN, "--out", "new", "--tensorboard", "logs")
    assert (code, err[-1]) == (
        2, "inward: TensorBoard must be installed, got no such package; pip install 'inward[tensorboard]'",
    )  # fmt: skip
    assert not (room / "new").exists()


def test_resume_goes_on_under_other_versions_and_says_so(inward, room, few_digits):
    assert inward(*TRAIN, "--out", "new")[0] == 0
    config = json.loads((room / "new" / "config.json").read_text())
    (room / "new" / "config.json").write_text(json.dumps(config | {"versions": {"inward": "0.0.1"}}))
    code, _, err = inward("train", "--resume", "new")
    assert code == 0
    assert err[0].startswith('note: begun with {"inward": "0.0.1"}, goes on with {')


def test_a_full_disk_says_how_to_go_on(inward, room, few_digits, monkeypatch):
    writes = iter(range(100))

    def full(descriptor):
        if next(writes) >= 5:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    code, _, err = inward(*TRAIN, "--out", "new")
    assert code == 2
    assert err[-1].endswith("free space; then go on with: inward train --resume new")


# What is refused


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train --resume run --seed 3", "--seed must be left out with --resume"),
        ("train --resume nowhere", "nowhere must be a run folder, got no config.json in it"),
        (
            "inspect nowhere photo.png",
            "model must be cifar10-allconv, a run folder, a .keras file or package.module:build, got 'nowhere'",
        ),
        (
            "inspect photo.png photo.png",
            "model must be cifar10-allconv, a run folder, a .keras file or package.module:build, got 'photo.png'",
        ),
        ("inspect empty photo.png", "empty must be a run folder, got no config.json in it"),
        ("inspect run none.png", "none.png must be a picture, got no such file"),
        ("inspect run empty", "empty must be a folder of pictures, got none in it"),
        ("inspect run text.png", "text.png must be a picture, got a file of another kind"),
        ("inspect run nothing.png", "nothing.png must be a picture, got an empty file"),
        ("inspect run truncated.png", "truncated.png must be a whole picture, got a damaged one"),
        ("inspect run bomb.png", "bomb.png must be at most"),
        ("inspect run cifar10:test:0", "must be the folder of CIFAR-10's batches"),
        ("inspect run cifar10:test:x", "cifar10:test:x must be of numbers from 0 to 9999"),
        ("inspect run digits:valid:0", "digits:valid:0 must be"),
        ("inspect run digits:test:360", "of numbers from 0 to 359"),
        ("inspect run photo.png --target zebra", "'zebra'; choose from cat, dog, horse"),
        ("inspect run photo.png --target 3", "its number, 0 to 2, got 3"),
        ("inspect run photo.png --target=-1", "its number, 0 to 2, got -1"),
        ("inspect run photo.png --target=--1", "got '--1'"),
        ("inspect run photo.png --target ²", "got '²'"),
        ("inspect run photo.png --target dog --versus 1", "versus must be another class than the target"),
        ("inspect run photo.png --versus cow", "versus must be a class of the model, got 'cow'"),
        ("inspect run photo.png --crop 1,2,3", "--crop must be LEFT,TOP,WIDTH,HEIGHT in pixels"),
        ("inspect run photo.png --crop 0,0,0,4", "--crop must be LEFT,TOP,WIDTH,HEIGHT in pixels"),
        ("inspect run photo.png --crop=-1,0,4,4", "--crop must be LEFT,TOP,WIDTH,HEIGHT in pixels"),
        ("inspect run photo.png --crop 20,0,5,5", "--crop of photo.png must be a box inside the picture, which is 24"),
        ("inspect run photo.png --alphas 0.5,2", "alphas must be in [0, 1], got 2"),
        ("inspect run photo.png --alphas=-1", "alphas must be in [0, 1], got -1"),
        ("inspect run photo.png --alphas nan", "alphas must be in [0, 1], got nan"),
        ("inspect run photo.png --alphas half", "--alphas must be numbers with commas between, got 'half'"),
        ("inspect run photo.png --alphas=", "--alphas must be numbers with commas between, got ''"),
        ("inspect run photo.png --steps 0", "steps"),
        ("inspect run photo.png --steps 99999999999999999999", "'--steps'"),
        ("inspect run photo.png ", "images must be at least one file, folder or example"),
        ("inspect run photo.png --steps many", "'--steps': Input should be a valid integer"),
        ("inspect run photo.png --rule midpoint --power 0", "power must be positive"),
        ("inspect run photo.png --rule trapezoid --power nan", "power must be positive and finite"),
        ("inspect run photo.png --rule trapezoid --power 0.5", "power must be 1 or more with the trapezoid rule"),
        ("inspect run photo.png --steps 3", "rule must be named where steps or power are"),
        ("inspect run photo.png --tolerance 0", "tolerance must be above 0 and finite, got 0.0"),
        ("inspect run photo.png --tolerance nan", "tolerance must be above 0"),
        ("inspect run photo.png --tolerance 1e-30", "tolerance must be at least"),
        ("inspect run photo.png --max-evaluations 0", "'--max-evaluations'"),
        ("inspect run photo.png --rule simpson", "rule must be one of right-riemann, midpoint"),
        ("inspect run photo.png --score loss", "'loss' is not one of"),
        ("inspect run photo.png --layers conv3,conv99", "got 'conv99'; choose from input"),
        ("inspect run photo.png --layers=", "got ''; choose from input"),
        ("inspect run photo.png --baseline grey", "--baseline must be a number, blur or an image file, got 'grey'"),
        ("inspect run photo.png --baseline text.png", "text.png must be a picture"),
        ("inspect run photo.png --baseline nan", "baseline must be a finite number"),
        ("inspect run photo.png --baseline inf", "baseline must be a finite number"),
        ("inspect run photo.png --out text.png", "text.png must be a folder, got a file; choose another --out"),
        ("inspect run photo.png --out text.png/x", "must be a folder, got one inside a file; choose another --out"),
        ("inspect run photo.png --out run", "run must be new, empty, or an earlier report"),
        ("inspect run photo.png --out none/../run", "must be new, empty, or an earlier report"),
        ("inspect run photo.png --backend theano", "'theano' is not one of"),
        ("inspect run", "Missing argument 'IMAGE…'"),
        ("inspect", "Missing argument 'MODEL'"),
        ("inspect run photo.png --colour", "No such option: --colour"),
        ("demo --data empty --backend numpy", "model must be cifar10-allconv|folder of CIFAR-10's batches"),
        ("demo --out run", "run must be new, empty, or an earlier report"),
        ("data mnist", "data set must be cifar10, got 'mnist'"),
        ("train --dataset mnist", "'mnist' is not one of"),
        ("train --backend numpy", "must be the folder of CIFAR-10's batches"),
        ("train --backend numpy --dataset digits --out run", "run must be a new folder, got a run that is there"),
        ("train --backend numpy --dataset digits --out text.png", "text.png must be writable, got File exists"),
        ("train --backend numpy --dataset digits --out text.png/x", "text.png/x must be writable, got Not a dir"),
        ("train --epochs 0", "'--epochs'"),
        ("train --seed -1", "'--seed'"),
        ("trian", "No such command 'trian'"),
    ],
)
def test_a_mistake_is_one_line(refused, room, arguments, message):
    (room / "empty").mkdir()
    (room / "text.png").write_text("not a picture")
    (room / "nothing.png").touch()
    (room / "truncated.png").write_bytes((room / "photo.png").read_bytes()[:-400])
    (room / "bomb.png").write_bytes(bomb())
    found = refused(*arguments.split(" "))
    assert any(part in found for part in message.split("|")), found


def bomb():
    """A PNG of a few bytes that claims 30,000 x 30,000 pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("name", ["weights.safetensors", "initial.safetensors"])
def test_damaged_weights(refused, room, name):
    whole = (room / "run" / name).read_bytes()
    for content in (whole[:-8], whole[:5], b"", b"\xff" * 64, pickle.dumps({"conv1": 1})):
        (room / "run" / name).write_bytes(content)
        assert "train again, or restore the file" in refused("inspect", "run", "photo.png", *QUICK)
    (room / "run" / name).unlink()
    assert f"{name} must be a safetensors file, got no such file" in refused("inspect", "run", "photo.png", *QUICK)


def test_foreign_weights(refused, room):
    write_weights(room / "run" / "weights.safetensors", {"dense": np.zeros((2, 2))})
    assert "these weights belong to another network" in refused("inspect", "run", "photo.png", *QUICK)


def test_a_batch_with_another_checksum(refused, room):
    folder = room / cifar10.FOLDER
    folder.mkdir()
    for name in cifar10.CHECKSUMS:
        (folder / name).write_bytes(pickle.dumps({"data": np.zeros((1, 3072), np.uint8), "labels": [0]}))
    found = refused("inspect", "run", "cifar10:test:0", "--data", ".", *QUICK)
    assert "test_batch must be CIFAR-10's own file" in found
    assert "inward data cifar10" in found


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("a pickle ran",))


def test_a_malicious_batch_never_runs(refused, room, monkeypatch):
    content = pickle.dumps({"data": Hostile(), "labels": [0]})
    folder = room / cifar10.FOLDER
    folder.mkdir()
    for name in cifar10.CHECKSUMS:
        (folder / name).write_bytes(content)
        monkeypatch.setitem(cifar10.CHECKSUMS, name, hashlib.md5(content).hexdigest())
    assert "must be a pickle of NumPy arrays" in refused("inspect", "run", "cifar10:test:0", "--data", ".", *QUICK)


def test_a_missing_framework(refused, monkeypatch):
    monkeypatch.setattr(backends, "find_spec", lambda name: None)
    for arguments in (["inspect", "run", "photo.png"], ["train", "--dataset", "digits"]):
        assert "pip install 'inward[tensorflow]', or use the slow backend 'numpy'" in refused(*arguments)


def test_a_picture_for_a_network_of_other_channels(refused, room):
    run_folder(room / "deep", (8, 8, 5))
    assert "the model's input must be (h, w, 1) or (h, w, 3)" in refused("inspect", "deep", "photo.png", *QUICK)


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), OSError(28, "No space left on device")])
def test_an_output_folder_that_cannot_be_written(refused, room, monkeypatch, fault):
    def fail(*_, **__):
        raise fault

    monkeypatch.setattr("inward.report.folder.tempfile.mkdtemp", fail)
    assert fault.strerror in refused("inspect", "run", "photo.png", *QUICK)


def test_a_disk_that_fills_while_drawing(inward, room, monkeypatch):
    inspected(inward, "photo.png")
    before = everything(room)

    def full(_, **how):
        yield "a.png", b"a", 0.5
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(views, "draw", full)
    code, _, err = inward("inspect", "run", "photo.png", *QUICK, "--out", "out")
    assert code == 2
    assert err == ["inward: out must be writable, got No space left on device; choose another --out, or free space"]
    assert everything(room) == before


@pytest.mark.parametrize(
    ("fault", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "inward: interrupted; what was there before is as it was"),
        (MemoryError(), 2, "inward: out of memory; use fewer images or steps"),
        (OSError(5, "Input/output error", "disk"), 2, "inward: disk: Input/output error"),
    ],
)
@pytest.mark.parametrize("during", ["path_gradient", "drawing"])
def test_an_end_in_the_middle_leaves_the_earlier_report(inward, room, monkeypatch, fault, code, message, during):
    inspected(inward, "photo.png")
    before = everything(room)

    def end(*_):
        raise fault

    if during == "drawing":
        monkeypatch.setattr("inward.report.report.flatten", end)
        message = message.replace("disk: ", "out must be writable, got ")
    else:
        monkeypatch.setattr(Network, "path_gradient", end)
    found, _, err = inward("inspect", "run", "photo.png", *QUICK, "--out", "out")
    assert found == code
    assert len(err) == 1
    assert err[0].startswith(message)
    assert everything(room) == before


def test_a_reader_that_went_away_is_no_mistake(inward, monkeypatch):
    def gone(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(typer, "echo", gone)
    assert inward("--version") == (1, [], [])


@pytest.mark.slow
def test_killed_trainings_end_in_the_same_weights(room):
    """kill -9 three times during a deterministic training of the digits on TensorFlow."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    pytest.importorskip("sklearn", reason="scikit-learn, which has the digits, is not installed")
    command = [sys.executable, "-c", "import sys; from inward.cli import main; main(sys.argv[1:])", "train"]
    begin = [*command, "--dataset", "digits", "--epochs", "4", "--deterministic", "--out"]
    subprocess.run([*begin, "whole"], check=True, capture_output=True)
    for number in range(3):
        words = [*command, "--resume", "killed"] if number else [*begin, "killed"]
        with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as training:
            assert training.stderr is not None
            assert training.stderr.readline().startswith(f"epoch {number + 1}:")
            training.kill()
    subprocess.run([*command, "--resume", "killed"], check=True, capture_output=True)
    for file in ("weights.safetensors", "formation.npz"):
        assert (room / "killed" / file).read_bytes() == (room / "whole" / file).read_bytes()
