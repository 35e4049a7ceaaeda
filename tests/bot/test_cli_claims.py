"""Claims on the command line, in real processes: opened, filed, denied, appealed, answered, decided."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS = "customer_id,name,birth_date,phone,country,region\n1,Ada Lind,1980-02-28,+15035550142,US,CA\n"
COVERAGES = "coverage_id,customer_id,payer_id,payer_name,starts_on\nV1,1,acme,Acme Health,2026-01-01\n"
BILLS = "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,1,2026-09-01,2026-10-01,USD,600.00\n"
CHARGES = (
    "charge_id,bill_id,service_on,description,unit_amount,code_system,code\n"
    "B1-1,B1,2026-09-01,Visit,600.00,CPT,99213\n"
)


@pytest.fixture
def clinic(tmp_path: Path) -> Shell:
    """One insured customer with a bill of one charge."""
    shell = Shell(tmp_path)
    for name, text in (
        ("customers.csv", CUSTOMERS),
        ("coverages.csv", COVERAGES),
        ("bills.csv", BILLS),
        ("charges.csv", CHARGES),
    ):
        (tmp_path / name).write_text(text)
    assert shell("import", ".").returncode == 0
    shell.sign_in()
    return shell


def test_a_claim_is_worked_from_the_command_line(clinic: Shell) -> None:
    """Each step says what it did; what is refused is one clear line; the bill is held until the end."""
    assert "C100001-1 is ready: acme is asked for 600.00 USD" in clinic("claims", "open", "B1").stdout
    assert "no payer is left" in clinic("claims", "open", "B1").stdout
    assert clinic("claims", "file", "C100001-1", "--on", "2026-09-03", "--reference", "ICN7").returncode == 0
    assert [one["kind"] for one in clinic.json("holds", "list")] == ["claim_open"]
    denied = ("claims", "answer", "C100001-1", "--id", "E1", "--paid", "400", "--adjust", "CO:50:200.00")
    assert "answer E1 booked; it is denied" in clinic(*denied).stdout
    assert "answer E1 duplicate" in clinic(*denied).stdout
    shown = clinic("claims", "show", "C100001-1").stdout
    assert "proposed: appeal, 200.00 USD" in shown
    assert "CO-50 200.00" in shown
    refused = clinic("claims", "bill-person", "C100001-1")
    assert refused.returncode == 1
    assert "CO-50 20000 (minor units) was denied to us, not to the patient" in refused.stderr
    assert clinic("claims", "appeal", "C100001-1", "--reason", "notes attached").returncode == 0
    wrong = clinic("claims", "answer", "C100001-1", "--id", "E2", "--paid", "1")
    assert (
        "claim C100001-1, the claim as a whole: asked 60000, but paid and adjusted come to 100"
        in wrong.stderr
    )
    (won,) = clinic.json(
        "claims", "answer", "C100001-1", "--id", "E2", "--paid", "550", "--adjust", "PR:2:50.00"
    )
    assert (won["state"], won["their_reference"], won["bill"]["owed"]) == ("answered", "ICN7", 5000)
    assert clinic.json("claims", "list") == []
    (listed,) = clinic.json("claims", "list", "--all")
    assert (listed["key"], listed["amount"], listed["filed_on"]) == ("C100001-1", 60000, "2026-09-03")
    taken_back = clinic("claims", "answer", "C100001-1", "--id", "E3", "--verdict", "reversed")
    assert "answer E3 booked; it is sent" in taken_back.stdout
    assert json.loads(clinic("claims", "show", "C100001-1", "--json").stdout)["asked_now"] == 60000


def test_what_is_denied_is_resent_forgone_or_withdrawn(clinic: Shell) -> None:
    """A corrected claim takes the place of one; forgoing ends it; what is unknown is refused."""
    clinic("claims", "open", "B1")
    clinic("claims", "file", "C100001-1")
    clinic("claims", "answer", "C100001-1", "--id", "E1", "--adjust", "CO:16:600.00", "--verdict", "denied")
    assert "claim C100001-2 takes the place of C100001-1" in clinic("claims", "resend", "C100001-1").stdout
    clinic("claims", "file", "C100001-2")
    clinic("claims", "answer", "C100001-2", "--id", "E2", "--adjust", "CO:29:600.00", "--verdict", "denied")
    assert "is forgone" in clinic("claims", "forgo", "C100001-2", "--reason", "late").stdout
    (last,) = clinic.json("claims", "show", "C100001-2")
    assert (last["state"], last["bill"]["adjustments"], last["bill"]["owed"]) == ("closed", 60000, 0)
    assert "claim 'C9-9': there is none" in clinic("claims", "void", "C9-9").stderr
    assert clinic("claims", "answer", "C100001-2", "--id", "E3", "--adjust", "XX:1:2").returncode == 2


def test_a_claim_that_would_be_refused_is_not_filed(clinic: Shell) -> None:
    """One line for each finding and exit code 1, unless somebody says why it goes anyway."""
    more = CHARGES.splitlines()[0] + "\nB2-1,B2,2026-09-01,Visit,50.00,CPT,\n"
    (clinic.folder / "charges.csv").write_text(more)
    (clinic.folder / "bills.csv").write_text(
        BILLS.splitlines()[0] + "\nB2,1,2026-09-01,2026-10-01,USD,50.00\n"
    )
    assert clinic("import", "bills.csv", "charges.csv").returncode == 0
    clinic("claims", "open", "B2")
    (claim,) = [one for one in clinic.json("claims", "list") if one["bill_id"] == "B2"]
    refused = clinic("claims", "file", claim["key"])
    assert (refused.returncode, refused.stdout) == (1, "")
    fault = "line 1: has no code; code the service before it is claimed"
    assert refused.stderr == f"kvitt: {claim['key']}: held back: {fault}\n"
    (held,) = [one for one in clinic.json("claims", "list") if one["bill_id"] == "B2"]
    assert (held["state"], held["reason"]) == ("held", fault)
    done = clinic("claims", "file", claim["key"], "--anyway", "agreed by phone")
    assert done.returncode == 0
    assert f"claim {claim['key']} is filed" in done.stdout
    assert done.stderr == f"kvitt: {claim['key']}: filed anyway: {fault}\n"


def test_an_employer_is_reminded_from_the_command_line(clinic: Shell) -> None:
    """Terms are kept and shown; what is due is told before it is done; a step by hand stands in the story."""
    wrong = clinic("payers", "terms", "acme", "--remind", "30,x")
    assert "write days after filing" in wrong.stderr
    options = ("--form", "invoice", "--address", "1 Main Street; Salem, OR 97301; US", "--remind", "30,45")
    assert "reminded after days: 30, 45" in clinic("payers", "terms", "acme", *options).stdout
    (payer,) = clinic.json("payers", "list")
    assert payer["terms"]["address"] == "1 Main Street\nSalem, OR 97301\nUS"
    assert "30, 45" in clinic("payers", "list").stdout
    clinic("claims", "open", "B1")
    clinic("claims", "file", "C100001-1", "--on", "2026-09-03")
    due = clinic("claims", "remind", "--dry-run").stdout
    assert "C100001-1" in due
    assert "the desk" in due
    assert clinic.json("escalations", "list") == []
    assert "0 in messages that are queued, 1 before the desk" in clinic("claims", "remind").stdout
    assert [one["kind"] for one in clinic.json("escalations", "list")] == ["claim_remind1"]
    assert "reminder 1 is recorded" in clinic("claims", "reminded", "C100001-1").stdout
    assert clinic.json("escalations", "list") == []
    (shown,) = clinic.json("claims", "show", "C100001-1")
    assert [(one["number"], one["channel"], one["state"]) for one in shown["reminders"]] == [
        (1, "hand", "sent")
    ]
    assert "hand" in clinic("claims", "show", "C100001-1").stdout
    assert "no payer is to be reminded now" in clinic("claims", "remind", "--dry-run").stdout
    assert "never" in clinic("payers", "terms", "acme", "--remind", "none").stdout
