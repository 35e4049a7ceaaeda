"""Names of settings in the environment: which are misspelt, as nobody would hear of otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

PREFIX: Final = "KVITT_"
_BESIDE: Final = frozenset({"CONFIG", "TOKEN", "TOKEN_FILE"})
"""What is read beside the settings: where they are, and who acts."""
_OF_OTHERS: Final = ("KVITT_TEST_", "KVITT_BENCH_", "KVITT_FAULT_")
"""What tests and benchmarks read."""
_NEAR: Final = 85
"""Percent of likeness from which one name is probably meant to be the other."""
_BEGINS: Final = "KV"


def misspelt(environment: Iterable[str], fields: Collection[str]) -> dict[str, str]:
    """The names in an environment that are no settings but seem to be meant as some, with the one meant.

    It is empty where the name begins as a setting does and resembles none. ``fields`` are the settings in
    small letters, without their prefix.
    """
    known = {f"{PREFIX}{name.upper()}" for name in (*fields, *_BESIDE)}
    found = {}
    for name in environment:
        upper = name.upper()
        if upper in known or upper.startswith(_OF_OTHERS) or not upper.startswith(_BEGINS):
            continue
        near = process.extractOne(upper, known, scorer=_likeness, score_cutoff=_NEAR)
        if near or upper.startswith(PREFIX):
            found[name] = near[0] if near else _table_of(upper, fields)
    return found


def refused(environment: Iterable[str], fields: Collection[str]) -> Iterator[tuple[str, str]]:
    """Names that are nearly a setting's, and what to do: KVITT_SENDNIG=stopped would stop nothing."""
    for name, meant in misspelt(environment, fields).items():
        if meant.endswith("]"):
            yield name, f"there is no such setting; write {meant} in kvitt.toml"
        elif meant:
            yield name, f"there is no such setting: did you mean {meant}? Rename it or remove it"


def unused(environment: Iterable[str], fields: Collection[str]) -> list[str]:
    """A line for each name that begins as a setting does and resembles none."""
    return [
        f"{name}: there is no such setting (docs/settings.md has all); it changes nothing"
        for name, meant in misspelt(environment, fields).items()
        if not meant
    ]


def _likeness(one: str, other: str, **_: object) -> float:
    """Percent of likeness of two names, also where their words are in another order."""
    words = fuzz.token_sort_ratio(one.replace("_", " "), other.replace("_", " "))
    return max(fuzz.ratio(one, other), words)


def _table_of(name: str, fields: Collection[str]) -> str:
    """The table of the settings file that a name like ``KVITT_CREDITOR_NAME`` goes into; empty if none."""
    rest = name.removeprefix(PREFIX).lower()
    tables = [field for field in fields if rest.startswith(f"{field}_") and field in _TABLES]
    return f"{rest.removeprefix(f'{tables[0]}_').lstrip('_')} under [{tables[0]}]" if tables else ""


_TABLES: Final = frozenset({"creditor", "claims", "costs", "journal"})
