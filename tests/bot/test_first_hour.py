"""The first hour: what kvitt init asks and writes, and what is said of what is not right yet."""

from __future__ import annotations

import os
import pty
import select
import socket
import subprocess
import sys
import tomllib
from contextlib import suppress
from pathlib import Path

import pytest

from bot import sample_creditor, setting_names
from bot.settings import Settings
from bot.settings_tables import CreditorTable, PayBy
from tests.commands import Shell
from tests.keys import KEY, STOPS_KEY

ROOT = Path(__file__).resolve().parents[2]
GIVEN = (
    "--name",
    "North Dental",
    "--phone",
    "+1 503 223 4455",
    "--pay",
    "northdental.com/pay",
    "--country",
    "us",
    "--pager",
    "+1 503 223 4466",
)


def test_the_example_imports_as_it_is(tmp_path: Path) -> None:
    """Both files that init writes beside the settings, and they are those of the README."""
    kvitt = Shell(tmp_path)
    assert kvitt("init", "--yes", "--example").returncode == 0
    done = kvitt("import", "customers.csv", "bills.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert "bills: 3 new, 0 changed" in done.stdout
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in ("customers.csv", "bills.csv"):
        assert f"```csv\n{(tmp_path / name).read_text(encoding='utf-8')}```" in readme


def test_the_sample_creditor_left_in_place_is_an_error(tmp_path: Path) -> None:
    """Of the doctor at once; of serve where messages would leave to a real provider."""
    kvitt = Shell(tmp_path)
    kvitt("init", "--yes")
    checked = kvitt("doctor")
    assert checked.returncode == 1
    assert "fix creditor: name and phone and ways_to_pay still name the sample clinic" in checked.stdout
    twilio = {"twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_from": "+15035550100"}
    for command in ("serve", "worker", "web"):
        refused = kvitt(command, **twilio)
        assert refused.returncode == 1
        assert "[creditor]: name and phone and ways_to_pay still name the sample clinic" in refused.stderr


def test_what_is_given_on_the_line_is_written_and_the_doctor_finds_nothing_in_it(tmp_path: Path) -> None:
    """Name, phone, where to pay, and the policy of the country; no question is asked."""
    kvitt = Shell(tmp_path)
    assert kvitt("init", "--yes", *GIVEN).returncode == 0
    table = tomllib.loads((tmp_path / "kvitt.toml").read_text(encoding="utf-8"))
    assert (table["policy"], table["creditor"]["name"]) == ("us", "North Dental")
    checked = kvitt("doctor").stdout.splitlines()
    assert [line for line in checked if line.startswith("fix") and "channels" not in line] == []


@pytest.mark.parametrize(
    ("country", "language", "hours"),
    [("se", "sv", "vardagar 9-16"), ("de", "de", "werktags 9 bis 16 Uhr"), ("us", "en", "weekdays 9 to 4")],
)
def test_what_customers_read_is_proposed_in_their_language(
    tmp_path: Path, country: str, language: str, hours: str
) -> None:
    """An English "weekdays 9 to 4" would stand in a German answer."""
    given = ("--name", "North", "--phone", "+1 503 223 4455", "--pay", "north.com/pay", "--country", country)
    assert Shell(tmp_path)("init", "--yes", *given).returncode == 0
    creditor = tomllib.loads((tmp_path / "kvitt.toml").read_text(encoding="utf-8"))["creditor"]
    assert (creditor["language"], creditor["hours"]) == (language, hours)


def test_a_wrong_answer_leaves_no_file(tmp_path: Path) -> None:
    """A time zone that there is not is refused in one line, and init can be typed again."""
    kvitt = Shell(tmp_path)
    wrong = kvitt("init", "--yes", *GIVEN, "--zone", "Mars/Base")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    assert "'Mars/Base' is no time zone" in wrong.stderr
    assert not (tmp_path / "kvitt.toml").exists()


ANSWERS = (
    "North Dental", "US", "+1 503 223 4455", "", "", "", "", "", "northdental.com/pay", "+1 503 223 4466",
    "twilio", "AC" + "1" * 32, "secret", "+15032234455", "https://bills.northdental.com", "",
)  # fmt: skip


@pytest.mark.slow
def test_a_person_at_a_terminal_is_asked(tmp_path: Path) -> None:
    """Every question once, with what is usual; the doctor finds nothing wrong in what was answered."""
    ours, theirs = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KVITT_")}
    environment |= {"PYTHONPATH": str(ROOT), "KVITT_KEY": KEY, "KVITT_STOPS_KEY": STOPS_KEY}
    asked = subprocess.Popen(
        [sys.executable, "-c", "from bot.cli import main; main()", "init"],
        cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    seen, left = "", list(ANSWERS)
    with suppress(OSError):
        while select.select([ours], [], [], 60)[0] and (data := os.read(ours, 4096)):
            seen += data.decode()
            if left and seen.endswith(": "):
                os.write(ours, f"{left.pop(0)}\n".encode())
                seen += "\n"
    os.close(ours)
    assert (asked.wait(60), left) == (0, []), seen
    table = tomllib.loads((tmp_path / "kvitt.toml").read_text(encoding="utf-8"))
    assert (table["twilio_from"], table["creditor"]["zone"]) == ("+15032234455", "America/Los_Angeles")
    checked = Shell(tmp_path)("doctor")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("creditor", "left"),
    [
        (CreditorTable(name="North Dental", phone="+1 503 223 4455"), []),
        (CreditorTable(name="Elm Street Clinic"), ["name"]),
        (CreditorTable(phone="(503) 555-0199"), ["phone"]),
        (CreditorTable(ways_to_pay=(PayBy(name="Card", details="pay.example.com/x"),)), ["ways_to_pay"]),
        (
            CreditorTable(ways_to_pay=(PayBy(name="Card", details={"sv": "elm.example/pay"}),)),
            ["ways_to_pay"],
        ),
        (CreditorTable(ways_to_pay=(PayBy(name="Card", details="myexample.com"),)), []),
        (CreditorTable(aid_url="https://x.test/aid"), ["aid_url"]),
    ],
)
def test_what_can_be_nobodys_is_known(creditor: CreditorTable, left: list[str]) -> None:
    """The sample's name, numbers kept for fiction and reserved domains, in any key and language."""
    assert sample_creditor.left(creditor) == left


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("KVITT_SENDNIG", "KVITT_SENDING"),
        ("KVIT_SENDING", "KVITT_SENDING"),
        ("KVITTSENDING", "KVITT_SENDING"),
        ("kvitt_databse_url", "KVITT_DATABASE_URL"),
        ("KVITT_TWILIO_TOKEN_AUTH", "KVITT_TWILIO_AUTH_TOKEN"),
        ("KVITT_CREDITOR_NAME", "name under [creditor]"),
        ("KVITT_IMAGE", ""),
        ("KVITT_SENDING", None),
        ("KVITT_TOKEN_FILE", None),
        ("KVITT_CONFIG", None),
        ("PATH", None),
        ("SENDING", None),
    ],
)
def test_a_misspelt_setting_is_known(name: str, meant: str | None) -> None:
    """Near a setting it is refused with the one meant; otherwise it is only said that it changes nothing."""
    assert setting_names.misspelt([name], Settings.model_fields).get(name) == meant


