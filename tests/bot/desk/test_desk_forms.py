"""Forms of the desk: carried out once, not on a page that is out of date, and no text is lost."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from billing.accounts.channels import Channel
from handlers.desk import cases
from storage import tables
from storage.desk import case_events, desk_forms, escalations
from storage.desk.case_events import CaseEvent, What
from storage.desk.escalations import Case
from storage.people import contact_points
from tests.desk_rig import Browsing, audited, browsing, desk_served, form_of, give_staff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

pytestmark = pytest.mark.both_databases
CASE = "/desk/cases/1"


@pytest.fixture
def browser(world: World) -> Iterator[Browsing]:
    """Robin, signed in, with one case of a customer who wrote."""
    give_staff(world)
    world.customer()
    with world.database.write() as session:
        point = contact_points.find(session, Channel.SMS, "+15035550142")
        assert point
        case = Case("person:1", "person", "Ada wants a person", world.now, contact_point_id=point.id)
        escalations.open_case(session, case, world.now)
    with desk_served(world) as address, browsing(address) as found:
        found.sign_in("Robin")
        yield found


def _events(world: World) -> list[str]:
    with world.database.read() as session:
        return [one.what.value for one in case_events.history(session, 1)]


def _answers(world: World) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count(tables.Outbox.id))) or 0


def test_a_form_that_is_posted_again_acts_once(world: World, browser: Browsing) -> None:
    """The same post twice, and again from an old page: one answer is sent, and each leads to the case."""
    browser.get(CASE)
    fields = browser.form(f"{CASE}/answer") | {"text": "We look into it."}
    for _ in range(3):
        assert browser.post(f"{CASE}/answer", fields).headers["location"] == f"{CASE}?done=answered"
    assert _answers(world) == 1
    assert _events(world).count("answered") == 1
    assert "on its way" in browser.follow().text


def test_posts_at_one_moment_act_once(world: World, browser: Browsing) -> None:
    """Eight of the same at once: one answer, and all eight are led to the case."""
    browser.get(CASE)
    fields = browser.form(f"{CASE}/answer") | {"text": "We look into it."}
    seen: list[int] = []

    def post() -> None:
        with browsing(browser.address) as one:
            one.client.cookies.update(browser.client.cookies)
            seen.append(one.post(f"{CASE}/answer", fields).status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert seen == [303] * 8
    assert _answers(world) == 1


def test_a_page_that_is_out_of_date_says_what_changed_and_keeps_the_text(
    world: World, browser: Browsing
) -> None:
    """Somebody acted since: 409, who and what, nothing done, the text still there; one press more goes on."""
    browser.get(CASE)
    fields = browser.form(f"{CASE}/answer") | {"text": "My long and careful text"}
    with world.database.write() as session:
        context = world.context(session)
        cases.take(context, 1, "Alex")
        cases.give_back(context, 1, "Alex", "lunch")
    stale = browser.post(f"{CASE}/answer", fields)
    assert stale.status_code == 409
    assert _answers(world) == 0
    for said in ("others acted", "Alex", "lunch", "My long and careful text"):
        assert said in browser.text(), said
    again = form_of(stale.text, f"{CASE}/answer")
    assert again["text"] == "My long and careful text"
    assert browser.post(f"{CASE}/answer", again).status_code == 303
    assert _answers(world) == 1


def test_what_cannot_be_used_is_named_and_the_text_is_kept(world: World, browser: Browsing) -> None:
    """Too long, or empty: the field is marked and says why; what was typed is there, as text."""
    browser.get(CASE)
    long = "<b>Åsa</b> " * 200
    bad = browser.submit(f"{CASE}/answer", text=long)
    assert bad.status_code == 422
    assert "at most 1500 fit" in browser.text()
    assert 'aria-invalid="true" aria-describedby="text-hint text-error"' in bad.text
    assert browser.form(f"{CASE}/answer")["text"] == long
    assert "<b>Åsa" not in bad.text
    assert browser.submit(f"{CASE}/answer", text="  ").status_code == 422
    assert "Fill this in" in browser.text()
    assert _answers(world) == 0


def test_what_a_handler_refuses_is_said_on_the_page(world: World, browser: Browsing) -> None:
    """A colleague's case is not taken: the handler's sentence is shown, and nothing is done."""
    browser.get(CASE)
    browser.submit(f"{CASE}/take")
    with browsing(browser.address) as other:
        other.sign_in("Vera")
        other.get(CASE)
        assert f'action="{CASE}/take"' not in other.last.text if other.last else False
    assert _events(world) == ["opened", "taken"]
    browser.get(CASE)
    browser.submit(f"{CASE}/return", why="lunch")
    assert _events(world) == ["opened", "taken", "returned"]


def test_a_case_that_only_became_late_is_not_out_of_date(world: World, browser: Browsing) -> None:
    """Nobody acted: what was typed meanwhile is sent at the first press."""
    browser.get(CASE)
    fields = browser.form(f"{CASE}/answer") | {"text": "We looked into it."}
    with world.database.write() as session:
        assert escalations.happened(session, 1, CaseEvent(world.now, "kvitt", What.LATE))
    assert browser.post(f"{CASE}/answer", fields).status_code == 303
    assert _answers(world) == 1


def test_a_draft_is_kept_until_it_is_sent(world: World, browser: Browsing) -> None:
    """What is typed is there again on the next visit, sealed in the database, and gone once it is sent."""
    browser.get(CASE)
    typed = browser.form(f"{CASE}/answer") | {"text": "half a sent", "form": f"{CASE}/answer"}
    assert browser.post("/desk/drafts", typed).status_code == 204
    browser.get(CASE)
    assert browser.form(f"{CASE}/answer")["text"] == "half a sent"
    with world.database.read() as session:
        raw = session.connection().exec_driver_sql("SELECT fields FROM desk_drafts").scalar()
        assert "half" not in str(raw)
        assert desk_forms.draft(session, 1, f"{CASE}/answer") == {}
    browser.submit(f"{CASE}/answer", text="half a sentence more")
    browser.get(CASE)
    assert browser.form(f"{CASE}/answer")["text"] == ""


def test_what_is_sent_after_the_session_ended_is_shown_again(world: World, browser: Browsing) -> None:
    """401, nothing done, and the text to copy, but no password."""
    browser.get(CASE)
    fields = browser.form(f"{CASE}/answer") | {"text": "My long text", "password": "secret thing"}
    world.later(minutes=40)
    late = browser.post(f"{CASE}/answer", fields)
    assert late.status_code == 401
    assert "My long text" in late.text
    assert "secret thing" not in late.text
    assert _answers(world) == 0


def test_the_audit_trail_is_read_by_pages(world: World, browser: Browsing) -> None:
    """Fifty a page, newest first, of one subject or all; a rep is refused, and that is in it."""
    assert browser.get("/desk/audit").status_code == 403
    assert audited(world, "desk_refused") == [
        ("Robin", "user:Robin", {"right": "approve", "page": "/desk/audit"})
    ]
    with world.database.write() as session:
        for number in range(120):
            row = {"at": world.now, "actor": "Robin", "action": "noted", "subject": f"thing:{number}"}
            session.execute(tables.Audit.__table__.insert(), row | {"detail": {}})  # type: ignore[attr-defined]
    with browsing(browser.address) as other:
        other.sign_in("Alex")
        seen: list[str] = []
        path = "/desk/audit"
        while path:
            page = other.get(path).text
            seen += [one for one in (f"thing:{number}" for number in range(120)) if f">{one}<" in page]
            path = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
        assert sorted(seen) == sorted(f"thing:{number}" for number in range(120))
        assert "thing:7" in other.get("/desk/audit?subject=thing:7").text
        assert other.get("/desk/audit?before=abc&subject=%00").status_code == 200
