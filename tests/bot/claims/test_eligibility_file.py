"""Coverages are asked about by a 270, and a 271 finds the coverage that each of its answers is about."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from billing.payers.eligibility import EligibilityResult
from bot.claims import eligibility_file, x12
from bot.claims.release import NobodyFiles
from bot.claims.x12_check import faults
from bot.claims.x12_eligibility import EnvelopesDiffer
from bot.payers.x12_eligibility import asks_by_file
from handlers.import_results import UnknownPayer
from handlers.payers import asking, eligibility, filing, receipts
from handlers.people import register
from handlers.people.register import Coverage, Payer
from storage import tables
from tests.bot.claims.test_x12_others import FILER
from tests.handlers.payers.clinic import REP, Clinic
from tests.world import an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from bot.claims.eligibility_file import AnswersKept
    from handlers.payers.asking import QuestionFile
    from storage.database.transaction import Database

HEAD = """BHT*0022*11*{trace}*20260302*1000
HL*1**20*1
NM1*PR*2*BLUE RIVER*****PI*60054
HL*2*1*21*1
NM1*1P*2*ELM*****XX*1234567893
HL*3*2*22*0
TRN*2*{trace}*9KVITT0100
NM1*IL*1*LIND*ADA****MI*{member}"""


@dataclass
class Office:
    """A clinic whose payer is asked by files, and a folder for them."""

    clinic: Clinic
    folder: Path

    def asks(self, *coverages: str, on: date | None = None) -> None:
        """Somebody wants to know whether coverages hold."""
        day = on or self.clinic.now.date()
        for one in coverages:
            said = eligibility.check(
                self.clinic.database, self.clinic.installation, one, day, self.clinic.clock
            )
            assert said is None

    def exports(self, *, everything: bool = False) -> QuestionFile:
        """What is to be asked goes into a file."""
        write = eligibility_file.writer(
            FILER, "60054", self.clinic.now, self.clinic.installation.creditor.zone
        )
        with self.clinic.database.write() as session:
            return asking.export(self.clinic.context(session), "blue", REP, write, everything=everything)

    def imports(self, *answers: str, control: int = 5, counted: int = 0, anyway: bool = False) -> AnswersKept:
        """A 271 with a transaction for each answer comes."""
        parts = [
            x12.isa(("ZZ", "PAYER"), ("ZZ", "KVITT"), "2603021000", control, live=False),
            f"GS*HB*PAYER*KVITT*20260302*1000*{control}*X*005010X279A1~",
        ]
        for number, one in enumerate(answers, 1):
            lines = [f"{line}~" for line in one.splitlines()]
            parts += [f"ST*271*{number:04d}*005010X279A1~", *lines, f"SE*{len(lines) + 2}*{number:04d}~"]
        parts += [f"GE*{counted or len(answers)}*{control}~", f"IEA*1*{control:09d}~"]
        file = self.folder / "answers.271"
        file.write_text("\n".join(parts))
        clinic = self.clinic
        return eligibility_file.import_answers(
            clinic.database, clinic.installation, file, clinic.clock, anyway=anyway
        )

    def said(self, coverage_id: str) -> list[tables.EligibilityCheck]:
        """Every answer about a coverage, the newest first."""
        with self.clinic.database.read() as session:
            row = tables.EligibilityCheck
            found = list(
                session.scalars(select(row).where(row.coverage_id == coverage_id).order_by(row.id.desc()))
            )
            session.expunge_all()
        return found

    def waits(self) -> list[str]:
        """The coverages that wait for an answer."""
        found = eligibility.listed(self.clinic.database, self.clinic.installation, self.clinic.clock)
        return [one.coverage_id for one in found if one.asked_at]


def answer(number: int, *lines: str, member: str = "") -> str:
    """What a payer says to one question."""
    head = HEAD.format(trace=f"Q{number}", member=member or f"M-{number}")
    return "\n".join((head, *lines))


def older(text: str) -> str:
    """A 270 as the guide before wrote it (004010X092A1), whose map pyx12 has; of ours it has none.

    The guides differ in the versions, the separator of repetitions, ST03, and the qualifier of the day.
    """
    text = text.replace("*^*00501*", "*U*00401*").replace("DTP*291*", "DTP*307*")
    return re.sub(r"(ST\*270\*\d+)\*005010X279A1", r"\1", text).replace("005010X279A1", "004010X092A1")


@pytest.fixture
def office(database: Database, tmp_path: Path) -> Office:
    """Two people with a coverage by a payer that answers by file, and a third without a member id."""
    clinic = Clinic(database, replace(an_installation("us"), eligibility={"blue": asks_by_file}))
    payer = Payer("blue", "Blue River", "insurer")
    for number, (name, member) in enumerate((("ada", "M-1"), ("eve", "M-2"), ("bo", "")), 1):
        clinic.customer(name, phone=f"+1503555018{number}")
        with database.write() as session:
            one = Coverage(f"V{number}", name, payer, member, 1, date(2026, 1, 1))
            register.add_coverage(session, one)
    return Office(clinic, tmp_path)


def test_what_waits_goes_out_in_one_file_that_keeps_to_the_guide(office: Office) -> None:
    """Each question once, under a name that comes back; who has no member id cannot be asked about."""
    office.asks("V1", "V2", "V3")
    office.asks("V1")
    assert office.waits() == ["V1", "V2", "V3"]
    made = office.exports()
    assert made.coverages == ["V1", "V2"]
    assert made.aside == ["coverage V3 has no member id; ask the person for their card"]
    assert faults(older(made.text)) == []
    assert faults(older(made.text).replace("EQ*30", "EQ*"))
    assert faults(older(made.text).replace("NM1*IL*", "NM1*PR*"))
    found = x12.read(made.text)
    assert [one.segments[0][3] for one in found.transactions] == ["Q1", "Q2"]
    assert {one.interchange_control for one in found.transactions} == {f"{made.number:09d}"}
    assert office.exports().text == ""
    again = office.exports(everything=True)
    assert (again.coverages, again.number > made.number) == (["V1", "V2"], True)
    with office.clinic.database.read() as session:
        assert asking.again(session, "blue", made.number).text == made.text
        with pytest.raises(filing.NoSuchFile, match="--again 99"):
            asking.again(session, "blue", 99)
        with pytest.raises(filing.NoSuchFile):
            filing.again(session, "blue", made.number)
    with pytest.raises(NobodyFiles):
        eligibility_file.writer(None, "", office.clinic.now, office.clinic.installation.creditor.zone)
    with office.clinic.database.write() as session, pytest.raises(UnknownPayer):
        asking.export(office.clinic.context(session), "nobody", REP, lambda *_: "")


def test_a_file_that_was_not_taken_in_is_asked_anew(office: Office) -> None:
    """The receiver's 999 says so: its questions stand in the next file."""
    office.asks("V1")
    made = office.exports()
    with office.clinic.database.write() as session:
        assert receipts.of_file(office.clinic.context(session), made.number, "rejected")
    assert office.exports().coverages == ["V1"]
    assert office.exports().coverages == []


