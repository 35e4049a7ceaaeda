"""Estimates: a service is found by its words, its cost computed, explained to the customer and saved."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from billing.costs import estimates as rules
from billing.costs import prices as price_lists
from billing.costs.estimates import Grounds, SuggestionKind, Wanted, WarningKind
from billing.dunning import good_faith
from billing.facts import Saying
from billing.ledger.money import Money, minor_units
from billing.payers.claims import Code
from billing.policy import ContentClass
from billing.refusals import Refusal
from handlers.bills import obligations
from handlers.bills.disclosure import services_shown
from handlers.flows.estimate import EstimateOffer, ServiceLine
from handlers.flows.next_step import NextStepOffer
from handlers.payers import covering
from messages.understanding.services import MOST, Search, search
from storage.costs import estimates, prices
from storage.payers import authorisations, planned_services

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from billing.accounts.snapshot import PersonSnapshot
    from billing.costs.estimates import CostEstimate
    from billing.costs.prices import Price
    from billing.facts import Facts
    from billing.outcomes import GiveEstimate
    from billing.payers.coverage import Covered
    from handlers.context import Context
    from handlers.installation import Installation
    from handlers.payers.covering import CheckedCoverage
    from handlers.turn_context import Turn
    from storage.people.customers import Customer


class NoListPrice(Refusal):
    """No price list has the service to be estimated on the day."""

    def __init__(self, service: str, day: date) -> None:
        super().__init__(f"no price list has {service} on {day}: kvitt prices list shows what there is")


@dataclass(frozen=True, slots=True)
class Quote:
    """An estimate and the coverages it was computed from."""

    estimate: CostEstimate
    standings: tuple[CheckedCoverage, ...]
    """The coverages valid by our register, whether they counted or not."""


@dataclass(frozen=True, slots=True)
class EstimateReply:
    """The sayings about a cost, and the question about the next step."""

    sayings: tuple[Saying, ...]
    next: NextStepOffer | None = None


def known(turn: Turn) -> bool:
    """Whether there is a price list to estimate from."""
    day, currency = turn.today(), turn.context.creditor.currency
    return bool(prices.on(turn.context.session, day, currency))


def offer(turn: Turn, person: PersonSnapshot | None, about: str, wish: str) -> EstimateOffer:
    """The services whose cost a text may ask to estimate; none if it names nothing on a price list."""
    day = turn.context.installation.reading.day(turn.said, turn.language, turn.today(person)) or turn.today(
        person
    )
    currency = covering.currency_of(turn.context, person.person_id if person else None)
    listed = price_lists.listed(prices.on(turn.context.session, day, currency), day)
    names = {code: _names(price) for code, price in listed.items()}
    found = search(turn.said, turn.language, names)
    if person and not found.named:
        found = _planned(turn, person, listed, found)
    services = tuple(
        ServiceLine(code.system, code.code, listed[code].name(turn.language)) for code in found.found
    )
    most = turn.context.policy.content.most(turn.point.channel, identified=person is not None)
    unknown = turn.said if found.unknown else ""
    return EstimateOffer(services, day, about, wish, most >= ContentClass.LINE_ITEMS, unknown)


def _planned(
    turn: Turn, person: PersonSnapshot, listed: Mapping[Code, Price], found: Search[Code]
) -> Search[Code]:
    """The planned services of a customer who asks for a cost without naming a service.

    Of those whose bills they answer for, only services that may be named to them.
    """
    shown = (
        account.customer_id
        for account in person.accounts
        if services_shown(turn.context, account.customer_id, account.birth_date, person.person_id)
    )
    ids = {person.person_id, *shown}
    coming = planned_services.coming(turn.context.session, ids, turn.today(person))
    codes = dict.fromkeys(Code(one.code_system, one.code) for one in coming)
    known = tuple(code for code in codes if code in listed)[:MOST]
    return Search(known, named=bool(known)) if known else found


def list_price(turn: Turn, person: PersonSnapshot | None) -> EstimateOffer:
    """The services whose list price is estimated, for a sender who is not identified."""
    return offer(turn, person, "cost", "list_price")


def quote(
    context: Context, customer_id: str | None, services: Sequence[tuple[Code, str]], day: date
) -> Quote | None:
    """Estimate what services (code and quantity) would cost a customer; None if one has no price.

    Without a customer it is the list price, as without coverage.
    """
    currency = covering.currency_of(context, customer_id)
    listed = prices.on(context.session, day, currency)
    on_list = price_lists.listed(listed, day)
    if not services or any(code not in on_list for code, _ in services):
        return None
    standings = covering.checked_coverages(context, customer_id, day) if customer_id else []
    numbers = authorisations.numbers(context.session, customer_id, day) if customer_id else {}
    wanted = [Wanted(on_list[code], quantity, numbers.get(code, "")) for code, quantity in services]
    grounds = _grounds(context, customer_id, currency, on_list, day)
    covered = covering.with_prices(standings, listed, day)
    return Quote(rules.estimate(wanted, covered, day, grounds), tuple(standings))


def give(turn: Turn, customer: Customer | None, asked: GiveEstimate) -> EstimateReply:
    """Give an estimate in the chat; for an identified customer it is saved with the exact words."""
    code = Code(asked.code_system, asked.code)
    customer_id = customer.id if customer else None
    found = quote(turn.context, customer_id, [(code, "1")], asked.service_on)
    if found is None:
        return EstimateReply((Saying("estimate.unknown"),))
    if customer is None:
        return EstimateReply((_list_price(found.estimate),))
    sayings = tuple(sayings_of(turn.context.installation, found, turn.today(), asked.about))
    text = "\n\n".join(
        turn.context.installation.words.say(one.key, turn.language, one.facts) for one in sayings
    )
    record_estimate(turn.context, customer.id, found, text, turn.language, turn.point.id)
    return EstimateReply(sayings, _next_step(turn, customer.id, found, asked))


def record_estimate(
    context: Context,
    customer_id: str,
    found: Quote,
    text: str,
    language: str,
    contact_point_id: int | None = None,
    scheduled: date | None = None,
) -> int:
    """Save an estimate as given, with its deadline (45 CFR 149.610); returns its number.

    A good-faith estimate is owed to patients without coverage; a bill far above it can be disputed.
    """
    estimate = found.estimate
    given_on = context.now.astimezone(context.creditor.zone).date()
    faith = context.policy.good_faith if not found.standings else None
    give_by = (
        good_faith.give_by(faith, scheduled or given_on, estimate.service_on if scheduled else None)
        if faith
        else None
    )
    kept = estimates.Estimate(
        customer_id=customer_id,
        contact_point_id=contact_point_id,
        service_on=estimate.service_on,
        given_on=given_on,
        give_by=give_by,
        currency=estimate.currency,
        expected=estimate.expected,
        low=estimate.low,
        high=estimate.high,
        lines=[_packed(line) for line in estimate.lines],
        text=text,
        language=language,
        good_faith=faith is not None,
    )
    return estimates.save_estimate(context.session, kept, context.now)


def sayings_of(installation: Installation, found: Quote, today: date, about: str = "cost") -> list[Saying]:
    """An estimate in sayings: the amount, its parts, cautions, and what would make it cheaper."""
    estimate, said = found.estimate, []
    if about == "approval":
        said.append(Saying("estimate.approval" if _needs(estimate) else "estimate.no_approval"))
    said += _cost(estimate)
    said += _cautions(found)
    said += _as_of(found, installation)
    faith = installation.policy.good_faith
    if faith and not found.standings:
        above = Money(minor_units(faith.dispute_above, estimate.currency), estimate.currency)
        said.append(Saying("estimate.good_faith", {"given_on": today, "above": above}))
    return said + _cheaper(installation, estimate)


def _grounds(
    context: Context, customer_id: str | None, currency: str, on_list: Mapping[Code, Price], day: date
) -> Grounds:
    alike: dict[str, tuple[Price, ...]] = {}
    for price in on_list.values():
        if price.alike:
            alike[price.alike] = (*alike.get(price.alike, ()), price)
    plan = context.policy.plan
    return Grounds(
        past=covering.past_shares(context, customer_id, day) if customer_id else (),
        alternatives=alike,
        aid=bool(context.policy.aid_programmes),
        prompt_pay=context.policy.prompt_pay,
        plan_from=2 * minor_units(plan.smallest, currency) if plan.offered else None,
    )


def _names(price: Price) -> list[str]:
    return [price.description, *price.named.values(), *filter(None, price.words.split(";")), price.code.code]


def _list_price(estimate: CostEstimate) -> Saying:
    """The list price, which discloses nothing about a patient."""
    price, most = (Money(minor, estimate.currency) for minor in (estimate.price, estimate.high))
    return Saying("estimate.list_price", {"price": price, "most": most, "range": price != most})


def _cost(estimate: CostEstimate) -> list[Saying]:
    def money(minor: int) -> Money:
        return Money(minor, estimate.currency)

    low = estimate.authorised if _needs(estimate) else estimate.low  # nothing is given without it
    facts: Facts = {
        "low": money(low),
        "high": money(estimate.high),
        "price": money(estimate.price),
        "range": low != estimate.high,
    }
    said = [Saying("estimate.told", facts)]
    parts = [part for line in estimate.lines for part in line.parts]
    split: Facts = {
        name: money(sum(getattr(part, name) for part in parts))
        for name in ("paid", "forgone", "deductible", "copay", "coinsurance")
    }
    return [*said, Saying("estimate.split", split)] if any(part.refused == 0 for part in parts) else said


def _cautions(found: Quote) -> list[Saying]:
    kinds = {one.kind for one in found.estimate.cautions}
    keys = {
        WarningKind.NEEDS_AUTHORISATION: "estimate.needs_approval",
        WarningKind.EXCLUDED: "estimate.excluded",
        WarningKind.OUTSIDE_COVERAGE: "estimate.no_coverage",
        WarningKind.NO_COVERAGE: "estimate.no_coverage",
        WarningKind.TERMS_UNKNOWN: "estimate.terms_unknown",
    }
    wanted = dict.fromkeys(keys[kind] for kind in WarningKind if kind in kinds)
    if any(not one.believed for one in found.standings):
        wanted = {"estimate.inactive": None} | {key: None for key in wanted if key != "estimate.no_coverage"}
    return [Saying(key) for key in wanted]


def _as_of(found: Quote, installation: Installation) -> list[Saying]:
    counted = [one for one in found.standings if one.believed]
    if not counted:
        return []
    if not all(one.confirmed for one in counted):
        return [Saying("estimate.not_checked")]
    oldest = min(one.check.checked_at for one in counted if one.check)
    return [Saying("estimate.as_of", {"checked_on": oldest.astimezone(installation.creditor.zone).date()})]


def _cheaper(installation: Installation, estimate: CostEstimate) -> list[Saying]:
    said, prompt = [], installation.policy.prompt_pay
    for one in estimate.suggestions:
        amount = Money(one.amount, estimate.currency)
        match one.kind:
            case SuggestionKind.IN_NETWORK:
                said.append(Saying("estimate.in_network"))
            case SuggestionKind.EQUIVALENT:
                said.append(Saying("estimate.equivalent", {"saves": amount}))
            case SuggestionKind.CEILING if one.until:
                said.append(Saying("estimate.ceiling", {"left": amount, "until": one.until}))
            case SuggestionKind.PROMPT_PAY if prompt:
                said.append(Saying("estimate.prompt_pay", {"saves": amount, "days": prompt.within_days}))
            case SuggestionKind.PLAN:
                said.append(Saying("estimate.plan"))
            case _:
                pass
    return said


def _needs(estimate: CostEstimate) -> bool:
    return any(one.kind is WarningKind.NEEDS_AUTHORISATION for one in estimate.cautions)


def _next_step(turn: Turn, customer_id: str, found: Quote, asked: GiveEstimate) -> NextStepOffer | None:
    kinds = {one.kind for one in found.estimate.suggestions}
    authorise, aid = SuggestionKind.AUTHORISATION in kinds, SuggestionKind.AID in kinds
    ids = {customer_id}
    planned = planned_services.coming(turn.context.session, ids, turn.today())
    stated = obligations.missing(turn.context, customer_id) if planned else None
    if not (authorise or aid or stated):
        return None
    return NextStepOffer(asked.code_system, asked.code, asked.service_on, authorise, aid, stated=stated)


def _packed(line: rules.EstimateLine) -> dict[str, Any]:
    return asdict(line)


def lacking_authorisation(found: Quote) -> list[tuple[Covered, Code]]:
    """The coverages that need an authorisation, each with the service."""
    counted = {one.covered.payer_id: one.covered for one in found.standings if one.believed}
    codes = {line.position: line.code for line in found.estimate.lines}
    return [
        (counted[one.payer_id], codes[one.position])
        for one in found.estimate.cautions
        if one.kind is WarningKind.NEEDS_AUTHORISATION
    ]
