"""Whose a model is."""

from typing import Any

FRAMEWORKS = ("keras", "torch", "jax", "tensorflow")
_PACKAGES = {name: name for name in FRAMEWORKS} | {"flax": "jax", "jaxlib": "jax"}


def framework_of(model: Any) -> str | None:
    """One of `FRAMEWORKS`, by the packages of the model's classes; nothing is imported to find out."""
    packages = (kind.__module__.split(".")[0] for kind in type(model).__mro__)
    return next((_PACKAGES[package] for package in packages if package in _PACKAGES), None)
