"""Draws the people of a simulation, with their bills, by chance."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from bot.simulate.people import Kind, Owes, Person
from bot.simulate.places import NOWHERE

if TYPE_CHECKING:
    from bot.simulate.chance import Chance
    from bot.simulate.places import Scene

WEIGHTS: Final = {
    Kind.PAYS_EARLY: 14,
    Kind.PAYS_WHEN_REMINDED: 18,
    Kind.PAYS_LATE: 8,
    Kind.IGNORES: 12,
    Kind.KEEPS_PROMISES: 3,
    Kind.BREAKS_PROMISES: 2,
    Kind.KEEPS_PLANS: 4,
    Kind.BREAKS_PLANS: 3,
    Kind.PAYS_PARTS: 3,
    Kind.OVERPAYS: 2,
    Kind.BOUNCES: 1,
    Kind.DISPUTES: 3,
    Kind.HARDSHIP: 2,
    Kind.ASKS_FOR_AID: 1,
    Kind.STOPS: 3,
    Kind.STOPS_TWICE: 1,
    Kind.STOPS_AND_WRITES: 1,
    Kind.STOPS_AND_STARTS: 1,
    Kind.BLOCKS: 1,
    Kind.BAD_NUMBER: 1,
    Kind.WRONG_NUMBER: 1,
    Kind.DIES: 1,
    Kind.DIED: 1,
    Kind.LAWYER: 1,
    Kind.CRISIS: 0.5,
    Kind.SAYS_MINOR: 0.5,
    Kind.NONSENSE: 1,
    Kind.NIGHT: 2,
    Kind.CARD: 1,
    Kind.ASKS_FOR_PERSON: 1,
    Kind.ALREADY_PAID: 2,
    Kind.CURIOUS: 3,
    Kind.MOVES: 1,
    Kind.CHOOSES_HOURS: 1,
    Kind.NO_CONSENT: 1,
    Kind.UNSAFE: 0.5,
    Kind.SOLDIER: 1,
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
    """People of one scene, numbered from 1."""

    def __init__(self, scene: Scene, chance: Chance, start: date, days: int) -> None:
        self._scene = scene
        self._chance = chance
        self._start = start
        self._days = days
        self._bills = 0

    def draw(self, count: int) -> dict[str, Person]:
        """So many people, by id."""
        found: dict[str, Person] = {}
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

    def of_kind(self, number: int, kind: Kind) -> Person:
        """One person of a kind, somewhere in the scene."""
        return self._person(number, kind)

    def _person(self, number: int, kind: Kind | None = None) -> Person:
        chance = self._chance
        kind = kind or chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        place = NOWHERE if chance.random() < NOWHERE_SHARE else chance.choice(self._scene.places)
        addresses = {"sms": f"{place.prefix}{number:04d}"}
        agreed = self._start - timedelta(days=chance.randint(30, 200))
        consents = {"sms": agreed}
        if chance.random() < ON_TELEGRAM and kind not in _BY_NUMBER:
            addresses["telegram"] = f"{700_000 + number}"
            consents["telegram"] = agreed
        person = Person(
            id=f"c{number}",
            name=f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
            born=date(1930, 1, 1) + timedelta(days=chance.randint(0, 27_000)),
            language=chance.choice(place.languages),
            place=place,
            kind=kind,
            addresses=addresses,
            consents={} if kind is Kind.NO_CONSENT else consents,
            postal_code=f"{10_000 + number}",
            zones=place.zones,
            concerns=_CONCERNS.get(kind, {}),
        )
        person.bills = [self._bill() for _ in range(chance.choices((1, 2, 3, 4), (60, 25, 10, 5))[0])]
        return person

    def _child(self, number: int, parent: Person) -> Person:
        """Somebody under age, whose bills the parent answers for; some grow up within the year."""
        age_days = self._chance.randint(400, 6500)
        child = self._without_phone(number, parent, self._start - timedelta(days=age_days))
        child.guarantor_id = parent.id
        return child

    def _spouse(self, number: int, other: Person) -> Person:
        """Somebody with the same phone, who signed the form too."""
        spouse = self._without_phone(number, other, other.born + timedelta(days=self._chance.randint(1, 900)))
        spouse.addresses = {"sms": other.addresses["sms"]}
        spouse.consents = {"sms": other.consents["sms"]} if "sms" in other.consents else {}
        spouse.concerns = dict(other.concerns)
        return spouse

    def _without_phone(self, number: int, other: Person, born: date) -> Person:
        last = other.name.split()[-1]
        others = [name for name in _FIRST if name != other.first_name]
        return Person(
            id=f"c{number}",
            name=f"{self._chance.choice(others)} {last}",
            born=born,
            language=other.language,
            place=other.place,
            kind=Kind.IGNORES,
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
        unit = 1000 if self._scene.currency == "SEK" else 100
        low, high = self._chance.choices(((2, 24), (30, 900), (1000, 6000)), (6, 84, 10))[0]
        return self._chance.randint(low * unit, high * unit) + self._chance.choice((0, 0, 37))


_BY_NUMBER: Final = frozenset({Kind.WRONG_NUMBER, Kind.BAD_NUMBER, Kind.UNSAFE, Kind.NO_CONSENT})
_CONCERNS: Final = {
    Kind.UNSAFE: {"unsafe_number": "an ex-partner reads it"},
    Kind.SOLDIER: {"military": "on duty"},
}
