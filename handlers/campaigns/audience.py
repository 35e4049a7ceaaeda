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

    from billing.accounts.snapshot import PersonSnapshot
    from billing.campaigns.campaigns import Campaign
    from handlers.context import Context

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


def select(context: Context, campaign: Campaign, campaign_id: int) -> Selection:
    """All whom a campaign selects, and the reasons that exclude some."""
    found = Selection()
    for people in accounts.people(context.session, BATCH):
        for candidate in candidates(context, people):
            seen = eligible(context, candidate, campaign, campaign_id)
            if seen.verdict == "outside":
                continue
            arm = draw(campaign, campaign_id, candidate.person.person_id)
            kept = found.left_out if seen.verdict == "left_out" else found.members
            kept.append(Chosen(candidate, seen, arm))
    found.members.sort(key=lambda one: (turn(campaign_id, one.person.person_id), one.person.person_id))
    return found


def eligible(context: Context, candidate: AudienceCandidate, campaign: Campaign, campaign_id: int) -> Look:
    """Whether a person belongs to a campaign's audience: reachable by every arm, so that arms compare."""
    mark = mark_of(campaign_id)
    looks = [
        look(candidate, campaign, arm, context.policy, context.installation.available, context.now, mark=mark)
        for arm in campaign.drawn
    ]
    return next((one for one in looks if one.verdict in {"outside", "left_out"}), looks[0])


def candidates(context: Context, people: Collection[str]) -> Iterator[AudienceCandidate]:
    """These people with what audiences ask about."""
    return of_snapshots(context, snapshot.load(context, people))


def of_snapshots(context: Context, people: Collection[PersonSnapshot]) -> Iterator[AudienceCandidate]:
    """Candidates for an audience from people loaded already, with their payers, tags and plans."""
    today = local_day(context.now, context.creditor.zone)
    theirs = {one.person_id: [account.customer_id for account in one.accounts] for one in people}
    everybody = {customer for each in theirs.values() for customer in each}
    covered = coverages.payers_of(context.session, everybody, today)
    known = customers.by_id(context.session, theirs)
    broken = plans.last_broken(
        context.session, [account.account_id for one in people for account in one.accounts]
    )
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
