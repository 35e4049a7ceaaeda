"""The first bill of the documents: its files are taken, and its commands print what is shown below them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tests.commands import Shell

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FIRST_DAY = (ROOT / "docs" / "first-day.md").read_text(encoding="utf-8")


def test_the_first_bill_of_the_readme_goes_as_it_is_written(tmp_path: Path) -> None:
    """Both files as they are shown, then each command, with the texts that a customer types."""
    assert _typed_as_shown(_folder(tmp_path), README) == ["init", "import", "run", "chat"]


def test_a_bad_row_of_the_first_day_is_set_aside_as_it_is_written(tmp_path: Path) -> None:
    """The row is named with its line, field and reason, and the others are taken."""
    folder = _folder(tmp_path)
    with (folder / "bills.csv").open("a", encoding="utf-8") as bills:
        bills.write(_blocks("csv", FIRST_DAY)[0])
    assert _typed_as_shown(folder, FIRST_DAY) == ["import"]


def _folder(folder: Path) -> Path:
    """A folder with the two files of the README."""
    customers, bills = _blocks("csv", README)
    (folder / "customers.csv").write_text(customers, encoding="utf-8")
    (folder / "bills.csv").write_text(bills, encoding="utf-8")
    return folder


def _blocks(language: str, page: str) -> Sequence[str]:
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def _typed_as_shown(folder: Path, page: str) -> list[str]:
    """Type the commands of a page's session, compare what they print, and return their names."""
    (session,) = _blocks("console", page)
    shell = Shell(folder)
    shell.keys = {}
    commands = re.findall(r"^\$ kvitt (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    for command, expected in commands:
        typed = "".join(f"{text}\n" for text in re.findall(r"^> (.*)$", expected, re.MULTILINE))
        done = shell(*shlex.split(command), typed=typed)
        assert done.returncode == 0, done.stderr
        complaints = done.stderr.splitlines()
        shown = expected.rstrip().splitlines()
        assert complaints == [line for line in shown if line.startswith("kvitt: ")], command
        printed = [line.rstrip() for line in done.stdout.rstrip().splitlines()]
        assert printed == [line for line in shown if line not in complaints], command
    return [command.split()[0] for command, _ in commands]
