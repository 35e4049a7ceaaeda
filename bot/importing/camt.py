"""Reads camt.053 and camt.054 of any version, entry by entry: namespaces are ignored.

The parser refuses document types, entities and network access (XXE, entity bombs). Entries are freed once
read, so files of any length can be read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from billing.ledger.money import Money
from billing.payments.bank import BankTransaction, Movement
from billing.refusals import BadAmount
from billing.whole_numbers import whole_number
from bot.importing.bank_items import BadEntry, BrokenBankFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from bot.importing.bank_items import BankReport, Item

_REPORTS: Final = frozenset({"Stmt", "Ntfctn", "Rpt"})
_NO_ID: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF"})
_PLAIN: Final = re.compile(r"[+-]?\d{1,18}(\.\d{0,17})?", re.ASCII)
_TOTALS: Final = {"TtlNtries": "", "TtlCdtNtries": "CRDT", "TtlDbtNtries": "DBIT"}


class BrokenXml(BrokenBankFile):
    """A camt file is not complete XML: it ends too early, or has a document type or entities."""


@dataclass(slots=True)
class CamtReport:
    """One statement or notification: what it says it holds, and what was found in it; whole units."""

    number: int
    account: str = ""
    currency: str = ""
    totals: dict[str, tuple[int | None, Decimal | None]] = field(default_factory=dict)
    """Count and sum by direction (``CRDT``, ``DBIT``, empty for both)."""
    net: Decimal | None = None
    balances: dict[str, tuple[Decimal, str]] = field(default_factory=dict)
    """By code, signed, with their currency."""
    only_page: bool = True
    counts: dict[str, int] = field(default_factory=lambda: {"CRDT": 0, "DBIT": 0})
    sums: dict[str, Decimal] = field(default_factory=lambda: {"CRDT": Decimal(0), "DBIT": Decimal(0)})
    booked: Decimal = Decimal(0)
    currencies: set[str] = field(default_factory=set)

    def mistakes(self) -> Iterator[str]:
        """The totals that do not agree with the entries, one line each."""
        for which, (count, total) in self.totals.items():
            ways = [which] if which else ["CRDT", "DBIT"]
            found, came_to = sum(self.counts[way] for way in ways), sum(self.sums[way] for way in ways)
            if count is not None and count != found:
                yield f"report {self.number}: it says {count} {_WORDS[which]}, but holds {found}"
            if total is not None and total != came_to:
                yield f"report {self.number}: its {_WORDS[which]} come to {came_to}, not {total}"
        net = self.sums["CRDT"] - self.sums["DBIT"]
        if self.net is not None and abs(self.net) != abs(net):
            yield f"report {self.number}: its net is {net}, not {self.net}"
        opened, closed = self._ends()
        if opened is not None and closed is not None and opened + self.booked != closed:
            yield (
                f"report {self.number}: the balance of {opened} and entries of {self.booked} make "
                f"{opened + self.booked}, not {closed}"
            )

    def _ends(self) -> tuple[Decimal | None, Decimal | None]:
        """The opening and closing balance, where they can be held against the entries."""
        opened = self.balances.get("OPBD") or self.balances.get("PRCD")
        closed = self.balances.get("CLBD")
        if (
            not opened
            or not closed
            or not self.only_page
            or {opened[1], closed[1]} | self.currencies != {opened[1]}
        ):
            return None, None
        return opened[0], closed[0]


_WORDS: Final = {"": "entries", "CRDT": "credits", "DBIT": "debits"}


def read(file: Path, reports: list[BankReport], *, anyway: bool = False) -> Iterator[Item]:  # noqa: ARG001
    """Everything that a camt file says moved; ``reports`` collects what its parts say about themselves.

    Raises:
        BrokenXml: the file ends too early, or is no camt; what came before was whole.
    """
    reader, path = _Reader(reports), []
    try:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            name = local(element)
            if event == "start":
                path.append(element)
                reader.begins(name)
                continue
            path.pop()
            yield from reader.ends(name, element, path)
    except ParseError as error:
        line, column = error.position
        raise BrokenXml(
            f"{file.name}:{line}:{column + 1}", f"the XML breaks off here ({error.msg})"
        ) from None
    except DefusedXmlException as error:
        why = f"it holds what no bank writes ({type(error).__name__})"
        raise BrokenXml(file.name, why) from None
    except (LookupError, UnicodeError, ValueError) as error:
        raise BrokenXml(file.name, f"it is no text that can be read ({error})") from None
    if not reports:
        raise BrokenXml(file.name, "it holds no statement and no notification (camt.053, camt.054)")


def local(element: Element) -> str:
    """A camt tag without its namespace."""
    return str(element.tag).rpartition("}")[2]


class _Reader:
    """Takes the elements of a file as they end."""

    def __init__(self, reports: list[BankReport]) -> None:
        self._reports = reports
        self._report: CamtReport | None = None
        self._entries = 0

    def begins(self, name: str) -> None:
        if name in _REPORTS:
            self._report = CamtReport(len(self._reports) + 1)
            self._entries = 0
            self._reports.append(self._report)

    def ends(self, name: str, element: Element, path: list[Element]) -> Iterator[Item]:
        report = self._report
        if name in _REPORTS:
            self._report = None
            element.clear()
        elif report and path and local(path[-1]) in _REPORTS:
            if name == "Ntry":
                self._entries += 1
                yield from entry(element, report, self._entries)
                path[-1].remove(element)
            else:
                _about(name, element, report)


def _about(name: str, element: Element, report: CamtReport) -> None:
    """What a report says about itself."""
    match name:
        case "Acct":
            report.account = _account(element)
            report.currency = text(element, "Ccy")
        case "Bal":
            _balance(element, report)
        case "TxsSummry":
            _summary(element, report)
        case "StmtPgntn" | "NtfctnPgntn" | "RptPgntn":
            report.only_page = text(element, "PgNb") in {"", "1"} and text(element, "LastPgInd") != "false"


def entry(element: Element, report: CamtReport, number: int) -> Iterator[Item]:
    """The movements of a camt entry; pending ones are skipped, since a later file has them as booked."""
    position = f"report {report.number} entry {number}"
    direction = text(element, "CdtDbtInd")
    amount, currency = _amount(element.find("{*}Amt"))
    if amount is None or direction not in report.counts:
        yield BadEntry(position, None, Decimal(0), currency, "amount: the entry has no amount and direction")
        return
    signed = amount if direction == "CRDT" else -amount
    report.counts[direction] += 1
    report.sums[direction] += amount
    report.currencies.add(currency)
    if _status(element) not in {"BOOK", ""}:
        return
    report.booked += signed
    booked_on = _day(element)
    if booked_on is None:
        yield BadEntry(position, None, signed, currency, "booked_on: the entry has no day")
        return
    yield from _details(_Entry(element, report, position, direction, amount, currency, booked_on))


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry with what all its details share."""

    element: Element
    report: CamtReport
    position: str
    direction: str
    amount: Decimal
    currency: str
    booked_on: date

    @property
    def reverses(self) -> bool:
        return text(self.element, "RvslInd") == "true"

    def bad(self, reason: str) -> BadEntry:
        signed = self.amount if self.direction == "CRDT" else -self.amount
        return BadEntry(self.position, self.booked_on, signed, self.currency, reason)


