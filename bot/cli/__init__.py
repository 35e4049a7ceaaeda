"""kvitt: the command line."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Final

import typer

from billing.policy import BadPolicy
from billing.refusals import Refusal
from bot import logs
from bot.cli.output import print_error, print_line

WRONG_USE = 2
FAILED = 1

_VERSION: Final = "--version"
_MODULES: Final = {
    "demo": "serving",
    "serve": "serving",
    "worker": "serving",
    "web": "serving",
    "init": "setting_up",
    "doctor": "setting_up",
    "db": "setting_up",
    "policy": "policies",
    "import": "data",
    "payers": "payer_terms",
    "payments": "payments",
    "aging": "accounting",
    "period": "accounting",
    "journal": "accounting",
    "run": "runs",
    "runs": "runs",
    "chat": "talking",
    "understand": "talking",
    "accounts": "desk",
    "explain": "desk",
    "audit": "desk",
    "escalations": "cases",
    "claims": "claims",
    "codes": "codes",
    "prices": "prices",
    "authorisations": "payers",
    "eligibility": "payers",
    "aid": "aid",
    "confirm": "numbers",
    "holds": "holds",
    "plans": "plans",
    "placements": "placements",
    "invite": "agreements",
    "billing": "billing",
    "statement": "papers",
    "bills": "papers",
    "users": "users",
    "mail": "mail",
    "letters": "letters",
    "campaigns": "campaigns",
    "sending": "sending",
    "shadow": "shadow",
    "simulate": "simulating",
}


def command_line(command: str = "") -> typer.Typer:
    """The command line with one command of its own, with none for its version, or with all.

    Each command's module costs a part of a second to load, and no command needs another's.
    """
    names = [] if command == _VERSION else list(dict.fromkeys(_MODULES.values()))
    line = typer.Typer(
        name="kvitt",
        help="The billing representative you can text: SMS, WhatsApp and Telegram.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        add_completion=False,
        callback=_before_any_command,
    )
    for name in [_MODULES[command]] if command in _MODULES else names:
        import_module(f"{__name__}.{name}").add_to(line)
    return line


def _tell_version(asked: bool) -> None:
    if asked:
        print_line(f"kvitt {version('kvitt')}")
        raise typer.Exit


def _before_any_command(
    *,
    asked: Annotated[
        bool, typer.Option(_VERSION, callback=_tell_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The options before a command."""


def main() -> None:
    """Run one ``kvitt`` command; a refusal is one line on standard error, never a traceback."""
    logs.to_stderr()
    try:
        command_line(next(iter(sys.argv[1:]), ""))()
    except Refusal as refusal:
        print_error(str(refusal))
        sys.exit(WRONG_USE if isinstance(refusal, BadPolicy) else FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)
