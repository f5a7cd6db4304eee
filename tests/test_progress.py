import io

import pytest
from rich.console import Console

from inward import progress


@pytest.fixture
def terminal(monkeypatch):
    """A terminal that keeps what is written to it."""
    screen = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(progress, "Console", lambda **_: screen)
    return screen.file


def test_quick_work_shows_no_bar(terminal):
    with progress.images_bar("integrating", patience=100) as tell:
        tell(1, 4)
        tell(4, 4)
    assert terminal.getvalue() == ""


def test_long_work_shows_how_many_images_are_done(terminal):
    with progress.images_bar("integrating", patience=0) as tell:
        for done in range(1, 5):
            tell(done, 4)
    assert "integrating" in terminal.getvalue()
    assert "4/4" in terminal.getvalue()
