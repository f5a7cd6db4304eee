"""Outcomes to docs/peers.md and docs/peers.csv."""

import csv
import io
from collections.abc import Iterator, Sequence
from math import isnan
from statistics import median

from benchmarks.row import Row, Target

from .case import TOLERANCE, Outcome

OURS, IMAGE, CHECK, STORY = "inward", "image ", ", check", ", 3000 steps"
_TARGETS = {  # what a tool's ways begin with -> what is said of the fastest, and its target
    "Captum, defaults": ("Captum, defaults", 8.0),
    "Captum": ("Captum, at its best", 4.0),
    "Xplique": ("Xplique", 100.0),
}
_NEEDS = {"right Riemann": 500.0, "even Gauss-Legendre": 4.0}
_HEADS = (
    "tool", "setting", "steps", "images", "seconds for all", "time / ours", "evaluations / ours", "worst gap",
    "worst error", "peak MB", "note",
)  # fmt: skip
_RULE_HEADS = ("rule", "images", "evaluations, median", "largest", "evaluations / ours, median", "smallest", "note")


def page(outcomes: Sequence[Outcome], doubt: float, machine: dict[str, str]) -> str:
    """What each tool needs for the same true error, as ratios to ours."""
    ours, own = _runs(outcomes), _by_image(outcomes, OURS)
    spent = [one.evaluations for one in own.values()]
    times = sorted(one.seconds for one in ours)
    lines = [
        "# The same maps by other tools",
        "",
        f"Repeat it with `make peers`. `cifar10-allconv`, CIFAR-10's test images 0-{ours[0].images - 1}, the logit of",
        "the predicted class, from black. Every tool must bring every image's true relative gap and true relative L2",
        f"error to {TOLERANCE:g}; peers are given the smallest number of steps of a ladder of powers of two that does.",
        f"Truth is a midpoint sum on alpha = t³; a nested trapezoid sum at other places is within {doubt:.1e} of it.",
        "Ours is timed before, between and after the peers; seconds are medians of several calls where one takes less",
        "than two minutes. A tool that needs more than 20",
        "minutes for all is timed on the hardest images, and its seconds for all are in proportion: a lower bound of",
        "its steps, since other images may need more. Every run, also those that fail, is in peers.csv.",
        "",
        f"inward: {median(spent):g} evaluations an image in the median, {max(spent):g} at most;",
        f"{median(times):.1f} s for all ({times[0]:.1f} to {times[-1]:.1f}, {len(times)} calls); worst gap"
        f" {ours[0].worst_gap:.2%}, worst error {ours[0].worst_error:.2%}.",
        "",
        *_table(_HEADS, (_cells(one, ours, median(spent)) for one in _decisive(outcomes))),
        "",
        "Before it is timed, each peer's maps are held against ours by the same rule at few steps:",
        "",
        *(f"* {one.tool} {one.version}: {one.note}." for one in outcomes if one.setting.endswith(CHECK)),
        "",
        "## What their rules need",
        "",
        "By our own arithmetic, image by image; the plain rules on the hardest images and some spread over the others.",
        "",
        *_table(_RULE_HEADS, (_rule_cells(rule, _by_image(outcomes, rule), own) for rule in _rules(outcomes))),
        "",
        "## Targets",
        "",
        *(f"* {row.verdict}: {row.what} {row.cells()[1]}, should be {row.cells()[4]}." for row in verdicts(outcomes)),
        "",
        "## Where inward loses, or misses a target",
        "",
        *(list(_lost(outcomes)) or ["Nowhere in these runs."]),
        "",
        "## The machine",
        "",
        *(f"* {name}: {value}" for name, value in machine.items()),
    ]
    return "\n".join(lines) + "\n"


