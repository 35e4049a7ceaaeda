"""Reads bank statements as SWIFT MT940; each adds up, or is refused with its place.

The opening balance and the lines make the closing balance, or nothing of the statement is booked.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from billing.ledger.money import Money
from billing.payments.bank import MT940, BankTransaction, Movement
from billing.refusals import Refusal
from bot.importing.bank_items import BadEntry, BrokenBankFile
from bot.importing.mt940_details import details, real_id
from bot.importing.mt940_statements import CLOSING, OPENING, statements

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bot.importing.bank_items import BankReport, Item
    from bot.importing.mt940_statements import Mt940Field, Mt940Statement

_BALANCE: Final = re.compile(
    r"(?P<way>[CD])(?P<day>\d{6})(?P<currency>[A-Z]{3})(?P<amount>\d{1,15}(?:[.,]\d{0,6})?)", re.ASCII
)
_LINE: Final = re.compile(
    r"(?P<value>\d{6})(?P<entry>\d{4})?(?P<way>R?[CD]|E[CD])(?P<funds>[A-Z])?"
    r"(?P<amount>\d{1,15}(?:[.,]\d{0,6})?)(?P<type>[A-Z][A-Z0-9]{3})?(?P<names>.*)",
    re.ASCII,
)
_RETURNED: Final = "RTI"
"""The type of a line about an item that was returned."""
_CENTURY: Final = 2000
_LAST_CENTURY: Final = 1900
_OLD: Final = 80
"""Years of two digits are of the last century from here on, as SWIFT has it."""


class _Bad(Exception):
    """Something in a statement that cannot be read, and where."""

    def __init__(self, place: Mt940Field, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


def read(file: Path, reports: list[BankReport], *, anyway: bool = False) -> Iterator[Item]:
    """Everything that the statements of a file say moved, and each statement that cannot be booked.

    With ``anyway`` also the lines that can be read of a statement that does not add up.

    Raises:
        BrokenBankFile: the last statement has no closing balance, pages of it are missing, or it is no MT940.
    """
    seen: set[tuple[str, ...]] = set()
    before: Mt940Statement | None = None
    statement: Mt940Statement | None = None
    for statement in statements(file):
        reports.append(statement)
        _follows(file, before, statement, anyway=anyway)
        before = statement
        if statement.content in seen and any(one.tag == "61" for one in statement.fields):
            statement.sound = True
            continue  # the same statement twice in one file
        seen.add(statement.content)
        yield from _items(statement, anyway=anyway)
    if statement is None:
        raise BrokenBankFile(file.name, "it holds no statement (MT940 begins one with :20:)")
    closing = statement.first(CLOSING)
    if closing and closing.tag == "62M":
        _broken(file, closing, "the page after this one is not in the file", anyway=anyway)
    if closing is None or not (statement.ended or statement.sound):
        _broken(file, statement.fields[-1], "the file breaks off in this statement", anyway=anyway)


def _broken(file: Path, place: Mt940Field, why: str, *, anyway: bool) -> None:
    if not anyway:
        raise BrokenBankFile(f"{file.name}:{place.line}: :{place.tag}", f"{why}; nothing is booked")


def _follows(file: Path, before: Mt940Statement | None, now: Mt940Statement, *, anyway: bool) -> None:
    """A page goes on where the page before ended, or a part of the file is missing."""
    opening, closed = now.first(OPENING), before.first(CLOSING) if before else None
    if opening and opening.tag == "60M":
        goes_on = before is not None and closed is not None and before.account == now.account
        if not goes_on:
            _broken(file, opening, "the page before this one is not in the file", anyway=anyway)
    elif closed and closed.tag == "62M":
        _broken(file, closed, "the page after this one is not in the file", anyway=anyway)


def _items(statement: Mt940Statement, *, anyway: bool) -> Iterator[Item]:
    found, bad, closing = _read_through(statement)
    statement.sound = not bad
    more = "its other lines are booked" if anyway else "nothing of this statement is booked"
    for problem in bad:
        yield BadEntry(
            problem.place.place,
            closing[2] if closing else None,
            closing[0] if closing else Decimal(0),
            closing[1] if closing else "",
            f"statement: :{problem.place.tag}: {problem.reason}; {more}",
            problem.place.line,
        )
    if anyway or not bad:
        yield from found


def _read_through(
    statement: Mt940Statement,
) -> tuple[list[BankTransaction], list[_Bad], tuple[Decimal, str, date] | None]:
    """The transactions of a statement, what is wrong with it, and its closing balance."""
    found: list[BankTransaction] = []
    bad: list[_Bad] = []
    opening = closing = None
    try:
        closing = _balance(statement, CLOSING)
    except _Bad as problem:
        bad.append(problem)
    try:
        opening = _balance(statement, OPENING)
    except _Bad as problem:
        return [], [problem, *bad], closing
    currency, moved = opening[1], Decimal(0)
    for place, texts in _lines(statement):
        try:
            amount, one = _transaction(statement, place, texts, currency, closing[2] if closing else None)
        except _Bad as problem:
            bad.append(problem)
            continue
        moved += amount
        found += [one] if one else []
    if closing and not bad:
        bad += _sums(statement, opening, closing, moved)
    return found, bad, closing


def _sums(
    statement: Mt940Statement,
    opening: tuple[Decimal, str, date],
    closing: tuple[Decimal, str, date],
    moved: Decimal,
) -> Iterator[_Bad]:
    place = statement.first(CLOSING)
    assert place
    if opening[1] != closing[1]:
        yield _Bad(place, f"it opens in {opening[1]} and closes in {closing[1]}")
    elif opening[0] + moved != closing[0]:
        yield _Bad(
            place,
            f"{opening[0]} and lines of {moved} make {opening[0] + moved}, but it closes with {closing[0]}",
        )


def _balance(statement: Mt940Statement, tags: frozenset[str]) -> tuple[Decimal, str, date]:
    """A balance, signed and in whole units, its currency and day."""
    place = statement.first(tags)
    if place is None:
        name = "opening balance (:60F:)" if tags is OPENING else "closing balance (:62F:)"
        raise _Bad(statement.fields[-1], f"the statement has no {name}")
    found = _BALANCE.fullmatch(place.lines[0].replace(" ", ""))
    if not found:
        raise _Bad(place, f"{place.lines[0][:60]!r} is no balance, like C260302SEK1234,50")
    day = _day(found["day"])
    if day is None:
        raise _Bad(place, f"{found['day']} is no day")
    amount = _decimal(found["amount"])
    return (amount if found["way"] == "C" else -amount), found["currency"], day


def _lines(statement: Mt940Statement) -> Iterator[tuple[Mt940Field, list[str]]]:
    """Each ``:61:`` with the lines of the ``:86:`` that follow it."""
    line: Mt940Field | None = None
    texts: list[str] = []
    for one in statement.fields:
        if one.tag == "86" and line:
            texts += one.lines
            continue
        if line:
            yield line, texts
        line, texts = (one if one.tag == "61" else None), []
    if line:
        yield line, texts


def _transaction(
    statement: Mt940Statement, place: Mt940Field, texts: list[str], currency: str, closed_on: date | None
) -> tuple[Decimal, BankTransaction | None]:
    """What a line moves, signed and in whole units, and the transaction; None for what is only expected."""
    found = _LINE.fullmatch(place.lines[0].strip())
    if not found:
        raise _Bad(place, f"{place.lines[0][:60]!r} is no statement line, like 2603020302C250,00NTRFNONREF")
    way, amount = found["way"], _decimal(found["amount"])
    if way.startswith("E"):
        return Decimal(0), None
    value = _day(found["value"])
    booked = _near(found["entry"], value or closed_on) if found["entry"] else value
    if booked is None:
        raise _Bad(place, f"{found['entry'] or found['value']} is no day")
    try:
        money = Money.parse(f"{amount:f}", currency)
    except Refusal as refusal:
        raise _Bad(place, str(refusal)) from None
    incoming = way in {"C", "RD"}
    signed = amount if incoming else -amount
    if money.minor == 0:
        return signed, None
    said = details(texts)
    names, _, bank = found["names"].partition("//")
    more = " ".join(line.strip() for line in place.lines[1:] if not line.startswith("/"))
    back = way.startswith("R") or said.returned or (found["type"] or "")[1:] == _RETURNED
    references = [*said.references, *(name for name in (real_id(names),) if any(map(str.isdigit, name)))]
    days = [day for day in (value, None if found["entry"] else closed_on) if day and day != booked]
    return signed, BankTransaction(
        position=place.place,
        movement=_movement(incoming=incoming, back=back),
        account=statement.account,
        amount=money,
        booked_on=booked,
        references=tuple(dict.fromkeys(references)),
        text=" ".join(filter(None, (said.text, more))),
        payer=said.payer if incoming or back else "",
        own_ids=tuple(said.own_ids),
        bank_ids=tuple(name for name in (real_id(bank),) if name),
        entry_total=money.minor,
        undoes=tuple(said.own_ids) if back else (),
        reason=said.reason,
        kind=MT940,
        other_days=tuple(dict.fromkeys(days)),
    )


def _movement(*, incoming: bool, back: bool) -> Movement:
    if incoming:
        return Movement.CREDIT_RETURN if back else Movement.CREDIT
    return Movement.RETURN if back else Movement.DEBIT


def _decimal(written: str) -> Decimal:
    return Decimal(written.replace(",", ".").rstrip("."))


def _day(written: str) -> date | None:
    """A day as ``YYMMDD``; banks that count months of thirty days write 30 February for its end."""
    short, month, day = int(written[:2]), int(written[2:4]), int(written[4:])
    year = short + (_LAST_CENTURY if short >= _OLD else _CENTURY)
    if not 1 <= month <= 12 or not 1 <= day <= 31:  # noqa: PLR2004
        return None
    return date(year, month, min(day, monthrange(year, month)[1]))


def _near(written: str, value: date | None) -> date | None:
    """The day of an ``MMDD`` that is nearest to the value day."""
    if value is None:
        return None
    days = [_day(f"{year % 100:02}{written}") for year in (value.year - 1, value.year, value.year + 1)]
    return min((day for day in days if day), key=lambda day: abs(day - value), default=None)
