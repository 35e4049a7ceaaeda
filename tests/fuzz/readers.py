"""Gives hostile inputs to all that reads texts, files and messages; a refusal in a line is an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from billing import card_numbers
from billing.accounts.channels import Channel
from billing.ledger.money import Money
from billing.policy import load as load_policy
from billing.refusals import Refusal
from bot import setting_errors, telegram_updates
from bot.channels.email import incoming
from bot.channels.email.mailbox import UnreadableEmail
from bot.channels.twilio import webhooks
from bot.claims import acknowledgements, csv_answers, fhir_answers, x12_835, x12_eligibility
from bot.importing import camt, csv_files, fhir, mapping, mt940, payments_file, prices_file, published_codes
from bot.importing.table import CsvTable
from bot.payers import fhir_eligibility
from handlers.arrivals import ArrivalKind
from handlers.heard import hear
from messages.languages import languages
from messages.understanding import quotations, reactions, redaction, services
from messages.understanding.language_detection import unspoken
from messages.understanding.reading import TextReader
from storage.conversation.inbox import Inbound
from tests.fuzz import samples
from tests.fuzz.hostile import Hostile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bot.simulate.chance import Chance
    from tests.fuzz.counts import Counts

TODAY: Final = samples.NOW.date()
_READER: Final = TextReader()
_OWED: Final = Money(60000, "USD")


@dataclass(frozen=True, slots=True)
class Reader:
    """Something that reads: how its inputs are made, and how it is given one."""

    made: Callable[[Hostile], Any]
    read: Callable[[Any, Path], object]
    weight: int = 1
    """How often beside the others it is tried."""


def play(
    counts: Counts, chance: Chance, inputs: int, folder: Path, readers: Mapping[str, Reader] | None = None
) -> None:
    """Give the readers so many inputs; ``folder`` is scratch space for those that read files."""
    hostile, chosen = Hostile(chance), readers or READERS
    names, weights = list(chosen), [one.weight for one in chosen.values()]
    for _ in range(inputs):
        name = chance.choices(names, weights)[0]
        given = chosen[name].made(hostile)
        counts.tried(name)
        try:
            chosen[name].read(given, folder)
        except (Refusal, UnreadableEmail):
            continue
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            counts.failed(name, error, given)


def _text(read: Callable[[str, str], object], weight: int = 20) -> Reader:
    """What reads a text in a language."""
    spoken = sorted(languages())
    return Reader(lambda one: (one.text(), one.chance.choice(spoken)), lambda given, _: read(*given), weight)


def _bytes(read: Callable[[bytes], object], *from_: bytes, weight: int = 2) -> Reader:
    return Reader(
        lambda one: one.damaged_bytes(one.chance.choice(from_)), lambda given, _: read(given), weight
    )


def _file(read: Callable[[Path], object], name: str, *from_: bytes, weight: int = 1) -> Reader:
    """What reads a file by its path."""

    def given_file(given: bytes, folder: Path) -> None:
        file = folder / name
        file.write_bytes(given)
        read(file)

    return Reader(lambda one: one.damaged_bytes(one.chance.choice(from_)), given_file, weight)


def _json(read: Callable[[bytes], object], *from_: Any, weight: int = 2) -> Reader:
    return Reader(lambda one: one.json_bytes(one.chance.choice(from_)), lambda given, _: read(given), weight)


def _json_file(read: Callable[[Path], object], sample: Any) -> Reader:
    def given_file(given: bytes, folder: Path) -> None:
        file = folder / "bundle.json"
        file.write_bytes(given)
        read(file)

    return Reader(lambda one: one.json_bytes(sample), given_file, 2)


def _form(read: Callable[[Mapping[str, str]], object], sample: dict[str, str]) -> Reader:
    return Reader(lambda one: one.damaged_form(sample), lambda given, _: read(given), 5)


def _updates(given: bytes) -> None:
    """A Telegram post, read as the webhook reads it."""
    import json  # noqa: PLC0415 - beside what it is needed for

    try:
        body = json.loads(given)
    except (ValueError, RecursionError):
        return
    update = telegram_updates.update_of(body) if isinstance(body, dict) else None
    if update is not None:
        telegram_updates.arrival(update, samples.NOW, frozenset({"78"}))


def _heard(text: str, language: str) -> None:
    inbound = Inbound(1, Channel.SMS, 1, ArrivalKind.TEXT, text, "", "", samples.NOW, "new", 0, "1")
    hear(inbound, Channel.SMS, language)


def _csv(kind: str) -> Reader:
    read = {
        "customers": csv_files.customer,
        "bills": csv_files.bill,
        "charges": csv_files.charge,
        "coverages": csv_files.coverage,
        "services": csv_files.service,
    }[kind]

    def rows(file: Path) -> None:
        tables, _ = csv_files.tables_in([file])
        for table in tables[kind]:  # type: ignore[index]
            list(csv_files.parsed(table, csv_files.REQUIRED[kind][0], read, TODAY))  # type: ignore[index, arg-type]

    return _file(rows, f"{kind}.csv", samples.CSV_FILES[kind].encode())


def _rows(read: Callable[..., Any], sample: str, name: str) -> Reader:
    return _file(lambda file: list(csv_files.parsed(CsvTable(file), "", read, TODAY)), name, sample.encode())


def _bundle(file: Path) -> None:
    found, _, _ = fhir.stages([file], TODAY, (), {})
    for stage in found:
        list(stage.items)


def _words(text: str) -> None:
    """What looks at words before anything understands them."""
    redaction.clean(redaction.mask_codes(redaction.mask_cards(text)))
    redaction.mask_lone_code(text)
    half = len(text) // 2
    card_numbers.masked(text)
    card_numbers.masked_parts([text[:half], text[half:]], lambda _: False)
    unspoken(text)
    quotations.own_words(text, ["We wrote to you: you owe $600.00 for your visit."])
    reactions.label_before(text)


_FROM_CHECKED: Final[Sequence[str]] = ("1980-02-28", "Ada Lind")
READERS: Final[Mapping[str, Reader]] = {
    "understanding": _text(_heard, 60),
    "words": _text(lambda text, _: _words(text), 30),
    "amounts": _text(
        lambda text, language: (
            _READER.amount(text, language, "USD"),
            _READER.no_amount(text, language, "JPY"),
        )
    ),
    "counts": _text(lambda text, language: (_READER.count(text, language), _READER.months(text, language))),
    "days": _text(
        lambda text, language: (
            _READER.day(text, language, TODAY),
            _READER.no_day(text, language),
            _READER.day_of_month(text, language),
            _READER.day(text, language, date(9999, 12, 30)),
        )
    ),
    "schedules": _text(lambda text, language: _READER.parts(text, language, _OWED, TODAY)),
    "birth dates": _text(_READER.birth_date),
    "choices": _text(
        lambda text, language: (
            _READER.yes_or_no(text, language),
            _READER.choice(text, language, ("own_bill", "for_another")),
        )
    ),
    "speakers": _text(
        lambda text, language: (
            _READER.speaker(text, None, language),
            _READER.speaker(text, _FROM_CHECKED, language),
            _READER.whose(text, language),
        )
    ),
    "hours": _text(_READER.hours),
    "contacts": _text(
        lambda text, _: (_READER.phone(text, "US"), _READER.phone(text, "SE"), _READER.email(text))
    ),
    "services": _text(
        lambda text, language: services.search(text, language, {1: ("X-ray",), 2: ("Cleaning, deep",)})
    ),
    "reactions": _text(reactions.means_nothing),
    "telegram updates": _json(_updates, samples.UPDATE, samples.PRESSED, samples.SHARED, weight=10),
    "twilio texts": _form(lambda form: webhooks.arrival(form, samples.NOW), samples.TEXT_FORM),
    "twilio reports": _form(lambda form: webhooks.report(form, "x"), samples.STATUS_FORM),
    "e-mails": _bytes(
        lambda raw: incoming.read(raw, "bills@clinic.example", samples.NOW),
        samples.EMAIL,
        samples.BOUNCE,
        weight=6,
    ),
    "remittances": _bytes(lambda raw: x12_835.read(raw.decode("latin-1")), samples.remittance(), weight=4),
    "eligibility answers": _bytes(
        lambda raw: x12_eligibility.read(raw.decode("latin-1")),
        samples.x12_file("271", "HB", "005010X279A1", samples.ELIGIBILITY_ANSWER),
    ),
    "acknowledgements": _bytes(
        lambda raw: acknowledgements.read(raw.decode("latin-1")),
        samples.x12_file("999", "FA", "005010X231A1", samples.FILE_RECEIPT),
        samples.x12_file("277", "HN", "005010X214", samples.CLAIM_RECEIPT),
    ),
    "FHIR coverage": _json(fhir_eligibility.read, samples.FHIR_COVERAGE, weight=4),
    "FHIR answers": _json(
        lambda raw: fhir_answers.read(raw.decode("utf-8", "replace")), samples.FHIR_ANSWER, weight=4
    ),
    "FHIR bundles": _json_file(_bundle, samples.FHIR_BUNDLE),
    "bank files": _file(
        lambda file: list(camt.read(file, [])),
        "bank.xml",
        *(samples.bank_file(kind, version) for kind in (53, 54) for version in (2, 8)),
        weight=2,
    ),
    "MT940 files": _file(lambda file: list(mt940.read(file, [])), "bank.sta", samples.MT940_FILE, weight=2),
    **{f"{kind}.csv": _csv(kind) for kind in samples.CSV_FILES},
    "payments.csv": _rows(payments_file.payment, samples.PAYMENTS, "payments.csv"),
    "prices.csv": _rows(prices_file.price, samples.PRICES, "prices.csv"),
    "answers.csv": _file(
        lambda file: csv_answers.read(file, TODAY), "answers.csv", samples.PAYER_ANSWERS.encode()
    ),
    "ICD-10-CM": _file(
        lambda file: list(published_codes.order_file(file)),
        "codes.txt",
        b"00001 A00     0 Cholera" + b" " * 60 + b"Cholera\n",
    ),
    "HCPCS": _file(
        lambda file: list(published_codes.hcpcs_file(file, published_codes.HCPCS)),
        "hcpcs.txt",
        (b"A0021001003" + b"Ambulance" + b" " * 300 + b"\n") * 2,
    ),
    "mappings": _file(mapping.load, "map.toml", samples.MAPPING),
    "policies": _file(lambda file: load_policy(str(file)), "policy.toml", samples.POLICY),
    "settings": _file(setting_errors.read, "kvitt.toml", samples.SETTINGS),
}
