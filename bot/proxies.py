"""Addresses and networks: which proxies may say for whom they ask, and as what a client is counted."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

Network: TypeAlias = "IPv4Network | IPv6Network"
_SITE_BITS: Final = 64
"""Of an IPv6 address: what one customer of a provider gets, with 2**64 addresses to change between."""


def networks(text: str) -> tuple[Network, ...]:
    """The networks in a text, with commas or spaces between them.

    Raises:
        ValueError: something in it is no address and no network, or means the whole Internet.
    """
    found = []
    for one in text.replace(",", " ").split():
        try:
            network = ip_network(one)
        except ValueError:
            raise ValueError(
                f"{one!r} is no address and no network; write them like 10.0.0.5 or 10.0.0.0/24"
            ) from None
        if network.prefixlen == 0:
            raise ValueError(f"{one!r} is everybody, so anybody could pretend any address; name the proxies")
        found.append(network)
    return tuple(found)


def address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a text such as ``192.0.2.1``, ``192.0.2.1:80`` or ``[2001:db8::1]:80``; None if none."""
    text = text.strip()
    bare = text[1:].partition("]")[0] if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def trusted(networks: Sequence[Network], peer: str) -> bool:
    """Whether an address is of one of these networks."""
    found = address(peer)
    return found is not None and any(found in network for network in networks)


def site(peer: str) -> str:
    """The name under which an address is counted: itself, or its /64 in IPv6."""
    found = address(peer)
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, _SITE_BITS), strict=False))
    return str(found or "")
