"""Acts of the desk: what each does, what the customer reads, who may, and that a preview leaves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from billing.accounts.channels import Channel
from billing.accounts.roles import Role
from billing.plans.plans import PlanState
from billing.refusals import Refusal
from handlers.acts import preview, registry
from handlers.acts.disputes import NoDispute, WhichBill
from handlers.acts.plans import NoPlan
from handlers.acts.shape import On, WrongField
from handlers.desk import cases, users
from handlers.desk.agreements import OwnPlan
from handlers.payments.bill_changes import NothingToMove, NotToMove
from handlers.people.contact_changes import NothingToChange, NumberInDoubt
from handlers.people.noting import NothingToNote
from handlers.rights import NotAllowed
from storage import plans, tables
from storage.desk import case_events, notes, staff
from storage.dunning import holds
from storage.people import contact_points, contacts, customers
from tests.world import World, flagged

if TYPE_CHECKING:
    from handlers.acts.preview import ActPreview
    from handlers.acts.shape import ActResult


@pytest.fixture
def clinic(world: World) -> World:
    """Ada owes 600.00, due yesterday; Vi may look, Rob may work, Ann and Bea may approve."""
    world.customer()
    world.bill()
    with world.database.write() as session:
        for name, role in (
            ("Vi", Role.VIEWER),
            ("Rob", Role.REP),
            ("Ann", Role.APPROVER),
            ("Bea", Role.APPROVER),
        ):
            users.add(world.context(session), name, role, None, "root")
    return world


def _do(
    world: World, name: str, subject: str, by: str = "Rob", case: int | None = None, **values: Any
) -> ActResult:
    with world.database.write() as session:
        return registry.do(world.context(session), name, subject, values, by, case)


def _preview(world: World, name: str, subject: str, by: str = "Rob", **values: str) -> ActPreview:
    with world.database.write() as session:
        return preview.preview(world.context(session), name, subject, values, by)


def _texts(world: World) -> list[str]:
    world.deliver()
    return [message.text for message in world.screen() if message.text]


def _rows(world: World) -> dict[str, int]:
    """How many rows every table has."""
    with world.database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in tables.Table.metadata.sorted_tables
        }


def _desk(world: World, **more: Any) -> None:
    rules = world.installation.policy
    changed = rules.desk.model_copy(update=more)
    world.installation = replace(world.installation, policy=rules.model_copy(update={"desk": changed}))


def _in(world: World, days: int) -> str:
    return str(world.now.date() + timedelta(days=days))


def _case(world: World, kind: str) -> int:
    return next(case.id for case in world.queue() if case.kind == kind)


EVERY = (
    ("extend", "B1", {"day": "2026-03-20", "reason": "asked"}),
    ("extend-all", "ada", {"day": "2026-03-20", "reason": "asked"}),
    ("plan", "ada", {"months": "6"}),
    ("contact", "ada", {"phone": "+15035550199", "agrees": "yes"}),
    ("note", "ada", {"text": "calls after six"}),
    ("log", "ada", {"kind": "call", "text": "please stop texting me"}),
    ("credit", "B1", {"amount": "50.00", "reason": "wrong line"}),
)


@pytest.mark.both_databases
def test_a_preview_leaves_nothing(clinic: World) -> None:
    """Each act can be previewed: the same result and texts as when it is done, and no row more or less."""
    for name, subject, values in EVERY:
        before = _rows(clinic)
        seen = _preview(clinic, name, subject, **values)
        assert _rows(clinic) == before, name
        assert seen.result.said
    seen = _preview(clinic, "extend", "B1", day="2026-03-20", reason="asked")
    done = _do(clinic, "extend", "B1", day="2026-03-20", reason="asked")
    assert (seen.result.said, [one.channel for one in seen.texts]) == (done.said, [Channel.SMS])
    assert [one.text for one in seen.texts] == _texts(clinic)


def test_what_is_refused_is_refused_in_the_preview(clinic: World) -> None:
    """A preview needs the right of the act, and fails as the act would."""
    with pytest.raises(NotAllowed):
        _preview(clinic, "extend", "B1", by="Vi", day="2026-03-20", reason="asked")
    with pytest.raises(NotToMove):
        _preview(clinic, "extend", "B1", by="Ann", day="2030-03-20", reason="asked")


def test_more_time_for_all_bills_is_one_sentence(clinic: World) -> None:
    """Every bill that is due before the day moves, within the limit of the role; the customer reads once."""
    clinic.bill("B2", amount=2000)
    clinic.bill("B3", amount=3000, due=clinic.now.date() + timedelta(days=60))
    with pytest.raises(NotAllowed):
        _do(clinic, "extend-all", "ada", day=_in(clinic, 40), reason="asked")
    done = _do(clinic, "extend-all", "ada", day=_in(clinic, 20), reason="asked")
    assert done.facts["bills"] == "B1 B2"
    (text,) = _texts(clinic)
    assert "to pay 2 bills" in text
    with pytest.raises(NothingToMove):
        _do(clinic, "extend-all", "ada", day=_in(clinic, 20), reason="asked")


def test_a_plan_inside_the_bounds_runs_and_is_told(clinic: World) -> None:
    """A rep agrees it alone: it runs at once, and the customer reads how many payments and the first day."""
    done = _do(clinic, "plan", "ada", months="6", pay_day="15")
    assert not done.proposed
    (text,) = _texts(clinic)
    assert "6 payments" in text
    assert "$" not in text  # amounts are for who has shown who they are
    with clinic.database.read() as session:
        plan = plans.running(session, ["A-ada"])["A-ada"]
        assert (plan.state, sum(one.amount for one in plan.instalments)) == (PlanState.ACTIVE, 60000)
        assert plans.agreed_by(session, plan.id) == "Rob"
    with pytest.raises(NoPlan):
        _do(clinic, "plan", "ada", months="6")


@pytest.mark.parametrize(
    "terms", [{"months": "20"}, {"amount": "20.00"}, {"months": "6", "first": "50.00"}], ids=str
)
def test_a_plan_outside_the_bounds_takes_a_second_person(clinic: World, terms: dict[str, Any]) -> None:
    """More months, smaller instalments or a lower first payment wait for somebody else's approval."""
    _desk(clinic, down_payment_percent=10)
    done = _do(clinic, "plan", "ada", by="Ann", **terms)
    assert done.proposed
    assert _texts(clinic) == []
    plan = done.facts["plan"]
    with pytest.raises(NotAllowed):
        _do(clinic, "approve-plan", plan, by="Rob")
    with pytest.raises(OwnPlan):
        _do(clinic, "approve-plan", plan, by="Ann")
    _do(clinic, "approve-plan", plan, by="Bea")
    (text,) = _texts(clinic)
    assert "Your payment plan is set" in text
    assert [case for case in clinic.queue() if case.kind == "terms_review"] == []


