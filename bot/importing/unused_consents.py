"""Consents that an import brings for channels by which the policy never writes first."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from handlers.people.register import CustomerRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.accounts.channels import Channel
    from billing.policy.policy import Policy
    from bot.importing.stages import ImportStage, Item


class ConsentCount:
    """Counts the customers of an import by the channels that they agreed to."""

    def __init__(self) -> None:
        self._given: Counter[Channel] = Counter()

    def over(self, stage: ImportStage) -> ImportStage:
        """The same stage, whose consents are counted as it is read."""
        return replace(stage, items=self._counted(stage))

    def _counted(self, stage: ImportStage) -> Iterator[Item]:
        for item in stage.items:
            row = item[1] if isinstance(item, tuple) else None
            if isinstance(row, CustomerRow):
                self._given.update({one.channel for one in row.consents})
            yield item

    def notes(self, policy: Policy) -> list[str]:
        """A line for each channel that was agreed to and is not used."""
        used = _used(policy)
        return [
            f"{count} customer{'s' if count != 1 else ''} with a consent to {channel.capabilities.called}: "
            f"policy {policy.name} never reminds or bills by it, so the consent is saved and not used"
            for channel, count in sorted(self._given.items())
            if channel not in used
        ]


def _used(policy: Policy) -> frozenset[Channel]:
    """The channels by which a policy has reminders, notices and bills go."""
    lists = [level.channels for level in policy.levels]
    lists += [part.channels for part in (policy.announcement, policy.notices) if part]
    return frozenset(policy.reminding((*chain.from_iterable(lists), *policy.billing.ways)))
