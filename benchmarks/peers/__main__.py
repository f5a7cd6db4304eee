"""`python -m benchmarks.peers`: the same maps, to the same true error, by `inward` and by other tools; `make peers`.

Their environments are made by `make peers`, since their libraries have no place in ours.
"""

import argparse
import csv
import io
import json
import subprocess
import sys
import warnings
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from time import perf_counter

import numpy as np

import inward
from benchmarks.machine import described
from benchmarks.peers.case import TOLERANCE, Case, Outcome, Tool, climb, run
from benchmarks.row import Row, Target
from inward.arrays import Array
from inward.data.dataset import load_dataset
from inward.methods.integrated import NotConvergedWarning
from inward.methods.quadrature import quadrature
from inward.model import Model, Objective, Rows
from inward.network.run import WEIGHTS

_ROOT = Path(__file__).parent.parent.parent
_BUILD, _DOCS = _ROOT / "build" / "peers", _ROOT / "docs"
_REFERENCE_NODES = 640
_LADDER = (*(2**k for k in range(4, 12)), 3000, *(2**k for k in range(12, 16)))
_TARGETS = {"Captum, defaults": 8.0, "Captum, tuned": 4.0, "Xplique": 100.0}


def main(arguments: Sequence[str]) -> None:
    """Ours, the peers, and the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--images", type=int, default=50, metavar="N", help="CIFAR-10's first test images (50)")
    parser.add_argument("--few", type=int, default=2, metavar="N", help="hardest images for tools that need too long")
    parser.add_argument("--docs", type=Path, default=_DOCS, metavar="DIR", help="where peers.csv and .md go")
    chosen = parser.parse_args(arguments)
    network = inward.load("cifar10-allconv")
    images = load_dataset("cifar10").test_images[: chosen.images].astype(np.float32) / 255
    case, ours, evaluations = _case(network, images)
    outcomes = [ours, *_rules(network, case)]
    weights = Path(str(files("inward") / "shipped" / "cifar10-allconv")) / WEIGHTS
    outcomes += _peer("torch", "captum_peer", weights, len(images))
    needed = {o.tool: o.steps for o in outcomes if o.meets}
    even = str(needed.get("even trapezoid", _LADDER[-1]))
    outcomes += _peer("tensorflow", "xplique_peer", weights, chosen.few, even)
    (chosen.docs / "peers.csv").write_text(_as_csv(outcomes), encoding="utf-8")
    (chosen.docs / "peers.md").write_text(page(outcomes, evaluations, described()), encoding="utf-8")


def _case(network: Model, images: Array) -> tuple[Case, Outcome, Array]:
    """The question, with its reference; ours, timed after a warm-up; and its evaluations, hardest image first."""
    logits = network.scores(images)
    targets = logits.argmax(axis=1)
    objective = Objective.of_classes(targets, logits.shape[1])
    difference = objective.of(logits).astype(np.float64) - objective.of(network.scores(np.zeros_like(images)))
    inward.integrated_gradients(network, images[:2])
    begun = perf_counter()
    found = inward.integrated_gradients(network, images, tolerance=TOLERANCE)
    seconds = perf_counter() - begun
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotConvergedWarning)
        reference = inward.integrated_gradients(
            network, images, rule="midpoint", steps=_REFERENCE_NODES, power=3.0, progress=lambda *_: None
        ).values
    hardest = np.argsort(-found.error * (found.evaluations > np.median(found.evaluations)))
    case = Case(images[hardest], targets[hardest], difference[hardest], reference[hardest])
    _BUILD.mkdir(parents=True, exist_ok=True)
    arrays = zip(("images", "targets", "difference", "reference"), vars(case).values(), strict=True)
    np.savez(_BUILD / "case.npz", **dict(arrays))
    gap, error = case.judge(found.values[hardest])
    label = ("inward", inward.__version__, f"tolerance {TOLERANCE:g}", 0, len(images))
    mean = float(found.evaluations.mean())
    return case, Outcome(*label, seconds, mean, float(gap.max()), float(error.max())), found.evaluations[hardest]


def _rules(network: Model, case: Case) -> list[Outcome]:
    """How many even nodes each plain rule needs, by our own arithmetic; the last run of each."""
    found: list[Outcome] = []
    for name in ("right-riemann", "gauss-legendre", "trapezoid"):

        def explain(images: Array, targets: Array, steps: int, rule: str = name) -> Array:
            nodes = quadrature(rule, steps)
            many = len(nodes.alphas)
            weights = np.tile(nodes.weights[:, None], (len(images), 1))
            rows = Rows(np.repeat(np.arange(len(images)), many), np.tile(nodes.alphas, len(images)), weights)
            objective = Objective.of_classes(targets, len(network.classes))
            return images * network.path_gradient(np.zeros_like(images), images, objective, rows).sums[:, 0]

        tool = Tool(f"even {name}", inward.__version__, "our arithmetic", explain)
        few = case.part(1) if name != "gauss-legendre" else case
        found += climb(tool, few, _LADDER)
        if name == "right-riemann":
            found.append(run(tool, case.part(5), 3000))
    return found


def _peer(environment: str, module: str, weights: Path, images: int, *more: str) -> list[Outcome]:
    """What a peer says, from a process of its own environment."""
    out = _BUILD / f"{module}.json"
    python = _BUILD / environment / "bin" / "python"
    if not python.exists():
        sys.exit("peers: their environments are not there; `make peers` makes them")
    command = [str(python), "-m", f"benchmarks.peers.{module}", str(_BUILD / "case.npz"), str(weights), str(out)]
    subprocess.run([*command, str(images), *more], cwd=_ROOT, check=True)
    return [Outcome(**one) for one in json.loads(out.read_text(encoding="utf-8"))]


def page(outcomes: Sequence[Outcome], evaluations: Array, machine: dict[str, str]) -> str:
    """What each tool needs for the same true error, as ratios to ours."""
    ours = outcomes[0]
    lines = [
        "# The same maps by other tools",
        "",
        f"Repeat it with `make peers`. `cifar10-allconv`, CIFAR-10's test images 0-{ours.images - 1}, the logit of the",
        "predicted class, from black. Every tool must bring every image's true relative gap and true relative L2 error",
        f"(against a midpoint sum of {_REFERENCE_NODES} nodes on alpha = t³) below {TOLERANCE:g}; peers are given the",
        "smallest number of steps of a ladder that does. Seconds are of all images, one run on an otherwise idle",
        "machine; where a tool was timed on fewer images, seconds for all are in proportion. All runs, those that fail",
        "or run out of memory too, are in peers.csv.",
        "",
        f"inward takes {np.median(evaluations):g} evaluations an image in the median, {evaluations.max()} at most.",
        "",
        *_table(outcomes, ours, float(np.median(evaluations))),
        "",
        *_verdicts(outcomes, ours),
        "",
        "## The machine",
        "",
        *(f"* {name}: {value}" for name, value in machine.items()),
    ]
    return "\n".join(lines) + "\n"


def _table(outcomes: Sequence[Outcome], ours: Outcome, median: float) -> list[str]:
    heads = (
        "tool", "setting", "steps", "images", "seconds for all", "time / ours", "evaluations / ours", "gap", "error",
        "note",
    )  # fmt: skip
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join("---" for _ in heads) + " |"]
    for one in _last(outcomes):
        seconds = one.seconds * ours.images / one.images
        figures = (
            f"{one.steps or '-'}", f"{one.images}", f"{seconds:,.1f}", f"{seconds / ours.seconds:,.1f}",
            f"{one.evaluations / median:,.1f}", f"{one.worst_gap:.2%}", f"{one.worst_error:.2%}",
        )  # fmt: skip
        note = one.note or ("" if one.meets else "does not meet both")
        lines.append("| " + " | ".join((f"{one.tool} {one.version}", one.setting, *figures, note)) + " |")
    return lines


def _last(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Of each tool and setting, the run that decides: the last; and the 3000 steps of the story."""
    return list({(one.tool, one.setting, one.steps == 3000): one for one in outcomes}.values())


def _verdicts(outcomes: Sequence[Outcome], ours: Outcome) -> list[str]:
    best: dict[str, float] = {}
    for one in outcomes:
        if one.meets and one.tool in ("Captum", "Xplique"):
            kind = {True: "Captum, defaults", False: "Captum, tuned"}["defaults" in one.setting]
            kind = one.tool if one.tool == "Xplique" else kind
            ratio = one.seconds / one.images * ours.images / ours.seconds
            best[kind] = min(ratio, best.get(kind, np.inf))
    rows = [Row.of(f"{kind}: time / ours", [x], Target("at least", _TARGETS[kind])) for kind, x in best.items()]
    return [f"* {row.verdict}: {row.what} {row.cells()[1]}, should be {row.cells()[4]}." for row in rows]


def _as_csv(outcomes: Sequence[Outcome]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Outcome._fields)
    writer.writerows([f"{x:.4g}" if isinstance(x, float) else x for x in one] for one in outcomes)
    return text.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
