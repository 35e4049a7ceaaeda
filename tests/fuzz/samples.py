"""Sound files and messages, one of each kind that Kvitt reads; the fuzz damages them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

from billing.payers.claims import Adjustment, AdjustmentGroup, ClaimVerdict
from billing.payers.remittance import ClaimPaid, PayerRemittance, ServicePaid
from bot.claims import x12
from tests.bot.claims.x12_texts import written
from tests.bot.importing.camt_rig import Entry, camt
from tests.bot.importing.mt940_rig import Line, Statement, mt940

if TYPE_CHECKING:
    from collections.abc import Mapping

_DAY: Final = date(2026, 3, 2)
NOW: Final = datetime(2026, 3, 2, 18, tzinfo=UTC)
_ADJUSTED = (Adjustment(AdjustmentGroup.CONTRACT, "45", 2000), Adjustment(AdjustmentGroup.PATIENT, "1", 1000))
_VISIT = ServicePaid(12000, 9000, "99213", "", 1, _DAY, _ADJUSTED, ("N14",))
_PAID = ClaimPaid("", "C1-1", "", ClaimVerdict.PAID, 12000, 9000, (), (_VISIT,), (), "THEIRS-1")


def remittance() -> bytes:
    """An 835 of a payer."""
    return written(
        PayerRemittance("x835", "Blue River", "60054", "USD", _DAY, "T1", 9000, "ACH", [_PAID])
    ).encode()


def bank_file(kind: int, version: int) -> bytes:
    """A camt.053 or camt.054."""
    return camt([Entry(amount="10.00"), Entry(amount="7.50", direction="DBIT")], kind, version).encode()


MT940_FILE: Final = mt940(
    Statement([Line("10,00", "166?00G?20EREF+E1?21SVWZ+B-1?32LIND"), Line("7,50", "/REMI/x/", way="D")])
).encode()
"""An MT940 with a numbered and a coded text."""


def x12_file(kind: str, group: str, version: str, transaction: str) -> bytes:
    """An interchange around one transaction."""
    body = [f"{line}~" for line in transaction.strip().splitlines()]
    parts = [
        x12.isa(("ZZ", "PAYER"), ("ZZ", "KVITT"), "2603021000", 5, live=False),
        f"GS*{group}*PAYER*KVITT*20260302*1000*5*X*{version}~",
        f"ST*{kind}*0001*{version}~",
        *body,
        f"SE*{len(body) + 2}*0001~",
        "GE*1*5~",
        "IEA*1*000000005~",
    ]
    return "\n".join(parts).encode()


ELIGIBILITY_ANSWER: Final = """BHT*0022*11*1*20260302*1000
HL*1**20*1
NM1*PR*2*BLUE RIVER*****PI*60054
HL*2*1*21*1
NM1*1P*2*ELM STREET CLINIC*****XX*1234567893
HL*3*2*22*0
TRN*2*Q1*9KVITT
NM1*IL*1*LIND*ADA****MI*M-1
DMG*D8*19800228
DTP*346*D8*20260101
EB*1**30
EB*C*IND*30***23*500.00"""
FILE_RECEIPT: Final = """AK1*HC*5*005010X222A1
AK2*837*0001*005010X222A1
IK5*A
AK9*A*1*1*1"""
CLAIM_RECEIPT: Final = """BHT*0085*08*1*20260302*1000*TH
HL*1**20*1
NM1*PR*2*BLUE RIVER*****PI*60054
HL*2*1*21*1
NM1*41*2*ELM STREET CLINIC*****46*KVITT01
HL*3*2*19*1
NM1*85*2*ELM STREET CLINIC*****XX*1234567893
HL*4*3*PT
NM1*QC*1*LIND*ADA****MI*M-1
TRN*2*C1-1
STC*A2:20:PR*20260302*WQ*120"""

CSV_FILES: Final[Mapping[str, str]] = {
    "customers": "customer_id,name,birth_date,phone,email,language,country,region,address,postal_code,city,sms_consent_on,"
    "sms_consent_basis,guarantor_id,died_on\nC-1,Ada Lind,1984-02-28,+15035550142,ada@elm.example,en,US,CA,1 Elm,97205,Salem,"
    "2026-01-05,signed form,,\nC-2,Bo Tran,2016-06-14,,,sv,SE,,,,,,,C-1,\n",
    "bills": "bill_id,customer_id,issued_on,due_on,currency,amount,description\nB-1,C-1,2026-01-06,2026-02-05,USD,180.00,Visit\n"
    'B-2,C-2,2026-01-06,2026-02-05,JPY,95,"Clean, ""deep"""\n',
    "charges": "charge_id,bill_id,service_on,description,unit_amount,quantity\nL-1,B-1,2026-01-02,X-ray,90.00,2\n",
    "coverages": "coverage_id,customer_id,payer_id,payer_name,member_id,starts_on,ends_on\nV-1,C-1,blue,Blue River,M555,2026-01-01,\n",
    "services": "service_id,customer_id,service_on,code_system,code,description,quantity\nS-1,C-1,2026-02-01,CPT,99213,Visit,1\n",
}
PAYMENTS: Final = "payment_id,reference,currency,amount,paid_on,method\nP-1,B-1,USD,10.00,2026-03-01,bank\nP-2,,SEK,-5,2026-03-01,\n"
PAYER_ANSWERS: Final = "answer_id,claim_key,verdict,currency,asked,paid,answered_on,position,adjustments\nA-1,C1-1,paid,USD,120.00,90.00,2026-03-02,1,CO-45:30.00\ntotal,,,USD,,90.00,,,\n"
PRICES: Final = "code_system,code,description,currency,amount,valid_from,valid_to,description_es\nCPT,99213,Visit,USD,120.00,2026-01-01,,Visita\n"

