"""A planted fault for each invariant: the real code made faulty, or evidence changed by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from billing.accounts.channels import Channel
from billing.policy import HalfYear
from bot.simulate.desk import AGENCY
from bot.simulate.entry_points import EntryPoints
from bot.simulate.evidence import Evidence
from bot.simulate.people import Behaviour
from bot.simulate.places import NOWHERE
from messages.writing.render import Words
from tests.simulate import doctored, twins
from tests.simulate.rig import due_soon, play, sound_installation

if TYPE_CHECKING:
    from bot.simulate.people import SimulatedPerson
    from handlers.installation import Installation

Sound = Callable[[], Evidence]
"""Gives the evidence of a sound world with everybody in it, for doctors to spoil."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted fault; ``way`` is *code* where real code commits it, *evidence* where that is changed."""

    number: int
    fault: str
    way: str
    seen: Callable[[Sound], Evidence]
    sane: Callable[[Sound], Evidence]
    """The same world without the fault."""
    part: str = ""
    """A letter for a second fault of the same invariant."""

    @property
    def name(self) -> str:
        """The id of its test."""
        return f"{self.number:02}{self.part}"


def by_code(number: int, fault: str, *, part: str = "", **how: Any) -> Mutant:
    """A fault that the code commits, with a faulty twin, installation or policy."""
    played = {"change": due_soon} | how
    sane = {name: value for name, value in played.items() if name not in {"entry_points", "installation"}}
    return Mutant(number, fault, "code", lambda _: play(**played), lambda _: _kept(sane), part)


def _kept(sane: dict[str, Any]) -> Evidence:
    """A sound world, played once for all faults that are planted in its evidence."""
    name = repr(sorted(sane.items(), key=lambda one: one[0]))
    if name not in _KEPT:
        _KEPT[name] = play(**sane)
    return _KEPT[name]


_KEPT: Final[dict[str, Evidence]] = {}


def by_evidence(
    number: int,
    fault: str,
    doctor: Callable[[Evidence], Evidence],
    *,
    part: str = "",
    of: Callable[[], Evidence] | None = None,
) -> Mutant:
    """A fault in the evidence alone: that of the sound world with people of every kind, or of another."""
    return Mutant(
        number,
        fault,
        "evidence",
        lambda sound: doctor((of or sound)()),
        lambda sound: (of or sound)(),
        part,
    )


def written() -> Evidence:
    """A sound Swedish world in which letters are sent and bills are placed."""
    return _kept({"policy": "se", "kinds": QUIET, "days": 120, "change": due_soon})


def installation(policy: str = "us", **rules: dict[str, Any]) -> Installation:
    """The installation of a policy with some rules changed: ``caps={"per_bill": 9}``."""
    sound = sound_installation(policy)
    changed = {name: getattr(sound.policy, name).model_copy(update=values) for name, values in rules.items()}
    return replace(sound, policy=sound.policy.model_copy(update=changed))


def named(name: str) -> Installation:
    """The installation of another creditor, who signs with another name."""
    sound = sound_installation("us")
    creditor = replace(sound.creditor, name=name)
    return replace(sound, creditor=creditor, words=Words(creditor))


def hurried(policy: str = "us") -> Installation:
    """An installation that sends each level a day after the one before, without caps."""
    sound = installation(policy, caps={"per_bill": 99, "per_person": 99, "min_gap_hours": 0})
    levels = tuple(
        level.model_copy(update={"after_due_days": number, "wait_days": 1})
        for number, level in enumerate(sound.policy.levels, 1)
    )
    return replace(sound, policy=sound.policy.model_copy(update={"levels": levels}))


def installation_with_fee(fee_id: str, amount: int) -> Installation:
    """The Swedish installation with a fee of so many kronor."""
    sound = installation("se")
    fees = tuple(
        fee.model_copy(update={"amount": Decimal(amount), "at_most": Decimal(amount)})
        if fee.id == fee_id
        else fee
        for fee in sound.policy.fees
    )
    return replace(sound, policy=sound.policy.model_copy(update={"fees": fees}))