def _details(one: _Entry) -> Iterator[Item]:
    found = one.element.findall("{*}NtryDtls/{*}TxDtls")
    amounts = [_detail_amount(detail, one.currency) for detail in found]
    if len(found) == 1:
        amounts = [one.amount]  # the entry is what moved on the account, whatever its detail says
    elif None in amounts:
        found, amounts = [], []  # nobody knows how it is shared out: it is kept whole
    total = sum(amount for amount in amounts if amount is not None)
    if len(found) > 1 and total not in {one.amount, one.amount + _charges(one.element)}:
        if one.direction == "DBIT":
            found, amounts = [], []
        else:
            yield one.bad(f"amount: its details come to {total}, but the entry to {one.amount}")
            return
    for number, (detail, amount) in enumerate(zip(found, amounts, strict=True), 1):
        assert amount is not None
        position = one.position if len(found) == 1 else f"{one.position} detail {number}"
        yield _transaction(one, detail, amount, position, part=True)
    if not found:
        yield _transaction(one, one.element, one.amount, one.position, part=False)


def _transaction(one: _Entry, detail: Element, amount: Decimal, position: str, *, part: bool) -> Item:
    try:
        money = Money.parse(f"{amount:f}", one.currency)
        total = Money.parse(f"{one.amount:f}", one.currency).minor
    except BadAmount as refusal:
        return one.bad(f"amount: {refusal}")
    if money.minor <= 0:
        return one.bad("amount: nothing moved")
    refs = detail.find("{*}Refs") if part else None
    own = [_id(refs, name) for name in ("EndToEndId", "TxId", "UETR", "InstrId")] if refs is not None else []
    bank = [_id(refs, "AcctSvcrRef")] if refs is not None else []
    return BankTransaction(
        position=position,
        movement=_movement(one, detail),
        account=one.report.account,
        amount=money,
        booked_on=one.booked_on,
        references=tuple(_references(detail)),
        text=" ".join(_texts(detail)) or text(one.element, "AddtlNtryInf"),
        payer=_payer(detail),
        own_ids=tuple(name for name in own if name),
        bank_ids=tuple(dict.fromkeys(name for name in (*bank, _id(one.element, "AcctSvcrRef")) if name)),
        entry_total=total,
        part=part,
        undoes=tuple(_undone(detail)),
        reason=_reason(detail),
    )


