"""`inward serve`: the page with a network behind it."""

import errno
import secrets
import socket
import webbrowser
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

import typer

from inward.cli.app import Data, command_line, versions
from inward.cli.options import Opening, opens_a_model
from inward.errors import ArgumentError, FileError

_PORT = 8765
_LOOPBACK = "127.0.0.1"


@opens_a_model
def serve(
    opening: Opening,
    images: Annotated[
        list[str] | None, typer.Argument(help="Files, folders, or cifar10:test:0-49.", metavar="[IMAGE…]")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="H", help="Where to listen; beyond this machine, a token is required.")
    ] = _LOOPBACK,
    port: Annotated[int | None, typer.Option(metavar="P", min=0, max=65535, help="0 takes any that is free.")] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the browser.")] = False,
    data: Data = None,
) -> None:
    """Look around inside a network, live: any picture, any crop, any class.

    \b
    Examples:
      inward serve cifar10-allconv photos/
      inward serve inward-run cifar10:test:0-19 --port 9000 --no-open
      inward serve my_model.keras photos/ --classes labels.txt
    """
    import uvicorn

    from inward.cli.looking import true_classes
    from inward.data.images import read_images
    from inward.web.app import create_app
    from inward.web.session import Session

    for argument in images or []:
        _check_inside(Path(argument).expanduser())
    with _listen(host, port) as listening:
        opened = opening.open()
        shown = read_images(images, opened.layers[0].shape, data) if images else None
        settings = {
            "command": command_line(),
            "model": opening.model,
            "images": shown.source if shown else "none to begin with",
            "backend": opened.backend,
            "versions": versions(),
        }
        session = Session(opened, shown, true_classes(shown, opened.classes) if shown else [], settings)
        token = "" if _is_loopback(host) else secrets.token_urlsafe(24)
        address = f"http://{_spelled(host)}:{listening.getsockname()[1]}/" + (f"?token={token}" if token else "")
        typer.echo(f"open {address}   (Ctrl-C ends it)")
        if not no_open:
            webbrowser.open(address)
        app = create_app(session, host=host, token=token)
        quiet = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=2
        )
        uvicorn.Server(quiet).run(sockets=[listening])


def _listen(host: str, port: int | None) -> socket.socket:
    """A socket on the port asked for; unless one was, on any where the usual one is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, _PORT if port is None else port), family=family)
    except OSError as error:
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        if port is None and taken:
            return _listen(host, 0)
        name, expected, got = ("port", "a free one", port) if taken else ("host", "an address of this machine", host)
        why = str(error).split("(while")[0].strip()
        raise ArgumentError(f"--{name}", expected, f"{got} ({why})", "choose another, or leave it out") from None


def _check_inside(folder: Path) -> None:
    """A link in a served folder may not lead out of it: who may see the folder may not see everything."""
    if not folder.is_dir():
        return
    home = folder.resolve()
    for file in sorted(folder.iterdir()):
        if file.is_symlink() and not file.resolve().is_relative_to(home):
            raise FileError(str(file), "inside the folder that is served", "a link out of it", "copy the picture")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _spelled(host: str) -> str:
    """The host as an address spells it; a server on every address is reached by this machine's name."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  (compared, not bound)
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host
