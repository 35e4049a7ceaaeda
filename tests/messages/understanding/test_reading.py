"""What answers say: amounts, days, numbers and choices."""

from collections.abc import Sequence
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from billing.ledger.money import Money
from messages.understanding import reading
from messages.understanding.reading import TextReader
from tests.tables import each_row

MONDAY = date(2026, 11, 23)
PLAN = ("yes", "amount", "day", "no")
READ = TextReader()


@each_row(
    ("text", "language", "expected"),
    [
        ("on friday", "en", date(2026, 11, 27)),
        ("monday", "en", date(2026, 11, 30)),
        ("tomorrow", "en", date(2026, 11, 24)),
        ("the 25th", "en", date(2026, 11, 25)),
        ("den 25:e", "sv", date(2026, 11, 25)),
        ("25 jan", "sv", date(2027, 1, 25)),
        ("25 jan", "en", date(2027, 1, 25)),
        ("1/25", "en", date(2027, 1, 25)),
        ("25/1", "sv", date(2027, 1, 25)),
        ("25/1", "en", date(2027, 1, 25)),
        ("2027-01-25", "en", date(2027, 1, 25)),
        ("in two weeks", "en", date(2026, 12, 7)),
        ("om en vecka", "sv", date(2026, 11, 30)),
        ("end of the month", "en", date(2026, 11, 30)),
        ("next friday", "en", date(2026, 12, 4)),
        ("på fredag", "sv", date(2026, 11, 27)),
        ("nästa fredag", "sv", date(2026, 12, 4)),
        ("fredag", "sv", date(2026, 11, 27)),
        ("i övermorgon", "sv", date(2026, 11, 25)),
        ("imorgon", "sv", date(2026, 11, 24)),
        ("not friday", "en", None),
        ("i can't until friday", "en", date(2026, 11, 27)),
        ("friday or saturday", "en", None),
        ("friday the 4th", "en", date(2026, 12, 4)),
        ("friday the 5th", "en", None),
        ("January 25", "en", date(2027, 1, 25)),
        ("January 25, 2027", "en", date(2027, 1, 25)),
        ("Jan 25th 2027", "en", date(2027, 1, 25)),
        ("25", "en", date(2026, 11, 25)),
        ("I can pay on the 25.", "en", date(2026, 11, 25)),
        ("25. januari", "sv", date(2027, 1, 25)),
        ("jag betalar den 25.", "sv", date(2026, 11, 25)),
        ("the 23rd", "en", date(2026, 12, 23)),
        ("today", "en", MONDAY),
        ("2020-01-01", "en", date(2020, 1, 1)),
        ("yesterday", "en", None),
        ("in a month", "en", date(2026, 12, 23)),
        ("om 3 veckor", "sv", date(2026, 12, 14)),
        ("slutet av månaden", "sv", date(2026, 11, 30)),
        ("den sista", "sv", date(2026, 11, 30)),
        ("the 5th of next month", "en", date(2026, 12, 5)),
        ("den 5 nästa månad", "sv", date(2026, 12, 5)),
        ("50 on friday", "en", date(2026, 11, 27)),
        ("I'll pay $50 on the 25th", "en", date(2026, 11, 25)),
        ("feb 30", "en", None),
        ("the 32nd", "en", None),
        ("tjugofemte", "sv", date(2026, 11, 25)),
        ("den tjugofemte januari", "sv", date(2027, 1, 25)),
        ("1.2.2027", "sv", date(2027, 2, 1)),
        ("25.1.27", "sv", date(2027, 1, 25)),
        ("", "en", None),
        ("hello", "en", None),
        ("friday next week", "en", date(2026, 12, 4)),
        ("day after tomorrow", "en", date(2026, 11, 25)),
        ("31 december", "sv", date(2026, 12, 31)),
        ("may 5", "en", date(2027, 5, 5)),
        ("i may pay 5", "en", None),
        ("10 days from now", "en", date(2026, 12, 3)),
        ("in 10 days", "en", date(2026, 12, 3)),
        ("about 10 days", "en", None),
        ("thursday 26 nov", "en", date(2026, 11, 26)),
        ("5", "sv", date(2026, 12, 5)),
        ("50", "en", None),
        ("om två dagar", "sv", date(2026, 11, 25)),
        ("ons", "sv", date(2026, 11, 25)),
        ("first of december", "en", date(2026, 12, 1)),
        ("1 dec", "sv", date(2026, 12, 1)),
        ("the first", "en", date(2026, 12, 1)),
        ("29 feb", "en", date(2028, 2, 29)),
        ("när lönen kommer den 25", "sv", date(2026, 11, 25)),
    ],
)
def test_day(text: str, language: str, expected: date | None) -> None:
    """A day is read as of today, lies ahead unless its year is written, and is never guessed."""
    assert expected == READ.day(text, language, MONDAY)


