"""A channel for reminders is what it can do: only its adapter and the settings ask which it is."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel, ContentClass
from billing.policy import parts
from messages.languages import languages
from messages.understanding.reading import TextReader

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parent.parent
ROOMS: Final = ("billing", "storage", "messages", "handlers", "bot")

MAY_NAME_ONE: Final = {
    "billing/accounts/channels.py": "the table of what each can do",
    "bot/wiring.py": "settings become adapters",
    "bot/channels/": "the adapters themselves",
    "bot/telegram_updates.py": "reads Telegram's updates for its adapter",
    "bot/processes.py": "sets Telegram's webhook or polls it, and shows its menu",
    "bot/web/unsubscribe.py": "the button of mail programs",
    "bot/importing/guessing.py": "the columns are called sms_consent_on and so on",
    "bot/online.py": "asks each provider by its own interface",
    "bot/cli/beginning.py": "asks which providers the operator has",
    "bot/web/webhooks.py": "reads what Twilio posts about its two channels",
    "bot/simulate/": "simulated people live on some channels",
    "bot/demo/": "so do the people of the demo",
}
"""Who may name a member, and why. Anything else asks ``channel.capabilities``."""

SAME_WORD: Final = {("bot/cli/users.py", "telegram"): "the column of telegram_id, a rep's own account"}
"""Strings that read like a channel and are none."""

_TELLING: Final = {Channel.SMS.value, Channel.WHATSAPP.value, Channel.TELEGRAM.value}
"""Values that as a string mean the channel; *email* and *letter* are words for other things too."""


def test_only_the_table_the_adapters_and_the_settings_name_a_channel() -> None:
    """Rules, queries and texts ask for a capability, so that a new channel edits none of them."""
    found = [
        f"{path}:{line} names {what}: ask channel.capabilities"
        for path, line, what in _named()
        if not any(path.startswith(allowed) for allowed in MAY_NAME_ONE)
    ]
    assert found == []


def test_nobody_is_allowed_to_name_a_channel_without_need() -> None:
    """A file that stopped naming one leaves the list."""
    naming = {path for path, _, _ in _named()}
    idle = [allowed for allowed in MAY_NAME_ONE if not any(path.startswith(allowed) for path in naming)]
    assert idle == []


def test_every_channel_has_a_key_in_a_policy() -> None:
    """What a channel may carry is read under its own name, and bad words are refused there."""
    least = {channel.value: "notice" for channel in Channel if channel.capabilities.discloses is None}
    rules = parts.Content_.model_validate({"source": "ours", **least})
    for channel in Channel:
        stated = parts.Content_.model_validate({"source": "ours", **least, channel.value: "line_items"})
        assert stated.most(channel, identified=True) is ContentClass.LINE_ITEMS
        unstated = channel.capabilities.discloses or ContentClass.NOTICE
        assert rules.most(channel, identified=True) is unstated


def test_every_channel_can_be_chosen_for_bills_in_every_language() -> None:
    """Who is asked how their bills should come reads a word for each."""
    reading = TextReader()
    for language in languages():
        labels = [reading.label(f"by_{channel}", language) for channel in Channel]
        assert len({*labels}) == len(Channel)


def _named() -> Iterator[tuple[str, int, str]]:
    """File, line and words of every place that names a member of Channel, or has its value as a string."""
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            if not path.startswith("storage/migrations/"):
                for line, what in _in_code(ast.parse(file.read_text(encoding="utf-8"))):
                    if (path, what) not in SAME_WORD:
                        yield path, line, what


def _in_code(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="Channel"), attr=name) if name in Channel.__members__:
                yield node.lineno, f"Channel.{name}"
            case ast.Constant(value=str(text)) if text in _TELLING:
                yield node.lineno, text
