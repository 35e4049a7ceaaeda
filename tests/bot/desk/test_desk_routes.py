"""Rights on every address of the desk, against a table written by hand; and forms of any shape."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from random import Random  # noqa: TID251 - shapes are a matter of chance, with a seed
from typing import TYPE_CHECKING, Final

import pytest

from billing.accounts.roles import Right
from bot.web.desk.routes import ROUTES
from storage.desk import escalations
from storage.desk.escalations import Case
from tests.bot.desk.routes_by_hand import BY_HAND, EVERYBODY, OPEN
from tests.bot.shapes import text_of_chance
from tests.desk_rig import PASSWORD, STAFF, Browsing, audited, browsing, desk_served, give_staff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from billing.accounts.roles import Role
    from bot.web.desk.routes import DeskRoute
    from tests.world import World

FORMS: Final = int(os.environ.get("KVITT_DESK_FORMS", "1000"))
"""Forms of chance; ``make routes`` posts twenty thousand."""
SEED: Final = int(os.environ.get("KVITT_DESK_SEED", "19"))
_REFUSED: Final = 403


class Everybody:
    """A browser for each role, signed in, and one in which nobody is."""

    def __init__(self, world: World, address: str, stack: ExitStack) -> None:
        self.world, self.address = world, address
        self.nobody = stack.enter_context(browsing(address))
        self.nobody.get("/desk/sign-in")
        self.by_role: dict[Role, Browsing] = {}
        for name, role in STAFF.items():
            self.by_role[role] = stack.enter_context(browsing(address))
            assert self.by_role[role].sign_in(name).status_code == 303


def _everybody(world: World, table: Sequence[DeskRoute] = ROUTES) -> Iterator[Everybody]:
    give_staff(world)
    with world.database.write() as session:
        case = Case("person:1", "person", "<script>alert(1)</script> asks for a person", world.now)
        escalations.open_case(session, case, world.now)
    with desk_served(world, table) as address, ExitStack() as stack:
        yield Everybody(world, address, stack)


@pytest.fixture
def everybody(world: World) -> Iterator[Everybody]:
    """The pages with one user of each role, and one case."""
    yield from _everybody(world)


def _asked(path: str) -> str:
    return (
        path.replace("{id:int}", "1")
        .replace("{name}", "desk.000000000000.css")
        .replace("{secret}", "x")
        .replace("{act}", "note")
    )


def _wrong(everybody: Everybody) -> list[str]:
    """Where the pages do something else than the table by hand says."""
    found = []
    for (method, path), allowed in BY_HAND.items():
        asked = _asked(path)
        if allowed is OPEN:
            continue
        bare = everybody.nobody
        answer = bare.get(asked) if method == "GET" else bare.post(asked, {})
        expected = 303 if method == "GET" else 401
        if answer.status_code != expected:
            found.append(f"nobody {method} {path}: {answer.status_code}")
        for role, browser in everybody.by_role.items():
            answer = browser.get(asked) if method == "GET" else browser.post(asked, {"token": "none"})
            # A form without its token is refused behind the right: what is said tells the two apart.
            if ("role does not allow" in answer.text) is (role in allowed):
                found.append(f"{role} {method} {path}: {answer.status_code}")
    return found


def test_every_address_is_in_the_table_by_hand() -> None:
    """An address that only one of the two tables has fails."""
    assert {(method, one.path) for one in ROUTES for method in one.methods} == set(BY_HAND)


@pytest.mark.slow
def test_each_role_gets_what_it_may_and_nothing_else(everybody: Everybody) -> None:
    """Every address, each role and no session: as the table by hand says; a refusal is written down."""
    assert _wrong(everybody) == []
    refused = [(method, path) for (method, path), allowed in BY_HAND.items() if allowed is not OPEN
               for role in EVERYBODY - allowed]  # fmt: skip
    assert len(audited(everybody.world, "desk_refused")) == len(refused)


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [number for number, one in enumerate(ROUTES) if one.right not in {None, Right.LOOK}]
)
def test_a_right_that_is_taken_away_in_the_code_is_noticed(world: World, number: int) -> None:
    """With one right of the code's table lowered, the two tables differ."""
    lowered = [replace(one, right=Right.LOOK) if at == number else one for at, one in enumerate(ROUTES)]
    for everybody in _everybody(world, lowered):
        assert any(ROUTES[number].path in one for one in _wrong(everybody))


