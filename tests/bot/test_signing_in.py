"""Who acts is who signed in: what a person decides asks for their token, everything else for none."""

from __future__ import annotations

import getpass
import stat
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import select, update
from typer.core import TyperGroup
from typer.main import get_command

from bot.cli import CommandToLoad, command_line
from storage import tables
from storage.database.transaction import Database
from tests.commands import Shell
from tests.keys import KEYS
from tests.world import flagged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DECIDES: Final = (
    "confirm 1",
    "reassigned 1",
    "payers terms ACME --answer-days 30",
    "payments assign 1 --to B1",
    "payments move 1 --to B1",
    "payments bounce 1",
    "payments write-off B1",
    "payments refund request 1",
    "payments refund approve 1",
    "payments refund refuse 1",
    "payments refund sent 1",
    "payments refund failed 1",
    "payments accounts name 5050-1055 --of SE3550000000054910000003",
    "payments accounts forget 5050-1055",
    "payments chargeback open 1 --number 7",
    "payments chargeback won 1",
    "payments chargeback lost 1",
    "period close 2026-01-31",
    "runs approve 1",
    "escalations take 1",
    "escalations answer 1 Hello",
    "escalations reply 1 Hello",
    "escalations snooze 1",
    "escalations return 1",
    "escalations close 1",
    "act list customer 1",
    "act extend B1 --day 2099-12-31 --reason asked",
    "act extend-all 1 --day 2099-12-31 --reason asked",
    "act plan 1 --months 6",
    "act contact 1 --phone +46701740605",
    "act note 1 --text hello",
    "act log 1 --kind call --text stop",
    "act credit B1 --amount 1.00 --reason wrong",
    "act write-off B1 --reason small",
    "act hand-over B1",
    "act hand-back B1 --reason ours",
    "act dispute-for 1",
    "act dispute-against 1 --sentence no",
    "act take 1",
    "act answer 1 --text Hello",
    "act return 1",
    "act close 1 --outcome settled",
    "act approve-plan 1",
    "act refuse-plan 1 --reason no",
    "claims open B1",
    "claims file C1-1",
    "claims answer C9 --id E1",
    "claims resend C1-1",
    "claims appeal C1-1",
    "claims bill-person C1-1",
    "claims pass-on C1-1",
    "claims forgo C1-1",
    "claims void C1-1",
    "claims diagnose C1-1 A00",
    "claims export out --payer acme",
    "claims remind",
    "claims reminded C1-1",
    "authorisations ask 1 CPT:70551",
    "authorisations grant 1 --number 7",
    "authorisations deny 1 --reason no",
    "eligibility export acme out",
    "aid document 1 payslip",
    "aid decide 1 --grant none",
    "holds place --kind manual --reason calls --customer 1 --until 2099-12-31",
    "holds lift 1",
    "holds treatment-ended 1 --on 2099-12-31",
    "plans approve 1",
    "plans refuse 1",
    "placements approve B1",
    "placements return B1",
    "placements acknowledge B1-P1",
    "placements recall B1-P1 --reason error",
    "placements close B1-P1 --as paid",
    "placements write-off B1-P1",
    "bills credit B1 1.00 --reason wrong",
    "bills move B1 2099-12-31 --reason asked",
    "billing propose",
    "billing take-out 1 B1",
    "billing withdraw 1",
    "billing approve 1",
    "billing send B1",
    "billing way 1 sms",
    "billing unlink B9",
    "invite 9",
    "users add Mallory --role operator",
    "users token",
    "users token Ann",
    "users password",
    "users password Ann",
    "users sign-out Ann",
    "users role Ann operator",
    "users remove Ann",
    "users on-call Ann",
    "letters posted 1",
    "letters withdraw 1",
    "letters returned L1",
    "campaigns create campaign.toml",
    "campaigns start spring",
    "campaigns approve spring",
    "campaigns pause spring",
    "campaigns resume spring",
    "campaigns stop spring",
    "privacy export 9 out.zip",
    "privacy erase 9",
    "privacy readmit 9",
    "sending stop --reason wrong",
    "sending resume",
    "sending stops --none none",
    "sending decide left --all",
)
"""What a person decides, as somebody might type it."""
NEEDS_NOBODY: Final = (
    "aging",
    "privacy erasures --since 2026-01-01",
    "run --dry-run",
    "chat --as 9",
    "understand",
    "accounts",
    "find ada",
    "book",
    "explain 1",
    "audit",
    "statement 9 out.pdf",
    "db upgrade",
    "keys show",
    "keys rotate",
    "policy show",
    "policy check",
    "policy sentences --out out.pdf",
    "policy diff us se",
    "payers list",
    "import nothing.csv",
    "payments import nothing.csv",
    "payments list 9",
    "payments unmatched",
    "payments accounts list",
    "payments credits",
    "payments chargebacks",
    "payments sweep",
    "payments refund list",
    "period list",
    "period tie-out",
    "journal export out.se --from 2026-01-01 --to 2026-01-31",
    "runs list",
    "runs show 9",
    "escalations list",
    "escalations show 9",
    "claims list",
    "claims show C9",
    "claims check --payer acme",
    "claims acknowledge nothing.txt",
    "claims answers import nothing.txt",
    "codes import nothing.csv --system CPT",
    "codes list",
    "codes show A00 --system ICD-10-CM",
    "codes check A00 --system ICD-10-CM",
    "codes crosswalk nothing.csv",
    "prices import nothing.csv",
    "prices list",
    "prices estimate 9 CPT:1",
    "authorisations list",
    "eligibility list",
    "eligibility check C9",
    "eligibility import nothing.txt",
    "aid list",
    "aid show 9",
    "holds list",
    "plans list",
    "placements list",
    "placements show P9",
    "placements export",
    "placements report",
    "placements remit nothing.csv",
    "placements activity nothing.csv",
    "billing show 9",
    "billing list",
    "billing resume",
    "billing sent B9",
    "billing payer-invoice acme out.pdf",
    "billing cycle",
    "billing tariffs nothing.csv",
    "billing subscriptions nothing.csv",
    "billing readings nothing.csv",
    "bills pdf B9 out.pdf",
    "bills credit-note CN000009 out.pdf",
    "users list",
    "users sessions",
    "messages 9",
    "mail take nothing.eml",
    "letters batch",
    "letters list",
    "campaigns list",
    "campaigns preview spring",
    "campaigns progress spring",
    "sending status",
    "sending doubts",
    "backup out.zip",
    "restore nothing.zip",
    "shadow tomorrow",
    "doctor",
)
"""What reads, takes in files, or is done by itself: nobody has to be there."""
SERVES: Final = frozenset({"demo", "serve", "worker", "web", "simulate", "init"})
"""What serves until it is stopped, or works in a world of its own."""


