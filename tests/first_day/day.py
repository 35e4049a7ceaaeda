"""The day of each operator: what they type, from installation to the first reminders that left."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import threading
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from tests.first_day import made_up
from tests.first_day.providers import providers
from tests.first_day.terminal import Terminal, WentWrong, say

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).resolve().parents[2]
CLOCK: Final = Path(__file__).with_name("clock")
VENV: Final = "FIRST_DAY_VENV"
"""The environment variable that names a virtual environment to use, instead of installing one."""


@dataclass(frozen=True)
class Operator:
    """Who begins with Kvitt, with which files, and who writes to them first."""

    name: str
    files: Mapping[str, bytes]
    at: str
    """When their day is, UTC."""
    answers: Mapping[str, str]
    """To the questions of ``kvitt init``."""
    number: str
    """Their number at Twilio."""
    imports: str
    """What is typed to import the files."""
    customer: str
    """The phone of the first who texts."""
    texts: tuple[str, ...]
    """What they text; the answer to the last holds ``hears``."""
    hears: str
    corrections: tuple[tuple[str, str, str], ...] = ()
    """What the dry run shows to be wrong in the files: the file, the old and the new."""


CLINIC: Final = Operator(
    name="a clinic in Oregon with two CSV files",
    files=made_up.clinic(),
    at="2026-11-30T17:05:00+00:00",
    answers={
        "Who is owed": "North Dental",
        "A phone number": "+1 503 223 4455",
        "and where": "northdental.com/pay",
        "Your own mobile": "+1 503 223 4466",
    },
    number="+15032234477",
    imports="customers.csv bills.csv",
    customer="+15035550101",
    texts=("how much do I owe?", "1980-02-02"),
    hears="$25.00",
    corrections=(("customers.csv", "mobile", "phone"), ("bills.csv", made_up.SLIP, "2026-11-17")),
)
UTILITY: Final = Operator(
    name="a utility in Sweden with an export of Fortnox",
    files=made_up.utility(),
    at="2026-11-30T09:05:00+00:00",
    answers={
        "Who is owed": "Kalix Energi",
        "Your country": "SE",
        "A phone number": "+46 923 123 45",
        "How customers pay": "Bankgiro",
        "and where": "5050-1055",
        "Your own mobile": "+46 70 174 06 05",
    },
    number="+46766860001",
    imports="--map ../docs/mappings/fortnox.toml --consent sms --consent-basis 'kundavtal' "
    "kundregister.csv kundfakturor.csv",
    customer="+46701740611",
    texts=("hur mycket är jag skyldig?", "1980-02-02"),
    hears="1 201,50",
)
OPERATORS: Final = {"clinic": CLINIC, "utility": UTILITY}


@dataclass
class Played:
    """What a day took."""

    typed: list[str]
    seconds: dict[str, float] = field(default_factory=dict)


def clone(folder: Path) -> Path:
    """A fresh clone of what is committed."""
    place = folder / "kvitt"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    if given := os.environ.get(VENV):
        _use(Path(given).resolve(), place)
    return place


def play(operator: Operator, place: Path, folder: str) -> Played:
    """Have an operator begin in a folder of a clone.

    Raises:
        WentWrong: something was not as the documents say.
    """
    say(f"\n== {operator.name}")
    begun = monotonic()
    own = place / folder
    own.mkdir()
    for name, held in operator.files.items():
        (own / name).write_bytes(held)
    with providers(operator.number) as there:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
        terminal = Terminal(
            place,
            bare
            | there.settings
            | {
                "PATH": f"{place / '.venv/bin'}:{bare['PATH']}",
                "COLUMNS": "100",
            },
        )
        played = Played(terminal.typed)
        terminal.types("make install")
        terminal.environment |= {
            "PYTHONPATH": str(CLOCK),
            "FIRST_DAY_AT": operator.at,
        }  # what it needs is there now
        terminal.folder = own
        channels = {
            "Texts go by": "both",
            "account SID": there.twilio.account_sid,
            "auth token": there.twilio.auth_token,
            "texts come from": there.twilio.number,
            "bot's token": there.telegram.token,
            "https address": there.public_url,
        }
        terminal.types("kvitt init", {**operator.answers, **channels})
        terminal.types(f"kvitt import --dry-run {operator.imports}")
        for correction in operator.corrections:
            terminal.edits(*correction)
        if "set aside" in re.sub(r"\b0 set aside", "", terminal.types(f"kvitt import {operator.imports}")):
            raise WentWrong("rows were set aside")
        if "\nfix " in f"\n{terminal.types('kvitt doctor --online')}":
            raise WentWrong("the doctor found something")
        with terminal.keeps_running(f"kvitt serve --port {there.port}", until="Kvitt is serving"):
            for text in operator.texts:
                say(f"    {operator.customer} texts: {text}")
                answer = there.text(operator.customer, text)
                say(f"    and gets: {answer.body}")
            if operator.hears not in answer.body.replace("\xa0", " "):
                raise WentWrong(f"the answer has not {operator.hears}")
            played.seconds["to the first answered text"] = monotonic() - begun
            before = len(there.twilio.messages)
            _wait_for_a_run(own / "kvitt.db")
            shown = terminal.types("kvitt runs show 1")
            (waiting,) = re.findall(r"lets (\d+) messages leave", shown) or ["0"]
            terminal.types("kvitt runs approve 1")
            there.twilio.wait_for_messages(before + int(waiting), 120)
            reminders = there.twilio.messages[before:]
            say(f"    {len(reminders)} reminders left; the first: {reminders[0].body}")
            if not int(waiting) or len(reminders) != int(waiting):
                raise WentWrong(f"{waiting} waited, {len(reminders)} left")
            played.seconds["to the first approved reminders"] = monotonic() - begun
    return played


def _wait_for_a_run(book: Path) -> None:
    """Wait until the first dunning run is over: ``kvitt serve`` begins one every minute."""
    pause = threading.Event()
    for _ in range(1200):
        with closing(sqlite3.connect(book)) as connection:
            if connection.execute("SELECT 1 FROM runs WHERE finished_at IS NOT NULL").fetchone():
                return
        pause.wait(0.1)
    raise WentWrong("no dunning run began in two minutes")


def _use(venv: Path, place: Path) -> None:
    """A clone's commands, run by the Python of an environment that has all parts already."""
    commands = place / ".venv/bin"
    commands.mkdir(parents=True)
    kvitt = commands / "kvitt"
    kvitt.write_text(
        f'#!/bin/sh\nPYTHONPATH="{place}:$PYTHONPATH" exec "{venv}/bin/python" -c '
        "'from bot.cli import main; main()' \"$@\"\n"
    )
    kvitt.chmod(0o755)
    (commands.parent / ".installed").touch()
    say(f"(installed before: {VENV} names {venv})")
