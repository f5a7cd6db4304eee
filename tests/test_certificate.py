"""The judge of the certificate: its arithmetic, and faults that it must find."""

import numpy as np
import pytest

from benchmarks import certificate
from benchmarks.certificate import SMOOTH, Judged, Subject, judged, page
from inward.backends.numpy import NumpyOps
from inward.network.allconv import allconv, initial_kernels
from inward.network.network import Network

LAYERS = allconv(channels=1, classes=3, width=4)


def narrow():
    kernels = {name: 2 * kernel.astype(np.float64) for name, kernel in initial_kernels(LAYERS, seed=1).items()}
    return Network(LAYERS, kernels, NumpyOps(), (8, 8, 1), ("a", "b", "c"))


@pytest.fixture
def subject(tmp_path, monkeypatch):
    monkeypatch.setattr(certificate, "_KEPT", tmp_path)
    return Subject("a narrow network", narrow, np.zeros_like, SMOOTH)


@pytest.fixture
def images():
    return np.random.default_rng(2).random((6, 8, 8, 1))


def test_a_narrow_network_is_judged(subject, images):
    rows = list(judged(subject, images))
    assert len(rows) == 12
    assert all(row.converged and row.known for row in rows)
    assert all(row.true <= 2 * row.stated for row in rows)  # a dozen channels have few kinks, and uneven ones
    again = list(judged(subject, images))  # from the kept reference
    assert again == rows


def test_a_planted_fault_is_found(subject, images, monkeypatch):
    """Errors that are stated ten times too small are not honest."""
    true = certificate.inward.integrated_gradients

    class Boasting:
        def __init__(self, found):
            self.__dict__.update(vars(found), error=found.error / 10)

    monkeypatch.setattr(certificate.inward, "integrated_gradients", lambda *a, **how: Boasting(true(*a, **how)))
    rows = list(judged(subject, images))
    assert np.mean([row.true <= row.stated for row in rows]) < 0.5


def test_references_that_differ_do_not_judge():
    row = Judged("s", 1, 1e-2, 20, 3.0, True, 0.01, 0.005, 0.001, doubt=0.002)
    assert not row.known
    assert "0 of 0" in page([row], {})


def test_the_table_comes_back_and_says_what_it_means(tmp_path):
    rows = [Judged("s", i, 0.01, 20 + i, 3.0, i > 0, 0.008, 0.004 * (1 + i), 0.001, 1e-5) for i in range(3)]
    (tmp_path / "t.csv").write_text(certificate._as_csv(rows), encoding="utf-8")
    assert certificate._read(tmp_path / "t.csv") == rows
    assert "| s | 0.01 | 3 | 0 | 3 | 2 | 2 of 3 (66.7%) | 1.00 | 21 | 22 | 8.00e-03 | 1.20e-02 |" in page(rows, {})
