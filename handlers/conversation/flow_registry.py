"""Every conversation there is, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from handlers.flows.aid import AidOffer, aid
from handlers.flows.already_paid import PaidOffer, already_paid
from handlers.flows.bill_way import BillWayOffer, bill_way
from handlers.flows.change_plan import RunningPlan, change_plan
from handlers.flows.contact_details import DetailsOffer, contact_details
from handlers.flows.dispute import DisputeOffer, dispute
from handlers.flows.doubt import DoubtOffer, doubt
from handlers.flows.enrolment import EnrolmentOffer, enrolment
from handlers.flows.estimate import EstimateOffer, estimate
from handlers.flows.explain_bill import ExplainOffer, explain_bill
from handlers.flows.failing_number import FailingOffer, failing_number
from handlers.flows.hardship import HardshipOffer, hardship
from handlers.flows.identity import IdentityOffer, identity
from handlers.flows.language import LanguageOffer, language
from handlers.flows.new_insurance import InsuranceOffer, new_insurance
from handlers.flows.next_step import NextStepOffer, next_step
from handlers.flows.obligations import ObligationsOffer, obligations
from handlers.flows.payment_plan import PlanOffer, payment_plan
from handlers.flows.promise import PromiseOffer, promise
from handlers.flows.proof import ProofOffer, proof
from handlers.flows.receipt import ReceiptOffer, receipt
from handlers.flows.report import ReportOffer, report
from handlers.flows.representative import RepresentativeOffer, representative
from handlers.talk.conversation import Scene

if TYPE_CHECKING:
    from collections.abc import Mapping

SCENES: Final[Mapping[str, Scene]] = {
    "identity": Scene(identity, IdentityOffer),
    "proof": Scene(proof, ProofOffer),
    "doubt": Scene(doubt, DoubtOffer),
    "payment_plan": Scene(payment_plan, PlanOffer),
    "change_plan": Scene(change_plan, RunningPlan),
    "promise": Scene(promise, PromiseOffer),
    "hardship": Scene(hardship, HardshipOffer),
    "dispute": Scene(dispute, DisputeOffer),
    "already_paid": Scene(already_paid, PaidOffer),
    "explain_bill": Scene(explain_bill, ExplainOffer),
    "receipt": Scene(receipt, ReceiptOffer),
    "report": Scene(report, ReportOffer),
    "contact_details": Scene(contact_details, DetailsOffer),
    "bill_way": Scene(bill_way, BillWayOffer),
    "failing_number": Scene(failing_number, FailingOffer),
    "language": Scene(language, LanguageOffer),
    "representative": Scene(representative, RepresentativeOffer),
    "estimate": Scene(estimate, EstimateOffer),
    "next_step": Scene(next_step, NextStepOffer),
    "new_insurance": Scene(new_insurance, InsuranceOffer),
    "obligations": Scene(obligations, ObligationsOffer),
    "aid": Scene(aid, AidOffer),
    "enrolment": Scene(enrolment, EnrolmentOffer),
}
