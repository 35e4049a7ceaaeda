"""Reads a receiver's acknowledgement of a claim file: X12 999 (syntax) and 277CA (claim by claim)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from billing.refusals import Refusal
from billing.whole_numbers import whole_number
from bot.claims import x12
from handlers.context import Context
from handlers.payers import receipts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.claims.x12 import X12Transaction
    from bot.clock import Clock
    from bot.importing.writing import WriteDatabase
    from handlers.installation import Installation

_GROUP: Final = {"A": "accepted", "E": "accepted", "P": "partly", "R": "rejected", "M": "rejected",
                 "W": "rejected", "X": "rejected"}  # fmt: skip
"""AK901: accepted, with errors noted, in part, or not."""
_REFUSED: Final = {"A3", "A6", "A7", "A8"}
"""Claim status categories of a 277CA that mean a rejected claim, which the payer never gets."""


class NoAcknowledgement(Refusal):
    """An X12 file holds no acknowledgement."""

    def __init__(self, kinds: Sequence[str]) -> None:
        super().__init__(f"the file holds {', '.join(sorted(set(kinds))) or 'nothing'}, and no 999 or 277")


@dataclass(frozen=True, slots=True)
class ClaimReceipt:
    """What a receiver said of one claim: ``codes`` are category and status, like A7:562."""

    claim_key: str
    accepted: bool
    their_reference: str
    codes: tuple[str, ...]
    where: str


@dataclass(frozen=True, slots=True)
class FileReceipt:
    """A receiver's word on one claim file: ``accepted``, ``partly`` or ``rejected``, and where not."""

    number: int
    verdict: str
    faults: tuple[str, ...] = ()


@dataclass(slots=True)
class ImportedAcknowledgements:
    """The result of importing acknowledgements."""

    files: dict[str, str] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(text: str) -> tuple[list[FileReceipt], list[ClaimReceipt]]:
    """What is said of files, and of single claims.

    Raises:
        x12.NotX12, x12.CutShort, x12.BadEnvelope: the file as a whole cannot be read.
        NoAcknowledgement: it holds something else.
    """
    found = x12.read(text)
    known = [one for one in found.transactions if one.kind in {"999", "997", "277"}]
    if not known:
        raise NoAcknowledgement([one.kind for one in found.transactions])
    files = [one for transaction in known if transaction.kind != "277" for one in _files(transaction)]
    return files, [one for transaction in known if transaction.kind == "277" for one in _claims(transaction)]


def import_acknowledgements(
    database: WriteDatabase, installation: Installation, text: str, clock: Clock
) -> ImportedAcknowledgements:
    """Save an acknowledgement; a rejected claim becomes a case at the desk.

    Raises:
        billing.refusals.Refusal: the file cannot be read; nothing was kept.
    """
    files, claims = read(text)
    kept = ImportedAcknowledgements()
    for file in files:
        with database.write() as session:
            known = receipts.of_file(Context(session, installation, clock), file.number, file.verdict)
        if known:
            kept.files[str(file.number)] = file.verdict
        else:
            kept.notes.append(f"file {file.number}: no file of claims has this number")
        kept.notes += [f"file {file.number}: {fault}" for fault in file.faults]
    for one in claims:
        reason = ", ".join(one.codes)
        try:
            with database.write() as session:
                receipts.of_claim(
                    Context(session, installation, clock), one.claim_key, reason, accepted=one.accepted
                )
        except Refusal as refusal:
            kept.notes.append(f"{one.where}: {refusal}")
            continue
        (kept.accepted if one.accepted else kept.refused).append(one.claim_key)
        if not one.accepted:
            kept.notes.append(f"{one.where}: claim {one.claim_key} was not taken in: {reason}")
    return kept


def _files(transaction: X12Transaction) -> Iterator[FileReceipt]:
    number = 0
    faults: list[str] = []
    for segment in transaction.segments:
        match segment.tag:
            case "AK1":
                number, faults = whole_number(segment[2]) or 0, []
            case "IK3" | "AK3":
                faults.append(
                    f"segment {segment[2]} ({segment[1]}) has error {segment[4] or 'in an element'}"
                )
            case "IK4" | "AK4":
                faults.append(f"element {segment[1]} has error {segment[3]} {segment[4]}".rstrip())
            case "AK9":
                yield FileReceipt(number, _GROUP.get(segment[1], "rejected"), tuple(faults))


def _claims(transaction: X12Transaction) -> Iterator[ClaimReceipt]:
    key, where, theirs, refused = "", "", "", False
    codes: list[str] = []
    for segment in transaction.segments:
        if segment.tag in {"HL", "TRN"} and key:
            yield ClaimReceipt(key, not refused, theirs, tuple(codes), where)
            key = ""
        if segment.tag == "TRN" and segment[1] == "2":
            key, where, theirs, codes, refused = segment[2], segment.where, "", [], False
        elif segment.tag == "STC" and key:
            category, *status = segment.parts(1)
            codes.append(":".join((category, *status[:1])))
            refused = refused or category in _REFUSED
        elif segment.tag == "REF" and segment[1] == "1K" and key:
            theirs = segment[2]
    if key:
        yield ClaimReceipt(key, not refused, theirs, tuple(codes), where)
