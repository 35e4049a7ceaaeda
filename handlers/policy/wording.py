"""Checks the wording of a policy's messages and letters in every language against its content rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from billing.dunning.notices import NoticeKind
from billing.policy_checks.finding import to_fix
from messages.documents import documents
from messages.languages import languages
from messages.policies.letters import letter_keys
from messages.writing.catalogue import catalogue, message, sample_facts
from messages.writing.mentions import mentions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.accounts.creditor import Creditor
    from billing.policy import Level, Policy
    from billing.policy_checks import PolicyFinding
    from messages.writing.render import Words

_FACTS: Final = {"count"}
_FINAL_FACTS: Final = {"count", "answer_by"}


@dataclass(frozen=True, slots=True)
class Wording:
    """The words one creditor's messages are made of."""

    words: Words
    creditor: Creditor

    def say(self, key: str, language: str) -> str:
        """A message with sample facts; about several bills and about one, where it counts them."""
        facts = sample_facts(key)
        one = self.words.say(key, language, {**facts, "count": 1}) if "count" in facts else ""
        return f"{self.words.say(key, language, facts)}\n{one}".strip()


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A message of a policy: the key in its file, the level it is of, and the template."""

    key: str
    template: str
    level: Level | None = None


def check(policy: Policy, wording: Wording) -> list[PolicyFinding]:
    """Everything that is the matter with what a policy's messages say."""
    found: list[PolicyFinding] = []
    for spoken in _spoken(policy):
        if spoken.template not in catalogue():
            found.append(to_fix(spoken.key, f"{spoken.template} is no message of the catalogue"))
            continue
        for rule in (_facts, _content, _opt_out, _sender, _friendly):
            found += rule(policy, wording, spoken)
    for level in _levels(policy):
        found += _mentions(wording, level)
        found += _letters(policy, wording, level)
    return list(dict.fromkeys(found))


def _levels(policy: Policy) -> Iterator[Level]:
    if policy.announcement:
        yield policy.announcement.as_level()
    yield from policy.levels


def _spoken(policy: Policy) -> Iterator[_Spoken]:
    """Every template a policy speaks with unsolicited, on electronic channels."""
    for level in _levels(policy):
        key = "announcement" if level.name == "announcement" else f"levels.{level.name}.template"
        if any(channel.electronic for channel in level.channels) or level.template not in catalogue():
            yield _Spoken(key, level.template, level)
    if policy.contact:
        yield _Spoken("contact", "reminder.unconfirmed")
    if policy.notices:
        for kind in NoticeKind:
            yield _Spoken("notices", f"notice.{kind.value}")


def _facts(_: Policy, __: Wording, spoken: _Spoken) -> Iterator[PolicyFinding]:
    """A template takes what a reminder knows: how many bills, and a final one the last day to answer."""
    if spoken.level is None:
        return
    known = _FINAL_FACTS if spoken.level.final else _FACTS
    if set(message(spoken.template).facts) != known:
        wants = ", ".join(message(spoken.template).facts) or "nothing"
        yield to_fix(
            spoken.key, f"{spoken.template} is told {wants}; this level tells {', '.join(sorted(known))}"
        )


def _content(policy: Policy, _: Wording, spoken: _Spoken) -> Iterator[PolicyFinding]:
    """Who gets a reminder has shown nothing, so it gives away no more than that allows (invariant 20)."""
    declared, most = message(spoken.template).content, policy.content.before_identity
    if declared > most:
        yield to_fix(
            spoken.key,
            f"{spoken.template} carries {declared.name.lower()}; "
            f"content.before_identity allows {most.name.lower()}",
        )


def _opt_out(policy: Policy, wording: Wording, spoken: _Spoken) -> Iterator[PolicyFinding]:
    """Every unsolicited electronic message names a way to opt out (docs/proof.md, invariant 19)."""
    if not policy.content.opt_out_line:
        yield to_fix(
            "content.opt_out_line", "every electronic message that nobody asked for says how to opt out"
        )
        return
    for language in languages():
        if not mentions(language).opts_out(wording.say(spoken.template, language)):
            yield to_fix(spoken.key, f"{spoken.template} says in {language} no way to opt out")


def _sender(_: Policy, wording: Wording, spoken: _Spoken) -> Iterator[PolicyFinding]:
    """Every message is signed with the creditor's own name (invariants 19 and 26)."""
    for language in languages():
        if wording.creditor.name not in wording.say(spoken.template, language):
            yield to_fix(spoken.key, f"{spoken.template} does not say in {language} who writes")


def _friendly(_: Policy, wording: Wording, spoken: _Spoken) -> Iterator[PolicyFinding]:
    """What is no level demands nothing, so it speaks of a day to pay at most (invariant 22)."""
    if spoken.level is not None:
        return
    for language in languages():
        for mention, word in mentions(language).found(wording.say(spoken.template, language)).items():
            if mention != "deadline":
                what = mention.replace("_", " ")
                yield to_fix(
                    spoken.key, f"{spoken.template} speaks in {language} of a {what} ({word}), and never may"
                )


def _mentions(wording: Wording, level: Level) -> Iterator[PolicyFinding]:
    """A level speaks of a deadline, a collector, a court only where it may (invariant 22)."""
    if level.template not in catalogue() or not any(channel.electronic for channel in level.channels):
        return
    for language in languages():
        text = wording.say(level.template, language)
        yield from _unallowed(level, level.template, language, text)
        if "answer_by" in message(level.template).facts and "deadline" not in level.mentions:
            yield to_fix(
                _key(level), f"{level.template} names a day to answer by, and it may not mention a deadline"
            )
            return


def _letters(policy: Policy, wording: Wording, level: Level) -> Iterator[PolicyFinding]:
    """The same for its letter: its sentences, its headings, and no more than a letter may carry."""
    paper = next((channel for channel in level.channels if channel.on_paper), None)
    if paper is None:
        return
    for language in languages():
        for key in letter_keys(level):
            yield from _unallowed(level, key, language, wording.say(key, language))
        yield from _unallowed(level, "letter.toml", language, documents.headings(language, final=level.final))
    for key in letter_keys(level):
        if message(key).content > policy.content.most(paper, identified=False):
            yield to_fix(f"content.{paper}", f"{key} of level {level.name} carries more than a letter may")


def _unallowed(level: Level, template: str, language: str, text: str) -> Iterator[PolicyFinding]:
    for mention, word in mentions(language).found(text).items():
        if mention not in level.mentions:
            what = mention.replace("_", " ")
            yield to_fix(
                _key(level),
                f"{template} speaks in {language} of a {what} ({word}), and may not: see mentions",
            )


def _key(level: Level) -> str:
    return "announcement" if level.name == "announcement" else f"levels.{level.name}.mentions"
