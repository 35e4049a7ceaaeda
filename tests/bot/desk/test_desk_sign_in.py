"""Signing in to the desk: by a password nobody else knows, for a time, and not by guessing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import func, select, update

from billing.accounts.roles import Role
from handlers import rights
from handlers.desk import lock_outs, passwords, signing_in, users, web_sessions
from storage import tables
from storage.desk import logins, sign_in_tries, staff
from storage.desk.staff import User
from tests.desk_rig import PASSWORD, Browsing, add_operator, audited, browsing, desk_served, give_staff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

pytestmark = pytest.mark.both_databases


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """The pages of a clinic with one user of each role."""
    give_staff(world)
    with desk_served(world) as found:
        yield found


@pytest.fixture
def browser(address: str) -> Iterator[Browsing]:
    """A browser in which nobody is signed in."""
    with browsing(address) as found:
        yield found


def test_a_page_is_seen_after_signing_in_and_not_before(browser: Browsing) -> None:
    """Whoever asks signs in first, and comes to the page that was wanted; signed out, it is closed."""
    assert browser.get("/desk/me").headers["location"] == "/desk/sign-in?next=%2Fdesk%2Fme"
    browser.follow()
    wrong = browser.submit("/desk/sign-in", name="Robin", password="not the password")
    assert wrong.status_code == 403
    assert "Name, password or code is wrong" in browser.text()
    assert browser.submit("/desk/sign-in", name="robin", password=PASSWORD).headers["location"] == "/desk/me"
    assert "Robin · rep" in browser.follow().text
    browser.submit("/desk/sign-out")
    assert browser.get("/desk").status_code == 303


def test_cookie_and_headers_give_nothing_away(browser: Browsing) -> None:
    """No script reads the cookie, no other page frames ours, and only our own files are loaded."""
    answer = browser.sign_in("Robin")
    cookie = answer.headers["set-cookie"].lower()
    for part in ("httponly", "samesite=lax", "path=/"):
        assert part in cookie
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "connect-src 'self'" in policy
    assert "worker-src 'self'" in policy
    assert answer.headers["x-frame-options"] == "DENY"
    assert browser.get("/desk").headers["cache-control"] == "no-store"


def test_over_https_the_cookie_is_bound_to_the_host(world: World) -> None:
    """Behind the public address the cookie is __Host- and secure; plain http by another name is refused."""
    world.installation = replace(world.installation, public_url="https://desk.elm.example")
    give_staff(world)
    with desk_served(world) as address, browsing(address, host="desk.elm.example") as browser:
        seen = browser.get("/desk/sign-in")
        assert seen.headers["strict-transport-security"]
        assert "__Host-kvitt_desk_visitor=" in seen.headers["set-cookie"]
        assert "; secure" in seen.headers["set-cookie"].lower()
        plain = browser.get("/desk/sign-in", host="desk.other.example")
        assert plain.status_code == 403
        assert "plain http" in plain.text


def test_a_session_ends_by_itself(world: World, browser: Browsing) -> None:
    """Half an hour idle, or twelve hours at all, and the next page asks for the password."""
    browser.sign_in("Robin")
    for _ in range(23):
        world.later(minutes=29)
        assert browser.get("/desk").status_code == 200
    world.later(minutes=31)
    assert browser.get("/desk").status_code == 303
    browser.sign_in("Robin")
    for _ in range(25):
        world.later(minutes=28)
        browser.get("/desk")
    assert browser.get("/desk").status_code == 200
    world.later(minutes=28)
    assert browser.get("/desk").status_code == 303


def test_every_sign_in_has_an_id_of_its_own(world: World, browser: Browsing) -> None:
    """Signing in again ends the session before in this browser; what is kept of an id is its digest."""
    browser.sign_in("Robin")
    first = browser.client.cookies["kvitt_desk"]
    with browsing(browser.address) as other:
        other.get("/desk/sign-in")
        fields = other.form("/desk/sign-in") | {"name": "Robin", "password": PASSWORD}
        other.client.cookies.set("kvitt_desk", first)
        assert first not in other.post("/desk/sign-in", fields).headers["set-cookie"]
    assert browser.get("/desk").status_code == 303
    with world.database.read() as session:
        digests = session.scalars(select(tables.DeskSession.digest)).all()
    assert len(digests) == 1
    assert first not in digests


def test_who_is_removed_or_gets_a_new_password_is_signed_out(world: World, browser: Browsing) -> None:
    """Removed, or with a new password: the page is closed at once, and the old password opens nothing."""
    with browsing(browser.address) as other:
        browser.sign_in("Robin")
        other.sign_in("Vera")
        digest = passwords.digested("Robin", "another long sentence")
        with world.database.write() as session:
            context = world.context(session)
            users.remove(context, "Vera", "Olga")
            passwords.set_own(context, "Robin", digest)
        assert (browser.get("/desk").status_code, other.get("/desk").status_code) == (303, 303)
        assert browser.sign_in("Robin").status_code == 403
        assert browser.sign_in("Robin", "another long sentence").status_code == 303
        with world.database.write() as session:
            users.add(world.context(session), "Vera", Role.VIEWER, None, "Olga")
        assert other.sign_in("Vera").status_code == 403  # back, and not by the password of before


def test_guessing_is_locked_by_name_whether_or_not_anybody_has_it(world: World, browser: Browsing) -> None:
    """After five wrong tries the right password waits, too; for a name that nobody has all is the same."""
    seen = []
    for name in ("Robin", "Nobody"):
        answers = [browser.sign_in(name, "wrong, and long enough") for _ in range(6)]
        seen.append([(one.status_code, one.text.count("wrong.")) for one in answers])
        assert answers[-1].status_code == 429
        assert "try again at" in answers[-1].text
        assert "<time" in answers[-1].text
        assert int(answers[-1].headers["retry-after"]) in range(28, 33)
    assert seen[0] == seen[1]
    assert browser.sign_in("Robin").status_code == 429
    world.later(seconds=31)
    assert browser.sign_in("Robin").status_code == 303


def test_a_lock_doubles_and_ends(world: World) -> None:
    """Each further wrong try waits twice as long, up to the longest; a day later all is new."""
    waits = []
    for _ in range(14):
        with world.database.write() as session:
            lock_outs.count(world.context(session), "Robin", "192.0.2.1")
        with world.database.read() as session:
            until = session.scalar(select(tables.DeskTry.locked_until).where(tables.DeskTry.kind == "name"))
        waits.append(int((until - world.now).total_seconds()) if until else 0)
        world.now = max(until or world.now, world.now) + timedelta(seconds=1)
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900, 900, 900]
    world.later(hours=25)
    with world.database.write() as session:
        lock_outs.count(world.context(session), "Robin", "192.0.2.1")
    with world.database.read() as session:
        assert set(session.scalars(select(tables.DeskTry.tries))) == {1}


def test_guessing_many_names_is_locked_by_address(browser: Browsing) -> None:
    """Twenty wrong tries of one address, each by another name, and it waits."""
    found = [browser.sign_in(f"name {number}", "wrong, and long enough").status_code for number in range(21)]
    assert found == [403] * 20 + [429]


def test_wrong_tries_fill_no_disk_and_push_no_lock_out(world: World) -> None:
    """The table is bounded; what goes is what was tried least, so a lock stays."""
    with world.database.write() as session:
        context = world.context(session)
        for _ in range(5):
            lock_outs.count(context, "Robin", "192.0.2.1")
        session.execute(
            tables.DeskTry.__table__.insert(),  # type: ignore[attr-defined]
            [
                {"kind": "name", "mark": str(one), "tries": 1, "last_at": world.now}
                for one in range(sign_in_tries.MOST)
            ],
        )
        lock_outs.count(context, "Invented", "192.0.2.9")
        assert (session.scalar(select(func.count(tables.DeskTry.id))) or 0) <= sign_in_tries.MOST
        with pytest.raises(lock_outs.LockedOut):
            lock_outs.count(context, "Robin", "192.0.2.7")


def test_an_invitation_lets_its_user_alone_choose_the_password(world: World) -> None:
    """The link is good once and for three days; nobody else can act as its user from there on."""
    add_operator(world, "Ann")
    with world.database.write() as session:
        context = world.context(session)
        users.add(context, "Bo", Role.APPROVER, None, "Ann")
        with pytest.raises(rights.OnePersonsTokens):
            rights.check_two_people(session, "Ann", "Bo")
        invitation = passwords.invite(context, "Bo", "Ann")
    with desk_served(world) as address, browsing(address) as browser:
        link = f"/desk/welcome/{invitation.secret}"
        assert "Welcome, Bo" in browser.get(link).text
        weak = browser.submit(link, password="short", again="short")
        assert weak.status_code == 422
        assert "12 to 200" in browser.text()
        assert 'aria-invalid="true"' in weak.text
        assert browser.submit(link, password=PASSWORD, again="not the same one").status_code == 422
        assert browser.submit(link, password=PASSWORD, again=PASSWORD).status_code == 303
        assert "The password is set" in browser.follow().text
        assert browser.get(link).status_code == 410
        assert browser.sign_in("Bo").status_code == 303
    with world.database.read() as session:
        rights.check_two_people(session, "Ann", "Bo")
        assert [one.name for one in staff.with_tokens(session)] == ["Ann"]


def test_an_invitation_ends_by_itself(world: World, browser: Browsing) -> None:
    """After three days the link says that it is too old."""
    with world.database.write() as session:
        invitation = passwords.invite(world.context(session), "Robin", "Olga")
    world.later(days=3, minutes=1)
    assert browser.get(f"/desk/welcome/{invitation.secret}").status_code == 410


def test_a_password_set_by_who_has_a_token_counts_as_theirs(world: World) -> None:
    """Ann made Bo's token, so she may have set the password by it: the two are one where two are needed."""
    add_operator(world, "Ann")
    with world.database.write() as session:
        context = world.context(session)
        users.add(context, "Bo", Role.APPROVER, None, "Ann")
        passwords.set_own(context, "Bo", passwords.digested("Bo", PASSWORD))
        signing_in.make_token(context, "Bo", "Bo")
        with pytest.raises(rights.OnePersonsTokens):
            rights.check_two_people(session, "Ann", "Bo")


