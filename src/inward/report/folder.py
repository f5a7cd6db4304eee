"""A folder of results, written whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

from inward.errors import FileError

MANIFEST = "manifest.json"
PAGE = "report.html"
"""Every folder of results has both files, by which it is known for one."""
_REMEDY = "choose another --out"


def write_folder(place: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files into a folder beside its place, and then put it there.

    An earlier folder of results stays whole until then; a failure or an interruption leaves it as it was.

    Args:
        place: new, empty, or an earlier folder of results, which is replaced.
        files: names, with folders before them where wanted, and contents.

    Raises:
        FileError: where the place holds something else, or cannot be written.
    """
    real = check_place(place)
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{real.name}-", dir=real.parent))
    except OSError as error:
        raise _unwritable(place, error) from None
    try:
        for name, content in files:
            (beside / name).parent.mkdir(parents=True, exist_ok=True)
            (beside / name).write_bytes(content)
        beside.chmod(0o755)
        _put_in_place(beside, real)
    except FileError:
        raise
    except OSError as error:
        raise _unwritable(place, error) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_place(place: Path) -> Path:
    """Whether a folder may be written here; worth asking before the work begins.

    Returns:
        The same place without links, so that of a link the folder that it leads to is replaced.

    Raises:
        FileError: where the place or one above it is a file, or it holds something else than results.
    """
    try:
        real = place.resolve()
        above = next(one for one in (real, *real.parents) if one.exists())
        inside = {file.name for file in real.iterdir()} if real.is_dir() else set()
    except OSError as error:
        raise _unwritable(place, error) from None
    if not above.is_dir():
        raise FileError(str(place), "a folder", f"{'' if above == real else 'one inside '}a file", _REMEDY)
    if inside and not {MANIFEST, PAGE} <= inside:
        raise FileError(str(place), "new, empty, or an earlier report", "a folder with other files", _REMEDY)
    return real


def _put_in_place(beside: Path, place: Path) -> None:
    if not place.exists():
        beside.rename(place)
        return
    earlier = Path(tempfile.mkdtemp(prefix=f".{place.name}-earlier-", dir=place.parent))
    try:
        place.rename(earlier / "report")
        beside.rename(place)
    finally:
        if not place.exists():  # a failure or an interruption came between
            (earlier / "report").rename(place)
        shutil.rmtree(earlier, ignore_errors=True)


def _unwritable(place: Path, error: OSError) -> FileError:
    return FileError(str(place), "writable", error.strerror or str(error), f"{_REMEDY}, or free space")
