"""CIFAR-10 from its authors' page: resumed, verified, and put in place whole or not at all."""

import errno
import hashlib
import http.client
import os
import shutil
import tarfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from inward.data.cifar10 import CHECKSUMS, FOLDER, data_folder, find_cifar10, is_whole
from inward.errors import FileError

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
MD5 = "c58f30108f718f92721af3b95e74349a"
TIMEOUT = 30.0  # seconds of silence
_CHUNK = 1 << 18
_EXTRAS = ("batches.meta", "readme.html")
_AGAIN = "run the command again: it goes on where it stopped"
_REMEDIES = {
    errno.ENOSPC: "free some space, then run the command again",
    errno.EDQUOT: "free some space, then run the command again",
    errno.EACCES: "choose a folder that you may write to: --data DIR",
    errno.EPERM: "choose a folder that you may write to: --data DIR",
    errno.EROFS: "choose a folder that you may write to: --data DIR",
    errno.ENOTDIR: "choose a folder, not a file: --data DIR",
    errno.EEXIST: "choose a folder, not a file: --data DIR",
}


def _silent(done_bytes: int, total_bytes: int) -> None:
    """Tells nobody."""


def download_cifar10(
    cache: Path | None = None, progress: Callable[[int, int], None] = _silent, url: str = URL, md5: str = MD5
) -> Path:
    """Download CIFAR-10, unless it is there and whole.

    Args:
        cache: the folder to put it in; by default where `find_cifar10` will look.
        progress: is told the bytes that are there and the bytes of the whole archive (0: unknown).
        url: the archive's address.
        md5: the archive's checksum, hexadecimal.

    Returns:
        The folder of batches. Interrupted at any moment, it is either whole or not there.

    Raises:
        FileError: without network, space or permission, or for an archive that is not CIFAR-10's.
    """
    place = data_folder(cache)
    with _told(place, url):
        there = _whole_folder(cache)
        if there is not None:
            return there
        place.mkdir(parents=True, exist_ok=True)
        archive = place / "cifar-10-python.tar.gz.part"
        _fetch(url, archive, progress)
        _verify(archive, url, md5)
        _extract(archive, place / FOLDER)
        archive.unlink()
    return place / FOLDER


def _whole_folder(cache: Path | None) -> Path | None:
    try:
        found = find_cifar10(cache)
    except FileError:
        return None
    return found if is_whole(found) else None


@contextmanager
def _told(place: Path, url: str) -> Iterator[None]:
    """Say what went wrong between the network and the disk as a FileError."""
    try:
        yield
    except FileError:
        raise
    except urllib.error.HTTPError as fault:
        fault.close()
        raise FileError(url, "available", f"HTTP {fault.code} {fault.reason}", "try again later") from fault
    except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as fault:
        got = str(getattr(fault, "reason", fault)) or type(fault).__name__
        raise FileError(url, "reachable", got, f"check the network, then {_AGAIN}") from fault
    except OSError as fault:
        remedy = _REMEDIES.get(fault.errno or 0, "choose another folder: --data DIR")
        raise FileError(str(place), "a folder to download to", fault.strerror or str(fault), remedy) from fault


def _fetch(url: str, archive: Path, progress: Callable[[int, int], None]) -> None:
    have = archive.stat().st_size if archive.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)  # noqa: S310  (the archive is verified)
    except urllib.error.HTTPError as fault:
        if fault.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            fault.close()
            return  # there is no more to fetch; the checksum tells whether that is right
        raise
    with response:
        resumed = response.status == http.HTTPStatus.PARTIAL_CONTENT
        done = have if resumed else 0
        length = int(response.headers.get("Content-Length") or 0)
        total = done + length if length else 0
        with archive.open("ab" if resumed else "wb") as part:
            done = _copy(response, part, done, total, progress)
    if done < total:
        raise FileError(url, f"{total} bytes", f"{done} before the connection broke", _AGAIN)


def _copy(source: IO[bytes], part: IO[bytes], done: int, total: int, progress: Callable[[int, int], None]) -> int:
    while chunk := source.read(_CHUNK):
        part.write(chunk)
        done += len(chunk)
        progress(done, total)
    return done


def _verify(archive: Path, url: str, md5: str) -> None:
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != md5:
        archive.unlink()
        raise FileError(url, f"CIFAR-10's archive (md5 {md5})", f"md5 {found}", "run the command again: it starts anew")


def _extract(archive: Path, place: Path) -> None:
    """Unpack the files that we know by name into a folder beside, then rename it."""
    beside, old = (place.with_name(f"{FOLDER}.{ending}") for ending in ("part", "old"))
    for leftover in (beside, old):
        shutil.rmtree(leftover, ignore_errors=True)
    beside.mkdir()
    try:
        _unpack(archive, beside)
        if place.exists():
            place.replace(old)  # a damaged one: it goes once the whole one is in place
        beside.replace(place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _unpack(archive: Path, folder: Path) -> None:
    known = {f"{FOLDER}/{name}": name for name in (*CHECKSUMS, *_EXTRAS)}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                if member.isdir() and member.name.rstrip("/") == FOLDER:
                    continue
                if member.name not in known or not member.isreg():
                    raise tarfile.TarError(f"a member {member.name!r} of another kind")
                content = tar.extractfile(member)
                with content or open(os.devnull, "rb") as source, (folder / known[member.name]).open("wb") as file:  # noqa: PTH123
                    shutil.copyfileobj(source, file)
        missing = [name for name in CHECKSUMS if not (folder / name).is_file()]
        if missing:
            raise tarfile.TarError(f"one without {', '.join(missing)}")
    except (tarfile.TarError, EOFError) as fault:
        archive.unlink()
        raise FileError(
            str(archive), "CIFAR-10's archive", str(fault), "run the command again: it starts anew"
        ) from fault