@pytest.fixture
def clinic(tmp_path: Path) -> Shell:
    """A folder whose database has one operator, Ann; nobody is signed in."""
    shell = Shell(tmp_path)
    (tmp_path / "campaign.toml").write_text("")
    shell.token_of("users", "add", "Ann", "--role", "operator")
    return shell


def _leaves(command: object, path: str = "") -> Iterator[str]:
    command = command.real() if isinstance(command, CommandToLoad) else command
    if not isinstance(command, TyperGroup):
        yield path
        return
    for name, one in command.commands.items():
        yield from _leaves(one, f"{path} {name}".strip())


def test_every_command_says_whether_a_person_has_to_be_there() -> None:
    """A new command stands in one of the tables above."""
    every = set(_leaves(get_command(command_line())))
    typed = (*DECIDES, *NEEDS_NOBODY)
    assert {one for one in every if not any(f"{line} ".startswith(f"{one} ") for line in typed)} == SERVES


def test_what_a_person_decides_is_refused_without_a_token(clinic: Shell) -> None:
    """One clear line with what to do, whatever the terminal's user is called, and nothing is done."""
    for line in DECIDES:
        done = clinic(*line.split())
        assert done.returncode == 1, (line, done.stdout, done.stderr)
        assert done.stderr.startswith("kvitt: nobody is signed in: set KVITT_TOKEN"), (line, done.stderr)
        assert len(done.stderr.splitlines()) == 1
    assert [(one["name"], one["role"]) for one in clinic.json("users", "list")] == [("Ann", "operator")]


