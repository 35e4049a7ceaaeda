"""One command is loaded alone and is the same one that is found among all of them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli import command_line


def _parts(name: str = "") -> dict[str, object]:
    line = get_command(command_line(name))
    assert isinstance(line, TyperGroup)
    return {name: _names(part) for name, part in line.commands.items()}


def _names(command: object) -> object:
    if isinstance(command, TyperGroup):
        return {name: _names(part) for name, part in command.commands.items()}
    assert isinstance(command, TyperCommand)
    return [parameter.name for parameter in command.params]


WHOLE = _parts()


@pytest.mark.parametrize("name", WHOLE)
def test_a_command_alone_is_the_whole_command(name: str) -> None:
    """Loading only what a command needs leaves none of its parts and options out."""
    assert _parts(name)[name] == WHOLE[name]


def test_what_is_no_command_loads_them_all() -> None:
    """An option or a slip of the fingers sees every command."""
    assert _parts("--help") == WHOLE
    assert _parts("blance") == WHOLE


def test_the_version_is_that_of_the_package_and_loads_no_command() -> None:
    """``kvitt --version`` answers at once: one line, the version that is released in the changelog."""
    root = Path(__file__).resolve().parents[2]
    version = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    done = CliRunner().invoke(command_line("--version"), ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"kvitt {version}\n")
    assert _parts("--version") == {}
    released = re.findall(
        r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", (root / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert released[0] == version


@pytest.mark.parametrize("arguments", [["--version", "accounts"], ["--version", "--help"]])
def test_the_version_comes_first(arguments: list[str]) -> None:
    """Whatever stands behind it, the version is what is told."""
    done = CliRunner().invoke(command_line(arguments[0]), arguments)
    assert (done.exit_code, done.stdout.startswith("kvitt ")) == (0, True)
