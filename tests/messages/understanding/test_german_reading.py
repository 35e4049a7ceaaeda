"""What German answers say: amounts, days, numbers, choices and hours, with umlauts and without."""

from __future__ import annotations

from datetime import date, time

from billing.ledger.money import Money
from messages.understanding import reading
from messages.understanding.speakers import plainly_own, speaker
from tests.tables import each_row

MONDAY = date(2026, 11, 23)
READ = reading.TextReader()


@each_row(
    ("text", "expected"),
    [
        ("am Freitag", date(2026, 11, 27)),
        ("freitags", date(2026, 11, 27)),
        ("nächsten Freitag", date(2026, 11, 27)),
        ("nächste Woche Freitag", date(2026, 12, 4)),
        ("Freitag nächster Woche", date(2026, 12, 4)),
        ("Sonnabend", date(2026, 11, 28)),
        ("Freitagabend", date(2026, 11, 27)),
        ("morgen", date(2026, 11, 24)),
        ("morgen früh", date(2026, 11, 24)),
        ("übermorgen", date(2026, 11, 25)),
        ("heute noch", MONDAY),
        ("am 25.", date(2026, 11, 25)),
        ("Ich zahle am 25.", date(2026, 11, 25)),
        ("zum 15.", date(2026, 12, 15)),
        ("am 5. nächsten Monats", date(2026, 12, 5)),
        ("25. Januar", date(2027, 1, 25)),
        ("25.Jänner 2027", date(2027, 1, 25)),
        ("am fünfundzwanzigsten", date(2026, 11, 25)),
        ("am ersten", date(2026, 12, 1)),
        ("15.3.", date(2027, 3, 15)),
        ("am 15.03.", date(2027, 3, 15)),
        ("15.03.2027", date(2027, 3, 15)),
        ("in zwei Wochen", date(2026, 12, 7)),
        ("in 14 Tagen", date(2026, 12, 7)),
        ("in einem Monat", date(2026, 12, 23)),
        ("Ende des Monats", date(2026, 11, 30)),
        ("Monatsende", date(2026, 11, 30)),
        ("Anfang nächsten Monats", date(2026, 12, 1)),
        ("vor Freitag kann ich nicht", None),
        ("nicht vor Freitag", date(2026, 11, 27)),
        ("jetzt am Freitag", date(2026, 11, 27)),
        ("jetzt", MONDAY),
        ("Freitag oder Samstag", None),
        ("so bald es geht", None),
        ("ich weiß es nicht so genau", None),
        ("gestern", None),
    ],
)
def test_day(text: str, expected: date | None) -> None:
    """A day is read as Germans, Austrians and Swiss write it; a little word is no weekday."""
    assert READ.day(text, "de", MONDAY) == expected


@each_row(
    ("text", "expected"),
    [
        ("am 15.", 15),
        ("15", 15),
        ("zum Fünfzehnten", 15),
        ("immer am ersten", 1),
        ("Monatsende", 31),
        ("am einunddreißigsten", 31),
        ("nicht am 15.", None),
    ],
)
def test_day_of_month(text: str, expected: int | None) -> None:
    """A day of every month."""
    assert READ.day_of_month(text, "de") == expected


@each_row(
    ("text", "minor"),
    [
        ("50 Euro", 5000),
        ("50 €", 5000),
        ("1.250,50 €", 125050),
        ("1250,50", 125050),
        ("fünfzig", 5000),
        ("fuenfzig euro", 5000),
        ("fünfundsiebzig Euro", 7500),
        ("zweihundertfünfzig Euro", 25000),
        ("dreihundertfünfundzwanzig", 32500),
        ("einen Hunderter", 10000),
        ("100 am 15.", 10000),
        ("100 am 15.3.", 10000),
        ("100 Euro am 15. Januar", 10000),
        ("100 Euro am 15.03.2027", 10000),
        ("50 im Monat, 6 Monate", 5000),
        ("40 statt 60", 4000),
        ("nicht 60, sondern 40", 4000),
        ("ich kann keine 60 zahlen, aber 40", 4000),
        ("nicht mehr als 40", 4000),
        ("100 alle 14 Tage", 10000),
        ("nicht 50", None),
        ("50 oder 60", None),
        ("50 Franken", None),
        ("am 15.3.", None),
        ("am 15. Januar", None),
        ("ein paar Euro", None),
    ],
)
def test_amount(text: str, minor: int | None) -> None:
    """An amount is read with comma and dot as Germans set them, a day never for one."""
    assert READ.amount(text, "de", "EUR") == (Money(minor, "EUR") if minor else None)


@each_row(
    ("text", "expected"),
    [
        ("6 Monate", 6),
        ("in sechs Raten", 6),
        ("über 12 Monate", 12),
        ("ein Jahr", 12),
        ("ein halbes Jahr", 6),
        ("Halbjahr", 6),
        ("in drei Teilen", 3),
        ("nicht 6 Monate", None),
        ("50 im Monat", None),
    ],
)
def test_months(text: str, expected: int | None) -> None:
    """A term of a plan."""
    assert READ.months(text, "de") == expected


