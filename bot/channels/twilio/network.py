"""The outcome of a failed request: certainly not sent, or in doubt."""

from __future__ import annotations

from datetime import timedelta
from ssl import SSLCertVerificationError
from typing import TYPE_CHECKING, Final

from requests.exceptions import (
    ConnectionError as NoConnection,
)
from requests.exceptions import (
    ConnectTimeout,
    InvalidSchema,
    InvalidURL,
    MissingSchema,
    ProxyError,
    ReadTimeout,
)
from urllib3.exceptions import NewConnectionError

from bot.channel import InDoubt, RefusalReason, Refused, TryLater
from bot.channels.twilio.codes import SOON

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_WAIT: Final = timedelta(hours=24)


def after_failure(error: Exception) -> Refused | TryLater | InDoubt:
    """The outcome of a request the network failed: only a failure before it was sent is certain."""
    match error:
        case InvalidURL() | InvalidSchema() | MissingSchema():
            return Refused(RefusalReason.CONFIGURATION, "url")
        case ConnectTimeout():
            return TryLater(SOON, "connect_timeout")
        case ProxyError():
            return TryLater(SOON, "proxy")
        case NoConnection() if _never_connected(error):
            return TryLater(SOON, "unreachable")
        case ReadTimeout():
            return InDoubt("read_timeout")
        case _:
            return InDoubt("connection_lost")


def _never_connected(error: NoConnection) -> bool:
    """Connection refused, unknown host, no route or a wrong certificate: the request was not sent."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError):
        return True
    return any(isinstance(inner, SSLCertVerificationError) for inner in getattr(reason, "args", ()))


def wait_asked_for(headers: Mapping[str, str]) -> timedelta | None:
    """The Retry-After of an answer, in seconds as Twilio writes it, at most a day; None without one."""
    text = headers.get("Retry-After", "").strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
