"""The report: what was found, as arrays; saved as a folder and loaded from it again."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inward.arrays import Array, Images, Indices, Scores
from inward.errors import FileError
from inward.methods.activations import Activations
from inward.methods.attribution import Attribution
from inward.methods.backward import BackwardPass
from inward.methods.gradients import InteriorGradients
from inward.methods.levels import Levels
from inward.methods.rules import RuleComparison
from inward.methods.saturation import Saturation
from inward.methods.walk import Walk
from inward.methods.weights import WeightHistograms
from inward.model import Formation, Layer, probabilities
from inward.report.folder import MANIFEST, PAGE, write_folder
from inward.report.storage import flatten, rebuild

RESULTS = "results.npz"
_FORMAT = 3


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
    unknown), layers of the model from input to output, scores (n, classes) logits, metrics of the
    training by column (empty where unknown), formation of the weights, gradients and activations epoch by
    epoch (None where unknown), and the results of the methods: activations of some layers, levels (bytes)
    of all; backward and rules are None unless asked for. settings: all that made it; the model's hash,
    versions, the command.
    """

    images: Images
    names: tuple[str, ...]
    labels: Indices
    classes: tuple[str, ...]
    layers: tuple[Layer, ...]
    scores: Scores
    metrics: dict[str, Array]
    formation: Formation | None
    weights: WeightHistograms
    activations: Activations
    levels: Levels
    walk: Walk
    interior: InteriorGradients
    saturation: Saturation
    backward: BackwardPass | None
    attribution: Attribution
    rules: RuleComparison | None
    crops: tuple[Crop, ...]
    settings: str

    def describe(self) -> dict[str, Any]:
        """The settings that made the report, by name."""
        found: dict[str, Any] = json.loads(self.settings)
        return found

    def class_name(self, number: int) -> str:
        """A class's name, or its number where the model has no names."""
        return self.classes[number] if number < len(self.classes) else f"class {number}"

    def prediction(self, p: Array) -> tuple[str, float]:
        """The likeliest class of probabilities p (classes,), and its probability."""
        return self.class_name(int(p.argmax())), float(p.max())

    def label(self, i: int) -> str:
        """The true class of image i; empty where it is not known."""
        return self.class_name(int(self.labels[i])) if self.labels[i] >= 0 else ""

    def explained(self, i: int) -> str:
        """What the attribution of image i explains: "why horse", or "why horse, not dog"."""
        return self.question(self.attribution, i)

    def question(self, found: Attribution, i: int) -> str:
        """What row i of an attribution, of an image or a crop, explains."""
        rather = f", not {self.class_name(int(found.versus[i]))}" if found.versus is not None else ""
        return f"why {self.class_name(int(found.target[i]))}{rather}"

    def summary(self) -> list[str]:
        """A line for each image: what it is taken for, and how far its map may be trusted."""
        lines = []
        for i, p in enumerate(probabilities(self.scores)):
            known = f" (label {self.label(i)})" if self.label(i) else ""
            error, converged = self.attribution.error[i], self.attribution.converged[i]
            trust = f"gap {self.attribution.relative_gap[i]:.2%}" + (
                f", error {error:.2%}" if np.isfinite(error) else ""
            )
            trust += "" if converged or np.isnan(error) else f", not converged to {self.attribution.tolerance:g}"
            lines.append(f"{self.names[i]}{known}: {self.class_name(int(p.argmax()))} {p.max():.1%}; map: {trust}")
        for crop in self.crops:
            p = probabilities(crop.scores)
            box = ",".join(map(str, crop.box))
            lines.append(f"{self.names[crop.index]}, crop {box}: {self.class_name(int(p.argmax()))} {p.max():.1%}")
        return lines

    def save(
        self, folder: str | Path, progress: Callable[[float], None] = lambda _: None, *, single_file: bool = True
    ) -> Path:
        """Write report.html, its JSON twin report.json, pictures, animations, results.npz and manifest.json.

        The folder is written beside its place and then put there: an earlier report in it stays
        whole until then, and a failure leaves it as it was.

        Args:
            folder: a new or empty one, or one that holds an earlier report, which it replaces.
            progress: called with the share that is done.
            single_file: whether the script that draws charts is inside report.html, or a file beside it.

        Returns:
            The path of report.html.

        Raises:
            FileError: where the folder holds something else, or cannot be written.
        """
        from inward.report.views import draw  # matplotlib is not needed to load a report

        def files() -> Iterator[tuple[str, bytes]]:
            yield from self._stored()
            for name, content, share in draw(self, single_file=single_file):
                yield name, content
                progress(share)

        write_folder(Path(folder), files())
        return Path(folder) / PAGE

    def _stored(self) -> Iterator[tuple[str, bytes]]:
        arrays, plain = flatten(self)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        yield RESULTS, buffer.getvalue()
        manifest = {"format": _FORMAT, "settings": json.loads(plain.pop("settings")), "values": plain}
        yield MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode()

    def _repr_html_(self) -> str:
        """The report's page, in a notebook."""
        from inward.report.views import in_notebook

        return in_notebook(self)


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
        if manifest["format"] != _FORMAT:
            raise ValueError(f"format {manifest['format']}")
        content = io.BytesIO((place / RESULTS).read_bytes())  # of a damaged path, NumPy would leave the file open
        with np.load(content, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return rebuild(Report, arrays, manifest["values"] | {"settings": json.dumps(manifest["settings"])})
    except Exception as error:  # the readers of zip, npy and JSON raise many kinds on a damaged file
        got = f"a damaged or foreign one ({type(error).__name__}: {error})"
        raise FileError(
            str(place), f"a whole report of format {_FORMAT}", got, "inspect again, or restore it"
        ) from error
