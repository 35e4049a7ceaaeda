"""The command line, as a person or another program meets it: real processes, an empty folder."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from billing.policy import DAYS, FOLDER
from bot.clock import system_clock
from storage.database.transaction import Database
from tests.commands import Shell
from tests.fakes.imap_server import ImapServer
from tests.fakes.smtp_server import SmtpServer
from tests.keys import KEYS
from tests.world import flagged

CUSTOMERS = """customer_id,name,birth_date,phone,country,region,sms_consent_on,sms_consent_basis
1,Ada Lind,1980-02-28,+15035550142,US,CA,2026-01-05,signed form
2,Bo Berg,1971-11-03,+15035550143,US,CA,,
"""
BILLS = """bill_id,customer_id,issued_on,due_on,currency,amount,description
B1,1,2026-09-01,2026-10-01,USD,600.00,Visit
B2,2,2026-09-01,2026-10-01,USD,80.50,Visit
B3,9,2026-09-01,2026-10-01,USD,80.50,Nobody's
"""
AS_OF = "2026-10-06T18:00:00Z"


@pytest.fixture
def kvitt(tmp_path: Path) -> Shell:
    """A shell in an empty folder."""
    return Shell(tmp_path)


@pytest.fixture
def clinic(kvitt: Shell) -> Shell:
    """Two customers and their bills, imported from files."""
    (kvitt.folder / "customers.csv").write_text(CUSTOMERS)
    (kvitt.folder / "bills.csv").write_text(BILLS)
    kvitt.usual["policy"] = _open_all_day(kvitt.folder)
    done = kvitt("import", "customers.csv", "bills.csv")
    assert done.returncode == 0, done.stderr
    assert "bills.csv:4: customer_id" in done.stderr
    kvitt.sign_in()
    return kvitt


def test_an_import_can_be_repeated_and_accounts_add_up(clinic: Shell) -> None:
    """Importing the same files again changes nothing; every account stands on a line."""
    (again,) = clinic.json("import", "customers.csv", "bills.csv")
    assert again["bills"]["new"] == 0
    accounts = clinic.json("accounts")
    assert [(a["customer_id"], a["balance"], a["state"]) for a in accounts] == [
        ("1", 60000, "overdue"),
        ("2", 8050, "overdue"),
    ]


def test_a_dry_run_names_every_bill_and_writes_nothing(clinic: Shell) -> None:
    """Who would get what, and why: a line a bill, as often as it is asked."""
    for _ in range(2):
        found = clinic.json("run", "--dry-run", "--as-of", AS_OF)
        assert {(one["bill_id"], one["verdict"], one["reason"]) for one in found} == {
            ("B1", "remind", "friendly"),
            ("B2", "escalate", "no_usable_channel"),
        }
    assert clinic.json("runs", "list") == []


def test_a_run_waits_for_approval_until_the_switch_is_turned(clinic: Shell) -> None:
    """Reminders wait for a person to approve their run."""
    clinic.json("run", "--as-of", AS_OF)
    (one,) = clinic.json("runs", "list")
    assert one["counts"]["remind"] == 1
    assert "kvitt runs approve 1 lets 1 message leave" in clinic("runs", "show", "1").stdout
    assert "1 message may leave" in clinic("runs", "approve", "1").stdout
    assert "no run 7" in clinic("runs", "approve", "7").stderr


def test_a_run_has_one_number_of_messages_wherever_it_is_named(clinic: Shell) -> None:
    """Two bills of one person are one message: in the list, with its text, and when it is approved."""
    head = BILLS.splitlines()[0]
    row = "1,2026-09-01,2026-10-01,USD,90.00,Visit"
    (clinic.folder / "bills.csv").write_text(f"{head}\nB5,{row}\n")
    assert clinic("import", "bills.csv").returncode == 0
    clinic.json("run", "--as-of", AS_OF)
    (listed,) = clinic.json("runs", "list")
    texts = clinic.json("runs", "show", "1")
    assert (listed["counts"]["remind"], listed["messages"], len(texts)) == (2, 1, 1)
    shown = clinic("runs", "show", "1").stdout
    assert "2 bills, 1 message" in shown
    assert texts[0]["text"].splitlines()[0] in shown
    assert "1 message may leave" in clinic("runs", "approve", "1").stdout
    assert "lets" not in clinic("runs", "show", "1").stdout
    assert "no run 7" in clinic("runs", "show", "7").stderr


def _open_all_day(folder: Path) -> str:
    """The generic policy without closed hours: these tests run by the clock on the wall."""
    written = (FOLDER / "generic.toml").read_text()
    start, end = written.index("[window]"), written.index("[caps]")
    days = "".join(f'{day} = ["00:00", "23:59"]\n' for day in DAYS)
    path = folder / "open.toml"
    path.write_text(f'{written[:start]}[window]\nsource = "a test"\n{days}\n{written[end:]}')
    return str(path)


def test_a_whole_conversation_can_be_piped(clinic: Shell) -> None:
    """Identity, balance, a plan of three instalments: it ends in the database."""
    talk = "what do I owe?\n1980-02-28\nin parts please\n3 months\nthe 25th\nyes\n"
    done = clinic("chat", "--live", "--as", "1", typed=talk)
    assert done.returncode == 0, done.stderr
    assert "$600.00" in done.stdout
    assert "Your plan is set: 3 payments" in done.stdout
    assert clinic.json("accounts")[0]["state"] == "on_plan"


def test_a_rehearsal_keeps_nothing_and_says_so_first(clinic: Shell) -> None:
    """Without --live a STOP and a plan change nothing: no row of the database is another afterwards."""
    before = _rows_of(clinic.folder / "kvitt.db")
    talk = "what do I owe?\n1980-02-28\nin parts please\n3 months\nthe 25th\nyes\nSTOP\n"
    done = clinic("chat", "--as", "1", typed=talk)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("A rehearsal on a copy: nothing is kept, nothing is sent.")
    assert "Your plan is set: 3 payments" in done.stdout
    assert "we won't text you any more" in done.stdout
    assert _rows_of(clinic.folder / "kvitt.db") == before
    assert clinic("chat", "--live", "--as", "1", typed="STOP\n").stdout.startswith("Live: ")
    assert _rows_of(clinic.folder / "kvitt.db") != before


def _rows_of(path: Path) -> list[str]:
    """Everything that a SQLite file holds."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_payments_are_booked_once_and_the_rest_kept(clinic: Shell) -> None:
    """Money finds its bill; what does not is kept for the desk; twice counts once."""
    rows = "payment_id,reference,amount,currency,paid_on,method\nP1,B1,600.00,USD,2026-10-02,card\n"
    rows += "P2,nobody,5.00,USD,2026-10-02,card\nP3,B2,abc,USD,2026-10-02,card\n"
    (clinic.folder / "payments.csv").write_text(rows)
    (first,) = clinic.json("payments", "import", "payments.csv")
    (second,) = clinic.json("payments", "import", "payments.csv")
    assert (first["booked"], first["unmatched"], first["rejected"]) == (1, 1, 1)
    assert (second["booked"], second["duplicates"]) == (0, 2)
    assert clinic.json("accounts")[0]["balance"] == 0