def test_no_plan_is_longer_than_anybody_may_allow(clinic: World) -> None:
    """The policy's last bound holds for all; a plan needs months or an amount, and no dispute is open."""
    bad: list[dict[str, Any]] = [{"months": "61"}, {}, {"months": "3", "amount": "50"}]
    for terms in (*bad, {"months": "3", "first": "600.00"}):
        with pytest.raises(NoPlan):
            _do(clinic, "plan", "ada", by="Ann", **terms)
    clinic.says("this bill is wrong")
    with pytest.raises(NoPlan, match="dispute hold"):
        _do(clinic, "plan", "ada", months="3")


def test_a_new_number_replaces_the_old_one(clinic: World) -> None:
    """Said on a call: the old number is retired and hears of it, the consent names who noted it."""
    _do(clinic, "contact", "ada", phone="(503) 555-0199", agrees="yes", address="9 Oak Street")
    with clinic.database.read() as session:
        live = {one.address: one.live for one in contacts.of_customer(session, "ada")}
        assert (live["+15035550142"], live["+15035550199"]) == (False, True)
        basis = session.scalars(select(tables.Consent.basis).order_by(tables.Consent.id.desc())).first()
        assert basis == "said to our staff on 2026-03-02, noted by Rob"
        found = customers.find(session, "ada")
        assert found is not None
        assert (found.address, found.name) == ("9 Oak Street", "Ada Lind")
    (text,) = _texts(clinic)
    assert "your phone number was changed" in text
    with pytest.raises(NothingToChange):
        _do(clinic, "contact", "ada", phone="+15035550199")


def test_a_stop_follows_to_the_new_number_and_a_mark_bars_it(clinic: World) -> None:
    """Who opted out stays so at the new number; a number whose owner is not the customer is not linked."""
    clinic.says("STOP")
    _do(clinic, "contact", "ada", phone="+15035550199", agrees="yes")
    with clinic.database.write() as session:
        assert customers.stopped(session, "ada")
        there = contact_points.at(session, Channel.SMS, "+15035550188", (), "en", clinic.now)
        contact_points.mark_not_the_customer(session, [there], clinic.now)
    with pytest.raises(NumberInDoubt):
        _do(clinic, "contact", "ada", phone="+15035550188")


