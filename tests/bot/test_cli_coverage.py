"""Prices, coverages, authorisations and help on the command line, in real processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bot.test_cli import Shell

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
    (told,) = shell.json("prices", "import", "prices.csv")
    assert (told["new"], told["rejected"]) == (4, 1)
    assert shell("import", "customers.csv", "coverages.csv").returncode == 0
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
