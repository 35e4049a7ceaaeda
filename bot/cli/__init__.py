"""kvitt: the command line."""

from __future__ import annotations

import sys

import typer

from billing.refusals import Refusal
from bot.cli import (
    agreements,
    collecting,
    data,
    desk,
    placements,
    plans,
    runs,
    serving,
    setting_up,
    simulating,
    talking,
)
from bot.cli.output import tell_error

WRONG_USE = 2
FAILED = 1

app = typer.Typer(
    name="kvitt",
    help="The billing representative you can text: SMS, WhatsApp and Telegram.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
PARTS = (
    serving,
    setting_up,
    data,
    runs,
    talking,
    desk,
    plans,
    placements,
    collecting,
    agreements,
    simulating,
)
for part in PARTS:
    part.add_to(app)


def main() -> None:
    """Run one command; a refusal is one clear line, never a traceback."""
    try:
        app()
    except Refusal as refusal:
        tell_error(str(refusal))
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)
