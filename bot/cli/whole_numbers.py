"""Whole numbers on the command line: none is taken that no database can keep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import typer

from billing.whole_numbers import LARGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LONGEST_DAYS: Final = 36_500
"""Days that any option counts at most: a hundred years."""


def bound(commands: Iterable[Any]) -> None:
    """Have every number that commands and their parts take refused where it is larger than any row's."""
    for command in commands:
        bound(getattr(command, "commands", {}).values())
        for parameter in command.params:
            parameter.callback = _checked(parameter.callback)


def _checked(before: Callable[[Any, Any, Any], Any] | None) -> Callable[[Any, Any, Any], Any]:
    def check(context: Any, parameter: Any, value: Any) -> Any:
        for one in value if isinstance(value, list | tuple) else (value,):
            if isinstance(one, int) and abs(one) > LARGEST:
                raise typer.BadParameter("is larger than any number here", context, parameter)
        return before(context, parameter, value) if before else value

    return check
