"""What is wrong in a policy's files: each mistake with its file, its place, and what to write there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from billing.policy import keys
from billing.policy.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import ValidationError

_NAMES: Final = ("name", "id", "since")
"""What a table of a list is called by."""
_HEADING: Final = re.compile(r"\[{1,2}([^\[\]]+)\]{1,2}\s*(?:#.*)?$")


@dataclass(frozen=True, slots=True)
class PolicyText:
    """One file that a policy was read from."""

    file: str
    text: str


def sentences(
    error: ValidationError, rules: dict[str, Any], texts: Sequence[PolicyText], name: str
) -> list[str]:
    """A line for each mistake of a policy, the deepest layer of files that has the place named."""
    found = error.errors()
    return [line for one in found if not _follows(one, found) for line in _lines(one, rules, texts, name)]


def _follows(one: Any, found: Sequence[Any]) -> bool:
    """Whether a list is only too short because what is in it is wrong."""
    inside = (other for other in found if other is not one and other["loc"][: len(one["loc"])] == one["loc"])
    return one["type"] == "too_short" and any(inside)


def _lines(one: Any, rules: dict[str, Any], texts: Sequence[PolicyText], name: str) -> list[str]:
    path: tuple[str | int, ...] = one["loc"]
    steps = _called(path, rules)
    where = _where(steps, texts) or name
    key = f", {'.'.join(steps)}" if steps else ""
    shown = f" (found {one['input']!r})" if isinstance(one["input"], str | int | float) else ""
    return [f"policy {where}{key}: {said}{shown}" for said in keys.mistake(Policy, one)]


def _called(path: tuple[str | int, ...], rules: Any) -> list[str]:
    """A place with the names of tables instead of their numbers: ``levels.firm.wait_days``."""
    steps, value = [], rules
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            value = None
        names = [str(value[one]) for one in _NAMES if one in value] if isinstance(value, dict) else []
        steps.append(names[0] if isinstance(step, int) and names else str(step))
    return steps


def _where(steps: Sequence[str], texts: Sequence[PolicyText]) -> str:
    """The last file that has the place, or the nearest table around it, with the line."""
    for depth in range(len(steps), 0, -1):
        for one in reversed(texts):
            if line := _line(one.text, steps[:depth]):
                return f"{one.file}:{line}"
    return texts[-1].file if texts else ""


def _line(text: str, steps: Sequence[str]) -> int:
    """The number of the line that a place begins on; 0 if the file does not have it."""
    at: list[str] = []
    begun = 0
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if found := _HEADING.match(line):
            at, begun = [part.strip().strip("\"'") for part in found[1].split(".")], number
        name, sign, value = line.partition("=")
        key = name.strip().strip("\"'")
        if sign and key in _NAMES and line[0] != "#" and list(steps[: len(at)]) == at:
            at = [*at, value.split("#")[0].strip().strip("\"'")] if len(steps) > len(at) else at
        here = [*at, *key.split(".")] if sign and line[0] != "#" else at
        if here[: len(steps)] == list(steps):
            return number if sign else begun
    return 0
