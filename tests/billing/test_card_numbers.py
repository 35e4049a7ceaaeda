"""Card numbers in what people write: all are masked, and nothing else is."""

import random  # noqa: TID251 - texts are drawn by a seed
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from stdnum import luhn

from billing.bills.reference_numbers import reference_for
from billing.card_numbers import masked, masked_numbers, masked_parts
from tests.tables import each_row

TESTS = Path(__file__).parents[1]
CARD = "4111111111111111"
PREFIXES = (
    ("4", 16),
    ("53", 16),
    ("2300", 16),
    ("34", 15),
    ("36", 14),
    ("6011", 16),
    ("3530", 16),
    ("62", 19),
)
GAPS = (
    "", " ", "  ", "-", " - ", "/", " / ", ",", ", ", "_", "\n", "\r\n", ".", " . ", ":", "|", "\t", "\u200b",
    "\u00a0", "\u2009", "\u2011", " \u2013 ", "…", "\U0001f600", " \U0001f449\U0001f3fd ", "+", "*", ";", "~",
    " y ", " and ", " och ", " then ", "x", "<br>", " \\n ", "--", ") (", "·",
)  # fmt: skip
SCRIPTS = "0\u0660\u06f0\u0966\u0e50\uff10\U0001d7ce\U0001d7d8"


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - drawn by a seed


def _card(chance: random.Random) -> str:
    prefix, length = chance.choice(PREFIXES)
    body = prefix + "".join(chance.choice("0123456789") for _ in range(length - 1 - len(prefix)))
    return body + luhn.calc_check_digit(body)


def _groups(digits: str) -> list[str]:
    sizes = {14: (4, 6, 4), 15: (4, 6, 5)}.get(len(digits), (4, 4, 4, 4, 3))
    places = [sum(sizes[:count]) for count in range(len(sizes) + 1)]
    return [part for one, other in pairwise(places) if (part := digits[one:other])]


@each_row(
    ("text", "expected"),
    [
        ("4111  1111  1111  1111", "****1111"),
        ("4111 1111 1111 y 1111", "****1111"),
        ("4111 1111 1111, ending in 1111", "****1111"),
        ("4111-1111 1111/1111", "****1111"),
        ("4111 (and) 1111 [then] 1111 … 1111", "****1111"),
        ("411111 1111111111", "****1111"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "****1111"),
        ("41,11,11,11,11,11,11,11", "****1111"),
        ("4️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣1️⃣", "****1111"),
        ("④①①①①①①①①①①①①①①①", "****1111"),
        ("visa4111111111111111exp", "visa****1111exp"),
        ("卡号4111111111111111请", "卡号****1111请"),
        ("+4111 1111 1111 1111", "+****1111"),
        ("+46 70 123 45 67 4111 1111 1111 1111", "+46 70 123 45 67 ****1111"),
        ("I pay 50 USD 4111 1111 1111 1111", "I pay 50 USD ****1111"),
        ("6011 1111 1111 1117 / 5555 5555 5555 4444", "****1117 / ****4444"),
        ("5018 0000 0009", "****0009"),
        ("4111 1111 1111 1111 123", "****1111 ***"),
        ("4111 1111 1111 1111 12/27 123", "****1111 **/** ***"),
        ("3782 822463 10005, 08/2028, 1234", "****0005, **/**, ***"),
        ("4111 1111 1111 1111 exp 12/27 cvc 123", "****1111 exp **/** cvc ***"),
        ("CVV: 123", "CVV: ***"),
        ("4111 1111 1111 1111 on 12/27", "****1111 on 12/27"),
        ("4111 1111 1111 1111 500 kr", "****1111 500 kr"),
    ],
)
def test_a_card_number_keeps_its_last_four_digits(text: str, expected: str) -> None:
    """Whatever short thing is between the groups, the number goes, and with it the code and the validity."""
    assert expected == masked(text)
    assert expected == masked(expected)


@each_row(
    "text",
    [
        "4111 1111 1111 1112",
        "OCR 4532015112830366",
        "+46701234567 or 070-123 45 67",
        "SE45 5000 0000 0583 9825 7466",
        "DE89 3704 0044 0532 0130 00",
        "4000 kr, 3500 kr, 2000 kr, 1500 kr",
        "2027-01-25, $1,250.50",
        "19900101-1234",
        "a4111111111111111",
        "3f4532015112830366ab",
        "****1111 123456",
    ],
)
def test_other_numbers_keep_their_digits(text: str) -> None:
    """References, phones, dates, amounts, account numbers and digests are no cards."""
    assert text == masked(text)


def test_what_we_issued_is_no_card() -> None:
    """A number that is a reference of ours remains, even if it would pass as a card's."""
    text = "I paid 4111 1111 1111 1111, was it 4242 4242 4242 4242?"
    assert masked(text, {CARD}.__contains__) == "I paid 4111 1111 1111 1111, was it ****4242?"


