"""What importing inward costs, and brings along."""

import json
import subprocess
import sys

import pytest

LISTED = "import sys, json; {0}; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
FRAMEWORKS = {"tensorflow", "torch", "jax", "keras", "flax"}
HEAVY = FRAMEWORKS | {"matplotlib", "PIL", "scipy", "sklearn", "skimage", "typer", "rich", "safetensors"}


def loaded(statement: str) -> set[str]:
    command = [sys.executable, "-c", LISTED.format(statement)]
    return set(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def test_importing_inward_imports_numpy_alone() -> None:
    assert not loaded("import inward") & HEAVY


@pytest.mark.parametrize(
    "name", ["integrated_gradients", "weight_histograms", "load_report", "load", "inspect", "open_model", "doctor"]
)
def test_no_public_name_brings_a_framework_along(name: str) -> None:
    assert not loaded(f"import inward; inward.{name}") & FRAMEWORKS


def test_the_command_brings_no_framework_along() -> None:
    assert not loaded("import inward.cli") & (FRAMEWORKS | {"matplotlib", "PIL", "scipy"})


def test_every_public_name_is_there() -> None:
    import inward

    assert all(getattr(inward, name) is not None for name in inward.__all__)
    assert set(dir(inward)) == set(inward.__all__)
    with pytest.raises(AttributeError, match="nothing"):
        inward.nothing  # noqa: B018
