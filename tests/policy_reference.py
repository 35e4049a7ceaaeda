"""Writes the reference of docs/policies.md from the code: ``python -m tests.policy_reference``."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
import tomllib
from datetime import date, time
from enum import Enum, IntEnum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from billing.policy import FOLDER, Policy
from billing.policy.keys import field_words, table_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "policies.md"
BEGINS: Final = "## Every part and key\n"
NOT_WRITTEN: Final = {"version"}
EVERYWHERE: Final = "source"
"""A key of every part, which is described once."""
INTRO: Final = """
Written from the code by `python -m tests.policy_reference`. A part in double brackets may be there several
times. A key without a default has to be written, and so has `source` in every part: a public citation, or
"our choice".
"""
_SHIPPED: Final = [tomllib.loads(path.read_text()) for path in sorted(FOLDER.rglob("*.toml"))]


def section() -> str:
    """The whole section of the page."""
    return BEGINS + INTRO + "".join(_part(name, field) for name, field in Policy.model_fields.items())


def written(page: str) -> str:
    """The page with the section of today in the place of what is there."""
    return page.partition(BEGINS)[0] + section()


def _part(name: str, field: FieldInfo) -> str:
    if name in NOT_WRITTEN:
        return ""
    table = table_of(field.annotation)
    found = [one[name] for one in _SHIPPED if name in one]
    many = field_words(field).startswith("tables")
    heading = f"[[{name}]]" if many else f"[{name}]" if table else name
    said = (table.__doc__ or "").strip().splitlines()[0].replace("``", "`") if table and table.__doc__ else ""
    lines = [f"\n### `{heading}`\n", f"\n{said}\n" if said else ""]
    if table is None:
        return "".join([*lines, f"\n{_upper(field_words(field))}; as `{name} = {_toml(found[0])}`\n"])
    rows = [row for one in found for row in (one if many else [one] if not _by_name(name) else one.values())]
    return "".join([*lines, "\n", *_table(table, rows)])


def _by_name(name: str) -> bool:
    return name == "unverified"


def _table(table: type[BaseModel], rows: list[Any]) -> Iterator[str]:
    meanings = _meanings(table)
    yield "| key | write | default | example |\n|---|---|---|---|\n"
    for key, field in table.model_fields.items():
        if key == EVERYWHERE:
            continue
        inner, usual = table_of(field.annotation), field.get_default(call_default_factory=True)
        default = "" if field.is_required() else "none" if usual is None else f"`{_toml(usual)}`"
        meaning = f". {meanings[key]}" if key in meanings else ""
        example = next((row[key] for row in rows if key in row), None)
        shown = _toml(example) if example is not None else _made_up(field)
        wanted = f"{field_words(field)} ({', '.join(inner.model_fields)})" if inner else field_words(field)
        yield f"| `{key}` | {_upper(wanted)}{meaning} | {default} | `{key} = {shown}` |\n".replace("``", "`")


def _meanings(table: type[BaseModel]) -> dict[str, str]:
    """What stands below the keys in the code."""
    found: dict[str, str] = {}
    for one in reversed(table.__mro__):
        try:
            source = textwrap.dedent(inspect.getsource(one))
        except (OSError, TypeError):
            continue
        body = getattr(ast.parse(source).body[0], "body", [])
        for key, said in pairwise(body):
            if (
                isinstance(key, ast.AnnAssign)
                and isinstance(said, ast.Expr)
                and isinstance(key.target, ast.Name)
            ):
                found[key.target.id] = " ".join(str(ast.literal_eval(said.value)).split())
    return found


def _made_up(field: FieldInfo) -> str:
    """An example of what no policy shipped says: the default, the first choice, or the least."""
    default = field.get_default(call_default_factory=True)
    if not field.is_required() and default not in (None, "", ()):
        return _toml(default)
    said = field_words(field)
    for sign in ("like ", "one of "):
        if sign in said:
            shown = said.rpartition(sign)[2].split(", ")[0]
            return f"[{shown}]" if said.startswith("a list") else shown
    if said.startswith("a whole number"):
        return next((word for word in said.split() if word.isdecimal()), "1")
    return '["..."]' if said.startswith("a list") else '"..."'


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        pairs = ", ".join(f"{key} = {_toml(one)}" for key, one in value.items())
        return f"{{ {pairs} }}" if value else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Enum):
        return f'"{value.name.lower() if isinstance(value, IntEnum) else value.value}"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | date):
        return str(value)
    return f'"{value:%H:%M}"' if isinstance(value, time) else f'"{value}"'


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
