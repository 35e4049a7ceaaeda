"""A simulated payer: some bills are asked of an insurer, who answers late, wants time, or denies first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from billing.payers.claims import Adjustment, AdjustmentGroup, AnswerLine, Claim, ClaimVerdict, PayerAnswer
from billing.refusals import Refusal
from handlers.bills.bills import add_charges
from handlers.people import register
from handlers.people.register import Charge, Coverage, Payer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from bot.simulate.chance import Luck
    from bot.simulate.people import Owes, SimulatedPerson
    from bot.simulate.stage import Stage

SHARE: Final = 0.12
"""How many of the bills a payer is asked about after they were issued."""
BILLER: Final = "bea"
INSURER: Final = Payer("harbor-health", "Harbor Health", "insurer")
YEARS: Final = timedelta(days=4000)


class Payers:
    """One insurer that leaves the whole bill, late: people count the bill as theirs all along."""

    def __init__(self, world: Stage, luck: Luck) -> None:
        self._world = world
        self._luck = luck

    def issued(self, person: SimulatedPerson, bill: Owes) -> None:
        """A bill has come; the customer may report an insurer that should be asked for it."""
        chance = self._luck.of("claim", bill.bill_id)
        american = self._world.installation.policy.name.startswith("us")
        if bill.claimed or (american and chance.random() < SHARE):
            self._world.at(self._days(chance.randint(0, 6)), lambda: self._open(person, bill))

    def _open(self, person: SimulatedPerson, bill: Owes) -> None:
        world = self._world
        with world.database.write() as session:
            self._insures(session, person, bill)
            found = world.entry_points.open_claims(world.context(session), bill.bill_id, BILLER)
        for claim in found:
            self._plan(claim)

    def _insures(self, session: Session, person: SimulatedPerson, bill: Owes) -> None:
        begun = bill.issued_on - YEARS
        coverage = Coverage(f"{person.id}:harbor", person.id, INSURER, f"M-{person.id}", 1, begun)
        register.add_coverage(session, coverage)
        charge = Charge(
            f"{bill.bill_id}:1", bill.bill_id, 1, bill.issued_on, "CPT", "99213", bill.description, "1",
            bill.amount, bill.amount,
        )  # fmt: skip
        add_charges(session, [charge])

    def _plan(self, claim: Claim) -> None:
        """Filed late, perhaps pended, answered after a month or two; some are denied first and appealed."""
        chance = self._luck.of("payer", claim.key)
        day = chance.randint(1, 25)
        self._later(day, lambda session: self._file(session, claim.key))
        if chance.random() < 0.5:  # noqa: PLR2004
            self._later(day + 5, lambda session: self._answers(session, claim, ClaimVerdict.PENDED))
        if chance.random() < 0.3:  # noqa: PLR2004
            day += chance.randint(10, 30)
            self._later(day, lambda session: self._answers(session, claim, ClaimVerdict.DENIED))
            self._later(day + 9, lambda session: self._appeal(session, claim.key))
            day += 9
        day += chance.randint(20, 60)
        self._later(day, lambda session: self._answers(session, claim, ClaimVerdict.PAID))

    def _later(self, days: int, action: Callable[[Session], object]) -> None:
        self._world.at(self._days(days), lambda: self._does(action))

    def _does(self, action: Callable[[Session], object]) -> None:
        world = self._world
        try:
            with world.database.write() as session:
                action(session)
        except Refusal as refusal:
            world.refused[type(refusal).__name__] += 1

    def _file(self, session: Session, key: str) -> None:
        self._world.entry_points.file_claim(self._world.context(session), key, BILLER)

    def _appeal(self, session: Session, key: str) -> None:
        self._world.entry_points.appeal_claim(self._world.context(session), key, BILLER, "notes")

    def _answers(self, session: Session, claim: Claim, verdict: ClaimVerdict) -> None:
        world = self._world
        group, reason = (
            (AdjustmentGroup.CONTRACT, "50")
            if verdict is ClaimVerdict.DENIED
            else (AdjustmentGroup.PATIENT, "1")
        )
        line = AnswerLine(None, claim.amount, 0, (Adjustment(group, reason, claim.amount),))
        answer = PayerAnswer(
            "harbor",
            f"{claim.key}:{verdict.value}",
            claim.key,
            verdict,
            claim.currency,
            world.now.date(),
            () if verdict is ClaimVerdict.PENDED else (line,),
        )
        world.entry_points.book_answer(world.context(session), answer)

    def _days(self, days: int) -> datetime:
        return self._world.now + timedelta(days=days)
