"""What was typed wrong, in one line: which argument or option, what was found, and what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.cli.output import print_error

if TYPE_CHECKING:
    import typer

_WRITE: Final = {
    "int": "write a whole number",
    "float": "write a number",
    "less_than_equal": "write at most {le}",
    "greater_than_equal": "write at least {ge}",
    "enum": "write one of {expected}",
    "literal_error": "write one of {expected}",
}
"""By the beginning of a value's mistake, what to write instead."""


def explain(wrong: typer.TyperException) -> int:
    """Print the line, and where the help is; a group alone prints its help. Returns the exit code."""
    found: Any = wrong
    command = getattr(getattr(found, "ctx", None), "command_path", "kvitt")
    if type(found).__name__ == "NoArgsIsHelpError":
        found.show()
    else:
        found.message = _plain(found)
        print_error(f"{found.format_message().rstrip('.')}; see {command} --help")
    return int(found.exit_code)


def _plain(wrong: Any) -> str:
    """The mistake in a value in our words: those of the library that reads values are for programmers."""
    option = getattr(wrong, "option_name", None) or ""
    if option[:1] == "-" and option[1:2].isdecimal():
        return (
            f"{option!r} begins with a minus sign, as options do, and no amount or number is below zero here"
        )
    cause = wrong.__cause__
    if not hasattr(cause, "errors"):
        return str(wrong.message)
    first = cause.errors()[0]
    words = next((said for kind, said in _WRITE.items() if first["type"].startswith(kind)), first["msg"])
    return f"{words.format(**first.get('ctx', {}))} (found {first['input']!r})"
