"""Remittances: what is written is read, whatever separates it; what is broken is never booked silently."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payers.claims import Adjustment, AdjustmentGroup, Claim, ClaimLine, ClaimVerdict, Code
from billing.payers.remittance import ClaimPaid, PayerRemittance, ProviderAdjustment, ServicePaid
from billing.refusals import Refusal
from bot.claims import x12
from bot.claims.x12_835 import NoRemittance, read
from bot.claims.x12_check import faults
from tests.bot.claims.x12_texts import written

if TYPE_CHECKING:
    from pathlib import Path

PAID_ON = date(2026, 3, 2)
CO45 = Adjustment(AdjustmentGroup.CONTRACT, "45", 2000)
PR1 = Adjustment(AdjustmentGroup.PATIENT, "1", 1000)
VISIT = ServicePaid(12000, 9000, "99213", "", 1, PAID_ON, (CO45, PR1), ("N14",))
CLAIM = ClaimPaid("", "C1-1", "", ClaimVerdict.PAID, 12000, 9000, (), (VISIT,), (), "THEIRS-1")
ERA = PayerRemittance(
    "x835", "Blue River", "60054", "USD", PAID_ON, "TRACE1", 9000, "ACH", [CLAIM],
)  # fmt: skip


def _era(*claims: ClaimPaid, kept: tuple[ProviderAdjustment, ...] = (), off: int = 0) -> PayerRemittance:
    total = sum(one.paid for one in claims) - sum(one.amount for one in kept) + off
    return replace(ERA, claims=list(claims), provider_adjustments=list(kept), total=total)


def _same(found: PayerRemittance, remittance: PayerRemittance) -> bool:
    """Whether everything but places and ids is the same."""
    bare = [replace(one, id="", where="") for one in found.claims]
    expected = [replace(one, id="", where="") for one in remittance.claims]
    kept = [replace(one, where="") for one in found.provider_adjustments]
    return (bare, found.total, found.trace, found.paid_on, kept) == (
        expected, remittance.total, remittance.trace, remittance.paid_on,
        [replace(one, where="") for one in remittance.provider_adjustments],
    )  # fmt: skip


reasons = st.sampled_from(["1", "2", "3", "16", "45", "96", "A7", "B20"])
adjustment = st.builds(
    Adjustment, st.sampled_from(list(AdjustmentGroup)), reasons, st.integers(-50_000, 500_000)
)


@st.composite
def services(draw: st.DrawFn) -> ServicePaid:
    """A service that adds up."""
    adjusted = _grouped(draw(st.lists(adjustment, max_size=8)))
    paid = draw(st.integers(0, 10**7))
    asked = paid + sum(one.amount for one in adjusted)
    changed = draw(st.booleans())
    return ServicePaid(
        asked, paid, draw(st.sampled_from(["99213", "G0438", "T1005"])), "99212" if changed else "",
        draw(st.none() | st.integers(1, 50)), draw(st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1))),
        adjusted, tuple(draw(st.lists(st.sampled_from(["N14", "MA01"]), max_size=2))),
    )  # fmt: skip


def _grouped(adjustments: list[Adjustment]) -> tuple[Adjustment, ...]:
    """In the order a file has them: group by group."""
    order = list(dict.fromkeys(one.group for one in adjustments))
    return tuple(sorted(adjustments, key=lambda one: order.index(one.group)))


@st.composite
def claims(draw: st.DrawFn) -> ClaimPaid:
    """A claim that adds up."""
    drawn = tuple(draw(st.lists(services(), max_size=3)))
    whole = _grouped(draw(st.lists(adjustment, max_size=7)))
    asked = sum(one.asked for one in drawn) if drawn else draw(st.integers(0, 10**7))
    off = sum(one.amount for one in whole) + sum(
        one.amount for service in drawn for one in service.adjustments
    )
    verdict = draw(st.sampled_from([ClaimVerdict.PAID, ClaimVerdict.DENIED, ClaimVerdict.REVERSED]))
    key = draw(st.from_regex(r"[A-Z0-9-]{1,20}", fullmatch=True))
    return ClaimPaid("", key, "", verdict, asked, asked - off, whole, drawn, (), "THEIRS")


adjusted = st.builds(
    ProviderAdjustment, st.just(""), st.sampled_from(["WO", "L6", "72"]), st.sampled_from(["", "REF1"]),
    st.integers(-10**6, 10**6),
)  # fmt: skip
separators = st.permutations(["*", "|", "+", "!", "\x1d"]).map(lambda found: found[0])


@given(
    st.lists(st.lists(claims(), min_size=1, max_size=3), min_size=1, max_size=2),
    st.lists(adjusted, max_size=2),
    separators,
    st.sampled_from([":", ">", "\\", "<"]),
    st.sampled_from(["~", "~\n", "~\r\n", "'", "\n", "\r\n", "\x1e"]),
)
def test_what_is_written_is_read(
    written_claims: list[list[ClaimPaid]],
    kept: list[ProviderAdjustment],
    element: str,
    component: str,
    segment: str,
) -> None:
    """Whatever separates segments and elements, with line breaks or without: the same values."""
    eras = [_era(*one, kept=tuple(kept)) for one in written_claims]
    found, wrong = read(written(*eras, element=element, component=component, segment=segment))
    assert wrong == []
    assert all(one.faults == [] and one.aside == [] for one in found)
    assert all(_same(*pair) for pair in zip(found, eras, strict=True))
    keys = [one.id for era in found for one in era.claims]
    assert len(keys) == sum(map(len, written_claims))


@given(st.data())
def test_a_file_cut_anywhere_is_never_taken_for_whole(data: st.DataObject) -> None:
    """Cut after any character before its last number is complete, a file is refused, or faulty."""
    text = written(
        _era(CLAIM, replace(CLAIM, claim_key="C2-1")), segment=data.draw(st.sampled_from(["~", "~\n", "\n"]))
    )
    whole = len(text.rstrip("\n~"))
    cut = text[: data.draw(st.integers(0, whole - 1))]
    try:
        found, wrong = read(cut)
    except Refusal as refusal:
        assert str(refusal)  # noqa: PT017 - refused or faulty, both will do
    else:
        assert wrong or any(one.faults for one in found)


@given(st.data())
def test_a_damaged_character_never_changes_what_is_paid_unseen(data: st.DataObject) -> None:
    """One changed digit in an amount of money is a fault of the file, or sets the claim aside."""
    text = written(_era(CLAIM))
    places = [at for at, line in _amounts(text) for at in range(at, at + len(line))]
    at = data.draw(st.sampled_from(places))
    other = data.draw(st.sampled_from([digit for digit in "123456789" if digit != text[at]]))
    found, wrong = read(text[:at] + other + text[at + 1 :])
    assert wrong or found[0].faults or found[0].aside


def _amounts(text: str) -> list[tuple[int, str]]:
    """Where the amounts of CLP, SVC, CAS and BPR stand."""
    found: list[tuple[int, str]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        elements = line.rstrip("~\n").split("*")
        wanted = {"BPR": (2,), "CLP": (3, 4), "SVC": (2, 3), "CAS": (3,)}.get(elements[0], ())
        found += [(at + len("*".join(elements[:place])) + 1, elements[place]) for place in wanted]
        at += len(line)
    return found


def test_the_real_sample_is_read_whole(test_data: Path) -> None:
    """The remittance whose lines are all denied: one claim, three services, their reasons and remarks."""
    found, wrong = read((test_data / "x12" / "835_denied_lines.txt").read_text())
    assert wrong == []
    (era,) = found
    assert (era.total, era.trace, era.payer_name, era.method, era.faults) == (
        0,
        "000000000",
        "PAYER",
        "NON",
        [],
    )
    (claim,) = era.claims
    assert (claim.claim_key, claim.verdict, claim.asked, claim.paid) == (
        "2005555A",
        ClaimVerdict.DENIED,
        91539,
        0,
    )
    assert claim.where == "segment 15 (CLP), character 429"
    assert claim.their_reference == "4276512332"
    lines = [(one.asked, one.adjustments[0].group.value, one.adjustments[0].reason) for one in claim.services]
    assert lines == [(50004, "CO", "16"), (12780, "OA", "A7"), (28755, "OA", "A7")]
    assert {one.remarks for one in claim.services} == {("N14",)}


def test_what_we_write_for_tests_keeps_to_the_guide() -> None:
    """The remittances of these tests are what payers may send: pyx12 finds only the parts we leave out."""
    paid_claims = [
        one
        for one in faults(written(_era(CLAIM)))
        if "PER" not in one and "N3" not in one and "N4" not in one
    ]
    assert paid_claims == []


def test_a_total_that_does_not_add_up_is_a_fault() -> None:
    """The payment must be what its claims come to, less what the payer keeps back."""
    kept = ProviderAdjustment("", "WO", "OLD", 500)
    (era,), _ = read(written(_era(CLAIM, kept=(kept,))))
    assert era.faults == []
    assert era.total == 8500
    assert era.provider_adjustments[0].where.startswith("segment 17 (PLB)")
    (era,), _ = read(written(_era(CLAIM, off=1)))
    (fault,) = era.faults
    assert fault.startswith("payment TRACE1: 9001 was paid, but its claims come to 9000 and the payer's own")


@pytest.mark.parametrize(
    ("good", "bad", "why"),
    [
        ("CAS*CO*45*20**PR", "CAS*XX*45*20**PR", "CAS01: 'XX' is no adjustment group"),
        ("CAS*CO*45*20", "CAS*CO*45*2O", "CAS03: '2O' is no amount in USD"),
        ("CAS*CO*45*20", "CAS*CO**20", "an amount of 20 has no reason"),
        ("SVC*HC:99213*120", "SVC*99213*120", "SVC01: '99213' is no qualified code"),
        ("SVC*HC:99213*120", "SVC*HC:99213*120.001", "SVC02: '120.001' is no amount in USD"),
        ("DTM*472*20260302", "DTM*472*20260230", "DTM02: '20260230' is no date"),
        ("LQ*HE*N14", "LQ\x02*HE*N14", "is no segment name"),
        ("LQ*HE*N14", "QQ*HE*N14", "QQ is no segment of a remittance"),
        ("CLP*C1-1*1*", "CLP*C1-1*25*", "25 is an estimate and no answer"),
        ("CLP*C1-1*1*", "CLP*C1-1*99*", "'99' is no claim status that can be booked"),
        ("CLP*C1-1*1*", "CLP**1*", "CLP01 is empty"),
    ],
)
def test_a_broken_segment_sets_its_claim_aside_and_the_rest_is_read(good: str, bad: str, why: str) -> None:
    """The claim with the broken part waits with place and reason; the other one and the total hold."""
    text = written(_era(CLAIM, replace(CLAIM, claim_key="C2-1"))).replace("CAS*PR*1*10~\n", "")
    text = text.replace("CAS*CO*45*20~", "CAS*CO*45*20~\nCAS*PR*1*10~")
    good = good.removesuffix("**PR")
    bad = bad.removesuffix("**PR")
    at = text.index(good)
    (era,), _ = read(text[:at] + bad + text[at + len(good) :])
    assert [one.claim_key for one in era.claims] == ["C2-1"]
    ((where, reason),) = era.aside
    assert where.startswith("segment 9 (CLP), character ")
    assert why in reason
    assert era.faults == []


def test_a_lost_claim_is_seen_in_the_total() -> None:
    """A claim whose first segment is damaged takes its money from the total: nothing may be booked."""
    text = written(_era(CLAIM, replace(CLAIM, claim_key="C2-1"))).replace("CLP*C2-1", "C\x02P*C2-1")
    (era,), _ = read(text)
    assert era.faults
    assert era.aside


@pytest.mark.parametrize(
    ("good", "bad", "why"),
    [
        ("SE*15*0001", "SE*17*0001", "it counts 17, there are 15"),
        ("SE*15*0001", "SE*15*0002", "control number 0002, but ST has 0001"),
        ("GE*1*7", "GE*2*7", "it counts 2, there are 1"),
        ("GE*1*7", "GE*1*8", "control number 8, but GS has 7"),
        ("IEA*1*000000007", "IEA*1*000000008", "control number 000000008, but ISA has 000000007"),
    ],
)
def test_envelopes_must_agree(good: str, bad: str, why: str) -> None:
    """Counts and control numbers at the end are those of the beginning, or it is told with the place."""
    text = written(_era(CLAIM))
    assert good in text
    _, wrong = read(text.replace(good, bad))
    assert len(wrong) == 1
    assert wrong[0].endswith(why)


def test_what_is_no_remittance_is_refused() -> None:
    """Another file, another transaction, segments out of place: refused in one line, nothing is read."""
    text = written(_era(CLAIM))
    for wrong in ("", "hello", "ISA*00*", "ISA" + "a" * 200, "ISA*" + "x*" * 15 + "**~"):
        with pytest.raises(x12.NotX12, match=r"this is no X12 file: .*; nothing was read"):
            read(wrong)
    with pytest.raises(NoRemittance, match="the file holds 837, and no 835"):
        read(text.replace("ST*835", "ST*837"))
    for lost, why in (("ST*835*0001~\n", "outside of any transaction"), ("GS*HP", "does not belong here")):
        broken = text.replace(lost, "" if lost.endswith("\n") else "ST*HP")
        with pytest.raises(x12.BadEnvelope, match=why):
            read(broken)
    with pytest.raises(x12.BadEnvelope, match="closes nothing that is open"):
        read(text.replace("SE*15*0001~\n", ""))
    with pytest.raises(x12.BadEnvelope, match="its date 'x' is none"):
        read(text.replace("GS*HP*PAYER*KVITT*20260302", "GS*HP*PAYER*KVITT*x"))


def test_each_status_is_what_it_says() -> None:
    """Processed first, second and third, forwarded, denied and taken back."""
    text = written(_era(CLAIM))
    expected = {
        "2": "paid",
        "3": "paid",
        "4": "denied",
        "19": "paid",
        "20": "paid",
        "22": "reversed",
        "23": "pended",
    }
    for status, verdict in expected.items():
        (era,), _ = read(text.replace("CLP*C1-1*1", f"CLP*C1-1*{status}"))
        assert era.claims[0].verdict.value == verdict
        assert era.claims[0].forwarded == (status in {"19", "20", "23"})


def test_other_currencies_and_missing_heads() -> None:
    """A remittance in another currency is read in its own; one without its payment cannot be checked."""
    (era,), _ = read(written(replace(_era(CLAIM), currency="CAD")))
    assert era.currency == "CAD"
    text = written(_era(CLAIM))
    lost = text.replace(next(line for line in text.splitlines(keepends=True) if line.startswith("BPR")), "")
    (era,), wrong = read(lost)
    assert wrong
    assert era.faults[0] == "transaction 0001: BPR is missing, so its total cannot be checked"


def _line(position: int, code: str, amount: int, on: date = PAID_ON) -> ClaimLine:
    return ClaimLine(position, f"X{position}", on, Code("CPT", code), "", amount, amount)


def test_services_find_their_lines() -> None:
    """Our number where the payer repeats it, else code, amount and day, else whatever fits best."""
    lines = (_line(1, "A", 100), _line(2, "A", 200), _line(3, "B", 100), _line(4, "C", 50, date(2026, 1, 1)))
    claim = Claim("C1-1", "B1", "1", "p", "v", 1, "USD", lines)
    services_paid = (
        ServicePaid(50, 50, "C", service_on=date(2026, 1, 1)),
        ServicePaid(200, 200, "Z"),
        ServicePaid(100, 100, "A", position=3),
        ServicePaid(100, 60, "A"),
        ServicePaid(7, 7, "Q", adjustments=()),
    )
    paid = ClaimPaid("1", "C1-1", "", ClaimVerdict.PAID, 457, 417, (), services_paid)
    answer = ERA.answer(paid, claim)
    assert [(one.position, one.asked) for one in answer.lines] == [
        (4, 50),
        (2, 200),
        (3, 100),
        (1, 100),
        (None, 7),
    ]
    assert [one.position for one in ERA.answer(paid, None).lines] == [None]


def test_a_split_service_is_one_line_and_the_claims_own_adjustments_another() -> None:
    """What a payer splits comes together again, and everything still adds up."""
    halves = (replace(VISIT, asked=6000, paid=6000, adjustments=()), replace(VISIT, asked=6000, paid=3000))
    paid = replace(
        CLAIM, services=halves, paid=8500, adjustments=(Adjustment(AdjustmentGroup.PAYER, "B20", 500),)
    )
    claim = Claim("C1-1", "B1", "1", "p", "v", 1, "USD", (_line(1, "99213", 12000),))
    answer = ERA.answer(paid, claim)
    answer.check()
    assert [(one.position, one.asked, one.paid) for one in answer.lines] == [
        (1, 12000, 9000),
        (None, 0, -500),
    ]
    assert (answer.paid, answer.payment_reference, answer.their_reference) == (8500, "TRACE1", "THEIRS-1")
