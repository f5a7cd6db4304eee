"""The report: what was found, as arrays; saved as a folder and loaded from it again."""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inward.arrays import Array, Images, Indices, Scores
from inward.errors import FileError
from inward.methods.activations import Activations
from inward.methods.attribution import Attribution
from inward.methods.gradients import InteriorGradients, Saturation
from inward.methods.weights import WeightHistograms
from inward.report.storage import flatten, rebuild

RESULTS = "results.npz"
MANIFEST = "manifest.json"
PAGE = "report.html"
_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Crop:
    """A part of an image, looked at as an image of its own.

    index: of the whole image. box: left, top, width, height in the pixels of `size`, the picture's
    width and height. image (h, w, c): fitted to the network's input. scores (classes,): its logits.
    attribution: as the whole image's, of one.
    """

    index: int
    box: tuple[int, ...]
    size: tuple[int, ...]
    image: Array
    scores: Array
    attribution: Attribution


@dataclass(frozen=True, eq=False)
class Report:
    """What `inspect` found.

    images (n, h, w, c) as the network got them, names (n,), labels (n,) as numbers of classes (-1:
    unknown), scores (n, classes) logits, metrics of the training by column (empty where unknown), and
    the results of the methods. settings: all that made it; the model's hash, versions, the command.
    """

    images: Images
    names: tuple[str, ...]
    labels: Indices
    classes: tuple[str, ...]
    scores: Scores
    metrics: dict[str, Array]
    weights: WeightHistograms
    activations: Activations
    interior: InteriorGradients
    saturation: Saturation
    attribution: Attribution
    crops: tuple[Crop, ...]
    settings: str

    def describe(self) -> dict[str, Any]:
        """The settings that made the report, by name."""
        found: dict[str, Any] = json.loads(self.settings)
        return found

    def class_name(self, number: int) -> str:
        """A class's name, or its number where the model has no names."""
        return self.classes[number] if number < len(self.classes) else f"class {number}"

    def save(self, folder: str | Path, progress: Callable[[float], None] = lambda _: None) -> Path:
        """Write report.html, pictures, animations, results.npz and manifest.json.

        The folder is written beside its place and then put there: an earlier report in it stays
        whole until then, and a failure leaves it as it was.

        Args:
            folder: a new or empty one, or one that holds an earlier report, which it replaces.
            progress: called with the share that is done.

        Returns:
            The path of report.html.

        Raises:
            FileError: where the folder holds something else, or cannot be written.
        """
        from inward.report.views import draw  # matplotlib is not needed to load a report

        place = Path(folder)
        _check_place(place)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            beside = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        except OSError as error:
            raise _unwritable(place, error) from None
        try:
            self._write_arrays(beside)
            for file, content, share in draw(self):
                (beside / file).parent.mkdir(exist_ok=True)
                (beside / file).write_bytes(content)
                progress(share)
            beside.chmod(0o755)
            _put_in_place(beside, place)
        except OSError as error:
            raise _unwritable(place, error) from None
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return place / PAGE

    def _write_arrays(self, folder: Path) -> None:
        arrays, plain = flatten(self)
        np.savez_compressed(folder / RESULTS, allow_pickle=False, **arrays)
        settings = json.loads(plain.pop("settings"))
        manifest = {"format": _FORMAT, "settings": settings, "values": plain}
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")

    def _repr_html_(self) -> str:
        """The report's page, in a notebook."""
        from inward.render.page import notebook_html
        from inward.report.views import page

        return notebook_html(page(self))


def load_report(folder: str | Path) -> Report:
    """A saved report, with the same arrays.

    Args:
        folder: as `Report.save` wrote it.

    Raises:
        FileError: where it is not a report, or is damaged.
    """
    place = Path(folder)
    for name in (MANIFEST, RESULTS):
        if not (place / name).is_file():
            raise FileError(str(place), "a report's folder", f"no {name} in it", "name a folder that `inspect` wrote")
    try:
        manifest = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        with np.load(place / RESULTS, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if manifest["format"] != _FORMAT:
            raise ValueError(f"format {manifest['format']}")
        return rebuild(Report, arrays, manifest["values"] | {"settings": json.dumps(manifest["settings"])})
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, OSError, zipfile.BadZipFile) as error:
        got = f"something else ({type(error).__name__}: {error})"
        raise FileError(str(place), "a whole report", got, "inspect again, or restore it") from None


def _check_place(place: Path) -> None:
    if place.exists() and not place.is_dir():
        raise FileError(str(place), "a folder", "a file", "choose another --out")
    if place.is_dir() and any(place.iterdir()) and not (place / MANIFEST).is_file():
        raise FileError(
            str(place), "new, empty, or an earlier report", "a folder with other files", "choose another --out"
        )


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
