"""Listens on a port, and says clearly when it cannot."""

from __future__ import annotations

import errno
import socket
from typing import Final

from billing.refusals import Refusal

_BACKLOG: Final = 2048


class PortTaken(Refusal):
    """Another program listens on the port already."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken: choose another with --port")


class CannotListen(Refusal):
    """The address cannot be listened on."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(f"cannot listen on {host} port {port} ({why}): choose others with --host and --port")


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; bound before anything else begins, a taken port stops nothing half-way.

    Raises:
        PortTaken: another program listens there.
        CannotListen: the address is not this machine's, or the port needs other rights.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise CannotListen(host, port, _why(error)) from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(port) from None
        raise CannotListen(host, port, _why(error)) from None
    return bound


def _why(error: OSError | UnicodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
