"""One request to a page of the desk: who asks, in which language, what they sent; and how it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from billing.accounts.roles import Right
from bot.web.desk import assets, entrance
from bot.web.desk.showing import TEMPLATES, Showing
from handlers.context import Context
from messages import desk_pages
from storage.desk import desk_forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sqlalchemy.orm import Session
    from starlette.requests import Request

    from bot.clock import Clock
    from bot.web.desk.entrance import FormToken
    from bot.web.desk.viewing import Viewers
    from handlers.installation import Installation
    from messages.desk_pages import DeskWords
    from storage.database.transaction import Database
    from storage.desk.sessions import SignedIn

HOME: Final = "/desk"
SIGN_IN: Final = "/desk/sign-in"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    # Not "no-referrer": with that a browser sends no origin along with a form, either.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_LARGEST: Final = 2**63 - 1
NAVIGATION: Final = (
    ("today", "/desk", Right.LOOK),
    ("search", "/desk/search", Right.LOOK),
    ("money", "/desk/money", Right.LOOK),
    ("placements", "/desk/placements", Right.LOOK),
    ("runs", "/desk/runs", Right.LOOK),
    ("book", "/desk/book", Right.LOOK),
    ("campaigns", "/desk/campaigns", Right.LOOK),
    ("claims", "/desk/claims", Right.LOOK),
    ("users", "/desk/users", Right.OPERATE),
    ("audit", "/desk/audit", Right.APPROVE),
)
"""The top bar: the key of its words, the address, and who sees it. Pages that are not there are left out."""


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What every page works with."""

    database: Database
    installation: Installation
    clock: Clock
    viewers: Viewers
    prefix: str = ""
    """The path that the public address begins with."""
    addresses: frozenset[str] = frozenset()
    """The addresses that there are pages for."""

    def context(self, session: Session) -> Context:
        """The context of a transaction."""
        return Context(session, self.installation, self.clock)


@dataclass(slots=True)
class Visit:
    """One request. ``form`` is what was posted; ``user`` is who is signed in, None before that."""

    parts: DeskParts
    request: Request
    language: str
    path: str
    """The address without the prefix of the public one."""
    user: SignedIn | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    token: FormToken | None = None
    bound_to: str = ""
    """The secret of the cookie, by which forms of this browser are signed."""
    page: str = "today"
    """Which entry of the top bar it belongs to."""

    @property
    def who(self) -> SignedIn:
        """Who is signed in; asked by pages that nobody sees without."""
        assert self.user is not None
        return self.user

    @property
    def say(self) -> DeskWords:
        """The words of the page's language."""
        return desk_pages.words(self.language)

    @property
    def now(self) -> datetime:
        """The time (UTC), where no transaction has one."""
        return self.parts.clock()

    @property
    def query(self) -> dict[str, str]:
        """What is asked for behind the address's question mark; of two of a name the last."""
        return dict(self.request.query_params)

    def number(self, name: str = "id") -> int:
        """A number in the path.

        Raises:
            HTTPException: 404 where it is larger than any that we give.
        """
        found = int(self.request.path_params[name])
        if found > _LARGEST:
            raise HTTPException(404)
        return found

    def read(self) -> AbstractContextManager[Session]:
        """A transaction that only reads."""
        return self.parts.database.read()

    def write(self) -> AbstractContextManager[Session]:
        """A transaction that commits at its end."""
        return self.parts.database.write(urgent=True)

    def context(self, session: Session) -> Context:
        """The context of a transaction."""
        return self.parts.context(session)

    def may(self, right: Right) -> bool:
        """Whether the user has a right."""
        return self.user is not None and self.user.role.may(right)

    def token_for(self, address: str) -> str:
        """A token for a form that posts to an address of the desk."""
        return entrance.form_token(self.bound_to, address)

    def draft(self, session: Session, address: str) -> dict[str, str]:
        """What the user typed into the form of an address and did not send."""
        return desk_forms.draft(session, self.who.user_id, address)

    def link(self, address: str) -> str:
        """An address of the desk as a browser has to ask for it."""
        return f"{self.parts.prefix}{address}"

    def show(self, template: str, status: int = 200, **facts: Any) -> Response:
        """Answer with a page."""
        showing = Showing(self.say, self.parts.installation.creditor.zone, self.now)
        text = TEMPLATES.get_template(template).render(
            say=self.say,
            show=showing,
            language=self.language,
            languages=desk_pages.names(),
            creditor=self.parts.installation.creditor.name,
            me=self.user,
            navigation=list(self._navigation()),
            page=self.page,
            path=self.path,
            done=self._done(),
            link=self.link,
            asset=self._asset,
            token_for=self.token_for,
            may=lambda right: self.may(Right(right)),
            **facts,
        )
        return HTMLResponse(text, status_code=status)

    def go(self, address: str, done: str = "") -> Response:
        """Send the browser to another page, which says what was done: a key of ``[done]``."""
        return RedirectResponse(self.link(with_done(address, done)), status_code=303)

    def _done(self) -> str:
        key = f"done.{self.query.get('done', '')}"
        return self.say(key) if key in self.say else ""

    def _navigation(self) -> Iterator[tuple[str, str]]:
        for key, address, right in NAVIGATION:
            if address in self.parts.addresses and self.may(right):
                yield key, address

    def _asset(self, file: str) -> str:
        return self.link(f"/desk/static/{assets.name_of(file)}")


def with_done(address: str, done: str) -> str:
    """An address of the desk whose page says what was done."""
    bare, _, query = address.partition("?")
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] != "done"]
    wanted = urlencode([*kept, *([("done", done)] if done else [])])
    return f"{bare}?{wanted}" if wanted else bare
