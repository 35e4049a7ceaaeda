"""kvitt policy show, check, diff, sentences: what may be said to whom, when, and who would get it."""

from __future__ import annotations

from textwrap import wrap
from typing import Annotated

import typer
from rich.text import Text

from billing import policy as policies
from bot import settings
from bot.cli.output import console, print_json, tell
from messages.policies import Rule, in_words

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
