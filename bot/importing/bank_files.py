"""Bank files (camt, MT940): checked against their own totals first, then booked entry by entry, each once."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.card_numbers import masked
from billing.given_files import regular
from billing.payments.bank import CAMT, MT940, BankTransaction, Marking
from billing.refusals import Refusal
from bot.importing import camt, file_kinds, mt940
from bot.importing.bank_items import BadEntry, BrokenBankFile
from bot.importing.intake import silent
from bot.importing.payments_file import ImportedPayments
from bot.importing.table import FileRefused
from bot.importing.tally import Reject, SourceRow, keep_rejects
from handlers.context import Context
from handlers.payments import bank, bank_accounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from billing.payments.bank import Marks
    from bot.clock import Clock
    from bot.importing.bank_items import BankReader, BankReport, Item
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation

    _BankRow = tuple[int, Item, Marks | None]

COLUMNS: Final = ("position", "booked_on", "amount", "currency", "reference", "payer", "text")
READERS: Final[Mapping[str, BankReader]] = {CAMT: camt.read, MT940: mt940.read}
"""By the name of the format, as the command has it."""
_AT_ONCE: Final = 500
_TOGETHER: Final = 200
"""Payments booked in one transaction: a compromise between speed and how long others wait for its locks."""


class FileDoesNotAddUp(Refusal):
    """A file's totals do not agree with its entries."""

    def __init__(self, file: Path, mistakes: list[str]) -> None:
        more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
        super().__init__(
            f"{file.name}: {mistakes[0]}{more}: nothing is booked; ask the bank for the file again, or take "
            "what is whole in it with --partial"
        )


def import_bank_file(
    database: WriteDatabase,
    installation: Installation,
    file: Path,
    by: str,
    clock: Clock,
    progress: Callable[[str, int, int], None] = silent,
    *,
    kind: str = CAMT,
    anyway: bool = False,
) -> ImportedPayments:
    """Book every credit of a bank file of a ``kind``, some hundreds a transaction; debits are left alone.

    With ``anyway`` the complete entries of a truncated file, or one whose totals disagree, are booked.

    Raises:
        FileRefused: it cannot be opened.
        BrokenBankFile: it is truncated or of another kind; nothing was booked.
        FileDoesNotAddUp: its totals do not agree with its entries; nothing was booked.
    """
    reader = READERS[kind]
    count, problem = _look_through(reader, file, anyway=anyway)
    digest = _digest(file)
    found = ImportedPayments()
    with database.write() as session:
        before = bank.read_before(session, digest)
        file_id = bank.open_file(Context(session, installation, clock), digest, file.name, kind, by)
        names = bank_accounts.names(session)
    if before:
        found.notes.append(f"{file.name} was read before, on {before:%Y-%m-%d %H:%MZ}")
    found.notes += problem
    debits = done = 0
    for batch in _batches(_marked(reader, file, names, anyway=anyway)):
        taken = _take(database, installation, file, batch, found, clock)
        debits += sum(one.fate == "ignored" for _, one in taken)
        with database.write() as session:
            bank.save_bank_lines(session, file_id, taken)
        done += len(batch)
        progress("payments", done, max(count, done))
    if debits:
        found.notes.append(f"{debits} debits were left alone")
    found.notes += keep_rejects([file], found.rejects)
    return found


def _look_through(reader: BankReader, file: Path, *, anyway: bool) -> tuple[int, list[str]]:
    """How much a file holds, and what is wrong with it where it is to be taken anyway."""
    reports: list[BankReport] = []
    count, problems = 0, list[str]()
    try:
        _refuse_another_kind(reader, file)
        count = sum(1 for _ in reader(file, reports, anyway=anyway))
    except OSError as error:
        raise FileRefused(file, f"cannot be read ({error.strerror})") from None
    except BrokenBankFile as broken:
        if not anyway or not reports:
            raise
        problems.append(str(broken))
    mistakes = [mistake for report in reports for mistake in report.mistakes()]
    if mistakes and not problems and not anyway:
        raise FileDoesNotAddUp(file, mistakes)
    return count, [*problems, *([] if problems else mistakes)]


def _refuse_another_kind(reader: BankReader, file: Path) -> None:
    what, do = file_kinds.of(file)
    if READERS[CAMT] is reader and what != file_kinds.XML:
        raise FileRefused(file, f"is {what or 'no XML'}, and camt is XML: {_instead(what, do)}")
    if READERS[MT940] is reader and what not in {"", file_kinds.MT940}:
        raise FileRefused(file, f"is {what}, not MT940: {_instead(what, do)}")