def by_text() -> Installation:
    """The Swedish installation that sends its final notice by SMS, and charges for it."""
    sound = installation("se")
    fees = tuple(fee.model_copy(update={"needs": (), "channels": ()}) for fee in sound.policy.fees)
    last = sound.policy.levels[-1].model_copy(update={"channels": (Channel.SMS,)})
    levels = (*sound.policy.levels[:-1], last)
    return replace(sound, policy=sound.policy.model_copy(update={"fees": fees, "levels": levels}))


def with_interest() -> Installation:
    """The American installation where contract and state law allow ten per cent, except for soldiers."""
    rate = HalfYear(since=date(2025, 1, 1), until=date(2027, 12, 31), percent=Decimal(0), source="a contract")
    sound = installation("us", interest={"on": True, "add_percent": Decimal(10), "rates": (rate,)})
    last = sound.policy.levels[-1].model_copy(update={"interest": True})
    levels = (*sound.policy.levels[:-1], last)
    return replace(sound, policy=sound.policy.model_copy(update={"levels": levels}))


def nowhere(people: dict[str, SimulatedPerson]) -> None:
    """Move everyone to where the time zone is unknown."""
    due_soon(people)
    for person in people.values():
        person.place, person.zones = NOWHERE, ()
        person.addresses = {"sms": f"{NOWHERE.prefix}0001"}


def young(people: dict[str, SimulatedPerson]) -> None:
    """Make everyone fifteen, without a guarantor."""
    due_soon(people)
    for person in people.values():
        person.born = date(2010, 6, 1)


def claimed(people: dict[str, SimulatedPerson]) -> None:
    """Add a claim on an insurer to every bill; all bills fall due soon."""
    due_soon(people)
    for person in people.values():
        person.bills = [replace(bill, claimed=True) for bill in person.bills]


def above_their_estimates(people: dict[str, SimulatedPerson]) -> None:
    """Make every bill 500 more than its estimate, due soon."""
    due_soon(people)
    for person in people.values():
        person.bills = [
            replace(bill, total=bill.total + 60_000, estimate=bill.total + 60_000 - bill.covered - 50_000)
            for bill in person.bills
        ]


def old_bills(people: dict[str, SimulatedPerson]) -> None:
    """Make every bill four years old."""
    for person in people.values():
        person.bills = [bill.due(date(2021, 12, 1)) for bill in person.bills]


