"""Prices, coverages, authorisations and help on the command line, in real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path

PRICES = (
    "code_system,code,description,amount,currency,valid_from,network,alike,description_sv\n"
    "CPT,70551,MRI of the brain,1000.00,USD,2026-01-01,,,Magnetkamera\n"
    "CPT,70551,MRI of the brain,700.00,USD,2026-01-01,blue,,\n"
    "NDC,1,Brand,90.00,USD,2026-01-01,,statin,\n"
    "NDC,2,Generic,20.00,USD,2026-01-01,,statin,\n"
    "NDC,3,Wrong,-20.00,USD,2026-01-01,,,\n"
)
CUSTOMERS = "customer_id,name,birth_date,phone,country,region\n1,Ada Lind,1980-02-28,+15035550142,US,CA\n"
COVERAGES = (
    "coverage_id,customer_id,payer_id,payer_name,starts_on,currency,deductible,coinsurance_percent,network,"
    "needs_authorisation\nC1,1,BH,Blue Harbor,2026-01-01,USD,100.00,20,blue,CPT:70551\n"
)
TOML = 'policy = "us+care"\n[creditor]\nname = "Elm"\ncountry = "US"\n'
X12 = """
[[payers]]
id = "BR"
eligibility = "x12"
number = "60054"
[claims]
npi = "1234567893"
tax_id = "12-3456789"
street = "12 Elm Street"
city = "Portland"
region = "OR"
postal_code = "97205-1234"
phone = "+15035550100"
sender_id = "KVITT01"
receiver_id = "CLEAR01"
receiver_name = "Clearing House"
"""


@pytest.fixture
def clinic(tmp_path: Path) -> Shell:
    """A price list, a customer and a coverage."""
    shell = Shell(tmp_path)
    for name, text in (
        ("prices.csv", PRICES),
        ("customers.csv", CUSTOMERS),
        ("coverages.csv", COVERAGES),
        ("kvitt.toml", TOML),
    ):
        (tmp_path / name).write_text(text)
    (imported,) = shell.json("prices", "import", "prices.csv")
    assert (imported["new"], imported["rejected"]) == (4, 1)
    assert shell("import", "customers.csv", "coverages.csv").returncode == 0
    shell.sign_in()
    return shell


def test_an_estimate_follows_an_authorisation(clinic: Shell) -> None:
    """Refused without it, shared out with it; what cannot be is told in a line."""
    (before,) = clinic.json("prices", "estimate", "1", "CPT:70551", "--on", "2026-11-24")
    assert (before["expected"], before["high"]) == (0, 22_000)
    assert clinic("authorisations", "ask", "1", "CPT:70551", "--on", "2026-11-24").returncode == 0
    (asked,) = clinic.json("authorisations", "list")
    assert (asked["state"], asked["coverage_id"]) == ("requested", "C1")
    grant = ("authorisations", "grant", "1", "--number", "BH-7", "--from", "2026-11-01", "--to", "2026-12-31")
    assert "granted as BH-7" in clinic(*grant).stdout
    assert "waits for no decision" in clinic(*grant).stderr
    (after,) = clinic.json("prices", "estimate", "1", "CPT:70551", "--on", "2026-11-24")
    assert after["expected"] == 22_000
    assert "forgone 300.00 USD" in clinic("prices", "estimate", "1", "CPT:70551", "--on", "2026-11-24").stdout
    assert "equivalent 70.00" in clinic("prices", "estimate", "1", "NDC:1", "--on", "2026-11-24").stdout
    assert "no price list has" in clinic("prices", "estimate", "1", "CPT:9").stderr
    assert clinic("prices", "estimate", "1", "CPT:9", "--on", "soon").returncode == 2


def test_coverages_are_asked_about(clinic: Shell) -> None:
    """Never asked is out of date; the register answers for a payer that nobody can ask."""
    (listed,) = clinic.json("eligibility", "list", "--attention")
    assert (listed["coverage_id"], listed["stale"], listed["check"]) == ("C1", True, None)
    assert "active" in clinic("eligibility", "check", "C1", "--on", "2026-11-24").stdout
    assert clinic.json("eligibility", "list", "--attention") == []
    assert "has not begun" in clinic("eligibility", "check", "C1", "--on", "2025-01-01").stdout
    assert "C9" in clinic("eligibility", "check", "C9").stderr


def test_aid_wants_one_decision(clinic: Shell) -> None:
    """An application that is not there, and a decision that is two or none, are refused."""
    assert clinic.json("aid", "list") == []
    assert "no application 1" in clinic("aid", "show", "1").stderr
    assert clinic("aid", "decide", "1").returncode == 2
    assert clinic("aid", "decide", "1", "--close", "lost").returncode == 2
    assert "no application 1" in clinic("aid", "decide", "1", "--close", "denied").stderr


def test_a_payer_is_asked_by_files(clinic: Shell) -> None:
    """What is asked waits, goes out in a 270, and is answered by a 271; what is nobody's is set aside."""
    (clinic.folder / "kvitt.toml").write_text(TOML + X12)
    members = COVERAGES.replace("starts_on,", "member_id,starts_on,").replace("Harbor,", "Harbor,M-1,")
    (clinic.folder / "more.csv").write_text(members.replace("C1,1,BH", "C2,1,BR"))
    assert clinic("import", "more.csv").returncode == 0
    assert "the answer comes later" in clinic("eligibility", "check", "C2").stdout
    (waits,) = [one for one in clinic.json("eligibility", "list") if one["coverage_id"] == "C2"]
    assert waits["asked_at"]
    assert clinic("eligibility", "export", "BR", "out.270").stdout == "out.270: file 1, 1 coverage\n"
    text = (clinic.folder / "out.270").read_text()
    assert "NM1*PR*2*Blue Harbor*****PI*60054~" in text
    assert clinic("eligibility", "export", "BR", "none.270").stdout == "no inquiry to BR is waiting\n"
    (again,) = clinic.json("eligibility", "export", "BR", "again.270", "--file", "1")
    assert (again["coverages"], (clinic.folder / "again.270").read_text()) == (["C2"], text)
    answer = text.replace("*270*", "*271*").replace("GS*HS", "GS*HB").replace("TRN*1*", "TRN*2*")
    (clinic.folder / "in.271").write_text(answer.replace("EQ*30", "EB*1**30"))
    done = clinic("eligibility", "import", "in.271")
    assert done.stdout == "kept 1, refused 0, duplicates 0\n"
    (counts,) = clinic.json("eligibility", "import", "in.271")
    assert (counts["kept"], counts["duplicates"], counts["aside"]) == (0, 1, [])
    (said,) = [one for one in clinic.json("eligibility", "list") if one["coverage_id"] == "C2"]
    assert (said["check"]["result"], said["check"]["source"], said["asked_at"]) == ("active", "x12", None)
    refused = clinic("eligibility", "import", "more.csv")
    assert (refused.returncode, "this is no X12 file" in refused.stderr) == (1, True)
