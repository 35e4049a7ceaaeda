"""Loads people with their payers, tags and plans, and selects a campaign's audience."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.calendar import local_day
from billing.campaigns.audience import AudienceCandidate, Look, look, mark_of
from billing.campaigns.campaigns import draw, turn
from handlers import snapshot
from storage import plans
from storage.ledger import accounts
from storage.payers import coverages
from storage.people import customers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from billing.accounts.snapshot import PersonSnapshot
    from billing.campaigns.campaigns import Campaign
    from handlers.installation import Installation

BATCH = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """A member of the audience, with the arm they were drawn into."""

    candidate: AudienceCandidate
    look: Look
    arm: str

    @property
    def person(self) -> PersonSnapshot:
        """Who it is."""
        return self.candidate.person


@dataclass(slots=True)
class Selection:
    """An audience as selected now."""

    members: list[Chosen] = field(default_factory=list)
    """In the order of their turns."""
    left_out: list[Chosen] = field(default_factory=list)

    @property
    def reasons(self) -> dict[str, int]:
        """How many are left out for which reason, the most first."""
        return dict(Counter(one.look.reason for one in self.left_out).most_common())


def select(
    session: Session, installation: Installation, campaign: Campaign, campaign_id: int, now: datetime
) -> Selection:
    """All whom a campaign selects, and the reasons that exclude some."""
    found = Selection()
    for people in accounts.people(session, BATCH):
        for candidate in candidates(session, installation, people, now):
            seen = eligible(candidate, installation, campaign, campaign_id, now)
            if seen.verdict == "outside":
                continue
            arm = draw(campaign, campaign_id, candidate.person.person_id)
            kept = found.left_out if seen.verdict == "left_out" else found.members
            kept.append(Chosen(candidate, seen, arm))
    found.members.sort(key=lambda one: (turn(campaign_id, one.person.person_id), one.person.person_id))
    return found


def eligible(
    candidate: AudienceCandidate,
    installation: Installation,
    campaign: Campaign,
    campaign_id: int,
    now: datetime,
) -> Look:
    """Whether a person belongs to a campaign's audience: reachable by every arm, so that arms compare."""
    mark = mark_of(campaign_id)
    looks = [
        look(candidate, campaign, arm, installation.policy, installation.available, now, mark=mark)
        for arm in campaign.drawn
    ]
    return next((one for one in looks if one.verdict in {"outside", "left_out"}), looks[0])


def candidates(
    session: Session, installation: Installation, people: Collection[str], now: datetime
) -> Iterator[AudienceCandidate]:
    """These people with what audiences ask about."""
    return of_snapshots(session, installation, snapshot.load(session, installation.policy, people, now), now)


def of_snapshots(
    session: Session, installation: Installation, people: Collection[PersonSnapshot], now: datetime
) -> Iterator[AudienceCandidate]:
    """Candidates for an audience from people loaded already, with their payers, tags and plans."""
    today = local_day(now, installation.creditor.zone)
    theirs = {one.person_id: [account.customer_id for account in one.accounts] for one in people}
    everybody = {customer for each in theirs.values() for customer in each}
    covered = coverages.payers_of(session, everybody, today)
    known = customers.by_id(session, theirs)
    broken = plans.last_broken(session, [account.account_id for one in people for account in one.accounts])
    for one in people:
        yield AudienceCandidate(
            one,
            frozenset(payer for customer in theirs[one.person_id] for payer in covered.get(customer, ())),
            tags_of(known[one.person_id].note) if one.person_id in known else frozenset(),
            any(account.account_id in broken for account in one.accounts),
        )


def tags_of(note: str) -> frozenset[str]:
    """The tags an audience is selected by, from a customer's note: ``column=value``, words of ``tags``."""
    parts = [part.strip() for part in note.split(";") if "=" in part]
    words = [
        word
        for part in parts
        if part.lower().startswith("tags=")
        for word in part[len("tags=") :].replace(",", " ").split()
    ]
    return frozenset([*parts, *words])
