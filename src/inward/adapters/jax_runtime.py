"""JAX's own conditions: how wide its numbers are, what it knows before it runs, and what it refuses."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import jax
import jax.experimental
import jax.numpy as jnp

from inward.errors import ArgumentError

_UNTRACEABLE = (
    jax.errors.ConcretizationTypeError,
    jax.errors.TracerArrayConversionError,
    jax.errors.TracerIntegerConversionError,
    jax.errors.NonConcreteBooleanIndexError,
)


def wide(dtype: Any) -> AbstractContextManager[None]:
    """float64 where the model is made of it, here and now alone: the process's flag stays as the user set it."""
    if dtype != jnp.float64:
        return nullcontext()
    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)  # type: ignore[no-any-return]
    return jax.experimental.enable_x64()  # type: ignore[attr-defined, no-any-return]  # before JAX 0.8


@contextmanager
def named_errors() -> Iterator[None]:
    """Raises what went wrong by its name.

    Raises:
        MemoryError: where the device has no memory left; JAX has one type for all that goes wrong at work.
        ArgumentError: where a model needs to know the numbers before it is compiled.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if "RESOURCE_EXHAUSTED" in str(error):
            raise MemoryError(str(error)) from error
        raise
    except _UNTRACEABLE as error:
        remedy = "write jnp for np, and jnp.where or jax.lax.cond for an if on what is computed"
        expected, got = "a function that jax.jit compiles", f"one that asks for numbers ({type(error).__name__})"
        raise ArgumentError("model", expected, got, remedy) from error


def shapes(function: Callable[..., Any], *given: Any) -> Any:
    """Of what a function gives, without computing it; None where it gives what only a loop inside of it knows."""
    try:
        program, found = jax.make_jaxpr(function, return_shape=True)(*given)
    except jax.errors.UnexpectedTracerError:
        return None
    return None if any(isinstance(constant, jax.core.Tracer) for constant in program.consts) else found
