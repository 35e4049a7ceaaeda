"""Reads remittances: X12 835 (005010X221A1, and whatever older ones have in common with it)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from billing.payers.claims import Adjustment, AdjustmentGroup, ClaimVerdict
from billing.payers.remittance import ClaimPaid, PayerRemittance, ProviderAdjustment, ServicePaid
from billing.refusals import Refusal
from bot.claims import x12
from bot.claims.x12_words import read_amount, read_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from bot.claims.x12 import Segment, X12Transaction

SOURCE: Final = "x835"
_VERDICTS: Final = {
    "1": ClaimVerdict.PAID, "2": ClaimVerdict.PAID, "3": ClaimVerdict.PAID, "4": ClaimVerdict.DENIED,
    "19": ClaimVerdict.PAID, "20": ClaimVerdict.PAID, "21": ClaimVerdict.PAID,
    "22": ClaimVerdict.REVERSED, "23": ClaimVerdict.PENDED,
}  # fmt: skip
"""CLP02: processed as primary, secondary, tertiary; denied; the same and forwarded; taken back; forwarded."""
_FORWARDED: Final = {"19", "20", "21", "23"}
_PREDETERMINED: Final = "25"
_GROUPS: Final = {"CR": AdjustmentGroup.OTHER}
"""Groups of older guides: corrections and reversals."""
_OF_CLAIMS: Final = {"CAS", "SVC", "MIA", "MOA", "LQ", "AMT", "QTY"}
_KNOWN: Final = _OF_CLAIMS | {
    "BPR", "TRN", "CUR", "REF", "DTM", "N1", "N2", "N3", "N4", "PER", "RDM", "LX", "TS2", "TS3", "CLP", "NM1",
    "NTE", "PLB",
}  # fmt: skip
_POSITION: Final = re.compile(r"[1-9]\d{0,3}", re.ASCII)


class NoRemittance(Refusal):
    """An X12 file holds no remittance (835)."""

    def __init__(self, kinds: Sequence[str]) -> None:
        found = ", ".join(sorted(set(kinds))) or "nothing"
        super().__init__(f"the file holds {found}, and no 835; give a remittance")


class UnreadableRemittance(Refusal):
    """A value in an X12 835 remittance cannot be used."""


def read(text: str) -> tuple[list[PayerRemittance], list[str]]:
    """The remittances of an X12 835 file, and what in its envelopes does not agree.

    What cannot be read is set aside with its place; a total that then does not add up is a fault of its
    remittance.

    Raises:
        x12.NotX12, x12.CutShort, x12.BadEnvelope: the file as a whole cannot be read.
        NoRemittance: it holds something else.
    """
    found = x12.read(text)
    remittances = [one for one in found.transactions if one.kind == "835"]
    if not remittances:
        raise NoRemittance([one.kind for one in found.transactions])
    return [_Reader(one).read() for one in remittances], found.faults


@dataclass(slots=True)
class _Claim:
    """A claim while its segments are being read."""

    head: Segment
    adjustments: list[Adjustment] = field(default_factory=list)
    services: list[ServicePaid] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    broken: tuple[str, str] | None = None


class _Reader:
    """Goes through one transaction, segment by segment."""

    def __init__(self, transaction: X12Transaction) -> None:
        self._segments = transaction.segments
        self._made_on = transaction.made_on
        self._claim: _Claim | None = None
        self._count = 0
        self.found = self._head(transaction)

    def _head(self, transaction: X12Transaction) -> PayerRemittance:
        first = {one.tag: one for one in reversed(self._segments)}
        bpr, trn, cur = first.get("BPR"), first.get("TRN"), first.get("CUR")
        currency = (cur[2] if cur else "") or "USD"
        payer = next((one for one in self._segments if one.tag == "N1" and one[1] == "PR"), None)
        faults: list[str] = []
        total, paid_on = 0, self._day(transaction)
        try:
            if bpr is None or trn is None:
                raise UnreadableRemittance(f"{'BPR' if bpr is None else 'TRN'} is missing")
            total = read_amount("BPR02", bpr[2], currency) * (-1 if bpr[3] == "D" else 1)
            paid_on = read_day("BPR16", bpr[16] or self._made_on)
        except Refusal as refusal:
            faults.append(f"transaction {transaction.control}: {refusal}, so its total cannot be checked")
        return PayerRemittance(
            source=SOURCE,
            payer_name=payer[2] if payer else "",
            payer_id=(payer[4] if payer else "") or (trn[3] if trn else ""),
            currency=currency,
            paid_on=paid_on,
            trace=trn[2] if trn else "",
            total=total,
            method=bpr[4] if bpr else "",
            faults=faults,
        )

    def _day(self, transaction: X12Transaction) -> date:
        """The day of the envelope, for a remittance that says none itself."""
        try:
            return read_day("GS04", transaction.made_on)
        except Refusal:
            raise x12.BadEnvelope("GS", f"its date {transaction.made_on!r} is none") from None

    def read(self) -> PayerRemittance:
        """Everything it says."""
        for segment in self._segments:
            try:
                self._take(segment)
            except Refusal as refusal:
                self._broken(segment, str(refusal))
        self._close()
        self.found.check_total()
        return self.found

    @property
    def _payment(self) -> tuple[str, str, str]:
        """The key that identifies this payment."""
        return (self.found.payer_id, self.found.trace, f"{self.found.paid_on:%Y%m%d}")

    def _broken(self, segment: Segment, why: str) -> None:
        if self._claim and self._claim.broken is None:
            self._claim.broken = (segment.where, why)
        elif self._claim is None:
            self.found.aside.append((segment.where, why))

    def _take(self, segment: Segment) -> None:
        if segment.tag == "CLP":
            self._close()
            self._count += 1
            self._claim = _Claim(segment)
        elif segment.tag in {"LX", "PLB"}:
            self._close()
        if segment.damaged or segment.tag not in _KNOWN:
            raise UnreadableRemittance(segment.damaged or f"{segment.tag} is no segment of a remittance")
        if segment.tag == "PLB":
            self._provider(segment)
        elif self._claim:
            self._of_claim(self._claim, segment)
        elif segment.tag in _OF_CLAIMS:
            raise UnreadableRemittance("it is outside of any claim")

    def _of_claim(self, claim: _Claim, segment: Segment) -> None:
        match segment.tag:
            case "SVC":
                claim.services.append(self._service(segment))
            case "CAS":
                adjusted = self._adjustments(segment)
                if claim.services:
                    last = claim.services[-1]
                    claim.services[-1] = replace(last, adjustments=(*last.adjustments, *adjusted))
                else:
                    claim.adjustments += adjusted
            case "MOA":
                claim.remarks += [one for one in segment.elements[3:8] if one.strip()]
            case "MIA":
                claim.remarks += [one for one in (segment[5], *segment.elements[20:24]) if one.strip()]
            case _ if claim.services:
                claim.services[-1] = self._about_service(claim.services[-1], segment)

    def _service(self, segment: Segment) -> ServicePaid:
        sent = segment.parts(6) if segment[6] else segment.parts(1)
        if len(sent) < 2 or not sent[1]:  # noqa: PLR2004 - a qualifier and a code
            raise UnreadableRemittance(f"SVC01: {segment[1]!r} is no qualified code")
        return ServicePaid(
            asked=read_amount("SVC02", segment[2], self.found.currency),
            paid=read_amount("SVC03", segment[3], self.found.currency),
            code=sent[1],
            paid_as=segment.parts(1)[1] if segment[6] and len(segment.parts(1)) > 1 else "",
        )

    def _about_service(self, service: ServicePaid, segment: Segment) -> ServicePaid:
        match segment.tag, segment[1]:
            case "DTM", "472" | "150":
                return replace(service, service_on=read_day("DTM02", segment[2]))
            case "REF", "6R" if _POSITION.fullmatch(segment[2]):
                return replace(service, position=int(segment[2]))
            case "LQ", _:
                return replace(service, remarks=(*service.remarks, segment[2]))
        return service

    def _adjustments(self, segment: Segment) -> list[Adjustment]:
        try:
            group = _GROUPS.get(segment[1]) or AdjustmentGroup(segment[1])
        except ValueError:
            raise UnreadableRemittance(f"CAS01: {segment[1]!r} is no adjustment group") from None
        found = []
        for at in range(2, len(segment.elements), 3):
            if segment[at]:
                amount = read_amount(f"CAS{at + 1:02d}", segment[at + 1], self.found.currency)
                found.append(Adjustment(group, segment[at], amount))
            elif segment[at + 1]:
                raise UnreadableRemittance(f"CAS{at:02d}: an amount of {segment[at + 1]} has no reason")
        return found

    def _provider(self, segment: Segment) -> None:
        adjustments = []
        for at in range(3, len(segment.elements), 2):
            if not segment[at] and not segment[at + 1]:
                continue
            reason, *reference = segment.parts(at)
            amount = read_amount(f"PLB{at + 1:02d}", segment[at + 1], self.found.currency)
            adjustments.append(ProviderAdjustment(segment.where, reason, ":".join(reference), amount))
        self.found.provider_adjustments += adjustments

    def _close(self) -> None:
        """The claim that was being read is complete."""
        claim, self._claim = self._claim, None
        if claim is None:
            return
        head = claim.head
        try:
            paid = read_amount("CLP04", head[4], self.found.currency)
            self.found.unread += paid
            if claim.broken:
                self.found.aside.append(
                    (head.where, f"claim {head[1]}: {claim.broken[0]}: {claim.broken[1]}")
                )
                return
            one = self._closed(claim, paid)
        except Refusal as refusal:
            self.found.aside.append((head.where, f"claim {head[1]}: {refusal}"))
        else:
            self.found.unread -= paid
            self.found.claims.append(one)

    def _closed(self, claim: _Claim, paid: int) -> ClaimPaid:
        head = claim.head
        if not head[1]:
            raise UnreadableRemittance("CLP01 is empty: the claim is unknown")
        if head[2] == _PREDETERMINED:
            raise UnreadableRemittance("CLP02: 25 is an estimate and no answer")
        if head[2] not in _VERDICTS:
            raise UnreadableRemittance(f"CLP02: {head[2]!r} is no claim status that can be booked")
        one = ClaimPaid(
            id=":".join((*self._payment, str(self._count), head[1])),
            claim_key=head[1],
            where=head.where,
            verdict=_VERDICTS[head[2]],
            asked=read_amount("CLP03", head[3], self.found.currency),
            paid=paid,
            adjustments=tuple(claim.adjustments),
            services=tuple(claim.services),
            remarks=tuple(claim.remarks),
            their_reference=head[7],
            forwarded=head[2] in _FORWARDED,
        )
        faults = [] if one.verdict is ClaimVerdict.PENDED else one.faults()
        if faults:
            raise UnreadableRemittance(f"it does not add up: {'; '.join(faults)} (minor units)")
        return one
