"""`python -m benchmarks.peers`: the same maps, to the same true error, by `inward` and by other tools; `make peers`.

Their environments are made by `make peers`, since their libraries have no place in ours. References and the numbers
of steps that rules need are kept in build/peers, so that a second run only measures times.
"""

import argparse
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.resources import files
from itertools import chain
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np

import inward
from benchmarks.machine import described
from benchmarks.peers import rules
from benchmarks.peers.case import TOLERANCE, Case, Outcome, figures, load, save
from benchmarks.peers.ladder import HARDEST, peak
from benchmarks.peers.page import OURS, as_csv, page
from benchmarks.peers.reference import case_of
from inward.arrays import Array
from inward.data.dataset import load_dataset
from inward.model import Model
from inward.network.run import WEIGHTS

_ROOT = Path(__file__).parent.parent.parent
_BUILD, _DOCS = _ROOT / "build" / "peers", _ROOT / "docs"
_QUICK_IMAGES, _QUICK_MOST = 3, 64
_CALLS = 2  # of ours after each peer


class Peer(NamedTuple):
    """Its environment and module; the rule that it sums by, and our maps by the same for a number of steps."""

    environment: str
    module: str
    rule: str
    by_rule: Callable[[Model, Case], Array]


def _gauss(model: Model, case: Case) -> Array:
    return rules.by_rule(model, case, "gauss-legendre", 50)


def _even(name: str) -> Callable[[Model, Case], Array]:
    return lambda model, case: [maps(rules.EVEN[name]) for _, maps in rules.doubled(model, case, 64)][-1]


PEERS = {
    "captum": Peer("torch", "captum_peer", rules.GAUSS, _gauss),
    "xplique": Peer("tensorflow", "xplique_peer", rules.XPLIQUE, _even(rules.XPLIQUE)),
    "saliency": Peer("tensorflow", "saliency_peer", rules.PAIR, _even(rules.PAIR)),
}


def main(arguments: Sequence[str]) -> None:
    """Ours, the rules, the peers with ours in between, and the page after each."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--images", type=int, default=50, metavar="N", help="CIFAR-10's first test images (50)")
    parser.add_argument("--few", type=int, default=5, metavar="N", help="of them, for rules that need thousands (5)")
    parser.add_argument("--only", choices=tuple(PEERS), nargs="+", default=tuple(PEERS), help="some peers (all)")
    parser.add_argument("--quick", action="store_true", help="3 images and short ladders, to see that it runs")
    parser.add_argument("--docs", type=Path, metavar="DIR", help="where peers.csv and .md go (docs, unless quick)")
    chosen = parser.parse_args(arguments)
    docs = chosen.docs or (_BUILD if chosen.quick else _DOCS)
    _BUILD.mkdir(parents=True, exist_ok=True)
    count = _QUICK_IMAGES if chosen.quick else chosen.images
    model, machine = inward.load("cifar10-allconv"), described()
    images = load_dataset("cifar10").test_images[:count].astype(np.float32) / 255
    weights = Path(str(files("inward") / "shipped" / "cifar10-allconv")) / WEIGHTS
    key = f"{hashlib.sha256(weights.read_bytes()).hexdigest()[:12]}-{count}"
    case, doubt = case_of(model, images, _BUILD / f"{key}.npz")
    inward.integrated_gradients(model, images[:2])  # a warm-up
    outcomes = [*_ours(model, case), *_needs(model, case, key, chosen.few, _QUICK_MOST if chosen.quick else rules.MOST)]
    for name in chosen.only:
        outcomes += [
            *_asked(PEERS[name], model, case, weights, outcomes),
            *(next(_ours(model, case)) for _ in range(_CALLS)),
        ]
        (docs / "peers.csv").write_text(as_csv(outcomes), encoding="utf-8")
        (docs / "peers.md").write_text(page(outcomes, doubt, machine), encoding="utf-8")
    sys.stdout.write(f"wrote {docs / 'peers.md'} and peers.csv\n")


def _ours(model: Model, case: Case) -> Iterator[Outcome]:
    """The whole call, timed; then its images one by one."""
    begun = perf_counter()
    found = inward.integrated_gradients(model, case.images, tolerance=TOLERANCE, progress=rules.SILENT)
    label = (OURS, inward.__version__, f"tolerance {TOLERANCE:g}", 0, len(case.images), perf_counter() - begun)
    yield Outcome(*label, float(found.evaluations.mean()), *figures(case, found.values), peak())
    for i, spent in enumerate(found.evaluations):
        one = case.part(np.array([i]))
        yield rules.of_image(OURS, one, int(found.steps[i, 0]), found.values[i : i + 1], float(spent))


def _needs(model: Model, case: Case, key: str, few: int, most: int) -> list[Outcome]:
    """Gauss-Legendre on every image; the plain rules on the hardest images and some spread over the others."""
    file = _BUILD / f"{key}-{few}-{most}.jsonl"
    if not file.exists():
        hardest, last = min(HARDEST, len(case.images)), len(case.images) - 1
        spread = np.linspace(hardest, last, max(few - hardest, 0)).astype(np.int64)
        some = case.part(np.unique(np.concatenate([np.arange(hardest), spread.clip(0, last)])))
        ladder = [2**k for k in range(4, 12) if 2**k <= most]
        found = [rules.gauss_needs(model, case, ladder), rules.plain_needs(model, some, most)]
        begun = file.with_suffix(".part")
        save(chain(*found, rules.story(model, some) if most == rules.MOST else ()), begun)
        begun.rename(file)
    return load(file)


def _asked(peer: Peer, model: Model, case: Case, weights: Path, known: Sequence[Outcome]) -> Iterator[Outcome]:
    """What a peer says, from a process of its own environment."""
    python = _BUILD / peer.environment / "bin" / "python"
    if not python.exists():
        sys.exit("peers: their environments are not there; `make peers` makes them")
    asked, rule, out = (_BUILD / f"{peer.module}.{ending}" for ending in ("npz", "npy", "jsonl"))
    out.unlink(missing_ok=True)
    case.write(asked)
    np.save(rule, peer.by_rule(model, case.part(HARDEST)))
    steps = max(outcome.steps for outcome in known if outcome.tool == peer.rule)
    command = [str(python), "-m", f"peers.{peer.module}", *map(str, (asked, weights, rule, out, steps))]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    ended = subprocess.run(command, cwd=_ROOT / "benchmarks", env=environment, check=False)
    yield from load(out)
    if ended.returncode:
        yield Outcome.failed(peer.module, "", "the process", steps, len(case.images), f"ended with {ended.returncode}")


if __name__ == "__main__":
    main(sys.argv[1:])
