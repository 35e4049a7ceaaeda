"""Writes camt files for tests: entries with details, totals and balances as a bank would."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

ACCOUNT = "SE3550000000054910000003"


@dataclass
class Detail:
    """One payment of an entry."""

    amount: str
    reference: str = ""
    text: str = ""
    payer: str = "Ada Lind"
    end_to_end: str = ""
    bank_id: str = ""
    original: str = ""
    """The end-to-end id of what it takes back."""

    def xml(self, currency: str, version: int) -> str:
        """As a bank writes it."""
        refs = "".join(
            f"<{name}>{value}</{name}>"
            for name, value in (
                ("AcctSvcrRef", self.bank_id),
                ("EndToEndId", self.end_to_end or "NOTPROVIDED"),
            )
            if value
        )
        if version == 2:
            amount = f'<AmtDtls><TxAmt><Amt Ccy="{currency}">{self.amount}</Amt></TxAmt></AmtDtls>'
            payer = f"<Dbtr><Nm>{self.payer}</Nm></Dbtr>"
        else:
            amount = f'<Amt Ccy="{currency}">{self.amount}</Amt>'
            payer = f"<Dbtr><Pty><Nm>{self.payer}</Nm></Pty></Dbtr>"
        text = f"<Ustrd>{self.text}</Ustrd>" if self.text else ""
        strd = f"<Strd><CdtrRefInf><Ref>{self.reference}</Ref></CdtrRefInf></Strd>" if self.reference else ""
        back = (
            f"<RtrInf><OrgnlBkTxCd/><Rsn><Cd>AC04</Cd></Rsn></RtrInf>"
            f"<Refs2><OrgnlEndToEndId>{self.original}</OrgnlEndToEndId></Refs2>"
            if self.original
            else ""
        )
        return (
            f"<TxDtls><Refs>{refs}</Refs>{amount}<RltdPties>{payer}</RltdPties>"
            f"<RmtInf>{text}{strd}</RmtInf>{back}</TxDtls>"
        )


@dataclass
class Entry:
    """One entry; its amount is that of its details unless told."""

    details: list[Detail] = field(default_factory=list)
    amount: str = ""
    bank_id: str = ""
    day: str = "2026-03-02"
    direction: str = "CRDT"
    status: str = "BOOK"
    reversal: bool = False
    currency: str = "USD"
    batch: int = 0

    @property
    def total(self) -> Decimal:
        """What it moves."""
        return (
            Decimal(self.amount)
            if self.amount
            else sum((Decimal(one.amount) for one in self.details), Decimal(0))
        )

    def xml(self, version: int) -> str:
        """As a bank writes it."""
        status = f"<Sts>{self.status}</Sts>" if version == 2 else f"<Sts><Cd>{self.status}</Cd></Sts>"
        ref = f"<AcctSvcrRef>{self.bank_id}</AcctSvcrRef>" if self.bank_id else ""
        batch = f"<Btch><NbOfTxs>{self.batch}</NbOfTxs></Btch>" if self.batch else ""
        inner = batch + "".join(one.xml(self.currency, version) for one in self.details)
        return (
            f'<Ntry><Amt Ccy="{self.currency}">{self.total}</Amt><CdtDbtInd>{self.direction}</CdtDbtInd>'
            f"<RvslInd>{str(self.reversal).lower()}</RvslInd>{status}"
            f"<BookgDt><Dt>{self.day}</Dt></BookgDt>{ref}<NtryDtls>{inner}</NtryDtls></Ntry>"
        )


def camt(
    entries: list[Entry], kind: int = 53, version: int = 8, *, totals: bool = True, closing: str = ""
) -> str:
    """A whole file; ``closing`` replaces the closing balance that its entries make."""
    body, report = ("BkToCstmrStmt", "Stmt") if kind == 53 else ("BkToCstmrDbtCdtNtfctn", "Ntfctn")
    signed = [one.total if one.direction == "CRDT" else -one.total for one in entries if one.status == "BOOK"]
    end = Decimal(closing) if closing else Decimal(100) + sum(signed)
    balances = _balance("OPBD", Decimal(100)) + _balance("CLBD", end) if kind == 53 else ""
    every = sum((one.total for one in entries), Decimal(0))
    summary = (
        f"<TxsSummry><TtlNtries><NbOfNtries>{len(entries)}</NbOfNtries><Sum>{every}</Sum></TtlNtries></TxsSummry>"
        if totals
        else ""
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.0{kind}.001.0{version}"><{body}>'
        f"<GrpHdr><MsgId>M1</MsgId></GrpHdr><{report}><Id>S1</Id>"
        f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>USD</Ccy></Acct>{balances}{summary}"
        + "".join(one.xml(version) + "\n" for one in entries)
        + f"</{report}></{body}></Document>"
    )


def _balance(code: str, amount: Decimal) -> str:
    sign = "DBIT" if amount < 0 else "CRDT"
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="USD">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2026-03-02</Dt></Dt></Bal>"
    )