def test_what_needs_nobody_is_never_asked_who(clinic: Shell) -> None:
    """Reading, files and what is done by itself go on without a token, or for reasons of their own do not."""
    for line in NEEDS_NOBODY:
        done = clinic(*line.split())
        assert "signed in" not in done.stderr, line
        assert "token is nobody's" not in done.stderr, line
        assert "Traceback" not in done.stderr, (line, done.stderr)


def test_the_name_of_the_terminal_s_user_approves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an invented LOGNAME nor two of them place a bill that needs two people; two tokens do."""
    shell, two = _to_place(tmp_path)
    for name in ("mallory", "Ann"):
        monkeypatch.setenv("LOGNAME", name)
        refused = shell("placements", "approve", "B1")
        assert refused.stderr.startswith("kvitt: nobody is signed in")
    assert "second person's approval" in _approved(shell, two["Ann"])
    monkeypatch.setenv("LOGNAME", "Bea")
    again = shell("placements", "approve", "B1", token=two["Ann"])
    assert "needs two people, and Ann has approved it" in again.stderr
    assert _state(tmp_path) == "approved_once"
    assert "placed" in _approved(shell, two["Bea"])
    assert {one["actor"] for one in shell.json("audit")} == {"Ann", "Bea"}


def test_two_names_made_from_one_token_are_one_person(tmp_path: Path) -> None:
    """Who adds a colleague knows their first token: the two count as one until it was made anew."""
    shell, two = _to_place(tmp_path)
    puppet = shell.token_of("users", "add", "Puppet", "--role", "approver", token=two["Ann"])
    other = shell.token_of("users", "add", "Other", "--role", "approver", token=two["Ann"])
    _approved(shell, two["Ann"])
    for token in (puppet, other):
        refused = shell("placements", "approve", "B1", token=token)
        assert "one person knows the tokens of both Ann and" in refused.stderr
        assert "makes their own with kvitt users token" in refused.stderr
    assert _state(tmp_path) == "approved_once"
    own = shell.token_of("users", "token", token=puppet)
    assert shell("placements", "approve", "B1", token=puppet).returncode == 1
    assert "placed" in _approved(shell, own)


def test_a_token_is_its_user_s_alone_and_ends(clinic: Shell) -> None:
    """A new one ends the old, removing the user ends theirs, and a wrong one is refused with what to do."""
    clinic.usual["token"] = ann = _renewed_in_the_database(clinic)
    kim = clinic.token_of("users", "add", "Kim", "--role", "rep")
    assert clinic("users", "token", "Ann", token=kim).returncode == 1
    newer = clinic.token_of("users", "token", "Kim")
    for wrong in (kim, "kvitt_guessed", "Ann", newer.upper()):
        refused = clinic("sending", "stop", "--reason", "x", token=wrong)
        assert "this token is nobody's" in refused.stderr
    assert clinic("sending", "stop", "--reason", "x", token=newer).returncode == 0
    assert clinic("users", "remove", "Kim").returncode == 0
    assert "this token is nobody's" in clinic("sending", "stop", "--reason", "x", token=newer).stderr
    database = (clinic.folder / "kvitt.db").read_bytes()
    assert not any(one.encode() in database for one in (ann, kim, newer))
    assert "last operator" in clinic("users", "remove", "Ann").stderr
    assert "last operator" in clinic("users", "role", "Ann", "rep").stderr
    assert "nobody's name" in clinic("users", "add", "Kvitt").stderr


def test_a_token_is_read_from_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    """The first operator and their file come from kvitt init; one that others may read is refused."""
    shell = Shell(tmp_path)
    done = shell("init", "--user", "Ann")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "kvitt.token"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = file.read_text().strip()
    assert token not in done.stdout
    stopped = shell("sending", "stop", "--reason", "try")
    assert stopped.returncode == 0, stopped.stderr
    (status,) = shell.json("sending", "status")
    assert status["stopped_by"] == "Ann"
    for mode in (0o644, 0o640, 0o604):
        file.chmod(mode)
        refused = shell("sending", "resume")
        assert refused.returncode == 1
        assert "kvitt.token can be read by others: chmod 600 kvitt.token" in refused.stderr
    assert shell("accounts").returncode == 0
    assert shell("sending", "resume", token=token).returncode == 0
    missing = shell("sending", "stop", "--reason", "x", token_file="elsewhere")
    assert "KVITT_TOKEN_FILE: elsewhere cannot be read" in missing.stderr
    file.chmod(0o600)
    moved = file.rename(tmp_path / "mine")
    assert shell("sending", "stop", "--reason", "x", token_file=str(moved)).returncode == 0


def test_an_installation_of_before_makes_its_first_token(clinic: Shell) -> None:
    """Users without tokens: the line names the operator, whose token is the one that needs no other."""
    _database(clinic, update(tables.User).values(token_digest=None, token_made_by=None))
    refused = clinic("sending", "stop", "--reason", "x")
    assert "no user has a token yet: kvitt users token Ann makes the first one" in refused.stderr
    assert "the first token is an operator's" in clinic("users", "add", "Kim").stderr
    first = clinic.token_of("users", "token", "Ann")
    assert "nobody is signed in: set" in clinic("users", "token", "Ann").stderr
    assert clinic("sending", "stop", "--reason", "x", token=first).returncode == 0


def test_an_import_is_named_by_who_is_there_or_by_nobody(clinic: Shell) -> None:
    """The audit trail never has the name of the terminal's user."""
    assert clinic("placements", "export").returncode in {0, 1}
    assert getpass.getuser() not in clinic("audit").stdout


