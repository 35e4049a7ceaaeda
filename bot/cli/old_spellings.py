"""Options that had another name: what was typed for years goes on working, and no help names it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REASON: Final = {"--because": "--reason"}
_DAYS: Final = {"--from": "--since", "--to": "--until"}
_AGAIN: Final = {"--file": "--again"}
_PARTIAL: Final = {"--anyway": "--partial"}

OLD_SPELLINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "aid decide": {"--close": "--outcome"},
    "authorisations grant": {**_DAYS, "--number": "--reference"},
    "claims answers import": _PARTIAL,
    "claims export": _AGAIN,
    "codes import": {"--columns": "--column"},
    "codes list": {"--like": "--containing"},
    "eligibility export": _AGAIN,
    "eligibility import": _PARTIAL,
    "journal export": _DAYS,
    "letters batch": {"--post-on": "--on"},
    "letters returned": {"--why": "--reason"},
    "payments bounce": _REASON,
    "payments chargeback open": {**_REASON, "--number": "--reference"},
    "payments import": _PARTIAL,
    "payments move": _REASON,
    "payments refund failed": _REASON,
    "payments refund refuse": _REASON,
    "payments refund request": _REASON,
    "payments write-off": _REASON,
    "period tie-out": {"--day": "--on"},
    "placements export": {"--to": "--folder", "--batch": "--again"},
    "placements recall": {"--because": "--note"},
    "placements report": {"--to": "--folder", "--batch": "--again"},
    "policy diff": {"--as-of": "--at", "--people": "--all"},
    "policy sentences": {"--dated": "--on"},
    "run": {"--as-of": "--at"},
    "sending stops": {"--none": "--no-stops-since"},
    "statement": _DAYS,
}
"""By command, its options of older releases with their names of today."""


def renewed(arguments: Sequence[str]) -> list[str]:
    """What was typed after ``kvitt``, with options as they are called today; texts after ``--`` stay."""
    typed = list(arguments)
    for command, names in OLD_SPELLINGS.items():
        words = command.split()
        if typed[: len(words)] == words:
            end = typed.index("--") if "--" in typed else len(typed)
            return [_renewed(one, names) for one in typed[:end]] + typed[end:]
    return typed


def _renewed(typed: str, names: Mapping[str, str]) -> str:
    name, sign, given = typed.partition("=")
    return names[name] + sign + given if name in names else typed
