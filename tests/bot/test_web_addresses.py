"""Whose request it is, and where a form comes from, behind any proxies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from bot.proxies import networks
from bot.settings import Settings
from bot.web.addresses import Forwarded, PublicAddress

PROXIES = networks("10.0.0.0/24, 192.0.2.9 2001:db8::/64")


def _corrected(peer: str, headers: dict[str, str], path: str = "/b/x", prefix: str = "") -> dict[str, Any]:
    """What the application sees of a request from a peer."""
    seen: list[dict[str, Any]] = []

    async def application(scope: Any, _: Any, __: Any) -> None:
        seen.append(scope)

    async def nothing(*_: Any) -> Any:
        return {}

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "client": (peer, 1), "headers": raw, "path": path, "raw_path": path.encode()}
    asyncio.run(Forwarded(application, PROXIES, prefix)(scope, nothing, nothing))
    return seen[0]


@pytest.mark.parametrize(
    ("peer", "said", "client"),
    [
        ("10.0.0.5", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "6.6.6.6, 198.51.100.7, 192.0.2.9", "198.51.100.7"),
        ("10.0.0.5", "198.51.100.7:4711", "198.51.100.7"),
        ("10.0.0.5", "[2001:db9::1]:80", "2001:db9::1"),
        ("2001:db8::5", "198.51.100.7", "198.51.100.7"),
        ("::ffff:10.0.0.5", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "unknown", "10.0.0.5"),
        ("10.0.0.5", "198.51.100.7, _hidden", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.7", "10.0.0.7"),
        ("203.0.113.1", "198.51.100.7", "203.0.113.1"),
        ("", "198.51.100.7", ""),
    ],
)
def test_only_trusted_proxies_say_who_a_client_is(peer: str, said: str, client: str) -> None:
    """The last address before the proxies; what others say of themselves is left out of account."""
    seen = _corrected(peer, {"X-Forwarded-For": said} if said else {})
    assert seen["client"][0] == client
    assert not [name for name, _ in seen["headers"] if name.startswith(b"x-forwarded")]


def test_scheme_and_host_are_those_of_the_client() -> None:
    """By a trusted proxy; from anybody else they are what the connection says."""
    said = {"Host": "inside:8000", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "bills.example"}
    assert _corrected("10.0.0.5", said)["scheme"] == "https"
    assert dict(_corrected("10.0.0.5", said)["headers"])[b"host"] == b"bills.example"
    assert dict(_corrected("203.0.113.1", said)["headers"])[b"host"] == b"inside:8000"
    assert "scheme" not in _corrected("203.0.113.1", said)
    assert _corrected("10.0.0.5", said | {"X-Forwarded-Proto": "gopher"})["scheme"] == "http"


@pytest.mark.parametrize(
    ("path", "seen"),
    [("/bills/b/x", "/b/x"), ("/b/x", "/b/x"), ("/billsb/x", "/billsb/x"), ("/bills", "/bills")],
)
def test_the_path_of_the_public_address_may_be_there_or_not(path: str, seen: str) -> None:
    """Some proxies take it off, others pass it on."""
    assert _corrected("10.0.0.5", {}, path, "/bills")["path"] == seen


@pytest.mark.parametrize(
    ("origin", "host", "ours"),
    [
        ("https://bills.example", "127.0.0.1:8000", True),
        ("https://BILLS.example:443", "inside", True),
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("null", "inside", True),
        ("http://bills.example", "inside", False),
        ("https://bills.example:444", "inside", False),
        ("https://bills.example.evil.example", "inside", False),
        ("https://evil.example", "bills.example", False),
        ("http://[", "inside", False),
        ("", "", False),
    ],
)
def test_a_form_is_ours_by_the_public_address(origin: str, host: str, ours: bool) -> None:
    """Whatever host the proxy asked for; the host that was asked itself counts, too."""
    scope = {"type": "http", "headers": [(b"origin", origin.encode()), (b"host", host.encode())]}
    assert PublicAddress("https://bills.example/kvitt").sent_from_here(Request(scope)) is ours


@pytest.mark.parametrize(
    "text", ["proxy.example", "10.0.0.1/8", "0.0.0.0/0", "::/0", "*", "10.0.0.1;10.0.0.2"]
)
def test_proxies_that_cannot_be_trusted_are_refused(text: str) -> None:
    """A name, host bits, everybody: refused with what to write."""
    with pytest.raises(ValueError, match=r"is no address and no network|is everybody"):
        Settings.model_validate({"trusted_proxies": text})


def test_a_proxy_that_is_not_named_is_warned_of() -> None:
    """With a public https address there is one, and all would share its places."""
    found = Settings.model_validate({"public_url": "https://bills.example"})
    assert any("KVITT_TRUSTED_PROXIES" in one for one in found.warnings)
    named = Settings.model_validate({"public_url": "https://bills.example", "trusted_proxies": "10.0.0.5"})
    assert not any("KVITT_TRUSTED_PROXIES" in one for one in named.warnings)
