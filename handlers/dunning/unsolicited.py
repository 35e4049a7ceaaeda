"""The draft of a message that is no reply: a notice, a bill, a campaign message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.gate import Purpose
from handlers import rendering
from storage.delivery.drafts import Draft

if TYPE_CHECKING:
    from datetime import datetime

    from billing.accounts.channels import Channel
    from billing.accounts.snapshot import PersonSnapshot
    from billing.facts import Saying
    from handlers.installation import Installation


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
