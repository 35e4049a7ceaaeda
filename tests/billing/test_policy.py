"""Policies: those that come with Kvitt load, and a bad file gives one line that says what to fix."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from billing import policy
from billing.accounts.channels import Channel
from billing.calendar import is_bank_day, is_holiday
from billing.policy import BadPolicy, ContentClass

if TYPE_CHECKING:
    from pathlib import Path

GENERIC = (policy.FOLDER / "generic.toml").read_text()


@pytest.mark.parametrize("name", policy.names())
def test_every_shipped_policy_loads(name: str) -> None:
    """Each policy that comes with Kvitt is valid, named like its file, and carries version and sources."""
    found = policy.load(name)
    assert name == found.name
    assert len(found.version) == 12
    assert all(part.source for part in (found.window, found.caps, found.content, *found.levels))


@pytest.mark.parametrize("name", policy.names())
def test_every_shipped_policy_is_careful(name: str) -> None:
    """No amount before identity; at most 3 messages a week, apart; a final notice leaves time to answer."""
    found = policy.load(name)
    assert found.content.before_identity == ContentClass.NOTICE
    assert found.caps.per_person <= 3
    assert found.caps.min_gap_hours >= 24
    assert found.levels[-1].final
    assert found.placement.minimum_answer_days >= 8
    assert found.plan.source.startswith("our choice: free of interest and fees")


def test_everything_that_is_wrong_is_named_at_once_with_its_line(tmp_path: Path) -> None:
    """Each mistake is a line of its own: the file and line it is in, the key, and what to write there."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'extends = "se"\n[caps]\nper_person = 0\nper_house = 3\n\n[window]\nholiday = "SE"\n'
        '[[levels]]\nname = "firm"\nwait_days = "ten"\nchannels = ["fax"]\n[[fees]]\nid = "tip"\n'
        'kind = "reminder"\n'
    )
    with pytest.raises(BadPolicy) as refused:
        policy.load(str(file))
    said = {line.partition(f"policy {file}:")[2].partition(": ")[0] for line in refused.value.lines}
    assert said >= {
        "3, caps.per_person", "4, caps.per_house", "7, window.holiday", "10, levels.firm.wait_days",
        "11, levels.firm.channels.0", "13, fees.tip.amount",
    }  # fmt: skip
    assert not any("pydantic" in line or "Input" in line or "Field" in line for line in refused.value.lines)
    assert "did you mean holidays?" in str(refused.value)


def test_contradictions_are_named_at_once_too(tmp_path: Path) -> None:
    """Three rules that name a fee nobody lists are three lines."""
    file = tmp_path / "mine.toml"
    file.write_text(
        'extends = "se"\n[plan]\nfee = "a"\n[payments]\nbounce_fee = "b"\n'
        '[[levels]]\nname = "firm"\nfee = "c"\n'
    )
    with pytest.raises(BadPolicy) as refused:
        policy.load(str(file))
    assert len(refused.value.lines) == 3


@pytest.mark.parametrize("name", policy.every())
def test_a_source_is_public(name: str) -> None:
    """No rule leans on a paper that whoever runs Kvitt cannot read."""
    found = policy.load(name).model_dump_json()
    assert not re.search(r"\w+\.(md|txt|docx?)\b", found)


def test_a_value_that_was_changed_says_so_beside_the_source(tmp_path: Path) -> None:
    """The law named there did not say the new value: file, key and what it was are named with it."""
    file = tmp_path / "mine.toml"
    file.write_text('extends = "se"\n[caps]\nper_person = 1\ndays = 7\n')
    assert policy.load(str(file)).caps.source == "our choice; overridden in mine.toml: per_person = 1 (was 2)"
    file.write_text('extends = "se"\n[caps]\ndays = 7\n')
    assert policy.load(str(file)).caps.source == "our choice"