def test_each_answer_is_kept_at_its_coverage(office: Office) -> None:
    """With source, time, and what is left to pay; the same file again changes nothing."""
    office.asks("V1", "V2")
    office.exports()
    office.clinic.later(days=1)
    active = answer(1, "DTP*346*D8*20260101", "EB*1*IND*30**GOLD PPO", "EB*C*IND*30***29*250.5****Y")
    inactive = answer(2, "EB*6*IND*30")
    found = office.imports(active, inactive)
    assert (found.kept, found.refused, found.duplicates, found.aside) == (2, 0, 0, [])
    (one,) = office.said("V1")
    assert (one.result, one.source, one.checked_at) == (EligibilityResult.ACTIVE, "x12", office.clinic.now)
    assert one.detail == {
        "plan": "GOLD PPO",
        "starts_on": "2026-01-01",
        "deductible": {"left": 25050, "currency": "USD"},
    }
    assert [one.result for one in office.said("V2")] == [EligibilityResult.INACTIVE]
    assert office.waits() == []
    twice = office.imports(active, inactive)
    assert (twice.kept, twice.duplicates) == (0, 2)
    assert len(office.said("V1")) == 1
    corrected = office.imports(answer(1, "EB*6*IND*30"), control=6)
    assert corrected.kept == 1
    assert [one.result for one in office.said("V1")] == [EligibilityResult.INACTIVE, EligibilityResult.ACTIVE]