def test_understand_reads_a_message_a_line(kvitt: Shell) -> None:
    """What each line is taken to mean, for programs."""
    done = kvitt("understand", "--json", typed="what do I owe?\nSTOP\n")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["intent"] for one in found] == ["balance", "stop"]
    assert set(found[0]) == {"text", "intent", "score", "also"}


Refused = tuple[list[str], dict[str, str], int, str]


@pytest.mark.parametrize(
    "refused",
    [
        (["accounts"], {"sending": "maybe"}, 1, "KVITT_SENDING"),
        (["accounts"], {"database_url": "mysql://x"}, 1, "KVITT_DATABASE_URL"),
        (["accounts"], {"database_url": "sqlite:////no/such/folder/a.db"}, 1, "KVITT_DATABASE_URL"),
        (["run"], {"policy": "narnia"}, 2, "narnia"),
        (["run", "--as-of", "yesterday"], {}, 2, "2026-03-01T17:00:00Z"),
        (["run", "--as-of", "0001-01-01T00:00:00+14:00"], {}, 2, "is too far away; check the year"),
        (["aging", "--as-of", "9999-12-31"], {}, 2, "is too far away; check the year"),
        (["import", "nothing.csv"], {}, 1, "nothing.csv"),
        (["import", "x.csv", "--consent", "sms"], {}, 2, "--consent-basis"),
        (["chat", "--as", "nobody"], {}, 1, "nobody"),
        (["explain", "7"], {}, 1, "7"),
        (["invite", "1"], {}, 1, "no user has a token yet"),
        (["sing"], {}, 2, "sing"),
    ],
    ids=lambda refused: " ".join(refused[0]),
)
def test_what_cannot_be_done_is_one_clear_line(kvitt: Shell, refused: Refused) -> None:
    """A refusal names the thing; wrong use ends with 2, failed work with 1; never a traceback."""
    arguments, settings, code, expected = refused
    done = kvitt(*arguments, **settings)
    assert done.returncode == code, done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "refused",
    [
        (["placements", "approve", "B9"], "B9"),
        (["placements", "return", "B9"], "B9"),
        (["escalations", "close", "7"], "no open escalation 7"),
    ],
    ids=lambda refused: " ".join(refused[0]),
)
def test_a_person_who_decides_about_nothing_reads_one_clear_line(
    kvitt: Shell, refused: tuple[list[str], str]
) -> None:
    """Whoever is signed in reads what is not there, and nothing is decided."""
    arguments, expected = refused
    kvitt.sign_in()
    done = kvitt(*arguments)
    assert (done.returncode, expected in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_init_writes_a_file_that_loads_and_is_never_overwritten(kvitt: Shell) -> None:
    """The settings file can be used as it is written, and keeps what was put into it."""
    assert kvitt("init").returncode == 0
    assert kvitt("init").returncode == 1
    done = kvitt("doctor")
    assert "ok  settings: read" in done.stdout
    assert "fix channels" in done.stdout
    assert done.returncode == 1


def test_every_command_explains_itself(kvitt: Shell) -> None:
    """--help works for every command and group."""
    shown = kvitt("--help").stdout
    for command in (
        "demo",
        "serve",
        "import",
        "run",
        "accounts",
        "chat",
        "understand",
        "placements",
        "audit",
    ):
        assert command in shown
    for group in ("placements", "escalations", "runs", "payments", "db", "policy"):
        assert "Usage" in kvitt(group, "--help").stdout


def test_reasons_and_audit_entries_can_be_read(clinic: Shell) -> None:
    """Why a message would leave, who approved it, what the policy says."""
    clinic("chat", "--live", "--as", "1", typed="what do I owe?\n")
    (reason,) = clinic.json("explain", "1")
    assert (reason["made_by"], reason["verdict"]) == ("gate", "send")
    assert "policy generic" in clinic("explain", "1").stdout
    clinic("chat", "--live", "--as", "1", typed="1980-02-28\n")
    assert [entry["action"] for entry in clinic.json("audit") if entry["actor"] == "customer"] == [
        "identified"
    ]
    assert "identified" in clinic("audit").stdout
    assert "hours of the recipient" in clinic("policy", "show", "us").stdout
    assert "schema" in clinic("db", "upgrade").stdout


def test_the_demo_plays_to_its_end(kvitt: Shell) -> None:
    """The time-lapse shows a plan, a payment in between, and a bill flagged for a person."""
    shown = kvitt("demo", "--no-serve").stdout
    for text in ("Your plan is set", "the reminders stop", "flagged: a person decides", "For the desk"):
        assert text in shown


def test_a_person_decides_about_a_flagged_bill(clinic: Shell) -> None:
    """What stays unanswered is listed and can be returned or placed, once."""
    database = Database(f"sqlite:///{clinic.folder / 'kvitt.db'}", KEYS)
    with database.write() as session:
        for bill in ("B1", "B2"):
            flagged(session, bill, 1, datetime(2026, 10, 6, tzinfo=UTC))
    database.close()
    assert [one["bill_id"] for one in clinic.json("placements", "list")] == ["B1", "B2"]
    assert clinic("placements", "approve", "B1").returncode == 0
    assert clinic("placements", "approve", "B1").returncode == 1
    assert clinic("placements", "return", "B2", "--days", "10").returncode == 0
    states = {one["customer_id"]: one["state"] for one in clinic.json("accounts")}
    assert states == {"1": "placed", "2": "held"}


def test_an_email_can_be_piped_in(kvitt: Shell) -> None:
    """A mail server pipes what came: kept once, and answered by the running program."""
    answer = "From: Ada <ada@lind.example>\nMessage-ID: <1@lind.example>\nSubject: Hi\n\nwhat do I owe?\n"
    mail = {"smtp_url": "smtp://127.0.0.1:1", "email_from": "bills@elm.example"}
    first = kvitt("mail", "take", "-", typed=answer, **mail)
    assert (first.returncode, first.stdout.strip()) == (0, "kept, to be answered"), first.stderr
    (kvitt.folder / "mail.eml").write_text(answer)
    assert kvitt("mail", "take", "mail.eml", **mail).stdout.strip() == "known already"
    assert "KVITT_EMAIL_FROM" in kvitt("mail", "take", "-", typed=answer).stderr
    assert kvitt("mail", "take", "nowhere.eml", **mail).returncode == 2


CREDITOR = """
[creditor]
name = "Elm Street Clinic"
zone = "America/Los_Angeles"
country = "US"
address = ["500 Oak Avenue", "Portland, OR 97205"]
"""
POSTAL = """customer_id,name,birth_date,timezone,country,region,address,postal_code,city
1,Ada Lind,1980-02-28,America/Los_Angeles,US,CA,12 Elm Street,94110,San Francisco
"""


@pytest.fixture
def posting(kvitt: Shell) -> Shell:
    """A customer who is written to by letter, with one bill."""
    (kvitt.folder / "kvitt.toml").write_text(CREDITOR)
    (kvitt.folder / "customers.csv").write_text(POSTAL)
    (kvitt.folder / "bills.csv").write_text(
        BILLS.splitlines()[0] + "\nB1,1,2026-09-01,2026-10-01,USD,600.00,Visit\n"
    )
    policy = kvitt.folder / "open.toml"
    policy.write_text(
        Path(_open_all_day(kvitt.folder)).read_text().replace('channels = ["', 'channels = ["letter", "')
    )
    kvitt.usual = {"policy": str(policy), "letters_folder": str(kvitt.folder / "post"), "sending": "live"}
    assert kvitt("import", "customers.csv", "bills.csv").returncode == 0
    return kvitt


def test_a_letter_that_is_queued_for_later_is_named_with_its_time(posting: Shell) -> None:
    """Who prints too early reads how many letters are queued and from when, not that there is none."""
    assert "no letter is waiting" in posting("letters", "batch").stdout
    in_two_days = system_clock() + timedelta(days=2)
    posting.json("run", "--as-of", f"{in_two_days:%Y-%m-%dT20:00:00Z}")
    said = posting("letters", "batch").stdout
    local = in_two_days.replace(hour=20, minute=0).astimezone(ZoneInfo("America/Los_Angeles"))
    assert f"no letter is due yet: 1 queued, the first may be printed from {local:%Y-%m-%d %H:%M}" in said


def test_letters_are_printed_posted_and_come_back(posting: Shell) -> None:
    """From a file to a PDF for the print service, and on to the desk when the post returns it."""
    kvitt = posting
    assert "no batch" in kvitt("letters", "list").stdout
    assert kvitt.json("run")[0]["verdict"] == "remind"
    [batch] = kvitt.json("letters", "batch")
    assert sorted(file.name for file in (kvitt.folder / "post" / "batch-1").iterdir()) == [
        "1-001.pdf",
        "addresses.csv",
    ]
    assert batch["batch"] == 1
    assert "no letter is waiting" in kvitt("letters", "batch").stdout
    kvitt.sign_in()
    assert kvitt("letters", "posted", "1").stdout.strip() == "batch 1: 1 letter posted"
    assert "is posted" in kvitt("letters", "withdraw", "1").stderr
    assert kvitt("letters", "returned", "1-001", "--why", "unknown").returncode == 0
    assert [case["kind"] for case in kvitt.json("escalations", "list")][:1] == ["address_search"]
    assert [one["state"] for one in kvitt.json("letters", "list")] == ["posted"]
    assert "--on 'soon'" in kvitt("letters", "batch", "--post-on", "soon").stderr
    assert "KVITT_LETTERS_FOLDER" in kvitt("letters", "batch", letters_folder="").stderr


def test_the_doctor_enters_the_mail_server_and_the_mailbox(kvitt: Shell) -> None:
    """What cannot be entered is told with why, and the password is not shown."""
    with SmtpServer() as smtp, ImapServer() as imap:
        good = f"smtp://kvitt:p%3Aa%2Fs%3Fs@127.0.0.1:{smtp.port}"
        mail = {"smtp_url": good, "email_from": "bills@elm.example", "imap_url": imap.url}
        printed = kvitt("doctor", **mail).stdout
        assert "ok  e-mail out: bills@elm.example may send" in printed
        assert "ok  e-mail in: the mailbox can be read" in printed
        wrong = kvitt("doctor", **(mail | {"smtp_url": good.replace("p%3Aa", "hush")}))
    assert "fix e-mail out" in wrong.stdout
    assert "hush" not in wrong.stdout + wrong.stderr
    assert wrong.returncode == 1
