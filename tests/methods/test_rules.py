import numpy as np
import pytest

from inward.errors import ArgumentError
from inward.methods.attribution import REFINED
from inward.methods.quadrature import RULES
from inward.methods.rules import compare_rules


@pytest.fixture
def compared(tanh_net, inputs):
    return compare_rules(tanh_net, inputs(tanh_net), 0, steps=(8, 16, 32), tolerances=(1e-2, 1e-4))


def test_every_rule_and_the_refined_one(compared):
    assert tuple(compared.error) == (*RULES, REFINED)
    assert compared.error["midpoint"].shape == compared.evaluations["midpoint"].shape == (3, 4)
    assert compared.relative_gap[REFINED].shape == (2, 4)
    assert compared.evaluations["trapezoid"][:, 0].tolist() == [9, 17, 33]


def test_errors_fall_as_the_orders_say(compared):
    for name, order in (("right-riemann", 1), ("midpoint", 2), ("trapezoid", 2)):
        first, _, last = compared.error[name].mean(axis=1)
        assert np.log2(first / last) / 2 == pytest.approx(order, abs=0.35)
    assert (compared.error[REFINED][1] <= 1e-4).all()
    assert compared.doubt.max() < 1e-4


def test_progress_ends_at_one(tanh_net, inputs):
    told = []
    compare_rules(tanh_net, inputs(tanh_net), steps=(2,), tolerances=(1e-1,), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1


@pytest.mark.parametrize("setting", [{"steps": ()}, {"tolerances": ()}, {"tolerances": (0,)}, {"steps": (0,)}])
def test_bad_settings(tanh_net, inputs, setting):
    with pytest.raises(ArgumentError):
        compare_rules(tanh_net, inputs(tanh_net), **setting)