@each_row(
    ("text", "expected"),
    [
        ("50 im Monat", "monthly"),
        ("monatlich", "monthly"),
        ("25 die Woche", "weekly"),
        ("jede Woche 25", "weekly"),
        ("20 Euro wöchentlich", "weekly"),
        ("immer freitags", "weekly"),
        ("alle zwei Wochen", "every_two_weeks"),
        ("jeden zweiten Freitag", "every_two_weeks"),
        ("alle 14 Tage 40 Euro", "every_two_weeks"),
        ("vierzehntägig", "every_two_weeks"),
        ("alle drei Wochen", "other"),
        ("zweimal im Monat", "other"),
        ("am Freitag", ""),
        ("in einer Woche", ""),
        ("diese Woche noch", ""),
        ("in drei Raten", ""),
    ],
)
def test_how_often(text: str, expected: str) -> None:
    """How often somebody wants to pay; a day or a term says nothing of it."""
    assert READ.frequency(text, "de") == expected


@each_row(
    ("text", "expected"),
    [
        ("wann ist die erste fällig?", True),
        ("wie viele Raten wären das", True),
        ("wann müsste ich zahlen", True),
        ("am 15.", False),
        ("50 im Monat", False),
    ],
)
def test_a_question_is_no_answer(text: str, expected: bool) -> None:
    """Who asks when or how much has not answered."""
    assert READ.asks(text, "de") is expected


@each_row(
    ("text", "expected"),
    [
        ("28.02.1980", date(1980, 2, 28)),
        ("28.2.80", date(1980, 2, 28)),
        ("28. Februar 1980", date(1980, 2, 28)),
        ("am 28 feb 1980 geboren", date(1980, 2, 28)),
        ("1980-02-28", date(1980, 2, 28)),
        ("achtundzwanzigster Februar 1980", None),
        ("ich bin 46", None),
    ],
)
def test_birth_date(text: str, expected: date | None) -> None:
    """A birth date, day first."""
    assert READ.birth_date(text, "de") == expected


@each_row(
    ("text", "expected"),
    [
        ("ja", True),
        ("Ja gerne", True),
        ("jo passt", True),
        ("stimmt", True),
        ("genau", True),
        ("das ist richtig", True),
        ("nein", False),
        ("nee lieber nicht", False),
        ("stimmt nicht", False),
        ("das ist falsch", False),
        ("ja aber erst später", None),
        ("ja morgen", None),
        ("ja?", None),
        ("vielleicht", None),
    ],
)
def test_yes_or_no(text: str, expected: bool | None) -> None:
    """A plain yes or no; one with a condition is neither."""
    assert READ.yes_or_no(text, "de") is expected


@each_row(
    ("text", "options", "expected"),
    [
        ("anderer Tag", ("yes", "amount", "day", "no"), "day"),
        ("der Betrag ist zu hoch", ("yes", "amount", "day", "no"), "amount"),
        ("2", ("more_time", "aid"), "aid"),
        ("die zweite", ("more_time", "aid"), None),
        ("mehr Zeit bitte", ("smaller", "more_time", "aid"), "more_time"),
        ("kleinere Raten", ("smaller", "more_time", "aid"), "smaller"),
        ("per Mail", ("by_email", "by_letter"), "by_email"),
        ("Englisch", ("english", "swedish", "german"), "english"),
        ("auf Deutsch", ("english", "swedish", "german"), "german"),
        ("keine", ("none",), "none"),
        ("einen Monat aussetzen", ("smaller", "pause", "end", "keep"), "pause"),
    ],
)
def test_choice(text: str, options: tuple[str, ...], expected: str | None) -> None:
    """What is offered is understood by its name, number, and other words for it."""
    assert READ.choice(text, "de", options) == expected


@each_row(
    ("text", "expected"),
    [
        ("9 bis 17", (time(9), time(17))),
        ("von 9 Uhr bis 17 Uhr", (time(9), time(17))),
        ("nach 18 Uhr", (time(18), time(23, 59))),
        ("vor 12", (time(0), time(12))),
    ],
)
def test_hours(text: str, expected: tuple[time, time] | None) -> None:
    """Hours of the day."""
    assert READ.hours(text, "de") == expected


@each_row(
    ("text", "expected"),
    [
        ("hier ist seine Tochter", "not_the_customer"),
        ("ich schreibe für meine Mutter", "not_the_customer"),
        ("Ich bin nicht Ada", "not_the_customer"),
        ("die Rechnung meiner Tochter", "own_child"),
        ("was schuldet mein Vater", "about_another"),
        ("wann muss ich zahlen", ""),
        ("nicht 60, sondern 40", ""),
    ],
)
def test_who_writes(text: str, expected: str) -> None:
    """Who says to be somebody else, or asks about somebody else, is heard."""
    assert speaker(text, ["Ada Lind"], "de") == expected


def test_a_birth_date_in_words_of_its_owner() -> None:
    """Whoever says I am believed; whoever speaks of a mother is not."""
    assert plainly_own("ich bin am 28.02.1980 geboren", "Ada Lind", "de")
    assert not plainly_own("meine Mutter ist am 28.02.1980 geboren", "Ada Lind", "de")
