import socket

import pytest
import uvicorn

from inward import cli
from inward.cli.serve import _check_inside, _listen
from inward.errors import ArgumentError, FileError
from tests.web.narrow import network, png


@pytest.fixture
def served(monkeypatch, tmp_path, capsys):
    """Run the command up to where the server would answer; what it printed, its app, and what the browser opened."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.png").write_bytes(png())
    monkeypatch.setattr("inward.opening.open_model", lambda name, **said: network())
    opened, apps = [], []
    monkeypatch.setattr("webbrowser.open", opened.append)

    def run(self, sockets):
        apps.append(self.config.app)
        sockets[0].close()

    monkeypatch.setattr(uvicorn.Server, "run", run)

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            cli.main(["serve", "narrow", *arguments, "--port", "0"])
        return left.value.code or 0, capsys.readouterr(), opened

    return call


def test_it_prints_the_address_and_opens_the_browser(served):
    code, said, opened = served("photos")
    assert code == 0, said.err
    assert said.out.startswith("open http://127.0.0.1:")
    assert "token" not in said.out
    assert opened == [said.out.split()[1]]
    assert served("--no-open")[2] == opened


def test_beyond_this_machine_the_address_carries_a_token(served):
    _, said, _ = served("--host", "0.0.0.0", "--no-open")
    assert len(said.out.split("?token=")[1].split()[0]) >= 32


def test_a_link_out_of_a_served_folder_is_refused(served, tmp_path):
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "photos" / "inside.png").symlink_to(tmp_path / "photos" / "one.png")
    _check_inside(tmp_path / "photos")
    (tmp_path / "photos" / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(FileError, match="a link out of it"):
        _check_inside(tmp_path / "photos")
    code, said, _ = served("photos")
    assert (code, said.out) == (2, "")


def test_a_port_that_is_taken():
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(ArgumentError, match="--port must be a free one"),
    ):
        _listen("127.0.0.1", other.getsockname()[1])
    with pytest.raises(ArgumentError, match="--host must be"):
        _listen("no.such.host.invalid", None)


def test_the_usual_port_gives_way(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr("inward.cli.serve._PORT", other.getsockname()[1])
        with _listen("127.0.0.1", None) as found:
            assert found.getsockname()[1] != other.getsockname()[1]