def test_a_rep_invites_nobody_else(world: World) -> None:
    """Links for others are an operator's to make."""
    give_staff(world)
    with world.database.write() as session, pytest.raises(rights.NotAllowed):
        passwords.invite(world.context(session), "Vera", "Robin")


def test_a_code_is_asked_for_and_good_once(world: World, browser: Browsing) -> None:
    """Switched on by a code; from then on the password alone opens nothing, nor does a code used before."""
    browser.sign_in("Robin")
    browser.get("/desk/me")
    browser.submit("/desk/me/codes")
    page = browser.follow()
    with world.database.read() as session:
        login = logins.of_user(session, "Robin")
    assert login
    assert login.totp_next in page.text
    codes = pyotp.TOTP(login.totp_next)
    assert browser.submit("/desk/me/codes", code="12").status_code == 422
    assert "wrong or was used already" in browser.text()
    code = codes.at(world.now)
    assert browser.submit("/desk/me/codes", code=code).headers["location"] == "/desk/me?done=codes_on"
    with browsing(browser.address) as other:
        assert other.sign_in("Robin").status_code == 403
        assert other.sign_in("Robin", code=code).status_code == 403
        world.later(seconds=30)
        assert other.sign_in("Robin", code=codes.at(world.now)).status_code == 303
    with world.database.read() as session:
        raw = session.connection().exec_driver_sql("SELECT totp FROM desk_logins WHERE totp != ''").scalar()
    assert login.totp_next not in str(raw)


