"""One command is loaded alone and is the same one that is found among all of them."""

from __future__ import annotations

import pytest
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

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
