"""One suite for every adapter: the same weights, the same answers within 1e-4 relative L2."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.adapters.conformance import TWINS, reference


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("conformance") / "reference.npz"
    np.savez(path, **reference())
    return path


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_answers_as_the_hand_written_network(name: str, file: Path) -> None:
    twin = TWINS[name]
    for package in twin.needs:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    command = [sys.executable, "-m", "tests.adapters.conformance", name, str(file)]
    child = subprocess.run(command, env=os.environ | twin.environment, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    found = json.loads(child.stdout)
    assert len(found) > 50
    assert not {question: distance for question, distance in found.items() if not distance < 1e-4}