ALWAYS: Final = {day: (time(0), time(23, 59)) for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
QUIET: Final = (Behaviour.IGNORES, Behaviour.IGNORES, Behaviour.IGNORES)
SOON: Final = {"after_final_days": 0, "after_due_days": 0, "minimum_answer_days": 1}

MUTANTS: Final = (
    by_code(
        1, "the register records a consent for everybody", kinds=[Behaviour.NO_CONSENT],
        entry_points=EntryPoints(add_customer=twins.invents_consents),
    ),
    by_code(
        2, "stop words are put away unread", kinds=[Behaviour.STOPS] * 3, days=90,
        entry_points=EntryPoints(take=twins.deaf_to("stop")),
    ),
    by_evidence(
        3, "the confirmation ends with an offer",
        lambda s: doctored.says(s, "stop_confirmation", "$10 off"),
    ),
    by_code(
        4, "an earlier stop is forgotten when the next comes", kinds=[Behaviour.STOPS_TWICE] * 2,
        entry_points=EntryPoints(take=twins.forgets_the_stop_before),
    ),
    by_code(
        5, "stop words are put away unread", kinds=[Behaviour.STOPS] * 2,
        entry_points=EntryPoints(take=twins.deaf_to("stop")),
    ),
    by_evidence(6, "a message queued before a stop leaves after it", doctored.queued_before_the_stop),
    by_code(
        7, "any word of a stopped person lifts the stop", kinds=[Behaviour.STOPS_AND_WRITES] * 2,
        entry_points=EntryPoints(take=twins.opens_on_any_word),
    ),
    by_code(
        8, "an opt-out at the carrier is taken for a busy line", kinds=[Behaviour.BLOCKS] * 2, days=90,
        entry_points=EntryPoints(record_send_result=twins.tries_after_opt_out),
    ),
    by_evidence(
        9, "the answer to help leaves out who it is from",
        doctored.help_without_a_name,
    ),
    by_code(
        10, "another import makes everybody reachable again", kinds=[Behaviour.STOPS] * 2,
        entry_points=EntryPoints(add_customer=twins.opens_on_import),
    ),
    by_code(
        11, "the policy's window is open all day and night", kinds=QUIET,
        installation=installation(window=ALWAYS),
    ),
    by_code(
        12, "the register makes up a time zone", change=nowhere,
        entry_points=EntryPoints(add_customer=twins.registers(timezone="UTC")),
    ),
    by_code(
        13, "the policy's window knows no Sundays and holidays", policy="generic", kinds=QUIET * 2,
        installation=installation("generic", window=ALWAYS | {"holidays": ""}),
    ),
    by_code(
        14, "the policy has no caps, and its levels come day by day", kinds=QUIET, installation=hurried(),
    ),
    by_code(
        15, "the policy has no least gap, and its levels come day by day", kinds=QUIET,
        installation=hurried(),
    ),
    by_code(
        16, "what a carrier took is handed over once more", kinds=QUIET,
        entry_points=EntryPoints(record_send_result=twins.sends_twice),
    ),
    by_code(
        17, "the register forgets that a number is unsafe", kinds=[Behaviour.UNSAFE],
        entry_points=EntryPoints(add_customer=twins.registers(concerns={})),
    ),
    by_evidence(18, "what was put off for the night leaves in the night", doctored.at_night),
    by_code(19, "messages are signed with another name", installation=named("Somebody Else")),
    by_evidence(20, "a reminder names the amount", lambda s: doctored.says(s, "out", "You owe $250.00.")),
    by_code(
        21, "card numbers are kept as they were written", kinds=[Behaviour.CARD] * 2,
        entry_points=EntryPoints(receive=twins.keeps_card_numbers),
    ),
    by_code(
        22, "the creditor calls itself a collections department", installation=named("Harbor Collections"),
    ),
    by_evidence(
        23, "a plan is said to be set that no table shows",
        lambda s: doctored.without(s, "plans", "promises", "escalations"),
    ),
    by_evidence(24, "a balance is said to be a cent less", doctored.another_balance),
    by_evidence(
        24, "a letter says another sum than is owed", doctored.a_letter_says_less, part="b", of=written,
    ),
    by_code(
        25, "the register writes Swedish to everybody", kinds=QUIET,
        entry_points=EntryPoints(add_customer=twins.registers(language="sv")),
    ),
    by_code(26, "messages speak in the collector's name", installation=named(AGENCY)),
    by_code(
        27, "a reminder costs 90 kronor", policy="se", kinds=QUIET, days=60,
        installation=installation_with_fee("reminder", 90),
    ),
    by_code(
        28, "the demand comes as a text, and costs 180 kronor all the same", policy="se", kinds=QUIET,
        days=75, installation=by_text(),
    ),
    by_code(
        28, "letters leave out the costs", part="b", policy="se", kinds=QUIET, days=75,
        entry_points=EntryPoints(print_letters=twins.prints_no_costs),
    ),
    by_code(
        29, "interest is twenty points above the reference rate", policy="se", kinds=QUIET, days=75,
        installation=installation("se", interest={"add_percent": Decimal(20)}),
    ),
    by_code(
        30, "who has paid is charged for having been late", kinds=[Behaviour.PAYS_EARLY] * 2,
        entry_points=EntryPoints(book=twins.charges_who_paid),
    ),
    by_code(
        31, "the register forgets who is in military service", kinds=[Behaviour.SOLDIER] * 2,
        checked_by=with_interest(), entry_points=EntryPoints(add_customer=twins.registers(concerns={})),
    ),
    by_code(
        32, "every payment is booked with a cent more", kinds=[Behaviour.PAYS_EARLY] * 2,
        entry_points=EntryPoints(book=twins.books_a_cent_more),
    ),
    by_evidence(33, "a plan has an instalment of one unit", doctored.a_small_instalment),
    by_evidence(34, "a plan began before the reminders about its bills", doctored.a_plan_all_along),
    by_code(
        36, "words of a dispute are put away unread", kinds=[Behaviour.DISPUTES] * 2, days=90,
        entry_points=EntryPoints(take=twins.deaf_to("dispute")),
    ),
    by_code(
        37, "words of a payment are put away unread", kinds=[Behaviour.ALREADY_PAID] * 4, days=90,
        installation=hurried(),
        entry_points=EntryPoints(take=twins.deaf_to("already_paid")),
    ),
    by_code(
        38, "words of a lawyer are put away unread", kinds=[Behaviour.LAWYER] * 2, days=90,
        entry_points=EntryPoints(take=twins.deaf_to("legal")),
    ),
    by_code(
        39, "words of a wrong number are put away unread", kinds=[Behaviour.WRONG_NUMBER], days=90,
        entry_points=EntryPoints(take=twins.deaf_to("wrong_number")),
    ),
    by_code(
        40, "the register forgets when children were born", change=young,
        entry_points=EntryPoints(add_customer=twins.registers(birth_date=None)),
    ),
    by_evidence(41, "a level is skipped", doctored.a_skipped_level),
    by_code(
        42, "the policy flags a bill the day after the final notice", kinds=QUIET, days=90,
        installation=replace(hurried(), policy=hurried().policy.model_copy(update={
            "placement": hurried().policy.placement.model_copy(update=SOON)})),
    ),
    by_code(
        43, "a final notice leaves one day to answer", kinds=QUIET, days=60,
        installation=installation(placement={"minimum_answer_days": 1}),
    ),
    by_code(
        44, "a hospital's policy forgets to wait", policy="us+ca_hospital", kinds=QUIET, days=100,
        installation=installation("us+ca_hospital", placement={"after_issued_days": 0}),
    ),
    by_code(
        46, "a claim is opened, and nothing holds the bill meanwhile", kinds=QUIET, change=claimed,
        entry_points=EntryPoints(open_claims=twins.opens_claims_without_a_hold),
    ),
    by_code(
        45, "the policy knows of no estimates", policy="us+care", kinds=QUIET, change=above_their_estimates,
        installation=installation("us"), days=60,
    ),
    by_code(
        47, "the policy knows no limitation", change=old_bills, days=30,
        installation=installation(limitation={"years": 50, "regions": {}}),
    ),
    by_code(
        48, "a flagged bill is placed by Kvitt itself", kinds=QUIET, days=100,
        entry_points=EntryPoints(run=twins.places_by_itself),
    ),
    by_evidence(49, "a message about a bill leaves after its placement", doctored.placed_before_a_message),
    by_evidence(
        49, "a payment on a bill that a collector has raises no case", doctored.untold_money, part="b",
        of=written,
    ),
    by_code(
        50, "a refusal by the carrier counts as heard", kinds=[Behaviour.BAD_NUMBER] * 2, days=100,
        entry_points=EntryPoints(record_send_result=twins.hears_refusals_as_yes),
    ),
    by_evidence(51, "no decision is saved", lambda s: doctored.without(s, "decisions")),
    by_code(
        52, "the wish for a person is put away unread", kinds=[Behaviour.ASKS_FOR_PERSON] * 2,
        entry_points=EntryPoints(take=twins.deaf_to("person")),
    ),
    by_code(
        53, "words of a crisis are put away unread", kinds=[Behaviour.CRISIS], days=60,
        entry_points=EntryPoints(take=twins.deaf_to("crisis")),
    ),
    by_evidence(
        54, "the machine says that it is none",
        lambda s: doctored.changed(s, lambda one: "answers.bot_question" in one.keys, text="I am no bot."),
    ),
    by_evidence(55, "a payment reference has a wrong digit", doctored.a_false_reference),
)  # fmt: skip
"""One fault or more for every invariant that is checked."""