def test_a_note_is_kept_masked_and_goes_with_the_person(clinic: World) -> None:
    """A note is the staff's, without card numbers; an empty one is none."""
    _do(clinic, "note", "ada", text="wants to pay by 4111 1111 1111 1111")
    with clinic.database.read() as session:
        (kept,) = notes.of_customer(session, "ada")
    assert (kept.written_by, kept.kind, "4111" in kept.text) == ("Rob", notes.NoteKind.NOTE, False)
    for text in ("", "x" * 5000):
        with pytest.raises((WrongField, NothingToNote)):
            _do(clinic, "note", "ada", text=text)
    assert _texts(clinic) == []


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("said", "acted"),
    [
        ("please stop texting me", "stop"),
        ("my husband has died", "deceased"),
        ("this bill is wrong, I never had that visit", "dispute"),
        ("I will pay 200 on Friday", "promise"),
        ("I paid that last week already", "already_paid"),
        ("thank you, goodbye", ""),
    ],
)
def test_what_is_said_on_a_call_counts_as_if_it_were_texted(clinic: World, said: str, acted: str) -> None:
    """A stop on the phone is a stop, a death a hold, a promise a promise; nothing is replied."""
    done = _do(clinic, "log", "ada", kind="call", text=said)
    assert done.facts["acted"] == acted
    assert _texts(clinic) == []
    with clinic.database.read() as session:
        (kept,) = notes.of_customer(session, "ada")
        assert kept.text == said
        held = {hold.kind.value for hold in holds.active_holds(session, ["ada"], clinic.now).get("ada", ())}
        assert customers.stopped(session, "ada") is (acted == "stop")
        assert (acted in held) is (acted in {"deceased", "dispute", "already_paid"})
        assert bool(session.scalar(select(func.count()).select_from(tables.Promise))) is (acted == "promise")
        assert session.scalar(select(func.count()).select_from(tables.Conversation)) == 0


def test_a_promise_without_a_day_is_left_to_the_rep(clinic: World) -> None:
    """What the chat would have asked is what the rep is told to ask."""
    done = _do(clinic, "log", "ada", kind="call", text="I promise I will pay")
    assert done.facts["acted"] == ""
    assert "no promise was taken" in done.said


def test_somebody_without_a_contact_point_is_heard_too(clinic: World) -> None:
    """A visit of who has neither phone nor address still stops and holds."""
    clinic.customer("bo", phone="", name="Bo Berg", birth_date=date(1970, 1, 1), consent=False)
    done = _do(clinic, "log", "bo", kind="visit", text="I have a lawyer, and stop writing to me")
    assert "legal" in done.facts["acted"].split()
    with clinic.database.read() as session:
        assert holds.active_holds(session, ["bo"], clinic.now)["bo"]


def test_a_dispute_is_settled_for_the_customer(clinic: World) -> None:
    """A credit note, the hold lifted, the case closed, and one text that says they are right."""
    clinic.says("this bill is wrong")
    case, before = _case(clinic, "dispute"), len(_texts(clinic))
    seen = _preview(clinic, "dispute-for", str(case), amount="40.00", sentence="The visit was cancelled.")
    done = _do(clinic, "dispute-for", str(case), amount="40.00", sentence="The visit was cancelled.")
    assert clinic.owed() == 56000
    (text,) = _texts(clinic)[before:]
    assert text == seen.texts[0].text
    assert "You are right" in text
    assert "The visit was cancelled." in text
    assert done.facts["number"] == "CN000001"
    with clinic.database.read() as session:
        assert holds.active_holds(session, ["ada"], clinic.now).get("ada", ()) in ((), [])
    assert all(one.id != case for one in clinic.queue())


def test_a_dispute_is_settled_against_the_customer(clinic: World) -> None:
    """They read why, and until when nothing is demanded; then dunning goes on by itself."""
    clinic.says("this bill is wrong")
    case, before = _case(clinic, "dispute"), len(_texts(clinic))
    with pytest.raises(WrongField):
        _do(clinic, "dispute-against", str(case))
    _do(clinic, "dispute-against", str(case), sentence="The visit was on 5 January, as you signed.")
    (text,) = _texts(clinic)[before:]
    assert "as you signed" in text
    assert "before March 16" in text
    clinic.live(10)
    assert len(_texts(clinic)) == before + 1
    clinic.live(10)
    assert len(_texts(clinic)) > before + 1


def test_only_a_dispute_is_settled_and_on_one_bill(clinic: World) -> None:
    """Another case is none; of several bills the rep says which; a large credit takes an approver."""
    clinic.bill("B2", amount=2000)
    clinic.says("I want to talk to a person")
    with pytest.raises(NoDispute):
        _do(clinic, "dispute-for", str(_case(clinic, "person")))
    _do(clinic, "log", "ada", kind="call", text="this bill is wrong")
    case = str(_case(clinic, "dispute"))
    with pytest.raises(WhichBill):
        _do(clinic, "dispute-for", case)
    with pytest.raises(NotAllowed):
        _do(clinic, "dispute-for", case, bill="B1")
    _do(clinic, "dispute-for", case, bill="B2")
    assert (clinic.owed("B1"), clinic.owed("B2")) == (60000, 0)


