"""docs/operations.md: every command is typed as it is written, and every line of doctor is explained."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from tests.commands import ROOT, Shell
from tests.fakes.twilio_server import TwilioServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE: Final = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PROGRAM: Final = "/opt/kvitt/bin/kvitt"
BOOK: Final = {
    "customers.csv": "customer_id,name,phone\nC-1,Ada Lind,+15035550142\n",
    "bills.csv": (
        "bill_id,customer_id,issued_on,due_on,currency,amount\nB-1,C-1,2026-01-01,2026-02-01,USD,180.00\n"
    ),
}


def _blocks(language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", PAGE, re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for _, block in found]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A folder with ``kvitt`` on the PATH, and none of our settings."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "kvitt"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from bot.cli import main; main()' \"$@\"\n")
    program.chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
    return own | {"PYTHONPATH": str(ROOT), "PATH": f"{folder}{os.pathsep}{own['PATH']}"}


def _typed(block: str, folder: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(
        ["/bin/sh", "-e", "-c", block],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{block}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_every_command_of_the_page_does_what_the_page_says(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    """From the first set-up through backup, restore and upgrade to the night, in the order of the page."""
    folder = tmp_path / "kvitt"
    folder.mkdir(mode=0o700)
    first, *others = _blocks("sh")
    _typed(first, folder, environment)
    for name, content in BOOK.items():
        (folder / name).write_text(content)
    _typed("kvitt import customers.csv bills.csv", folder, environment)
    for block in others:
        _typed(block, folder, environment)
    assert {"backup", "restore", "db upgrade", "sending stops"} <= _named(others)
    assert list(folder.glob("kvitt.db.before-*"))


def _named(blocks: list[str]) -> set[str]:
    words = [line.split() for block in blocks for line in block.splitlines() if "kvitt" in line.split()]
    behind = [line[line.index("kvitt") + 1 :] for line in words]
    return {" ".join(line[:count]) for line in behind for count in (1, 2)}


@pytest.mark.slow
def test_the_units_of_the_page_serve_and_back_up(tmp_path: Path, environment: dict[str, str]) -> None:
    """What systemd would start comes up and ends at SIGTERM; what the timer starts writes today's file."""
    serving, backup, timer = (_unit(block) for block in _blocks("ini"))
    (tmp_path / "backups").mkdir()
    command = _started(serving, tmp_path)
    port = _free_port()
    command[command.index("8000")] = str(port)
    process = subprocess.Popen(command, cwd=tmp_path, env=environment)
    try:
        _until_ready(f"http://127.0.0.1:{port}/readyz")
        for _ in range(2):
            assert (
                subprocess.run(
                    _started(backup, tmp_path), cwd=tmp_path, env=environment, check=False
                ).returncode
                == 0
            )
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert re.fullmatch(r"\w+\.zip", " ".join(file.name for file in (tmp_path / "backups").iterdir()))
    assert timer["Timer"]["OnCalendar"]
    assert {serving["Service"]["UMask"], backup["Service"]["UMask"]} == {"0077"}


def _unit(text: str) -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(text)
    return unit


def _started(unit: configparser.ConfigParser, folder: Path) -> list[str]:
    """The command of a unit as systemd reads it, with the folders of the test."""
    line = unit["Service"]["ExecStart"].replace("%%", "%").replace("$$", "$")
    line = line.replace(PROGRAM, str(folder / "bin" / "kvitt")).replace(
        "/var/backups/kvitt", f"{folder}/backups"
    )
    return shlex.split(line)


def _until_ready(url: str) -> None:
    pause = threading.Event()
    for _ in range(1500):
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        pause.wait(0.04)
    pytest.fail("it did not come up")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_every_line_of_doctor_is_explained(tmp_path: Path) -> None:
    """With everything set up, working or not, each line has its row in the page, and no row is left."""
    with TwilioServer() as twilio:
        settings = {
            "twilio_account_sid": twilio.account_sid,
            "twilio_auth_token": twilio.auth_token,
            "twilio_from": twilio.number,
            "twilio_api_url": twilio.url,
            "public_url": "https://bills.example.org",
            "smtp_url": "smtp://127.0.0.1:1",
            "email_from": "bills@elm.example",
            "imap_url": "imap://127.0.0.1:1/INBOX",
            "letters_folder": str(tmp_path / "letters"),
        }
        (tmp_path / "kvitt.toml").write_text('[creditor]\nname = "Elm"\naddress = ["1 Elm", "Portland"]\n')
        done = Shell(tmp_path)("doctor", **settings)
    printed = {line[4:].partition(": ")[0] for line in done.stdout.splitlines()}
    (table,) = re.findall(r"^## What doctor says\n(.*)", PAGE, re.DOTALL | re.MULTILINE)
    rows = re.findall(r"^\| (`[^|]+) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == printed


def _lines() -> Iterator[str]:
    for block in _blocks("sh"):
        yield from (line for line in block.splitlines() if "kvitt" in line)


def test_commands_are_in_blocks_that_are_run() -> None:
    """The page has no other block than those that the tests type, start or read."""
    fences = re.findall(r"^ *```(\w*)$", PAGE, re.MULTILINE)
    assert set(fences) == {"sh", "ini", ""}
    assert len(list(_lines())) > 15
