from functools import partial

import numpy as np
import pytest

from inward.methods.attribution import REFINED
from inward.methods.rules import compare_rules
from inward.report.inspection import inspect
from inward.report.report import load_report
from inward.report.view_rules import rules_section


@pytest.fixture
def compared(model, images, monkeypatch):
    quick = partial(compare_rules, steps=(2, 8), tolerances=(0.5, 0.1))
    monkeypatch.setattr("inward.report.inspection.compare_rules", quick)
    return inspect(model, images[:2], rule="midpoint", steps=2, alphas=(1.0,), rules=True)


def test_it_is_of_the_first_image_and_has_its_numbers(compared):
    section = rules_section(compared.rules)
    assert compared.rules.doubt.shape == (1,)
    assert [row[0] for row in section.table.rows].count(REFINED) == len(compared.rules.error[REFINED])
    assert section.pictures[0].data.startswith(b"\x89PNG")


def test_it_is_saved_with_the_report(compared, tmp_path, monkeypatch):
    monkeypatch.setattr("inward.report.views.draw", lambda report, **_: iter([("report.html", b"", 1.0)]))
    compared.save(tmp_path / "out")
    again = load_report(tmp_path / "out").rules
    for name, error in compared.rules.error.items():
        np.testing.assert_array_equal(again.error[name], error)


def test_nobody_who_did_not_ask_waits_for_it(report):
    assert report.rules is None
