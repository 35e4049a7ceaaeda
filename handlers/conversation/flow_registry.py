"""The registry of conversations: each flow by name, with the class of its offer."""

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
from handlers.flows.legal import LegalOffer, legal
from handlers.flows.new_insurance import InsuranceOffer, new_insurance
from handlers.flows.next_step import NextStepOffer, next_step
from handlers.flows.obligations import ObligationsOffer, obligations
from handlers.flows.payment_plan import PlanOffer, payment_plan
from handlers.flows.promise import PromiseOffer, promise
from handlers.flows.proof import ProofOffer, proof
from handlers.flows.receipt import ReceiptOffer, receipt
from handlers.flows.report import ReportOffer, report
from handlers.flows.representative import RepresentativeOffer, representative
from handlers.talk.conversation import RegisteredFlow

if TYPE_CHECKING:
    from collections.abc import Mapping

FLOW_REGISTRY: Final[Mapping[str, RegisteredFlow]] = {
    "identity": RegisteredFlow(identity, IdentityOffer),
    "proof": RegisteredFlow(proof, ProofOffer),
    "doubt": RegisteredFlow(doubt, DoubtOffer),
    "payment_plan": RegisteredFlow(payment_plan, PlanOffer),
    "change_plan": RegisteredFlow(change_plan, RunningPlan),
    "promise": RegisteredFlow(promise, PromiseOffer),
    "hardship": RegisteredFlow(hardship, HardshipOffer),
    "dispute": RegisteredFlow(dispute, DisputeOffer),
    "already_paid": RegisteredFlow(already_paid, PaidOffer),
    "explain_bill": RegisteredFlow(explain_bill, ExplainOffer),
    "receipt": RegisteredFlow(receipt, ReceiptOffer),
    "report": RegisteredFlow(report, ReportOffer),
    "contact_details": RegisteredFlow(contact_details, DetailsOffer),
    "bill_way": RegisteredFlow(bill_way, BillWayOffer),
    "failing_number": RegisteredFlow(failing_number, FailingOffer),
    "language": RegisteredFlow(language, LanguageOffer),
    "representative": RegisteredFlow(representative, RepresentativeOffer),
    "estimate": RegisteredFlow(estimate, EstimateOffer),
    "next_step": RegisteredFlow(next_step, NextStepOffer),
    "new_insurance": RegisteredFlow(new_insurance, InsuranceOffer),
    "obligations": RegisteredFlow(obligations, ObligationsOffer),
    "legal": RegisteredFlow(legal, LegalOffer),
    "aid": RegisteredFlow(aid, AidOffer),
    "enrolment": RegisteredFlow(enrolment, EnrolmentOffer),
}
