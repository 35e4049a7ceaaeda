"""One-time codes (TOTP, RFC 6238) beside the password: switched on by a code, and each good once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handlers.rights import DeskRefusal, NoSuchUser
from storage.desk import logins, staff
from storage.desk.staff import AuditEntry

if TYPE_CHECKING:
    from handlers.context import Context
    from storage.desk.logins import Login

_SECONDS: Final = 30
_NEIGHBOURS: Final = (-1, 0, 1)
"""Steps whose codes are taken, too: a phone's clock is rarely right to the second."""


class WrongCode(DeskRefusal):
    """The code is not the one that is good now, or was used already."""

    def __init__(self) -> None:
        super().__init__("this code is wrong or was used already: wait for the next one")


def begin(context: Context, name: str) -> str:
    """A new secret for a user's app, which counts once a code confirms it.

    Raises:
        rights.NoSuchUser: no active user has that name.
    """
    import pyotp  # noqa: PLC0415 - only here

    login = _login(context, name)
    secret = pyotp.random_base32()
    logins.change(context.session, login.user_id, totp_next=secret)
    return secret


def address(name: str, creditor: str, secret: str) -> str:
    """What an app reads from a QR code: whose codes these are, and their secret."""
    import pyotp  # noqa: PLC0415 - only here

    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=f"Kvitt {creditor}".strip())


def confirm(context: Context, name: str, code: str) -> None:
    """Ask for codes from here on, since the app has shown that it makes the right ones.

    Raises:
        WrongCode: it has not.
        rights.NoSuchUser: no active user has that name.
    """
    login = _login(context, name)
    step = _step(context, login.totp_next, code) if login.totp_next else None
    if step is None:
        raise WrongCode
    logins.change(context.session, login.user_id, totp=login.totp_next, totp_next="", totp_step=step)
    _write_down(context, "desk_codes_on", login.name)


def switch_off(context: Context, name: str) -> None:
    """Ask for no codes any more.

    Raises:
        rights.NoSuchUser: no active user has that name.
    """
    login = _login(context, name)
    logins.change(context.session, login.user_id, totp="", totp_next="", totp_step=0)
    _write_down(context, "desk_codes_off", login.name)


def use(context: Context, login: Login, code: str) -> bool:
    """Whether a code is right, which uses it up."""
    step = _step(context, login.totp, code)
    return step is not None and logins.use_step(context.session, login.user_id, step)


def _step(context: Context, secret: str, code: str) -> int | None:
    """The time step whose code this is."""
    import pyotp  # noqa: PLC0415 - only here

    digits = "".join(code.split())
    if not digits.isascii() or not digits.isdigit():
        return None
    now = int(context.now.timestamp())
    codes = pyotp.TOTP(secret)
    for neighbour in _NEIGHBOURS:
        at = now + neighbour * _SECONDS
        if pyotp.utils.strings_equal(codes.at(at), digits):
            return at // _SECONDS
    return None


def _login(context: Context, name: str) -> Login:
    login = logins.make(context.session, name)
    if login is None:
        raise NoSuchUser(name)
    return login


def _write_down(context: Context, action: str, name: str) -> None:
    staff.write_down(context.session, AuditEntry(context.now, name, action, f"user:{name}", {}))
