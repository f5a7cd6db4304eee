import io
import json
import pickle
import zipfile
from html import unescape

import numpy as np
import pytest

import inward
from inward.errors import FileError
from inward.report import views
from inward.report.inspection import inspect
from inward.report.report import RESULTS, load_report
from inward.report.storage import flatten


@pytest.fixture
def undrawn(monkeypatch):
    """Drawing takes seconds; these tests are about the arrays."""
    monkeypatch.setattr(
        views, "draw", lambda report, **_: iter([("weights.png", b"png", 0.5), ("report.html", b"page", 1.0)])
    )


@pytest.fixture
def saved(report, tmp_path, undrawn):
    report.save(tmp_path / "out")
    return tmp_path / "out"


def test_save_and_load_are_inverses(report, saved):
    found = load_report(saved)
    (arrays, plain), (others, other_plain) = flatten(report), flatten(found)
    assert plain == other_plain
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        assert (array.dtype, array.shape) == (others[name].dtype, others[name].shape)
        assert array.tobytes() == others[name].tobytes(), name
    assert found.describe() == report.describe()
    assert found.summary() == report.summary()


def test_the_same_report_makes_the_same_bytes(report, saved, tmp_path):
    load_report(saved).save(tmp_path / "again")
    for name in (RESULTS, "manifest.json"):
        assert (saved / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_not_a_number_survives(model, images, tmp_path, undrawn):
    """Midpoint has no estimate of its error, a black image no shares, and an overflown weight no mean."""
    found = inspect(model, 0 * images[:1], rule="midpoint", steps=2, alphas=(1.0,))
    found.save(tmp_path / "out")
    again = load_report(tmp_path / "out")
    assert np.isnan(again.attribution.error).all()
    assert np.isnan(again.saturation.shares).all()
    assert found.summary() == again.summary() == [f"image 0: {found.class_name(0)} 33.3%; map: gap 0.00%"]


def test_words_about_it(report, model, images):
    assert [report.label(i) for i in range(2)] == ["b", ""]
    assert report.class_name(2) == "c"
    assert report.class_name(7) == "class 7"
    first, second, crop = report.summary()
    assert first.startswith("<one> (label b): ")
    assert second.startswith("two & more: ")
    assert "map: gap" in first
    assert "error" in first
    assert crop.startswith("two & more, crop 0,2,4,4: ")


def damage(folder, name, change):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(change(content))


@pytest.mark.parametrize("keep", [0, 1, 10, 100, 500, -1, -30])
@pytest.mark.parametrize("name", [RESULTS, "manifest.json"])
def test_a_truncated_file_is_refused(saved, name, keep):
    if name == "manifest.json" and keep == -1:
        keep = -2  # the last byte is only the line's end
    damage(saved, name, lambda content: content[:keep])
    with pytest.raises(FileError, match="inspect again, or restore it"):
        load_report(saved)


def test_flipped_bytes_are_refused_or_make_no_difference(report, saved):
    whole = (saved / RESULTS).read_bytes()
    arrays = flatten(report)[0]
    for place in np.random.default_rng(0).integers(0, len(whole), 150):
        (saved / RESULTS).write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            found = flatten(load_report(saved))[0]
        except FileError:
            continue
        assert all(array.tobytes() == found[name].tobytes() for name, array in arrays.items())


class Hostile:
    def __reduce__(self):
        return (pytest.fail, ("a pickle ran",))


def npz_with(content, saved):
    """results.npz with one member replaced."""
    with zipfile.ZipFile(saved / RESULTS) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    members["images.npy"] = content
    with zipfile.ZipFile(saved / RESULTS, "w") as file:
        for name, data in members.items():
            file.writestr(name, data)


def test_a_pickle_in_the_arrays_never_runs(saved):
    file = io.BytesIO()
    array = np.empty(1, object)
    array[0] = Hostile()
    np.save(file, array, allow_pickle=True)
    for content in (file.getvalue(), pickle.dumps(Hostile())):
        npz_with(content, saved)
        with pytest.raises(FileError, match="damaged or foreign"):
            load_report(saved)
    (saved / RESULTS).write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(FileError, match="damaged or foreign"):
        load_report(saved)


def test_an_array_that_claims_more_than_there_is_is_refused(saved):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": (10**13, 8, 8, 1)})
    npz_with(file.getvalue(), saved)
    with pytest.raises(FileError, match="damaged or foreign"):
        load_report(saved)


@pytest.mark.parametrize(
    "change",
    [
        lambda m: m | {"format": 2},
        lambda m: m | {"values": []},
        lambda m: m | {"values": m["values"] | {"names": "ab"}},
        lambda m: m | {"values": m["values"] | {"classes": [1, 2, 3]}},
        lambda m: m | {"values": m["values"] | {"crops": 3}},
        lambda m: m | {"values": m["values"] | {"attribution.micro_batch": "48"}},
        lambda m: {name: value for name, value in m.items() if name != "settings"},
        lambda m: {name: value for name, value in m.items() if name != "format"},
        lambda m: [m],
        lambda m: None,
    ],
)
def test_another_manifest_is_refused(saved, change):
    damage(saved, "manifest.json", lambda content: json.dumps(change(json.loads(content))).encode())
    with pytest.raises(FileError, match="a whole report of format 3, got a damaged or foreign one"):
        load_report(saved)


def test_a_deep_manifest_is_refused(saved):
    (saved / "manifest.json").write_bytes(b"[" * 100_000)
    with pytest.raises(FileError, match="damaged or foreign"):
        load_report(saved)


def test_what_is_no_report_is_told(tmp_path, saved):
    for place in (tmp_path, tmp_path / "nowhere", saved / RESULTS):
        with pytest.raises(FileError, match=r"no manifest\.json in it; name a folder that `inspect` wrote"):
            load_report(place)
    (saved / RESULTS).unlink()
    with pytest.raises(FileError, match=r"no results\.npz in it"):
        inward.load_report(saved)


def test_an_interrupted_drawing_leaves_the_earlier_report(report, saved, monkeypatch):
    def interrupted(_, **how):
        yield "weights.png", b"other", 0.5
        raise KeyboardInterrupt

    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    monkeypatch.setattr(views, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt):
        report.save(saved)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert [path.name for path in saved.parent.iterdir()] == ["out"]


def test_it_shows_itself_in_a_notebook_and_as_a_page(report, tmp_path):
    told = []
    page = report.save(tmp_path / "out", told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    for html in (page.read_text(encoding="utf-8"), unescape(report._repr_html_())):
        assert "<one>" not in html
        assert "\\u003cone>" in html
        assert "two & more" in html
        assert "How it formed" in html
    for place in (
        "weights.png",
        "training.png",
        "formation-norms.png",
        "crops/001.png",
        "saturation.png",
        "integrated-gradients.png",
    ):
        assert (page.parent / place).read_bytes().startswith(b"\x89PNG"), place
