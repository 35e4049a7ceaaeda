"""What fits a channel."""

from messages.writing.fit import numbered, plain, segments
from tests.tables import each_row


@each_row(
    ("text", "expected"),
    [
        ("", 0),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("å" * 160, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" + "a" * 153, 3),
        ("ő" * 70, 1),
        ("ő" * 71, 2),
        ("\U0001f600" * 35, 1),
        ("\U0001f600" * 36, 2),
        ("\U0001f600" * 67, 3),
    ],
)
def test_segments_are_counted_as_a_carrier_counts_them(text: str, expected: int) -> None:
    """Plain signs, the extension, other alphabets and pairs take the room they take, never cut in two."""
    assert expected == segments(text)


def test_typography_becomes_plain_and_letters_stay() -> None:
    """Quotes, dashes, spaces and dots that would double the price are replaced; names keep their letters."""
    written = "\u201cHej\u201d \u2013 \u00e5r\u00a02027\u2026 \u0141ukasz\u2019s\u200b"
    assert plain(written) == '"Hej" - år 2027... Łukasz\'s'


def test_choices_become_numbered_lines() -> None:
    """A channel without buttons shows the choices to answer by number."""
    assert numbered("Which?", ["This", "That"]) == "Which?\n1) This\n2) That"