def test_a_rep_writes_off_a_little_alone(clinic: World) -> None:
    """Twenty cents need nobody else; six hundred do."""
    clinic.bill("B2", amount=20)
    _do(clinic, "write-off", "B2", reason="not worth a letter")
    assert clinic.owed("B2") == 0
    with pytest.raises(NotAllowed):
        _do(clinic, "write-off", "B1", reason="not worth a letter")


def test_a_flagged_bill_is_handed_over_or_back(clinic: World) -> None:
    """The collector's acts have the same shape, and need the right to approve."""
    with clinic.database.write() as session:
        flagged(session, "B1", 60000, clinic.now)
    with pytest.raises(NotAllowed):
        _do(clinic, "hand-back", "B1", reason="ours")
    _do(clinic, "hand-back", "B1", by="Ann", reason="ours", days="10")
    with clinic.database.read() as session:
        assert session.scalar(select(tables.Placement.state)) == "returned"


def test_an_act_is_an_event_of_the_case_it_came_of(clinic: World) -> None:
    """The case says what was done; a colleague's case is theirs."""
    clinic.says("I want to talk to a person")
    case = _case(clinic, "person")
    _do(clinic, "extend", "B1", case=case, day=_in(clinic, 10), reason="asked")
    with clinic.database.write() as session:
        last = case_events.last(session, case, case_events.What.ACTED)
        assert last is not None
        assert (last.actor, last.detail["act"]) == ("Rob", "extend")
        cases.take(clinic.context(session), case, "Ann")
    with pytest.raises(cases.TakenAlready):
        _do(clinic, "note", "ada", case=case, text="hello")
    with clinic.database.read() as session:
        assert "noted" not in {one.action for one in staff.trail(session, "customer:ada", 10)}


def test_pages_list_the_acts_that_somebody_may_do(clinic: World) -> None:
    """By right, by what it is done to, and only where it makes sense."""
    clinic.says("this bill is wrong")
    with clinic.database.read() as session:
        context = clinic.context(session)
        found = {
            by: [act.name for act in registry.of(context, On.BILL, "B1", by)] for by in ("Vi", "Rob", "Ann")
        }
        assert found["Vi"] == []
        assert found["Rob"] == ["extend", "credit", "write-off"]
        assert found["Ann"] == ["extend", "credit", "write-off", "hand-over", "hand-back"]
        case = str(next(one.id for one in clinic.queue()))
        assert "dispute-for" in [act.name for act in registry.of(context, On.CASE, case, "Rob")]
        assert registry.of(context, On.CASE, "x", "Rob") == []
        limits = {name: act.limit(context) for name, act in registry.ACTS.items() if act.limit}
        assert limits["write-off"] == "up to 1"


@pytest.mark.parametrize(
    ("name", "values", "field"),
    [
        ("extend", {"day": "tomorrow", "reason": "asked"}, "day"),
        ("extend", {"day": "2026-03-20"}, "reason"),
        ("plan", {"months": "six"}, "months"),
        ("plan", {"amount": "1e9"}, "amount"),
        ("plan", {"often": "daily"}, "often"),
        ("log", {"kind": "dream", "text": "x"}, "kind"),
        ("note", {"txt": "x"}, "txt"),
        ("contact", {"agrees": "perhaps"}, "agrees"),
    ],
)
def test_bad_input_names_its_field(clinic: World, name: str, values: dict[str, Any], field: str) -> None:
    """A form shows the refusal beside the field that it is about."""
    with pytest.raises(WrongField) as refused:
        _do(clinic, name, "B1" if name == "extend" else "ada", **values)
    assert refused.value.field == field


def test_what_is_not_there_is_refused_in_one_line(clinic: World) -> None:
    """An unknown act, customer, bill or case is a refusal, never a traceback."""
    cases_: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("dance", "ada", {}),
        ("note", "nobody", {"text": "x"}),
        ("log", "nobody", {"kind": "call", "text": "x"}),
        ("plan", "nobody", {"months": "3"}),
        ("contact", "nobody", {"city": "x"}),
        ("extend", "B9", {"day": "2026-03-20", "reason": "asked"}),
        ("extend-all", "nobody", {"day": "2026-03-20", "reason": "asked"}),
        ("take", "x", {}),
        ("take", "99", {}),
        ("approve-plan", "99", {}),
    )
    for name, subject, values in cases_:
        with pytest.raises(Refusal) as refused:
            _do(clinic, name, subject, by="Ann", **values)
        assert len(str(refused.value).splitlines()) == 1
