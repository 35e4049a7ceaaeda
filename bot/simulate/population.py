"""Draws the people of a simulation, with their bills, by chance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.simulate.people import Behaviour, Owes, SimulatedPerson
from bot.simulate.places import NOWHERE

if TYPE_CHECKING:
    from bot.simulate.chance import Chance
    from bot.simulate.places import Setting

WEIGHTS: Final = {
    Behaviour.PAYS_EARLY: 14,
    Behaviour.PAYS_WHEN_REMINDED: 18,
    Behaviour.PAYS_LATE: 8,
    Behaviour.IGNORES: 12,
    Behaviour.KEEPS_PROMISES: 3,
    Behaviour.BREAKS_PROMISES: 2,
    Behaviour.KEEPS_PLANS: 4,
    Behaviour.BREAKS_PLANS: 3,
    Behaviour.PAYS_PARTS: 3,
    Behaviour.OVERPAYS: 2,
    Behaviour.BOUNCES: 1,
    Behaviour.DISPUTES: 3,
    Behaviour.HARDSHIP: 2,
    Behaviour.ASKS_FOR_AID: 1,
    Behaviour.STOPS: 3,
    Behaviour.STOPS_TWICE: 1,
    Behaviour.STOPS_AND_WRITES: 1,
    Behaviour.STOPS_AND_STARTS: 1,
    Behaviour.BLOCKS: 1,
    Behaviour.BAD_NUMBER: 1,
    Behaviour.WRONG_NUMBER: 1,
    Behaviour.DIES: 1,
    Behaviour.DIED: 1,
    Behaviour.LAWYER: 1,
    Behaviour.CRISIS: 0.5,
    Behaviour.SAYS_MINOR: 0.5,
    Behaviour.NONSENSE: 1,
    Behaviour.NIGHT: 2,
    Behaviour.CARD: 1,
    Behaviour.ASKS_FOR_PERSON: 1,
    Behaviour.ALREADY_PAID: 2,
    Behaviour.CURIOUS: 3,
    Behaviour.MOVES: 1,
    Behaviour.CHOOSES_HOURS: 1,
    Behaviour.NO_CONSENT: 1,
    Behaviour.UNSAFE: 0.5,
    Behaviour.SOLDIER: 1,
}
_FIRST: Final = (
    "Ada", "Bo", "Carla", "Dan", "Eva", "Finn", "Greta", "Hugo", "Iris", "Juan", "Karin", "Lena", "Marta",
    "Nils", "Olga", "Pablo", "Rosa", "Sven", "Tove", "Ulf", "Vera", "Walter", "Ylva", "Zoe",
)  # fmt: skip
_LAST: Final = (
    "Holm", "Carter", "Diaz", "Okafor", "Lind", "Berg", "Novak", "Silva", "Khan", "Young", "Moreno", "Falk",
)  # fmt: skip
_SERVICES: Final = ("Office visit", "Lab work", "X-ray", "Physiotherapy", "Vaccination", "Consultation")
CHILDREN: Final = 0.05
ORPHANS: Final = 0.01
SHARED_PHONES: Final = 0.04
ON_TELEGRAM: Final = 0.3
NOWHERE_SHARE: Final = 0.01
OLD_BILLS: Final = 0.04


class Population:
    """People of one setting, numbered from 1."""

    def __init__(self, setting: Setting, chance: Chance, start: date, days: int) -> None:
        self._setting = setting
        self._chance = chance
        self._start = start
        self._days = days
        self._bills = 0

    def draw(self, count: int) -> dict[str, SimulatedPerson]:
        """So many people, by id."""
        found: dict[str, SimulatedPerson] = {}
        while len(found) < count:
            person = self._person(len(found) + 1)
            found[person.id] = person
            lot = self._chance.random()
            if lot < CHILDREN and len(found) < count:
                child = self._child(len(found) + 1, person)
                found[child.id] = child
            elif lot < CHILDREN + SHARED_PHONES and len(found) < count:
                spouse = self._spouse(len(found) + 1, person)
                found[spouse.id] = spouse
            elif lot < CHILDREN + SHARED_PHONES + ORPHANS:
                person.born = self._start - timedelta(days=self._chance.randint(4000, 6000))
        return found

    def of_kind(self, number: int, kind: Behaviour) -> SimulatedPerson:
        """One person of a kind, somewhere in the setting."""
        return self._person(number, kind)

    def _person(self, number: int, kind: Behaviour | None = None) -> SimulatedPerson:
        chance = self._chance
        kind = kind or chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        place = NOWHERE if chance.random() < NOWHERE_SHARE else chance.choice(self._setting.places)
        addresses = {"sms": f"{place.prefix}{number:04d}"}
        agreed = self._start - timedelta(days=chance.randint(30, 200))
        consents = {"sms": agreed}
        if chance.random() < ON_TELEGRAM and kind not in _BY_NUMBER:
            addresses["telegram"] = f"{700_000 + number}"
            consents["telegram"] = agreed
        person = SimulatedPerson(
            id=f"c{number}",
            name=f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
            born=date(1930, 1, 1) + timedelta(days=chance.randint(0, 27_000)),
            language=chance.choice(place.languages),
            place=place,
            kind=kind,
            addresses=addresses,
            consents={} if kind is Behaviour.NO_CONSENT else consents,
            postal_code=f"{10_000 + number}",
            zones=place.zones,
            concerns=_CONCERNS.get(kind, {}),
        )
        person.bills = [self._bill() for _ in range(chance.choices((1, 2, 3, 4), (60, 25, 10, 5))[0])]
        return person

    def _child(self, number: int, parent: SimulatedPerson) -> SimulatedPerson:
        """A minor, whose parent is the guarantor; some come of age within the year."""
        age_days = self._chance.randint(400, 6500)
        child = self._without_phone(number, parent, self._start - timedelta(days=age_days))
        child.guarantor_id = parent.id
        return child

    def _spouse(self, number: int, other: SimulatedPerson) -> SimulatedPerson:
        """A person with the same phone, who signed the consent form too."""
        spouse = self._without_phone(number, other, other.born + timedelta(days=self._chance.randint(1, 900)))
        spouse.addresses = {"sms": other.addresses["sms"]}
        spouse.consents = {"sms": other.consents["sms"]} if "sms" in other.consents else {}
        spouse.concerns = dict(other.concerns)
        return spouse

    def _without_phone(self, number: int, other: SimulatedPerson, born: date) -> SimulatedPerson:
        last = other.name.split()[-1]
        others = [name for name in _FIRST if name != other.first_name]
        return SimulatedPerson(
            id=f"c{number}",
            name=f"{self._chance.choice(others)} {last}",
            born=born,
            language=other.language,
            place=other.place,
            kind=Behaviour.IGNORES,
            addresses={},
            bills=[self._bill()],
            postal_code=other.postal_code,
            zones=other.zones,
        )

    def _bill(self) -> Owes:
        chance = self._chance
        self._bills += 1
        issued = self._start + timedelta(days=chance.randint(-60, max(self._days - 60, -30)))
        if chance.random() < OLD_BILLS:
            issued = self._start - timedelta(days=chance.randint(850, 1200))
        amount = self._amount()
        covered = chance.choice((0, 0, 0, amount * 4))
        return Owes(
            f"B{self._bills}",
            issued,
            issued + timedelta(days=30),
            amount + covered,
            covered,
            chance.choice(_SERVICES),
            fee_agreed=chance.random() < 0.7,  # noqa: PLR2004
            estimate=max(amount - chance.choice((0, 10_000, 60_000)), 100) if chance.random() < 0.2 else None,  # noqa: PLR2004
        )

    def _amount(self) -> int:
        """Tiny, ordinary or large, in minor units."""
        unit = 1000 if self._setting.currency == "SEK" else 100
        low, high = self._chance.choices(((2, 24), (30, 900), (1000, 6000)), (6, 84, 10))[0]
        return self._chance.randint(low * unit, high * unit) + self._chance.choice((0, 0, 37))


_BY_NUMBER: Final = frozenset(
    {Behaviour.WRONG_NUMBER, Behaviour.BAD_NUMBER, Behaviour.UNSAFE, Behaviour.NO_CONSENT}
)
_CONCERNS: Final = {
    Behaviour.UNSAFE: {"unsafe_number": "an ex-partner reads it"},
    Behaviour.SOLDIER: {"military": "on duty"},
}
