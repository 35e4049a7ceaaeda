"""Runs ``kvitt`` commands as real processes, in an empty folder and without our settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO, Any

from tests.keys import KEY, STOPS_KEY

ROOT = Path(__file__).resolve().parents[1]


class Shell:
    """Runs kvitt in its own folder, with no settings but those given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.usual: dict[str, str] = {}
        self.keys = {"key": KEY, "stops_key": STOPS_KEY}

    def __call__(self, *arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        given = {
            f"KVITT_{name.upper()}": value for name, value in (self.keys | self.usual | settings).items()
        }
        return _zygote().run(arguments, self.folder, _bare() | given, typed)

    def sign_in(self, name: str = "Robin", role: str = "operator") -> str:
        """Add a user and act as them from here on, with their token; returns the token."""
        token = self.token_of("users", "add", name, "--role", role)
        self.usual["token"] = token
        return token

    def token_of(self, *arguments: str, **settings: str) -> str:
        """The token that a command shows, once."""
        done = self(*arguments, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout.split()[-1]

    def json(self, *arguments: str, **settings: str) -> list[dict[str, Any]]:
        """The rows that a command prints with ``--json``."""
        done = self(*arguments, "--json", **settings)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


class _Zygote:
    """The process that forks commands; it ends when its pipe is closed."""

    def __init__(self) -> None:
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.command_zygote", str(orders), str(answers)],
            cwd=ROOT,
            env=_bare() | {"PYTHONPATH": str(ROOT)},
            pass_fds=(orders, answers),
        )
        os.close(orders)
        os.close(answers)
        self._reading: IO[str] = os.fdopen(self._answers)

    def run(
        self, arguments: tuple[str, ...], folder: Path, settings: dict[str, str], typed: str
    ) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as files:
            names = {name: str(Path(files, name)) for name in ("typed", "out", "err")}
            Path(names["typed"]).write_text(typed, encoding="utf-8")
            order = {"arguments": arguments, "folder": str(folder), "settings": settings, **names}
            os.write(self._orders, f"{json.dumps(order)}\n".encode())
            code = int(self._reading.readline())
            out, err = (Path(names[name]).read_bytes().decode() for name in ("out", "err"))
        return subprocess.CompletedProcess(["kvitt", *arguments], code, out, err)


@cache
def _zygote() -> _Zygote:
    return _Zygote()


def _bare() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