def test_sessions_are_seen_and_ended_by_an_operator(world: World, browser: Browsing) -> None:
    """The operator sees who is signed in and from where, ends one or all; it is written down."""
    with browsing(browser.address) as other:
        other.sign_in("Robin")
        browser.sign_in("Olga")
        browser.get("/desk/users")
        assert "127.0.0.1" in browser.text()
        with world.database.read() as session:
            theirs = web_sessions.listed(world.context(session), "Robin")
        browser.submit(f"/desk/sessions/{theirs[0].id}/end")
        assert other.get("/desk").status_code == 303
        assert audited(world, "desk_session_ended") == [("Olga", "user:Robin", {})]
        other.sign_in("Robin")
        with world.database.write() as session:
            assert web_sessions.end_all(world.context(session), "Robin", "Olga") == 1
        assert other.get("/desk").status_code == 303


def test_what_is_over_is_swept_away(world: World, browser: Browsing) -> None:
    """The clock deletes sessions that ended, wrong tries of yesterday, keys of forms and old drafts."""
    browser.sign_in("Robin")
    with browsing(browser.address) as other:
        other.sign_in("Vera", "wrong, and long enough")
    world.later(days=20)
    web_sessions.sweep(world.database, world.installation, world.clock)
    with world.database.read() as session:
        for table in (tables.DeskSession, tables.DeskTry, tables.DeskFormKey, tables.DeskDraft):
            assert session.scalar(select(func.count(table.id))) == 0


def test_the_page_speaks_the_language_of_the_browser_until_another_is_chosen(browser: Browsing) -> None:
    """Accept-Language at first, the user's own choice afterwards."""
    assert "Logga in" in browser.get("/desk/sign-in", **{"accept-language": "sv-SE,sv;q=0.9,en;q=0.8"}).text
    assert "Entrar" in browser.get("/desk/sign-in", **{"accept-language": "da;q=1,es;q=0.5,xx"}).text
    browser.sign_in("Robin")
    browser.get("/desk/me")
    browser.submit("/desk/me/choices", language="de", keys="on")
    assert "Heute" in browser.get("/desk", **{"accept-language": "sv"}).text


def test_nobody_who_left_is_let_in_by_a_session_of_before(world: World, browser: Browsing) -> None:
    """A user who is not active has no session, whatever is in the table."""
    browser.sign_in("Robin")
    with world.database.write() as session:
        session.execute(update(tables.User).where(tables.User.name == "Robin").values(active=False))
    assert browser.get("/desk").status_code == 303
    with world.database.write() as session:
        assert staff.add(session, User("Robin II", Role.REP, None, active=True), world.now)
