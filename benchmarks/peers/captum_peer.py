"""Captum on a PyTorch twin: `python -m benchmarks.peers.captum_peer CASE WEIGHTS OUT IMAGES` in its own environment."""

import json
import resource
import sys
from pathlib import Path
from typing import Any

import captum
import torch
from captum.attr import IntegratedGradients
from safetensors.torch import load_file
from torch.nn import functional

from benchmarks.peers.case import Array, Case, Outcome, Tool, climb, run

_LADDER = (16, 32, 64, 128, 256, 512, 1024, 2048)
_MEMORY = 20 * 2**30  # where it wants more, it fails by itself and not the machine
_TRIAL = 64  # steps on the hardest images, to find the best batch
_BATCHES = (16, 32, 64, 128, 256)


class Twin(torch.nn.Module):  # type: ignore[misc]  # PyTorch is not in the environment that is type-checked
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


def tool(model: Twin, setting: str, batch: int | None, one_by_one: bool) -> Tool:
    """Captum with its default method, Gauss-Legendre."""
    method = IntegratedGradients(model)

    def explain(images: Array, targets: Array, steps: int) -> Array:
        x, classes = torch.tensor(images).permute(0, 3, 1, 2).contiguous(), torch.tensor(targets)
        parts = [slice(i, i + 1) for i in range(len(x))] if one_by_one else [slice(None)]
        how = {"n_steps": steps, "internal_batch_size": batch}
        found = [method.attribute(x[part], target=classes[part], **how) for part in parts]
        return torch.cat(found).permute(0, 2, 3, 1).detach().numpy()

    return Tool("Captum", captum.__version__, setting, explain)


def main(case_file: str, weights: str, out: str, images: str) -> None:
    """Defaults with all images at once, defaults image by image, and the best batch."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    case, model = Case.read(Path(case_file)).part(int(images)), Twin(Path(weights)).eval()
    outcomes: list[Outcome] = []
    for name, alone in (("defaults, all images at once", False), ("defaults, image by image", True)):
        outcomes += climb(tool(model, name, None, alone), case, _LADDER)
    ways = [(batch, alone) for batch in _BATCHES for alone in (False, True)]
    tried = {way: run(tool(model, "", *way), case.part(4), _TRIAL).seconds for way in ways}
    batch, alone = min(tried, key=lambda way: tried[way])
    how = "image by image" if alone else "all images at once"
    name = f"internal_batch_size {batch}, {how} (the fastest of {len(tried)})"
    needed = next((o.steps for o in outcomes if o.meets and o.images == len(case.images)), _LADDER[-1])
    outcomes.append(run(tool(model, name, batch, alone), case, needed))
    Path(out).write_text(json.dumps([outcome._asdict() for outcome in outcomes]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
