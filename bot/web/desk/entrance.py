"""How a browser is known at the desk: by which transport, by which cookie, and which form is its own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.proxies import address as read_address
from handlers.desk import web_sessions

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SESSION: Final = "kvitt_desk"
"""The cookie of who is signed in."""
VISITOR: Final = "kvitt_desk_visitor"
"""The cookie to which forms are bound before anybody is signed in."""
_HOST: Final = "__Host-"
_BYTES: Final = 24
_LONGEST: Final = 100
_FORM_SECONDS: Final = int(web_sessions.LONGEST.total_seconds())


@dataclass(frozen=True, slots=True)
class FormToken:
    """What a form's token says: the address it posts to, and the key by which it is carried out once."""

    address: str
    key: str


def is_safe(request: Request, public_url: str) -> bool:
    """Whether nobody between can read along: https, or plain http on this machine alone."""
    return is_https(request, public_url) or _on_this_machine(request)


def is_https(request: Request, public_url: str) -> bool:
    """Whether the browser speaks https: a trusted proxy says so, or it asked for the public address."""
    if request.scope.get("scheme") == "https":
        return True
    public = urlsplit(public_url)
    return public.scheme == "https" and request.headers.get("host", "").lower() == public.netloc.lower()


def cookie(request: Request, public_url: str, name: str) -> str:
    """What a cookie of ours holds; empty where there is none, or nothing that could be ours."""
    value = request.cookies.get(_named(name, secure=is_https(request, public_url)), "")
    return value if len(value) <= _LONGEST and value.isascii() else ""


def set_cookie(response: Response, request: Request, public_url: str, name: str, value: str) -> None:
    """Set a cookie that no script reads and no other host gets; an empty value takes it away."""
    secure = is_https(request, public_url)
    response.set_cookie(
        _named(name, secure=secure),
        value,
        max_age=_FORM_SECONDS if value else 0,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def new_visitor() -> str:
    """A random id to which forms are bound before anybody is signed in."""
    return secrets.token_urlsafe(_BYTES)


def form_token(bound_to: str, address: str) -> str:
    """A token for one form: signed by the secret in the cookie, which is in no database."""
    return _signer(bound_to).dumps([address, secrets.token_urlsafe(_BYTES)])


def read_token(bound_to: str, token: str) -> FormToken | None:
    """What a form's token says; None if it is not of this session, or too old."""
    if not bound_to:
        return None
    try:
        address, key = _signer(bound_to).loads(token, max_age=_FORM_SECONDS)
    except (BadSignature, TypeError, ValueError):
        return None
    return FormToken(str(address), str(key))


def _signer(bound_to: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(bound_to, salt="desk form")


def _named(name: str, *, secure: bool) -> str:
    return f"{_HOST}{name}" if secure else name


def _on_this_machine(request: Request) -> bool:
    client = read_address(request.client.host if request.client else "")
    if client is None or not client.is_loopback:
        return False
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    named = read_address(host)
    return host == "localhost" or (named is not None and named.is_loopback)
