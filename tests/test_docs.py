"""What is written down is true: settings, commands, files, and nothing that gives us away."""

from __future__ import annotations

import ast
import fnmatch
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from billing import policy
from billing.campaigns import campaigns
from billing.campaigns.campaigns import Audience, Campaign
from bot.cli import CommandToLoad, command_line
from bot.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
PROSE = ("flagged it over", "escalations alone")
"""Where the code speaks of Kvitt, and not of something to type."""
DOCS = (
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
FILE = re.compile(
    r"`((?:[\w*<>.-]+/)*[\w*<>.-]*\.(?:py|toml|j2|txt|json|typ|md))"
    r"(?::\s+([\w.]+)`((?:(?:,| or)\s+`\w+`)*)|`)"
)
"""A file in a text, maybe with a name in it and more names after that: \x60a/b.py: one\x60, \x60two\x60."""
EXAMPLES = re.compile(r"NAME|00NN|kvitt\.toml|my\.toml|a-campaign|menu\.toml")
"""What only stands for a name, and what is not kept with the code."""


def _tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_every_setting_is_described() -> None:
    """Each setting stands in docs/settings.md, and nothing stands there that is none."""
    described = set(
        re.findall(r"^\| `(KVITT_[A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    )
    known = {
        f"KVITT_{name.upper()}"
        for name in Settings.model_fields
        if name not in {"creditor", "collectors", "costs", "journal", "claims", "payers"}
    }
    assert described == known | {"KVITT_CONFIG"}


def test_every_command_that_is_named_exists() -> None:
    """What the documents tell people to type is a command."""
    commands = get_command(command_line())
    names = set(getattr(commands, "commands", {}))
    assert names
    for file in DOCS:
        for named in re.findall(r"(?:^|[`/ ])kvitt ([a-z]+)", file.read_text()):
            assert named in names, f"{file.name}: kvitt {named}"


def test_every_command_that_the_code_names_exists() -> None:
    """What a refusal, a case or a hint tells people to type is a command, down to its last word."""
    whole = get_command(command_line())
    for file in _tracked():
        if file.suffix != ".py" or file.relative_to(ROOT).parts[0] in {"tests", "benchmarks"}:
            continue
        for named in re.findall(r"kvitt ((?:[a-z][a-z-]* ?)+)", file.read_text()):
            if not named.startswith(PROSE):
                assert not _unknown(whole, named.split()), f"{file.name}: kvitt {named}"


def _unknown(command: object, words: list[str]) -> bool:
    """Whether the words go on where a group of commands has none of that name."""
    for word in words:
        command = command.real() if isinstance(command, CommandToLoad) else command
        if not isinstance(command, TyperGroup):
            return False
        command = command.commands.get(word)
        if command is None:
            return True
    return False


def test_every_file_that_is_named_exists() -> None:
    """Paths in the documents lead somewhere, links to a heading of a page included."""
    for file in DOCS:
        text = file.read_text()
        for named in re.findall(r"`((?:bot|handlers|messages|storage|billing|tests|docs)/[\w./]+)`?", text):
            path = named.rstrip(".").partition(":")[0]
            assert EXAMPLES.search(path) or (ROOT / path).exists(), f"{file.name}: {named}"
        for link, heading in re.findall(r"\]\(([^)#:]*)(?:#([^)]+))?\)", text):
            page = file.parent / link if link else file
            assert page.exists(), f"{file.name}: {link}"
            assert not heading or heading in _headings(page), f"{file.name}: {link}#{heading}"


def _headings(page: Path) -> set[str]:
    """What the headings of a page are called in links."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_name_in_a_file_that_is_named_exists() -> None:
    """A file is there, also by its last part alone, and so is the function or class that is named in it."""
    kept = [str(path.relative_to(ROOT)) for path in _tracked()]
    wrong = []
    for document in DOCS:
        for found in FILE.finditer(document.read_text()):
            name, first, more = found.groups()
            if EXAMPLES.search(name):
                continue
            pattern = name.replace("<language>", "en")
            files = fnmatch.filter(kept, pattern) or [path for path in kept if path.endswith(f"/{pattern}")]
            wanted = [first, *re.findall(r"`(\w+)`", more)] if first else []
            missing = [one for one in wanted if not any(one in _names(path) for path in files)]
            if not files or missing:
                wrong.append(f"{document.relative_to(ROOT)}: {name} {' '.join(missing)}")
    assert not wrong, "\n".join(wrong)


@cache
def _names(path: str) -> frozenset[str]:
    """What a Python file defines: functions, classes and constants, and what is in its classes."""
    found: set[str] = set()
    for node in ast.parse((ROOT / path).read_text(encoding="utf-8")).body:
        found.update(_defined(node))
        if isinstance(node, ast.ClassDef):
            found.update(f"{node.name}.{name}" for part in node.body for name in _defined(part))
    return frozenset(found)


def _defined(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.AnnAssign(target=ast.Name(id=name)):
            yield name
        case ast.Assign(targets=targets):
            yield from (one.id for one in targets if isinstance(one, ast.Name))


@pytest.mark.parametrize("asked", [[], ["help"]], ids=["nothing", "help"])
def test_make_lists_its_targets(asked: list[str]) -> None:
    """``make help``, or make alone, says in a line each what every target does, and installs nothing."""
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    done = subprocess.run(["make", "-s", *asked], cwd=ROOT, capture_output=True, text=True, check=True)
    example = dict(re.findall(r"^make ([a-z-]+) +(.+)$", done.stdout, re.MULTILINE))
    assert sorted(example) == sorted(phony.split())
    assert len(done.stdout.splitlines()) == len(example)


def test_every_target_that_is_named_exists() -> None:
    """What the documents tell people to make is a target."""
    (phony,) = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for file in DOCS:
        for named in re.findall(r"(?:^|`)make ([a-z-]+)", file.read_text(), re.MULTILINE):
            assert named in phony.split(), f"{file.name}: make {named}"


def test_the_lock_file_holds_names_versions_and_hashes_only() -> None:
    """No address of any registry stands in the lock file."""
    for line in (ROOT / "requirements.lock").read_text().splitlines():
        assert "://" not in line
        assert not line.startswith(("--index", "--extra", "--find"))


def test_nothing_of_this_machine_is_kept() -> None:
    """No path of a machine, no private key, stands in any file that is kept."""
    ours = "|".join(("/ro" + "ot/", "/ho" + "me/", "BEGIN [A-Z ]*PRIVATE" + " KEY"))
    for path in _tracked():
        if path.suffix not in {".png", ".npz", ".lock"}:
            assert not re.search(ours, path.read_text(encoding="utf-8")), path.name


def test_the_campaign_that_is_described_can_be_run() -> None:
    """The example in docs/campaigns.md is a campaign, and every key it shows is one."""
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/campaigns.md").read_text(), re.DOTALL)
    campaign = campaigns.read(tomllib.loads(example), "docs/campaigns.md")
    campaigns.check_against(campaign, policy.load("generic"))
    assert set(Campaign.model_fields) == set(tomllib.loads(example))
    assert set(Audience.model_fields) == set(tomllib.loads(example)["audience"])
