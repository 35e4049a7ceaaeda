"""Writes professional claims as X12 837 (005010X222A1), one interchange a payer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from billing.payers.coverage import PayerKind
from bot.claims.x12_words import amount, closed, condition, day, opened, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from billing.payers.claims import Adjustment, AdjustmentGroup, ClaimLine
    from billing.payers.filing import Earlier, FiledPerson, Filer, Filing
    from bot.claims.x12 import Writer

VERSION: Final = "005010X222A1"
_A_TRANSACTION: Final = 1000
"""Claims in one transaction; receivers take up to 5,000."""
_ORDER: Final = ("P", "S", "T", "A", "B", "C", "D", "E", "F", "G", "H")
_FILING: Final = {
    PayerKind.INSURER: "CI",
    PayerKind.AGENCY: "OF",
    PayerKind.EMPLOYER: "ZZ",
    PayerKind.OTHER: "ZZ",
}
_TRIPLETS: Final = 6
"""Adjustments in one CAS segment; the guide allows six."""
_POINTERS: Final = 4
"""Diagnoses that one service line may point at (SV107)."""
_STATES: Final = {"US", "CA"}
_SELF: Final = "18"
"""What the patient is to the one who is insured: the same (X12 element 1069)."""


def write(filings: Sequence[Filing], filer: Filer, control: int, made_at: datetime) -> str:
    """An interchange with these claims. ``made_at`` is local to the filer, ``control`` its number."""
    out = opened(filer, "HC", VERSION, control, made_at)
    parts = [filings[at : at + _A_TRANSACTION] for at in range(0, len(filings), _A_TRANSACTION)]
    for number, part in enumerate(parts, 1):
        _transaction(out, part, filer, control, number, made_at)
    return closed(out, len(parts), control)


def _transaction(
    out: Writer, filings: Sequence[Filing], filer: Filer, control: int, number: int, made_at: datetime
) -> None:
    begins, set_control = len(out.lines), f"{number:04d}"
    out("ST", "837", set_control, VERSION)
    out("BHT", "0019", "00", f"{control}-{number}", day(made_at.date()), f"{made_at:%H%M}", "CH")
    out("NM1", "41", "2", plain(filer.name, 60), "", "", "", "", "46", plain(filer.sender_id, 80))
    out("PER", "IC", plain(filer.contact or filer.name, 60), "TE", _digits(filer.phone))
    out("NM1", "40", "2", plain(filer.receiver_name, 60), "", "", "", "", "46", plain(filer.receiver_id, 80))
    _provider(out, filer)
    for level, filing in enumerate(filings, 2):
        _claim(out, filing, filer, level)
    out("SE", str(len(out.lines) - begins + 1), set_control)


def _provider(out: Writer, filer: Filer) -> None:
    out("HL", "1", "", "20", "1")
    if filer.taxonomy:
        out("PRV", "BI", "PXC", plain(filer.taxonomy, 50))
    out("NM1", "85", "2", plain(filer.name, 60), "", "", "", "", "XX", filer.npi)
    out("N3", plain(filer.street, 55))
    _place(out, filer.city, filer.region, filer.postal_code, filer.country)
    out("REF", "EI", _digits(filer.tax_id))


def _claim(out: Writer, filing: Filing, filer: Filer, level: int) -> None:
    """The level and loops of one claim; who is insured is the patient."""
    sequence = _ORDER[min(filing.claim.sequence, len(_ORDER)) - 1]
    out("HL", str(level), "1", "22", "0")
    plan = plain(filing.payer.plan, 60)
    out("SBR", sequence, _SELF, "", plan, "", "", "", "", _FILING[filing.payer.kind])
    out("NM1", "IL", "1", *_insured(filing), "", "MI", plain(filing.payer.member_id, 80))
    _home(out, filing.patient)
    out("NM1", "PR", "2", plain(filing.payer.name, 60), "", "", "", "", "PI", plain(filing.payer.number, 80))
    _claim_information(out, filing, filer)
    for line in filing.claim.lines:
        _service(out, filing, line)


def _claim_information(out: Writer, filing: Filing, filer: Filer) -> None:
    claim = filing.claim
    charged = sum(line.charged for line in claim.lines)
    place = f"{filer.place_of_service}:B:{filing.frequency}"
    out("CLM", plain(claim.key, 38), amount(charged, claim.currency), "", "", place, "Y", "A", "Y", "Y")
    had = charged - claim.amount
    if had > 0 and not filing.earlier:
        out("AMT", "F5", amount(had, claim.currency))
    authorised = _authorisations(filing)
    if len(authorised) == 1:
        out("REF", "G1", authorised[0])
    if filing.original_reference:
        out("REF", "F8", plain(filing.original_reference, 50))
    codes = [condition(code) for code in claim.diagnoses]
    out("HI", *(f"{'ABF' if place else 'ABK'}:{code}" for place, code in enumerate(codes)))
    for one in filing.earlier:
        _earlier(out, filing, one)


def _earlier(out: Writer, filing: Filing, one: Earlier) -> None:
    """What a payer that was asked before made of the claim (loops 2320 and 2330)."""
    currency = filing.claim.currency
    sequence = _ORDER[min(one.sequence, len(_ORDER)) - 1]
    out("SBR", sequence, _SELF, "", plain(one.payer.plan, 60), "", "", "", "", _FILING[one.payer.kind])
    whole = [line for line in one.answer.lines if line.position is None]
    _adjustments(out, (each for line in whole for each in line.adjustments), currency)
    out("AMT", "D", amount(max(one.answer.paid, 0), currency))
    out("OI", "", "", "Y", "", "", "Y")
    out("NM1", "IL", "1", *_insured(filing), "", "MI", plain(one.payer.member_id, 80))
    out("NM1", "PR", "2", plain(one.payer.name, 60), "", "", "", "", "PI", plain(one.payer.number, 80))
    if not any(line.position for line in one.answer.lines):
        out("DTP", "573", "D8", day(one.answer.answered_on))
    if one.answer.their_reference:
        out("REF", "F8", plain(one.answer.their_reference, 50))


def _service(out: Writer, filing: Filing, line: ClaimLine) -> None:
    currency = filing.claim.currency
    pointers = ":".join(str(at) for at in range(1, min(len(filing.claim.diagnoses), _POINTERS) + 1))
    out("LX", str(line.position))
    out("SV1", _procedure(line), amount(line.charged, currency), "UN", line.quantity, "", "", pointers or "1")
    out("DTP", "472", "D8", day(line.service_on))
    if line.authorisation and len(_authorisations(filing)) > 1:
        out("REF", "G1", plain(line.authorisation, 50))
    out("REF", "6R", str(line.position))
    for one in filing.earlier:
        theirs = {each.charge_id: each.position for each in one.claim.lines}.get(line.charge_id)
        for answered in (each for each in one.answer.lines if each.position and each.position == theirs):
            paid = amount(max(answered.paid, 0), currency)
            out("SVD", plain(one.payer.number, 80), paid, _procedure(line), "", line.quantity)
            _adjustments(out, answered.adjustments, currency)
            out("DTP", "573", "D8", day(one.answer.answered_on))


def _adjustments(out: Writer, adjustments: Iterable[Adjustment], currency: str) -> None:
    by_group: dict[AdjustmentGroup, list[Adjustment]] = {}
    for one in adjustments:
        by_group.setdefault(one.group, []).append(one)
    for group, found in by_group.items():
        for at in range(0, len(found), _TRIPLETS):
            elements: list[str] = []
            for one in found[at : at + _TRIPLETS]:
                elements += [plain(one.reason, 5), amount(one.amount, currency), ""]
            out("CAS", group.value, *elements)


def _authorisations(filing: Filing) -> list[str]:
    found = dict.fromkeys(plain(line.authorisation, 50) for line in filing.claim.lines)
    return [one for one in found if one]


def _procedure(line: ClaimLine) -> str:
    return ":".join(("HC", line.code.code, *line.modifiers))


def _insured(filing: Filing) -> tuple[str, ...]:
    """The patient's name as NM103 to NM106 have it."""
    person = filing.patient
    return (plain(person.family, 60) or "UNKNOWN", plain(person.given, 35), "", "")


def _home(out: Writer, person: FiledPerson) -> None:
    if person.street and person.city:
        out("N3", plain(person.street, 55))
        _place(out, person.city, person.region, person.postal_code, person.country)
    if person.birth_date:
        out("DMG", "D8", day(person.birth_date), "U")


def _place(out: Writer, city: str, region: str, postal_code: str, country: str) -> None:
    home = not country or country in _STATES
    state = plain(region, 2) if home else ""
    code = "".join(one for one in postal_code if one.isalnum())[:15]
    out("N4", plain(city, 30), state, code, "" if country in {"", "US"} else country)


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())[:15]
