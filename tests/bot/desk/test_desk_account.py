"""The page of a customer and a case: everything on it, every act by a form with a preview, who looked."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from sqlalchemy import event, func, select

from handlers.desk import cases
from storage import tables
from storage.desk import escalations
from tests import desk_book
from tests.desk_rig import Browsing, audited, browsing, desk_served, form_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.world import World

pytestmark = pytest.mark.both_databases
MOST: int = 12
"""Statements of a page, whatever the book's size; what the form of an act does is no page."""


@pytest.fixture
def browser(world: World) -> Iterator[Browsing]:
    """Robin, signed in, with eight customers of whom each has two bills, texts and a case."""
    desk_book.fill(world)
    with desk_served(world) as address, browsing(address) as found:
        found.sign_in("Robin")
        yield found


@contextmanager
def _counted(world: World) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        # Views are written down together, beside the pages.
        if (
            statement.split(None, 1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
            and "INTO audit" not in statement
        ):
            said.append(statement)

    engine = world.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _case(world: World, kind: str) -> int:
    with world.database.read() as session:
        found = [one for one in escalations.queue(session, world.now) if one.kind == kind and one.customer_id]
    return found[0].id


def _act(name: str, customer: str, case: int | None = None) -> str:
    return f"/desk/acts/{name}?id={customer}" + (f"&case={case}" if case else "")


def _count(world: World, table: type[tables.Table]) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_a_case_is_on_the_page_of_its_customer(world: World, browser: Browsing) -> None:
    """Header, bills, contact points and one timeline of texts, money and what the desk did."""
    number = _case(world, "dispute")
    browser.get(f"/desk/cases/{number}")
    page = browser.text()
    for said in ("says the bill is wrong", "B1-0", "+15035550001", "Charge", "opened", "$121.50", "Why"):
        assert said in page, said
    browser.get("/desk/person?id=C-0")
    assert "STRÖM bill, why so much?" in browser.text()
    assert "$241.00" in browser.text()


def test_no_page_asks_more_than_a_few_statements(world: World, browser: Browsing) -> None:
    """Today, a case, a customer, an act, why and search: at most twelve each, with much in the book."""
    desk_book.more_cases(world, 60)
    number = _case(world, "dispute")
    browser.get("/desk")
    browser.get("/desk/person?id=C-1")
    pages = (
        "/desk", "/desk?show=mine", "/desk?kind=dispute", f"/desk/cases/{number}", "/desk/person?id=C-1",
        "/desk/person?id=C-1&show=texts", _act("extend-all", "C-1", number), _act("credit", "C-1"),
        "/desk/why?bill=B1-0", "/desk/search?q=str",
    )  # fmt: skip
    for path in pages:
        with _counted(world) as said:
            assert browser.get(path).status_code == 200, path
        assert len(said) <= MOST, (path, len(said), said)


def test_the_queue_is_shown_by_filters_and_pages(world: World, browser: Browsing) -> None:
    """What is in the address is shown; danger comes first; a second page follows; a bad place is no page."""
    desk_book.more_cases(world, 60)
    page = browser.get("/desk").text
    assert page.index("crisis") < page.index("says the bill is wrong")
    assert page.count("<tr data-row") == 50
    following = browser.get(
        "/desk?" + page.split('rel="next" href="/desk?')[1].split('"')[0].replace("&amp;", "&")
    )
    assert following.text.count("<tr data-row") > 0
    assert browser.get("/desk?after=nonsense").status_code == 404
    only = browser.get("/desk?kind=dispute").text
    assert "says the bill is wrong" in only
    assert "words of a crisis" not in only
    assert "No case is like this" in browser.get("/desk?show=mine").text


def test_a_case_is_taken_and_put_off_from_the_queue(world: World, browser: Browsing) -> None:
    """Taking leads to its page; putting it off leads back to the same filters; danger is never put off."""
    number = _case(world, "dispute")
    browser.get("/desk?show=nobodys")
    assert (
        browser.submit(f"/desk/cases/{number}/snooze").headers["location"]
        == "/desk?show=nobodys&done=snoozed"
    )
    crisis = _case(world, "crisis")
    browser.get("/desk")
    assert f"/desk/cases/{crisis}/snooze" not in browser.last.text  # type: ignore[union-attr]
    assert (
        browser.submit(f"/desk/cases/{crisis}/take").headers["location"] == f"/desk/cases/{crisis}?done=taken"
    )
    assert browser.get("/desk?show=mine").text.count("<tr data-row") == 1


def test_an_act_is_previewed_before_it_is_done(world: World, browser: Browsing) -> None:
    """What the customer will read, with nothing written; then it is done once, and the case has it."""
    number = _case(world, "hardship")
    with world.database.read() as session:
        case = escalations.find(session, number)
        assert case
    here = _act("extend-all", str(case.customer_id), number)
    browser.get(here)
    before = _count(world, tables.Outbox)
    day = str(world.now.date().replace(day=20))
    shown = browser.submit(here, day=day, reason="asked on the phone", step="preview")
    assert shown.status_code == 200
    assert "Nothing is done yet" in browser.text()
    assert _count(world, tables.Outbox) == before
    again = form_of(shown.text, here)
    assert (again["day"], again["reason"]) == (day, "asked on the phone")
    done = browser.post(here, again | {"step": "do"})
    assert done.headers["location"] == f"/desk/cases/{number}?done=acted"
    assert browser.post(here, again | {"step": "do"}).status_code == 303
    browser.follow()
    assert "act" in browser.text()
    with world.database.read() as session:
        moved = session.scalars(
            select(tables.Bill.due_on).where(tables.Bill.id == f"B{str(case.customer_id)[2:]}-0")
        )
        assert str(moved.one()) == day


def test_what_is_wrong_is_at_its_field_and_the_text_is_kept(world: World, browser: Browsing) -> None:
    """No day, a word for an amount, no bill chosen: said there, in the page's words; nothing is done."""
    del world
    here = _act("credit", "C-1")
    browser.get(here)
    bad = browser.submit(here, on="B1-0", amount="much", reason="a good reason", step="preview")
    assert bad.status_code == 422
    assert "Write an amount" in browser.text()
    assert form_of(bad.text, here)["reason"] == "a good reason"
    assert browser.submit(here, on="", amount="1,50", reason="x", step="preview").status_code == 422
    fine = browser.submit(here, on="B1-0", amount="1,50", reason="x", step="preview")
    assert fine.status_code == 200, browser.text()


def test_an_act_on_a_stale_case_is_refused_with_what_changed(world: World, browser: Browsing) -> None:
    """Others acted since: 409, who and what, the text still there, and one press goes on."""
    number = _case(world, "dispute")
    here = _act("note", "C-1", number)
    browser.get(here)
    fields = browser.form(here) | {"text": "called twice, no answer", "step": "do"}
    with world.database.write() as session:
        cases.take(world.context(session), number, "Robin")
    stale = browser.post(here, fields)
    assert stale.status_code == 409
    assert "taken" in browser.text()
    again = form_of(stale.text, here)
    assert again["text"] == "called twice, no answer"
    assert browser.post(here, again | {"step": "do"}).status_code == 303
    assert "called twice, no answer" in browser.get("/desk/person?id=C-1").text


def test_only_the_owner_replies_and_taking_over_is_explicit(world: World, browser: Browsing) -> None:
    """A colleague's case has no reply; who may approve takes it over, and its history says so."""
    number = _case(world, "person")
    with world.database.write() as session:
        cases.take(world.context(session), number, "Olga")
    page = browser.get(f"/desk/cases/{number}").text
    assert f'action="/desk/cases/{number}/answer"' not in page
    assert "Olga has this case" in page
    with browsing(browser.address) as alex:
        alex.sign_in("Alex")
        alex.get(f"/desk/cases/{number}")
        assert alex.submit(f"/desk/cases/{number}/take-over").status_code == 303
        alex.follow()
        assert alex.submit(f"/desk/cases/{number}/answer", text="Hello, this is Alex.").status_code == 303
        assert "taken over" in alex.get(f"/desk/cases/{number}").text


def test_who_looked_is_written_down_together(world: World, browser: Browsing) -> None:
    """A second look within minutes is no second row; colleagues see who else is there."""
    for _ in range(3):
        browser.get("/desk/person?id=C-2")
    with browsing(browser.address) as alex:
        alex.sign_in("Alex")
        alex.get("/desk/person?id=C-2")
        assert "Here now, too: Robin" in alex.text()
    desk_book.views_written(world, 2)
    assert sorted(audited(world, "person_viewed")) == [
        ("Alex", "customer:C-2", {}),
        ("Robin", "customer:C-2", {}),
    ]


def test_who_asks_why_has_looked_at_the_customer(world: World, browser: Browsing) -> None:
    """The decisions about a bill are its customer's, on whichever page they are read."""
    world.run()
    row = tables.Decision
    with world.database.read() as session:
        decided = select(row.customer_id, row.bill_id).where(row.customer_id.is_not(None))
        customer, bill = session.execute(decided.where(row.bill_id.is_not(None)).limit(1)).one()
    assert browser.get(f"/desk/why?bill={bill}").status_code == 200
    desk_book.views_written(world, 1)
    assert audited(world, "person_viewed") == [("Robin", f"customer:{customer}", {})]


def test_a_protected_address_asks_for_a_reason(world: World, browser: Browsing) -> None:
    """Masked, also on an act's page; with a reason it is shown once, and the reason is written down."""
    desk_book.protect(world, "C-3")
    for path in ("/desk/person?id=C-3", _act("note", "C-3")):
        assert "+15035550003" not in browser.get(path).text
    browser.get("/desk/person?id=C-3")
    assert browser.submit("/desk/person/address").status_code == 422
    shown = browser.submit("/desk/person/address", reason="a letter came back")
    assert "+15035550003" in shown.text
    assert audited(world, "address_shown") == [("Robin", "customer:C-3", {"reason": "a letter came back"})]
    assert "+15035550003" not in browser.get("/desk/person?id=C-3").text


def test_a_person_is_found_by_what_is_remembered(world: World, browser: Browsing) -> None:
    """Part of a name without its accents, the end of a phone, a bill, a word of a text; or nothing."""
    del world
    for asked, found in (
        ("akerst", "Björn"), ("555-0004", "Erik"), ("B5-1", "Fatima"), ("strom bill", "STRÖM bill"),
    ):  # fmt: skip
        assert found in browser.get(f"/desk/search?q={quote(asked)}").text, asked
    assert "Nothing was found" in browser.get("/desk/search?q=zzzzq").text


@pytest.mark.parametrize(
    "bad", ["", "?id=nobody", "?id=" + "x" * 300, "?id=C-1&before=1-2-3", "?id=C-1&before=x"]
)
def test_a_bad_address_is_no_page(browser: Browsing, bad: str) -> None:
    """Nobody has the id, or the page is of no timeline: not found, never a fault."""
    assert browser.get(f"/desk/person{bad}").status_code == 404


def test_an_act_that_the_role_lacks_is_refused_and_written_down(world: World, browser: Browsing) -> None:
    """Handing to a collector takes who may approve: 403, and a row in the audit trail."""
    assert browser.get(_act("hand-over", "C-1")).status_code == 403
    assert audited(world, "desk_refused")[-1][2]["page"] == "/desk/acts/hand-over"
    assert "hand-over" not in browser.get("/desk/person?id=C-1").text
