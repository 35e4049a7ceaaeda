"""The list of all commands is that of their modules, and a command loads what it needs and no more."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any, cast

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli import CommandToLoad, command_line
from bot.cli.commands import COMMANDS, GROUPS
from bot.cli.old_spellings import OLD_SPELLINGS, renewed
from tests.commands import ROOT, Shell
from tests.keys import KEY, STOPS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FAR = "9" * 40
MAIN = "from bot.cli import main; main()"
LOADED = """
import sys
from bot.cli import main
try:
    main()
finally:
    print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""
"""Runs kvitt, and then names on standard error the packages that it loaded."""
SLOW = {
    "alembic", "babel", "bs4", "fhir", "httpx", "holidays", "jinja2", "phonenumbers", "requests", "rich",
    "starlette", "stripe", "structlog", "telegram", "twilio", "typst", "uvicorn",
}  # fmt: skip
"""What takes long to load, and what only some commands need."""


def _listed() -> dict[str, CommandToLoad]:
    line = get_command(command_line())
    assert isinstance(line, TyperGroup)
    return cast("dict[str, CommandToLoad]", line.commands)


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("KVITT_")}
    return own | {"PYTHONPATH": str(ROOT), "KVITT_KEY": KEY, "KVITT_STOPS_KEY": STOPS_KEY}


def _kvitt(
    folder: Path, *arguments: str, program: str = MAIN, **settings: str
) -> subprocess.CompletedProcess[str]:
    """A process that has loaded nothing yet, other than the one that the shell of the tests forks."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=_environment() | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_listed_command_is_its_module_s_own() -> None:
    """Name, line and place in the help are those of the command itself, in a narrow terminal too."""
    for name, command in _listed().items():
        real = command.real()
        assert real.name == name
        assert not real.hidden
        for width in (20, 45, 200):
            assert command.get_short_help_str(width) == real.get_short_help_str(width), name


def test_every_command_of_a_module_is_listed() -> None:
    """A module that has more commands than the list names would keep them from everybody."""
    for name, command in _listed().items():
        there = set(command.all_of_module())
        assert there == {other for other, one in COMMANDS.items() if one.module == COMMANDS[name].module}


@pytest.mark.parametrize("name", ["accounts", "escalations"])
def test_a_command_is_loaded_when_it_is_called(name: str) -> None:
    """Its own help, with its parts and options, comes from its module."""
    done = CliRunner().invoke(command_line(), [name, "--help"])
    assert done.exit_code == 0
    found = _listed()[name].real()
    wanted = found.commands if isinstance(found, TyperGroup) else ["--json"]
    assert all(one in done.stdout for one in wanted)


def test_the_help_has_every_command_in_one_group() -> None:
    """A new command is put where one would look for it."""
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(COMMANDS)
    shown = CliRunner().invoke(command_line(), ["--help"]).stdout
    assert [line[:-1] for line in shown.splitlines() if line in {f"{group}:" for group in GROUPS}] == [
        *GROUPS
    ]
    said = " ".join(shown.split())
    assert all(listed.line in said for listed in COMMANDS.values())


def _options() -> Iterator[tuple[str, str, bool]]:
    """Every option of every command: the command, the option's name, and whether it takes no value."""
    waiting: list[tuple[str, Any]] = [(name, command.real()) for name, command in _listed().items()]
    for path, command in waiting:
        waiting += [(f"{path} {name}", one) for name, one in getattr(command, "commands", {}).items()]
        if not hasattr(command, "commands"):
            for one in command.params:
                yield from ((path, name, bool(getattr(one, "is_flag", False))) for name in one.opts)


def test_an_older_spelling_goes_on_working_and_is_named_nowhere() -> None:
    """Each one leads to an option of its command, and is none itself any more."""
    known: dict[str, set[str]] = {}
    for command, name, _ in _options():
        known.setdefault(command, set()).add(name)
    for command, names in OLD_SPELLINGS.items():
        for old, new in names.items():
            assert new in known[command], (command, new)
            assert old not in known[command], (command, old)
            typed = [*command.split(), old, "x", f"{old}=y", "--", old]
            assert renewed(typed) == [*command.split(), new, "x", f"{new}=y", "--", old]
    assert renewed(["accounts", "--because"]) == ["accounts", "--because"]


