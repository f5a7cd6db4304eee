"""The table of figures: name -> what computes it."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from figures import backward, card, demo, formation, horse, rules
from figures.places import read_places
from figures.subject import Subject

ROOT = Path(__file__).parent.parent


class Words(NamedTuple):
    """Words of a page; `quick` and `slow` ones follow from the weights, those of the `machine` from where they run."""

    make: Callable[[Subject], str]
    kind: Literal["quick", "slow", "machine"] = "quick"


WORDS = {
    "horse-table": Words(horse.table),
    "horse-verdict": Words(horse.verdict),
    "horse-made": Words(horse.made, "machine"),
    "card-facts": Words(card.facts, "slow"),
    "card-command": Words(card.command),
    "card-by-class": Words(card.by_class, "slow"),
    "card-files": Words(card.files),
    "rules-table": Words(rules.table, "slow"),
}
PICTURES: dict[str, Callable[[Subject], bytes | None]] = {
    "docs/horse.png": horse.picture,
    "docs/report.png": demo.screenshot,
    "docs/backward.png": backward.curves,
    "docs/formation-weights.png": formation.ridges,
    "docs/formation-activations.png": formation.activations,
    "docs/formation-norms.png": formation.norms,
    "docs/rules.png": rules.chart,
}


def pages() -> list[Path]:
    """The Markdown files that may have figures."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), Subject.folder / "MODEL_CARD.md"]


def unknown() -> list[str]:
    """What is wrong with the places: names that nobody computes, names computed for no place or for two."""
    placed = [name for page in pages() for name in read_places(page.read_text(encoding="utf-8"))]
    return sorted(name for name in {*placed, *WORDS} if name not in WORDS or placed.count(name) != 1)
