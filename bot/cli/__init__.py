"""kvitt: the command line."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from billing.refusals import Refusal
from bot import garbage_collection
from bot.cli import failures, whole_numbers, wrong_use
from bot.cli.commands import COMMANDS, GROUPS
from bot.cli.old_spellings import renewed
from bot.cli.output import print_error, print_line, without_cards
from handlers import logs

if TYPE_CHECKING:
    from collections.abc import Iterator

WRONG_USE = 2
FAILED = 1


class CommandToLoad(TyperCommand):
    """A command as the list of all shows it; what it takes and does is in its module."""

    def real(self) -> Any:
        """The command itself, from its module."""
        return self.all_of_module()[self.name or ""]

    def all_of_module(self) -> dict[str, Any]:
        """The commands of its module, by name."""
        module = import_module(f"{__name__}.{COMMANDS[self.name or ''].module}")
        line = typer.Typer(rich_markup_mode=None)
        module.add_to(line)
        found = dict(get_group(line).commands)
        whole_numbers.bound(found.values())
        return found

    def make_context(self, *arguments: Any, **more: Any) -> Any:
        """Go on with the command itself: from here on it is the one that is asked."""
        found = self.real()
        garbage_collection.resume()
        return found.make_context(*arguments, **more)


class EveryCommand(TyperGroup):
    """All commands, none of them loaded yet."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.commands.update(
            {name: CommandToLoad(name, help=listed.line) for name, listed in COMMANDS.items()}
        )

    def format_commands(self, _: Any, formatter: Any) -> None:
        """Write the commands of the help in groups."""
        width = max(map(len, self.commands))
        rest = tuple(set(self.commands).difference(*GROUPS.values()))
        for group, names in {**GROUPS, "Others": rest}.items():
            lines = [(name.ljust(width), self.commands[name].help or "") for name in names]
            if lines:
                with formatter.section(group):
                    formatter.write_dl(lines)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the arguments, in older spellings too; what is refused is quoted without card numbers."""
        with _quoting_no_card():
            return super().make_context(info_name, renewed(args), parent, **extra)

    def invoke(self, context: Any) -> Any:
        """Run the command; what is refused is quoted without card numbers."""
        with _quoting_no_card():
            return super().invoke(context)


@contextmanager
def _quoting_no_card() -> Iterator[None]:
    try:
        yield
    except typer.TyperException as wrong:
        wrong.message = without_cards(wrong.message)
        raise


def command_line() -> typer.Typer:
    """The command line with all commands; each is loaded when it is called."""
    return typer.Typer(
        cls=EveryCommand,
        name="kvitt",
        help="The billing representative you can text: SMS, WhatsApp and Telegram.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        callback=_before_any_command,
    )


def _tell_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version  # noqa: PLC0415 - slow to import

        print_line(f"kvitt {version('kvitt')}")
        raise typer.Exit


def _before_any_command(
    *,
    asked: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options before a command."""


def main() -> None:
    """Run one ``kvitt`` command; a refusal is one line on standard error, never a traceback."""
    os.umask(0o077)  # beside what storage/private_files.py says: what a library makes, too
    garbage_collection.pause()
    logs.to_stderr()
    if "_KVITT_COMPLETE" in os.environ:
        _know_shells()
    try:
        code = command_line()(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except SystemExit as end:
        _write_out(end)
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, one sentence and no traceback
        sys.exit(_explained(error))


def _explained(error: BaseException) -> int:
    """Say in a line why a command ended before it was done; returns its exit code."""
    match error:
        case typer.TyperException():
            return wrong_use.explain(error)
        case typer.Abort():
            print_error("there was nothing to read: the answer was not typed")
        case Refusal():
            for line in getattr(error, "lines", [str(error)]):
                print_error(line)
            return WRONG_USE if _is_of_policy(error) else FAILED
        case KeyboardInterrupt():
            return 130
        case BrokenPipeError():
            sys.stderr.close()
        case _:
            print_error(failures.sentence(error))
            failures.give_up_output(error)
    return FAILED


def _write_out(end: SystemExit) -> None:
    """Write what is still to be written of the output: a full disk is found out here, not after the end."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
        end.code = FAILED
    except OSError as error:
        print_error(failures.sentence(error))
        failures.give_up_output(error)
        end.code = FAILED


def _know_shells() -> None:
    """Typer answers a shell that completes only where it may also install itself into the shell's files."""
    from typer.completion import completion_init  # type: ignore[attr-defined] # noqa: PLC0415 - if a shell asks

    completion_init()


def _is_of_policy(refusal: Refusal) -> bool:
    from billing.policy import BadPolicy  # noqa: PLC0415 - slow to import, and few commands are refused

    return isinstance(refusal, BadPolicy)
