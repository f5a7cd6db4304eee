import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inward.errors import ArgumentError
from inward.methods.quadrature import RULES, quadrature

SMOOTH = {"exp": (np.exp, np.e - 1), "cosine": (lambda a: np.cos(3 * a), np.sin(3) / 3)}


@given(
    st.sampled_from(RULES),
    st.integers(1, 70),
    st.sampled_from([1, 1.5, 2, 3, 7, 500]) | st.floats(1, 20),
)
@settings(deadline=None)
def test_weights_sum_to_one_and_nodes_ascend_in_the_unit_interval(rule, steps, power):
    found = quadrature(rule, steps, power)
    assert found.weights.sum() == pytest.approx(1, abs=1e-14)
    assert (found.weights > 0).all()
    assert (np.diff(found.alphas) >= 0).all()
    assert found.alphas[0] >= 0
    assert found.alphas[-1] <= 1
    if found.coarse is not None:
        assert found.coarse.sum() == pytest.approx(1, abs=1e-14)


@pytest.mark.parametrize("power", [1, 2, 3])
@pytest.mark.parametrize("integrand", SMOOTH)
@pytest.mark.parametrize(("rule", "order"), [("right-riemann", 1), ("midpoint", 2), ("trapezoid", 2)])
def test_measured_order_of_convergence(rule, order, integrand, power):
    f, exact = SMOOTH[integrand]
    steps = np.array([32, 64, 128, 256])
    rules = [quadrature(rule, n, power) for n in steps]
    errors = [abs(r.weights @ f(r.alphas) - exact) for r in rules]
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert -slope == pytest.approx(order, abs=0.1)


def test_gauss_legendre_beats_every_algebraic_order():
    f, exact = SMOOTH["exp"]
    errors = [abs((r := quadrature("gauss-legendre", n)).weights @ f(r.alphas) - exact) for n in (2, 4, 6)]
    assert errors[1] < errors[0] / 2**8
    assert errors[2] < 1e-13


@pytest.mark.parametrize("steps", [1, 2, 5, 9])
def test_gauss_legendre_is_exact_to_degree_2n_minus_1_and_no_further(steps):
    found = quadrature("gauss-legendre", steps)
    moments = np.array([found.weights @ found.alphas**d * (d + 1) for d in range(2 * steps + 1)])
    np.testing.assert_allclose(moments[:-1], 1, rtol=1e-13)
    assert abs(moments[-1] - 1) > 1e-12


@pytest.mark.parametrize("rule", RULES)
def test_a_constant_is_exact_at_one_step_and_a_spike_needs_the_power(rule):
    assert quadrature(rule, 1, 3).weights @ np.full(len(quadrature(rule, 1, 3).alphas), 7.0) == pytest.approx(7)

    def missed(power):
        found = quadrature(rule, 50, power)
        return abs(found.weights @ np.exp(-1000 * found.alphas) * 1000 - 1)

    assert missed(3) < missed(1) / 3


@pytest.mark.parametrize(
    ("rule", "steps", "power", "expected"),
    [
        ("trapezoid", 48, 3, (np.arange(1, 49) / 48) ** 3),
        ("trapezoid", 48, 1, np.arange(49) / 48),
        ("right-riemann", 4, 1, [0.25, 0.5, 0.75, 1]),
        ("midpoint", 2, 2, [1 / 16, 9 / 16]),
        ("gauss-legendre", 2, 1, [0.5 - 3**-0.5 / 2, 0.5 + 3**-0.5 / 2]),
    ],
)
def test_nodes(rule, steps, power, expected):
    np.testing.assert_allclose(quadrature(rule, steps, power).alphas, expected, rtol=1e-14)


def test_weights_by_hand():
    # t = 1/2, 1 with p = 3: v = 1/2, 1/4 and t² = 1/4, 1 give 1/8 : 1/4
    np.testing.assert_allclose(quadrature("trapezoid", 2, 3).weights, [1 / 3, 2 / 3])
    np.testing.assert_allclose(quadrature("trapezoid", 2).weights, [1 / 4, 1 / 2, 1 / 4])
    np.testing.assert_allclose(quadrature("midpoint", 2, 2).weights, [1 / 4, 3 / 4])


@pytest.mark.parametrize("power", [1, 3])
@pytest.mark.parametrize("rule", ["trapezoid", "right-riemann"])
def test_coarse_weights_are_the_half_as_fine_rule(rule, power):
    fine, half = quadrature(rule, 48, power), quadrature(rule, 24, power)
    used = fine.coarse > 0
    np.testing.assert_allclose(fine.alphas[used], half.alphas)
    np.testing.assert_allclose(fine.coarse[used], half.weights)


@pytest.mark.parametrize(("rule", "power"), [("trapezoid", 1), ("trapezoid", 3), ("right-riemann", 1)])
def test_the_share_taken_as_error_bounds_the_error_of_a_smooth_integrand(rule, power):
    f, exact = SMOOTH["exp"]
    r = quadrature(rule, 32, power)
    estimate = r.remaining * abs((r.weights - r.coarse) @ f(r.alphas))
    error = abs(r.weights @ f(r.alphas) - exact)
    assert 0.95 * error <= estimate <= 2 * error


@pytest.mark.parametrize(("rule", "steps"), [("midpoint", 4), ("gauss-legendre", 4), ("trapezoid", 5)])
def test_no_coarse_rule(rule, steps):
    assert quadrature(rule, steps).coarse is None


@pytest.mark.parametrize(
    ("rule", "steps", "power", "said"),
    [
        ("simpson", 5, 1, "rule must be one of right-riemann"),
        ("midpoint", 0, 1, "steps must be 1 or more, got 0"),
        ("midpoint", -3, 1, "steps must be"),
        ("midpoint", 2.5, 1, "whole number"),
        ("midpoint", "5", 1, "whole number"),
        ("midpoint", 5, 0, "power must be positive"),
        ("midpoint", 5, np.nan, "power must be positive"),
        ("midpoint", 5, np.inf, "power must be positive"),
        ("midpoint", 5, None, "whole number"),
        ("trapezoid", 5, 0.5, "power must be 1 or more"),
    ],
)
def test_bad_settings(rule, steps, power, said):
    with pytest.raises(ArgumentError, match=said):
        quadrature(rule, steps, power)
