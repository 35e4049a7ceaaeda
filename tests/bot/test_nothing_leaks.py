"""Failures of every part, driven from outside with marked texts: no mark is in the log, at any level."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import func, select, text

from storage import tables
from storage.database.transaction import Database
from tests.bot.test_paying import signed
from tests.bot.test_serve import MESSAGES, _alive, _running
from tests.commands import Shell
from tests.fakes.serving import free_port, wait
from tests.fakes.smtp_server import SmtpServer
from tests.fakes.stripe_server import stripe_server
from tests.fakes.telegram_server import ServerBehaviour, TelegramServer
from tests.fakes.twilio_http import Ending
from tests.fakes.twilio_server import TwilioServer
from tests.keys import KEYS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Databases

pytestmark = pytest.mark.slow

NAME, BORN, SAID, PHONE = "Zebulon", "1947-03-09", "xylocarp", "5035550142"
TOKENS = {
    "twilio_auth_token": "twil-mark-1",
    "telegram_token": "4242:tele-mark-2",
    "secret_key": "secr-mark-3" * 4,
    "stripe_secret_key": "sk_test_mark4",
    "stripe_webhook_secret": "whsec_mark5",
}
LINK = "capability-mark-6"
MARKS = (NAME, BORN, "19470309", SAID, PHONE, LINK, "p:a/s?s", *TOKENS.values())
CUSTOMERS = (
    "customer_id,name,birth_date,phone,email,country,region\n"
    f"1,{NAME} Quist,{BORN},+1{PHONE},zebulon@quist.example,US,CA\n"
)
BILL = "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,1,2026-01-01,2026-02-01,USD,600.00\n"
FAILS = "fails-at-"


_SQLITE = (
    """CREATE TRIGGER planted_{name} BEFORE {event} ON inbox WHEN {when}
    BEGIN SELECT RAISE(ABORT, 'refused'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION planted_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF {when} THEN RAISE EXCEPTION 'refused %', NEW.provider_id; END IF; RETURN NEW; END $$""",
    "CREATE TRIGGER planted_{name} BEFORE {event} ON inbox FOR EACH ROW EXECUTE FUNCTION planted_{name}()",
)


def _plant(url: str) -> None:
    """Let the database refuse what says so: to keep a text, and what its turn would write."""
    database = Database(url, KEYS)
    on_sqlite = database.engine.dialect.name == "sqlite"
    with database.write() as session:
        for name, event, when in (
            ("row", "INSERT", f"NEW.provider_id LIKE '%{FAILS}inbox%'"),
            ("turn", "UPDATE", f"NEW.provider_id LIKE '%{FAILS}turn%' AND NEW.state = 'done'"),
        ):
            for statement in _SQLITE if on_sqlite else _POSTGRESQL:
                session.execute(text(statement.format(name=name, event=event, when=when)))
        if not on_sqlite:
            check = f"CHECK (provider_id NOT LIKE '%{FAILS}check%')"
            session.execute(text(f"ALTER TABLE inbox ADD CONSTRAINT planted {check}"))
    database.close()


def _count(url: str, state: str) -> int:
    database = Database(url, KEYS)
    with database.read() as session:
        found = session.scalar(
            select(func.count()).select_from(tables.Inbox).where(tables.Inbox.state == state)
        )
    database.close()
    return found or 0


@pytest.mark.both_databases
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_leaks(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> None:
    """Names, birth dates, texts, phones, tokens: in none of the lines of any process or failing command."""
    makers: Databases = request.getfixturevalue(f"{'sqlite' if kind == 'sqlite' else 'postgres'}_databases")
    url, port = makers(), free_port()
    public = f"http://127.0.0.1:{port}"
    shell = Shell(tmp_path)
    shell.usual = {"database_url": url, "log_level": "debug"}
    written: list[str] = []
    with (
        TwilioServer(auth_token=TOKENS["twilio_auth_token"]) as twilio,
        TelegramServer(token=TOKENS["telegram_token"]) as telegram,
        SmtpServer() as mail,
        stripe_server() as stripe,
    ):
        settings = shell.usual | {
            **TOKENS,
            "public_url": public,
            "twilio_account_sid": twilio.account_sid,
            "twilio_from": twilio.number,
            "twilio_api_url": twilio.url,
            "telegram_api_url": telegram.url,
            "stripe_api_url": stripe.url,
            "smtp_url": f"smtp://kvitt:p%3Aa%2Fs%3Fs@localhost:{mail.port}",
            "email_from": "Clinic <bills@clinic.example>",
            "sending": "live",
        }
        written += _failing_commands(shell, tmp_path)
        assert shell("import", "customers.csv", "bills.csv").returncode == 0
        _plant(url)
        mail.refusals["text"] = f"554 5.7.1 {NAME} said {SAID}"
        with _running(tmp_path, "serve", "--port", str(port), **settings) as serving:
            wait(lambda: _alive(public))
            _texts(public, twilio)
            _webs(public)
            telegram.customer_writes(77, f"hello {SAID}", NAME)
            telegram.wait_for(lambda server: any(sent.chat_id == 77 for sent in server.sent), 40)
            # One of these says that our token is wrong, after which everything to Telegram waits.
            for number, behaviour in enumerate(ServerBehaviour):
                telegram.behave(behaviour, 700 + number)
                telegram.customer_writes(700 + number, f"{SAID} {BORN}", NAME)
            wait(lambda: _count(url, "done") >= 8, 60)
            twilio.answer_next(ending=Ending.HANG)
            twilio.post(f"{public}{MESSAGES}", twilio.inbound_form(f"+1{PHONE}", f"and {SAID}"))
            serving.send_signal(signal.SIGTERM)
            twilio.stop()
            assert serving.wait(60) == 0
            assert serving.stdout
            log = serving.stdout.read()
    makers.drop(url)
    written.append(log)
    for seen in ("turn.failed", "channel.trouble", "library.log", "library=urllib3", "library=apscheduler"):
        assert seen in log, f"{seen} was not reached:\n{log}"
    for output in written:
        for mark in MARKS:
            assert mark not in output, f"{mark}:\n" + "\n".join(
                line for line in output.splitlines() if mark in line
            )
        assert "Traceback" not in output


def _failing_commands(shell: Shell, folder: Path) -> list[str]:
    """Commands that meet bad files and bad settings: what they printed."""
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "bills.csv").write_text(BILL)
    (folder / "cut.csv").write_text(CUSTOMERS[:-1] + ',"' + SAID)
    (folder / "bytes.csv").write_bytes(CUSTOMERS.encode() + b"2,\xff\xfe" + SAID.encode())
    (folder / "bad.json").write_text('{"resourceType": "Bundle", "entry": [{"resource": {"text": "' + SAID)
    (folder / "mail.eml").write_bytes(b"From: " + NAME.encode() + b"\n\xff\x00" + SAID.encode())
    done = [
        shell("import", "cut.csv"),
        shell("import", "bytes.csv"),
        shell("import", "bad.json"),
        shell("mail", "take", typed=f"{SAID}\n\n{NAME} {BORN}", email_from="bills@clinic.example"),
        shell("accounts", smtp_url=f"nonsense://{NAME}:p:a/s?s@x", email_from="a@b.example"),
        shell("accounts", imap_url="imaps://kvitt:p:a/s?s@[bad"),
        shell("accounts", database_url=f"postgresql://kvitt:{TOKENS['secret_key']}@[bad/x"),
        shell("accounts", telegram_token=TOKENS["telegram_token"], telegram_mode="nothing"),
    ]
    return [one.stdout + one.stderr for one in done]


def _texts(public: str, twilio: TwilioServer) -> None:
    """Texts that cannot be stored, turns that fail, and every way in which a provider fails."""

    def fails(where: str) -> int:
        form = twilio.inbound_form(f"+1{PHONE}", f"{SAID} {BORN}")
        form["MessageSid"] += f"{FAILS}{where} {SAID}"
        return twilio.post(f"{public}{MESSAGES}", form).status_code

    assert fails("inbox") >= 500
    fails("check")
    fails("turn")
    for script in (
        {"status": 400, "code": 21610},
        {"status": 400, "raw": f"<html>{NAME} {SAID}"},
        {"status": 201, "raw": f'{{"sid": null, "body": "{SAID}"'},
        {"status": 500, "raw": f'{{"code": "{SAID}", "message": "{BORN}"}}'},
        {"status": 429, "code": 20429},
        {"status": 503, "raw": f'{{"code": "{SAID}"}}'},
        {"ending": Ending.DROP},
    ):
        twilio.answer_next(**script)
    for number, what in enumerate(
        (
            "what do I owe?",
            f"{SAID}",
            BORN,
            "\x00\x07 " + SAID,
            "\ufffe\u202e " + SAID,
            "👍🏽" * 400,
            "hello",
            "menu",
        )
    ):
        form = twilio.inbound_form(f"+1503555{1000 + number}", what)
        twilio.post(f"{public}{MESSAGES}", form)
    unsigned = twilio.inbound_form(f"+1{PHONE}", SAID)
    assert httpx.post(f"{public}{MESSAGES}", data=unsigned).status_code == 403


def _webs(public: str) -> None:
    """What anybody may send to the web server."""
    for path in (
        f"/b/{LINK}",
        f"/b/{LINK}/leave",
        f"/pay/{LINK}",
        f"/webhooks/email/unsubscribe?token={LINK}",
    ):
        for method in ("GET", "POST"):
            httpx.request(method, public + path, data={"birth_date": BORN, "name": NAME})
    httpx.post(f"{public}/b/%ff/leave", data={"text": SAID})
    for body in (SAID.encode(), f'{{"id": "{SAID}", "type": 7}}'.encode(), b"[" * 4000):
        for headers in ({"Stripe-Signature": SAID}, {"Stripe-Signature": signed(body, 1, "whsec_mark5")}):
            httpx.post(f"{public}/webhooks/stripe", content=body, headers=headers)
        httpx.post(
            f"{public}/webhooks/telegram",
            content=body,
            headers={"X-Telegram-Bot-Api-Secret-Token": LINK},
        )
