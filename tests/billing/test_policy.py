"""Policies: those that come with Kvitt load, and a bad file gives one line that says what to mend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing import policy
from billing.channels import Channel
from billing.policy import BadPolicy, ContentClass

if TYPE_CHECKING:
    from pathlib import Path

GENERIC = (policy.FOLDER / "generic.toml").read_text()


@pytest.mark.parametrize("name", policy.names())
def test_every_shipped_policy_loads(name: str) -> None:
    """Each policy that comes with Kvitt is valid, named like its file, and carries version and sources."""
    found = policy.load(name)
    assert name == found.name
    assert len(found.version) == 12
    assert all(part.source for part in (found.window, found.caps, found.content, *found.levels))


@pytest.mark.parametrize("name", policy.names())
def test_every_shipped_policy_is_careful(name: str) -> None:
    """No amount before identity; at most 3 messages a week, apart; a final notice leaves time to answer."""
    found = policy.load(name)
    assert found.content.before_identity == ContentClass.NOTICE
    assert found.caps.per_person <= 3
    assert found.caps.min_gap_hours >= 24
    assert found.levels[-1].final
    assert found.placement.minimum_answer_days >= 8
    assert found.plan.source.startswith("our choice: free of interest and fees")


def test_three_policies_are_shipped() -> None:
    """The names a person may write are known, in order."""
    assert policy.names() == ("generic", "se", "us")


def test_a_level_is_named_by_its_number() -> None:
    """The first level is number one."""
    found = policy.load("generic")
    assert [found.level(n).name for n in (1, 2, 3, 4)] == ["friendly", "reminder", "firm", "final"]


def test_the_version_follows_the_text(tmp_path: Path) -> None:
    """A changed file has another version, whatever it says about itself; the same text has the same one."""
    file = tmp_path / "mine.toml"
    file.write_text(GENERIC)
    same = policy.load(str(file))
    file.write_text(GENERIC.replace("per_person = 2", "per_person = 1"))
    assert policy.load("generic").version == same.version != policy.load(str(file)).version


def test_what_a_channel_may_carry_depends_on_identity() -> None:
    """Lines only to who has shown who they are; a sealed letter needs nobody to show it."""
    content = policy.load("generic").content
    assert content.most(Channel.SMS, identified=False) == ContentClass.NOTICE
    assert content.most(Channel.SMS, identified=True) == ContentClass.LINE_ITEMS
    assert content.most(Channel.LETTER, identified=False) == ContentClass.LINE_ITEMS
    assert content.most(Channel.EMAIL, identified=False) == ContentClass.NOTICE
    assert content.most(Channel.EMAIL, identified=True) == ContentClass.AMOUNT
    assert policy.load("us").content.most(Channel.TELEGRAM, identified=True) == ContentClass.AMOUNT


@pytest.mark.parametrize(
    ("right", "wrong", "key", "expected"),
    [
        ("per_person = 2", "per_person = 0", "caps.per_person", "greater than or equal to 1 (found 0)"),
        ("per_person = 2", 'per_person = "two"', "caps.per_person", "valid integer"),
        ("per_person = 2\n", "", "caps.per_person", "Field required"),
        ("per_person = 2", "per_person = 2\nper_house = 4", "caps.per_house", "not permitted (found 4)"),
        ('title = "Careful', 'titel = "Careful', "title", "Field required"),
        ('"telegram", "sms"', '"telegram", "fax"', "levels.0.channels.1", "(found 'fax')"),
        ('["telegram", "sms"]', "[]", "levels.0.channels", "at least 1 item"),
        ('sms = "line_items"', 'sms = "everything"', "content.sms", "(found 'everything')"),
        ('sms = "line_items"', "sms = 7", "content.sms", "(found 7)"),
        ('mon = ["09:00", "18:00"]', 'mon = ["9 am", "18:00"]', "window.mon.0", "(found '9 am')"),
        ('mon = ["09:00", "18:00"]', 'mon = ["18:00", "09:00"]', "window", "opens before it closes"),
        ('mon = ["09:00", "18:00"]', 'mon = ["09:00", "09:00"]', "window", "opens before it closes"),
        ("[window]", '[window]\nholidays = "XX"', "window.holidays", "a code like SE (found 'XX')"),
        ("[window]", '[window]\neves = ["24/12"]', "window.eves.0", "(found '24/12')"),
        ("[caps]", '[zones]\nSE = ["Stockholm"]\n[caps]', "zones.SE.0", "like Europe/Stockholm"),
        ("after_due_days = 14", "after_due_days = 3", "", "after_due_days must grow"),
        ("final = true", "final = false", "", "the last level, and only it, is final"),
        ("after_due_days = 3\n", "after_due_days = 3\nfinal = true\n", "", "and only it, is final"),
        ("years = 3", "years = 3\nregions = {US = 0}", "limitation.regions.US", "(found 0)"),
        ('counts_from = "issued"', 'counts_from = "birth"', "limitation.counts_from", "'issued' or 'due'"),
    ],
)
def test_a_bad_policy_says_file_key_and_what_is_expected(
    tmp_path: Path, right: str, wrong: str, key: str, expected: str
) -> None:
    """One line names the file, the key, what was found and what was expected."""
    assert right in GENERIC
    file = tmp_path / "mine.toml"
    file.write_text(GENERIC.replace(right, wrong, 1))
    with pytest.raises(BadPolicy) as refused:
        policy.load(str(file))
    told = str(refused.value)
    assert told.startswith(f"policy {file}{', ' + key if key else ''}: ")
    assert expected in told
    assert "\n" not in told


def test_a_policy_without_any_open_day_is_refused(tmp_path: Path) -> None:
    """A window that never opens would keep every message for ever."""
    file = tmp_path / "mine.toml"
    lines = [line for line in GENERIC.splitlines() if line[:4] not in {f"{day} " for day in policy.DAYS}]
    file.write_text("\n".join(lines))
    with pytest.raises(BadPolicy, match=r", window: .*needs at least one day with hours"):
        policy.load(str(file))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"name = \n[", "is not TOML: .*line 1"), (b"\xff\xfe", "is not TOML"), (b"", "name: Field required")],
)
def test_what_is_no_policy_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Broken TOML, bytes that are no text, and an empty file are refused with the place."""
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(BadPolicy, match=said):
        policy.load(str(file))


def test_an_unknown_name_lists_the_known_ones() -> None:
    """A misspelt policy is answered with the names there are."""
    with pytest.raises(BadPolicy, match="policy sweden: is none of generic, se, us and no such file exists"):
        policy.load("sweden")


@pytest.mark.parametrize("name", ["", "/", "x" * 300])
def test_a_path_that_cannot_be_read_is_refused(name: str) -> None:
    """A folder or an impossible path is a refusal, not a crash."""
    with pytest.raises(BadPolicy, match="cannot be read: "):
        policy.load(name)
