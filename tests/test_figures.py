"""What the docs say of the shipped weights is what the shipped weights say."""

import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import inward
from inward.data.cifar10 import find_cifar10
from inward.errors import FileError
from inward.report.inspection import model_hash

sys.path.append(str(Path(__file__).parent.parent))

from figures import __main__ as command
from figures import demo, horse, table
from figures.places import filled, read_places
from figures.stamp import stamp_of, stamped
from figures.subject import Subject
from figures.table import ROOT

PAGE = "# A\n<!-- figure:one -->\nold\n<!-- /figure -->\nb\n<!-- figure:two -->\n<!-- /figure -->\n"
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def same(said: str, found: str) -> bool:
    """The same words, and numbers that differ by one in their last digit at most, as another processor may round."""
    if _NUMBER.split(said) != _NUMBER.split(found):
        return False
    pairs = zip(_NUMBER.findall(said), _NUMBER.findall(found), strict=True)
    return all(_near(*(text.replace(",", "") for text in pair)) for pair in pairs)


def _near(a: str, b: str) -> bool:
    digits = len(a.partition(".")[2])
    return len(b.partition(".")[2]) == digits and abs(float(a) - float(b)) < 1.5 * 10**-digits


@pytest.fixture(scope="module")
def subject() -> Subject:
    return Subject()


@pytest.fixture
def _data(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    place = Path(os.environ.get("INWARD_DATA", ROOT.parent / "shared" / "data"))
    try:
        monkeypatch.setenv("INWARD_DATA", str(find_cifar10(place)))
    except FileError:
        pytest.skip("CIFAR-10 is not here: set INWARD_DATA")


FOLLOWING = [
    pytest.param(name, marks=[pytest.mark.slow] if words.kind == "slow" else [])
    for name, words in table.WORDS.items()
    if words.kind != "machine"
]


@pytest.mark.usefixtures("_data")
@pytest.mark.parametrize("name", FOLLOWING)
def test_the_docs_say_what_is_computed(name: str, subject: Subject) -> None:
    said = {name: words for page in table.pages() for name, words in read_places(page.read_text("utf-8")).items()}
    found = table.WORDS[name].make(subject)
    assert same(said[name], found.strip()), f"`make figures` would write: {found}"


def test_every_place_has_its_figure_and_every_figure_its_place() -> None:
    assert table.unknown() == []


@pytest.mark.parametrize("name", table.PICTURES)
def test_a_picture_is_of_the_shipped_weights(name: str) -> None:
    shipped = model_hash(inward.load("cifar10-allconv", backend="numpy"))
    assert stamp_of((ROOT / name).read_bytes()) == shipped, "it is of other weights: run `make figures`"


@pytest.mark.parametrize(
    ("planted", "wrong"),
    [
        ("<!-- figure:nobody -->\n<!-- /figure -->\n", ["nobody"]),
        ("<!-- figure:horse-table -->\n<!-- /figure -->\n", ["horse-table"]),
    ],
)
def test_a_place_that_is_unknown_or_there_twice_is_found(
    planted: str, wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.md").write_text(planted, encoding="utf-8")
    pages = [*table.pages(), tmp_path / "page.md"]
    monkeypatch.setattr(table, "pages", lambda: pages)
    assert table.unknown() == wrong


def test_words_come_between_the_marks_and_nothing_else_changes() -> None:
    text = filled(PAGE, {"one": "| a |\n| - |", "two": r"c \1"})
    assert read_places(text) == {"one": "| a |\n| - |", "two": r"c \1"}
    assert re.sub(r"-->\n\n.*?\n\n<!--", "-->\n<!--", text, flags=re.DOTALL) == PAGE.replace("old\n", "")
    assert filled(text, {"one": "| a |\n| - |", "two": r"c \1"}) == text


@pytest.mark.parametrize(
    "broken",
    [
        PAGE.replace("<!-- /figure -->", "", 1),
        PAGE.replace("<!-- figure:two -->", ""),
        PAGE.replace("figure:two", "figure:Two"),
        PAGE.replace("two", "one"),
    ],
    ids=["not closed", "not opened", "no name", "twice"],
)
def test_a_broken_mark_is_refused(broken: str) -> None:
    with pytest.raises(ValueError, match=r"partner|twice"):
        filled(broken, {"one": "1", "two": "2"})


@pytest.mark.parametrize(
    ("whole", "head", "says"),
    [
        ("horse", "horse", "no surprise"),
        ("horse", "dog", "as it was told"),
        ("horse", "cat", "for is cat, not dog"),
        ("deer", "horse", "for deer and not for a horse"),
    ],
)
def test_the_story_ends_as_the_network_ends_it(whole: str, head: str, says: str) -> None:
    assert says in horse.told(whole, head)


@pytest.mark.parametrize(
    ("said", "found", "wanted"),
    [
        ("horse 98.0 %", "horse 98.1 %", True),
        ("3,617 s", "3,618 s", True),
        ("horse 98.0 %", "horse 98.2 %", False),
        ("horse 98.0 %", "horse 98 %", False),
        ("horse 98.0 %", "cat 98.0 %", False),
        ("1 and 2", "1 and", False),
    ],
)
def test_an_old_figure_is_found(said: str, found: str, wanted: bool) -> None:
    assert same(said, found) is wanted


def test_a_stamp_changes_no_pixel(tmp_path: Path) -> None:
    plain = tmp_path / "plain.png"
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(plain)
    marked = tmp_path / "marked.png"
    marked.write_bytes(stamped(plain.read_bytes(), "abc"))
    assert (stamp_of(plain.read_bytes()), stamp_of(marked.read_bytes())) == ("", "abc")
    with Image.open(plain) as a, Image.open(marked) as b:
        assert np.array_equal(np.asarray(a), np.asarray(b))


def test_without_a_browser_the_picture_stays_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page, picture = tmp_path / "page.md", tmp_path / "report.png"
    page.write_text(PAGE, encoding="utf-8")
    picture.write_bytes(b"old")
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "unknown", list)
    monkeypatch.setattr(command, "pages", lambda: [page])
    monkeypatch.setattr(command, "WORDS", {name: table.Words(lambda _: "new") for name in ("one", "two")})
    monkeypatch.setattr(command, "PICTURES", {"report.png": demo.screenshot})
    command.main()
    shown = capsys.readouterr().out
    assert "report.png: SKIPPED" in shown
    assert "wrote page.md" in shown
    assert read_places(page.read_text("utf-8")) == {"one": "new", "two": "new"}
    assert picture.read_bytes() == b"old"
    command.main()
    assert "wrote" not in capsys.readouterr().out
