"""Claims from the charge to the remainder, through the same entry points as the desk and the files."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from billing.payers.adjudication import AskedOtherwise, WrongCurrency
from billing.payers.claims import ClaimState, ClaimVerdict
from handlers.payers import claims
from handlers.payers.adjudication import AnswerDiffers, AnswerOutcome, NotAsked, NothingToReverse
from handlers.payers.claim_file import NoSuchClaim
from handlers.payers.claims import ClaimStateForbids, LinesAskMore, NeverThePersons, NobodyNext
from storage.bills import bills
from storage.payers import claims as kept_claims
from tests.handlers.payers.clinic import REP, Clinic

if TYPE_CHECKING:
    from billing.refusals import Refusal


def test_two_payers_take_their_part_and_the_rest_is_the_persons(clinic: Clinic) -> None:
    """Each payer is asked for what the one before left; what nobody takes is on the bill, which is ready."""
    (first,) = clinic.unbilled(8000, 2000)
    assert (first.payer_id, first.amount, first.sequence, first.key) == ("acme", 10000, 1, "C100001-1")
    clinic.does("file", first.key)
    assert (clinic.balances().asked, clinic.balances().owed) == (10000, 0)
    clinic.answered(first.key, 6000, ("CO", "45", 1000), ("PR", "1", 3000))
    second = clinic.claims_of()[1]
    assert (second.payer_id, second.amount, second.sequence) == ("beta", 3000, 2)
    assert second.state is ClaimState.READY
    clinic.does("file", second.key)
    clinic.answered(second.key, 2500, ("PR", "2", 500))
    assert clinic.entries() == [
        ("charge", 10000, None, None),
        ("claim", -10000, "acme", None),
        ("claim", 10000, "acme", None),
        ("payer", -6000, "acme", None),
        ("adjustment", -1000, "acme", "CO:45"),
        ("claim", -3000, "beta", None),
        ("claim", 3000, "beta", None),
        ("payer", -2500, "beta", None),
    ]
    assert clinic.balances().owed == 500
    assert clinic.cases() == []
    with clinic.database.read() as session:
        assert kept_claims.with_open(session, ["B1"]) == set()
        assert bills.by_id(session, ["B1"])["B1"].state.value == "open"


def test_nobody_is_reminded_of_a_bill_with_an_open_claim(clinic: Clinic) -> None:
    """An issued bill is held from the claim to its answer, and looked at again at once after it."""
    clinic.billed(60000)
    assert [verdict.verdict for verdict in clinic.preview()] == ["remind"]
    (claim,) = clinic.opens()
    assert clinic.held() == ["claim_open"]
    assert clinic.run() == []
    clinic.does("file", claim.key)
    clinic.answered(claim.key, verdict=ClaimVerdict.PENDED)
    assert clinic.claim(claim.key).state is ClaimState.PENDED
    assert clinic.held() == ["claim_open"]
    clinic.answered(claim.key, 20000, ("PR", "1", 40000))
    second = clinic.claims_of()[1]
    clinic.does("void", second.key)
    assert clinic.held() == []
    assert [verdict.verdict for verdict in clinic.preview()] == ["remind"]


def test_a_reversed_answer_holds_the_bill_again(clinic: Clinic) -> None:
    """The payer is asked again for all of it, entry by entry; nothing is reminded until it answers anew."""
    clinic.billed(10000)
    (claim,) = clinic.opens()
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 10000)
    assert clinic.held() == []
    clinic.answered(claim.key, verdict=ClaimVerdict.REVERSED)
    assert clinic.claim(claim.key).state is ClaimState.SENT
    assert (clinic.balances().payers, clinic.balances().asked, clinic.balances().owed) == (0, 10000, 0)
    assert clinic.held() == ["claim_open"]
    clinic.answered(claim.key, 4000, ("CO", "45", 6000))
    assert (clinic.balances().payers, clinic.balances().adjustments, clinic.balances().owed) == (
        4000,
        6000,
        0,
    )
    with pytest.raises(NotAsked, match="has to take its earlier answer back first"):
        clinic.answered(claim.key, 1)


def test_a_first_payer_that_reverses_is_not_asked_for_what_the_second_took(clinic: Clinic) -> None:
    """Nobody is asked twice for the same money, and the desk compares the two answers."""
    (first,) = clinic.unbilled(10000)
    clinic.does("file", first.key)
    clinic.answered(first.key, 8000, ("PR", "2", 2000))
    clinic.does("file", "C100001-2")
    clinic.answered("C100001-2", 2000)
    clinic.answered(first.key, verdict=ClaimVerdict.REVERSED)
    assert (clinic.balances().asked, clinic.balances().owed) == (8000, 0)
    assert clinic.cases() == ["claim:C100001-1:changed"]
    clinic.answered(first.key, 7000, ("PR", "2", 3000))
    assert clinic.balances().owed == 1000


def test_a_second_claim_that_waits_is_withdrawn_when_the_first_answer_is(clinic: Clinic) -> None:
    """What has not been filed is made anew from the new answer."""
    (first,) = clinic.unbilled(10000)
    clinic.does("file", first.key)
    clinic.answered(first.key, 8000, ("PR", "2", 2000))
    clinic.answered(first.key, verdict=ClaimVerdict.REVERSED)
    assert clinic.claim("C100001-2").state is ClaimState.VOID
    clinic.answered(first.key, 5000, ("PR", "2", 5000))
    assert [(one.key, one.amount, one.state.value) for one in clinic.claims_of()] == [
        ("C100001-1", 10000, "answered"),
        ("C100001-2", 2000, "void"),
        ("C100001-3", 5000, "ready"),
    ]


def test_a_denial_waits_for_a_person_and_is_never_the_persons_by_itself(clinic: Clinic) -> None:
    """What CO denies stays with the payer's claim; billing the person is refused, forgoing is not."""
    clinic.billed(10000)
    (claim,) = clinic.opens()
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 0, ("CO", "29", 10000), verdict=ClaimVerdict.DENIED)
    assert clinic.claim(claim.key).state is ClaimState.DENIED
    assert (clinic.balances().asked, clinic.balances().owed) == (10000, 0)
    assert clinic.cases() == ["claim:C100001-1:denied"]
    assert clinic.held() == ["claim_open"]
    with pytest.raises(NeverThePersons, match="CO-29 10000"):
        clinic.does("bill_person", claim.key)
    with pytest.raises(NeverThePersons):
        clinic.does("pass_on", claim.key)
    with pytest.raises(ClaimStateForbids, match="is denied, and only what is ready, held, sent, pended"):
        clinic.does("void", claim.key)
    clinic.does("forgo", claim.key)
    assert (clinic.balances().adjustments, clinic.balances().owed) == (10000, 0)
    assert clinic.entries()[-1] == ("adjustment", -10000, "acme", "CO:29")
    assert clinic.cases() == clinic.held() == []


