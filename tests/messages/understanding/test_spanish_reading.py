"""What Spanish answers say: amounts, days, numbers, birth dates, yes and no."""

from collections.abc import Sequence
from datetime import date

from billing.ledger.money import Money
from messages.understanding.phrases import phrasebook
from messages.understanding.reading import TextReader
from messages.writing.fit import segments
from messages.writing.format import day as in_words
from messages.writing.format import money
from tests.tables import each_row

MONDAY = date(2026, 11, 23)
PLAN = ("yes", "amount", "day", "no")
READ = TextReader()


@each_row(
    ("text", "minor"),
    [
        ("$1,250.50", 125050),
        ("1.250,50", 125050),
        ("1250.50", 125050),
        ("200 dólares", 20000),
        ("200 dolares", 20000),
        ("50 dlls", 5000),
        ("50$", 5000),
        ("US$ 50", 5000),
        ("doscientos", 20000),
        ("dos cientos", 20000),
        ("un par de cientos", 20000),
        ("mil", 100000),
        ("2 mil", 200000),
        ("dos mil quinientos", 250000),
        ("mil doscientos cincuenta", 125000),
        ("cincuenta al mes", 5000),
        ("cincuenta y cinco dólares", 5500),
        ("ciento veinte", 12000),
        ("dieciséis", 1600),
        ("veintidós", 2200),
        ("treinta y uno dólares", 3100),
        ("100 mensuales", 10000),
        ("75 por mes", 7500),
        ("solo puedo 40", 4000),
        ("unos 50", 5000),
        ("50 cada quincena", 5000),
        ("50 el viernes", 5000),
        ("50 el 25", 5000),
        ("50 el 25 de enero de 2027", 5000),
        ("100 en 3 meses", 10000),
        ("no, mejor 50", 5000),
        ("no más de 50", 5000),
        ("no puedo más de 40", 4000),
        ("no 50", None),
        ("no puedo pagar 50", None),
        ("50 o 60", None),
        ("entre 50 y 60", None),
        ("200 pesos", None),
        ("200 euros", None),
        ("500 coronas", None),
        ("-50", None),
        ("0", None),
        ("mil gracias", None),
        ("hola", None),
        ("viernes 4", None),
        ("el 25", None),
        ("a las 5", None),
        ("3 meses", None),
        ("25 de enero", None),
        ("10%", None),
    ],
)
def test_amount(text: str, minor: int | None) -> None:
    """One amount in dollars is read, whatever else is counted beside it."""
    expected = None if minor is None else Money(minor, "USD")
    assert expected == READ.amount(text, "es", "USD")


def test_pesos_are_money_where_the_account_is_in_pesos() -> None:
    """Another currency is refused, the account's own is read."""
    assert Money(20000, "MXN") == READ.amount("200 pesos", "es", "MXN")
    assert READ.amount("200 dólares", "es", "MXN") is None


