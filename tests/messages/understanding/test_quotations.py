"""What of a text is ours and what the sender's: reactions of phones, quotations in mails, bare echoes."""

from __future__ import annotations

import pytest

from messages.understanding.quotations import may_quote, own_words
from messages.understanding.reactions import means_nothing

OURS = (
    "Elm Street Clinic: your bill of $600.00 was due on March 1, 2026. Questions, or a plan? Just answer. "
    "If you dispute it, say so. Reply STOP to opt out."
)
SENT = ["Noted, thank you.", OURS]


@pytest.mark.parametrize(
    "text",
    [
        f"Liked “{OURS}”",
        f'Loved "{OURS}"',
        f"Disliked “{OURS[:60]}…”",
        f"Laughed at “{OURS[:47]}...”",
        f"Emphasized “{OURS}",
        f"Questioned “{OURS}”",
        "Liked “… STOP to opt out.”",
        "Liked “Noted, thank you.”",
        f"Removed a like from “{OURS}”",
        f"Removed 👍 from “{OURS}”",
        f"👍 to “{OURS}”",
        f"👍 to “{OURS[:30]}…”",
        f"Reacted 😂 to “{OURS}”",
        f"Le gustó “{OURS}”",
        f"No le gustó «{OURS[:40]}…»",
        f"Se rió de “{OURS}”",
        f"Eliminó un me gusta de “{OURS}”",
        f"👍 a “{OURS}”",
        f"Gillade ”{OURS}”",
        f"Ifrågasatte ”{OURS}”",
        f"Tog bort en gilla-markering från ”{OURS}”",
        f"❤️ till ”{OURS}”",
        f"A aimé « {OURS} »",
        f"Hat „{OURS}“ mit „Gefällt mir“ markiert",
        f"Liked ?{OURS[:90]}",
        "Liked …STOP to opt out.",
        f"Liked “{OURS[:30]}…{OURS[-25:]}”",
        f"Loved “…{OURS[-31:]}",
        f"Liked ?{OURS}?",
        f"Liked '{OURS}'",
        f"\u200a\u200b👍🏽\u200b to “\u200a{OURS}\u200a”\u200a",
        "Liked an image",
        "Removed a heart from a movie",
        "Reacted 😂 to an attachment",
        "Gillade en bild",
        "Le encantó una imagen",
        f"A supprimé un cœur de « {OURS} »",
        f"> {OURS}",
        OURS,
        OURS.upper(),
        "Liked “something that was sent long ago”",
    ],
)
def test_what_only_quotes_us_says_nothing(text: str) -> None:
    """A reaction in any phone's words, whole or cut short, or our text alone, has no own words."""
    assert may_quote(text)
    assert own_words(text, SENT).reaction


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        (f"> {OURS}\nI can't pay this", "I can't pay this"),
        (f"On Monday Elm wrote:\n> {OURS[:40]}\n> {OURS[40:]}\n\nI can't pay this", "I can't pay this"),
        (f"I can't pay this\n\nOn Monday Elm wrote:\n> {OURS}", "I can't pay this"),
        (f"“{OURS}” I can't pay this", "I can't pay this"),
        (f"Liked “{OURS}” but STOP", "Liked\nbut STOP"),
        (f"STOP “{OURS}”", "STOP"),
        (f"{OURS} please stop", "please stop"),
        (f"> {OURS[:60]}\nno, that is wrong\n> {OURS[60:]}\nI paid", "no, that is wrong\nI paid"),
        (f"“{OURS[:50]}” I paid that. “{OURS[-45:]}” please do", "I paid that\nplease do"),
        (f"Liked “{OURS}”. I can't pay", "Liked\nI can't pay"),
        ('what does "Reply STOP to opt out" mean?', "what does\nmean?"),
    ],
)
def test_words_beside_a_quotation_are_the_senders(text: str, rest: str) -> None:
    """Our words inside go, the sender's own stay, before and after the quotation."""
    own = own_words(text, SENT)
    assert (own.text, own.reaction) == (rest, False)


@pytest.mark.parametrize(
    "text",
    [
        "I liked it, but STOP",
        'I said "STOP"',
        "“STOP”",
        '"I want to die"',
        "Loved “STOP”",
        "> STOP",
        "Liked your service, thanks, STOP",
        "loved it. when is it due?",
        "I loved a movie",
        "my mom wrote “leave me alone, stop calling me, I hate you”",
        "can't pay? won't pay! what's the 'plan' thing?",
        '"stop" means stop, do you understand that, I do not want any more texts',
        "",
    ],
)
def test_what_is_not_ours_stays(text: str) -> None:
    """Quotation marks alone make nothing ours: one's own word in marks, or quoted, is one's own."""
    own = own_words(text, SENT)
    assert (own.text, own.reaction, own.perhaps_reaction) == (text, False, False)


@pytest.mark.parametrize(
    "around",
    [
        "Tykkäsi viestistä “{}”", "Hat „{}“ hervorgehoben", "👍 von „{}“ entfernt", "Vond “{}” leuk",
        "Polubiono „{}”", "Riu-se de “{}”", "Satte et hjerte ved “{}”", "Reacted :party: to “{}”",
        "「{}」にハートをつけました", "{}”에 좋아요",
    ],
)  # fmt: skip
def test_a_phone_in_any_language_says_nothing(around: str) -> None:
    """Few words around a quotation that mean nothing in the customer's language are a phone's."""
    own = own_words(around.format(OURS), SENT)
    assert own.reaction or (own.perhaps_reaction and means_nothing(own.text, "en"))


@pytest.mark.parametrize(
    "around",
    [
        "What is this? “{}”", "I do not know what you mean by “{}”", "no “{}”", "“{}” no", "2 “{}”",
        "“{}” huh",        "my husband “{}”", "she died “{}”", "help “{}”", "“{}” who are you",
    ],
)  # fmt: skip
def test_own_words_around_a_quotation_are_no_reaction(around: str) -> None:
    """A sentence, an answer, a number, and words that a customer would write are theirs."""
    own = own_words(around.format(OURS), SENT)
    assert not own.reaction
    assert not (own.perhaps_reaction and means_nothing(own.text, "en"))


@pytest.mark.parametrize("text", ["What do I owe?", "I can't pay, I'm sorry", "50", "STOP"])
def test_most_texts_are_not_compared(text: str) -> None:
    """A short text without marks quotes nothing, and costs no look at what was sent."""
    assert not may_quote(text)
