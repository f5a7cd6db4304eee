"""The judge of the peers, the rules' needs and the page, without the peers; with them it is run by `make peers`."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.peers import rules
from benchmarks.peers.case import Case, Outcome, load, save
from benchmarks.peers.ladder import Tool, agreed, climb, fastest, run
from benchmarks.peers.page import as_csv, page
from inward.model import PathGradient

MAPS = np.random.default_rng(0).normal(size=(4, 2, 2, 3))


@pytest.fixture
def case():
    return Case(MAPS, np.arange(4), np.zeros(4, int), np.zeros((4, 10)), MAPS.sum((1, 2, 3)), MAPS)


def planted(good_from, setting=""):
    """A tool that is a fiftieth off below some steps."""

    def explain(images, targets, steps):
        return images * (1 if steps >= good_from else 1.02)

    return Tool("planted", "1", setting, explain)


def test_the_ladder_is_climbed_to_the_first_steps_that_do(case):
    found = list(climb(planted(32), case, (8, 16, 32, 64)))
    assert [(o.steps, o.images, o.meets) for o in found] == [
        (8, 2, False), (16, 2, False), (32, 2, True), *[(32, 4, True)] * 3,
    ]  # fmt: skip
    assert found[0].worst_gap == pytest.approx(0.02)
    assert found[0].worst_error == pytest.approx(0.02)
    assert found[0].median_error == pytest.approx(0.02)


def test_a_fault_in_one_image_only_is_found(case):
    def explain(images, targets, steps):
        return np.where(np.arange(len(images))[:, None, None, None] == 3, 1.02, 1.0) * images

    found = list(climb(Tool("one off", "1", "", explain), case, (8, 16)))
    assert [(o.steps, o.images, o.meets) for o in found if o.images == 2] == [(8, 2, True), (16, 2, True)]
    assert not any(o.meets for o in found if o.images == 4)


def test_memory_that_ends_is_recorded(case, tmp_path):
    def explain(images, targets, steps):
        raise RuntimeError("DefaultCPUAllocator: can't\nallocate memory")

    outcome = run(Tool("greedy", "1", "", explain), case, 8)
    assert outcome.note == "DefaultCPUAllocator: can't allocate memory"
    assert not outcome.meets
    save(iter([outcome]), tmp_path / "out")
    assert load(tmp_path / "out")[0].note == outcome.note


def test_the_fastest_way_is_one_that_gets_through(case):
    def greedy(images, targets, steps):
        raise MemoryError

    assert fastest([Tool("", "", "greedy", greedy), planted(1, "good")], case, 8).setting == "good"


def test_a_tool_that_sums_otherwise_is_refused(case):
    logits, ours = np.zeros((4, 10)), MAPS[:2]
    assert agreed(planted(32), case, logits, ours, 64).note.startswith("as ours")
    with pytest.raises(SystemExit, match="planted is not as ours"):
        agreed(planted(32), case, logits, ours, 16)
    with pytest.raises(SystemExit, match=r"logits to 1\.0e"):
        agreed(planted(32), case, logits + 1e-3, ours, 64)


class Spike:
    """∂s/∂x = 1 + 10 e^(-100 α) along the path from black: a steep beginning, known in closed form."""

    def path_gradient(self, start, end, objective, rows):
        sums = np.zeros((len(end), rows.weights.shape[1], *end.shape[1:]))
        slopes = 1 + 10 * np.exp(-100 * rows.alphas)
        np.add.at(sums, rows.image_index, (rows.weights * slopes[:, None])[:, :, None, None, None])
        return PathGradient(np.zeros(len(rows.alphas)), sums, 64)


@pytest.mark.parametrize("rule", rules.EVEN)
def test_the_plain_rules_are_those_of_the_tools(case, rule):
    n, maps = list(rules.doubled(Spike(), case, 8))[-1]
    slopes = 1 + 10 * np.exp(-100 * np.linspace(0, 1, n + 1))
    dense = {
        rules.RIEMANN: slopes[1:].mean(),
        rules.XPLIQUE: (slopes[:-1] + slopes[1:]).mean() / 2,
        rules.PAIR: slopes.mean(),
    }
    np.testing.assert_allclose(maps(rules.EVEN[rule]), MAPS * dense[rule], rtol=1e-12)
    assert rules.EVEN[rule].steps(n) == (n if rule == rules.RIEMANN else n + 1)


def test_what_plain_rules_need_follows_from_the_spike(case):
    """∫ = 1.1; the right sum leaves 10 / 2n, the mean of nodes minus as much, the trapezoid 1000 / 12n²."""
    whole = 1 + (1 - np.exp(-100)) / 10
    true = replace(case, reference=MAPS * whole, difference=MAPS.sum((1, 2, 3)) * whole).part(2)
    found = {(o.tool, o.setting): (o.steps, o.meets) for o in rules.plain_needs(Spike(), true, 1024)}
    assert found[rules.RIEMANN, "image 1"] == (512, True)
    assert found[rules.XPLIQUE, "image 0"] == (129, True)
    assert found[rules.PAIR, "image 0"] == (513, True)
    found = {o.tool: (o.steps, o.meets) for o in rules.plain_needs(Spike(), true, 16)}
    assert found[rules.RIEMANN] == (16, False)


NAN = float("nan")


def outcome(tool, setting, steps, images, seconds, evaluations, gap, error, note=""):
    return Outcome(tool, "1", setting, steps, images, seconds, evaluations, gap, error, gap, error, 900.0, note)


@pytest.fixture
def runs():
    return [
        *(outcome("inward", "tolerance 0.01", 0, 50, seconds, 24.0, 0.004, 0.008) for seconds in (10.0, 9.0, 30.0)),
        *(outcome("inward", f"image {i}", 20, 1, NAN, 20.0, 0.004, 0.008) for i in range(3)),
        *(outcome("even Gauss-Legendre", f"image {i}", n, 1, NAN, n, 0.0, 0.0) for i, n in enumerate((16, 160, 320))),
        outcome("right Riemann", "image 1", 20000, 1, NAN, 20000, 0.1, 0.002),
        outcome("right Riemann", "image 1, 3000 steps", 3000, 1, NAN, 3000, 0.065, 0.002),
        outcome(
            "Captum", "defaults, image by image, check", 50, 2, 1.0, 50.0, 0.2, 0.2, "as ours by the same rule: so"
        ),
        outcome("Captum", "defaults, image by image", 256, 2, 9.0, 256.0, 0.1, 0.1),
        *(outcome("Captum", "defaults, image by image", 512, 50, s, 512.0, 0.001, 0.009) for s in (120.0, 99.0, 500.0)),
        outcome("Captum", "tuned, internal_batch_size 32", 16, 50, 5.0, 16.0, 0.001, 0.009),
        Outcome.failed("Captum", "1", "defaults, all images at once", 512, 50, "can't allocate memory"),
        outcome("Xplique", "batch_size 64", 4096, 2, 100.0, 4096.0, 0.02, 0.009),
    ]


def test_the_page_has_ratios_of_medians(runs):
    text = page(runs, 3e-4, {"n": "1"})
    assert "| Captum 1 | defaults, image by image | 512 | 50 | 120.0 | 12.0 | 25.6 | 0.10% | 0.90% | 900 |  |" in text
    assert "| Captum 1 | defaults, all images at once | 512 | 50 |  |  |  |  |  |  | can't allocate memory |" in text
    assert "| Xplique 1 | batch_size 64 | 4096 | 2 | 2,500.0 | 250.0 | 204.8 | 2.00% | 0.90% | 900 |" in text
    assert "| even Gauss-Legendre | 3 | 160 | 320 | 8.0 | 0.8 |  |" in text
    assert "| right Riemann | 1 | 20,000 | 20,000 | 1,000.0 | 1,000.0 | 1 still do not meet both |" in text
    assert "* Captum 1: as ours by the same rule: so." in text
    assert "10.0 s for all (9.0 to 30.0, 3 calls)" in text


def test_the_page_shows_what_is_met_and_what_we_lose(runs):
    met, lost = page(runs, 3e-4, {}).split("## Targets")[1].split("## Where inward loses")
    assert "* met: Captum, defaults: time / ours 12.000" in met
    assert "* **missed**: Captum, at its best: time / ours 0.500" in met
    assert "* met: right Riemann: evaluations / ours, median of images 1,000.000" in met
    assert "* met: gap that 3000 steps of right Riemann leave / ours, smallest 16.250" in met
    assert "* **missed**: error that 3000 steps of right Riemann leave / ours, smallest 0.250" in met
    assert "Xplique" not in met  # it does not meet both
    assert "* Captum, tuned, internal_batch_size 32: 0.50 of our time." in lost
    assert "* even Gauss-Legendre needs fewer evaluations than ours on image 0." in lost


def test_the_table_keeps_every_run(runs):
    lines = as_csv(runs).splitlines()
    assert len(lines) == len(runs) + 1
    assert lines[-2] == 'Captum,1,"defaults, all images at once",512,50,,,,,,,,can\'t allocate memory'