@each_row(
    ("text", "expected"),
    [
        ("el viernes", date(2026, 11, 27)),
        ("VIERNES", date(2026, 11, 27)),
        ("sábado", date(2026, 11, 28)),
        ("miercoles", date(2026, 11, 25)),
        ("el lunes", date(2026, 11, 30)),
        ("el próximo viernes", date(2026, 11, 27)),
        ("el viernes que viene", date(2026, 11, 27)),
        ("el viernes de la próxima semana", date(2026, 12, 4)),
        ("la semana que viene el viernes", date(2026, 12, 4)),
        ("hoy", MONDAY),
        ("ahorita", MONDAY),
        ("mañana", date(2026, 11, 24)),
        ("manana", date(2026, 11, 24)),
        ("pasado mañana", date(2026, 11, 25)),
        ("mañana por la mañana", date(2026, 11, 24)),
        ("el viernes por la mañana", date(2026, 11, 27)),
        ("el 25", date(2026, 11, 25)),
        ("el día 15", date(2026, 12, 15)),
        ("para el 25", date(2026, 11, 25)),
        ("el veinticinco", date(2026, 11, 25)),
        ("25 de enero", date(2027, 1, 25)),
        ("25 enero", date(2027, 1, 25)),
        ("enero 25", date(2027, 1, 25)),
        ("el 25 de enero de 2027", date(2027, 1, 25)),
        ("25 de enero del 2027", date(2027, 1, 25)),
        ("1ro de diciembre", date(2026, 12, 1)),
        ("el primero de diciembre", date(2026, 12, 1)),
        ("cuando cobre el primero", date(2026, 12, 1)),
        ("el 5 del próximo mes", date(2026, 12, 5)),
        ("el 5 del mes que viene", date(2026, 12, 5)),
        ("fin de mes", date(2026, 11, 30)),
        ("a fines de mes", date(2026, 11, 30)),
        ("el último día del mes", date(2026, 11, 30)),
        ("fin del mes que viene", date(2026, 12, 31)),
        ("principios de mes", date(2026, 12, 1)),
        ("en dos semanas", date(2026, 12, 7)),
        ("en una semana", date(2026, 11, 30)),
        ("dentro de 10 días", date(2026, 12, 3)),
        ("en quince días", date(2026, 12, 8)),
        ("en un mes", date(2026, 12, 23)),
        ("3/4", date(2027, 3, 4)),
        ("25/1", date(2027, 1, 25)),
        ("1/25", date(2027, 1, 25)),
        ("25.1.2027", date(2027, 1, 25)),
        ("viernes 27", date(2026, 11, 27)),
        ("el viernes 4 de diciembre", date(2026, 12, 4)),
        ("viernes 5", None),
        ("le pago 50 el viernes", date(2026, 11, 27)),
        ("viernes 20 dólares", date(2026, 11, 27)),
        ("no, el viernes", date(2026, 11, 27)),
        ("no puedo hasta el viernes", date(2026, 11, 27)),
        ("el viernes no", None),
        ("viernes o sábado", None),
        ("la próxima semana", None),
        ("el lunes pasado", None),
        ("ayer", None),
        ("30 de febrero", None),
        ("el 32", None),
        ("hola", None),
        ("", None),
    ],
)
def test_day(text: str, expected: date | None) -> None:
    """A day is read as of today and never guessed; numbers alone are read as in the United States."""
    assert expected == READ.day(text, "es", MONDAY)


@each_row(
    ("text", "expected"),
    [
        ("el 5", 5),
        ("25", 25),
        ("el quince", 15),
        ("el día 15 de cada mes", 15),
        ("los 15", 15),
        ("el primero", 1),
        ("el último día", 31),
        ("fin de mes", 31),
        ("a principios de mes", 1),
        ("20 dólares", None),
        ("$20", None),
        ("25 o 26", None),
        ("32", None),
        ("no el 5", None),
        ("no, el 5", 5),
        ("viernes", None),
    ],
)
def test_day_of_month(text: str, expected: int | None) -> None:
    """A day of every month is a number from 1 to 31."""
    assert expected == READ.day_of_month(text, "es")


@each_row(
    ("text", "expected"),
    [
        ("tres meses", 3),
        ("en 6 meses", 6),
        ("medio año", 6),
        ("un año", 12),
        ("en un año", 12),
        ("un año y medio", 18),
        ("dos años", 24),
        ("4 pagos", 4),
        ("cuatro pagos iguales", 4),
        ("en seis mensualidades", 6),
        ("a 12 meses", 12),
        ("un par de meses", 2),
        ("en un mes", 1),
        ("en 6", 6),
        ("no, 3 meses", 3),
        ("50 al mes", None),
        ("3", None),
        ("3 o 4 meses", None),
        ("de 3 a 4 meses", None),
        ("no 3 meses", None),
        ("100 mensuales", None),
    ],
)
def test_months(text: str, expected: int | None) -> None:
    """A term is told from an amount a month."""
    assert expected == READ.months(text, "es")


@each_row(
    ("text", "expected"),
    [
        ("1980-02-28", date(1980, 2, 28)),
        ("02/28/1980", date(1980, 2, 28)),
        ("28/02/1980", date(1980, 2, 28)),
        ("03/04/1980", date(1980, 3, 4)),
        ("28.02.1980", date(1980, 2, 28)),
        ("28-2-80", date(1980, 2, 28)),
        ("28 de febrero de 1980", date(1980, 2, 28)),
        ("28 de febrero del 80", date(1980, 2, 28)),
        ("febrero 28 de 1980", date(1980, 2, 28)),
        ("28 feb 1980", date(1980, 2, 28)),
        ("1ro de mayo de 1980", date(1980, 5, 1)),
        ("primero de mayo de 1980", date(1980, 5, 1)),
        ("nací el 2 de marzo de 1975", date(1975, 3, 2)),
        ("dos de febrero de mil novecientos ochenta", date(1980, 2, 2)),
        ("19800228", date(1980, 2, 28)),
        ("30 de febrero de 1980", None),
        ("febrero de 1980", None),
        ("1980", None),
        ("hola", None),
    ],
)
def test_birth_date(text: str, expected: date | None) -> None:
    """A birth date is read in the ways people write it, in the past."""
    assert expected == READ.birth_date(text, "es")


