"""Settings: what is read, from where, and what is refused in one clear line."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from starlette.routing import Route

from billing.gate import SendingSwitch
from bot import processes, settings
from bot.clock import system_clock
from bot.setting_errors import BadSetting, MissingSetting

if TYPE_CHECKING:
    from pathlib import Path

TWILIO = {"TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_FROM": "+15035550100"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("KVITT_"):
            monkeypatch.delenv(name)


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"KVITT_{name}", value)


def test_nothing_set_is_safe() -> None:
    """Without any setting nothing unsolicited can leave, and the operator is warned."""
    found = settings.load()
    assert found.sending is SendingSwitch.APPROVE
    assert found.database_url == "sqlite:///kvitt.db"
    assert not found.sms
    assert any("[creditor]" in warning for warning in found.warnings)


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting in the environment outranks the same in kvitt.toml."""
    (tmp_path / "kvitt.toml").write_text('policy = "se"\nsending = "shadow"\n[creditor]\nname = "Clinic"\n')
    _set(monkeypatch, POLICY="us")
    found = settings.load()
    assert (found.policy, found.sending) == ("us", SendingSwitch.SHADOW)
    assert found.creditor.as_creditor().name == "Clinic"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("polcy = 1", "kvitt.toml, polcy: there is no such setting"),
        ('sending = "maybe"', "kvitt.toml, sending"),
        ('[creditor]\nzone = "Mars/Base"', "'Mars/Base' is no time zone"),
        ("policy = ", "is not TOML"),
    ],
)
def test_a_broken_file_is_told_with_place_and_remedy(tmp_path: Path, file: str, text: str) -> None:
    """What cannot be used names the file and the key."""
    (tmp_path / "kvitt.toml").write_text(file)
    with pytest.raises(BadSetting) as refused:
        settings.load()
    assert text in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_a_file_that_is_none_is_named(tmp_path: Path, kind: str) -> None:
    """A folder or a pipe of the name: one line, and nobody waits."""
    file = tmp_path / "kvitt.toml"
    file.mkdir() if kind == "folder" else os.mkfifo(file)
    with pytest.raises(BadSetting, match=r"^kvitt\.toml: cannot be read"):
        settings.load()


def test_a_key_of_stops_without_the_other_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not used: processes say so as they start, and the doctor does."""
    _set(monkeypatch, STOPS_KEY="x")
    assert any("KVITT_STOPS_KEY" in warning for warning in settings.load().warnings)
    _set(monkeypatch, KEY="x")
    assert not any("KVITT_STOPS_KEY" in warning for warning in settings.load().warnings)


@pytest.mark.parametrize("missing", sorted(TWILIO))
def test_half_a_twilio_is_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Twilio needs account, token and a number to send from; the missing one is named."""
    _set(monkeypatch, **{name: value for name, value in TWILIO.items() if name != missing})
    with pytest.raises(MissingSetting, match=f"KVITT_{missing}"):
        settings.load()


