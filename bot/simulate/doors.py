"""The doors of the house that a simulation knocks at: the same that the processes knock at.

A test may put a faulty twin in the place of any of them, to see that the judges notice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot import settling
from handlers import dispatch, letters, policy_change, register, turn
from handlers.bills import add_bill
from handlers.clock import dunning_run, expiry
from handlers.desk import collector, collector_report, confirming, holding, placement_file
from handlers.money import payments
from handlers.payers import adjudication, claims, filing

Door = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Doors:
    """Every way into the house."""

    receive: Door = turn.receive
    take: Door = turn.take
    run: Door = dunning_run.run
    expire: Door = expiry.expire
    rewake: Door = policy_change.rewake
    look_again: Door = dispatch.look_again
    settle: Door = settling.settle
    traced: Door = settling.traced
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
