"""What a policy's messages say is held against what it lets them say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing import policy
from billing.accounts.creditor import Creditor
from handlers.policy import wording
from handlers.policy.wording import Wording
from messages.languages import languages
from messages.writing.render import Words
from tests.world import CLINIC, an_installation

if TYPE_CHECKING:
    from pathlib import Path

    from billing.policy import Policy


def _check(found: Policy) -> list[tuple[str, str]]:
    return [(one.key, one.sentence) for one in wording.check(found, Wording(an_installation().words, CLINIC))]


@pytest.mark.parametrize("name", policy.every())
def test_the_wording_of_what_comes_with_kvitt_says_what_it_may(name: str) -> None:
    """Every level, notice and letter of every shipped policy, in every language."""
    assert _check(policy.load(name)) == []


@pytest.mark.parametrize(
    ("base", "change", "key", "said"),
    [
        ("us", 'template = "reminder.stern"', "levels.firm.template", "is no message of the catalogue"),
        (
            "us",
            'template = "answers.thanks"',
            "levels.firm.template",
            "is told nothing; this level tells count",
        ),
        ("us", 'template = "reminder.final"', "levels.firm.template", "is told count, answer_by"),
        ("us", 'template = "reminder.final"', "levels.firm.mentions", "may not mention a deadline"),
        (
            "us",
            'template = "answers.nothing_owed"',
            "levels.firm.template",
            "carries amount; content.before_identity",
        ),
        ("us", 'template = "answers.goodbye"', "levels.firm.template", "says in sv no way to opt out"),
        ("us", 'template = "answers.goodbye"', "levels.firm.template", "does not say in es who writes"),
        (
            "us",
            'channels = ["letter"]',
            "levels.firm.mentions",
            "letter.toml speaks in en of a deadline (answer by)",
        ),
        ("us", 'channels = ["letter"]\n[content]\nletter = "notice"', "content.letter", ""),
    ],
)
def test_wording_that_says_too_much_is_found(
    tmp_path: Path, base: str, change: str, key: str, said: str
) -> None:
    """One changed level, and a line that names the message and what is the matter with it."""
    file = tmp_path / "mine.toml"
    interest = "interest = true\n" if "content" in change else ""
    file.write_text(f'extends = "{base}"\n[[levels]]\nname = "firm"\n{interest}{change}\n')
    found = _check(policy.load(str(file)))
    assert any(one == key and said in sentence for one, sentence in found), found


def test_a_collector_is_mentioned_only_where_the_policy_lets_it(tmp_path: Path) -> None:
    """A final by letter speaks of a collector: a level that may not mention one cannot go by letter."""
    file = tmp_path / "mine.toml"
    file.write_text('extends = "us"\n[[levels]]\nname = "final"\nchannels = ["letter"]\n')
    found = _check(policy.load(str(file)))
    assert {key for key, _ in found} == {"levels.final.mentions"}
    for language in languages():
        assert any(f"letter.final_after speaks in {language} of a collector" in said for _, said in found)


def test_a_missing_opt_out_line_is_found_once(tmp_path: Path) -> None:
    """A policy that switches the line off is told so, in one line."""
    file = tmp_path / "mine.toml"
    file.write_text('extends = "us"\n[content]\nopt_out_line = false\n')
    assert [key for key, _ in _check(policy.load(str(file)))] == ["content.opt_out_line"]


def test_a_notice_never_threatens(tmp_path: Path) -> None:
    """A creditor whose very name speaks of collecting cannot send friendly notes: each is found."""
    agency = Creditor("Elm Collections")
    file = tmp_path / "mine.toml"
    file.write_text('extends = "us"\n')
    found = wording.check(policy.load(str(file)), Wording(Words(agency), agency))
    assert {"notices", "contact", "levels.friendly.mentions", "announcement"} == {
        one.key for one in found if "(collections)" in one.sentence
    } - {"levels.reminder.mentions", "levels.firm.mentions", "levels.final.mentions"}
