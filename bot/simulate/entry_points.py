"""The entry points that a simulation calls: the same that the processes call.

A test may put a faulty twin in the place of any of them, to see that the invariant checks notice.
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
from handlers.delivery import dispatch, letters, results
from handlers.desk import confirming, holding
from handlers.dunning import dunning_run
from handlers.payers import adjudication, claims, filing
from handlers.payments import payments
from handlers.people import register
from handlers.policy import change

EntryPoint = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """Every entry point of an installation."""

    receive: EntryPoint = turn.receive
    take: EntryPoint = turn.take
    run: EntryPoint = dunning_run.run
    expire: EntryPoint = expiry.expire
    reschedule_all: EntryPoint = change.reschedule_all
    look_again: EntryPoint = dispatch.look_again
    record_send_result: EntryPoint = send_results.record_send_result
    record_trace: EntryPoint = send_results.record_trace
    report: EntryPoint = results.take_report
    book: EntryPoint = payments.book
    take_back: EntryPoint = payments.take_back
    add_customer: EntryPoint = register.add_customer
    add_bill: EntryPoint = add_bill
    approve: EntryPoint = collector.approve
    give_back: EntryPoint = collector.give_back
    print_letters: EntryPoint = letters.gather
    letters_printed: EntryPoint = letters.printed
    settled_since: EntryPoint = letters.settled_since
    withdraw_letters: EntryPoint = letters.withdraw
    letters_posted: EntryPoint = letters.posted
    letter_returned: EntryPoint = letters.returned
    export: EntryPoint = placement_file.export
    report_to_collector: EntryPoint = collector_report.report
    place_hold: EntryPoint = holding.place
    confirm_number: EntryPoint = confirming.confirm_number
    open_claims: EntryPoint = claims.open_for
    file_claim: EntryPoint = filing.file_one
    appeal_claim: EntryPoint = claims.appeal
    book_answer: EntryPoint = adjudication.book