@each_row(
    ("text", "expected"),
    [
        ("sí", True),
        ("si", True),
        ("Sí, por favor", True),
        ("claro que sí", True),
        ("de acuerdo", True),
        ("está bien", True),
        ("OK", True),
        ("dale", True),
        ("simón", True),
        ("órale", True),
        ("👍", True),
        ("no hay problema", True),
        ("sí está bien", True),
        ("así es", True),
        ("correcto", True),
        ("no", False),
        ("no gracias", False),
        ("nel", False),
        ("no está bien", False),
        ("no es correcto", False),
        ("claro que no", False),
        ("👎", False),
        ("no, gracias", False),
        ("sí pero no el viernes", None),
        ("si me bajan el monto", None),
        ("quizás", None),
        ("está bien?", None),
        ("sí o no", None),
        ("", None),
    ],
)
def test_yes_or_no(text: str, expected: bool | None) -> None:
    """Yes is yes, no is no, and yes-but is neither."""
    assert expected == READ.yes_or_no(text, "es")


@each_row(
    ("text", "options", "expected"),
    [
        ("sí", PLAN, "yes"),
        ("De acuerdo", PLAN, "yes"),
        ("1", PLAN, "yes"),
        ("la 3", PLAN, None),
        ("otro día", PLAN, "day"),
        ("cambiar la fecha", PLAN, "day"),
        ("no, otra fecha", PLAN, "day"),
        ("otro monto", PLAN, "amount"),
        ("la cantidad", PLAN, "amount"),
        ("no", PLAN, "no"),
        ("déjelo así", PLAN, "no"),
        ("pagar más al mes", ("fewer", "person"), "fewer"),
        ("hablar con alguien", ("fewer", "person"), "person"),
        ("una persona", ("fewer", "person"), "person"),
        ("mi teléfono", ("phone", "email", "address"), "phone"),
        ("el correo", ("phone", "email", "address"), "email"),
        ("me mudé", ("phone", "email", "address"), "address"),
        ("todo correcto", ("correct", "change"), "correct"),
        ("no es correcto", ("correct", "change"), "change"),
        ("la mitad", ("whole", "half"), "half"),
        ("todo", ("whole", "half"), "whole"),
        ("inglés", ("english", "swedish", "spanish"), "english"),
        ("Español", ("english", "swedish", "spanish"), "spanish"),
        ("sueco", ("english", "swedish", "spanish"), "swedish"),
        ("hola", PLAN, None),
    ],
)
def test_choice(text: str, options: Sequence[str], expected: str | None) -> None:
    """A choice is read from its number, label or another wording, and only if it is one."""
    assert expected == READ.choice(text, "es", options)


@each_row("language", ["en", "es", "sv"])
def test_spanish_can_be_chosen_in_every_language(language: str) -> None:
    """Languages are offered by their own names and read by anybody's."""
    languages = ("english", "swedish", "spanish")
    assert [READ.label(one, language) for one in languages] == ["English", "Svenska", "Español"]
    assert READ.choice("español", language, languages) == "spanish"
    assert READ.choice("3", language, languages) == "spanish"


def test_money_and_days_are_written_as_in_the_united_states() -> None:
    """Dollars with a comma for thousands, days in Spanish; other currencies keep their code."""
    assert money(Money(125050, "USD"), "es") == "$1,250.50"
    assert money(Money(125050, "SEK"), "es") == "SEK 1,250.50"
    assert in_words(date(2027, 1, 25), "es") == "25 de enero de 2027"


def test_buttons_cost_no_segment() -> None:
    """A label in a numbered list never turns a plain SMS into one of seventy characters."""
    labels = [option.label for option in phrasebook("es").listed.choices.values()]
    assert all(segments("a" * 140 + label) == 1 for label in labels)


@each_row(
    "text", ["x" * 10_000, "de " * 5_000, "el " * 3_000, "uno " * 3_000, "no, " * 3_000, "viernes 4 " * 1_000]
)
def test_endless_texts_are_read_in_time(text: str) -> None:
    """Nobody can keep a reader busy."""
    assert READ.months(text, "es") is None
    assert READ.birth_date(text, "es") is None
    assert READ.yes_or_no(text, "es") is None
    assert READ.amount(text, "es", "USD") in {None, Money(100, "USD")}
    READ.day(text, "es", MONDAY), READ.day_of_month(text, "es")
