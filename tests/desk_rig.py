"""The pages of the desk over real HTTP, and a browser without a script that fills in their forms."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import httpx
from bs4 import BeautifulSoup
from sqlalchemy import select

from billing.accounts.roles import Role
from bot.web import app
from bot.web.desk.desk import DeskPages
from bot.web.desk.routes import ROUTES
from handlers.desk import passwords, users
from storage import tables
from storage.desk import staff
from storage.desk.staff import User
from tests.fakes.live import served

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.web.desk.routes import DeskRoute
    from tests.world import World

PASSWORD: Final = "a long and quiet sentence"
STAFF: Final = {
    "Vera": Role.VIEWER,
    "Robin": Role.REP,
    "Alex": Role.APPROVER,
    "Olga": Role.OPERATOR,
}
"""One user of each role, all with the same password."""
_DIGESTS: Final[dict[str, str]] = {}


@dataclass
class Browsing:
    """A browser: it keeps cookies, and says where its forms come from."""

    address: str
    client: httpx.Client
    last: httpx.Response | None = field(default=None, repr=False)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page; redirects are shown, not followed."""
        self.last = self.client.get(path, headers={"sec-fetch-site": "none"} | headers)
        return self.last

    def follow(self) -> httpx.Response:
        """Go where the last answer leads."""
        assert self.last is not None
        assert self.last.status_code == 303, self.last.text
        return self.get(self.last.headers["location"])

    def form(self, action: str) -> dict[str, str]:
        """The fields of the last page's form that posts to an address, filled in as they are."""
        assert self.last is not None
        return form_of(self.last.text, action)

    def post(self, action: str, fields: dict[str, str], **headers: str) -> httpx.Response:
        """Post fields as a page of ours does."""
        ours = {"sec-fetch-site": "same-origin", "origin": self.address}
        self.last = self.client.post(action, data=fields, headers=ours | headers)
        return self.last

    def submit(self, action: str, **fields: str) -> httpx.Response:
        """Fill in the last page's form that posts to an address, and send it."""
        return self.post(action, self.form(action) | fields)

    def sign_in(self, name: str, password: str = PASSWORD, code: str = "") -> httpx.Response:
        """Sign in on the page for it."""
        self.get("/desk/sign-in")
        return self.submit("/desk/sign-in", name=name, password=password, code=code)

    def text(self) -> str:
        """What the last page says, without its markup."""
        assert self.last is not None
        return " ".join(BeautifulSoup(self.last.text, "html.parser").get_text(" ").split())


def form_of(page: str, action: str) -> dict[str, str]:
    """The fields of a page's form that posts to an address, as a browser would send them."""
    soup = BeautifulSoup(page, "html.parser")
    form = soup.find("form", {"action": action, "method": "post"})
    assert form is not None, f"no form posts to {action}"
    found: dict[str, str] = {}
    for one in form.find_all(["input", "textarea"]):
        if one.get("type") in {"checkbox", "radio"} and not one.has_attr("checked"):
            continue
        value = one.get_text().removeprefix("\n") if one.name == "textarea" else one.get("value", "")
        found[str(one["name"])] = str(value)
    return found


def give_staff(world: World) -> None:
    """One user of each role, who can sign in by :data:`PASSWORD`."""
    with world.database.write() as session:
        context = world.context(session)
        for name, role in STAFF.items():
            staff.add(session, User(name, role, None, active=True), world.now)
            if name not in _DIGESTS:
                _DIGESTS[name] = passwords.digested(name, PASSWORD)
            passwords.set_own(context, name, _DIGESTS[name])


@contextmanager
def desk_served(world: World, table: Sequence[DeskRoute] = ROUTES) -> Iterator[str]:
    """The pages on loopback; yields their address."""
    pages = DeskPages(world.database, world.installation, world.clock, table)
    with served(app.build(world.database, pages.routes)) as address:
        yield address


@contextmanager
def browsing(address: str, **headers: str) -> Iterator[Browsing]:
    """A browser with no cookie yet."""
    with httpx.Client(base_url=address, timeout=60, headers=headers) as client:
        yield Browsing(address, client)


def add_operator(world: World, name: str) -> str:
    """A first operator with a token of their own; returns it."""
    with world.database.write() as session:
        return users.add_first(world.context(session), name, Role.OPERATOR, None)


def audited(world: World, action: str) -> list[tuple[str, str, dict[str, object]]]:
    """Who did what to whom, of one kind of action, with the details."""
    row = tables.Audit
    with world.database.read() as session:
        found = session.execute(select(row.actor, row.subject, row.detail).where(row.action == action))
        return [(one.actor, one.subject, one.detail) for one in found]