@each_row(
    ("text", "language", "expected"),
    [
        ("the 5th", "en", 5),
        ("25", "en", 25),
        ("den 25:e", "sv", 25),
        ("last day", "en", 31),
        ("sista", "sv", 31),
        ("32", "en", None),
        ("$20", "en", None),
        ("25 or 26", "en", None),
        ("fifth", "en", 5),
        ("every 15th please", "en", 15),
        ("den femte", "sv", 5),
        ("20 kr", "sv", None),
        ("first", "en", 1),
        ("0", "en", None),
        ("last day of the month", "en", 31),
        ("sista dagen i månaden", "sv", 31),
        ("friday", "en", None),
        ("not the 5th", "en", None),
        ("tjugofem", "sv", 25),
        ("början av månaden", "sv", 1),
    ],
)
def test_day_of_month(text: str, language: str, expected: int | None) -> None:
    """A day of every month is a number from 1 to 31, however it is written."""
    assert expected == READ.day_of_month(text, language)


@each_row(
    ("text", "language", "expected"),
    [
        ("1980-01-31", "en", date(1980, 1, 31)),
        ("19800131", "sv", date(1980, 1, 31)),
        ("800131", "sv", date(1980, 1, 31)),
        ("31 Jan 1980", "en", date(1980, 1, 31)),
        ("1/31/1980", "en", date(1980, 1, 31)),
        ("31/1 1980", "sv", date(1980, 1, 31)),
        ("31.1.1980", "sv", date(1980, 1, 31)),
        ("19800131-1234", "sv", date(1980, 1, 31)),
        ("800131-1234", "sv", date(1980, 1, 31)),
        ("050212", "sv", date(2005, 2, 12)),
        ("31 januari 1980", "sv", date(1980, 1, 31)),
        ("January 31, 1980", "en", date(1980, 1, 31)),
        ("I was born 1980-01-31", "en", date(1980, 1, 31)),
        ("1980-02-30", "en", None),
        ("31/1/80", "en", date(1980, 1, 31)),
        ("1-31-80", "en", date(1980, 1, 31)),
        ("02/28/1980", "en", date(1980, 2, 28)),
        ("hello", "en", None),
        ("1980", "en", None),
        ("80-01-31", "sv", date(1980, 1, 31)),
        ("8001311234", "sv", date(1980, 1, 31)),
        ("198001311234", "sv", date(1980, 1, 31)),
        ("jan 31 80", "en", date(1980, 1, 31)),
        ("1980 01 31", "en", date(1980, 1, 31)),
        ("31st of January 1980", "en", date(1980, 1, 31)),
        ("1/31/1980 or 2/1/1980", "en", None),
        ("31 1 1980", "sv", date(1980, 1, 31)),
        ("1980/01/31", "en", date(1980, 1, 31)),
        ("5551234567", "en", None),
    ],
)
def test_birth_date(text: str, language: str, expected: date | None) -> None:
    """A birth date is read in the ways people write it, in the past."""
    assert expected == READ.birth_date(text, language)


@each_row(
    ("text", "language", "expected"),
    [
        ("3 months", "en", 3),
        ("in three parts", "en", 3),
        ("över 6 månader", "sv", 6),
        ("half a year", "en", 6),
        ("a year", "en", 12),
        ("50 a month", "en", None),
        ("50", "en", None),
        ("2 years", "en", 24),
        ("ett halvår", "sv", 6),
        ("ett år", "sv", 12),
        ("6 mån", "sv", 6),
        ("a couple of months", "en", 2),
        ("3 or 4 months", "en", None),
        ("3-4 months", "en", None),
        ("500 i månaden", "sv", None),
        ("in one month", "en", 1),
        ("12 payments", "en", 12),
        ("på tre månader", "sv", 3),
        ("over 6", "en", 6),
        ("not 3 months", "en", None),
        ("ett och ett halvt år", "sv", 18),
        ("a year and a half", "en", 18),
        ("six monthly payments", "en", 6),
        ("tolv delbetalningar", "sv", 12),
        ("$50 per month", "en", None),
        ("over a year", "en", 12),
        ("halvår", "sv", 6),
        ("4 equal payments", "en", 4),
        ("i fyra delar", "sv", 4),
        ("50 kr i månaden", "sv", None),
    ],
)
def test_months(text: str, language: str, expected: int | None) -> None:
    """A term is told from an amount a month."""
    assert expected == READ.months(text, language)