@pytest.mark.parametrize(
    ("name", "day", "closed"),
    [
        ("uk", date(2026, 4, 6), True),
        ("uk+wales", date(2026, 4, 6), True),
        ("uk+scotland", date(2026, 4, 6), False),
        ("uk+scotland", date(2026, 11, 30), True),
        ("uk", date(2026, 11, 30), False),
        ("uk+northern_ireland", date(2026, 3, 17), True),
        ("uk", date(2026, 3, 17), False),
    ],
)
def test_each_nation_of_the_united_kingdom_has_its_own_bank_holidays(
    name: str, day: date, closed: bool
) -> None:
    """Easter Monday, Saint Andrew's and Saint Patrick's are holidays here and workdays there."""
    found = policy.load(name)
    assert found.bank_days is not None
    assert is_holiday(day, found.window.holidays) is closed
    assert is_bank_day(day, found.bank_days.country) is not closed


def test_the_united_kingdom_gives_breathing_space_and_keeps_the_unverified_off() -> None:
    """Sixty days, and thirty after a treatment; notices of consumer credit cannot be switched on."""
    found = policy.load("uk")
    assert (found.holds.moratorium_days, found.holds.treatment_days) == (60, 30)
    assert "SI 2020/1311" in found.holds.source
    assert not found.unverified["consumer_credit_act_notices"].switchable
    assert (found.fees, found.interest) == ((), None)


def test_four_policies_are_shipped() -> None:
    """The names a person may write are known, in order."""
    assert policy.names() == ("generic", "se", "uk", "us")


def test_a_level_is_named_by_its_number() -> None:
    """The first level is number one."""
    found = policy.load("generic")
    assert [found.level(n).name for n in (1, 2, 3, 4)] == ["friendly", "reminder", "firm", "final"]


def test_the_version_follows_the_text(tmp_path: Path) -> None:
    """A changed file has another version, whatever it says about itself; the same text has the same one."""
    file = tmp_path / "mine.toml"
    file.write_text(GENERIC)
    same = policy.load(str(file))
    file.write_text(GENERIC.replace("per_person = 2", "per_person = 1"))
    assert policy.load("generic").version == same.version != policy.load(str(file)).version


def test_what_a_channel_may_carry_depends_on_identity() -> None:
    """Lines only to who has shown who they are; a sealed letter needs nobody to show it."""
    content = policy.load("generic").content
    assert content.most(Channel.SMS, identified=False) == ContentClass.NOTICE
    assert content.most(Channel.SMS, identified=True) == ContentClass.LINE_ITEMS
    assert content.most(Channel.LETTER, identified=False) == ContentClass.LINE_ITEMS
    assert content.most(Channel.EMAIL, identified=False) == ContentClass.NOTICE
    assert content.most(Channel.EMAIL, identified=True) == ContentClass.AMOUNT
    assert policy.load("us").content.most(Channel.TELEGRAM, identified=True) == ContentClass.AMOUNT


