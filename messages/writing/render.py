"""Renders a message from its key and facts, in the customer's language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.nodes import Block, Filter, Test
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import pass_context

from messages import languages
from messages.refusals import MissingWording
from messages.writing import format as wording
from messages.writing.catalogue import catalogue, check

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from billing.accounts.creditor import Creditor
    from billing.facts import Facts
    from billing.ledger.money import Money

_SPACES = re.compile(r"[ \t]+")
_BLANK_LINES = re.compile(r"\n{3,}")


class Words:
    """Renders the wording of every message, with one creditor's name and contact details.

    A template is compiled when a message in it is first rendered: most commands render none.
    """

    def __init__(self, creditor: Creditor, folders: Sequence[Path] = ()) -> None:
        self._creditor = creditor
        self._files = FileSystemLoader(folders or languages.roots())
        self._environment = _environment(creditor, self._files)
        self._blocks: dict[tuple[str, str], _Wording] = {}

    def compile_all(self) -> None:
        """Compile every message in every language: before a process serves.

        Raises:
            MissingWording: a declared message has no wording in some language.
            BadWordList: a language lacks a file or a key that English has.
        """
        _check_languages()
        for language in languages.languages():
            for key in catalogue():
                self._wording(key, language)

    def check_all(self) -> None:
        """Check that every message can be said in every language, in a third of the time of compiling.

        Raises:
            MissingWording: a declared message has no wording in some language.
            BadWordList: a language lacks a file or a key that English has.
        """
        _check_languages()
        for language in languages.languages():
            for area in sorted({key.partition(".")[0] for key in catalogue()}):
                if not self._reads_well(f"{language}/{area}.j2", _blocks(area)):
                    for block in _blocks(area):
                        self._wording(f"{area}.{block}", language)  # which says what is wrong

    def _reads_well(self, name: str, wanted: set[str]) -> bool:
        """Whether a file has all its messages, each once, and uses only filters and tests that exist."""
        environment = self._environment
        tree = environment.parse(self._files.get_source(environment, name)[0], name)
        found = list(tree.find_all((Block, Filter, Test)))
        blocks = [one.name for one in found if isinstance(one, Block)]
        return (
            wanted <= set(blocks)
            and len(blocks) == len(set(blocks))
            and all(one.name in environment.filters for one in found if isinstance(one, Filter))
            and all(one.name in environment.tests for one in found if isinstance(one, Test))
        )

    def say(self, key: str, language: str, facts: Facts) -> str:
        """The text of one message; English for a language that Kvitt does not have.

        Raises:
            UnknownMessage: the catalogue has no such key.
            WrongFacts: a fact is missing, not declared, or of another type.
            MissingWording: the message has no wording in the language.
        """
        check(key, facts)
        spoken = languages.known(language)
        template, block = self._wording(key, spoken)
        hours = {"hours": self._creditor.hours_in(spoken)}
        return _tidy("".join(block(template.new_context({**hours, **facts, "language": spoken}))))

    def _wording(self, key: str, language: str) -> _Wording:
        found = self._blocks.get((key, language))
        if found is None:
            found = self._blocks[key, language] = _wording(self._environment, key, language)
        return found


def _check_languages() -> None:
    """Of a language that was added, what it understands is read too: nobody else has read it before."""
    languages.check()
    for language in languages.added():
        _understand(language)


def _understand(language: str) -> None:
    from messages.understanding.grammar import grammar  # noqa: PLC0415 - only where a language was added
    from messages.understanding.phrases import phrasebook  # noqa: PLC0415

    grammar(language)
    phrasebook(language)


_Wording = tuple[Template, Callable[[Context], Iterator[str]]]


def _environment(creditor: Creditor, files: FileSystemLoader) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=files,
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(money=_money, day=_day, counted=_counted)
    environment.globals.update(
        creditor=creditor.name,
        phone=creditor.phone,
        helpline=creditor.helpline,
        emergency=creditor.emergency_number,
        spoken=_spoken,
    )
    return environment


def _blocks(area: str) -> set[str]:
    """The messages of an area, by their blocks."""
    return {block for found, _, block in (key.partition(".") for key in catalogue()) if found == area}


def _wording(environment: SandboxedEnvironment, key: str, language: str) -> _Wording:
    area, _, block = key.partition(".")
    template = environment.get_template(f"{language}/{area}.j2")
    blocks: Mapping[str, Callable[[Context], Iterator[str]]] = template.blocks
    if block not in blocks:
        raise MissingWording(key, language)
    return template, blocks[block]


@pass_context
def _money(context: Context, amount: Money) -> str:
    return wording.money(amount, context["language"])


@pass_context
def _day(context: Context, when: date) -> str:
    return wording.day(when, context["language"])


def _counted(count: int, one: str, many: str) -> str:
    """The wording for one thing, or for several with ``#`` replaced by their number."""
    return one if count == 1 else many.replace("#", str(count))


def _spoken() -> str:
    """The languages that can be spoken, each by its own name: an added one is among them."""
    return ", ".join(languages.about(code).label for code in languages.offered().values())


def _tidy(text: str) -> str:
    lines = (_SPACES.sub(" ", line).strip() for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
