"""Captum on a PyTorch twin: `python -m peers.captum_peer CASE WEIGHTS RULE OUT STEPS` in its own environment.

RULE: our maps of the hardest images by Gauss-Legendre, CHECKED steps. STEPS: how many Gauss-Legendre needs by our
arithmetic; the climb begins one rung below.
"""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import captum
import numpy as np
import torch
from captum.attr import IntegratedGradients
from safetensors.torch import load_file
from torch.nn import functional

from .case import Array, Case, Outcome, save
from .ladder import HARDEST, Tool, agreed, climb, fastest, run, timed

CHECKED = 50
_TRIALS = 8  # images to find the best batch with
_BATCHES = (16, 32, 64, 128, 256)
_MOST = 2048
_SHARE = 0.9  # of the memory that is there; where it wants more, it fails by itself and not the machine
_VERSION = f"{captum.__version__}, PyTorch {torch.__version__}"


class Twin(torch.nn.Module):
    """The nine convolutions, channels first."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        kernels = [kernel.permute(3, 2, 0, 1).contiguous() for _, kernel in sorted(load_file(weights).items())]
        self.kernels = torch.nn.ParameterList(kernels).requires_grad_(requires_grad=False)

    def forward(self, x: Any) -> Any:
        for number, kernel in enumerate(self.kernels, start=1):
            x = functional.elu(functional.conv2d(x, kernel, padding="same"))
            if number in (3, 6):
                x = functional.avg_pool2d(x, 2)
        return x.mean((2, 3))


def tool(model: Twin, kind: str, batch: int | None, one_by_one: bool) -> Tool:
    """Captum with its default method, Gauss-Legendre."""
    method = IntegratedGradients(model)

    def explain(images: Array, targets: Array, steps: int) -> Array:
        x, classes = _channels_first(images), torch.tensor(targets)
        parts = [slice(i, i + 1) for i in range(len(x))] if one_by_one else [slice(None)]
        how = {"n_steps": steps, "internal_batch_size": batch}
        found = [method.attribute(x[part], target=classes[part], **how) for part in parts]
        return torch.cat(found).permute(0, 2, 3, 1).detach().numpy()

    how = "image by image" if one_by_one else "all images at once"
    size = "" if batch is None else f" internal_batch_size {batch},"
    return Tool("Captum", _VERSION, f"{kind},{size} {how}", explain)


def outcomes(case: Case, model: Twin, by_rule: Array, needed: int) -> Iterator[Outcome]:
    """Agreement; defaults image by image; the best batch; defaults with all images at once, which may end it."""
    alone = tool(model, "defaults", None, one_by_one=True)
    with torch.no_grad():
        logits = model(_channels_first(case.images)).numpy()
    yield agreed(alone, case, logits, by_rule, CHECKED)
    ladder = [2**k for k in range(4, 12) if needed / 2 <= 2**k <= max(_MOST, needed)]
    found = list(climb(alone, case, ladder))
    yield from found
    ways = [tool(model, "tuned", batch, one_by_one) for batch in _BATCHES for one_by_one in (False, True)]
    steps = found[-1].steps
    yield from timed(fastest(ways, case.part(_TRIALS), steps), case, steps)
    at_once = tool(model, "defaults", None, one_by_one=False)
    yield run(at_once, case.part(HARDEST), steps)
    yield from timed(at_once, case, steps)


def _channels_first(images: Array) -> Any:
    return torch.tensor(images).permute(0, 3, 1, 2).contiguous()


def _limit_memory() -> None:
    memory, status = (Path("/proc") / name for name in ("meminfo", "self/status"))
    if memory.exists():
        left, held = (_bytes(file, name) for file, name in ((memory, "MemAvailable"), (status, "VmSize")))
        most = held + int(_SHARE * left)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _bytes(file: Path, name: str) -> int:
    lines = dict(line.split(":", 1) for line in file.read_text(encoding="ascii").splitlines())
    return int(lines[name].split()[0]) * 1024


def main(case: str, weights: str, rule: str, out: str, steps: str) -> None:
    """Every outcome, saved as it comes."""
    _limit_memory()
    found = outcomes(Case.read(Path(case)), Twin(Path(weights)).eval(), np.load(rule), int(steps))
    save(found, Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
