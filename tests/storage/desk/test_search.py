"""Search: what was indexed beside the turns is found by a part of it, and forgotten with what it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select, update
from sqlalchemy.engine import Engine

from billing.bills.reference_numbers import reference_for
from handlers.clock import finding as index
from handlers.privacy import erasing
from storage import tables
from storage.desk import changes, forgetting, search, search_index
from storage.desk.forgetting import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from storage.desk.search import SearchResult
    from tests.world import World

pytestmark = pytest.mark.both_databases
MOST = 12


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Every statement that is executed, on any connection."""
    seen: list[str] = []

    def executed(*arguments: object) -> None:
        seen.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", executed)
    yield seen
    event.remove(Engine, "before_cursor_execute", executed)


def _find(world: World, text: str, limit: int = 50) -> SearchResult:
    index.index(world.database, world.clock)
    with world.database.read() as session:
        return search.search(session, text, limit)


def _people(world: World, text: str) -> list[str]:
    return [one.customer_id for one in _find(world, text).people]


def _words(world: World) -> tuple[int, int]:
    with world.database.read() as session:
        return (
            session.scalar(select(func.count()).select_from(tables.MessageWord)) or 0,
            session.scalar(select(func.count()).select_from(tables.SearchTerm)) or 0,
        )


def test_a_person_is_found_by_a_part_of_what_they_are_known_by(world: World) -> None:
    """A beginning of any part of the name without its accents, the id, the last digits of a phone."""
    world.customer("K-77", name="Åsa Ström-Berg", phone="+46701234567", country="SE", region="")
    world.customer("bo", name="Bo Strand", phone="+15035550199")
    for text in (
        "strom",
        "STRÖ",
        "åsa",
        "asa str",
        "berg asa",
        "k-77",
        "K77",
        "4567",
        "0701234567",
        "1234 567",
    ):
        assert _people(world, text) == ["K-77"], text
    assert sorted(_people(world, "st")) == ["K-77", "bo"]
    for text in ("trom", "asa strand", "0142", "xylofon", "456"):
        assert _people(world, text) == [], text


def test_the_newest_are_first_and_a_page_follows_the_other(world: World) -> None:
    """By when they were registered, however well they fit; each of them once."""
    for number in range(7):
        world.customer(
            f"c{number}", name=f"Ida Lind{'' if number % 2 else 'en'}", phone=f"+1503555010{number}"
        )
        world.later(hours=1)
    found = _find(world, "lind", limit=3)
    assert [one.customer_id for one in found.people] == ["c6", "c5", "c4"]
    assert found.more_people
    with world.database.read() as session:
        question = search.Sought.of("lind")
        rest = search.people(session, question, found.people[-1].key, 50)
    assert [one.customer_id for one in rest] == ["c3", "c2", "c1", "c0"]


def test_a_changed_name_or_phone_is_found_and_the_old_one_no_more(world: World) -> None:
    """The index follows the register, whichever way it is changed."""
    world.customer("ada", name="Ada Lind")
    assert _people(world, "lind") == ["ada"]
    with world.database.write() as session:
        session.execute(update(tables.Customer).values(name="Ada Quill"))
        session.execute(update(tables.Contact).values(removed_at=world.now))
    assert _people(world, "lind") == []
    assert _people(world, "0142") == []
    assert _people(world, "quill") == ["ada"]


def test_a_bill_is_found_by_its_number_however_it_is_spelled(world: World) -> None:
    """Its id, and the reference that is on it, whole or their beginning."""
    world.customer()
    world.bill("INV-2026/17")
    with world.database.read() as session:
        number = session.scalar(select(tables.Bill.number)) or 0
    for text in ("INV-2026/17", "inv 2026 17", "inv2026", reference_for(number), reference_for(number)[:6]):
        assert [one.bill_id for one in _find(world, text).bills] == ["INV-2026/17"], text
    assert _find(world, "2026").bills == []


def test_a_text_is_found_by_its_words(world: World) -> None:
    """One word or several, whole or their beginning, whoever is reached there; numbers are not found."""
    world.customer()
    world.says("Hej! Jag förstår inte fakturan om röntgen 4711")
    world.says("vad är röntgen")
    for text, count in (
        ("röntgen", 2), ("rontg", 2), ("RÖNT", 2), ("fakturan röntgen", 1), ("fakt", 1), ("forst inte", 1),
        ("röntgens", 0), ("kvitto", 0), ("fak", 0), ("tgen", 0), ("4711", 0),
    ):  # fmt: skip
        found = _find(world, text).texts
        assert len(found) == count, text
        assert all(one.people == (("ada", "Ada Lind"),) for one in found)
    found = _find(world, "röntgen").texts
    assert found[0].text.startswith("vad")
    with world.database.read() as session:
        assert len(search.texts(session, search.Sought.of("röntgen"), found[0].inbox_id, 50)) == 1


