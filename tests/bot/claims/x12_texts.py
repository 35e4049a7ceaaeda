"""Remittances as the tests write them: any separators, any number of claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.payers.claims import ClaimVerdict
from bot.claims.x12_words import amount, day

if TYPE_CHECKING:
    from billing.payers.remittance import ClaimPaid, PayerRemittance

_STATUS = {
    ClaimVerdict.PAID: "1",
    ClaimVerdict.DENIED: "4",
    ClaimVerdict.REVERSED: "22",
    ClaimVerdict.PENDED: "23",
}


@dataclass
class Era:
    """An 835 that is being written; separators are element, component and segment."""

    element: str = "*"
    component: str = ":"
    segment: str = "~\n"
    lines: list[str] = field(default_factory=list)

    def add(self, *elements: str) -> None:
        """One segment, written with * and : and kept as this file separates them."""
        segment = "*".join(elements).rstrip("*")
        kept = segment.replace("*", "\x00").replace(":", "\x01")
        self.lines.append(kept.replace("\x00", self.element).replace("\x01", self.component))

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join(line + self.segment for line in self.lines)


def written(
    *remittance: PayerRemittance, element: str = "*", component: str = ":", segment: str = "~\n"
) -> str:
    """Remittances as one 835 file, a transaction each."""
    era = Era(element, component, segment)
    made = remittance[0].paid_on
    ends = f"{'PAYER':<15}*ZZ*{'KVITT':<15}*{made:%y%m%d}*0900*^*00501*000000007*0*T*"
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{ends}"
    era.lines.append(isa.replace("*", element) + component)
    era.add("GS", "HP", "PAYER", "KVITT", day(made), "0900", "7", "X", "005010X221A1")
    for number, one in enumerate(remittance, 1):
        _transaction(era, one, f"{number:04d}")
    era.add("GE", str(len(remittance)), "7")
    era.add("IEA", "1", "000000007")
    return era.text


def _transaction(era: Era, remittance: PayerRemittance, control: str) -> None:
    begins = len(era.lines)
    era.add("ST", "835", control)
    sign = "C" if remittance.total >= 0 else "D"
    bpr = [
        "BPR",
        "I",
        amount(abs(remittance.total), remittance.currency),
        sign,
        remittance.method,
        *[""] * 11,
        day(remittance.paid_on),
    ]
    era.add(*bpr)
    era.add("TRN", "1", remittance.trace, "1999999999")
    if remittance.currency != "USD":
        era.add("CUR", "PR", remittance.currency)
    era.add("N1", "PR", remittance.payer_name, "XV", remittance.payer_id)
    era.add("N1", "PE", "KVITT", "XX", "1234567893")
    era.add("LX", "1")
    for claim in remittance.claims:
        _claim(era, claim, remittance.currency)
    for kept in remittance.provider_adjustments:
        money = amount(kept.amount, remittance.currency)
        era.add("PLB", "1234567893", f"{remittance.paid_on:%Y}1231", f"{kept.reason}:{kept.reference}", money)
    era.add("SE", str(len(era.lines) - begins + 1), control)


def _claim(era: Era, claim: ClaimPaid, currency: str) -> None:
    asked, paid = amount(claim.asked, currency), amount(claim.paid, currency)
    era.add("CLP", claim.claim_key, _STATUS[claim.verdict], asked, paid, "", "12", claim.their_reference)
    _adjusted(era, claim, currency)
    era.add("NM1", "QC", "1", "LIND", "ADA")
    for one in claim.services:
        elements = [amount(one.asked, currency), amount(one.paid, currency), "", "1"]
        if one.paid_as:
            era.add("SVC", f"HC:{one.paid_as}", *elements, f"HC:{one.code}")
        else:
            era.add("SVC", f"HC:{one.code}", *elements)
        if one.service_on:
            era.add("DTM", "472", day(one.service_on))
        _adjusted(era, one, currency)
        if one.position:
            era.add("REF", "6R", str(one.position))
        for remark in one.remarks:
            era.add("LQ", "HE", remark)


def _adjusted(era: Era, one: object, currency: str) -> None:
    by_group: dict[str, list[str]] = {}
    for each in getattr(one, "adjustments"):  # noqa: B009 - of a claim or of a service
        elements = by_group.setdefault(each.group.value, [])
        elements += [each.reason, amount(each.amount, currency), ""]
    for group, elements in by_group.items():
        for at in range(0, len(elements), 18):
            era.add("CAS", group, *elements[at : at + 18])