def test_a_denial_of_the_person_goes_to_the_next_payer_first(clinic: Clinic) -> None:
    """Coverage that had ended: the second payer is asked before the person, and then nobody is left."""
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 0, ("PR", "27", 10000), verdict=ClaimVerdict.DENIED)
    clinic.does("bill_person", claim.key)
    assert clinic.claim("C100001-2").payer_id == "beta"
    clinic.does("file", "C100001-2")
    clinic.answered("C100001-2", 0, ("OA", "22", 10000), verdict=ClaimVerdict.DENIED)
    with pytest.raises(NobodyNext, match="no other coverage holds on its days"):
        clinic.does("pass_on", "C100001-2")
    clinic.does("bill_person", "C100001-2")
    assert clinic.balances().owed == 10000


def test_an_appeal_that_is_won_replaces_the_denial(clinic: Clinic) -> None:
    """The new answer is booked whole, the old one is taken back; a lost one is denied again."""
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 4000, ("CO", "45", 1000), ("CO", "50", 5000))
    assert (clinic.balances().payers, clinic.balances().asked) == (4000, 5000)
    clinic.does("appeal", claim.key)
    assert clinic.claim(claim.key).state is ClaimState.APPEALED
    assert clinic.cases() == []
    clinic.answered(claim.key, 4000, ("CO", "45", 1000), ("CO", "50", 5000))
    assert clinic.claim(claim.key).state is ClaimState.DENIED
    clinic.does("appeal", claim.key)
    clinic.answered(claim.key, 9000, ("CO", "45", 1000))
    assert clinic.claim(claim.key).state is ClaimState.ANSWERED
    assert (clinic.balances().payers, clinic.balances().adjustments, clinic.balances().owed) == (
        9000,
        1000,
        0,
    )


def test_a_corrected_claim_asks_for_what_was_denied(clinic: Clinic) -> None:
    """What was paid stays, what was left waits; both claims together leave the next payer its part."""
    (claim,) = clinic.unbilled(8000, 2000)
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 5000, ("CO", "16", 4000), ("PR", "1", 1000))
    again = clinic.does("resend", claim.key)
    assert (again.key, again.amount, again.replaces, again.sequence) == ("C100001-2", 4000, "C100001-1", 1)
    assert clinic.claim(claim.key).state is ClaimState.CLOSED
    with pytest.raises(LinesAskMore, match="come to 1, but 4000 is left to ask for"):
        clinic.does("resend", again.key, lines=[replace(again.lines[0], amount=1)])
    clinic.does("file", again.key)
    clinic.answered(again.key, 3000, ("PR", "2", 1000))
    second = clinic.claims_of()[-1]
    assert (second.payer_id, second.amount) == ("beta", 2000)


def test_a_claim_that_was_wrong_whole_is_replaced(clinic: Clinic) -> None:
    """Nothing had been paid: the old one is void, and the payer is asked under the new one alone."""
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 0, ("CO", "16", 10000), verdict=ClaimVerdict.DENIED)
    again = clinic.does("resend", claim.key)
    assert clinic.claim(claim.key).state is ClaimState.VOID
    assert clinic.balances().asked == 0
    clinic.does("file", again.key)
    assert clinic.balances().asked == 10000
    with pytest.raises(NotAsked, match="it was withdrawn"):
        clinic.answered(claim.key, 10000)


