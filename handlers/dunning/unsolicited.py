"""A message that nobody asked for: its draft, and what all kinds of them have in common as they leave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from billing.gate import Purpose
from handlers import rendering, snapshot
from handlers.outgoing import GateFacts, OutgoingKind, said_anew
from storage.delivery.drafts import Draft
from storage.dunning import notices

if TYPE_CHECKING:
    from datetime import datetime

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import PersonSnapshot
    from billing.facts import Saying
    from handlers.context import Context
    from handlers.installation import Installation
    from handlers.outgoing import Admitted
    from storage.delivery.outbox import Message


def notice(
    installation: Installation,
    person: PersonSnapshot,
    to: tuple[Channel, int],
    key: str,
    said: Saying | list[Saying],
    not_before: datetime,
    expires_at: datetime | None = None,
    run_id: int | None = None,
) -> Draft:
    """The draft of a message to a contact point (``to``); the same ``key`` is queued once. Times are UTC.

    The first word of the key, up to a colon, names its kind (``handlers/outgoing.py: OutgoingKind.names``).
    With ``run_id`` it waits for the approval of that run, where the installation requires one.
    """
    channel, contact_point_id = to
    sayings = said if isinstance(said, list) else [said]
    return Draft(
        key=key,
        purpose=Purpose.OUT,
        channel=channel,
        contact_point_id=contact_point_id,
        customer_id=person.person_id,
        sayings=sayings,
        content=rendering.content_of(sayings),
        language=person.language,
        text=rendering.write(installation, sayings, person.language, channel),
        choices=(),
        not_before=not_before,
        expires_at=expires_at,
        run_id=run_id,
    )


class Unsolicited(OutgoingKind):
    """A message that nobody asked for: its customer is locked, and the gate sees all of their accounts."""

    def concerned(self, context: Context, message: Message) -> set[str]:
        """Its customer."""
        del context
        return {message.customer_id} if message.customer_id else set()

    def look_again(self, context: Context, message: Message) -> GateFacts:
        """The recipient as they are now."""
        return self.facts(context, message)

    def facts(self, context: Context, message: Message, **more: Any) -> GateFacts:
        """The gate's facts with the recipient, and ``more`` of them that this kind knows."""
        if message.customer_id is None:
            return GateFacts(**more)
        found = snapshot.load(context, [message.customer_id], besides=message.id)
        return GateFacts(found[0] if found else None, **more)


class MarkedNotice(Unsolicited):
    """A message about bills that ``storage/dunning/notices.py`` keeps under a mark."""

    def look_again(self, context: Context, message: Message) -> GateFacts:
        """The recipient, the mark and the bills it was queued for."""
        mark, bill_ids = notices.of_message(context.session, message.id)
        return self.facts(context, message, notice=mark, bill_ids=bill_ids)


class CountedNotice(MarkedNotice):
    """A notice that says how many bills it is about."""

    def final_text(self, context: Context, message: Message, passed: Admitted) -> Message:
        """With the number of bills still unpaid."""
        (first,) = message.sayings
        count = len(passed.verdict.bill_ids)
        facts = {**first.facts, "count": count} if "count" in first.facts else first.facts
        return said_anew(context.installation, message, replace(first, facts=facts))
