"""A folder of results, written whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from inward.errors import FileError

MANIFEST = "manifest.json"
"""The file that every folder of results has, by which it is known for one."""


def write_folder(place: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files into a folder beside its place, and then put it there.

    An earlier folder of results stays whole until then; a failure or an interruption leaves it as it was.

    Args:
        place: new, empty, or an earlier folder of results, which is replaced.
        files: names, with folders before them where wanted, and contents.

    Raises:
        FileError: where the place holds something else, or cannot be written.
    """
    _check(place)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise _unwritable(place, error) from None
    try:
        for name, content in files:
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(content)
        beside.chmod(0o755)
        _put_in_place(beside, place)
    except FileError:
        raise
    except OSError as error:
        raise _unwritable(place, error) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _check(place: Path) -> None:
    if place.exists() and not place.is_dir():
        raise FileError(str(place), "a folder", "a file", "choose another --out")
    if place.is_dir() and any(place.iterdir()) and not (place / MANIFEST).is_file():
        expected = "new, empty, or an earlier report"
        raise FileError(str(place), expected, "a folder with other files", "choose another --out")


def _put_in_place(beside: Path, place: Path) -> None:
    if not place.exists():
        beside.rename(place)
        return
    earlier = Path(tempfile.mkdtemp(prefix=f".{place.name}-earlier-", dir=place.parent))
    place.rename(earlier / "report")
    try:
        beside.rename(place)
    except OSError:
        (earlier / "report").rename(place)
        raise
    finally:
        shutil.rmtree(earlier, ignore_errors=True)


def _unwritable(place: Path, error: OSError) -> FileError:
    return FileError(str(place), "writable", error.strerror or str(error), "choose another --out, or free space")
