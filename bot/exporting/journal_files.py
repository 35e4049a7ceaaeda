"""The journal as files: SIE 4, which any Swedish book-keeping program loads, and CSV for everybody else.

SIE is written as its type 4 asks: PC8 (code page 437), vouchers without numbers (the program that loads them
gives those), each balancing to zero. ``#GEN`` is the last day of the period, so that the same period is the
same file, byte by byte, whenever it is written.
"""

from __future__ import annotations

from datetime import date
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from bot import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.accounts.creditor import Creditor
    from billing.ledger.journal import Chart, Voucher
    from handlers.payments.accounting import Journal

COLUMNS: Final = ("entry", "booked_on", "text", "account", "account_name", "debit", "credit", "currency")
_SERIES: Final = "K"


def sie(journal: Journal, chart: Chart, creditor: Creditor) -> bytes:
    """The journal as SIE 4."""
    lines = [*_head(journal, creditor), *_accounts(journal, chart)]
    for voucher in journal.vouchers:
        lines += _voucher(voucher)
    return "".join(f"{line}\r\n" for line in lines).encode("cp437", errors="replace")


def as_csv(journal: Journal, chart: Chart) -> bytes:
    """The journal as CSV, UTF-8: a row for each side of each voucher."""
    rows = (row for voucher in journal.vouchers for row in _sides(voucher, chart))
    return csv_text.text_of(COLUMNS, rows, plain=("debit", "credit"), end="\r\n").encode()


def _sides(voucher: Voucher, chart: Chart) -> Iterator[tuple[object, ...]]:
    for line in voucher.lines:
        plain = line.amount.plain()
        debit, credit = ("", plain.removeprefix("-")) if line.amount.minor < 0 else (plain, "")
        yield (
            voucher.entry_id,
            voucher.booked_on.isoformat(),
            voucher.text,
            line.account,
            chart.account(line.account).name,
            debit,
            credit,
            line.amount.currency,
        )


def _head(journal: Journal, creditor: Creditor) -> Iterator[str]:
    yield "#FLAGGA 0"
    yield f"#PROGRAM {_quoted('Kvitt')} {_quoted(version('kvitt'))}"
    yield "#FORMAT PC8"
    yield f"#GEN {_day(journal.last)}"
    yield "#SIETYP 4"
    if creditor.company_number:
        yield f"#ORGNR {_quoted(creditor.company_number)}"
    yield f"#FNAMN {_quoted(creditor.name)}"
    for back, year in enumerate(range(journal.last.year, journal.first.year - 1, -1)):
        number = f"-{back}" if back else "0"
        yield f"#RAR {number} {_day(date(year, 1, 1))} {_day(date(year, 12, 31))}"
    if journal.currency:
        yield f"#VALUTA {journal.currency}"


def _accounts(journal: Journal, chart: Chart) -> Iterator[str]:
    used = {line.account for voucher in journal.vouchers for line in voucher.lines}
    for number in sorted(used):
        yield f"#KONTO {number} {_quoted(chart.account(number).name)}"


def _voucher(voucher: Voucher) -> Iterator[str]:
    yield f'#VER {_SERIES} "" {_day(voucher.booked_on)} {_quoted(voucher.text)}'
    yield "{"
    for line in voucher.lines:
        yield f"#TRANS {line.account} {{}} {line.amount.plain()}"
    yield "}"


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")


def _quoted(text: str) -> str:
    """A field as SIE writes it: no control characters, quotes escaped."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
