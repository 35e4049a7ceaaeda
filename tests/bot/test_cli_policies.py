"""kvitt policy, as a person at a terminal meets it: what it says, what it refuses, and how it ends."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.commands import Shell

if TYPE_CHECKING:
    from subprocess import CompletedProcess

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "policies.md").read_text(encoding="utf-8")


class Policy:
    """Runs kvitt policy in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shell = Shell(folder)

    def __call__(self, *arguments: str, **settings: str) -> CompletedProcess[str]:
        return self._shell("policy", *arguments, **settings)

    def file(self, text: str) -> str:
        """A policy of one's own."""
        (self.folder / "my.toml").write_text(text)
        return "my.toml"


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    """A shell in an empty folder."""
    return Policy(tmp_path)


def _block(language: str, after: str) -> str:
    """The first block of docs/policies.md after a phrase."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE[PAGE.index(after) :], re.DOTALL)
    assert found
    return found.group(1)


def test_the_output_in_the_document_is_what_the_command_prints(policy: Policy) -> None:
    """The file and the command of docs/policies.md give the lines that stand below them."""
    policy.file(_block("toml", "## Change the rules"))
    command, _, expected = _block("", "on the sample clinic:").partition("\n")
    words = command.removeprefix("$ kvitt policy ").split()
    done = policy(*words)
    assert done.returncode == 0, done.stderr
    assert [line.rstrip() for line in done.stdout.splitlines()] == expected.splitlines()
    assert policy("check", "my.toml").returncode == 0


def test_a_policy_is_shown_in_words_no_wider_than_can_be_read(policy: Policy) -> None:
    """Every rule with its source; the policy of the settings where none is named."""
    shown = policy("show", "se+care", COLUMNS="80").stdout
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert "Source: lag (1989:253)" in shown
    assert 'switch_on = ["reference_rate_2026_h2"]' in shown
    assert policy("show", policy="us").stdout.startswith("United States, own bills")
    rules = [json.loads(line) for line in policy("show", "us", "--json").stdout.splitlines()]
    assert rules[0]["key"] == "window"
    assert all(rule["says"] and rule["source"] for rule in rules)


_OFTEN = 'extends = "se"\n[caps]\nper_bill = 0\n'
_AT_LEAST = ("caps.per_bill", "write a whole number of at least 1", "found 0")


@pytest.mark.parametrize(
    ("command", "text", "expected"),
    [
        ("show my.toml", _OFTEN, _AT_LEAST),
        ("check my.toml", _OFTEN, _AT_LEAST),
        ("diff se my.toml", _OFTEN, _AT_LEAST),
        ("sentences my.toml --out my.pdf", _OFTEN, _AT_LEAST),
        ("show my.toml", 'extends = "us+boston"\n', ("us has the overlays ca_hospital", "found boston")),
        ("show my.toml", 'extends = "se"\nswitch_on = ["moon"]\n', ("switch_on", "found 'moon'")),
    ],
)
def test_a_bad_policy_is_one_line_and_wrong_use(
    policy: Policy, command: str, text: str, expected: tuple[str, ...]
) -> None:
    """File, key, what was found and what was expected, before anything runs; it ends with 2."""
    policy.file(text)
    done = policy(*command.split())
    assert done.returncode == 2
    assert done.stdout == ""
    for line in done.stderr.splitlines():
        assert line.startswith("kvitt: policy ")
        assert "my.toml" in line or "us+boston" in line
    assert all(part in done.stderr for part in expected)
    assert list(policy.folder.iterdir()) == [policy.folder / "my.toml"]


def test_a_check_ends_with_1_only_where_something_is_to_be_fixed(policy: Policy) -> None:
    """Notes are told and are no failure; what has to be fixed is a line with its key."""
    sound = policy("check", "generic")
    assert (sound.returncode, sound.stderr) == (0, "")
    assert sound.stdout.splitlines()[-1].endswith(": 0 to fix, 1 to note")
    name = policy.file('extends = "se"\n[[levels]]\nname = "firm"\nfee = "reminder"\nafter_due_days = 15\n')
    done = policy("check", name)
    assert done.returncode == 1
    assert "fix levels.firm.fee: fee reminder comes by letter, email only" in done.stdout
    assert "fix levels.firm.after_due_days: day 15 can never be" in done.stdout
    lines = [json.loads(line) for line in policy("check", name, "--json").stdout.splitlines()]
    assert ("mend", "levels.firm.fee") in [(one["severity"], one["key"]) for one in lines]


def test_a_check_knows_which_channels_are_set_up(policy: Policy) -> None:
    """With SMS alone the Swedish final can never be heard; with letters it can."""
    sms = {"twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_from": "+15005550006"}
    done = policy("check", "se", **sms)
    assert done.returncode == 1
    assert "fix levels.final.channels: it goes by letter, and no letters are set up" in done.stdout
    assert policy("check", "generic", **sms).returncode == 0


def test_every_sentence_is_printed_to_be_signed(policy: Policy) -> None:
    """One PDF in the languages asked for; a language nobody speaks, or a folder that is missing, is told."""
    done = policy("sentences", "us", "--language", "es", "--out", "s.pdf", "--dated", "2026-03-02")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("s.pdf: ")
    assert "sentences in es under policy us" in done.stdout
    first = (policy.folder / "s.pdf").read_bytes()
    policy("sentences", "us", "--language", "es", "--out", "s.pdf", "--dated", "2026-03-02")
    assert first == (policy.folder / "s.pdf").read_bytes()
    unspoken = policy("sentences", "us", "--language", "fi", "--out", "s.pdf")
    assert (unspoken.returncode, "fi" in unspoken.stderr) == (2, True)
    nowhere = policy("sentences", "us", "--language", "es", "--out", "no/such/s.pdf")
    assert (nowhere.returncode, "cannot be written" in nowhere.stderr) == (1, True)


def test_a_difference_for_programs_is_a_line_a_side_and_a_line_a_change(policy: Policy) -> None:
    """Both sides first, then every change; people are shown the first twenty, or all."""
    found = [
        json.loads(line) for line in policy("diff", "generic", "us", "--demo", "--json").stdout.splitlines()
    ]
    assert [side["policy"] for side in found[:2]] == ["generic", "us"]
    assert found[0]["flagged"] == 6
    assert found[2]["before"]["channel"] == found[2]["after"]["channel"] == "sms"
    assert len(found) > 22
    short = policy("diff", "generic", "us", "--demo").stdout
    assert f"and {len(found) - 22} more: --all shows them all" in short
    people = {row["customer_id"] for row in found[2:]}
    assert sum(line.split()[0] in people for line in short.splitlines() if line) == 20


def test_a_difference_is_made_on_ones_own_book(policy: Policy) -> None:
    """Without a customer there is nothing to compare; a moment that is none is wrong use."""
    done = policy("diff", "generic", "us", "--people", "--as-of", "2026-03-01T17:00:00Z", "--days", "30")
    assert done.stdout.startswith("0 people from 2026-03-01, 30 days")
    assert "nothing would differ" in done.stdout
    assert policy("diff", "generic", "us", "--as-of", "soon").returncode == 2
