"""Regular jobs: APScheduler triggers them; due dates are in our tables, never in its job store."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from billing.gate import SendingSwitch
from bot.outages import log_failure
from handlers.campaigns import campaign_run, sending_switch
from handlers.clock import (
    digest,
    expiry,
    finding,
    forgetting,
    last_days,
    orphan_holds,
    overdue,
    staff_news,
    unmatched_money,
)
from handlers.context import Context
from handlers.desk import on_call, web_sessions
from handlers.dunning import dunning_run
from handlers.issuing import billing_runs
from handlers.payers import claims_due, opening
from handlers.payers import due as payers_due
from handlers.policy import change
from handlers.privacy import erasing

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.clock import Clock
    from bot.delivery import Delivery
    from bot.inbound import Reception
    from bot.inbound_email import Mailroom
    from handlers.installation import Installation
    from storage.database.transaction import Database

RUN_EVERY: Final = 60
"""Seconds between runs of due work; dates are days, so a minute's delay does no harm."""
NEWS_EVERY: Final = 5
"""Seconds until the staff learn of a new case."""
JOBS_AT_ONCE: Final = 4
"""Jobs that run side by side; the others wait for one to end."""
POST_EVERY: Final = 30
"""Seconds between visits to the mailbox: e-mail is not expected to be answered faster."""
HOLDS_EVERY: Final = 3600
"""Seconds; holds are looked at a day after they were placed."""
INDEX_EVERY: Final = 5
"""Seconds until the desk finds what is new."""
FORGET_EVERY: Final = 3600
"""Seconds; retention is counted in days."""


class Clockwork:
    """Runs, expiry, recovery: each job queries the tables for what is due. Several processes may run it."""

    def __init__(
        self,
        database: Database,
        installation: Installation,
        clock: Clock,
        reception: Reception,
        delivery: Delivery,
        mailroom: Mailroom | None = None,
    ) -> None:
        self._database = database
        self._installation = installation
        self._clock = clock
        self._reception = reception
        self._delivery = delivery
        self._mailroom = mailroom
        # Threads of their own: a long job must not take those that answer and deliver.
        self._threads = ThreadPoolExecutor(JOBS_AT_ONCE, "job")
        # After a pause a job runs once, not once for every tick it missed, and it never overlaps itself.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600}
        )

    def start(self) -> None:
        """Start the jobs in the running event loop."""
        for job, seconds in (
            (self.run, RUN_EVERY),
            (self.campaign, RUN_EVERY),
            (self.expire, RUN_EVERY),
            (self.note_late, RUN_EVERY),
            (self.look_at_claims, RUN_EVERY),
            (self.issue, RUN_EVERY),
            (self.look_ahead, RUN_EVERY),
            (self.tell_staff, NEWS_EVERY),
            (self.index, INDEX_EVERY),
            (self.fetch_post, POST_EVERY),
            (self.forget, FORGET_EVERY),
            (self.look_at_holds, HOLDS_EVERY),
        ):
            self._scheduler.add_job(job, "interval", seconds=seconds, id=job.__name__)
        self._scheduler.start()

    def stop(self) -> None:
        """Start no more jobs; running ones are finished."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    async def run(self) -> None:
        """One dunning run; none while all sending is stopped."""
        await self._safely("run", self._run_unless_stopped)
        self._delivery.nudge()

    def _run_unless_stopped(self) -> None:
        with self._database.read() as session:
            stopped = (
                sending_switch.effective(Context(session, self._installation, self._clock))
                is SendingSwitch.STOPPED
            )
        if not stopped:
            dunning_run.run(self._database, self._installation, self._clock())

    async def campaign(self) -> None:
        """The next batch of every campaign that is due."""
        await self._safely(
            "campaign", lambda: campaign_run.run(self._database, self._installation, self._clock)
        )
        self._delivery.nudge()

    async def expire(self) -> None:
        """Close open questions that have waited too long."""
        await self._safely("expiry", lambda: expiry.expire(self._database, self._installation, self._clock))
        self._delivery.nudge()

    async def note_late(self) -> None:
        """Ask about moratoria on their last day and money without an owner; tell of cases that are late."""
        await self._safely(
            "last days", lambda: last_days.ask(self._database, self._installation, self._clock)
        )
        await self._safely(
            "unmatched", lambda: unmatched_money.ask(self._database, self._installation, self._clock)
        )
        await self._safely("late", lambda: overdue.note_late(self._database, self._installation, self._clock))
        self._delivery.nudge()

    async def look_at_claims(self) -> None:
        """Open claims for new bills; open cases for claims whose deadline has come."""
        await self._safely("opening", lambda: opening.run(self._database, self._installation, self._clock))
        await self._safely("claims", lambda: claims_due.run(self._database, self._installation, self._clock))

    async def issue(self) -> None:
        """Finish billing runs that were approved and interrupted."""
        await self._safely("issue", self._issue)
        self._delivery.nudge()

    def _issue(self) -> None:
        with self._database.read() as session:
            waiting = billing_runs.unfinished(session)
        for run_id in waiting:
            try:
                billing_runs.issue(self._database, self._installation, run_id, self._clock)
            except Exception as error:  # noqa: BLE001 - one run never stops the others
                log_failure("clock.failed", error, job="issue", run=run_id)

    async def look_ahead(self) -> None:
        """Check planned services, and remind of waiting authorisations, claims and applications."""
        await self._safely("payers", lambda: payers_due.run(self._database, self._installation, self._clock))
        self._delivery.nudge()

    async def tell_staff(self) -> None:
        """Page whoever is on call, post new cases to the staff chat, and once a day the digest."""
        await self._safely("page", lambda: on_call.page(self._database, self._installation, self._clock))
        await self._safely(
            "news", lambda: staff_news.post_news(self._database, self._installation, self._clock)
        )
        await self._safely(
            "digest", lambda: digest.post_digest(self._database, self._installation, self._clock)
        )
        self._delivery.nudge()

    async def forget(self) -> None:
        """Delete what is past its retention, and sessions that are over; write the book of yesterday."""
        await self._safely(
            "forget", lambda: forgetting.forget(self._database, self._installation, self._clock)
        )
        await self._safely(
            "book", lambda: finding.write_book(self._database, self._installation, self._clock)
        )
        await self._safely("changes", lambda: finding.prune(self._database, self._clock))
        await self._safely(
            "records", lambda: erasing.erase_records(self._database, self._installation, self._clock)
        )
        await self._safely(
            "sessions", lambda: web_sessions.sweep(self._database, self._installation, self._clock)
        )

    async def index(self) -> None:
        """Index what people, bills and messages are found by."""
        await self._safely("index", lambda: finding.index(self._database, self._clock))

    async def look_at_holds(self) -> None:
        """Open a case for holds without an end that nobody would come back to."""
        await self._safely(
            "holds", lambda: orphan_holds.raise_orphans(self._database, self._installation, self._clock)
        )

    async def reschedule_all(self) -> None:
        """Reschedule accounts whose last decision was made under another policy."""
        await self._safely(
            "reschedule", lambda: change.reschedule_all(self._database, self._installation, self._clock)
        )

    async def catch_up(self) -> None:
        """Answer stored messages that were left unanswered."""
        await self._reception.catch_up()

    async def fetch_post(self) -> None:
        """Fetch new e-mail, and answer it."""
        if self._mailroom is not None:
            await self._safely("post", self._mailroom.visit)
            await self.catch_up()

    async def _safely(self, what: str, job: Callable[[], object]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._threads, job)
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            log_failure("clock.failed", error, job=what)