def test_a_period_is_closed_by_who_is_signed_in(clinic: Shell) -> None:
    """--by cannot name somebody else."""
    token = _renewed_in_the_database(clinic)
    refused = clinic("period", "close", "2026-01-31", "--by", "Bea", token=token)
    assert refused.returncode == 2
    assert "Ann is signed in" in refused.stderr
    assert clinic("period", "close", "2026-01-31", "--by", "ann", token=token).returncode == 0
    assert [one["closed_by"] for one in clinic.json("period", "list")] == ["Ann"]


def _renewed_in_the_database(shell: Shell) -> str:
    """Ann's token, made anew by whoever has the database."""
    _database(shell, update(tables.User).values(token_digest=None))
    return shell.token_of("users", "token", "Ann")


def _database(shell: Shell, statement: object) -> None:
    database = Database(f"sqlite:///{shell.folder / 'kvitt.db'}", KEYS)
    with database.write() as session:
        session.execute(statement)  # type: ignore[call-overload]
    database.close()


def _approved(shell: Shell, token: str) -> str:
    done = shell("placements", "approve", "B1", token=token)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _state(folder: Path) -> str:
    database = Database(f"sqlite:///{folder / 'kvitt.db'}", KEYS)
    with database.read() as session:
        (state,) = session.scalars(select(tables.Placement.state)).all()
    database.close()
    return state


def _to_place(folder: Path) -> tuple[Shell, dict[str, str]]:
    """A flagged bill that needs two people, and the tokens of two, each made anew by its owner."""
    shell = Shell(folder)
    (folder / "kvitt.toml").write_text(COLLECTOR)
    today = datetime.now(UTC).date()  # noqa: TID251 - the command line runs by the clock on the wall
    (folder / "customers.csv").write_text("customer_id,name,phone\n1,Ada Lind,+15035550142\n")
    (folder / "bills.csv").write_text(
        "bill_id,customer_id,issued_on,due_on,currency,amount\n"
        f"B1,1,{today - timedelta(days=40)},{today - timedelta(days=10)},USD,2890.40\n"
    )
    assert shell("import", "customers.csv", "bills.csv").returncode == 0
    ann = shell.token_of("users", "add", "Ann", "--role", "operator")
    bea = shell.token_of("users", "add", "Bea", "--role", "approver", token=ann)
    bea = shell.token_of("users", "token", token=bea)
    database = Database(f"sqlite:///{folder / 'kvitt.db'}", KEYS)
    with database.write() as session:
        flagged(session, "B1", 289040, datetime(2026, 1, 1, tzinfo=UTC))
    database.close()
    return shell, {"Ann": ann, "Bea": bea}


COLLECTOR: Final = """
[[collectors]]
id = "fair"
name = "Fair Collect"
phone = "+15035550199"
statement_of_work = "SOW-1"
rates = [{ percent = 20 }]
four_eyes_above = 1000
"""
