"""Remittances as the tests write them: any separators, any number of claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.payers.claims import Verdict
from bot.claims.x12_words import amount, day

if TYPE_CHECKING:
    from billing.payers.remittance import ClaimPaid, Remittance

_STATUS = {Verdict.PAID: "1", Verdict.DENIED: "4", Verdict.REVERSED: "22", Verdict.PENDED: "23"}


@dataclass
class Era:
    """An 835 that is being written; separators are element, component and segment."""

    element: str = "*"
    component: str = ":"
    segment: str = "~\n"
    lines: list[str] = field(default_factory=list)

    def add(self, *elements: str) -> None:
        """One segment, written with * and : and kept as this file separates them."""
        told = "*".join(elements).rstrip("*")
        kept = told.replace("*", "\x00").replace(":", "\x01")
        self.lines.append(kept.replace("\x00", self.element).replace("\x01", self.component))

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join(line + self.segment for line in self.lines)


def written(*told: Remittance, element: str = "*", component: str = ":", segment: str = "~\n") -> str:
    """Remittances as one 835 file, a transaction each."""
    era = Era(element, component, segment)
    made = told[0].paid_on
    ends = f"{'PAYER':<15}*ZZ*{'KVITT':<15}*{made:%y%m%d}*0900*^*00501*000000007*0*T*"
    isa = f"ISA*00*{'':10}*00*{'':10}*ZZ*{ends}"
    era.lines.append(isa.replace("*", element) + component)
    era.add("GS", "HP", "PAYER", "KVITT", day(made), "0900", "7", "X", "005010X221A1")
    for number, one in enumerate(told, 1):
        _transaction(era, one, f"{number:04d}")
    era.add("GE", str(len(told)), "7")
    era.add("IEA", "1", "000000007")
    return era.text


def _transaction(era: Era, told: Remittance, control: str) -> None:
    begins = len(era.lines)
    era.add("ST", "835", control)
    sign = "C" if told.total >= 0 else "D"
    bpr = [
        "BPR",
        "I",
        amount(abs(told.total), told.currency),
        sign,
        told.method,
        *[""] * 11,
        day(told.paid_on),
    ]
    era.add(*bpr)
    era.add("TRN", "1", told.trace, "1999999999")
    if told.currency != "USD":
        era.add("CUR", "PR", told.currency)
    era.add("N1", "PR", told.payer_name, "XV", told.payer_id)
    era.add("N1", "PE", "KVITT", "XX", "1234567893")
    era.add("LX", "1")
    for claim in told.claims:
        _claim(era, claim, told.currency)
    for kept in told.provider_adjustments:
        money = amount(kept.amount, told.currency)
        era.add("PLB", "1234567893", f"{told.paid_on:%Y}1231", f"{kept.reason}:{kept.reference}", money)
    era.add("SE", str(len(era.lines) - begins + 1), control)


def _claim(era: Era, claim: ClaimPaid, currency: str) -> None:
    asked, paid = amount(claim.asked, currency), amount(claim.paid, currency)
    era.add("CLP", claim.claim_key, _STATUS[claim.verdict], asked, paid, "", "12", claim.their_reference)
    _adjusted(era, claim, currency)
    era.add("NM1", "QC", "1", "LIND", "ADA")
    for one in claim.services:
        told = [amount(one.asked, currency), amount(one.paid, currency), "", "1"]
        if one.paid_as:
            era.add("SVC", f"HC:{one.paid_as}", *told, f"HC:{one.code}")
        else:
            era.add("SVC", f"HC:{one.code}", *told)
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
        told = by_group.setdefault(each.group.value, [])
        told += [each.reason, amount(each.amount, currency), ""]
    for group, told in by_group.items():
        for at in range(0, len(told), 18):
            era.add("CAS", group, *told[at : at + 18])
