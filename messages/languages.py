"""The languages Kvitt speaks: each is a folder of wording, beside this file or in a folder that was added."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from billing.refusals import Refusal
from messages.refusals import BadWordList

FALLBACK: Final = "en"
WORDING: Final = Path(__file__).parent
"""The languages that come with Kvitt have their folders in here."""

_ABOUT: Final = "language.toml"
_SAME_KEYS: Final = (
    "bill.toml",
    "bill_page.toml",
    "choices.toml",
    "desk.toml",
    "letter.toml",
    "mail.toml",
    "mentions.toml",
    "privacy.toml",
    "schedules.toml",
    "services.toml",
    "speakers.toml",
)
"""Files whose every key is looked up by name, so that each language needs all of them."""

_WORDS: Final = frozenset({".toml", ".j2"})
"""Files that each language needs; what is learned from lines it may lack."""
_roots: Final[list[Path]] = [WORDING]


class LanguagesAlreadyRead(Refusal):
    """A folder of languages comes too late: words of every language were put together without it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"{folder}: languages are added before the first of them is read")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LoneWords(_Part):
    """Words that mean one thing where a message holds nothing else; they count in every language."""

    stop: list[str]
    start: list[str]
    help: list[str]
    back: list[str]
    start_over: list[str]
    cancel: list[str]


class MoneyWords(_Part):
    """Words beside an amount, and the currencies any of them may mean."""

    words: list[str]
    currencies: list[str]


class HourWords(_Part):
    """The words around two hours of the day: from nine *to* five, *at* six, *after*, *before*."""

    to: list[str]
    at: list[str]
    after: list[str]
    before: list[str]


class CardCode(_Part):
    """How people name the security code of a card, and the word between the name and the digits."""

    names: list[str]
    means: list[str]


class Language(_Part):
    """A language's `language.toml`: its names, and the words that count whatever language is spoken.

    ``label`` is its own name for itself, ``said`` what anybody calls it, ``others`` what languages are called
    besides by those who are spoken to in it, by their English names in lower case. ``place`` orders the
    question for a language. ``polite`` words are left out where a whole text is compared.
    """

    english_name: str
    label: str
    place: int
    said: list[str]
    others: dict[str, list[str]] = {}
    polite: list[str]
    alone: LoneWords
    hours: HourWords
    card_code: CardCode
    money: list[MoneyWords] = []

    @property
    def option(self) -> str:
        """The name of this language as a choice; saved conversations hold it."""
        return self.english_name.lower()


def add(root: Path) -> None:
    """Speak the languages in another folder too; before anything is read or said.

    Raises:
        LanguagesAlreadyRead: the languages were read without it.
    """
    if root in _roots:
        return
    if _folders.cache_info().currsize:
        raise LanguagesAlreadyRead(root)
    _roots.append(root)


def roots() -> tuple[Path, ...]:
    """The folders that hold the languages' folders."""
    return tuple(_roots)


def languages() -> tuple[str, ...]:
    """The codes of the languages, the fallback (English) first.

    Raises:
        BadWordList: a language lacks a file that English has, or is there twice.
    """
    return tuple(_folders())


def added() -> tuple[str, ...]:
    """The languages that did not come with Kvitt, so that no test of ours has seen them."""
    return tuple(one for one, folder in _folders().items() if folder.parent != WORDING)


def known(language: str) -> str:
    """The language itself if Kvitt speaks it, otherwise the fallback."""
    return language if language in _folders() else FALLBACK


def file(language: str, name: str) -> Path:
    """A file of a language that Kvitt speaks."""
    return _folders()[language] / name


@cache
def about(language: str) -> Language:
    """What a language says about itself.

    Raises:
        BadWordList: its `language.toml` is not complete.
    """
    try:
        return Language.model_validate(_table(language, _ABOUT))
    except ValidationError as broken:
        raise BadWordList.because(f"{language}/{_ABOUT}", broken, Language) from broken


def names(language: str, spoken: str) -> list[str]:
    """What people who are spoken to in one language may call a language.

    Names of other languages are not shared further: each more word is one that a slip may be taken for.
    """
    theirs = about(spoken).others if spoken in languages() else {}
    own = about(language)
    return [*own.said, *theirs.get(own.option, [])]


@cache
def offered() -> dict[str, str]:
    """The languages as the question for one offers them: the name of each choice with its code."""
    ranked = sorted(languages(), key=lambda one: (about(one).place, one))
    return {about(one).option: one for one in ranked}


def check() -> None:
    """Refuse a language whose files lack a key that English has.

    Raises:
        BadWordList: names the file and the key.
    """
    for language in languages():
        about(language)
        for name in _SAME_KEYS:
            missing = _keys(_table(FALLBACK, name)) - _keys(_table(language, name))
            # What groups of words a language's phrases need is its own affair.
            missing = {key for key in missing if not key.startswith("groups.")}
            if missing:
                raise BadWordList(f"{language}/{name}", f"{min(missing)} is missing")


@cache
def _folders() -> dict[str, Path]:
    """The folder of each language, of English first."""
    needed = {one.name for one in (WORDING / FALLBACK).iterdir() if one.suffix in _WORDS}
    found: dict[str, Path] = {}
    for folder in sorted(one.parent for root in _roots for one in root.glob("*/phrases.toml")):
        if folder.name in found:
            raise BadWordList(str(folder), f"Kvitt has {found[folder.name]} already")
        missing = needed - {one.name for one in folder.iterdir() if not one.is_fifo()}
        if missing:
            raise BadWordList(f"{folder.name}/{min(missing)}", f"there is no such file in {folder}")
        found[folder.name] = folder
    return {FALLBACK: found.pop(FALLBACK), **dict(sorted(found.items()))}


def _table(language: str, name: str) -> dict[str, object]:
    try:
        return tomllib.loads(file(language, name).read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as broken:
        raise BadWordList.because(f"{language}/{name}", broken) from broken


def _keys(table: dict[str, object], before: str = "") -> set[str]:
    inner = [_keys(value, f"{before}{key}.") for key, value in table.items() if isinstance(value, dict)]
    return {before + key for key in table}.union(*inner)
