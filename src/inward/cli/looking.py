"""What `demo` and `inspect` share: from images to a report on the disk."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from inward.cli.app import versions
from inward.progress import share_bar

if TYPE_CHECKING:
    from inward.data.images import ImageSet
    from inward.report.report import Report


def inspected(model: Any, shown: "ImageSet", settings: dict[str, Any], **options: Any) -> "Report":
    """The report on a model and its images, with progress on the terminal."""
    from inward.report.inspection import inspect as look_inside

    fitted = f"{sum(shown.fitted)} of {len(shown.fitted)} centre-cropped and resized to the network's input"
    labels = true_classes(shown, model.classes)
    with share_bar("looking inside") as tell, warnings.catch_warnings(record=True) as noticed:
        warnings.simplefilter("always", UserWarning)
        report = look_inside(
            model,
            shown.images,
            labels,
            names=shown.names,
            settings=settings | {"fitting": fitted, "backend": model.backend, "versions": versions()},
            progress=tell,
            **options,
        )
    for one in noticed:
        typer.echo(f"note: {one.message}", err=True)
    return report


def true_classes(shown: "ImageSet", classes: tuple[str, ...]) -> list[int]:
    """The labels as classes of the model, by their names; -1 where it has none of that name."""
    names = [shown.label_names[label] if label >= 0 else "" for label in shown.labels]
    return [classes.index(name) if name in classes else -1 for name in names]


def write(report: "Report", out: Path, single_file: bool = True) -> None:
    """The report's folder, and its summary on the terminal."""
    with share_bar("drawing") as tell:
        page = report.save(out, tell, single_file=single_file)
    for line in report.summary():
        typer.echo(line)
    typer.echo(f"wrote {page}")


def crops(boxes: list[tuple[int, Any]], shown: "ImageSet", shape: tuple[int, ...]) -> list[Any]:
    """Parts of pictures, each an image's index and a box, fitted to the network's input."""
    from inward.data.pictures import crop, fit
    from inward.report.inspection import CropOf

    def cut(index: int, box: Any) -> CropOf:
        picture, name = shown.pictures[index], f"--crop of {shown.names[index]}"
        return CropOf(index, box, (picture.shape[1], picture.shape[0]), fit(crop(picture, box, name), shape))

    return [cut(index, box) for index, box in boxes]
