"""Letters in the simulated world: a print room on bank days, and a post that is slow, loses and brings back.

Nothing is laid out as PDF: what is read is what the real code wrote down to be printed.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

from billing.accounts.channels import Channel
from billing.calendar import add_bank_days, is_bank_day, local_day
from billing.refusals import Refusal
from bot.simulate.desk import REP
from bot.simulate.evidence import Sent
from storage.delivery import letters, outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from sqlalchemy.orm import Session

    from bot.simulate.carriers import Faults
    from bot.simulate.chance import Luck
    from bot.simulate.people import SimulatedPerson
    from bot.simulate.stage import Stage
    from storage.delivery.letters import Letter

PRINTS_AT: Final = time(10, 15)
POSTS_AT: Final = time(12)
READ_AT: Final = time(17)
POSTED_AFTER: Final = ((0, 70), (1, 25), (14, 5))
"""After how many bank days a batch is taken to the post, with weights: some lie about."""
TAKES: Final = (1, 1, 1, 2, 2, 3, 4)
"""Bank days from being posted to the letterbox."""
COMES_BACK_AFTER: Final = (4, 12)
FORWARDED: Final = 0.3
"""So many of those who moved get their post all the same, later."""


class Mailing:
    """Prints what may be written, takes it to the post, and hears of what came back."""

    def __init__(
        self, stage: Stage, luck: Luck, faults: Faults, reads: Callable[[SimulatedPerson, Sent], None]
    ) -> None:
        self._stage = stage
        self._luck = luck
        self._faults = faults
        self._reads = reads
        self._eves = bank.eves if (bank := stage.installation.policy.bank_days) else ()

    def opens(self, first: date, last: date) -> None:
        """Print on every bank day from the first to the last, where the policy writes letters at all."""
        if not any(Channel.LETTER in level.channels for level in self._stage.installation.policy.levels):
            return
        day, country = first, self._stage.installation.creditor.country
        while day <= last:
            if is_bank_day(day, country, self._eves):
                self._stage.at(self._moment(day, PRINTS_AT), self._print)
            day = self._later(day, 1)

    def _print(self) -> None:
        """Claim all that may be written now, batch by batch, and have each taken to the post."""
        stage = self._stage
        while True:
            today = local_day(stage.now, stage.installation.creditor.zone)
            post_on = today if self._chance("day", today).random() < 0.8 else self._later(today, 1)  # noqa: PLR2004
            with stage.database.write() as session:
                context = stage.context(session)
                batch_id = stage.entry_points.print_letters(context, post_on, REP)
                if batch_id is None:
                    return
                stage.entry_points.letters_printed(context, batch_id, REP)
            self._have_posted(batch_id, post_on)

    def _have_posted(self, batch_id: int, post_on: date) -> None:
        days, weights = zip(*POSTED_AFTER, strict=True)
        late = self._chance("batch", batch_id).choices(days, weights)[0]
        on = self._later(post_on, late)
        self._stage.at(self._moment(on, POSTS_AT), lambda: self._post(batch_id))

    def _post(self, batch_id: int) -> None:
        """Take out what would not be written any more, and post the rest; what lay too long is withdrawn."""
        stage = self._stage
        try:
            with stage.database.write() as session:
                context = stage.context(session)
                stale = stage.entry_points.settled_since(context, batch_id)
                if stale:
                    stage.entry_points.withdraw_letters(context, batch_id, stale, REP)
                if left := list(_not_withdrawn(session, batch_id)):
                    stage.entry_points.letters_posted(context, batch_id, None, REP)
                    for letter in left:
                        self._leaves(session, letter)
        except Refusal as refusal:
            stage.refused[type(refusal).__name__] += 1
            with stage.database.write() as session:
                stage.entry_points.withdraw_letters(stage.context(session), batch_id, (), REP)

    def _leaves(self, session: Session, letter: Letter) -> None:
        message = outbox.get(session, letter.outbox_id)
        batch = letters.batch(session, letter.batch_id)
        sent = Sent(
            at=self._stage.now,
            outbox_id=message.id,
            reference=message.reference,
            purpose=message.purpose.value,
            channel=message.channel.value,
            address=self._address(letter),
            text="\n".join(_printed(letter.page)),
            language=message.language,
            customer_id=message.customer_id,
            level=message.level,
            sayings=tuple((one["key"], one["facts"]) for one in outbox.pack(message.sayings)),
            answer="accepted",
            looked_at=batch.created_at if batch else None,
            page=letter.page,
        )
        self._stage.evidence.sent.append(sent)
        self._travels(letter.reference, sent)

    def _travels(self, reference: str, sent: Sent) -> None:
        """Deliver a letter, lose it, or return it to the sender."""
        stage = self._stage
        person = stage.evidence.people[str(sent.customer_id)]
        chance = self._chance("post", person.id)
        today = local_day(stage.now, stage.installation.creditor.zone)
        gone = bool(person.moved_to) and chance.random() > FORWARDED
        if chance.random() < self._faults.letter_lost:
            return
        if gone or chance.random() < self._faults.letter_returned:
            back = self._later(today, chance.randint(*COMES_BACK_AFTER))
            why = "moved" if gone else "unclaimed"
            stage.at(self._moment(back, PRINTS_AT), lambda: self._comes_back(reference, why, sent))
            return
        there = self._later(today, chance.choice(TAKES) + 2 * bool(person.moved_to))
        stage.at(self._moment(there, READ_AT), lambda: self._arrives(person, sent))

    def _arrives(self, person: SimulatedPerson, sent: Sent) -> None:
        sent.copies += 1
        self._reads(person, sent)

    def _comes_back(self, reference: str, why: str, sent: Sent) -> None:
        stage = self._stage
        sent.failed_at = stage.now
        with stage.database.write() as session:
            stage.entry_points.letter_returned(stage.context(session), reference, why, REP)

    def _address(self, letter: Letter) -> str:
        return "\n".join(letter.page["recipient"][1:])

    def _later(self, day: date, count: int) -> date:
        return add_bank_days(day, count, self._stage.installation.creditor.country, self._eves)

    def _moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self._stage.installation.creditor.zone)

    def _chance(self, *name: object) -> Any:
        return self._luck.of("letters", *name)


def _not_withdrawn(session: Session, batch_id: int) -> Iterator[Letter]:
    return (one for one in letters.of_batch(session, batch_id) if one.withdrawn_at is None)


def _printed(page: Any) -> Iterator[str]:
    """Every text on a page, in its order."""
    match page:
        case str():
            yield page
        case dict():
            for one in page.values():
                yield from _printed(one)
        case list():
            for one in page:
                yield from _printed(one)
