"""A claim with all data that a claim file needs; minor units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing.payers.claims import ClaimState

if TYPE_CHECKING:
    from datetime import date

    from billing.payers.claims import Claim, PayerAnswer
    from billing.payers.coverage import PayerKind


@dataclass(frozen=True, slots=True)
class FiledPerson:
    """A person as payers know one."""

    id: str
    name: str
    birth_date: date | None = None
    street: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""

    @property
    def family(self) -> str:
        """The last word of the name."""
        return self.name.split()[-1] if self.name.split() else "UNKNOWN"

    @property
    def given(self) -> str:
        """What stands before the last word of the name."""
        return " ".join(self.name.split()[:-1])


@dataclass(frozen=True, slots=True)
class AskedPayer:
    """A payer as one claim meets it."""

    id: str
    name: str
    kind: PayerKind
    electronic_id: str = ""
    member_id: str = ""
    plan: str = ""

    @property
    def number(self) -> str:
        """What the payer is called in files."""
        return self.electronic_id or self.id


@dataclass(frozen=True, slots=True)
class Earlier:
    """A payer that was asked before, and what it answered."""

    payer: AskedPayer
    sequence: int
    claim: Claim
    answer: PayerAnswer


@dataclass(frozen=True, slots=True)
class Filing:
    """A claim to be written into a file; who is insured is the patient.

    ``original_reference`` is what the payer calls the claim that this one corrects or withdraws.
    """

    claim: Claim
    payer: AskedPayer
    patient: FiledPerson
    original_reference: str = ""
    earlier: tuple[Earlier, ...] = ()

    @property
    def frequency(self) -> str:
        """1 for a new claim, 7 for one that replaces another, 8 for one that is withdrawn."""
        if self.claim.state is ClaimState.VOID:
            return "8"
        return "7" if self.claim.replaces else "1"


@dataclass(frozen=True, slots=True)
class Filer:
    """Who files claims: the provider that bills, and how its files are addressed. A test until ``live``."""

    name: str
    npi: str
    tax_id: str
    street: str
    city: str
    region: str
    postal_code: str
    phone: str
    sender_id: str
    receiver_id: str
    receiver_name: str
    taxonomy: str = ""
    contact: str = ""
    country: str = "US"
    sender_qualifier: str = "ZZ"
    receiver_qualifier: str = "ZZ"
    place_of_service: str = "11"
    live: bool = False
