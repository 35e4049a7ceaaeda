"""Reads a policy: by name, with overlays (``us+nyc``), or a file of one's own that may extend another."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from billing.given_files import regular
from billing.policy.mistakes import PolicyText, sentences
from billing.policy.policy import Policy
from billing.refusals import Refusal

FOLDER = Path(__file__).parent.parent / "policies"
_DEPTH = 4


class BadPolicy(Refusal):
    """A policy file cannot be used."""

    def __init__(self, place: str, key: str, found: str, expected: str) -> None:
        at = f", {key}" if key else ""
        got = f" (found {found})" if found else ""
        super().__init__(f"policy {place}{at}: {expected}{got}")

    @property
    def lines(self) -> list[str]:
        """A sentence for each thing that is wrong."""
        return str(self).splitlines()


class PolicyMistakes(BadPolicy):
    """A policy's files were read, and rules in them cannot be: every one of them is named."""

    def __init__(self, lines: list[str]) -> None:
        Refusal.__init__(self, "\n".join(lines))


@dataclass(slots=True)
class _Read:
    """What was read so far: the rules laid over each other, and every byte they came from."""

    rules: dict[str, Any] = field(default_factory=dict)
    texts: list[bytes] = field(default_factory=list)
    files: list[PolicyText] = field(default_factory=list)


def load(name: str) -> Policy:
    """A policy by name (``generic``, ``se``, ``us+ca_hospital+nyc``) or by the path of a TOML file.

    A file may say ``extends = "se"`` and hold only what differs: tables are merged key by key, lists of
    named things (levels by ``name``, fees by ``id``, rates by ``since``) by what names them, everything
    else is replaced. Rules under ``[unverified.NAME]`` hold only where ``switch_on`` lists the name.

    Raises:
        BadPolicy: each mistake with its file and line, the key, what was found and what to write.
    """
    if not name.strip():
        raise BadPolicy("''", "", "", f"is no name: write one of {', '.join(names())}, or a file")
    read = _Read()
    _read(name, read, _DEPTH)
    _switch_on(name, read.rules)
    version = hashlib.sha256(b"\0".join(read.texts)).hexdigest()[:12]
    try:
        return Policy.model_validate(read.rules | {"version": version})
    except ValidationError as error:
        raise PolicyMistakes(sentences(error, read.rules, read.files, name)) from None


def names() -> tuple[str, ...]:
    """The policies that come with Kvitt."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def overlays(base: str) -> tuple[str, ...]:
    """What may be laid over a policy that comes with Kvitt, such as ``nyc`` over ``us``."""
    return tuple(sorted(path.stem for path in (FOLDER / "overlays" / base).glob("*.toml")))


def every() -> tuple[str, ...]:
    """Every policy that comes with Kvitt, alone and with each of its overlays."""
    return tuple(one for base in names() for one in (base, *(f"{base}+{over}" for over in overlays(base))))


def _read(name: str, read: _Read, depth: int) -> None:
    base, *over = name.split("+")
    if base not in names():
        _read_file(Path(name), name, read, depth)
        return
    _read_file(FOLDER / f"{base}.toml", name, read, depth)
    for overlay in over:
        if overlay not in overlays(base):
            known = ", ".join(overlays(base)) or "none"
            raise BadPolicy(name, "", overlay, f"{base} has the overlays {known}")
        _read_file(FOLDER / "overlays" / base / f"{overlay}.toml", name, read, depth)
    if over:
        read.rules["name"] = name


def _read_file(path: Path, name: str, read: _Read, depth: int) -> None:
    rules, raw = _parsed(path, name)
    extended = rules.pop("extends", None)
    if extended is not None:
        if not isinstance(extended, str) or depth == 0:
            raise BadPolicy(name, "extends", repr(extended), "names one policy, and not itself in a circle")
        _read(extended, read, depth - 1)
    shipped = path.is_relative_to(FOLDER)
    read.rules = _over(read.rules, rules, path.stem if shipped else path.name)
    read.texts.append(raw)
    read.files.append(PolicyText(path.stem if shipped else str(path), raw.decode()))


def _parsed(path: Path, name: str) -> tuple[dict[str, Any], bytes]:
    try:
        raw = regular(path).read_bytes()
        return tomllib.loads(raw.decode()), raw
    except FileNotFoundError:
        raise BadPolicy(name, "", "", f"is none of {', '.join(names())} and no such file exists") from None
    except OSError as error:
        raise BadPolicy(name, "", "", f"cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        raise BadPolicy(name, "", "", f"is not TOML: {why}") from None


def _over(below: Any, above: Any, file: str) -> Any:
    """What is above wins; tables are merged, and lists of tables that carry a name or an id.

    ``file`` is what a value is said to be overridden in.
    """
    if isinstance(below, dict) and isinstance(above, dict):
        found = below | {
            key: _over(below[key], value, file) if key in below else value for key, value in above.items()
        }
        return found | _sources(below, above, file)
    key = _key_of(below, above)
    if not key:
        return above
    found = {entry[key]: entry for entry in below}
    for entry in above:
        found[entry[key]] = _over(found.get(entry[key], {}), entry, file)
    return list(found.values())


def _sources(below: dict[str, Any], above: dict[str, Any], file: str) -> dict[str, str]:
    """Where the rules of a part come from once another was laid over it.

    What was kept keeps its source; a value that was changed without a source of its own says so.
    """
    old, new = below.get("source"), above.get("source")
    if not isinstance(old, str):
        return {}
    if new is None:
        changed = [
            key for key, value in above.items() if not isinstance(value, dict) and below.get(key) != value
        ]
        said = ", ".join(f"{key} = {_toml(above[key])}{_before(below, key)}" for key in changed)
        return {"source": f"{old}; overridden in {file}: {said}"} if changed else {}
    if not isinstance(new, str) or old == new or below.keys() <= above.keys():
        return {}
    return {"source": f"{new}; for the rest: {old}"}


def _before(below: dict[str, Any], key: str) -> str:
    return f" (was {_toml(below[key])})" if key in below else ""


def _toml(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _key_of(below: Any, above: Any) -> str:
    """What the tables of two lists are told apart by; nothing where they are no such lists."""
    if not isinstance(below, list) or not isinstance(above, list):
        return ""
    tables = [*below, *above]
    for key in ("id", "name", "since"):
        if tables and all(isinstance(one, dict) and key in one for one in tables):
            return key
    return ""


def _switch_on(name: str, rules: dict[str, Any]) -> None:
    """Lay the unverified rules that are switched on by name over the others; the rest is only listed."""
    listed = rules.get("unverified", {})
    wanted = rules.pop("switch_on", [])
    if not isinstance(listed, dict) or not isinstance(wanted, list):
        raise BadPolicy(name, "switch_on", repr(wanted), "lists names of [unverified.NAME] tables")
    for one in wanted:
        if one not in listed:
            known = ", ".join(sorted(listed)) or "none"
            raise BadPolicy(name, "switch_on", repr(one), f"names an unverified rule of this policy: {known}")
        if "set" not in listed[one]:
            raise BadPolicy(name, "switch_on", repr(one), "names a rule that is known of and not built yet")
        rules.update(_over(rules, listed[one]["set"], f"unverified.{one}"))
    rules["unverified"] = {
        key: {part: text for part, text in rule.items() if part != "set"} | {"switchable": "set" in rule}
        for key, rule in listed.items()
        if key not in wanted
    }