def test_what_is_sealed_is_in_no_index(world: World) -> None:
    """Of a text only digests under the key are kept, and nothing of numbers or masked cards."""
    world.customer()
    world.says("Min röntgen, kort 4242 4242 4242 4242, född 19800228")
    index.index(world.database, world.clock)
    with world.database.read() as session:
        words = set(session.scalars(select(tables.MessageWord.word)))
        keys = world.database.keys
        expected = {
            search_index.numbers(keys, one)[0] for one in ("min", "rontgen", "ront*", "kort", "kort*")
        }
        assert expected <= words
        assert not words & {search_index.numbers(keys, one)[0] for one in ("4242", "19800228", "0228")}
        terms = " ".join(session.scalars(select(tables.SearchTerm.term)))
    assert "rontgen" not in terms


def test_forgetting_a_text_empties_its_index(world: World) -> None:
    """Whether it was indexed before or only afterwards."""
    world.customer()
    world.says("röntgen")
    index.index(world.database, world.clock)
    world.says("also röntgen")
    assert _words(world)[0]
    with world.database.write() as session:
        ids = list(session.scalars(select(tables.Inbox.id)))
        old = [Text("inbox", one, world.now, world.now, "ada", None, str(one), "x") for one in ids]
        forgetting.forget(session, old, "v", world.now)
    assert _find(world, "röntgen").texts == []
    assert _words(world)[0] == 0


def test_erasing_a_person_empties_everything_they_are_found_by(world: World) -> None:
    """Name, phone, bills and words of texts are gone, and are not indexed again."""
    world.customer()
    world.bill()
    world.says("röntgen")
    index.index(world.database, world.clock)
    erasing.erase(world.database, world.installation, world.clock, "ada", "test", "they asked")
    for text in ("lind", "0142", "röntgen", "ada"):
        assert _find(world, text).nothing, text
    assert _words(world) == (0, 0)


def test_a_search_takes_few_statements_and_rows_however_much_is_stored(
    world: World, statements: list[str]
) -> None:
    """A word, a beginning, two letters, a number, nothing that was ever written: never more than twelve."""
    for number in range(60):
        world.customer(f"c{number}", name="Ida Lind", phone=f"+150355501{number:02}", consent=False)
    world.says("röntgen och ett kvitto", "+15035550100")
    index.index(world.database, world.clock)
    for text in (
        "lind",
        "li",
        "ida lind",
        "0100",
        "xylofonist",
        "röntgen kvitto",
        "röntge",
        "B1 c2 d3 e4 f5 g6",
    ):
        statements.clear()
        with world.database.read() as session:
            found = search.search(session, text)
        assert len([one for one in statements if one.lstrip().upper().startswith(("SELECT", "WITH"))]) <= MOST
        assert max(len(found.people), len(found.bills), len(found.texts)) <= search.PAGE


def test_what_waits_to_be_indexed_is_indexed_once_and_in_batches(world: World) -> None:
    """A small batch at a time, until nothing is left; then nothing is written."""
    for number in range(5):
        world.customer(f"c{number}", phone=f"+1503555010{number}")
    assert index.index(world.database, world.clock, batch=3, most=1) == 3
    assert index.index(world.database, world.clock, batch=3) > 5
    assert index.index(world.database, world.clock) == 0
    with world.database.read() as session:
        assert not changes.not_indexed(session)


def test_a_turn_indexes_nothing(world: World) -> None:
    """Only the clock does: a customer who writes does not wait for it."""
    world.customer()
    index.index(world.database, world.clock)
    before = _words(world)
    world.says("röntgen")
    assert before == _words(world)


def test_old_changes_are_deleted_and_the_newest_stays(world: World) -> None:
    """After an hour or two, once they are indexed; positions go on growing."""
    world.customer()
    with world.database.read() as session:
        first = changes.now_at(session)
    index.prune(world.database, world.clock)
    world.says("hello")
    for _ in range(3):
        world.later(hours=2)
        index.index(world.database, world.clock)
        index.prune(world.database, world.clock)
    with world.database.read() as session:
        assert 1 <= (session.scalar(select(func.count()).select_from(tables.DeskChange)) or 0) <= 2
        assert changes.changes(session, first).everything
        here = changes.now_at(session)
    world.says("again")
    with world.database.read() as session:
        found = changes.changes(session, here)
    assert found.customers == {"ada"}
    assert not found.everything
