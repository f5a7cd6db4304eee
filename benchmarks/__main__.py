"""`python -m benchmarks [--pairs N] [--quick] [--out FILE]`."""

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks import page
from benchmarks.layers import layer_tables
from benchmarks.machine import described
from benchmarks.memory import path_memory, refined_memory, step_memory
from benchmarks.row import Row
from benchmarks.speed import fused_path, input_gradient, refined, training_step
from benchmarks.startup import startup
from benchmarks.subject import SUBJECTS

_PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"


def main(arguments: Sequence[str]) -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Speed and memory, as ratios in one run.")
    parser.add_argument("--pairs", type=int, metavar="N", help="alternating pairs of a comparison (30)")
    parser.add_argument(
        "--quick", action="store_true", help="a small network, to see that it runs; writes a page with --out only"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the page goes (docs/benchmarks.md)")
    chosen = parser.parse_args(arguments)
    if chosen.pairs is not None and chosen.pairs < 1:
        parser.error("--pairs must be at least 1")
    console, machine = Console(), described()
    name = "quick" if chosen.quick else "full"
    rows, tables = list(measured(name, chosen.pairs, console)), list(layer_tables(SUBJECTS[name]))
    console.print(page.table(rows, machine))
    console.print("\n\n".join(tables), highlight=False, markup=False)
    out = chosen.out or (None if chosen.quick else _PAGE)
    if out:
        how = [*(["--quick"] if chosen.quick else []), *(["--pairs", str(chosen.pairs)] if chosen.pairs else [])]
        command = shlex.join(["python", "-m", "benchmarks", *how]) if how else "make bench"
        out.write_text(page.markdown(rows, tables, machine, command), encoding="utf-8")
        console.print(f"wrote {out}")


def measured(name: str, pairs: int | None, console: Console) -> Iterator[Row]:
    """Every row, told as it comes."""
    subject = SUBJECTS[name]
    if pairs:
        subject = replace(subject, pairs=pairs, path_pairs=min(pairs, subject.path_pairs))
    parts = [
        startup(subject),
        training_step(subject),
        step_memory(name),
        input_gradient(subject),
        path_memory(name),
        fused_path(subject),
        refined(subject),
        refined_memory(name),
    ]
    for part in parts:
        for row in part:
            console.print("  ".join(row.cells()[:3]), highlight=False)
            yield row


if __name__ == "__main__":
    main(sys.argv[1:])