def verdicts(outcomes: Sequence[Outcome]) -> Iterator[Row]:
    """The targets, of what was run; of the ways to use a tool, the fastest that meets both."""
    ours, own = _runs(outcomes), _by_image(outcomes, OURS)
    for begins, (what, target) in _TARGETS.items():
        ways = [one for one in _decisive(outcomes) if f"{one.tool}, {one.setting}".startswith(begins) and one.meets]
        if ways:
            yield Row.of(f"{what}: time / ours", [min(_ratio(one, ours) for one in ways)], Target("at least", target))
    for rule, target in _NEEDS.items():
        ratios = [one.evaluations / own[name].evaluations for name, one in _by_image(outcomes, rule).items()]
        if ratios:
            yield Row.of(f"{rule}: evaluations / ours, median of images", ratios, Target("at least", target))
    left = {one.setting.removesuffix(STORY): one for one in outcomes if one.setting.endswith(STORY)}
    for what in ("gap", "error") if left else ():
        ratios = [getattr(one, f"worst_{what}") / getattr(own[name], f"worst_{what}") for name, one in left.items()]
        yield Row.of(f"{what} that 3000 steps of right Riemann leave / ours, smallest", [min(ratios)], _MORE)


_MORE = Target("at least", 1.0)


def as_csv(outcomes: Sequence[Outcome]) -> str:
    """Every run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Outcome._fields)
    writer.writerows([_said(x) for x in one] for one in outcomes)
    return text.getvalue()


def _said(x: object) -> object:
    if isinstance(x, float):
        return "" if isnan(x) else f"{x:.4g}"
    return x


def _runs(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if one.tool == OURS and not one.setting.startswith(IMAGE)]


def _by_image(outcomes: Sequence[Outcome], tool: str) -> dict[str, Outcome]:
    some = (one for one in outcomes if one.tool == tool and one.setting.startswith(IMAGE))
    return {one.setting: one for one in some if not one.setting.endswith(STORY)}


def _rules(outcomes: Sequence[Outcome]) -> list[str]:
    return list(dict.fromkeys(one.tool for one in outcomes if one.setting.startswith(IMAGE) and one.tool != OURS))


def _decisive(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Of each peer and setting the last run, with the median time of those like it."""
    some = [one for one in outcomes if one.tool != OURS and not one.setting.startswith(IMAGE)]
    last = {one[:3]: one for one in some if not one.setting.endswith(CHECK)}.values()
    return [one._replace(seconds=median(x.seconds for x in some if x[:5] == one[:5])) for one in last]


def _ratio(one: Outcome, ours: Sequence[Outcome]) -> float:
    return one.seconds / one.images * ours[0].images / median(run.seconds for run in ours)


def _cells(one: Outcome, ours: Sequence[Outcome], spent: float) -> tuple[str, ...]:
    label = (f"{one.tool} {one.version}", one.setting, str(one.steps), str(one.images))
    if isnan(one.seconds):
        return (*label, *[""] * 6, one.note)
    figures = (
        f"{one.seconds / one.images * ours[0].images:,.1f}", f"{_ratio(one, ours):,.1f}",
        f"{one.evaluations / spent:,.1f}", f"{one.worst_gap:.2%}", f"{one.worst_error:.2%}",
        f"{one.peak_megabytes:,.0f}",
    )  # fmt: skip
    return (*label, *figures, one.note or ("" if one.meets else "does not meet both"))


def _rule_cells(rule: str, found: dict[str, Outcome], own: dict[str, Outcome]) -> tuple[str, ...]:
    needed = [one.evaluations for one in found.values()]
    ratios = [one.evaluations / own[name].evaluations for name, one in found.items()]
    short = sum(not one.meets for one in found.values())
    figures = (f"{median(needed):,g}", f"{max(needed):,g}", f"{median(ratios):,.1f}", f"{min(ratios):,.1f}")
    return rule, str(len(found)), *figures, f"{short} still do not meet both" if short else ""


def _lost(outcomes: Sequence[Outcome]) -> Iterator[str]:
    ours, own = _runs(outcomes), _by_image(outcomes, OURS)
    for one in _decisive(outcomes):
        if _ratio(one, ours) < 1:
            yield f"* {one.tool}, {one.setting}: {_ratio(one, ours):.2f} of our time."
    for rule in _rules(outcomes):
        cheap = [name for name, one in _by_image(outcomes, rule).items() if one.evaluations < own[name].evaluations]
        if cheap:
            yield f"* {rule} needs fewer evaluations than ours on {', '.join(cheap)}."
    for row in verdicts(outcomes):
        if row.verdict != "met":
            yield f"* {row.what}: {row.cells()[1]}, should be {row.cells()[4]}."


def _table(heads: Sequence[str], rows: Iterator[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]
