"""A name or description that no font can print keeps back one letter, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handlers.delivery import letters
from messages.documents import fonts
from storage import tables
from storage.delivery.letters import BatchState
from tests.letters import a_writing_world, owes, room, rows, text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storage.database.transaction import Database
    from tests.world import World

CUNEIFORM = "Visit \U00012000"
"""A sign of a script that no bundled font has."""


@pytest.fixture
def writing(database: Database) -> World:
    """A clinic whose only channel is letters."""
    return a_writing_world(database)


def _printed(world: World, folder: Path) -> list[str]:
    done = room(world, folder).print_batches(world.now.date(), "desk")
    return [text_of(one.read_bytes()) for _, where in done for one in sorted(where.glob("*.pdf"))]


def _gather_two(writing: World, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Gather letters to two people, the first of them with a page that was changed."""
    for customer_id, phone in (("ada", "+15035550142"), ("bo", "+15035550143")):
        owes(writing, customer_id, phone=phone)
    with writing.database.write() as session:
        letters.gather(writing.context(session), writing.now.date(), "desk")
        first = session.query(tables.Letter).order_by(tables.Letter.id).first()
        assert first
        first.page = change(first.page)


@pytest.mark.parametrize(
    "name", [CUNEIFORM, "Visit 🙂", "\U000e0041\ud7fb", "Ada \ue000", "Ada \u0378", "王小明", "محمد", "नमस्ते"]
)
def test_one_name_never_stops_the_other_letters(writing: World, tmp_path: Path, name: str) -> None:
    """Whoever cannot be printed is a case with the sign named; whoever can has a letter, like the others."""
    owes(writing, "ada", name=name)
    owes(writing, "bo", name="Bo Ek", phone="+15035550143")
    texts = _printed(writing, tmp_path)
    cases = [case for case in writing.queue() if case.kind == "letter_incomplete"]
    assert any("Bo Ek" in text for text in texts)
    assert len(texts) + len(cases) == 2
    assert bool(cases) == bool(fonts.unset({"name": name}))
    assert cases or name not in {CUNEIFORM, "Ada \ue000", "Ada \u0378"}
    assert all(case.customer_id == "ada" and "no font can print" in case.reason for case in cases)


def test_a_case_is_opened_once_and_the_letter_leaves_once_it_can(writing: World, tmp_path: Path) -> None:
    """Run after run the same letter is one case."""
    owes(writing, "ada", name=CUNEIFORM)
    for _ in range(3):
        assert not _printed(writing, tmp_path)
        writing.later(days=2)
    assert [case.kind for case in writing.queue()] == ["letter_incomplete"]


def test_a_batch_claimed_by_an_earlier_release_is_printed_without_it(writing: World, tmp_path: Path) -> None:
    """A page saved before anybody looked for fonts no longer stops its batch, nor every later run."""
    _gather_two(writing, lambda page: {**page, "recipient": [CUNEIFORM, *page["recipient"][1:]]})
    assert len(_printed(writing, tmp_path)) == 1
    assert [batch.state for batch in rows(writing, tables.LetterBatch)] == [BatchState.PRINTED]
    assert [case.kind for case in writing.queue()] == ["letter_incomplete"]
    assert sorted(row.state for row in rows(writing, tables.Outbox)) == ["queued", "sending"]


def test_a_page_that_cannot_be_made_is_a_case_and_the_others_are_printed(
    writing: World, tmp_path: Path
) -> None:
    """A page whose template fails keeps back one letter, and no other."""
    _gather_two(writing, lambda page: {"recipient": page["recipient"]})
    assert len(_printed(writing, tmp_path)) == 1
    (case,) = writing.queue()
    assert "cannot be printed" in case.reason


def test_a_bill_on_a_screen_marks_what_no_font_has() -> None:
    """Whoever reads the same words on a page gets the PDF all the same, with a mark for the sign."""
    page = {"title": CUNEIFORM, "lines": [{"what": CUNEIFORM}]}
    assert fonts.legible(page) == {"title": "Visit ?", "lines": [{"what": "Visit ?"}]}
    plain = {"title": "Visit é"}
    assert fonts.legible(plain) is plain
