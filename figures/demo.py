"""docs/report.png: the page that `inward demo` writes, as a browser shows its beginning."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from figures.subject import Subject
from inward.cli.demo import demo
from inward.data.cifar10 import find_cifar10

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_QUIET = ("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
_WIDTH, _HEIGHT = 1300, 1000


def screenshot(_: Subject) -> bytes | None:
    """The page's first screen; None where no browser takes it."""
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        return None
    find_cifar10()  # the demo would fall back on photographs
    with tempfile.TemporaryDirectory() as folder:
        demo(Path(folder) / "report")
        shot = Path(folder) / "shot.png"
        page = (Path(folder) / "report" / "report.html").as_uri()
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *_QUIET]
        command += [f"--user-data-dir={folder}/profile", f"--window-size={_WIDTH},{_HEIGHT}", f"--screenshot={shot}"]
        try:
            subprocess.run([*command, page], check=True, capture_output=True, timeout=120)  # noqa: S603  (our own words)
        except subprocess.SubprocessError:
            return None
        return shot.read_bytes()
