"""Questions about coverage and their answers, and what receivers say of files."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from billing.payers.claims import ClaimState
from billing.payers.filing import FiledPerson, Filer
from bot.claims import acknowledgements, x12
from bot.claims.acknowledgements import ClaimReceipt, FileReceipt, NoAcknowledgement
from bot.claims.x12_eligibility import (
    CoverageStatus,
    EligibilityAnswer,
    NoEligibility,
    X12Question,
    ask,
    read,
)
from storage.payers import claim_files
from tests.handlers.payers.clinic import Clinic
from tests.world import an_installation

if TYPE_CHECKING:
    from storage.database.transaction import Database

MADE = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FILER = Filer(
    "Elm Street Clinic", "1234567893", "12-3456789", "12 Elm Street", "Portland", "OR", "97205-1234",
    "+1 503 555 0100", "KVITT01", "CLEAR01", "Clearing House",
)  # fmt: skip
ADA = FiledPerson("1", "Ada Maria Lind", date(1980, 2, 28))


def _file(kind: str, group: str, version: str, *transactions: str) -> str:
    """An interchange around transactions; each is its segments, one a line."""
    parts = [
        x12.isa(("ZZ", "PAYER"), ("ZZ", "KVITT"), "2603021000", 5, live=False),
        f"GS*{group}*PAYER*KVITT*20260302*1000*5*X*{version}~",
    ]
    for number, one in enumerate(transactions, 1):
        lines = [f"{line}~" for line in one.strip().splitlines()]
        count = len(lines) + 2
        parts += [f"ST*{kind}*{number:04d}*{version}~", *lines, f"SE*{count}*{number:04d}~"]
    return "\n".join([*parts, f"GE*{len(transactions)}*5~", "IEA*1*000000005~"])


def _file_271(*transactions: str) -> str:
    return _file("271", "HB", "005010X279A1", *transactions)


def _read(*transactions: str) -> list[EligibilityAnswer]:
    """What payers say in a file that agrees with itself."""
    found, faults = read(_file_271(*transactions))
    assert faults == []
    return found


HEAD = """BHT*0022*11*T1*20260302*1000
HL*1**20*1
NM1*PR*2*BLUE RIVER*****PI*60054
HL*2*1*21*1
NM1*1P*2*ELM*****XX*1234567893"""
ACTIVE = f"""{HEAD}
HL*3*2*22*0
TRN*2*T1*9KVITT0100
NM1*IL*1*LIND*ADA****MI*M-1
DTP*346*D8*20260101
DTP*347*D8*20261231
EB*1*IND*30**GOLD PPO
EB*C*IND*30***23*1500****W
EB*C*IND*30***29*250.5****Y
EB*C*FAM*30***29*9999
EB*C*IND*30***29*4000*****N
EB*G*IND*30***23*6000
EB*G*IND*30***29*3200
EB*A*IND*98^33***27**.2
EB*B*IND*98***27*25
EB*B*IND*86***27*300
EB*I*IND*35"""


def test_a_question_says_who_about_whom_and_when() -> None:
    """Each person is a transaction of their own, with a trace that comes back."""
    questions = [
        X12Question("T1", "Blue River", "60054", "M-1", ADA, date(2026, 3, 5)),
        X12Question("T2", "Blue River", "60054", "M-2", FiledPerson("2", "Bo"), date(2026, 3, 5)),
    ]
    found = x12.read(ask(questions, FILER, 5, MADE))
    assert found.faults == []
    assert [one.kind for one in found.transactions] == ["270", "270"]
    first, second = (
        ["*".join(one.elements) for one in transaction.segments] for transaction in found.transactions
    )
    assert first[5:] == [
        "HL*3*2*22*0", "TRN*1*T1*9KVITT0100", "NM1*IL*1*Lind*Ada Maria****MI*M-1", "DMG*D8*19800228",
        "DTP*291*D8*20260305", "EQ*30",
    ]  # fmt: skip
    assert second[-1] == "EQ*30"
    assert not any(line.startswith("DMG") for line in second)


def test_an_answer_says_plan_period_and_what_is_left_to_pay() -> None:
    """Of all amounts those of the person, in the network and of the plan count; the rest is passed over."""
    assert _read(ACTIVE) == [
        EligibilityAnswer(
            "T1", "M-1", CoverageStatus.ACTIVE, "GOLD PPO", date(2026, 1, 1), date(2026, 12, 31),
            150000, 25050, 2500, 2000, 600000, 320000,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "status", "reasons"),
    [
        ("EB*6*IND*30", CoverageStatus.INACTIVE, ()),
        ("EB*6*IND*30\nEB*1*IND*98", CoverageStatus.ACTIVE, ()),
        ("EB*1*IND*98\nEB*6*IND*30", CoverageStatus.ACTIVE, ()),
        ("EB*V*IND*30", CoverageStatus.UNKNOWN, ()),
        ("AAA*N**75*C", CoverageStatus.UNKNOWN, ("75",)),
        ("AAA*Y**72*C\nAAA*N**73*C", CoverageStatus.UNKNOWN, ("72", "73")),
    ],
)
def test_each_standing_is_told(lines: str, status: CoverageStatus, reasons: tuple[str, ...]) -> None:
    """Active for anything is active; a person who was not found is unknown, with the payer's reason."""
    (one,) = _read(f"{HEAD}\nHL*3*2*22*0\nTRN*2*T1*9K\n{lines}")
    assert (one.status, one.reasons, one.trace) == (status, reasons, "T1")


