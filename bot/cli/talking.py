"""kvitt chat, kvitt understand: text with the bot from a terminal."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Final

import typer

from billing.accounts.channels import Channel
from bot import settings
from bot.channels.phone import PLAYS
from bot.cli.opened import opened
from bot.cli.output import console, print_json, print_line, print_table
from bot.terminal import Terminal
from messages.understanding import understanding
from messages.understanding.learned import reader
from storage.database.scratch_copy import scratch_copy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from messages.understanding.understanding import Meaning
    from storage.database.transaction import Database

_PLAYS: Final = " or ".join(PLAYS)
_REHEARSAL: Final = "A rehearsal on a copy: nothing is kept, nothing is sent. With --live it counts."
_LIVE: Final = "Live: what is said and agreed here counts for this customer."


def add_to(app: typer.Typer) -> None:
    """Add the commands to talk with the bot: ``kvitt chat`` and ``kvitt understand``."""
    app.command("chat")(chat)
    app.command("understand")(understand)


def chat(
    as_: Annotated[
        str, typer.Option("--as", metavar="CUSTOMER_ID", help="The customer who writes from this terminal.")
    ],
    channel: Annotated[Channel, typer.Option(help=f"{_PLAYS}.")] = PLAYS[0],
    live: Annotated[bool, typer.Option("--live", help="Write to the database: what is said counts.")] = False,
) -> None:
    """Text the bot as a customer, on a copy in memory; a line is a message, read from standard input."""
    if channel not in PLAYS:
        raise typer.BadParameter(f"--channel: {_PLAYS}")
    with opened() as kvitt, _stage(kvitt.database, live=live) as database:
        print_line(_LIVE if live else _REHEARSAL)
        terminal = Terminal(database, kvitt.installation, channel, as_)
        for text in _typed():
            if not sys.stdin.isatty():
                console().print(f"> {text}", style="bold", markup=False)
            for message in terminal.says(text):
                print_line(message.text)
                for choice in message.choices:
                    print_line(f"  [{choice.label}]")
                print_line("")


def _stage(database: Database, *, live: bool) -> AbstractContextManager[Database]:
    """The database a chat works on: a copy in memory, unless it is to count."""
    return nullcontext(database) if live else scratch_copy(database)


def understand(
    language: Annotated[str, typer.Option(help="The language to try first.")] = "en",
    json: Annotated[bool, typer.Option("--json", help="One JSON object a message.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Name the words that told, and the nearest line learned from.")
    ] = False,
) -> None:
    """Read messages, one a line, and print how each is understood."""
    settings.load()  # it may add languages
    rows = []
    for line in sys.stdin:
        text = line.rstrip("\n")
        meaning = understanding.understand(text, language)
        if explain:
            print_line(_explained(text, meaning))
        elif json:
            also = list(meaning.also)
            print_json({"text": text, "intent": meaning.intent, "score": meaning.score, "also": also})
        else:
            rows.append(
                (text, meaning.intent, f"{meaning.score:.2f}", ", ".join(meaning.also), meaning.phrase)
            )
    if not json and not explain:
        print_table(("text", "intent", "score", "also", "phrase"), rows, "no messages")


def _explained(text: str, meaning: Meaning) -> str:
    """What of a text shows its intent: a phrase, or its words and the line that is most like it."""
    shown = f"{text}\n  {meaning.intent} {meaning.score:.2f}"
    if meaning.second:
        shown += f", or {meaning.second}: it is asked which"
    if meaning.also:
        shown += f", also {', '.join(meaning.also)}"
    if meaning.phrase:
        return f"{shown}\n  phrase: {meaning.phrase}"
    words = [f"{word} {share:.0%}" for word, share in reader.telling(text, meaning.language, meaning.intent)]
    line = reader.nearest(text, meaning.language, meaning.intent)
    return f"{shown}\n  words: {', '.join(words[:_WORDS]) or 'none'}\n  nearest line: {line or 'none'}"


_WORDS: Final = 5


def _typed() -> Iterator[str]:
    """Lines until the end of input; with a prompt if it is a terminal."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            yield line.rstrip("\r\n")
        return
    print_line("Text as the customer; end with Ctrl-D.")
    while True:
        try:
            yield console().input("> ")
        except EOFError:
            return
