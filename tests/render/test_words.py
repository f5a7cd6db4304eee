import math

import pytest

from inward.render.style import number, shortened
from inward.render.words import alpha, certificate, percent, prediction


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0 %"), (1, "100 %"), (0.914, "91 %"), (1e-9, "<1 %"), (0.9999, ">99 %"), (0.5, "50 %"), (0.0051, "1 %")],
)
def test_certainty_is_not_claimed_by_rounding(share, said):
    assert percent(share) == said


def test_predictions_and_places():
    assert prediction("horse", 0.914) == "horse 91 %"
    assert [alpha(a) for a in (0.01, 0.5, 1.0, 1e-5)] == ["α 0.01", "α 0.5", "α 1", "α 1e-05"]


def test_certificates_state_gap_and_error():
    assert certificate(-0.0123) == ("gap -0.01",)
    assert certificate(2.0, 0.0057) == ("gap +2", "error 0.57 %")
    assert certificate(math.nan) == ("gap +nan",)


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.01, "0.01"), (1.0, "1"), (15000, "15,000"), (-9000, "-9,000"), (0.012345, "0.0123"), (123.4, "123"),
     (999.4, "999"), (999.9, "1,000"), (-999.7, "-1,000"), (2e-7, "2e-07"), (-3e38, "-3e+38"), (math.nan, "nan")],
)  # fmt: skip
def test_numbers_have_three_digits_that_count(value, said):
    assert number(value) == said


def test_long_text_is_cut_with_an_ellipsis():
    assert shortened("horse", 1.0) == "horse"
    cut = shortened("a very long name of a class indeed", 1.0)
    assert cut.endswith("…")
    assert 12 <= len(cut) <= 24
    assert shortened("abcdef", 0.0) == "…"
    assert shortened("", 0.0) == ""


@pytest.mark.parametrize("letter", "iWx猫α")
def test_text_is_measured_not_counted(letter):
    widths = [len(shortened(letter * 500, inches)) for inches in (1.0, 2.0)]
    assert widths[0] < widths[1] <= 2 * widths[0] + 4  # the ellipsis takes its place once
    assert len(shortened("i" * 500, 1.0)) > 2 * len(shortened("W" * 500, 1.0))


def test_a_name_stays_on_its_line():
    assert shortened("two\nlines\there", 5.0) == "two lines here"