@pytest.mark.parametrize(
    ("right", "wrong", "key", "expected"),
    [
        (
            "per_person = 2",
            "per_person = 0",
            "caps.per_person",
            "write a whole number of at least 1 (found 0)",
        ),
        (
            "per_person = 2",
            'per_person = "two"',
            "caps.per_person",
            "write a whole number of at least 1 (found 'two')",
        ),
        ("per_person = 2\n", "", "caps.per_person", "is missing: write a whole number"),
        (
            "per_person = 2",
            "per_person = 2\nper_house = 4",
            "caps.per_house",
            "no such key here; the keys are source, per_bill, per_person",
        ),
        ('title = "Careful', 'titel = "Careful', "title", "is missing: write a text in quotes"),
        (
            '"telegram", "sms"',
            '"telegram", "fax"',
            "levels.friendly.channels.1",
            'write one of "sms", "whatsapp"',
        ),
        ('["telegram", "sms"]', "[]", "levels.friendly.channels", "is empty: write a list"),
        ('sms = "line_items"', 'sms = "everything"', "content.sms", "(found 'everything')"),
        ('sms = "line_items"', "sms = 7", "content.sms", "(found 7)"),
        ('mon = ["09:00", "18:00"]', 'mon = ["9 am", "18:00"]', "window.mon.0", "(found '9 am')"),
        ('mon = ["09:00", "18:00"]', 'mon = ["18:00", "09:00"]', "window", "opens before it closes"),
        ('mon = ["09:00", "18:00"]', 'mon = ["09:00", "09:00"]', "window", "opens before it closes"),
        ("[window]", '[window]\nholidays = "XX"', "window.holidays", "a code like SE or GB-SCT (found 'XX')"),
        ("[window]", '[window]\neves = ["24/12"]', "window.eves.0", "(found '24/12')"),
        ("[caps]", '[zones]\nSE = ["Stockholm"]\n[caps]', "zones.SE.0", "like Europe/Stockholm"),
        ("after_due_days = 14", "after_due_days = 3", "", "after_due_days must grow"),
        ("final = true", "final = false", "", "the last level, and only it, is final"),
        ("after_due_days = 3\n", "after_due_days = 3\nfinal = true\n", "", "and only it, is final"),
        ("years = 3", "years = 3\nregions = {US = 0}", "limitation.regions.US", "(found 0)"),
        (
            'counts_from = "issued"',
            'counts_from = "birth"',
            "limitation.counts_from",
            'write one of "issued", "due" (found',
        ),
    ],
)
def test_a_bad_policy_says_file_key_and_what_is_expected(
    tmp_path: Path, right: str, wrong: str, key: str, expected: str
) -> None:
    """One line names the file, the key, what was found and what was expected."""
    assert right in GENERIC
    file = tmp_path / "mine.toml"
    file.write_text(GENERIC.replace(right, wrong, 1))
    with pytest.raises(BadPolicy) as refused:
        policy.load(str(file))
    sentence = str(refused.value)
    found = re.fullmatch(
        rf"policy {re.escape(str(file))}(:\d+)?(, (.+?))?: (?P<said>.*)", sentence.splitlines()[0]
    )
    assert found, sentence
    named = [line for line in refused.value.lines if (f", {key}: " if key else ": ") in line]
    assert any(expected in line for line in named), sentence


def test_a_policy_without_any_open_day_is_refused(tmp_path: Path) -> None:
    """A window that never opens would keep every message for ever."""
    file = tmp_path / "mine.toml"
    lines = [line for line in GENERIC.splitlines() if line[:4] not in {f"{day} " for day in policy.DAYS}]
    file.write_text("\n".join(lines))
    with pytest.raises(BadPolicy, match=r", window: .*needs at least one day with hours"):
        policy.load(str(file))


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"name = \n[", "is not TOML: .*line 1"), (b"\xff\xfe", "is not TOML"), (b"", "name: is missing")],
)
def test_what_is_no_policy_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Broken TOML, bytes that are no text, and an empty file are refused with the place."""
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(BadPolicy, match=said):
        policy.load(str(file))


def test_an_unknown_name_lists_the_known_ones() -> None:
    """A misspelt policy is answered with the names there are."""
    with pytest.raises(
        BadPolicy, match="policy sweden: is none of generic, se, uk, us and no such file exists"
    ):
        policy.load("sweden")


@pytest.mark.parametrize(
    ("name", "why"), [("", "is no name"), ("/", "cannot be read: "), ("x" * 300, "cannot be read: ")]
)
def test_a_path_that_cannot_be_read_is_refused(name: str, why: str) -> None:
    """A folder, an impossible path or nothing at all is a refusal, not a crash."""
    with pytest.raises(BadPolicy, match=why):
        policy.load(name)


@pytest.mark.parametrize("name", policy.every())
def test_every_overlay_loads_and_keeps_what_it_does_not_change(name: str) -> None:
    """Each policy with each of its overlays is valid, named as it was asked for, and has its own version."""
    found, base = policy.load(name), policy.load(name.split("+", maxsplit=1)[0])
    assert name == found.name
    assert found.zones == base.zones
    assert [level.template for level in found.levels] == [level.template for level in base.levels]
    assert (found.version == base.version) is (name == base.name)


def test_overlays_may_be_combined() -> None:
    """A hospital in New York City obeys both: the later one wins where they speak of the same thing."""
    found = policy.load("us+nonprofit_hospital+nyc")
    assert found.placement.after_issued_days == 120
    assert found.identity.proof_for == ("contact_details", "payment_plan")


def test_an_unknown_overlay_lists_the_known_ones() -> None:
    """A misspelt overlay is answered with those there are."""
    with pytest.raises(BadPolicy, match=r"us has the overlays ca_hospital, care, ma, .*\(found boston\)"):
        policy.load("us+boston")


def test_a_file_may_extend_a_policy(tmp_path: Path) -> None:
    """A file of one's own holds only what differs; levels are merged by their name."""
    file = tmp_path / "mine.toml"
    file.write_text('extends = "se"\nname = "mine"\n[[levels]]\nname = "final"\nafter_due_days = 60\n')
    mine, se = policy.load(str(file)), policy.load("se")
    old = se.levels[-1]
    changed = f"{old.source}; overridden in mine.toml: after_due_days = 60 (was {old.after_due_days})"
    assert mine.levels[:-1] == se.levels[:-1]
    assert mine.levels[-1] == se.levels[-1].model_copy(update={"after_due_days": 60, "source": changed})
    assert mine.version != se.version


