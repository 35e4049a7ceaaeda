"""kvitt policy show, check, diff, sentences: what may be said to whom, when, and who would get it."""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap
from typing import Annotated

import typer
from rich.text import Text

from billing import policy as policies
from billing import policy_checks
from billing.calendar import local_day
from billing.policy_checks import Deployment, Severity
from bot import settings, wiring
from bot.cli import policy_diff
from bot.cli.days import day_of
from bot.cli.output import console, print_json, print_line
from bot.clock import system_clock
from bot.outgoing_file import write_bytes
from handlers.policy import wording
from handlers.policy.wording import Wording
from messages.languages import languages
from messages.policies import PolicyRule, booklet, in_words
from messages.policies.booklet import Booklet
from messages.writing.render import Words

policy = typer.Typer(help="Policies: what may be said to whom, when.", no_args_is_help=True)

Name = Annotated[
    str, typer.Argument(metavar="POLICY", help="generic, us, uk, se, us+nyc, or a file; yours if left out.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
WIDEST = 100
"""Lines longer than this are hard to read."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of ``kvitt policy``."""
    app.add_typer(policy, name="policy")
    policy_diff.add_to(policy)


@policy.command()
def show(name: Name = "", json: Json = False) -> None:
    """Print a policy in words, with the source of every rule."""
    found = policies.load(name or settings.load().policy)
    rules = in_words(found)
    if json:
        for rule in rules:
            print_json({"key": rule.key, "title": rule.title, "says": list(rule.says), "source": rule.source})
        return
    print_line(f"{found.title} ({found.name}, version {found.version})")
    for rule in rules:
        _print_rule(rule)


@policy.command()
def check(name: Name = "", json: Json = False) -> None:
    """Check a policy for contradictions and unreachable levels; exit code 1 if one must be fixed."""
    loaded = settings.load()
    found = policies.load(name or loaded.policy)
    creditor = loaded.creditor.as_creditor()
    place = Deployment(local_day(system_clock(), creditor.zone), wiring.named(loaded) or None)
    findings = [
        *policy_checks.check(found, place),
        *wording.check(found, Wording(Words(creditor), creditor)),
    ]
    for one in findings:
        if json:
            print_json({"severity": one.severity.value, "key": one.key, "sentence": one.sentence})
        else:
            print_line(f"{one.severity.name.lower()} {one.key}: {one.sentence}")
    grave = sum(one.severity is Severity.FIX for one in findings)
    if not json:
        print_line(
            f"policy {found.name}, version {found.version}: {grave} to fix, {len(findings) - grave} to note"
        )
    if grave:
        raise typer.Exit(1)


def _print_rule(rule: PolicyRule) -> None:
    """A rule as a heading, its sentences, and where it comes from."""
    console().print()
    console().print(Text(rule.title, style="bold"))
    for sentence in rule.says:
        _wrapped(sentence)
    _wrapped(f"Source: {rule.source}", "dim")


def _wrapped(sentence: str, style: str = "") -> None:
    """Print a sentence wrapped at the terminal's width, or at READABLE if that is less."""
    width = min(console().width, WIDEST)
    for line in wrap(sentence, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False):
        console().print(Text(line, style=style))


@policy.command()
def sentences(
    out: Annotated[Path, typer.Option(help="The PDF to write.", dir_okay=False, writable=True)],
    name: Name = "",
    language: Annotated[list[str] | None, typer.Option(help="Only these languages.")] = None,
    dated: Annotated[str, typer.Option("--on", help="The date printed on it; today unless given.")] = "",
) -> None:
    """Write every sentence a customer may receive, each beside its policy rule, as one PDF for sign-off."""
    loaded = settings.load()
    found = policies.load(name or loaded.policy)
    creditor = loaded.creditor.as_creditor()
    chosen = language or list(languages())
    for one in chosen:
        if one not in languages():
            raise typer.BadParameter(f"--language {one!r} is not spoken: {', '.join(languages())} are")
    day = day_of(dated, "--on") if dated else local_day(system_clock(), creditor.zone)
    made = Booklet(found, creditor, Words(creditor), chosen, day)
    printed = booklet.pages(made)
    write_bytes(out, booklet.pdf(printed))
    print_line(
        f"{out}: {printed['count']} in {', '.join(chosen)} under policy {found.name}, version {found.version}"
    )
