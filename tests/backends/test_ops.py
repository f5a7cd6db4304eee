"""Every verb of a backend against NumPy's, in float64 where the backend can."""

import numpy as np
import pytest

from inward import backends
from inward.backends.numpy import NumpyOps
from inward.errors import ArgumentError, DependencyError

tensorflow = pytest.importorskip("inward.backends.tensorflow", reason="TensorFlow is not installed")
REFERENCE, OPS = NumpyOps(), tensorflow.TensorFlowOps("float64")
RANDOM = np.random.default_rng(0)
X, K, DY = RANDOM.normal(size=(2, 7, 6, 3)), RANDOM.normal(size=(3, 3, 3, 4)), RANDOM.normal(size=(2, 7, 6, 4))
POOLED, Z, INDEX = RANDOM.normal(size=(2, 3, 3, 3)), RANDOM.normal(size=(5, 4)), np.array([0, 1, 1, 0, 1])
CALLS = {
    "convolve": (X, K),
    "convolve_input_adjoint": (DY, K),
    "convolve_kernel_adjoint": (X, DY, K.shape),
    "average_pool": (X,),
    "average_pool_adjoint": (POOLED, X),
    "elu": (X,),
    "elu_slope_times": (REFERENCE.elu(X), X[::-1]),
    "global_average": (X,),
    "global_average_adjoint": (POOLED[:, 0, 0], X),
    "sum": (X, (0, 3)),
    "matmul": (Z, Z.T),
    "transpose": (Z,),
    "reshape": (X, (2, 126)),
    "softmax": (Z,),
    "log_softmax": (Z,),
    "exp": (Z,),
    "sqrt": (np.abs(Z),),
    "maximum": (Z, -Z),
    "take": (Z, INDEX),
    "segment_sum": (Z, INDEX, Z[:3]),
    "cast": (Z, "float32"),
}
HOST_SIDE = {"to_device", "to_host", "compile", "compile_batched"}


@pytest.mark.parametrize("verb", CALLS)
def test_a_verb_is_numpys(verb: str) -> None:
    given = [OPS.to_device(x) if isinstance(x, np.ndarray) else x for x in CALLS[verb]]
    found = OPS.to_host(getattr(OPS, verb)(*given))
    np.testing.assert_allclose(found, getattr(REFERENCE, verb)(*CALLS[verb]), rtol=1e-10, atol=1e-12)


def test_no_verb_is_left_out() -> None:
    verbs = {name for name in vars(NumpyOps) if not name.startswith("_")} - {"name", "precision", "exhausted"}
    assert verbs == CALLS.keys() | HOST_SIDE
    assert verbs | {"name", "exhausted"} == {n for n in vars(tensorflow.TensorFlowOps) if not n.startswith("_")}


def test_compiled_is_the_same() -> None:
    compiled = OPS.compile(lambda x, nested: {"y": OPS.elu(x) + nested["a"]})
    for n in (5, 3, 2):
        found = compiled(OPS.to_device(Z[:n]), {"a": OPS.to_device(Z[:n])})
        np.testing.assert_allclose(OPS.to_host(found["y"]), REFERENCE.elu(Z[:n]) + Z[:n])


def test_a_function_of_batches_is_compiled_once_for_every_length() -> None:
    traced = []
    compiled = OPS.compile_batched(lambda kernels, x, y: traced.append(1) or kernels["a"] * OPS.elu(x) + y)
    for n in (5, 3, 2, 1):
        found = compiled({"a": OPS.to_device(Z[0])}, OPS.to_device(Z[:n]), OPS.to_device(Z[:n]))
        np.testing.assert_allclose(OPS.to_host(found), Z[0] * REFERENCE.elu(Z[:n]) + Z[:n])
    assert len(traced) == 1


def test_tensors_take_the_backends_precision() -> None:
    assert OPS.to_host(OPS.to_device(np.ones(2, np.float32))).dtype == np.float64
    assert OPS.to_host(tensorflow.TensorFlowOps().to_device(np.ones(2))).dtype == np.float32
    assert OPS.to_host(OPS.to_device(INDEX)).dtype == INDEX.dtype


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(ArgumentError, match="'caffe'"):
        backends.ops("caffe")


def test_a_missing_framework_gives_the_line_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "find_spec", lambda _: None)
    with pytest.raises(DependencyError, match=r"pip install 'inward\[tensorflow\]'"):
        backends.ops("tensorflow")


@pytest.mark.parametrize("shape", [(3, 3, 3, 4), (3, 3, 9, 4), (2, 4, 2, 3), (2, 4, 9, 3), (1, 1, 2, 3), (5, 1, 1, 2)])
def test_the_input_adjoint_at_every_kind_of_kernel(shape: tuple[int, ...]) -> None:
    dy, kernel = RANDOM.normal(size=(2, 7, 6, shape[3])), RANDOM.normal(size=shape)
    found = OPS.convolve_input_adjoint(OPS.to_device(dy), OPS.to_device(kernel))
    np.testing.assert_allclose(OPS.to_host(found), REFERENCE.convolve_input_adjoint(dy, kernel), rtol=1e-10, atol=1e-12)
