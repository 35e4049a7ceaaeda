"""A terminal: commands are typed in it as real processes, questions are answered, all of it is shown."""

from __future__ import annotations

import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

LONGEST: Final = 900
"""Seconds a command may take."""
SHOWN: Final = 24
"""Lines of a command that are shown."""


class WentWrong(Exception):
    """The day did not go as the documents say; its text says where."""


class Terminal:
    """Types commands in a folder; counts them."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self.typed: list[str] = []

    def types(self, line: str, answers: Mapping[str, str] | None = None) -> str:
        """Type a command and wait for it; returns what it printed.

        ``answers`` are given to questions that hold their keys; any other question is answered with Enter.

        Raises:
            WentWrong: it ended with something else than 0.
        """
        self._begins(line)
        if answers:
            code, printed = self._asked(line, dict(answers))
        else:
            with self._piped(line) as process:
                assert process.stdout
                printed = process.stdout.read().decode()
                code = process.wait(LONGEST)
        _show(printed)
        if code:
            raise WentWrong(f"{line}: ended with {code}")
        return printed

    @contextmanager
    def keeps_running(self, line: str, until: str) -> Iterator[None]:
        """Type a command that goes on, in a terminal of its own; ready once it has printed ``until``.

        Raises:
            WentWrong: it ended before, or badly at the end.
        """
        self._begins(line)
        with self._piped(line) as process:
            assert process.stdout
            printed = b""
            while until.encode() not in printed and (one := process.stdout.readline()):
                printed += one
            _show(printed.decode())
            rest = threading.Thread(target=process.stdout.read)
            rest.start()
            try:
                if until.encode() not in printed:
                    raise WentWrong(f"{line}: ended before it said {until!r}")
                yield
            finally:
                process.send_signal(signal.SIGINT)
                code = process.wait(60)
                rest.join()
        if code:
            raise WentWrong(f"{line}: Ctrl-C ended it with {code}")

    def edits(self, name: str, old: str, new: str) -> None:
        """Correct a file, as in an editor."""
        file = self.folder / name
        held = file.read_bytes()
        assert old.encode() in held, name
        file.write_bytes(held.replace(old.encode(), new.encode()))
        say(f"  (in an editor, {name}: {old} becomes {new})")

    def _begins(self, line: str) -> None:
        self.typed.append(line)
        say(f"{len(self.typed)} $ {line}")

    def _asked(self, line: str, answers: dict[str, str]) -> tuple[int, str]:
        """Run a command at a terminal, as only there it asks; its exit code, and what it printed."""
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            shlex.split(line),
            cwd=self.folder,
            env=self.environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            printed = _conversation(ours, answers)
            code = process.wait(LONGEST)
        os.close(ours)
        return code, printed

    def _piped(self, line: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            shlex.split(line),
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


def say(line: str) -> None:
    """Show a line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _conversation(terminal: int, answers: dict[str, str]) -> str:
    """Read what is printed until the end, and answer what is asked on the way."""
    seen, answered = "", 0
    with suppress(OSError):  # how Linux says that the other side has gone
        while select.select([terminal], [], [], LONGEST)[0] and (data := os.read(terminal, 4096)):
            seen += data.decode(errors="replace").replace("\r\n", "\n")
            if seen.endswith((": ", "]: ")) and len(seen) > answered:
                question = seen.splitlines()[-1]
                key = next((one for one in answers if one in question), None)
                os.write(terminal, f"{answers.pop(key) if key else ''}\n".encode())
                answered = len(seen)
    if answers:
        raise WentWrong(f"nobody asked for {', '.join(answers)}\n{seen}")
    return seen


def _show(printed: str) -> None:
    lines = printed.rstrip().splitlines()
    for line in lines[:SHOWN]:
        say(f"    {line}")
    if len(lines) > SHOWN:
        say(f"    ... {len(lines) - SHOWN} more lines")