def test_a_corrected_claim_is_no_way_round_a_denial(clinic: Clinic) -> None:
    """What was denied to us does not become the person's by correcting the claim and withdrawing it."""
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 2000, ("CO", "29", 8000))
    first = clinic.does("resend", claim.key)
    again = clinic.does("resend", first.key)
    with pytest.raises(NeverThePersons, match="CO-29 8000"):
        clinic.does("void", again.key)
    clinic.does("forgo", again.key)
    assert (clinic.balances().payers, clinic.balances().adjustments, clinic.balances().owed) == (
        2000,
        8000,
        0,
    )


def test_what_was_paid_early_settles_what_the_payer_leaves(clinic: Clinic) -> None:
    """Money that came while a payer was asked is used at once when it has answered."""
    clinic.billed(10000)
    (claim,) = clinic.opens()
    clinic.does("file", claim.key)
    clinic.pays("B1", 3000)
    assert clinic.balances().customer == 0
    clinic.answered(claim.key, 8000, ("PR", "1", 2000))
    clinic.does("void", "C100001-2")
    assert (clinic.balances().customer, clinic.balances().owed) == (2000, 0)


def test_a_payer_that_pays_too_much_is_told_to_the_desk(clinic: Clinic) -> None:
    """The surplus is no credit of the customer's, and the case stays until somebody has seen to it."""
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 12000, ("OA", "94", -2000))
    assert (clinic.balances().owed, clinic.balances().adjustments) == (0, -2000)
    assert clinic.cases() == ["claim:C100001-1:overpaid"]


def test_an_answer_counts_once(clinic: Clinic) -> None:
    """The same again changes nothing; the same number with other figures is refused."""
    (claim,) = clinic.unbilled(10000)
    clinic.does("file", claim.key)
    assert clinic.answered(claim.key, 10000, answer_id="X") is AnswerOutcome.BOOKED
    before = clinic.entries()
    assert clinic.answered(claim.key, 10000, answer_id="X") is AnswerOutcome.DUPLICATE
    with pytest.raises(AnswerDiffers, match="answer 'X' of test was booked before with other figures"):
        clinic.answered(claim.key, 9000, ("CO", "45", 1000), answer_id="X")
    assert clinic.entries() == before


def test_what_cannot_be_booked_changes_nothing(clinic: Clinic) -> None:
    """Unknown claims, other currencies, other amounts, claims that were never filed: one clear line each."""
    (claim,) = clinic.unbilled(10000)
    with pytest.raises(NotAsked, match="it has not been filed"):
        clinic.answered(claim.key, 10000)
    clinic.does("file", claim.key)
    before = clinic.entries()
    tries: list[tuple[type[Refusal], dict[str, object]]] = [
        (NoSuchClaim, {"key": "C9-9", "paid": 1}),
        (WrongCurrency, {"key": claim.key, "paid": 10000, "currency": "SEK"}),
        (AskedOtherwise, {"key": claim.key, "paid": 9999}),
        (NothingToReverse, {"key": claim.key, "verdict": ClaimVerdict.REVERSED}),
    ]
    for refusal, sentence in tries:
        with pytest.raises(refusal):
            clinic.answered(**sentence)  # type: ignore[arg-type]
    with pytest.raises(ClaimStateForbids):
        clinic.does("file", claim.key)
    assert clinic.entries() == before
    assert clinic.claim(claim.key).state is ClaimState.SENT


def test_what_a_payer_would_refuse_is_held_back(clinic: Clinic) -> None:
    """A held claim cannot be filed; once nothing is wrong with it, it can."""
    (claim,) = clinic.unbilled(10000)
    with clinic.database.write() as session:
        claims.hold_back(clinic.context(session), claim.key, ["no code"])
    with pytest.raises(ClaimStateForbids, match="is held, and only what is ready can be filed"):
        clinic.does("file", claim.key)
    with clinic.database.write() as session:
        claims.hold_back(clinic.context(session), claim.key, [])
    assert clinic.claim(claim.key).state is ClaimState.READY
    clinic.does("file", claim.key)


def test_new_insurance_takes_over_a_bill_that_was_issued(clinic: Clinic) -> None:
    """A coverage that is registered late is asked for what is left, and not before the others are done."""
    clinic.billed(10000)
    (claim,) = clinic.opens()
    assert clinic.opens() == []
    clinic.does("file", claim.key)
    clinic.answered(claim.key, 0, ("PR", "1", 10000))
    clinic.does("file", "C100001-2")
    clinic.answered("C100001-2", 4000, ("PR", "1", 6000))
    clinic.covered("acme", "beta", "late")
    (late,) = clinic.opens()
    assert (late.payer_id, late.amount, late.sequence) == ("late", 6000, 3)


def test_a_claim_keeps_its_lines(clinic: Clinic) -> None:
    """What is kept comes back as it was."""
    (claim,) = clinic.unbilled(8000, 2000)
    assert clinic.claim(claim.key) == claim
    assert [line.service_on for line in claim.lines] == [clinic.now.date() - timedelta(days=3)] * 2
    with clinic.database.write() as session:
        assert claims.open_for(clinic.context(session), "B1", REP) == []