def test_cards_of_every_issuer_are_all_masked() -> None:
    """Cards of every issuer, in digits of any script, with every gap, anywhere in a text."""
    chance, kept = _chance(7), []
    for _ in range(1500):
        digits = _card(chance)
        zero = chance.choice(SCRIPTS)
        written = chance.choice(GAPS).join(_groups(digits))
        written = "".join(chr(ord(zero) + int(one)) if one in "0123456789" else one for one in written)
        text = chance.choice(("{}", "my card is {} thanks", "pay 500: {}", "{}\nKim")).format(written)
        if f"****{digits[-4:]}" not in masked(text):
            kept.append(text)
    assert kept == []


def _payment_text(chance: random.Random) -> str:
    def digits(count: int) -> str:
        return str(chance.randint(1, 9)) + "".join(chance.choice("0123456789") for _ in range(count - 1))

    number = chance.randint(1, 99_999_999)
    parts = (
        f"{chance.choice(('OCR', 'ref', 'reference', 'betalning', 'referencia'))} {reference_for(number)}",
        f"{chance.choice(('invoice', 'faktura', 'factura', 'bill'))} {number}",
        f"{chance.choice(('INV-', 'B', '2026-'))}{number:08d}",
        f"bankgiro {digits(4)}-{digits(4)}, OCR {reference_for(number)}",
        f"IBAN SE45 5000 0000 0583 9825 7466, {digits(4)} kr",
        f"member W{digits(9)}",
        f"claim K-{digits(10)}",
        f"tel +467{digits(8)}",
        f"07{digits(1)}-{digits(3)} {digits(2)} {digits(2)}",
        f"({digits(3)}) {digits(3)}-{digits(4)} or {digits(3)}-{digits(3)}-{digits(4)}",
        f"+1 {digits(3)} {digits(3)} {digits(4)}",
        f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
        f"{chance.randint(1, 28)}/{chance.randint(1, 12)}/2026",
        f"{chance.randint(1, 12)}/{chance.randint(1, 28)}/26",
        f"${digits(1)},{digits(3)}.{digits(2)}",
        f"{digits(2)} {digits(3)},{digits(2)} kr",
        f"{digits(4)} SEK",
        f"{digits(4)} USD on {chance.randint(1, 28)} March",
    )
    joint = chance.choice((", ", " ", "\n", " and ", " y ", " / ", "; "))
    return joint.join(chance.sample(parts, chance.randint(2, 4)))


def _lines() -> Iterator[str]:
    for file in sorted((TESTS / "messages").rglob("*")):
        if file.suffix in {".txt", ".py"} and file.name != "test_redaction.py":
            yield from file.read_text(encoding="utf-8").splitlines()


def test_no_reference_date_phone_or_amount_is_masked() -> None:
    """Of every line of the tests of messages, and of two thousand texts about payments, none is changed."""
    chance = _chance(16)
    texts = [*_lines(), *(_payment_text(chance) for _ in range(2000))]
    false = [text for text in texts if masked(text) != text]
    print(f"false masks: {len(false)} of {len(texts)}")  # noqa: T201 - the measure of it
    assert false == []


def test_texts_in_a_row_are_no_card() -> None:
    """Texts about payments that follow each other are not read as parts of one number."""
    chance = _chance(17)
    texts = [_payment_text(chance) for _ in range(2000)]
    rows = [texts[place : place + 4] for place in range(0, len(texts) - 3, 20)]
    assert [row for row in rows if masked_parts(row) != row] == []


@each_row(
    ("texts", "expected"),
    [
        (["4111 1111", "1111 1111"], ["****", "****1111"]),
        (["4111", "1111", "1111", "1111"], ["****", "****", "****", "****1111"]),
        (["my card is 4111 11", "11 1111 1111, ok?"], ["my card is ****", "****1111, ok?"]),
        (["411111", "1111111111"], ["****", "****1111"]),
        (["x", "4111 1111", "1111", "and 1111"], ["x", "****", "****", "and ****1111"]),
        (["4111 1111 and", "then 1111", "wait", "1111"], ["**** and", "then ****", "wait", "****1111"]),
        (["4111 1111", "hello", "no"], ["4111 1111", "hello", "no"]),
        (["4111 1111", "1111 1112"], ["4111 1111", "1111 1112"]),
    ],
)
def test_a_number_over_several_texts_is_masked_in_each(texts: list[str], expected: list[str]) -> None:
    """Up to four texts may hold the parts; only the newest keeps digits."""
    assert expected == masked_parts(texts)


def test_every_cut_of_a_card_is_found() -> None:
    """A card that is cut anywhere into two to four texts leaves no more than four digits."""
    chance = _chance(5)
    for _ in range(300):
        digits = _card(chance)
        written = chance.choice((" ", "", "-", "  ")).join(_groups(digits))
        cuts = sorted(chance.sample(range(1, len(written)), chance.randint(1, 3)))
        parts = [written[one:other] for one, other in zip([0, *cuts], [*cuts, len(written)], strict=True)]
        kept = "".join(one for one in "".join(masked_parts(parts)) if one.isdigit())
        if any(one.isdigit() for one in parts[-1]):
            assert kept == digits[-4:], parts


def test_a_text_of_digits_alone_costs_little() -> None:
    """Neither endless digits nor endless groups are looked at more often than a card is long."""
    assert CARD not in masked(f"{CARD} " * 500)
    assert masked_numbers("4 " * 5000)
    assert masked_parts(["4 " * 2000] * 4)
