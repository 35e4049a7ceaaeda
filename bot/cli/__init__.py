"""kvitt: the command line."""

from __future__ import annotations

import sys

import typer

from billing.policy import BadPolicy
from billing.refusals import Refusal
from bot import logs
from bot.cli import (
    accounting,
    agreements,
    aid,
    billing,
    campaigns,
    cases,
    claim_files,
    claim_reminders,
    claims,
    codes,
    collecting,
    data,
    desk,
    holds,
    letters,
    mail,
    numbers,
    papers,
    payer_terms,
    payers,
    payments,
    placements,
    plans,
    policies,
    policy_diff,
    prices,
    runs,
    sending,
    serving,
    setting_up,
    shadow,
    simulating,
    talking,
    users,
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
_PARTS = (
    serving, setting_up, policies, policy_diff, data, payments, accounting, runs, talking, desk, cases,
    claims, claim_files, claim_reminders, codes, prices, payers, payer_terms, aid, numbers, holds, plans,
    placements, collecting, agreements, billing, papers, users, mail, letters, campaigns, sending, shadow,
    simulating,
)  # fmt: skip
for part in _PARTS:
    part.add_to(app)


def main() -> None:
    """Run one command; a refusal is one clear line, never a traceback."""
    logs.to_stderr()
    try:
        app()
    except Refusal as refusal:
        tell_error(str(refusal))
        sys.exit(WRONG_USE if isinstance(refusal, BadPolicy) else FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(FAILED)