def test_a_misspelt_setting_stops_every_command(tmp_path: Path) -> None:
    """KVITT_SENDNIG=stopped stopped nothing; now it is one line, and nothing runs."""
    kvitt = Shell(tmp_path)
    wrong = kvitt("run", sendnig="stopped")
    assert (wrong.returncode, wrong.stderr) == (
        1,
        (
            "kvitt: KVITT_SENDNIG: there is no such setting: did you mean KVITT_SENDING? "
            "Rename it or remove it\n"
        ),
    )
    assert "KVITT_IMAGE: there is no such setting" in kvitt("doctor", image="x").stdout


def test_the_doctor_says_who_has_nobody_to_write_to_and_why(tmp_path: Path) -> None:
    """Of those who owe something: no consent, no number, an opt-out; all of them is something to fix."""
    kvitt = Shell(tmp_path)
    kvitt("init", "--yes", *GIVEN)
    (tmp_path / "customers.csv").write_text(
        "customer_id,name,phone,opted_out,sms_consent_on,sms_consent_basis\n"
        "a,A,,,,\nb,B,+15032234401,,,\nc,C,+15032234402,yes,2026-01-02,form\n"
    )
    bill = "bill_id,customer_id,issued_on,due_on,currency,amount\n"
    rows = [f"{one},{one},2026-01-01,2026-01-31,USD,5\n" for one in "abc"]
    (tmp_path / "bills.csv").write_text(bill + "".join(rows))
    kvitt("import", "customers.csv", "bills.csv")
    found = kvitt("doctor").stdout
    assert (
        "fix reach: none of 3 who owe something can be written to: "
        "no consent 1, no number 1, opted out 1 (docs/consent.md)"
    ) in found
    kvitt("import", "--consent", "sms", "--consent-basis", "form", "customers.csv")
    found = kvitt("doctor").stdout
    assert "ok  reach: 2 of 3 who owe something cannot be written to: no number 1, opted out 1" in found


def test_the_doctor_says_who_cannot_show_who_they_are(tmp_path: Path) -> None:
    """Exports of ledgers have no birth dates; without any, nobody could be told what they owe."""
    kvitt = Shell(tmp_path)
    kvitt("init", "--yes", *GIVEN)
    (tmp_path / "customers.csv").write_text("customer_id,name,birth_date\na,A,\nb,B,\n")
    bill = "bill_id,customer_id,issued_on,due_on,currency,amount\n"
    rows = [f"{one},{one},2026-01-01,2026-01-31,USD,5\n" for one in "ab"]
    (tmp_path / "bills.csv").write_text(bill + "".join(rows))
    kvitt("import", "customers.csv", "bills.csv")
    assert "fix identity: none of 2 who owe something has a birth date" in kvitt("doctor").stdout
    (tmp_path / "customers.csv").write_text("customer_id,name,birth_date\na,A,1984-02-28\nb,B,\n")
    kvitt("import", "customers.csv")
    assert "ok  identity: 1 of 2 who owe something have no birth date" in kvitt("doctor").stdout


@pytest.mark.slow
def test_serve_says_that_it_serves_once_it_does(tmp_path: Path) -> None:
    """Whoever reads the line can connect at once."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KVITT_")}
    environment |= {"PYTHONPATH": str(ROOT), "KVITT_KEY": KEY, "KVITT_STOPS_KEY": STOPS_KEY}
    with subprocess.Popen(
        [sys.executable, "-c", "from bot.cli import main; main()", "serve", "--port", str(port)],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True,
    ) as serving:  # fmt: skip
        assert serving.stdout
        assert f"Kvitt is serving on http://127.0.0.1:{port}" in serving.stdout.readline()
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert client.recv(12).startswith(b"HTTP/1.1")
        serving.terminate()
        assert serving.wait(30) == 0
