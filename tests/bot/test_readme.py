"""The first bill of the README: its files are taken, and its commands print what stands below them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.commands import Shell

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_first_bill_of_the_readme_goes_as_it_is_written(tmp_path: Path) -> None:
    """Both files as they are shown, then each command, with the texts that a customer types."""
    lesson = README[README.index("## A first bill") : README.index("## Go live")]
    customers, bills = re.findall(r"```csv\n(.*?)```", lesson, re.DOTALL)
    (tmp_path / "customers.csv").write_text(customers)
    (tmp_path / "bills.csv").write_text(bills)
    (session,) = re.findall(r"```console\n(.*?)```", lesson, re.DOTALL)
    shell = Shell(tmp_path)
    commands = re.findall(r"^\$ kvitt (.*)\n((?:(?!\$ ).*\n)*)", session, re.MULTILINE)
    assert [command.split()[0] for command, _ in commands] == ["init", "import", "run", "chat"]
    for command, expected in commands:
        typed = "".join(f"{text}\n" for text in re.findall(r"^> (.*)$", expected, re.MULTILINE))
        done = shell(*shlex.split(command), typed=typed)
        assert done.returncode == 0, done.stderr
        printed = [line.rstrip() for line in done.stdout.rstrip().splitlines()]
        assert printed == expected.rstrip().splitlines(), command
