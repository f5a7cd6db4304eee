"""Against a server on this machine that can cut the connection, and can lack Range."""

import hashlib
import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from inward.data import cifar10, download
from inward.data.download import download_cifar10
from inward.errors import FileError


def archive(files, links=()):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for name, target in links:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            tar.addfile(member)
    return content.getvalue()


@pytest.fixture
def whole(batches):
    return archive({f"{cifar10.FOLDER}/{name}": data for name, data in batches.items()})


class Server:
    def __init__(self):
        self.content, self.cut, self.ranges, self.status, self.asked = b"", None, True, None, []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                asked = self.headers.get("Range")
                outer.asked.append(asked)
                first = int(asked[6:-1]) if asked and outer.ranges else 0
                rest = outer.content[first:]
                partial = bool(asked and outer.ranges)
                self.send_response(outer.status or (416 if partial and not rest else 206 if partial else 200))
                self.send_header("Content-Length", str(len(rest)))
                self.end_headers()
                self.wfile.write(rest[: outer.cut])

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/archive.tar.gz"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def get(self, cache, **options):
        md5 = hashlib.md5(self.content).hexdigest()
        return download_cifar10(cache, **{"url": self.url, "md5": md5} | options)


@pytest.fixture
def server(whole, nowhere):
    made = Server()
    made.content = whole
    yield made
    made.http.shutdown()
    made.http.server_close()


def left(folder):
    return sorted(path.name for path in folder.iterdir())


def test_downloads_whole_and_once(server, tmp_path, batches):
    told = []
    folder = server.get(tmp_path / "c", progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (len(server.content), len(server.content))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == batches
    assert left(tmp_path / "c") == [cifar10.FOLDER]
    assert server.get(tmp_path / "c") == folder
    assert len(server.asked) == 1


def test_by_default_it_goes_where_it_is_looked_for(server, nowhere):
    assert server.get(None) == nowhere / cifar10.FOLDER == cifar10.find_cifar10()


def test_a_cut_connection_is_resumed(server, tmp_path):
    server.cut = 1000
    with pytest.raises(FileError, match="goes on where it stopped"):
        server.get(tmp_path / "c")
    assert left(tmp_path / "c") == ["cifar-10-python.tar.gz.part"]
    server.cut = None
    assert server.get(tmp_path / "c").is_dir()
    assert server.asked == [None, "bytes=1000-"]


def test_a_server_without_range_starts_anew(server, tmp_path):
    server.cut, server.ranges = 1000, False
    with pytest.raises(FileError):
        server.get(tmp_path / "c")
    server.cut = None
    assert server.get(tmp_path / "c").is_dir()


def test_a_part_that_is_all_there(server, tmp_path):
    (tmp_path / "cifar-10-python.tar.gz.part").write_bytes(server.content)
    assert server.get(tmp_path).is_dir()


def test_a_wrong_checksum_leaves_nothing(server, tmp_path):
    with pytest.raises(FileError, match="md5"):
        server.get(tmp_path / "c", md5="0" * 32)
    assert left(tmp_path / "c") == []


def test_a_damaged_folder_is_replaced(server, tiny):
    (tiny / "test_batch").write_bytes(b"damaged")
    assert server.get(tiny.parent) == tiny
    assert cifar10.is_whole(tiny)
    assert not list(tiny.parent.glob("*.old"))


HOSTILE = {
    "outside": archive({f"{cifar10.FOLDER}/../../evil": b"x"}),
    "absolute": archive({"/evil": b"x"}),
    "unknown": archive({f"{cifar10.FOLDER}/other": b"x"}),
    "link": archive({}, [(f"{cifar10.FOLDER}/test_batch", "/etc/hostname")]),
    "incomplete": archive({f"{cifar10.FOLDER}/test_batch": b"x"}),
    "not an archive": b"<html>",
    "cut": archive({f"{cifar10.FOLDER}/test_batch": bytes(range(256)) * 40})[:200],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_foreign_archive_leaves_nothing(name, server, tmp_path):
    server.content = HOSTILE[name]
    with pytest.raises(FileError, match="CIFAR-10's archive"):
        server.get(tmp_path / "c")
    assert left(tmp_path / "c") == []
    assert not list(tmp_path.rglob("evil"))


def test_an_interruption_leaves_no_half_folder(server, tmp_path, monkeypatch):
    def interrupted(source, file):
        file.write(source.read(10))
        raise KeyboardInterrupt

    monkeypatch.setattr(download.shutil, "copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt):
        server.get(tmp_path / "c")
    assert left(tmp_path / "c") == ["cifar-10-python.tar.gz.part"]


def test_a_full_disk(server, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_copy", full)
    with pytest.raises(FileError, match="free some space"):
        server.get(tmp_path / "c")


def test_a_file_in_the_way(server, tmp_path):
    (tmp_path / "c").write_text("")
    with pytest.raises(FileError, match="--data DIR"):
        server.get(tmp_path / "c")


def test_no_server(nowhere, tmp_path):
    with pytest.raises(FileError, match="check the network"):
        download_cifar10(tmp_path / "c", url="http://127.0.0.1:9/archive")


def test_an_error_of_the_server(server, tmp_path):
    server.status = 503
    with pytest.raises(FileError, match="HTTP 503"):
        server.get(tmp_path / "c")


def test_the_real_one_is_not_fetched_again(real):
    assert download_cifar10(real.parent, url="http://127.0.0.1:9/never") == real