@pytest.mark.parametrize("extended", ['"mine.toml"', "7"])
def test_a_policy_that_extends_itself_is_refused(tmp_path: Path, extended: str) -> None:
    """A circle, or something that is no name, is refused with the key."""
    file = tmp_path / "mine.toml"
    file.write_text(f"extends = {extended.replace('mine.toml', str(file))}\n")
    with pytest.raises(BadPolicy, match="extends: names one policy"):
        policy.load(str(file))


def test_an_unverified_rule_is_off_until_it_is_switched_on_by_name(tmp_path: Path) -> None:
    """The unconfirmed rate is listed and not used; a file that names it uses it beside the others."""
    file = tmp_path / "mine.toml"
    file.write_text('extends = "se"\nswitch_on = ["reference_rate_2026_h2"]\n')
    off, on = policy.load("se"), policy.load(str(file))
    assert off.interest is not None
    assert on.interest is not None
    assert "reference_rate_2026_h2" in off.unverified
    assert "reference_rate_2026_h2" not in on.unverified
    assert len(on.interest.rates) == len(off.interest.rates) + 1
    file.write_text('extends = "se"\nswitch_on = ["moonshine"]\n')
    with pytest.raises(BadPolicy, match="switch_on: names an unverified rule of this policy: reference_rate"):
        policy.load(str(file))


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("[[fees]]\nid = 'reminder'\namount = 61\n", "61 is more than lag"),
        ("[[levels]]\nname = 'firm'\nfee = 'tip'\n", "charges fee tip, which"),
        ("[plan]\nfee = 'tip'\n", "fee tip is not listed"),
        (
            "[checklist]\nblocks = ['unbooked_money', 'proof_sent']\nasks = ['unbooked_money']\n",
            "without being asked",
        ),
        (
            "[[interest.rates]]\nsince = 2026-01-05\nuntil = 2026-02-01\npercent = '1'\nsource = 'x'\n",
            "two reference",
        ),
        (
            "[[interest.rates]]\nsince = 2030-01-05\nuntil = 2029-02-01\npercent = '1'\nsource = 'x'\n",
            "before it begins",
        ),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(tmp_path: Path, added: str, said: str) -> None:
    """A fee above what the law allows, a fee nobody listed, two rates on one day: refused when it is read."""
    file = tmp_path / "mine.toml"
    file.write_text(f'extends = "se"\n{added}')
    with pytest.raises(BadPolicy, match=said):
        policy.load(str(file))