def test_an_older_spelling_is_understood_by_the_command(tmp_path: Path) -> None:
    """What was typed for years does what it did, and what is refused names today's option."""
    done = Shell(tmp_path)("run", "--as-of", "2026-03-01T17:00:00Z", "--dry-run")
    assert (done.returncode, done.stdout.strip()) == (0, "nothing is due")
    assert "--at 'soon' is no moment" in Shell(tmp_path)("run", "--as-of=soon").stderr


def test_one_thing_has_one_name_in_every_command() -> None:
    """A reason is --reason, a span --since and --until; one name takes a value everywhere or nowhere."""
    kinds: dict[str, set[bool]] = {}
    for _, name, switch in _options():
        kinds.setdefault(name, set()).add(switch)
    assert not {"--because", "--why", "--from", "--dated"} & set(kinds)
    assert [name for name, found in kinds.items() if len(found) > 1] == []


def test_no_argument_is_an_id_here_and_a_thing_there() -> None:
    """The help says CUSTOMER, BILL, RUN for what is named, whatever it is called inside."""
    waiting: list[Any] = [command.real() for command in _listed().values()]
    for command in waiting:
        waiting += getattr(command, "commands", {}).values()
        for one in command.params:
            if one.param_type_name == "argument":
                shown = one.metavar or (one.name or "").upper()
                assert not shown.endswith(("_ID", "_IDS")), (command.name, shown)


def test_a_slip_of_the_fingers_is_told_what_is_near() -> None:
    """A name that is no command is refused with those it may have meant."""
    done = CliRunner().invoke(command_line(), ["acounts"])
    assert done.exit_code == 2
    assert "Did you mean 'accounts', 'act'?" in done.stderr


def test_the_help_loads_no_command(tmp_path: Path) -> None:
    """Who asks what there is waits for no part of it: neither database nor settings nor tables."""
    done = _kvitt(tmp_path, "--help", program=LOADED)
    assert done.returncode == 0, done.stderr
    assert set(done.stderr.split()) & (SLOW | {"sqlalchemy", "pydantic", "storage", "messages"}) == set()
    listed = re.findall(r"^  (\w+)  ", done.stdout, re.MULTILINE)
    assert sorted(listed) == sorted(COMMANDS)


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (("accounts",), set()),
        (("escalations", "list"), set()),
        (("doctor",), {"babel", "jinja2"}),
    ],
)
def test_a_look_at_an_empty_book_loads_little(
    tmp_path: Path, arguments: tuple[str, ...], needed: set[str]
) -> None:
    """Nothing that sends, prints or migrates is loaded where there is nothing to do of the kind."""
    assert Shell(tmp_path)("accounts").returncode == 0  # which makes the schema
    done = _kvitt(tmp_path, *arguments, program=LOADED)
    assert done.returncode == (1 if arguments == ("doctor",) else 0), done.stderr
    assert set(done.stderr.split()) & SLOW <= needed


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("kvitt acc", ["accounts"]),
        ("kvitt escalations s", ["show", "snooze"]),
        ("kvitt accounts --", ["--json", "--help"]),
    ],
)
def test_a_shell_completes_commands_their_parts_and_options(
    tmp_path: Path, typed: str, offered: list[str]
) -> None:
    """What is offered behind a tab is what there is, on every level."""
    asked = {
        "_KVITT_COMPLETE": "complete_bash",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(len(typed.split()) - 1),
    }
    program = f"import sys; sys.argv[0] = 'kvitt'; {MAIN}"
    done = _kvitt(tmp_path, program=program, **asked)
    assert (done.returncode, done.stdout.split()) == (0, offered), done.stderr


def test_what_nobody_reads_any_more_is_no_fault(tmp_path: Path) -> None:
    """A reader that closed its end, as ``head`` does, ends a command without a word of complaint."""
    assert Shell(tmp_path)("accounts").returncode == 0
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "accounts"],
        cwd=tmp_path,
        env=_environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")


