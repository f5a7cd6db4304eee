"""What to install where a framework is missing."""

from inward.errors import DependencyError

_EXTRAS = {
    "torch": "torch",
    "jax": "jax",
    "jaxlib": "jax",
    "flax": "jax",
    "keras": "tensorflow",
    "tensorflow": "tensorflow",
}


def missing(package: str, wanted_by: str) -> DependencyError:
    """What to say of a package that is not installed, and of what needs it."""
    extra = _EXTRAS.get(package)
    line = f"pip install 'inward[{extra}]'" if extra else f"pip install what provides {package!r}"
    return DependencyError(f"{package}, which {wanted_by} needs,", "installed", "no such package", line)