@each_row(
    ("text", "language", "expected"),
    [
        ("yes", "en", True),
        ("no thanks", "en", False),
        ("nej tack", "sv", False),
        ("ja tack", "sv", True),
        ("👍", "en", True),
        ("👍🏽", "sv", True),
        ("👎", "sv", False),
        ("no problem", "en", True),
        ("yes but not friday", "en", None),
        ("yes no", "en", None),
        ("ok sounds good thanks", "en", True),
        ("yes please", "en", True),
        ("maybe", "en", None),
        ("Yes!", "en", True),
        ("YES, I agree to the plan", "en", True),
        ("ja det stämmer", "sv", True),
        ("nja", "sv", None),
        ("nej det stämmer inte", "sv", False),
        ("yup", "en", True),
        ("k", "en", True),
        ("is that right?", "en", None),
        ("y", "en", True),
        ("j", "sv", True),
        ("ja men ändra dagen", "sv", None),
        ("stämmer", "sv", True),
        ("stämmer inte", "sv", False),
        ("not correct", "en", False),
        ("correct", "en", True),
        ("", "en", None),
        ("that's right", "en", True),
        ("sure thing", "en", True),
        ("nope", "en", False),
        ("inte nu", "sv", False),
        ("hi yes", "en", True),
    ],
)
def test_yes_or_no(text: str, language: str, expected: bool | None) -> None:
    """Yes is yes, no is no, and yes-but is neither."""
    assert expected == READ.yes_or_no(text, language)


@each_row(
    ("text", "language", "options", "expected"),
    [
        ("yes", "en", PLAN, "yes"),
        ("1", "en", PLAN, "yes"),
        ("3", "en", PLAN, "day"),
        ("5", "en", PLAN, None),
        ("change the day", "en", PLAN, "day"),
        ("no, another day", "en", PLAN, "day"),
        ("no", "en", PLAN, "no"),
        ("amount", "en", PLAN, "amount"),
        ("amuont", "en", PLAN, "amount"),
        ("another amount", "en", PLAN, "amount"),
        ("both day and amount", "en", PLAN, None),
        ("en annan dag", "sv", PLAN, "day"),
        ("beloppet", "sv", PLAN, "amount"),
        ("ja", "sv", PLAN, "yes"),
        ("pay more each month", "en", ("fewer", "person"), "fewer"),
        ("person please", "en", ("fewer", "person"), "person"),
        ("talk to someone", "en", ("fewer", "person"), "person"),
        ("betala mer", "sv", ("fewer", "person"), "fewer"),
        ("my number", "en", ("phone", "email", "address"), "phone"),
        ("mejlen", "sv", ("phone", "email", "address"), "email"),
        ("half", "en", ("whole", "half"), "half"),
        ("all of it", "en", ("whole", "half"), "whole"),
        ("det stämmer", "sv", ("correct", "change"), "correct"),
        ("stämmer inte", "sv", ("correct", "change"), "change"),
        ("not correct", "en", ("correct", "change"), "change"),
        ("yes", "en", ("correct", "change"), "correct"),
        ("email address", "en", ("phone", "email", "address"), "email"),
        ("Swedish", "en", ("english", "swedish"), "swedish"),
        ("svenska", "en", ("english", "swedish"), "swedish"),
        ("yes it's all correct", "en", ("correct", "phone", "email", "address"), "correct"),
        ("the second one", "en", PLAN, None),
        ("hello", "en", PLAN, None),
        ("telefonnumret", "sv", ("phone", "email", "address"), "phone"),
        ("I moved", "en", ("phone", "email", "address"), "address"),
        ("2.", "en", PLAN, "amount"),
        ("two", "en", PLAN, None),
    ],
)
def test_choice(text: str, language: str, options: Sequence[str], expected: str | None) -> None:
    """A choice is read from its name, number, label or another wording, and only if it is one."""
    assert expected == READ.choice(text, language, options)


@each_row(
    ("text", "region", "expected"),
    [
        ("070-123 45 67", "SE", "+46701234567"),
        ("+1 415 555 2671", "SE", "+14155552671"),
        ("call me at (415) 555-2671", "US", "+14155552671"),
        ("123", "SE", None),
        ("hello", "SE", None),
        ("", "xx", None),
        ("my number is 0701234567", "SE", "+46701234567"),
    ],
)
def test_phone(text: str, region: str, expected: str | None) -> None:
    """A phone number is valid and written as E.164, or it is none."""
    assert expected == READ.phone(text, region)


@each_row(
    ("text", "expected"),
    [
        ("me@Example.COM", "me@example.com"),
        ("mail me: a.b+c@x.co.uk.", "a.b+c@x.co.uk"),
        ("a@b", None),
        ("a@b.se or c@d.se", None),
    ],
)
def test_email(text: str, expected: str | None) -> None:
    """An email address is one address or none."""
    assert expected == READ.email(text)


