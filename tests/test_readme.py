"""The README's words work for a newcomer: from the built wheel, in a clean environment, without our data."""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_WORDS = ("make demo", "make test")
ABSENT = ("INWARD_DATA", "VIRTUAL_ENV", "PYTHONPATH")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language; `sh` and `python` are run here, `console` needs CIFAR-10 and hours."""
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


def test_it_begins_with_the_two_commands() -> None:
    lines = [line.strip() for line in README.splitlines() if line.startswith("    ")]
    assert tuple(line.split("#")[0].strip() for line in lines[:2]) == FIRST_WORDS


def test_its_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_its_commands_run_from_the_wheel_in_a_clean_environment(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path / "dist"), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    wheel = next((tmp_path / "dist").glob("inward-*.whl"))
    venv.create(tmp_path / "venv", with_pip=True)
    bin_folder = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    extras = "tensorflow-cpu,samples" if sys.platform == "linux" else "tensorflow,samples"
    subprocess.run([bin_folder / "python", "-m", "pip", "install", "--quiet", f"{wheel}[{extras}]"], check=True)
    place = tmp_path / "newcomer"
    place.mkdir()
    environment = {name: value for name, value in os.environ.items() if name not in ABSENT} | {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path / "home"),
    }

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
        assert "Traceback" not in done.stderr
        return done.stdout

    photo = "import skimage; from pathlib import Path; from PIL import Image; Image.open(Path(skimage.__file__).parent"
    run("python", "-c", f"{photo} / 'data' / 'chelsea.png').save('photo.jpg')")
    commands = [line.strip() for block in blocks("sh") for line in block.splitlines() if line.strip()]
    assert len(commands) >= 4
    for command in commands:
        assert "wrote" in run(*command.split())
    assert "photographs" in (place / "inward-demo" / "manifest.json").read_text(encoding="utf-8").lower()
    for code in blocks("python"):
        run("python", "-c", code)
    for page in ("inward-demo", "cat-not-dog", "digits-report", "photo-report"):
        assert (place / page / "report.html").stat().st_size > 100_000
