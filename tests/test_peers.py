"""The judge of the peers, and its page, without them; with them it is run by `make peers`."""

import numpy as np
import pytest

from benchmarks.peers.__main__ import page
from benchmarks.peers.case import Case, Outcome, Tool, climb, run

MAPS = np.random.default_rng(0).normal(size=(4, 2, 2, 3))


@pytest.fixture
def case():
    return Case(MAPS, np.arange(4), MAPS.sum((1, 2, 3)), MAPS)


def planted(good_from, images=4):
    """A tool that is a fiftieth off below some steps."""

    def explain(images, targets, steps):
        return images * (1 if steps >= good_from else 1.02)

    return Tool("planted", "1", "", explain)


def test_the_ladder_is_climbed_to_the_first_steps_that_do(case):
    found = list(climb(planted(32), case, (8, 16, 32, 64)))
    assert [(o.steps, o.images, o.meets) for o in found] == [
        (8, 2, False), (16, 2, False), (32, 2, True), (32, 4, True),
    ]  # fmt: skip
    assert found[0].worst_gap == pytest.approx(0.02)
    assert found[0].worst_error == pytest.approx(0.02)


def test_a_fault_in_one_image_only_is_found(case):
    def explain(images, targets, steps):
        return np.where(np.arange(len(images))[:, None, None, None] == 3, 1.02, 1.0) * images

    found = list(climb(Tool("one off", "1", "", explain), case, (8, 16)))
    assert [o.meets for o in found] == [True, False, True, False]


def test_memory_that_ends_is_recorded(case):
    def explain(images, targets, steps):
        raise RuntimeError("DefaultCPUAllocator: can't\nallocate memory")

    outcome = run(Tool("greedy", "1", "", explain), case, 8)
    assert outcome.note == "DefaultCPUAllocator: can't allocate memory"
    assert not outcome.meets


def test_the_page_has_ratios_and_cases_that_we_lose():
    ours = Outcome("inward", "0", "tolerance 0.01", 0, 50, 10.0, 24.0, 0.004, 0.008)
    slow = Outcome("Captum", "1", "defaults, image by image", 512, 50, 120.0, 512.0, 0.001, 0.009)
    quick = Outcome("Captum", "1", "internal_batch_size 32", 16, 50, 5.0, 16.0, 0.001, 0.009)
    part = Outcome("Xplique", "1", "", 4096, 2, 100.0, 4096.0, 0.02, 0.009)
    text = page([ours, slow, quick, part], np.full(50, 20), {"n": "1"})
    assert "| Captum 1 | defaults, image by image | 512 | 50 | 120.0 | 12.0 | 25.6 | 0.10% | 0.90% |  |" in text
    assert "| Xplique 1 |  | 4096 | 2 | 2,500.0 | 250.0 | 204.8 | 2.00% | 0.90% | does not meet both |" in text
    assert "met: Captum, defaults: time / ours 12.000" in text
    assert "**missed**: Captum, tuned: time / ours 0.500" in text
    assert "Xplique: time" not in text