@each_row(
    ("text", "language", "currency", "minor"),
    [
        ("50 a month", "en", "USD", 5000),
        ("$1,250.50", "en", "USD", 125050),
        ("two hundred", "en", "USD", 20000),
        ("1 250,50 kr", "sv", "SEK", 125050),
        ("50:-", "sv", "SEK", 5000),
        ("en femhundring", "sv", "SEK", 50000),
        ("två tusenlappar", "sv", "SEK", 200000),
        ("1.5k", "en", "USD", 150000),
        ("50 on the 25th", "en", "USD", 5000),
        ("12:30", "en", "USD", None),
        ("15.3.2027", "sv", "SEK", None),
        ("den 25. januari", "sv", "SEK", None),
        ("not 50", "en", "USD", None),
        ("50 or 60", "en", "USD", None),
        ("-50", "en", "USD", None),
        ("500 kr", "sv", "USD", None),
        ("hello", "en", "USD", None),
        ("0", "en", "USD", None),
    ],
)
def test_amount(text: str, language: str, currency: str, minor: int | None) -> None:
    """One amount in the account's currency is read, whatever else is counted beside it."""
    expected = None if minor is None else Money(minor, currency)
    assert expected == READ.amount(text, language, currency)


@each_row(
    ("text", "language", "expected"),
    [("3", "en", 3), ("three", "en", 3), ("number 2", "en", 2), ("3 months", "en", None), ("tre", "sv", 3),
     ("0", "en", None), ("1000", "en", None), ("", "en", None)],
)  # fmt: skip
def test_count(text: str, language: str, expected: int | None) -> None:
    """A bare number stands alone."""
    assert expected == READ.count(text, language)


def test_two_figures_of_a_year_are_the_past() -> None:
    """Seen from a day, a short year is the latest that is not after it."""
    assert date(1931, 2, 12) == reading.birth_date("310212", "sv", date(2030, 1, 1))
    assert date(2029, 2, 12) == reading.birth_date("290212", "sv", date(2030, 1, 1))
    assert date(1924, 1, 1) == reading.birth_date("240101+1234", "sv", date(2030, 1, 1))
    assert reading.birth_date("2031-02-12", "sv", date(2030, 1, 1)) is None


def test_options_have_labels() -> None:
    """A known option shows its label, any other its name."""
    assert READ.label("yes", "en") == "Yes"
    assert READ.label("yes", "sv") == "Ja"
    assert READ.label("Swish", "sv") == "Swish"


def test_an_option_of_the_callers_own_is_chosen_by_name_or_number() -> None:
    """Options that no phrase file knows can be offered all the same."""
    assert READ.choice("swish", "sv", ("Bankgiro", "Swish")) == "Swish"
    assert READ.choice("2", "sv", ("Bankgiro", "Swish")) == "Swish"


TEXTS = st.text(alphabet=st.characters(), max_size=120) | st.text(
    alphabet="0123456789 .-/,:$krdenthmo", max_size=40
)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from(["en", "sv", "xx"]), st.dates(max_value=date(9000, 1, 1)))
def test_no_text_raises(text: str, language: str, today: date) -> None:
    """Whatever is written, an answer is read or it is not."""
    READ.amount(text, language, "SEK")
    READ.months(text, language)
    READ.count(text, language)
    READ.birth_date(text, language)
    READ.yes_or_no(text, language)
    READ.phone(text, "SE")
    READ.email(text)
    assert READ.day_of_month(text, language) in {None, *range(1, 32)}
    assert READ.choice(text, language, PLAN) in {None, *PLAN}
    READ.day(text, language, today)


@each_row("text", ["x" * 10_000, "1 " * 5_000, "@" * 10_000, "a." * 5_000, "den " * 2_500])
def test_endless_texts_are_read_in_time(text: str) -> None:
    """Nobody can keep a reader busy."""
    test_no_text_raises.hypothesis.inner_test(text, "en", MONDAY)  # type: ignore[attr-defined]


@each_row(
    ("text", "language", "why"),
    [
        ("-100", "en", "impossible"),
        ("0", "en", "impossible"),
        ("$99999999", "en", "impossible"),
        ("0 kr", "sv", "impossible"),
        ("-50", "es", "impossible"),
        ("50", "en", ""),
        ("50 or -50", "en", ""),
        ("on the 25th", "en", ""),
        ("purple", "en", ""),
    ],
)
def test_an_amount_nobody_can_pay_is_told_from_no_amount(text: str, language: str, why: str) -> None:
    """Below zero, nothing, absurdly much: there is another answer to it than to a text without an amount."""
    assert why == READ.no_amount(text, language, "SEK" if language == "sv" else "USD")
