"""Accuracy: how soon it is reached, and how it varies with the seed: `python -m benchmarks.accuracy --seeds 0 1 2`.

Every finished seed is a row of docs/accuracy.csv at once, and is not trained again while its command and
the numbers of its recipe are the same; so the figures can be gathered over several days.
"""

import argparse
import csv
import hashlib
import io
import json
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from benchmarks.machine import described
from inward.network.recipes import RECIPES
from inward.network.run import Epoch, read_metrics, read_plan

_DOCS = Path(__file__).parent.parent / "docs"


@dataclass(frozen=True)
class Trained:
    """One training: what the last epoch's test accuracy is, and when the target was reached.

    seconds: of the whole command, from its start, loading and evaluation included, to the first epoch
    end at or above the target; full_epochs: the same in epochs of 50,000 images at full size, by the
    pixels computed. Both empty where it was not reached. recipe: a hash of its numbers.
    """

    command: str
    recipe: str
    seed: int
    target: float
    accuracy: float
    seconds: str
    full_epochs: str
    machine: str


def main(arguments: Sequence[str]) -> None:
    """Train what is missing, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("--dataset", default="cifar10", choices=("cifar10", "digits"))
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--epochs", type=int, metavar="N", help="instead of the recipe's number")
    parser.add_argument("--precision", default="bfloat16", choices=("float32", "bfloat16"))
    parser.add_argument("--target", type=float, default=0.81, metavar="SHARE", help="test accuracy to reach (0.81)")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], metavar="SEED")
    parser.add_argument("--docs", type=Path, default=_DOCS, metavar="DIR", help="where accuracy.csv and .md go")
    chosen = parser.parse_args(arguments)
    table, recipe = chosen.docs / "accuracy.csv", _recipe(chosen)
    family = _family(_command(chosen, 0))
    rows = [
        row for row in _read(table) if _family(row.command) != family or row.recipe == recipe
    ]  # none of old numbers
    for seed in chosen.seeds:
        command = _command(chosen, seed)
        if not any(row.command == command and row.target == chosen.target for row in rows):
            rows.append(_trained(command, recipe, seed, chosen.target))
            table.write_text(_as_csv(rows), encoding="utf-8")
    (chosen.docs / "accuracy.md").write_text(_page(rows), encoding="utf-8")


def _command(chosen: argparse.Namespace, seed: int) -> str:
    epochs = ["--epochs", str(chosen.epochs)] if chosen.epochs else []
    words = ["--dataset", chosen.dataset, "--recipe", chosen.recipe, *epochs, "--precision", chosen.precision]
    return shlex.join(["inward", "train", *words, "--seed", str(seed)])


def _family(command: str) -> str:
    """The command without its seed."""
    return command.rpartition(" --seed ")[0]


def _recipe(chosen: argparse.Namespace) -> str:
    recipe = RECIPES[chosen.dataset][chosen.recipe]
    numbers = asdict(replace(recipe, epochs=chosen.epochs or recipe.epochs))
    return hashlib.sha256(json.dumps(numbers, sort_keys=True).encode()).hexdigest()[:12]


def _trained(command: str, recipe: str, seed: int, target: float) -> Trained:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        start = time.time()
        code = "import sys; from inward.cli import main; main(sys.argv[1:])"
        words = shlex.split(command)[1:]
        subprocess.run([sys.executable, "-c", code, *words, "--out", str(out)], check=True)
        waited = (out / "initial.safetensors").stat().st_mtime - start  # loading, before the training's own clock
        epochs, plan = read_metrics(out), read_plan(out)
    reached = _first(epochs, target)
    work = sum(plan.recipe.share(epoch) ** 2 for epoch in range(reached.epoch)) if reached else 0.0
    return Trained(
        command,
        recipe,
        seed,
        target,
        epochs[-1].test_accuracy,
        f"{waited + reached.seconds:.0f}" if reached else "",
        f"{work:.2f}" if reached else "",
        ", ".join(described().values()),
    )


def _first(epochs: Sequence[Epoch], target: float) -> Epoch | None:
    return next((epoch for epoch in epochs if epoch.test_accuracy >= target), None)


def _read(table: Path) -> list[Trained]:
    if not table.exists():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return [_parsed(row) for row in csv.DictReader(file)]


def _parsed(row: dict[str, Any]) -> Trained:
    return Trained(**row | {"seed": int(row["seed"]), **{name: float(row[name]) for name in ("target", "accuracy")}})


def _as_csv(rows: Sequence[Trained]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Trained)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def _page(rows: Sequence[Trained]) -> str:
    lines = [
        "# Accuracy and the time to it",
        "",
        "Each line is one training: `python -m benchmarks.accuracy [--epochs 2] --seeds 0 1 2 3 4`. Accuracy is",
        "over all test images after the last epoch. Seconds run from the command's start, loading and evaluation",
        "included, to the end of the first epoch at or above the target; full epochs are the same in passes over",
        "the training images at full size, by pixels. The machine of each line is in accuracy.csv.",
        "",
        "| command | target | accuracy | seconds to it | full epochs to it |",
        "| --- | --- | --- | --- | --- |",
        *(f"| `{r.command}` | {r.target:.0%} | {r.accuracy:.2%} | {r.seconds} | {r.full_epochs} |" for r in rows),
        "",
        *_over_seeds(rows),
    ]
    return "\n".join(lines) + "\n"


def _over_seeds(rows: Sequence[Trained]) -> list[str]:
    """Mean and standard deviation where a command was run with several seeds."""
    groups: dict[str, list[float]] = {}
    for row in rows:
        groups.setdefault(_family(row.command), []).append(row.accuracy)
    return [
        f"* `{command}`, {len(found)} seeds: {mean(found):.2%} in the mean, standard deviation {stdev(found):.2%}."
        for command, found in groups.items()
        if len(found) > 1
    ]


if __name__ == "__main__":
    main(sys.argv[1:])