def _movement(one: _Entry, detail: Element) -> Movement:
    returned = one.reverses or detail.find("{*}RtrInf") is not None
    if one.direction == "CRDT":
        return Movement.CREDIT_RETURN if returned else Movement.CREDIT
    return Movement.RETURN if returned else Movement.DEBIT


def _references(detail: Element) -> Iterator[str]:
    for name in ("{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref", "{*}RmtInf/{*}Strd/{*}RfrdDocInf/{*}Nb"):
        yield from (
            found.text.strip() for found in detail.iterfind(name) if found.text and found.text.strip()
        )


def _texts(detail: Element) -> Iterator[str]:
    for name in ("{*}RmtInf/{*}Ustrd", "{*}RmtInf/{*}Strd/{*}AddtlRmtInf", "{*}AddtlTxInf"):
        yield from (
            found.text.strip() for found in detail.iterfind(name) if found.text and found.text.strip()
        )


def _payer(detail: Element) -> str:
    for name in ("Dbtr/{*}Pty/{*}Nm", "Dbtr/{*}Nm", "UltmtDbtr/{*}Pty/{*}Nm", "UltmtDbtr/{*}Nm"):
        found = text(detail, f"RltdPties/{{*}}{name}")
        if found:
            return found
    return ""


def _undone(detail: Element) -> Iterator[str]:
    """What the bank says of the payment that this one takes back."""
    for name in ("OrgnlEndToEndId", "OrgnlTxId", "OrgnlInstrId", "OrgnlAcctSvcrRef"):
        for found in detail.iterfind(f".//{{*}}{name}"):
            if found.text and found.text.strip():
                yield found.text.strip()


def _reason(detail: Element) -> str:
    element = detail.find("{*}RtrInf")
    if element is None:
        return ""
    words = (text(element, name) for name in ("Rsn/{*}Cd", "Rsn/{*}Prtry", "AddtlInf"))
    return " ".join(filter(None, words))


def _id(element: Element, name: str) -> str:
    found = text(element, name)
    return "" if found.upper() in _NO_ID else found


def _account(element: Element) -> str:
    return (text(element, "Id/{*}IBAN") or text(element, "Id/{*}Othr/{*}Id")).replace(" ", "").upper()


def _balance(element: Element, report: CamtReport) -> None:
    code = text(element, "Tp/{*}CdOrPrtry/{*}Cd")
    amount, currency = _amount(element.find("{*}Amt"))
    if code and amount is not None:
        sign = -1 if text(element, "CdtDbtInd") == "DBIT" else 1
        report.balances[code] = (amount * sign, currency)


def _summary(element: Element, report: CamtReport) -> None:
    for name, way in _TOTALS.items():
        part = element.find(f"{{*}}{name}")
        if part is None:
            continue
        count = text(part, "NbOfNtries")
        report.totals[way] = (whole_number(count), _decimal(text(part, "Sum")))
        if not way:
            net = text(part, "TtlNetNtryAmt") or text(part, "TtlNetNtry/{*}Amt")
            report.net = _decimal(net)


def _charges(element: Element) -> Decimal:
    """What the bank has kept for itself of an entry."""
    names = ("Chrgs/{*}TtlChrgsAndTaxAmt", "Chrgs/{*}Amt", "Chrgs/{*}Rcrd/{*}Amt")
    every = [element, *element.findall("{*}NtryDtls/{*}TxDtls")]
    for name in names:
        found = [_decimal(part.text or "") for one in every for part in one.findall(f"{{*}}{name}")]
        if found:
            return sum((amount for amount in found if amount is not None), Decimal(0))
    return Decimal(0)


def _detail_amount(detail: Element, currency: str) -> Decimal | None:
    names = ("Amt", "AmtDtls/{*}TxAmt/{*}Amt", "AmtDtls/{*}InstdAmt/{*}Amt")
    for name in names:
        amount, of = _amount(detail.find(f"{{*}}{name}"))
        if amount is not None and of == currency:
            return -amount if text(detail, "CdtDbtInd") == "DBIT" else amount
    return None


def _amount(element: Element | None) -> tuple[Decimal | None, str]:
    if element is None:
        return None, ""
    return _decimal((element.text or "").strip()), element.get("Ccy", "").strip().upper()


def _decimal(written: str) -> Decimal | None:
    """An amount as XML writes one: no exponent, no infinity."""
    return Decimal(written) if _PLAIN.fullmatch(written) else None


def _status(element: Element) -> str:
    return text(element, "Sts/{*}Cd") or text(element, "Sts")


def _day(element: Element) -> date | None:
    for name in ("BookgDt/{*}Dt", "BookgDt/{*}DtTm", "ValDt/{*}Dt", "ValDt/{*}DtTm"):
        found = text(element, name)[:10]
        try:
            return date.fromisoformat(found)
        except ValueError:
            continue
    return None


def text(element: Element, path: str) -> str:
    """The text at a path below a camt element; empty where there is none."""
    return (element.findtext(f"{{*}}{path}") or "").strip()
