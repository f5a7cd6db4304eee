"""What an error costs on this model: every rule's error against its evaluations."""

import numpy as np

from inward.methods.attribution import REFINED
from inward.methods.rules import RuleComparison
from inward.render.chart_rules import rules_chart
from inward.render.page import Picture, Section, Table
from inward.render.png import png_bytes
from inward.render.style import number

_TEXT = (
    "Each line is a rule with more and more nodes on the path; the lower left is where to be. The refined trapezoid "
    "puts nodes where each image's path needs them and stops when its tolerance is met; the others have the same "
    "nodes for every image and no tolerance. Lines are medians over the images, bands reach from the best image to "
    "the worst.",
    "The reference is a refined map; a midpoint sum of 500 nodes at other places is as far from it as the grey "
    "band is high.",
)
_COLUMNS = ("rule", "evaluations", "error of the map, median", "largest", "relative gap, median", "largest")


def rules_section(found: RuleComparison) -> Section:
    """The picture that says why maps are asked for by tolerance, and its numbers."""
    chart = rules_chart(found.evaluations, found.error, found.relative_gap, float(np.median(found.doubt)), REFINED)
    picture = Picture("rules.png", png_bytes(chart), alt="Error and gap against evaluations for each rule")
    rows = tuple(
        (
            name,
            number(float(np.median(found.evaluations[name][i]))),
            *(f"{f(x[name][i]):.3%}" for x in (found.error, found.relative_gap) for f in (np.median, np.max)),
        )
        for name in found.evaluations
        for i in range(len(found.evaluations[name]))
    )
    return Section("What an error costs", _TEXT, (picture,), Table(_COLUMNS, rows))
