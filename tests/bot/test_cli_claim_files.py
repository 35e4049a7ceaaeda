"""Codes, claims and answers from the command line: real processes, a real folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from handlers.context import Context, fixed
from handlers.payers import claims as claim_actions
from storage.database.transaction import Database
from tests.commands import Shell
from tests.keys import KEYS
from tests.world import an_installation

if TYPE_CHECKING:
    from pathlib import Path

TOML = """
[creditor]
name = "Elm Street Clinic"
phone = "+1 503 555 0100"
zone = "America/Los_Angeles"
[claims]
npi = "1234567893"
tax_id = "12-3456789"
street = "12 Elm Street"
city = "Portland"
region = "OR"
postal_code = "97205-1234"
sender_id = "KVITT01"
receiver_id = "CLEAR01"
receiver_name = "Clearing House"
"""
FILES = {
    "customers.csv": "customer_id,name,birth_date\n1,Ada Lind,1980-02-28\n",
    "coverages.csv": (
        "coverage_id,customer_id,payer_id,payer_name,member_id,starts_on\n"
        "V1,1,blue,Blue River,M-1,2026-01-01\n"
    ),
    "bills.csv": (
        "bill_id,customer_id,issued_on,due_on,currency,amount,description\n"
        "B1,1,2026-09-01,2026-10-01,USD,120.00,Visit\n"
    ),
    "charges.csv": (
        "charge_id,bill_id,service_on,description,unit_amount,code_system,code\n"
        "X1,B1,2026-08-20,Visit,120.00,SNOMED CT,430193006\n"
    ),
    "hcpcs.csv": "HCPC,LONG\nG8427,Medication list\n",
    "crosswalk.csv": "from_system,from_code,to_system,to_code\nSNOMED CT,430193006,HCPCS,G8427\n",
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A folder with a clinic's files and settings, everything imported, one claim opened."""
    for name, text in {**FILES, "kvitt.toml": TOML}.items():
        (tmp_path / name).write_text(text)
    shell = Shell(tmp_path)
    shell.usual = {"database_url": f"sqlite:///{tmp_path / 'kvitt.db'}"}
    done = shell("import", "customers.csv", "coverages.csv", "bills.csv", "charges.csv")
    assert done.returncode == 0, done.stderr
    shell.sign_in()
    database = Database(shell.usual["database_url"], KEYS)
    with database.write() as session:
        claim_actions.open_for(
            Context(session, an_installation("us"), fixed(datetime(2026, 9, 2, 18, tzinfo=UTC))), "B1", "rita"
        )
    database.close()
    return shell


def test_a_claim_goes_out_and_its_answer_comes_in(shell: Shell) -> None:
    """Held back for code and diagnosis, fixed, filed as an 837P, answered by a CSV, once."""
    first = shell("claims", "check", "--payer", "blue", "--format", "x12")
    assert first.returncode == 1
    assert "line 1: 430193006 (SNOMED CT): an X12 claim cannot carry it; add a crosswalk" in first.stdout
    assert "claim: has no diagnosis" in first.stdout
    load = ("codes", "import", "hcpcs.csv", "--system", "HCPCS", "--column", "code=HCPC")
    assert shell(*load, "--column", "description=LONG").stdout == (
        "1 new, 0 changed, 0 as before, 0 ended, 0 set aside\n"
    )
    assert shell("codes", "crosswalk", "crosswalk.csv").stdout.startswith("1 new")
    bad = shell("claims", "diagnose", "C100001-1", "J10.12345")
    assert (bad.returncode, "is no code of ICD-10-CM" in bad.stderr) == (1, True), bad.stderr
    assert shell("claims", "diagnose", "C100001-1", "j101").stdout == "claim C100001-1: J10.1\n"
    export = ("--payer", "blue", "--format", "x12")
    (exported,) = shell.json("claims", "export", "out.837", *export)
    (key,) = exported["claims"]
    text = (shell.folder / "out.837").read_text()
    assert "SV1*HC:G8427*120*UN*1***1~" in text
    assert "HI*ABK:J101~" in text
    again = shell("claims", "export", "again.837", *export, "--file", str(exported["number"]))
    assert again.stdout == f"again.837: file {exported['number']}, 1 claim\n"
    assert (shell.folder / "again.837").read_text() == text
    none = shell("claims", "export", "none.837", *export)
    assert none.stdout == "no claim is in order\n"
    assert not (shell.folder / "none.837").exists()
    (shell.folder / "answers.csv").write_text(
        "answer_id,claim_key,verdict,currency,answered_on,asked,paid,adjustments\n"
        f"A1,{key},paid,USD,2026-09-20,120.00,100.00,PR-2:20.00\n"
        "A2,C9-9,paid,USD,2026-09-20,10.00,10.00,\n"
    )
    answers = ("claims", "answers", "import", "answers.csv", "--format", "csv")
    done = shell(*answers)
    assert done.stdout == "booked 1, unmatched 1, duplicates 0, rejected 0\n"
    assert "answers.csv: line 3: no claim 'C9-9' is known" in done.stderr
    (counts,) = shell.json(*answers)
    assert (counts["booked"], counts["duplicates"]) == (0, 1)


def test_a_remittance_comes_as_a_payment_too(shell: Shell) -> None:
    """Kvitt payments import takes an 835; what is none is refused in one line, and so is one that differs."""
    (shell.folder / "era.835").write_text("hello")
    done = shell("payments", "import", "era.835", "--format", "x835")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "kvitt: era.835: this is no X12 file: it begins with 'hello' instead of ISA; nothing was read\n"
    )
    for command in (("claims", "acknowledge"), ("eligibility", "import"), ("claims", "answers", "import")):
        refused = shell(*command, "era.835")
        assert (refused.returncode, refused.stderr.startswith("kvitt: era.835: this is no X12")) == (1, True)
    assert shell("payments", "import", "era.835", "--format", "pdf").returncode == 2


def test_codes_are_looked_up(shell: Shell) -> None:
    """List, show and check tell what holds, what a payer wants, and what is badly written."""
    shell("codes", "import", "hcpcs.csv", "--system", "HCPCS", "--column", "code=HCPC")
    shell("codes", "crosswalk", "crosswalk.csv")
    assert shell.json("codes", "list") == [{"system": "HCPCS", "form": "hcpcs", "version": "", "codes": 1}]
    assert [one["code"] for one in shell.json("codes", "list", "--system", "HCPCS", "--like", "g84")] == [
        "G8427"
    ]
    shown = shell("codes", "show", "430193006", "--system", "SNOMED CT")
    assert shown.stdout == "  every payer: G8427 (HCPCS)\n"
    assert shell("codes", "show", "G0000", "--system", "HCPCS").returncode == 1
    assert "holds on" in shell("codes", "check", "G8427", "--system", "HCPCS").stdout
    assert shell("codes", "check", "G8427", "--system", "HCPCS", "--on", "1890-01-01").returncode == 1
    wrong = shell("codes", "check", "430193007", "--system", "SNOMED CT")
    assert (wrong.returncode, "check digit is wrong" in wrong.stderr) == (1, True)
    assert "nobody can say" in shell("codes", "check", "99213", "--system", "CPT").stdout
    assert (
        json.loads(shell("codes", "show", "G8427", "--system", "HCPCS", "--json").stdout)["code"] == "G8427"
    )
