"""Keys: what they seal and open, and how they are told apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from storage import tables
from storage.sealing import vault
from storage.sealing.keys import MARK, BadKey, FixedKeys, Key, Keys, KeyTexts, KeyUnknown, new_text
from storage.sealing.types import SealedCompared
from tests.keys import KEY, STOPS_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.database.transaction import Database


def _keys(*rows: str, stops: str = STOPS_KEY) -> Keys:
    return Keys(FixedKeys(KeyTexts(rows, stops)))


@pytest.mark.parametrize("words", ["1980-02-28", "", "Ærø 👵🏽\n", f"{MARK}00000000:", "x" * 100_000])
def test_what_a_key_seals_it_opens(words: str) -> None:
    """Any text is sealed differently each time, shows nothing of itself, and is opened as it was."""
    keys = _keys(KEY)
    first, second = keys.seal(words), keys.seal(words)
    assert first != second
    assert not words or words not in first
    assert {keys.open(first), keys.open(second)} == {words}


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    """While keys are rotated both open, and digests of both are looked for."""
    new = new_text()
    old, both = _keys(KEY), _keys(new, KEY)
    assert both.open(old.seal("12")) == "12"
    assert both.seal("12").startswith(Key.of_text(new, "").prefix)
    assert both.indexes("member", "12") == [both.index("member", "12"), old.index("member", "12")]


def test_another_key_or_a_changed_value_is_told_with_the_id_and_the_place() -> None:
    """Neither is taken for a text, and the sentence names the key that is missed."""
    sealed = _keys(KEY).seal("12")
    with pytest.raises(KeyUnknown, match=f"KVITT_KEY: .*{Key.of_text(KEY, '').id}"):
        _keys(new_text()).open(sealed)
    with pytest.raises(KeyUnknown):
        _keys(KEY).open(sealed[:-4] + "AAAA")


@pytest.mark.parametrize("text", ["", "rubbish", "AAAA", KEY[:-4], f"{KEY}{KEY}", "ö" * 44])
def test_what_is_no_key_is_refused_without_showing_it(text: str) -> None:
    """A key that was cut, doubled or mistyped is one sentence that does not repeat it."""
    with pytest.raises(BadKey, match="is no key of Kvitt") as refused:
        _keys(text)
    assert not text or text not in str(refused.value)


def test_a_digest_of_a_stop_outlives_the_keys_of_rows() -> None:
    """The key of stops is another one: its digests are the same under new keys of rows."""
    before, after = _keys(KEY), _keys(new_text())
    assert before.index("stop", "+15035550142") == after.index("stop", "+15035550142")
    assert before.index("member", "12") != after.index("member", "12")
    assert before.index("member", "12") != before.index("stop", "12")


def test_the_vault_digests_by_the_keys_of_the_database(database: Database) -> None:
    """Equal values have equal digests for one purpose, and other ones for another."""
    with database.read() as session:
        assert vault.index(session, "stop", "a") == vault.index(session, "stop", "a")
        assert vault.indexes(session, "stop", "a") == [vault.index(session, "stop", "a")]
        assert vault.index(session, "stop", "a") != vault.index(session, "member", "a")


def test_a_sealed_column_is_never_compared_in_sql() -> None:
    """Such a condition would never be true: it is refused where it is written; emptiness may be asked for."""
    born, member, wrote = tables.Customer.birth_date, tables.Coverage.member_id, tables.Inbox.text
    conditions: tuple[Callable[[], object], ...] = (
        lambda: born > "1980-01-01",
        lambda: member == "12",
        lambda: wrote.like("%stop%"),
        lambda: wrote.in_(["stop"]),
    )
    for condition in conditions:
        with pytest.raises(SealedCompared, match="keyed index"):
            condition()
    select(tables.Inbox.id).where(tables.Inbox.text != "", tables.Customer.birth_date.is_(None))