def _instead(what: str, do: str) -> str:
    if what in {file_kinds.XML, file_kinds.MT940}:
        return do
    return "name the file that the bank gives, or leave out --format for a CSV"


def _marked(
    reader: BankReader, file: Path, names: Mapping[str, str], *, anyway: bool
) -> Iterator[tuple[Item, Marks | None]]:
    """What a file holds, with the marks it is known by; what is whole of one that breaks off."""
    marking = Marking()
    try:
        for item in reader(file, [], anyway=anyway):
            if isinstance(item, BankTransaction):
                one = replace(item, account=bank_accounts.known_as(names, item.account))
                yield one, marking.of(one)
            else:
                yield item, None
    except BrokenBankFile:
        return  # reported by the first pass over the file


def _batches(items: Iterator[tuple[Item, Marks | None]]) -> Iterator[list[_BankRow]]:
    batch: list[_BankRow] = []
    for number, (item, marks) in enumerate(items, 1):
        batch.append((number, item, marks))
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


def _take(
    database: WriteDatabase,
    installation: Installation,
    file: Path,
    batch: list[_BankRow],
    found: ImportedPayments,
    clock: Clock,
) -> list[tuple[BankTransaction, bank.BankLineResult]]:
    """Book a batch: plain new payments in few transactions, the rest in one each."""
    now = clock()
    today = local_day(now, installation.creditor.zone)
    sound: list[tuple[int, BankTransaction, Marks]] = []
    taken: list[tuple[BankTransaction, bank.BankLineResult]] = []
    for line, item, marks in batch:
        if isinstance(item, BadEntry):
            name, _, reason = masked(item.reason).partition(": ")
            found.rejects.append(Reject(_place(file, line, item), name, reason))
        elif item.booked_on > today:
            found.rejects.append(Reject(_place(file, line, item), "booked_on", "lies in the future"))
            taken.append((item, bank.BankLineResult("rejected", reason="it lies in the future")))
        elif marks is not None:
            sound.append((line, item, marks))
    with database.write() as session:
        known = bank.take_quickly(
            Context(session, installation, clock), [(item, marks) for _, item, marks in sound]
        )
    left = [number for number, outcome in enumerate(known) if outcome is None]
    for start in range(0, len(left), _TOGETHER):
        numbers = left[start : start + _TOGETHER]
        some = [(sound[number][1], sound[number][2]) for number in numbers]
        for number, outcome in zip(numbers, _together(database, installation, some, clock), strict=True):
            known[number] = outcome
    for (line, item, marks), outcome in zip(sound, known, strict=True):
        one = outcome or _slowly(database, installation, _place(file, line, item), item, marks, found, clock)
        taken.append((item, one))
        found.count(one.fate)
    return taken


def _together(
    database: WriteDatabase,
    installation: Installation,
    some: list[tuple[BankTransaction, Marks]],
    clock: Clock,
) -> list[bank.BankLineResult | None]:
    """Book what is new in one transaction; if one of them is refused, each is looked at by itself."""
    try:
        with database.write() as session:
            return bank.take_together(Context(session, installation, clock), some)
    except Refusal:
        return [None] * len(some)


def _slowly(
    database: WriteDatabase,
    installation: Installation,
    place: SourceRow,
    item: BankTransaction,
    marks: Marks,
    found: ImportedPayments,
    clock: Clock,
) -> bank.BankLineResult:
    try:
        with database.write() as session:
            return bank.take(Context(session, installation, clock), item, marks)
    except Refusal as refusal:
        found.rejects.append(Reject.because(place, refusal))
        return bank.BankLineResult("rejected", reason=str(refusal))


def _place(file: Path, line: int, item: Item) -> SourceRow:
    if isinstance(item, BankTransaction):
        values = (
            item.position,
            item.booked_on.isoformat(),
            item.amount.plain(),
            item.amount.currency,
            item.reference,
            item.payer,
            item.text,
        )
    else:
        line = item.line or line
        day = item.booked_on.isoformat() if item.booked_on else ""
        values = (item.position, day, str(item.amount), item.currency, "", "", "")
    return SourceRow(file, line, COLUMNS, values)


def _digest(file: Path) -> str:
    with regular(file).open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()
