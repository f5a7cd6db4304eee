import pytest

from inward.errors import FileError
from inward.report.folder import check_place, write_folder

FILES = [("manifest.json", b"{}"), ("images/0.png", b"png"), ("report.html", b"new")]


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def earlier(tmp_path):
    place = tmp_path / "above" / "report"
    write_folder(place, [("manifest.json", b"{}"), ("report.html", b"old"), ("gone.png", b"x")])
    return place


def breaking(fault):
    yield FILES[0]
    yield FILES[1]
    raise fault


def test_a_new_an_empty_and_an_earlier_folder_are_written(tmp_path, earlier):
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "new" / "deep", tmp_path / "empty", earlier):
        write_folder(place, FILES)
        assert content(place) == dict(FILES)
        assert list(place.parent.glob(".*")) == []


@pytest.mark.parametrize(
    ("fault", "told"),
    [(KeyboardInterrupt(), KeyboardInterrupt), (OSError(28, "No space left on device"), FileError),
     (ValueError("a fault of ours"), ValueError)],
)  # fmt: skip
def test_a_failure_in_the_middle_leaves_the_earlier_folder(tmp_path, earlier, fault, told):
    before = content(tmp_path)
    with pytest.raises(told):
        write_folder(earlier, breaking(fault))
    with pytest.raises(told):
        write_folder(earlier.parent / "new", breaking(fault))
    assert content(tmp_path) == before
    assert [path.name for path in earlier.parent.iterdir()] == ["report"]


@pytest.mark.parametrize("failing", [1, 2])
@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(5, "Input/output error")])
@pytest.mark.parametrize("after", [False, True])
def test_a_failure_at_a_rename_leaves_a_whole_folder(earlier, monkeypatch, failing, fault, after):
    path, before, calls = type(earlier), content(earlier), []
    rename = path.rename

    def fail(self, target):
        calls.append(target)
        if len(calls) == failing and after:
            rename(self, target)
        if len(calls) == failing:
            raise fault
        return rename(self, target)

    monkeypatch.setattr(path, "rename", fail)
    with pytest.raises((KeyboardInterrupt, FileError)):
        write_folder(earlier, FILES)
    assert content(earlier) == (dict(FILES) if (failing, after) == (2, True) else before)
    assert [file.name for file in earlier.parent.iterdir()] == ["report"]


def test_a_full_disk_is_said_in_one_line(tmp_path):
    with pytest.raises(FileError, match="must be writable, got No space left on device; choose another --out"):
        write_folder(tmp_path / "new", breaking(OSError(28, "No space left on device")))


def test_other_peoples_files_are_never_replaced(tmp_path, earlier):
    (tmp_path / "thesis.tex").write_bytes(b"years of work")
    (tmp_path / "manifest.json").write_bytes(b"a web page's")
    (tmp_path / "link").symlink_to(tmp_path)
    for place in (tmp_path, tmp_path / "nothing" / "..", tmp_path / "link"):
        with pytest.raises(FileError, match="a folder with other files"):
            write_folder(place, FILES)
    assert (tmp_path / "thesis.tex").read_bytes() == b"years of work"


def test_of_a_link_the_folder_it_leads_to_is_replaced(tmp_path, earlier):
    (tmp_path / "link").symlink_to(earlier)
    write_folder(tmp_path / "link", FILES)
    assert (tmp_path / "link").is_symlink()
    assert content(earlier) == dict(FILES)


@pytest.mark.parametrize("inside", ["", "x", "x/y"])
def test_a_file_in_the_way_is_named(tmp_path, inside):
    (tmp_path / "file").write_bytes(b"kept")
    for check in (check_place, lambda place: write_folder(place, FILES)):
        with pytest.raises(FileError, match=r"must be a folder, got .*a file; choose another --out"):
            check(tmp_path / "file" / inside)
    assert content(tmp_path) == {"file": b"kept"}


def test_a_place_that_cannot_be_is_told(tmp_path, monkeypatch):
    with pytest.raises(FileError, match="File name too long"):
        check_place(tmp_path / ("x" * 300))

    def refuse(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("inward.report.folder.tempfile.mkdtemp", refuse)
    with pytest.raises(FileError, match="Permission denied"):
        write_folder(tmp_path / "new", FILES)
    assert list(tmp_path.iterdir()) == []
