"""Addresses of a request: the client's own behind proxies, and ours in the world."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.proxies import address, trusted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.proxies import Network

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SAID_BY_PROXIES: Final = (b"x-forwarded-", b"forwarded", b"x-real-ip")


@dataclass(frozen=True, slots=True)
class PublicAddress:
    """The address of Kvitt in the world: where links lead, and where forms of ours come from."""

    url: str = ""

    @property
    def prefix(self) -> str:
        """The path that it begins with, without a slash at the end; empty for most."""
        return urlsplit(self.url).path.rstrip("/")

    def sent_from_here(self, request: Request) -> bool:
        """Whether a form comes from a page of ours: browsers say so, and one that says otherwise is refused.

        Ours is what the public address says, or the host that was asked: a proxy may pass on another one.
        """
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = request.headers.get("origin")
        if origin in {None, "null"}:  # pages that send no referrer have no origin
            return True
        return self._is_ours(str(origin), request)

    def proven_from_here(self, request: Request) -> bool:
        """Whether a browser says that a form comes from a page of ours; one that says nothing is refused."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
        if site not in {None, "same-origin"} or (site is None and origin is None):
            return False
        if origin is None or (origin == "null" and site is not None):
            return True
        return self._is_ours(origin, request)

    def _is_ours(self, origin: str, request: Request) -> bool:
        scheme = origin.partition("://")[0]
        asked = f"{scheme}://{request.headers.get('host', '')}"
        return _origin(origin) in {_origin(self.url), _origin(asked)} - {None}


def _origin(url: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an address; None if it has no host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return (
        (parts.scheme, parts.hostname, port or _DEFAULT_PORTS.get(parts.scheme)) if parts.hostname else None
    )


class Forwarded:
    """Middleware: what a trusted proxy says of the client counts, what anybody else says does not.

    Behind it a request has the client's own address, the scheme and host that the client used, a path
    without the prefix of the public address, and no header of a proxy.
    """

    def __init__(self, app: ASGIApp, networks: Sequence[Network], prefix: str) -> None:
        self._app, self._networks, self._prefix = app, networks, prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Correct the scope of a request and pass it on."""
        if scope["type"] == "http":
            scope = self._corrected(scope)
        await self._app(scope, receive, send)

    def _corrected(self, scope: Scope) -> Scope:
        corrected = dict(scope)
        said = [(name, value) for name, value in scope["headers"] if name.startswith(_SAID_BY_PROXIES)]
        corrected["headers"] = [one for one in scope["headers"] if not one[0].startswith(_SAID_BY_PROXIES)]
        peer = str((scope.get("client") or ("",))[0])
        if trusted(self._networks, peer):
            corrected["client"] = (self._client(peer, _last(said, b"x-forwarded-for")), 0)
            scheme = _last(said, b"x-forwarded-proto")
            corrected["scheme"] = scheme if scheme in _DEFAULT_PORTS else scope.get("scheme", "http")
            host = _last(said, b"x-forwarded-host").rpartition(",")[2].strip()
            if host:
                others = [one for one in corrected["headers"] if one[0] != b"host"]
                corrected["headers"] = [*others, (b"host", host.encode("latin-1"))]
        lead = f"{self._prefix}/"
        if self._prefix and scope["path"].startswith(lead):  # some proxies take it off, others do not
            corrected["path"] = scope["path"].removeprefix(self._prefix)
            corrected["raw_path"] = (scope.get("raw_path") or b"").removeprefix(self._prefix.encode())
        return corrected

    def _client(self, peer: str, passed_on: str) -> str:
        """The last address before the first proxy that is not trusted: each proxy adds whom it heard."""
        client = peer
        for one in reversed(passed_on.split(",")):
            found = address(one)
            if found is None:
                break
            client = str(found)
            if not trusted(self._networks, client):
                break
        return client


def _last(headers: list[tuple[bytes, bytes]], name: bytes) -> str:
    """The values of a header, in the order in which proxies added them."""
    return ",".join(value.decode("latin-1") for found, value in headers if found == name)
