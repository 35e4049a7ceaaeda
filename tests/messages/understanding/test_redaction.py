"""What must not be kept of a text."""

from hypothesis import given
from hypothesis import strategies as st

from messages.understanding.redaction import clean, mask_cards
from tests.tables import each_row


@each_row(
    ("text", "expected"),
    [
        ("4242424242424242", "****4242"),
        ("card 4242 4242 4242 4242 exp 12/27", "card ****4242 exp 12/27"),
        ("4111-1111-1111-1111 and 378282246310005", "****1111 and ****0005"),
        ("pay 5000 4242 4242 4242 4242 123", "pay 5000 ****4242 123"),
        ("4242\u00a04242\u00a04242\u00a04242", "****4242"),
        ("4242 4242 4242 4243", "4242 4242 4242 4243"),
        ("+46701234567 or 070-123 45 67", "+46701234567 or 070-123 45 67"),
        ("OCR 1234567897", "OCR 1234567897"),
        ("2027-01-25, $1,250.50", "2027-01-25, $1,250.50"),
        ("", ""),
    ],
)
def test_card_numbers_are_cut_down_and_other_numbers_stay(text: str, expected: str) -> None:
    """Only a number that passes as a card's is masked, whatever stands between its groups."""
    assert expected == mask_cards(text)


def test_masking_twice_is_masking_once() -> None:
    """A masked text is stored as it is."""
    masked = mask_cards("my card is 4242 4242 4242 4242")
    assert masked == mask_cards(masked)


def test_many_cards_and_endless_digits_are_masked_in_time() -> None:
    """A text made of digits alone is no trap."""
    assert "4242424242424242" not in mask_cards("4242424242424242 " * 500)
    assert mask_cards("1 " * 5000)


@each_row(
    ("text", "expected"),
    [
        ("he\x00j", "hej"),
        ("a\ud800b", "ab"),
        ("e\u0301", "é"),
        (" a\tb\r\nc\rd ", "a b\nc\nd"),
        ("\u202eabc\u202c", "abc"),
        ("\x1b[31mred", "[31mred"),
    ],
)
def test_what_no_store_can_hold_is_dropped(text: str, expected: str) -> None:
    """Control characters, lone surrogates and direction marks go; letters are composed."""
    assert expected == clean(text)


def test_a_long_text_is_cut() -> None:
    """No text is stored longer than asked."""
    assert len(clean("x" * 50, 10)) == 10


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_can_be_cleaned_and_masked(text: str) -> None:
    """Whatever is sent, what is kept is valid Unicode, short enough, and clean already."""
    kept = clean(text, 100)
    assert len(kept) <= 100
    assert kept == kept.encode().decode()
    assert kept == clean(kept, 100)
    mask_cards(kept)