@pytest.mark.slow
def test_a_form_from_elsewhere_does_nothing(everybody: Everybody) -> None:
    """Another origin, another site, or none of the two said: refused, whoever is signed in."""
    elsewhere: list[dict[str, str]] = [
        {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "null"},
        {"origin": everybody.address, "sec-fetch-site": "cross-site"},
        {},
    ]
    for browser in (everybody.nobody, *everybody.by_role.values()):
        for method, path in BY_HAND:
            if method == "POST":
                for headers in elsewhere:
                    answer = browser.client.post(_asked(path), data={"a": "b"}, headers=headers)
                    assert answer.status_code == _REFUSED, (path, headers)
                    assert "came from elsewhere" in answer.text


def test_a_form_of_another_session_or_page_does_nothing(everybody: Everybody) -> None:
    """A token is bound to one session and to one address; nobody posts with another's, or somewhere else."""
    robin, alex = list(everybody.by_role.values())[1:3]
    robin.get("/desk/cases/1")
    theirs = robin.form("/desk/cases/1/take")
    assert alex.post("/desk/cases/1/take", theirs).status_code == _REFUSED
    assert robin.post("/desk/cases/1/return", theirs | {"why": "x"}).status_code == _REFUSED
    assert robin.post("/desk/cases/1/take", theirs | {"token": theirs["token"][:-2]}).status_code == _REFUSED
    everybody.world.later(hours=13)
    assert robin.post("/desk/cases/1/take", theirs).status_code == 401


def test_a_script_is_shown_as_text(everybody: Everybody) -> None:
    """What somebody wrote is never markup."""
    browser = everybody.by_role[next(iter(STAFF.values()))]
    for path in ("/desk", "/desk/cases/1"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


@pytest.mark.slow
def test_no_form_of_chance_is_a_fault(everybody: Everybody) -> None:
    """Thousands of forms of any shape, with a good token or a bad one: each has a status, and none is 500."""
    chance = Random(SEED)  # noqa: S311
    browser = everybody.by_role[list(STAFF.values())[-1]]
    posts = [path for method, path in BY_HAND if method == "POST" and path != "/desk/sign-out"]
    seen: dict[int, int] = {}
    for number in range(FORMS):
        path = _asked(chance.choice(posts)).replace("1", chance.choice(["1", "1", "2", str(2**63), "9" * 30]))
        if not number % 50:  # what ends the session, or the page, is begun anew
            browser = _signed_in(everybody)
        fields = _fields(chance, browser, path)
        answer = browser.client.post(path, data=fields, headers=_headers(chance, browser))
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        assert answer.status_code < 500, (path, fields, answer.text)
    assert {200, 303, 403, 404, 422} & set(seen), seen


def _signed_in(everybody: Everybody) -> Browsing:
    browser = everybody.by_role[list(STAFF.values())[-1]]
    if browser.get("/desk/me").status_code != 200:
        everybody.world.later(minutes=16)
        browser.sign_in("Olga", PASSWORD)
        browser.get("/desk/me")
    return browser


_NAMES: Final = (
    "text", "why", "name", "password", "again", "before", "code", "step", "next", "language", "keys", "form",
    "version",
)  # fmt: skip
_ANY_FORM: Final = {"/desk/drafts", "/desk/acts/note"}
_TOKENS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"


def _fields(chance: Random, browser: Browsing, path: str) -> dict[str, str]:
    from bot.web.desk import entrance  # noqa: PLC0415 - as a page makes it

    fields = {name: _whole(text_of_chance(chance)) for name in _NAMES if chance.random() < 0.5}
    fields |= {_whole(text_of_chance(chance)): "x"} if chance.random() < 0.1 else {}
    secret = browser.client.cookies.get("kvitt_desk") or "none"
    if chance.random() < 0.9:
        address = fields.get("form", path) if path in _ANY_FORM else path
        fields["token"] = entrance.form_token(secret, address)
    elif chance.random() < 0.5:
        fields["token"] = "".join(chance.choice(_TOKENS) for _ in range(chance.randrange(90)))
    return fields


def _whole(text: str) -> str:
    """The text as a form can carry it."""
    return text.encode(errors="replace").decode()


def _headers(chance: Random, browser: Browsing) -> dict[str, str]:
    headers = {"sec-fetch-site": "same-origin", "origin": browser.address}
    if chance.random() < 0.1:
        headers["accept-language"] = "".join(chance.choice("abc;q=,.-*0 ") for _ in range(30)).strip()
    if chance.random() < 0.05:
        headers["cookie"] = f"kvitt_desk={''.join(chance.choice('abc=;,_ ') for _ in range(20))}".strip()
    return headers
