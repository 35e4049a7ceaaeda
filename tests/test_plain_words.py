"""Plain words: names, docstrings, help texts and documents say what a thing is in the words of the trade."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
ROOMS: Final = ("billing", "storage", "messages", "handlers", "bot")
CODE: Final = (*ROOMS, "tests", "benchmarks")

IN_NAMES: Final = {
    "deed": "action",
    "deeds": "actions",
    "did": "the plain verb",
    "mend": "fix",
    "mended": "fixed",
    "mends": "fixes",
    "judge": "check",
    "judged": "checked",
    "judging": "checking",
    "door": "entry point",
    "doors": "entry points",
    "house": "installation",
    "scene": "flow",
    "scenes": "flows",
    "picture": "snapshot",
    "pictured": "photo",
    "pictures": "snapshots",
    "manner": "delivery options",
    "manners": "delivery options",
    "pitch": "campaign message",
    "pitching": "campaign message",
    "wake": "reschedule",
    "woken": "rescheduled",
    "rewake": "reschedule",
    "tongues": "language detection",
    "births": "birth dates",
    "among": "one of",
    "memory": "garbage collection",
    "objection": "blocker",
    "objections": "blockers",
    "unasked": "unsolicited",
    "told": "the plain verb or noun",
    "somebody": "the plain noun",
    "whoever": "the plain noun",
    "stands": "the plain verb",
    "standing": "the plain noun",
}
"""Parts of names that are barred, and what to say instead; the name of a test is a sentence, see IN_PROSE."""

WHOLE_NAMES: Final = {
    "once": "insert once",
    "keep": "save, and what",
    "settle": "settle, and what",
    "tell": "print, or send",
}
"""Names that say nothing by themselves; as a part of a name they are plain."""

IN_PROSE: Final = {
    r"deeds?": "action, or audit entry",
    r"mend(s|ed|ing)?": "fix",
    r"judg(e|es|ed|ing)": "invariant check",
    r"doors?": "entry point",
    r"houses?": "installation",
    r"scenes?": "flow",
    r"pictur(e|es|ed)": "snapshot",
    r"manners?": "delivery options",
    r"pitch(es|ed|ing)?": "campaign message",
    r"(re)?wak(e|es|ing)|woken": "reschedule",
    r"tongues?": "language",
    r"births": "birth dates",
    r"objections?": "blocker",
    r"unasked": "unsolicited",
}
"""Words of the dialect that no text needs; ordinary English such as *once* or *told* is free in a text."""

FACES: Final = {"placed_at", "placed_by", "told_at", "tell"}
"""Columns and keys of the policy's file, which others read by these names."""

ORDINARY: Final = (
    r"clearing[ -]house",
    r"can't open pictures",
    r"back door",  # of an address
)
"""Places where a word is no dialect."""

CUSTOMERS_WORDS: Final = {"phrases.toml", "choices.toml", "reading.toml", "mentions.toml"}
"""Files of what customers write, and of what may be mentioned to them."""

UNREAD: Final = ("storage/migrations/", "tests/chats/", "tests/data/", "tests/saved/")
"""What stays as it was written, and what customers say."""


def _parts(name: str) -> list[str]:
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


@cache
def _files(*suffixes: str) -> tuple[Path, ...]:
    found = (file for room in CODE for file in sorted((ROOT / room).rglob("*")) if file.suffix in suffixes)
    return tuple(file for file in found if not _where(file).startswith(UNREAD) and file != Path(__file__))


def _where(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@cache
def _tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def _names(file: Path) -> Iterator[tuple[int, str]]:
    """Every name that a file gives to something: modules, classes, functions, parameters, fields, locals."""
    for part in (*file.relative_to(ROOT).parts[:-1], file.stem):
        yield 1, part
    for node in ast.walk(_tree(file)):
        name = _name(node)
        if name and not name.startswith("test_"):
            yield getattr(node, "lineno", 1), name


def _name(node: ast.AST) -> str:
    """What a node gives a name to; empty where it gives none."""
    match node:
        case (
            ast.ClassDef(name=name)
            | ast.FunctionDef(name=name)
            | ast.AsyncFunctionDef(name=name)
            | ast.arg(arg=name)
            | ast.Name(id=name, ctx=ast.Store())
            | ast.Attribute(attr=name, ctx=ast.Store())
            | ast.alias(asname=str(name))
        ):
            return name
        case _:
            return ""


def _barred(name: str) -> str:
    plain = name.strip("_").lower()
    if name in FACES:
        return ""
    if plain in WHOLE_NAMES:
        return WHOLE_NAMES[plain]
    return next((IN_NAMES[part] for part in _parts(name) if part in IN_NAMES), "")


def _prose(file: Path) -> Iterator[tuple[int, str]]:
    """Docstrings, comments and sentences of a module, the names of its tests; every line of another file."""
    text = file.read_text(encoding="utf-8")
    if file.suffix != ".py":
        yield from enumerate(text.splitlines(), 1)
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(_tree(file)):
        match node:
            case ast.Constant(value=str(value), lineno=line) if " " in value.strip():
                yield from enumerate(value.splitlines(), line)
            case ast.FunctionDef(name=name, lineno=line) if name.startswith("test_"):
                yield line, name.replace("_", " ")


def _documents() -> list[Path]:
    """What people read: documents, wording, pages, the configuration and its reasons."""
    tops = (*ROOT.glob("*.md"), ROOT / "pyproject.toml", ROOT / "Makefile")
    texts = [file for file in _files(".j2", ".html", ".typ", ".toml") if file.name not in CUSTOMERS_WORDS]
    return [*sorted(tops), *sorted((ROOT / "docs").rglob("*.md")), *texts]


def test_names_are_plain() -> None:
    """No module, class, function, parameter, field or variable bears a word of the old dialect."""
    found = [
        f"{_where(file)}:{line}: {name}: say {instead}"
        for file in _files(".py")
        for line, name in _names(file)
        if (instead := _barred(name))
    ]
    assert not found, "\n".join(sorted(set(found)))


def test_texts_are_plain() -> None:
    """No docstring, comment, sentence, help text, template or document uses a word of the old dialect."""
    found = []
    for file in (*_files(".py"), *_documents()):
        for line, text in _prose(file):
            left = re.sub("|".join(ORDINARY), "", text, flags=re.IGNORECASE)
            for word, instead in IN_PROSE.items():
                if hit := re.search(rf"\b({word})\b", left, re.IGNORECASE):
                    found.append(f"{_where(file)}:{line}: {hit[0]}: say {instead}: {text.strip()[:100]}")
    assert not found, "\n".join(sorted(set(found)))


def test_one_class_name_is_one_idea() -> None:
    """No two modules of the product define a class of the same name; a row may be named like its value."""
    homes = defaultdict(list)
    for file in _files(".py"):
        if _where(file).startswith(ROOMS) and "/tables/" not in _where(file):
            for node in _tree(file).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes[node.name].append(_where(file))
    twice = [f"{name}: {', '.join(where)}" for name, where in sorted(homes.items()) if len(where) > 1]
    assert not twice, "\n".join(twice)


def test_the_reader_sees_a_planted_word() -> None:
    """The test itself can fail: each barred word is found as a name and in a text."""
    names = ("_deeds_of", "AccountPicture", "keep", "save_payment", "placed_at")
    assert [_barred(name) for name in names] == ["actions", "snapshot", "save, and what", "", ""]
    assert re.search("|".join(IN_PROSE), "a judge knocks at the door")