def test_the_version_is_that_of_the_package() -> None:
    """``kvitt --version`` prints one line, the version that is released in the changelog."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    done = CliRunner().invoke(command_line(), ["--version"])
    assert (done.exit_code, done.stdout) == (0, f"kvitt {version}\n")
    released = re.findall(
        r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert released[0] == version


@pytest.mark.parametrize("arguments", [["--version", "accounts"], ["--version", "--help"]])
def test_the_version_comes_first(arguments: list[str]) -> None:
    """Whatever stands behind it, the version is what is told."""
    done = CliRunner().invoke(command_line(), arguments)
    assert (done.exit_code, done.stdout.startswith("kvitt ")) == (0, True)


def _numbers(path: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
    """The command lines that give one number of a command each."""
    for name, part in getattr(command, "commands", {}).items():
        yield from _numbers((*path, name), part)
    parameters = getattr(command, "params", ())
    before = ["1" for one in parameters if one.param_type_name == "argument" and one.required]
    for one in parameters:
        if one.type_descriptor.annotation in {int, list[int]} and one.param_type_name == "option":
            yield (*path, *before, one.opts[0], FAR)
        elif one.type_descriptor.annotation in {int, list[int]}:
            place = [other.name for other in parameters if other.param_type_name == "argument"].index(
                one.name
            )
            yield (*path, *before[:place], FAR, *before[place + 1 :])


def test_no_command_takes_a_number_that_no_row_has() -> None:
    """Whatever counts or names a row, on any command: refused as a wrong use, with the place."""
    lines = [line for name, command in _listed().items() for line in _numbers((name,), command.real())]
    assert len(lines) > 30
    for line in lines:
        done = CliRunner().invoke(command_line(), line)
        assert done.exit_code == 2, (line, done.output, done.exception)
        assert "Invalid value for" in done.stderr, (line, done.stderr)


CARD = "4111111111111111"


@pytest.mark.parametrize(
    "arguments",
    [
        ("statement", CARD, "out.pdf"),
        ("escalations", "show", f"x{CARD[1:]} {CARD}"),
        ("payments", "credits", "--older-than", CARD),
        (CARD,),
        ("payments", CARD),
        ("accounts", f"--{CARD}"),
        ("accounts", CARD),
        ("journal", "export", "out.csv", "--from", CARD),
        ("import", CARD),
        ("statement", "4111 1111 1111 1111", "out.pdf"),
    ],
)
def test_what_is_refused_is_quoted_without_a_card(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """A number of a payment card that was given for a name, an address or a count is not shown again."""
    shell = Shell(tmp_path)
    shell.sign_in()
    done = shell(*arguments)
    assert done.returncode in {1, 2}
    assert not {CARD, "4111 1111 1111 1111"} & set(re.findall(r"[\d ]{16,19}", done.stderr + done.stdout))


def test_a_stop_at_a_card_is_refused_without_it(tmp_path: Path) -> None:
    """A list of stops in which a card stands for an address."""
    shell = Shell(tmp_path)
    shell.sign_in()
    assert shell("backup", "kvitt.zip").returncode == 0
    assert shell("restore", "--replace", "kvitt.zip").returncode == 0
    (tmp_path / "stops.csv").write_text(f"address\n{CARD}\n")
    done = shell("sending", "stops", "stops.csv")
    assert (done.returncode, CARD in done.stderr) == (1, False)
    assert "****1111" in done.stderr


def _readers(path: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:
    """The command lines that read a pipe, by each argument that names a file."""
    for name, part in getattr(command, "commands", {}).items():
        yield from _readers((*path, name), part)
    names = {"file", "paths", "stops", "map", "mapping"}
    parameters = getattr(command, "params", ())
    given = {one.name: "pipe" if one.name in names else "x" for one in parameters if one.required}
    options = [
        part
        for one in parameters
        if one.required and one.param_type_name == "option"
        for part in (one.opts[0], "x")
    ]
    if {"file", "paths"} & set(given):
        yield (*path, *given.values(), *options)


def test_no_command_waits_for_a_pipe(tmp_path: Path) -> None:
    """A pipe that nobody writes to is refused in one line, wherever a file is read."""
    shell = Shell(tmp_path)
    shell.sign_in()
    os.mkfifo(tmp_path / "pipe")
    lines = [line for name, command in _listed().items() for line in _readers((name,), command.real())]
    assert len(lines) >= 15
    done = [shell(*line) for line in lines]
    assert {one.returncode for one in done} <= {1, 2}
    # Some look at another argument first, as at the format of what is read.
    assert sum("a pipe or a device is no file" in one.stderr for one in done) > len(lines) // 2