def test_a_payer_that_cannot_answer_says_why() -> None:
    """Without any person in it, what the payer refused the question for is kept."""
    (one,) = _read("BHT*0022*11*T1*20260302*1000\nHL*1**20*0\nAAA*Y**42*R")
    assert (one.status, one.reasons) == (CoverageStatus.UNKNOWN, ("42",))


def test_several_people_and_periods() -> None:
    """A dependant under a subscriber, a range of days, a second transaction: each person once."""
    family = f"""{HEAD}
HL*3*2*22*1
NM1*IL*1*LIND*ADA****MI*M-1
HL*4*3*23*0
TRN*2*T7*9K
NM1*03*1*LIND*KID
DTP*291*RD8*20260101-20260630
EB*1**30"""
    found = _read(family, ACTIVE)
    assert [(one.trace, one.member_id, one.status) for one in found] == [
        ("T7", "M-1", CoverageStatus.ACTIVE), ("T1", "M-1", CoverageStatus.ACTIVE),
    ]  # fmt: skip
    assert (found[0].starts_on, found[0].ends_on) == (date(2026, 1, 1), date(2026, 6, 30))


def test_what_cannot_be_read_is_set_aside_and_the_rest_is_kept() -> None:
    """A share above one, a day that is none: told with their places; nothing of them counts."""
    lines = "EB*1**30\nEB*A**30*****20\nEB*A**30*****x\nEB*B**30****2O\nDTP*346*D8*20261301"
    (one,) = _read(f"{HEAD}\nHL*3*2*22*0\nTRN*2*T1*9K\n{lines.replace('****2O', '***27*2O')}")
    assert one.status is CoverageStatus.ACTIVE
    assert (one.coinsurance, one.copay, one.starts_on) == (None, None, None)
    assert [reason.split(":")[0] for _, reason in one.aside] == ["EB08", "EB08", "EB07", "DTP03"]


def test_other_files_are_refused() -> None:
    """What is no 271, or does not agree with itself, is not taken for an answer."""
    with pytest.raises(NoEligibility, match="the file holds 270, and no 271"):
        read(ask([X12Question("T1", "B", "1", "M", ADA, date(2026, 3, 5))], FILER, 5, MADE))
    _, faults = read(_file_271(ACTIVE).replace("SE*24*", "SE*9*").replace("SE*23*", "SE*9*"))
    assert "it counts 9" in faults[0]


ACCEPTED = "AK1*HC*7*005010X222A1\nAK2*837*0001\nIK5*A\nAK9*A*1*1*1"
REFUSED = "AK1*HC*8*005010X222A1\nAK2*837*0001\nIK3*CLM*22**8\nIK4*2*782*1\nIK5*R*5\nAK9*R*1*1*0"
CLAIMS = """BHT*0085*08*T*20260302*1000*TH
HL*1**20*1
TRN*1*X
HL*2*1*21*1
TRN*2*BATCH
STC*A1:19*20260302*WQ*100
HL*3*2*19*1
HL*4*3*PT
NM1*QC*1*LIND*ADA
TRN*2*C1-1
STC*A2:20*20260302*WQ*120
REF*1K*ICN-7
HL*5*3*PT
TRN*2*C2-1
STC*A7:562*20260302*U*120"""


def test_a_999_and_a_277ca_are_read() -> None:
    """Files by their number, with the places that were wrong; claims by ours, with the payer's codes."""
    text = _file("999", "FA", "005010X231A1", ACCEPTED, REFUSED)
    files, claims = acknowledgements.read(text)
    assert claims == []
    assert files == [
        FileReceipt(7, "accepted"),
        FileReceipt(8, "rejected", ("segment 22 (CLM) has error 8", "element 2 has error 1")),
    ]
    files, claims = acknowledgements.read(_file("277", "HN", "005010X214", CLAIMS))
    assert files == []
    receipts = [one for one in claims if one.claim_key.startswith("C")]
    assert [(one.claim_key, one.accepted, one.their_reference, one.codes) for one in receipts] == [
        ("C1-1", True, "ICN-7", ("A2:20",)), ("C2-1", False, "", ("A7:562",)),
    ]  # fmt: skip
    assert isinstance(receipts[0], ClaimReceipt)
    with pytest.raises(NoAcknowledgement, match="the file holds 271, and no 999 or 277"):
        acknowledgements.read(_file_271(ACTIVE))


def test_a_claim_that_was_not_taken_in_comes_before_the_desk(database: Database) -> None:
    """No payer will answer it: the desk is told why; the file's own number gets the verdict."""
    clinic = Clinic(database, an_installation("us"))
    clinic.customer()
    clinic.covered("acme")
    (claim,) = clinic.unbilled(12000)
    clinic.does("file", claim.key)
    with database.write() as session:
        number = claim_files.begin(session, "acme", "x12", "rita", clinic.now)
    receipt = ACCEPTED.replace("HC*7", f"HC*{number}")
    answer = _file("999", "FA", "005010X231A1", receipt, REFUSED)
    kept = acknowledgements.import_acknowledgements(database, clinic.installation, answer, clinic.clock)
    assert kept.files == {str(number): "accepted"}
    assert kept.notes[0] == "file 8: no file of claims has this number"
    with database.read() as session:
        file = claim_files.find(session, number)
    assert file
    assert file.acknowledgement == "accepted"
    text = _file("277", "HN", "005010X214", CLAIMS.replace("C2-1", claim.key))
    kept = acknowledgements.import_acknowledgements(database, clinic.installation, text, clinic.clock)
    assert kept.refused == [claim.key]
    assert clinic.cases() == [f"claim:{claim.key}:refused"]
    assert clinic.claim(claim.key).state is ClaimState.SENT
    assert any("'C1-1'" in note for note in kept.notes) or claim.key == "C1-1"
