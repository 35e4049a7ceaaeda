"""The doors of the house that a simulation knocks at: the same that the processes knock at.

A test may put a faulty twin in the place of any of them, to see that the judges notice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot import send_results
from handlers.bills.bills import add_bill
from handlers.clock import expiry
from handlers.collection import collector, collector_report, placement_file
from handlers.conversation import turn
from handlers.delivery import dispatch, letters
from handlers.desk import confirming, holding
from handlers.dunning import dunning_run
from handlers.payers import adjudication, claims, filing
from handlers.payments import payments
from handlers.people import register
from handlers.policy import change

Door = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Doors:
    """Every way into the house."""

    receive: Door = turn.receive
    take: Door = turn.take
    run: Door = dunning_run.run
    expire: Door = expiry.expire
    rewake: Door = change.rewake
    look_again: Door = dispatch.look_again
    settle: Door = send_results.settle
    traced: Door = send_results.traced
    report: Door = dispatch.take_report
    book: Door = payments.book
    take_back: Door = payments.take_back
    add_customer: Door = register.add_customer
    add_bill: Door = add_bill
    approve: Door = collector.approve
    give_back: Door = collector.give_back
    print_letters: Door = letters.gather
    letters_printed: Door = letters.printed
    settled_since: Door = letters.settled_since
    withdraw_letters: Door = letters.withdraw
    letters_posted: Door = letters.posted
    letter_returned: Door = letters.returned
    export: Door = placement_file.export
    report_to_collector: Door = collector_report.report
    place_hold: Door = holding.place
    confirm_number: Door = confirming.confirm_number
    open_claims: Door = claims.open_for
    file_claim: Door = filing.file_one
    appeal_claim: Door = claims.appeal
    book_answer: Door = adjudication.book
