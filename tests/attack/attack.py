"""The attack: guesses and stories on every day at every entrance, and customers who must be let in anyway."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Final

from billing.accounts.channels import Channel
from tests.attack.street import Street, dates, learned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from storage.database.transaction import Database
    from tests.attack.entrances import Entrances
    from tests.attack.street import Counts, Victim

RIGHT_AT: Final = 20
"""The place of the right answer among the guesses: beyond what a year of locks lets anybody try."""
RIGHT_CODE_AT: Final = 12
"""The same of codes on a shared phone: seven weeks of locks let eleven be tried, bought tries thirteen."""
NOT_THE_CUSTOMER: Final = (
    "this is her daughter, she died", "I have power of attorney for my dad", "how much does my dad owe",
    "I'm his colleague", "wrong number", "I am a widow", "STOP texting, this is his wife", "soy su hija",
    "jag är hennes dotter", "I'm 12",
)  # fmt: skip
INSTEAD: Final = ("this is her roommate", "soy su hija", "jag är hennes dotter", "I'm his colleague")
"""Somebody else, also where the customer has identified; none of it stops reminders by itself."""


def attack(
    database: Database,
    *,
    victims: int,
    days: int,
    a_day: int,
    honest: int,
    entrances: Entrances | None = None,
) -> Counts:
    """Attack ``victims`` customers on so many days, ``a_day`` guesses each; then let honest ones in."""
    street = Street(database, entrances)
    people = [street.victim(number) for number in range(1, victims + 1)]
    _look_in(street, people)
    running = [
        play(street, one, a_day)
        for number, one in enumerate(people)
        for play in _SCRIPTS[number % len(_SCRIPTS)]
    ]
    robbed = [street.victim(victims + number) for number in range(1, victims // 4 + 2)]
    running += [_guesses_codes(street, one, a_day) for one in robbed]
    enrolling = [street.victim(2 * victims + number) for number in range(1, victims // 8 + 2)]
    running += [_enrols(street, one, a_day) for one in enrolling]
    apart = iter(range(4 * victims + honest + 20, 5 * victims + honest + 40))
    for play in (_buys_codes, _moves_numbers, _is_written_to):
        running += [play(street, street.victim(next(apart)), a_day) for _ in range(victims // 12 + 1)]
    for day in range(days):
        street.passes()
        for script in running:
            next(script)
        if day % 7 == 0 or day == days - 1:
            _look_in(street, people)
    for number in range(honest):
        street.counts.honest += 1
        street.counts.reached += _HONEST[number % len(_HONEST)](
            street, street.victim(3 * victims + 10 + number)
        )
    return street.counts


def _look_in(street: Street, people: list[Victim]) -> None:
    """Every customer asks in their own chat, whatever was tried elsewhere."""
    for one in people:
        if not learned(_identifies(street, one.phone, one.born)):
            street.counts.locked_out.append(f"{one.id} on {street.world.now.date()}")


def _identifies(street: Street, address: str, born: date, channel: Channel = Channel.SMS) -> list[str]:
    asked = street.says(address, "what do I owe?", channel)
    return asked if learned(asked) else street.says(address, born.isoformat(), channel)


def _guesses_in_chat(street: Street, one: Victim, a_day: int) -> Iterator[None]:
    """One date after another on a phone on file that a stranger has; while it is locked, the right one."""
    guesses = dates(one.born, RIGHT_AT)
    while True:
        for _ in range(a_day):
            locked = "identity.locked" in "".join(street.says(one.second, "balance"))
            replies = street.says(one.second, (one.born if locked else next(guesses)).isoformat())
            street.counts.tried("chat", learned=learned(replies), who=one.id)
        yield


def _guesses_on_page(street: Street, one: Victim, a_day: int) -> Iterator[None]:
    """The same on a page whose link was forwarded, much more often."""
    token, guesses = street.link(one, one.phone), dates(one.born, RIGHT_AT)
    while True:
        for _ in range(25 * a_day):
            born = one.born if street.closed(token) else next(guesses)
            street.counts.tried("page", learned=street.opens(token, born), who=one.id)
        yield


def _tells_who(street: Street, one: Victim, a_day: int) -> Iterator[None]:
    """Somebody else on a phone on file, who says so, has every right answer, and asks again and again."""
    number = int(one.id[1:])
    address, asks = (
        f"+1458555{number:04d}",
        cycle(("balance", "STOP", "START", "payment plan", "what do I owe")),
    )
    street.on_file(one, address)
    token = street.link(one, address)
    street.says(address, NOT_THE_CUSTOMER[number % len(NOT_THE_CUSTOMER)])
    while True:
        for _ in range(a_day):
            street.says(address, next(asks))
            replies = street.says(address, one.born.isoformat())
            street.counts.tried("chat of somebody else", learned=learned(replies), who=one.id)
            street.counts.tried("page of somebody else", learned=street.opens(token, one.born), who=one.id)
            street.counts.tried("payment", learned=street.pays(one, address), who=one.id)
        yield


def _opens_links(street: Street, one: Victim, a_day: int) -> Iterator[None]:  # noqa: ARG001 - as the others
    """Somebody else in the app, with a deep link that was meant for the customer, and with made-up ones."""
    number = int(one.id[1:])
    chat = f"tg{number}"
    street.says(chat, NOT_THE_CUSTOMER[number % len(NOT_THE_CUSTOMER)], Channel.TELEGRAM)
    while True:
        token = street.invitation(one)
        for tried in (token, f"{token[:-1]}!"):
            street.counts.tried("deep link", learned=street.opens_chat(tried, chat), who=one.id)
        street.says(chat, "balance", Channel.TELEGRAM)
        replies = street.says(chat, one.born.isoformat(), Channel.TELEGRAM)
        street.counts.tried("chat of nobody", learned=learned(replies), who=one.id)
        yield


def _guesses_codes(street: Street, one: Victim, a_day: int) -> Iterator[None]:
    """A thief with the phone and the birth date, who wants the second answer."""
    _identifies(street, one.phone, one.born)
    codes = iter([*(f"{10000 + number}" for number in range(RIGHT_AT)), *[one.code] * 10_000])
    while True:
        for _ in range(a_day):
            asked = "".join(street.says(one.phone, "check my contact details"))
            if "identity.ask" in asked or "identity.still" in asked:
                asked = "".join(street.says(one.phone, one.born.isoformat()))
            code = one.code if "identity.locked" in asked else next(codes)
            replies = street.says(one.phone, code)
            known = "contact_details.confirm" in "".join(replies)
            street.counts.tried("second answer", learned=known, who=one.id)
        yield


def _buys_codes(street: Street, one: Victim, a_day: int) -> Iterator[None]:
    """The same on a shared phone, where the birth date is given anew between the codes."""
    street.shares(one, one.phone)
    codes = iter([*(f"{10000 + number}" for number in range(RIGHT_CODE_AT)), *[one.code] * 10_000])
    while True:
        for _ in range(a_day):
            street.says(one.phone, "someone else")
            _identifies(street, one.phone, one.born)
            asked = "".join(street.says(one.phone, "check my contact details"))
            # Where no code is asked for none is compared: the guess is kept, and the right one is tried.
            code = next(codes) if "identity.postal_code" in asked else one.code
            replies = street.says(one.phone, code)
            known = "contact_details.confirm" in "".join(replies)
            street.counts.tried("second answer on a shared phone", learned=known, who=one.id)
        yield


def _moves_numbers(street: Street, one: Victim, a_day: int) -> Iterator[None]:
    """A number was given in a chat where somebody else writes by now: a yes comes all the same."""
    number = int(one.id[1:])
    day = 0
    while True:
        for _ in range(a_day):
            day += 1
            chat, new = (f"+1{area}{200 + number % 700}{day:04d}" for area in (425, 253))
            street.on_file(one, chat)
            street.asks_to_move(one, chat, new)
            street.says(chat, INSTEAD[day % len(INSTEAD)])
            street.says(new, "yes")
            street.counts.tried("new number", learned=street.reached_at(one, new), who=one.id)
        yield


def _is_written_to(street: Street, one: Victim, a_day: int) -> Iterator[None]:  # noqa: ARG001 - as the others
    """Somebody else at a phone on file, who said so, waits for what is sent there unsolicited."""
    address = one.phone
    street.says(address, INSTEAD[int(one.id[1:]) % len(INSTEAD)])
    while True:
        written = street.would_write_to(one, address)
        street.counts.tried("unsolicited message", learned=written, who=one.id)
        yield


def _enrols(street: Street, one: Victim, a_day: int) -> Iterator[None]:
    """Somebody registers with one date after another: who is not linked tries it again later."""
    address, guesses = f"+1360555{int(one.id[1:]):04d}", dates(one.born, RIGHT_AT)
    street.on_file(one, address)
    born, refused = next(guesses), True
    while True:
        for _ in range(a_day):
            if not refused:  # taken for the one who was registered last
                street.says(address, "someone else")
            for answer in ("register", "Bo Ek", born.isoformat(), "1 Elm St", "none", "none", "yes"):
                street.says(address, answer)
            asked = "".join(street.says(address, "balance"))
            replies = "".join(street.says(address, born.isoformat()))
            street.counts.tried("enrolment", learned="$" in replies, who=one.id)
            # While it is locked no date is compared, and none is used up.
            refused = any(f"identity.{why}" in asked + replies for why in ("again", "locked"))
            born = born if refused else next(guesses)
        yield


def _by_chat(street: Street, one: Victim) -> bool:
    """In the chat, after one slip."""
    street.says(one.phone, "what do I owe?")
    street.says(one.phone, "1980-13-01")
    street.says(one.phone, "1979-01-01")
    return learned(street.says(one.phone, one.born.isoformat()))


def _by_page(street: Street, one: Victim) -> bool:
    """On the page of a bill, after one slip."""
    token = street.link(one, one.phone)
    return not street.opens(token, one.born.replace(year=1979, day=1)) and street.opens(token, one.born)


def _by_deep_link(street: Street, one: Victim) -> bool:
    """In the app, by a deep link."""
    chat = f"tg-{one.id}"
    connected = street.opens_chat(street.invitation(one), chat)
    return connected and learned(_identifies(street, chat, one.born, Channel.TELEGRAM))


def _by_payment(street: Street, one: Victim) -> bool:
    """From the chat to the payment page."""
    return learned(_identifies(street, one.phone, one.born)) and street.pays(one, one.phone)


def _by_second_answer(street: Street, one: Victim) -> bool:
    """To the details on file, after one slip in the postal code."""
    balance = learned(_identifies(street, one.phone, one.born))
    street.says(one.phone, "check my contact details")
    street.says(one.phone, "10000")
    return balance and "contact_details.confirm" in "".join(street.says(one.phone, one.code))


_SCRIPTS: Final[tuple[tuple[Callable[[Street, Victim, int], Iterator[None]], ...], ...]] = (
    (_guesses_on_page,), (_guesses_in_chat, _guesses_on_page), (_tells_who,), (_opens_links,),
)  # fmt: skip
"""What is tried on a customer: apart, because a lock would hide what another entrance lets through."""
_HONEST: Final[tuple[Callable[[Street, Victim], bool], ...]] = (
    _by_chat, _by_page, _by_deep_link, _by_payment, _by_second_answer,
)  # fmt: skip