def test_an_answer_counts_for_the_day_that_was_asked_about(office: Office) -> None:
    """Active, but ended before the day: it does not hold."""
    office.asks("V1")
    office.exports()
    ends = office.clinic.now.date() - timedelta(days=1)
    office.imports(answer(1, f"DTP*347*D8*{ends:%Y%m%d}", "EB*1*IND*30"))
    (one,) = office.said("V1")
    assert (one.result, one.reason) == (EligibilityResult.INACTIVE, f"it ended on {ends}")


def test_a_payer_that_cannot_tell_has_said_so(office: Office) -> None:
    """The reason is kept and told with its place; who could not answer just then has failed."""
    office.asks("V1", "V2")
    office.exports()
    later = "BHT*0022*11*Q2*20260302*1000\nHL*1**20*0\nAAA*Y**42*R"
    found = office.imports(answer(1, "AAA*N**75*C"), later)
    assert (found.kept, found.refused) == (2, 2)
    assert [one.reason for one in found.aside] == [
        "question Q1: the payer does not find the person (AAA 75)",
        "question Q2: the payer could not answer just then; ask again (AAA 42)",
    ]
    assert "segment 9 (HL)" in found.aside[0].where
    assert [one.result for one in office.said("V1")] == [EligibilityResult.UNKNOWN]
    assert [one.result for one in office.said("V2")] == [EligibilityResult.FAILED]
    assert sorted(one.key for one in office.clinic.queue()) == ["eligibility:V1", "eligibility:V2"]
    office.asks("V2")
    assert office.exports().coverages == ["V2"]


def test_what_is_nobodys_answer_is_set_aside(office: Office) -> None:
    """A question we never asked, another member, a part that cannot be read: told; the rest is kept."""
    office.asks("V1", "V2")
    office.exports()
    unread = answer(2, "EB*1*IND*30", "EB*A*IND*30*****20")
    found = office.imports(answer(9, "EB*1**30"), answer(1, "EB*1**30", member="M-7"), unread)
    assert (found.kept, office.waits()) == (1, ["V1"])
    rejects = (office.folder / "answers.271.rejects.csv").read_text()
    assert "no question 'Q9' was asked" in rejects
    assert "it is about member M-7, but question Q1 was about M-1 (coverage V1)" in rejects
    assert "EB08: '20' is no share" in rejects
    assert [line.split(": ")[1][:8] for line in found.lines(office.folder / "a")] == ["segment "] * 3


def test_an_answer_without_a_name_is_found_by_its_member(office: Office) -> None:
    """A payer that repeats nothing is understood where one question alone waits about the member."""
    office.asks("V1")
    office.exports()
    nameless = answer(1, "EB*1**30").replace("TRN*2*Q1*9KVITT0100\n", "").replace("*Q1*", "*THEIRS*")
    assert office.imports(nameless).kept == 1
    assert office.waits() == []


def test_totals_that_do_not_agree_keep_nothing(office: Office) -> None:
    """Unless somebody says to keep what can be read."""
    office.asks("V1")
    office.exports()
    with pytest.raises(
        EnvelopesDiffer, match=r"^\S+: .*it counts 9, there are 1; nothing was saved.*--partial"
    ):
        office.imports(answer(1, "EB*1**30"), counted=9)
    assert office.said("V1") == []
    found = office.imports(answer(1, "EB*1**30"), counted=9, anyway=True)
    assert (found.kept, len(found.notes)) == (1, 1)
