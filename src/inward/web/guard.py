"""The guard: who may speak with the server, and what a browser may do with its answers."""

import secrets
import socket
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qs

from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "inward-token"
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_OWN = ("", "same-origin", "none")  # what Sec-Fetch-Site says of a page's own requests, and of an address typed in


class Guard:
    """Lets a request through where its Host, its Origin and its token are right.

    Args:
        app: what is guarded.
        host: the host that the server was told to listen on.
        token: what a request must know; empty where only this machine can reach the server.
    """

    def __init__(self, app: ASGIApp, host: str, token: str) -> None:
        self._app, self._token = app, token
        self._names = {"localhost", host.lower()} | ({socket.gethostname().lower()} if token else set())
        self._any_address = bool(token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if (refused := self._refused(scope, headers)) is not None:
            await JSONResponse({"detail": refused[1]}, refused[0], headers=_HEADERS)(scope, receive, send)
            return
        if self._token and scope["path"] == "/" and self._offered(scope):
            answer = RedirectResponse("/", 303, headers=_HEADERS)
            answer.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
            await answer(scope, receive, send)
            return
        if self._token and not self._knows(headers):
            detail = "The token is missing or wrong; open the address that `inward serve` printed."
            await JSONResponse({"detail": detail}, 401, headers=_HEADERS)(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    *((name.encode(), value.encode()) for name, value in _HEADERS.items()),
                ]
            await send(message)

        await self._app(scope, receive, guarded)

    def _refused(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return 421, "This server does not answer to that name."
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "Another page may not speak with this server."
        if scope["path"] != "/" and headers.get("sec-fetch-site", "") not in _OWN:
            return 403, "Another page may not speak with this server."
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        name = name.strip("[]").lower()
        if name in self._names:
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return self._any_address or address.is_loopback

    def _offered(self, scope: Scope) -> bool:
        offered = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]
        return _same(offered, self._token)

    def _knows(self, headers: dict[str, str]) -> bool:
        kind, _, bearer = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer" and _same(bearer, self._token):
            return True
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return cookie is not None and _same(cookie.value, self._token)


def _same(offered: str, token: str) -> bool:
    return secrets.compare_digest(offered.encode("utf-8", "replace"), token.encode())
