"""A session: a model, the pictures that it is shown, and every question about them, answered in the page's shapes."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from threading import Event
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from inward.arrays import Array, Images
from inward.data.images import ImageSet
from inward.data.pictures import blurred, crop, decode_picture, fit, shrunk
from inward.errors import ArgumentError
from inward.methods.integrated import integrated_gradients
from inward.methods.levels import activation_levels
from inward.methods.walk import walk
from inward.methods.weights import weight_histograms
from inward.model import Model, ScoreName
from inward.page import schema
from inward.page.bundle import frozen_page
from inward.report import told
from inward.report.inspection import CropOf, inspect
from inward.report.placing import on_input
from inward.report.twin import twin
from inward.report.views import shown_sections
from inward.web.watched import Stopped, Watched

Box = tuple[int, tuple[int, int, int, int]]
BaselineName = Literal["black", "white", "grey", "blur"]
BASELINES: dict[BaselineName, float | Callable[[Images], Images]] = {
    "black": 0.0,
    "white": 1.0,
    "grey": 0.5,
    "blur": blurred,
}
MOST_IMAGES = 500
MOST_PIXELS = 24_000_000
MOST_ADDED_BYTES = 512 * 2**20
_MAP, _WALK = 60.0, 60.0  # evaluations that each may take, for progress
_SHOWN = 640  # pixels of the longer side of a picture that boxes are drawn on
_NAME = 120


class NoImageError(ArgumentError):
    """There is no image of this number, or no longer."""


class Frozen(BaseModel):
    """A page that needs no server."""

    model_config = ConfigDict(extra="forbid")
    html: str


@dataclass(frozen=True)
class Asked:
    """What is asked of an image."""

    target: int | None = None
    versus: int | None = None
    baseline: BaselineName = "black"
    score: ScoreName = "logit"


@dataclass(frozen=True, eq=False)
class _Shown:
    name: str
    label: int
    picture: Array
    pixels: Array
    logits: Array
    added: bool


class Session:
    """All that is computed for a page; every method but `head` may take long, and runs where its caller wants it.

    Args:
        model: what is looked into; its `history`, where it has one, is shown too.
        shown: the pictures to begin with; None for none.
        labels: their true classes as numbers of the model's, -1 where unknown.
        settings: what the page should say of how it came about; "model", "images" and "command" are shown on top.

    Raises:
        ArgumentError: for more images than a page can show.
    """

    def __init__(self, model: Model, shown: ImageSet | None, labels: list[int], settings: dict[str, Any]) -> None:
        count = len(shown.names) if shown else 0
        if count > MOST_IMAGES:
            raise ArgumentError("images", f"at most {MOST_IMAGES}", str(count), "name fewer, or a smaller folder")
        self.model, self.settings = model, settings
        self._shape = model.layers[0].shape
        self._images: dict[int, _Shown] = {}
        self._next = 0
        logits = model.scores(shown.images) if shown else np.empty((0, 0))
        for i in range(count):
            assert shown is not None  # noqa: S101  (there are images)
            self._put(_Shown(shown.names[i], labels[i], shown.pictures[i], shown.images[i], logits[i], added=False))
        history = getattr(model, "history", None)
        found = weight_histograms(model, before=history.before if history else None)
        self._weights = [told.weights(layer) for layer in found.layers]
        self._training = told.metrics(dict(history.metrics)) if history else {}
        self._formation = told.formation(history.formation) if history and history.formation else None

    @property
    def images(self) -> tuple[int, ...]:
        """The numbers of the images that are there."""
        return tuple(self._images)

    def head(self) -> schema.Head:
        """What the page begins with."""
        model = str(self.settings.get("model", "a model"))
        return schema.Head(
            live=True,
            title=f"{model}, inward",
            lead=model,
            network=schema.Network(
                name=model,
                classes=list(self.model.classes),
                count=self.model.layers[-1].shape[0],
                layers=told.layers_row(self.model.layers),
            ),
            images=[self.image(i) for i in self._images],
            weights=self._weights,
            training=self._training,
            formation=self._formation,
            sections=[],
            settings=self.settings,
            command=str(self.settings.get("command", "")),
        )

    def image(self, i: int) -> schema.Image:
        """An image and what it is taken for."""
        of = self._of(i)
        size = (of.picture.shape[1], of.picture.shape[0])
        return told.image(i, of.name, of.label, of.pixels, of.logits, size)

    def add(self, content: bytes, name: str) -> tuple[int, list[int]]:
        """Show one more picture.

        Args:
            content: the file's bytes.
            name: what to call it; of a path, its last part.

        Returns:
            Its number, and the numbers of added images that had to go to make room.

        Raises:
            FileError: where it is no picture, or too large.
        """
        called = PurePath(name.replace("\\", "/")).name.replace("\0", "")[:_NAME] or "picture"
        picture = decode_picture(content, called, MOST_PIXELS)
        pixels = fit(picture, self._shape)
        logits = self.model.scores(pixels[None])[0]
        number = self._put(_Shown(called, -1, picture, pixels, logits, added=True))
        gone = []
        while sum(of.picture.nbytes for of in self._images.values() if of.added) > MOST_ADDED_BYTES:
            oldest = next(i for i, of in self._images.items() if of.added)
            if oldest == number:
                break
            del self._images[oldest]
            gone.append(oldest)
        return number, gone

    def picture(self, i: int) -> schema.Packed:
        """The picture that boxes are drawn on, (h, w, 3), not larger than a page shows it."""
        return schema.packed(shrunk(self._of(i).picture, _SHOWN), 1 / 255)

    def layer(self, i: int, name: str) -> schema.Packed:
        """A layer's activations, channels first."""
        return told.layers(activation_levels(self.model, self._of(i).pixels[None], [name]), 0)[name]

    def map(self, i: int, asked: Asked, stop: Event, tell: Callable[[float], None]) -> schema.Map:
        """Integrated gradients of an image."""
        pixels = self._of(i).pixels[None]
        model = Watched(self.model, stop, tell, _MAP)
        with _quiet():
            found = integrated_gradients(model, pixels, **self._how(asked, pixels), progress=lambda *_: None)
        return told.attribution_map(found, 0, self.model.classes, asked.baseline)

    def walk(self, i: int, asked: Asked, stop: Event, tell: Callable[[float], None]) -> schema.Walk:
        """The path of an image."""
        pixels = self._of(i).pixels[None]
        found, along = walk(Watched(self.model, stop, tell, _WALK), pixels, **self._how(asked, pixels))
        return told.walked(found, along, 0, self.model.classes, asked.baseline)

    def crop(
        self, i: int, box: tuple[int, int, int, int], asked: Asked, stop: Event, tell: Callable[[float], None]
    ) -> schema.Crop:
        """A part of a picture, looked at as an image of its own."""
        part, size = self._part(i, box)
        model = Watched(self.model, stop, tell, _MAP)
        logits = model.scores(part[None])[0]
        with _quiet():
            found = integrated_gradients(model, part[None], **self._how(asked, part[None]), progress=lambda *_: None)
        place = on_input(box, size, self._shape[0], self._shape[1])
        return told.crop(box, size, place, part, logits, found, self.model.classes, asked.baseline)

    def frozen(
        self, numbers: list[int], boxes: list[Box], asked: Asked, stop: Event, tell: Callable[[float], None]
    ) -> Frozen:
        """These images, and these parts of them, as a page that needs no server."""
        chosen = [self._of(i) for i in numbers]
        for i, _ in boxes:
            if i not in numbers:
                raise ArgumentError("boxes", "of the images that are saved", f"one of image {i}", "save that image too")
        parts = [(numbers.index(i), box, *self._part(i, box)) for i, box in boxes]
        evaluations = len(chosen) * (_MAP + _WALK) * 2 + len(parts) * _MAP
        with _quiet():
            report = inspect(
                _WithHistory(self.model, stop, tell, evaluations),
                np.stack([of.pixels for of in chosen]),
                [of.label for of in chosen],
                names=[of.name for of in chosen],
                baseline=BASELINES[asked.baseline],
                score=asked.score,
                crops=[CropOf(index, box, size, part) for index, box, part, size in parts],
                settings=self.settings | {"images": f"{len(chosen)} images, saved from a live page"},
            )
        sections = []
        for section in shown_sections(report):
            sections.append(section)
            if stop.is_set():
                raise Stopped
        return Frozen(html=frozen_page(twin(report, sections)))

    def _part(self, i: int, box: tuple[int, int, int, int]) -> tuple[Array, tuple[int, int]]:
        """A part of a picture as the network gets it, and the whole picture's size."""
        picture = self._of(i).picture
        return fit(crop(picture, box, "box"), self._shape), (picture.shape[1], picture.shape[0])

    def _how(self, asked: Asked, pixels: Array) -> dict[str, Any]:
        baseline = BASELINES[asked.baseline]
        start = baseline(pixels) if callable(baseline) else baseline
        return {"target": asked.target, "versus": asked.versus, "baseline": start, "score": asked.score}

    def _of(self, i: int) -> _Shown:
        found = self._images.get(i)
        if found is None:
            raise NoImageError("image", "one of those on the page", str(i), "reload the page")
        return found

    def _put(self, shown: _Shown) -> int:
        self._images[self._next] = shown
        self._next += 1
        return self._next - 1


class _WithHistory(Watched):
    """A watched model that still knows where it comes from."""

    @property
    def history(self) -> Any:
        return getattr(self.model, "history", None)


def _quiet() -> "warnings.catch_warnings[None]":
    """A map that is not known to its tolerance says so on the page."""
    return warnings.catch_warnings(action="ignore")