def test_a_rule_that_is_only_known_of_cannot_be_switched_on(tmp_path: Path) -> None:
    """Whoever switches on what does nothing is told, instead of believing that it holds."""
    file = tmp_path / "mine.toml"
    file.write_text('extends = "se+care"\nswitch_on = ["medicine_ceiling"]\n')
    with pytest.raises(BadPolicy, match=r"switch_on: .* not built yet \(found 'medicine_ceiling'\)"):
        policy.load(str(file))


def test_what_an_overlay_keeps_keeps_its_source() -> None:
    """A part of which an overlay changes one value names both: where that comes from, and the rest."""
    placement = policy.load("us+ca_hospital").placement
    assert placement.source.startswith("Cal. HSC 127425")
    assert placement.source.endswith(f"; for the rest: {policy.load('us').placement.source}")
    assert "for the rest" not in policy.load("us+ma").caps.source


def test_whatsapp_answers_and_reminds_only_where_the_policy_says_so(tmp_path: Path) -> None:
    """A level or a notice that lists WhatsApp goes by it only once whatsapp_reminders is set."""
    file = tmp_path / "mine.toml"
    firm = '[[levels]]\nname = "firm"\nchannels = ["whatsapp", "sms"]\n'
    listed = f'extends = "us"\n{firm}[announcement]\nchannels = ["whatsapp"]\n'
    file.write_text(listed)
    off = policy.load(str(file))
    assert off.level(3).channels == (Channel.SMS,)
    assert off.level(0).channels == ()
    file.write_text(f"{listed}[content]\nwhatsapp_reminders = true\n")
    on = policy.load(str(file))
    assert on.level(3).channels == on.reminding((Channel.WHATSAPP, Channel.SMS))
    assert on.level(3).channels == (Channel.WHATSAPP, Channel.SMS)
    assert off.level(1) is off.levels[0]


def test_the_ceiling_of_the_law_is_the_last_one_that_somebody_verified(tmp_path: Path) -> None:
    """The sums of 2025 hold only where they are switched on; each is in the order of its day."""
    care = policy.load("se+care").patient_ceiling
    assert care is not None
    assert [one.amount for one in care.ceilings] == [120_000, 130_000, 140_000]
    file = tmp_path / "mine.toml"
    file.write_text('extends = "se+care"\nswitch_on = ["ceiling_2025"]\n')
    mine = policy.load(str(file)).patient_ceiling
    assert mine is not None
    assert mine.ceilings[-1].amount == 145_000


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ('id = "a"\nname = "A"\n', "a discount needs steps"),
        ('id = "a"\nname = "A"\nkind = "referral"\n', "needs refer_below and refer_to"),
        ('id = "a"\nname = "A"\nsteps = [{up_to = 200, off = 100}]\n', r"no \[poverty_line\]"),
        ('id = "a"\nname = "A"\nkind = "ceiling"\n', r"needs \[patient_ceiling\]"),
        (
            'id = "a"\nname = "A"\nsteps = [{up_to = 200, off = 50}, {up_to = 300, off = 60}]\n',
            "steps take less off",
        ),
    ],
)
def test_a_programme_that_cannot_be_worked_out_is_refused(tmp_path: Path, added: str, said: str) -> None:
    """Steps without a line to measure by, or that give more to who earns more, are no programme."""
    file = tmp_path / "mine.toml"
    file.write_text(f'extends = "us"\n[[aid_programmes]]\nsource = "x"\n{added}')
    with pytest.raises(BadPolicy, match=said):
        policy.load(str(file))


@pytest.mark.parametrize(
    ("rules", "match"),
    [({"topics": ["services"]}, "must hold bills"), ({"days_to_pay": 13}, "must not be below")],
)
def test_obligations_that_cannot_be_kept_are_refused(rules: dict[str, object], match: str) -> None:
    """Whoever owes is written to about that, and no agreed term is shorter than the least there is."""
    whole = policy.load("generic").model_dump(exclude={"version"}) | {"obligations": {"source": "x"} | rules}
    with pytest.raises(ValidationError, match=match):
        policy.Policy.model_validate(whole)