@pytest.mark.parametrize("url", ["http://bills.example.org", "bills.example.org", "ftp://x"])
def test_a_public_address_is_https(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Messages about bills travel encrypted; only this machine itself may do without."""
    _set(monkeypatch, PUBLIC_URL=url)
    with pytest.raises(BadSetting, match="KVITT_PUBLIC_URL"):
        settings.load()
    _set(monkeypatch, PUBLIC_URL="http://127.0.0.1:8000")
    assert settings.load().public_url


def test_a_telegram_webhook_needs_address_and_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A webhook nobody can check, or nobody can reach, is refused."""
    _set(monkeypatch, TELEGRAM_TOKEN="1:t", TELEGRAM_MODE="webhook")
    with pytest.raises(MissingSetting, match="KVITT_PUBLIC_URL"):
        settings.load()
    _set(monkeypatch, PUBLIC_URL="https://bills.example.org")
    with pytest.raises(MissingSetting, match="KVITT_TELEGRAM_WEBHOOK_SECRET"):
        settings.load()


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing the settings shows no secret."""
    _set(monkeypatch, **TWILIO, SECRET_KEY="hush-hush")
    found = settings.load()
    assert "hush-hush" not in repr(found)


@pytest.mark.parametrize(
    ("half", "missing"),
    [
        ({"SMTP_URL": "smtps://a:b@mail.example"}, "KVITT_EMAIL_FROM"),
        ({"IMAP_URL": "imaps://a:b@mail.example"}, "KVITT_EMAIL_FROM"),
        ({"EMAIL_FROM": "bills@elm.example"}, "KVITT_SMTP_URL"),
        ({"LETTERS_FOLDER": "post"}, "address"),
    ],
)
def test_half_an_email_or_letter_is_refused(
    monkeypatch: pytest.MonkeyPatch, half: dict[str, str], missing: str
) -> None:
    """What the channel needs beside is named."""
    _set(monkeypatch, **half)
    with pytest.raises(MissingSetting, match=missing):
        settings.load()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example"),
        ("SMTP_URL", "http://hush:hush@mail.example"),
        ("SMTP_URL", "smtp://hush:hush@mail.example:many"),
        ("IMAP_URL", "smtps://hush:hush@mail.example"),
        ("EMAIL_FROM", "the clinic"),
    ],
)
def test_a_mail_server_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """With the setting's name, and without the password in it."""
    good = {"SMTP_URL": "smtps://a:b@mail.example", "EMAIL_FROM": "Elm <bills@elm.example>"}
    _set(monkeypatch, **(good | {name: value}))
    with pytest.raises(BadSetting, match=f"KVITT_{name}") as refused:
        settings.load()
    assert "hush" not in str(refused.value)


def test_email_letters_and_templates_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the file as from the environment; nowhere to read answers is a warning."""
    (tmp_path / "kvitt.toml").write_text(
        'smtp_url = "smtps://a:b@mail.example"\nemail_from = "bills@elm.example"\nletters_folder = "post"\n'
        '[twilio_whatsapp_templates]\n"reminder.final" = { sv = "HX1" }\n'
        '[creditor]\nname = "Elm"\naddress = ["1 Oak", "Town"]\n'
    )
    found = settings.load()
    assert found.email
    assert found.letters
    assert found.twilio_whatsapp_templates == {"reminder.final": {"sv": "HX1"}}
    assert found.creditor.as_creditor().address == ("1 Oak", "Town")
    assert any("kvitt mail take" in warning for warning in found.warnings)
    _set(monkeypatch, IMAP_URL="imaps://a:b@mail.example/Bills")
    assert not any("kvitt mail take" in warning for warning in settings.load().warnings)


STRIPE = {
    "STRIPE_SECRET_KEY": "sk_1",
    "STRIPE_WEBHOOK_SECRET": "whsec_1",
    "PUBLIC_URL": "https://bills.example.org",
    "SECRET_KEY": "s",
}


@pytest.mark.parametrize("missing", STRIPE)
def test_half_of_stripe_is_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    """Cards need all four; which is missing is named."""
    _set(monkeypatch, **{name: value for name, value in STRIPE.items() if name != missing})
    with pytest.raises(MissingSetting, match=f"KVITT_{missing} is not set"):
        settings.load()


def test_with_stripe_the_web_takes_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """The webhook and the links are there, and the chat knows where they begin; without it none is."""
    plain = processes.assemble(settings.load(), system_clock)
    assert "/webhooks/stripe" not in _paths(plain)
    _set(monkeypatch, **STRIPE)
    parts = processes.assemble(settings.load(), system_clock)
    assert {"/webhooks/stripe", "/pay/{token}"} <= _paths(parts)
    assert parts.installation.pay_url == "https://bills.example.org/pay/"
    for one in (plain, parts):
        one.database.close()


def _paths(parts: processes.Parts) -> set[str]:
    return {route.path for route in processes.application(parts).routes if isinstance(route, Route)}


@pytest.mark.parametrize("wrong", ["", "15 10", "account"])
def test_an_account_of_the_books_is_a_number(tmp_path: Path, wrong: str) -> None:
    """A journal on an account that no program takes is refused where it is written."""
    (tmp_path / "kvitt.toml").write_text(f'[journal]\nreceivable = "{wrong}!"\n')
    with pytest.raises(BadSetting, match="is no account number"):
        settings.load()


CLAIMS = {
    "npi": "1234567893", "tax_id": "12-3456789", "street": "12 Elm Street", "city": "Portland",
    "region": "OR", "postal_code": "97205-1234", "sender_id": "KVITT01",
    "receiver_id": "CLEAR01", "receiver_name": "House",
}  # fmt: skip


def _claims(folder: Path, phone: str = "+1 503 555 0100", **changes: str) -> None:
    lines = [f'{name} = "{value}"' for name, value in (CLAIMS | changes).items() if value]
    text = "\n".join(["[creditor]", 'name = "Elm"', f'phone = "{phone}"', "[claims]", *lines])
    (folder / "kvitt.toml").write_text(text)


def test_whoever_files_claims_is_read_whole(tmp_path: Path) -> None:
    """The provider is the creditor, with the numbers of the table; every file is a test at first."""
    _claims(tmp_path)
    found = settings.load()
    assert found.claims
    filer = found.claims.as_filer(found.creditor)
    assert (filer.name, filer.npi, filer.phone, filer.live) == ("Elm", "1234567893", "+1 503 555 0100", False)


@pytest.mark.parametrize("missing", CLAIMS)
def test_half_a_filer_is_refused(tmp_path: Path, missing: str) -> None:
    """Each fact that X12 needs is asked for by its name."""
    _claims(tmp_path, **{missing: ""})
    with pytest.raises(BadSetting, match=f"claims.{missing}: is missing; write a text in quotes"):
        settings.load()


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"npi": "1234567890"}, "'1234567890' is no NPI: look for a mistyped digit"),
        ({"postal_code": "97205"}, "claims.postal_code"),
        ({"tax_id": "1"}, "claims.tax_id"),
        ({"phone": ""}, r"\[claims\] phone is not set"),
    ],
)
def test_a_filer_that_cannot_be_is_refused(tmp_path: Path, changes: dict[str, str], text: str) -> None:
    """A wrong check digit, a short ZIP, nobody to call: refused in one line."""
    phone = changes.pop("phone", "+1 503 555 0100")
    _claims(tmp_path, phone, **changes)
    with pytest.raises((BadSetting, MissingSetting), match=text):
        settings.load()


def test_hours_and_ways_to_pay_may_be_written_in_several_languages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is in the words of its language; a language that is not spoken is a slip, and named."""
    file = tmp_path / "kvitt.toml"
    monkeypatch.setenv("KVITT_CONFIG", str(file))
    written = (
        '[creditor]\nname = "Clinic"\nlanguage = "sv"\nhours = { en = "weekdays", sv = "vardagar" }\n'
        'ways_to_pay = [{ name = { en = "Card", sv = "Kort" }, details = "clinic.example" }]\n'
    )
    file.write_text(written)
    creditor = settings.load().creditor.as_creditor()
    assert (creditor.hours, creditor.hours_in("en"), creditor.hours_in("es")) == ("vardagar", "weekdays", "")
    ways = [creditor.ways_in(one)[0] for one in ("en", "sv", "es")]
    assert [(way.name, way.details) for way in ways] == [
        ("Card", "clinic.example"), ("Kort", "clinic.example"), ("Kort", "clinic.example"),
    ]  # fmt: skip
    file.write_text(written.replace('{ en = "Card"', '{ se = "Card"'))
    with pytest.raises(BadSetting, match=r"\[creditor\] ways_to_pay: no language is 'se'"):
        settings.load()
    file.write_text("[creditor]\nhours = 9\n")
    with pytest.raises(BadSetting, match=r"creditor\.hours"):
        settings.load()
