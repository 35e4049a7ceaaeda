"""Answers of payers out of a file: each is booked once; what cannot be read is set aside with its place."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from billing.calendar import local_day
from billing.given_files import regular
from billing.refusals import Refusal
from bot import csv_text
from bot.importing.intake import silent
from bot.importing.table import FileRefused, UnknownFormat
from bot.importing.tally import rejects_file
from bot.outgoing_file import CannotWrite, write_text
from handlers.context import Context
from handlers.payers import remitting
from handlers.payers.remitting import RemittanceResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

    from billing.payers.remittance import PayerRemittance, ProviderAdjustment
    from bot.clock import Clock
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation

FORMATS: Final = ("x835", "fhir", "csv")
LARGEST: Final = 128 * 1024 * 1024
"""No file of answers has more bytes."""


class TotalsDiffer(FileRefused):
    """A file's totals or envelopes do not agree, so nothing of it is booked."""

    def __init__(self, file: Path, faults: list[str]) -> None:
        super().__init__(
            file,
            f"{'; '.join(faults)}; nothing was booked: ask for a corrected file, or book what can be read "
            "with --partial",
        )


@dataclass(frozen=True, slots=True)
class Aside:
    """Part of a file that was not booked: its place, and why."""

    where: str
    reason: str


@dataclass(slots=True)
class FromFile:
    """The result of a file: answers imported before, rejected parts, and notes."""

    duplicates: int = 0
    aside: list[Aside] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lines(self, file: Path) -> list[str]:
        """One line for each part of the file that a person must check."""
        return [f"{file.name}: {one.where}: {one.reason}" for one in self.aside]


@dataclass(slots=True)
class AnswersFound(FromFile):
    """The result of importing answers."""

    booked: int = 0
    unmatched: int = 0
    provider_adjustments: list[ProviderAdjustment] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """How many answers were set aside, without those that no claim was found for."""
        return len(self.aside) - self.unmatched


def import_answers(
    database: WriteDatabase,
    installation: Installation,
    file: Path,
    form: str,
    clock: Clock,
    *,
    anyway: bool = False,
    progress: Callable[[str, int, int], None] = silent,
) -> AnswersFound:
    """Book every answer of a file, a transaction each, so that only one customer's lock is held at a time.

    Raises:
        UnknownFormat: the format is none that can be read.
        FileRefused: the file cannot be read; nothing was booked.
        TotalsDiffer: its totals or envelopes do not agree, and ``anyway`` was not said; nothing was booked.
        billing.refusals.Refusal: it is no such file, or cut short; nothing was booked.
    """
    now = clock()
    remittances, faults = _read(file, form, local_day(now, installation.creditor.zone))
    faults = [*faults, *(fault for one in remittances for fault in one.faults)]
    if faults and not anyway:
        raise TotalsDiffer(file, faults)
    found = AnswersFound(notes=[f"booked anyway: {fault}" for fault in faults])
    total = sum(len(one.claims) for one in remittances)
    counts: Counter[RemittanceResult] = Counter()
    for one in remittances:
        found.aside += [Aside(where, reason) for where, reason in one.aside]
        with database.write() as session:
            if remitting.keep_payment(Context(session, installation, clock), one):
                found.provider_adjustments += one.provider_adjustments
        _book(database, installation, one, clock, found, counts)
        progress("answers", sum(counts.values()), total)
    found.booked, found.duplicates = counts[RemittanceResult.BOOKED], counts[RemittanceResult.DUPLICATE]
    found.unmatched = counts[RemittanceResult.UNMATCHED]
    found.notes += keep_aside(file, found.aside)
    return found


def _book(
    database: WriteDatabase,
    installation: Installation,
    remittance: PayerRemittance,
    clock: Clock,
    found: AnswersFound,
    counts: Counter[RemittanceResult],
) -> None:
    for paid in remittance.claims:
        try:
            with database.write() as session:
                result = remitting.book(Context(session, installation, clock), remittance, paid)
        except Refusal as refusal:
            found.aside.append(Aside(paid.where, str(refusal)))
            continue
        counts[result] += 1
        if result is RemittanceResult.UNMATCHED:
            why = f"no claim {paid.claim_key!r} is known; find out whose it is, see kvitt claims list --all"
            found.aside.append(Aside(paid.where, why))
        elif paid.forwarded and result is RemittanceResult.BOOKED:
            found.notes.append(
                f"claim {paid.claim_key}: the payer passed it on to the next one itself; do not send it again"
            )


def _read(file: Path, form: str, today: date) -> tuple[list[PayerRemittance], list[str]]:
    if form == "csv":
        from bot.claims import csv_answers  # noqa: PLC0415 - each format is read by one command at most

        return csv_answers.read(file, today), []
    if form == "x835":
        from bot.claims import x12_835  # noqa: PLC0415

        with named(file):
            return x12_835.read(text_of(file))
    if form == "fhir":
        from bot.claims import fhir_answers  # noqa: PLC0415

        with named(file):
            return fhir_answers.read(text_of(file)), []
    raise UnknownFormat(form, FORMATS)


@contextmanager
def named(file: Path) -> Iterator[None]:
    """Put the file's name before whatever is refused of it: a reader of text knows places, and no name."""
    try:
        yield
    except Refusal as refusal:
        if not isinstance(refusal, FileRefused):
            refusal.args = (f"{file.name}: {refusal}",)
        raise


def text_of(file: Path) -> str:
    """The text of a file of bounded size: UTF-8, else Latin-1.

    Raises:
        FileRefused: it cannot be opened, is too large, or no text.
    """
    try:
        if regular(file).stat().st_size > LARGEST:
            raise FileRefused(file, f"is larger than {LARGEST // 1024 // 1024} MB; split it")
        raw = file.read_bytes()
    except OSError as error:
        raise FileRefused(file, f"cannot be read ({error.strerror})") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def keep_aside(file: Path, aside: list[Aside]) -> list[str]:
    """Write what was not booked next to the file; a file without any loses its old list."""
    target = rejects_file(file)
    try:
        if not aside:
            target.unlink(missing_ok=True)
            return []
        rows = ((one.where, one.reason) for one in aside)
        write_text(target, csv_text.text_of(("place", "reason"), rows, end="\r\n"))
    except CannotWrite as error:
        return [f"{error}; its rejected parts are only printed here"]
    except OSError as error:
        return [f"{target}: cannot be written ({error.strerror}); its rejected parts are only printed here"]
    return []
