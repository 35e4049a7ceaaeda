"""What is searched for, taken apart: folded words, phones from their end, words of messages."""

from __future__ import annotations

import pytest

from billing.accounts import search_words
from billing.accounts.search_words import Sought


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ström", "strom"),
        ("STRÖM", "strom"),
        ("Łódź", "lodz"),
        ("Straße", "strasse"),
        ("Søren", "soren"),
        ("ﬁn", "fin"),
    ],
)
def test_letters_are_found_without_their_marks(written: str, folded: str) -> None:
    """Case, accents and joined letters make no difference."""
    assert folded == search_words.fold(written)


def test_a_phone_is_found_by_its_last_digits() -> None:
    """Four or more of them, with or without the zero or the country before them."""
    kept = search_words.phone("+46 70 123 45 67")
    for asked in ("4567", "0701234567", "+46701234567", "0046 70-123 45 67", "070 123 45 67"):
        assert kept.startswith(Sought.of(asked).phone), asked
        assert Sought.of(asked).phone
    for last in ("0004", "0042", "00423", "01234"):
        assert search_words.phone(f"+150355{last}").startswith(Sought.of(last).phone or "none"), last
    assert Sought.of("567").phone == ""
    assert Sought.of("B4567").phone == ""


def test_nothing_that_was_masked_and_no_number_of_a_message_is_a_word() -> None:
    """Of a text only words are found, and their beginnings."""
    found = search_words.of_message("Min faktura 19800228-1234, kort ****4242x, tack! å")
    assert found == {"min", "faktura", "fakt*", "kort", "kort*", "tack", "tack*"}


def test_what_is_too_short_is_not_searched_for() -> None:
    """One letter or nothing but signs ask for nothing."""
    for text in ("", "a", "?!", "  ", "\u0301"):
        assert Sought.of(text) == Sought((), "", "", ())
