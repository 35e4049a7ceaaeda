"""kvitt policy show, check, diff, sentences: what may be said to whom, when, and who would get it."""

from __future__ import annotations

from textwrap import wrap
from typing import Annotated

import typer
from rich.text import Text

from billing import policy as policies
from billing import policy_checks
from billing.calendar import local_day
from billing.policy_checks import Place, Severity
from bot import settings, wiring
from bot.cli.output import console, print_json, tell
from bot.clock import system_clock
from handlers.desk import policy_wording
from handlers.desk.policy_wording import Wording
from messages.policies import Rule, in_words
from messages.render import Words

policy = typer.Typer(help="Policies: what may be said to whom, when.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="generic, us, se, us+nyc, or a file; yours if left out.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
WIDEST = 100
"""Lines longer than this are hard to read."""


def add_to(app: typer.Typer) -> None:
    """Add these commands."""
    app.add_typer(policy, name="policy")


@policy.command()
def show(name: Name = "", json: Json = False) -> None:
    """A policy in words, with the source of every rule."""
    found = policies.load(name or settings.load().policy)
    rules = in_words(found)
    if json:
        for rule in rules:
            print_json({"key": rule.key, "title": rule.title, "says": list(rule.says), "source": rule.source})
        return
    tell(f"{found.title} ({found.name}, version {found.version})")
    for rule in rules:
        _tell(rule)


@policy.command()
def check(name: Name = "", json: Json = False) -> None:
    """Contradictions, and levels that can never come; ends with 1 where something is to be mended."""
    loaded = settings.load()
    found = policies.load(name or loaded.policy)
    creditor = loaded.creditor.as_creditor()
    place = Place(local_day(system_clock(), creditor.zone), wiring.named(loaded) or None)
    findings = [
        *policy_checks.check(found, place),
        *policy_wording.check(found, Wording(Words(creditor), creditor)),
    ]
    for one in findings:
        if json:
            print_json({"severity": one.severity.value, "key": one.key, "sentence": one.sentence})
        else:
            tell(f"{one.severity.value} {one.key}: {one.sentence}")
    grave = sum(one.severity is Severity.MEND for one in findings)
    if not json:
        tell(
            f"policy {found.name}, version {found.version}: {grave} to mend, {len(findings) - grave} to note"
        )
    if grave:
        raise typer.Exit(1)


def _tell(rule: Rule) -> None:
    """A rule as a heading, its sentences, and where it comes from."""
    console.print()
    console.print(Text(rule.title, style="bold"))
    for sentence in rule.says:
        _wrapped(sentence)
    _wrapped(f"Source: {rule.source}", "dim")


def _wrapped(sentence: str, style: str = "") -> None:
    """A sentence as wide as the terminal, and no wider than can be read."""
    width = min(console.width, WIDEST)
    for line in wrap(sentence, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False):
        console.print(Text(line, style=style))
