"""Runs kvitt commands as processes, quickly: imports are made once, each command is a fork.

A command takes seconds to start, nearly all of it imports, and the tests start two thousand. Orders are JSON
lines on the file descriptor in the first argument: ``arguments``, ``folder``, ``settings`` (the whole
environment), ``umask``, and the files ``typed``, ``out`` and ``err``. The answer is one exit code per line on
the second descriptor.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

from bot.cli.commands import COMMANDS
from storage.database import schema

LONGEST: Final = 120
"""Seconds a command may take."""

WARM: Final = (
    "alembic.command",
    "alembic.config",
    "bot.channels.email",
    "bot.inbound_email",
    "bot.payers.fhir_eligibility",
    "handlers.conversation.flow_registry",
    "rich.progress",
    "rich.table",
    "sqlalchemy.dialects.sqlite",
    "structlog",
    "twilio.rest",
    "telegram.ext",
)
"""What commands import when they come to it."""


def main() -> None:
    """Fork a command for every order."""
    for module in {listed.module for listed in COMMANDS.values()}:
        import_module(f"bot.cli.{module}")
    for name in WARM:
        import_module(name)
    schema.load()
    with os.fdopen(int(sys.argv[1])) as orders, os.fdopen(int(sys.argv[2]), "w") as answers:
        for line in orders:
            pid = os.fork()
            if pid == 0:
                os._exit(_command(json.loads(line)))
            _, status = os.waitpid(pid, 0)
            answers.write(f"{os.waitstatus_to_exitcode(status)}\n")
            answers.flush()


def _command(order: dict[str, Any]) -> int:
    signal.alarm(LONGEST)
    os.chdir(order["folder"])
    os.umask(order["umask"])
    os.environ.clear()
    os.environ.update(order["settings"])
    for number, name, flags in (
        (0, "typed", os.O_RDONLY),
        (1, "out", os.O_WRONLY | os.O_CREAT),
        (2, "err", os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(order[name], flags)
        os.dup2(opened, number)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - what was read ahead is not ours
    sys.argv = ["kvitt", *order["arguments"]]
    return _exit_code()


def _exit_code() -> int:
    code: Any = 0
    try:
        import_module("bot.cli").main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # noqa: BLE001 - as the interpreter does at the very end
        sys.excepthook(*sys.exc_info())
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    main()