FHIR_BUNDLE: Final[dict[str, Any]] = {
    "resourceType": "Bundle",
    "type": "transaction",
    "entry": [
        {
            "fullUrl": "urn:uuid:p1",
            "resource": {
                "resourceType": "Patient",
                "id": "p1",
                "birthDate": "1980-02-28",
                "deceasedBoolean": False,
                "name": [{"family": "Lind", "given": ["Ada"]}],
                "meta": {"lastUpdated": "2026-01-01T10:00:00Z"},
                "telecom": [
                    {
                        "system": "phone",
                        "value": "+15035550142",
                        "use": "mobile",
                        "rank": 1,
                        "period": {"end": "2027-01-01"},
                    }
                ],
                "address": [
                    {
                        "line": ["1 Elm"],
                        "city": "Salem",
                        "state": "OR",
                        "country": "US",
                        "postalCode": "97205",
                    }
                ],
                "communication": [{"language": {"coding": [{"code": "en-US"}]}}],
            },
        },
        {
            "fullUrl": "urn:uuid:c1",
            "resource": {
                "resourceType": "Claim",
                "id": "c1",
                "status": "active",
                "patient": {"reference": "urn:uuid:p1"},
                "billablePeriod": {"start": "2026-01-01T10:00:00Z", "end": "2026-01-01T11:00:00Z"},
                "created": "2026-01-02T10:00:00Z",
                "insurance": [{"sequence": 1, "focal": True, "coverage": {"display": "Blue"}}],
                "item": [
                    {
                        "sequence": 1,
                        "productOrService": {"text": "Visit"},
                        "net": {"value": 120.0, "currency": "USD"},
                    }
                ],
                "total": {"value": 120.0, "currency": "USD"},
            },
        },
        {
            "fullUrl": "urn:uuid:e1",
            "resource": {
                "resourceType": "ExplanationOfBenefit",
                "id": "e1",
                "claim": {"reference": "urn:uuid:c1"},
                "outcome": "complete",
                "payment": {"amount": {"value": 90.0, "currency": "USD"}, "date": "2026-02-01"},
                "total": [
                    {
                        "category": {"coding": [{"code": "benefit"}]},
                        "amount": {"value": 90.0, "currency": "USD"},
                    }
                ],
                "item": [
                    {
                        "sequence": 1,
                        "adjudication": [
                            {"category": {"coding": [{"code": "submitted"}]}, "amount": {"value": 120.0}}
                        ],
                    }
                ],
            },
        },
        {
            "resource": {
                "resourceType": "Coverage",
                "id": "v1",
                "beneficiary": {"reference": "urn:uuid:p1"},
                "subscriberId": "M1",
                "payor": [{"display": "Blue"}],
                "period": {"start": "2026-01-01"},
                "status": "active",
            },
        },
    ],
}
FHIR_COVERAGE: Final[dict[str, Any]] = {
    "resourceType": "CoverageEligibilityResponse",
    "outcome": "complete",
    "disposition": "fine",
    "insurance": [
        {
            "inforce": True,
            "item": [
                {
                    "benefit": [
                        {
                            "type": {"coding": [{"code": "deductible"}]},
                            "allowedMoney": {"value": 500, "currency": "USD"},
                            "usedMoney": {"value": 20, "currency": "USD"},
                        }
                    ]
                }
            ],
        }
    ],
    "error": [],
}
FHIR_ANSWER: Final[dict[str, Any]] = {
    "resourceType": "ClaimResponse",
    "id": "r1",
    "outcome": "complete",
    "created": "2026-03-02",
    "request": {"reference": "Claim/C1-1"},
    "identifier": [{"value": "R1"}],
    "item": [
        {
            "itemSequence": 1,
            "adjudication": [
                {"category": {"coding": [{"code": "benefit"}]}, "amount": {"value": 90.0, "currency": "USD"}}
            ],
        }
    ],
    "payment": {
        "amount": {"value": 90.0, "currency": "USD"},
        "date": "2026-03-02",
        "identifier": {"value": "T1"},
    },
    "total": [
        {"category": {"coding": [{"code": "submitted"}]}, "amount": {"value": 120.0, "currency": "USD"}}
    ],
}
UPDATE: Final[dict[str, Any]] = {
    "update_id": 10,
    "message": {
        "message_id": 5,
        "date": 1772474400,
        "text": "/start abc",
        "chat": {"id": 77, "type": "private", "first_name": "Ada"},
        "from": {"id": 77, "is_bot": False, "first_name": "Ada", "language_code": "en"},
        "entities": [{"type": "bot_command", "offset": 0, "length": 6}],
    },
}
PRESSED: Final[dict[str, Any]] = {
    "update_id": 11,
    "callback_query": {
        "id": "1",
        "data": "yes",
        "chat_instance": "x",
        "from": {"id": 77, "is_bot": False, "first_name": "Ada"},
        "message": {"message_id": 6, "date": 1772474400, "text": "?", "chat": {"id": 77, "type": "private"}},
    },
}
SHARED: Final[dict[str, Any]] = {
    "update_id": 12,
    "edited_message": {
        "message_id": 5,
        "date": 1772474400,
        "edit_date": 1772474401,
        "chat": {"id": 77, "type": "private"},
        "contact": {"phone_number": "+15035550142", "first_name": "Ada", "user_id": 77},
        "caption": "x",
        "photo": [],
        "from": {"id": 77, "is_bot": False, "first_name": "Ada"},
    },
}
TEXT_FORM: Final[dict[str, str]] = {
    "MessageSid": "SM1",
    "From": "+15035550142",
    "To": "+15035550100",
    "Body": "hello",
    "NumMedia": "0",
    "ProfileName": "Ada",
    "OptOutType": "",
    "ButtonPayload": "",
    "OriginalRepliedMessageSid": "",
}
STATUS_FORM: Final[dict[str, str]] = {
    "MessageSid": "SM1",
    "From": "+15035550100",
    "To": "whatsapp:+15035550142",
    "MessageStatus": "undelivered",
    "ErrorCode": "30003",
}
STRIPE_EVENT: Final[dict[str, Any]] = {
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "created": 1772474400,
    "livemode": False,
    "data": {
        "object": {
            "id": "cs_1",
            "object": "checkout.session",
            "amount_total": 1000,
            "currency": "usd",
            "payment_status": "paid",
            "payment_intent": "pi_1",
            "metadata": {"bill": "B1"},
            "client_reference_id": "B1",
            "created": 1772474400,
        }
    },
}
DISPUTE_EVENT: Final[dict[str, Any]] = {
    "id": "evt_2",
    "object": "event",
    "type": "charge.dispute.closed",
    "created": 1772474400,
    "data": {
        "object": {
            "id": "dp_1",
            "object": "dispute",
            "amount": 1000,
            "currency": "usd",
            "payment_intent": "pi_1",
            "status": "lost",
            "charge": "ch_1",
            "reason": "fraudulent",
            "created": 1772474000,
            "balance_transactions": [{"amount": -1000, "fee": 1500, "currency": "usd"}],
        }
    },
}
EMAIL: Final = b"""From: Ada Lind <ada@elm.example>\r\nTo: bills@clinic.example\r\nSubject: Re: Your bill\r\nMessage-ID: <1@elm.example>\r
In-Reply-To: <k1@clinic.example>\r\nDate: Mon, 2 Mar 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r\n\r\nWhat do I owe=3F\r\n> On Monday you wrote\r\n--b\r\nContent-Type: text/html\r\n\r
<p>What do I owe?</p>\r\n--b--\r\n"""
BOUNCE: Final = b"""From: mailer-daemon@elm.example\r\nTo: bills@clinic.example\r\nSubject: failed\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nfailed\r\n--b\r
Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; ada@elm.example\r\nAction: failed\r
Status: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <k1@clinic.example>\r\n\r\nhi\r\n--b--\r\n"""
MAPPING: Final = b"""encoding = "cp1252"\ndelimiter = ";"\ndecimal = ","\nthousands = " "\ndates = "DD.MM.YYYY"\n[bills]\nfiles = "f*.txt"\n[bills.columns]
bill_id = "No"\ncustomer_id = { column = "Who", pattern = '^(\\d+)' }\nissued_on = "Day"\ndue_on = "Due"\ncurrency = { always = "SEK" }\namount = "Sum"\n"""
"""A mapping of another system's export, as ``kvitt import --map`` reads it."""
SETTINGS: Final = b"""database_url = "sqlite:///kvitt.db"\npolicy = "us"\nsending = "live"\n[creditor]\nname = "Elm"\nphone = "+1 503 555 0100"\n"""
POLICY: Final = b"""extends = "us"\n[payments]\nthanks_days = 3\n"""
