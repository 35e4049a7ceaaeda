"""What simulated people write, by what they mean and the language they mean it in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SAID: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "stop": {
        "en": (
            "STOP",
            "stop",
            "Unsubscribe",
            "stop please",
            "no more texts",
            "remove me",
            "Stop texting me!",
        ),
        "sv": ("STOPP", "stopp", "sluta", "avregistrera", "inga fler sms", "ta bort mig", "Sluta skicka!"),
        "es": ("STOP", "alto", "basta", "darme de baja", "no más mensajes", "no me escriban", "Baja."),
    },
    "start": {"en": ("START",), "sv": ("START",), "es": ("INICIAR", "START")},
    "help": {"en": ("HELP", "help"), "sv": ("HJÄLP", "hjälp"), "es": ("AYUDA", "ayuda")},
    "balance": {
        "en": ("balance", "how much do I owe?", "BALANCE"),
        "sv": ("saldo", "hur mycket är jag skyldig?", "SALDO"),
        "es": ("saldo", "¿cuánto debo?", "SALDO"),
    },
    "pay": {
        "en": ("how do I pay", "pay"),
        "sv": ("hur betalar jag", "betala"),
        "es": ("¿cómo pago?", "pagar"),
    },
    "plan": {
        "en": ("payment plan", "PLAN", "can I pay in installments"),
        "sv": ("betalningsplan", "DELBETALA", "kan jag dela upp betalningen"),
        "es": ("plan de pago", "PLAN", "quiero un plan de pago"),
    },
    "promise": {
        "en": ("I will pay next week", "I'll pay on friday"),
        "sv": ("jag betalar nästa vecka", "jag betalar på fredag"),
        "es": ("pagaré la próxima semana", "voy a pagar el viernes"),
    },
    "dispute": {
        "en": ("this bill is wrong", "I dispute this bill", "I was overcharged"),
        "sv": ("räkningen är fel", "jag bestrider räkningen", "fel belopp på räkningen"),
        "es": ("la factura está mal", "me cobraron de más", "quiero disputar esta factura"),
    },
    "hardship": {
        "en": ("I lost my job and can't pay", "I can't afford this"),
        "sv": ("jag är arbetslös och kan inte betala", "jag har inte råd"),
        "es": ("no tengo trabajo y no puedo pagar", "no puedo pagar"),
    },
    "already_paid": {
        "en": ("I already paid this", "I paid yesterday"),
        "sv": ("jag har redan betalat", "jag betalade igår"),
        "es": ("ya pagué", "pagué ayer"),
    },
    "person": {
        "en": ("PERSON", "I want to talk to a person"),
        "sv": ("PERSON", "jag vill prata med en människa"),
        "es": ("PERSONA", "quiero hablar con una persona"),
    },
    "wrong_number": {
        "en": ("wrong number", "you have the wrong person"),
        "sv": ("fel nummer", "du har fel nummer"),
        "es": ("número equivocado", "se equivocó de número"),
    },
    "deceased": {
        "en": ("my husband passed away", "she has died"),
        "sv": ("min man har dött", "hon har avlidit"),
        "es": ("mi esposo falleció", "ella murió"),
    },
    "legal": {
        "en": ("talk to my lawyer", "I filed for bankruptcy"),
        "sv": ("prata med min advokat", "jag har gått i konkurs"),
        "es": ("hable con mi abogado", "estoy en bancarrota"),
    },
    "minor": {
        "en": ("I'm 15 years old", "I am a minor"),
        "sv": ("jag är 15 år", "jag är minderårig"),
        "es": ("tengo 15 años", "soy menor de edad"),
    },
    "crisis": {
        "en": ("I want to kill myself",),
        "sv": ("jag vill ta mitt liv",),
        "es": ("quiero quitarme la vida",),
    },
    "bot_question": {
        "en": ("are you a robot?", "am I talking to a bot?"),
        "sv": ("är du en robot?", "pratar jag med en robot?"),
        "es": ("¿eres un robot?", "¿estoy hablando con un robot?"),
    },
    "complaint": {
        "en": ("I want to file a complaint",),
        "sv": ("jag vill lämna ett klagomål",),
        "es": ("quiero poner una queja",),
    },
    "aid": {
        "en": ("can I apply for financial assistance",),
        "sv": ("kan jag söka bidrag",),
        "es": ("hay ayuda para pagar la factura",),
    },
    "contact_details": {
        "en": ("contact details", "is my address correct?"),
        "sv": ("kontaktuppgifter", "stämmer mina uppgifter?"),
        "es": ("mis datos de contacto", "quiero revisar mis datos"),
    },
    "card": {
        "en": ("my card is 4242 4242 4242 4242 cvc 123", "use 4111-1111-1111-1111"),
        "sv": ("mitt kort är 4242 4242 4242 4242 cvc 123", "ta 4111 1111 1111 1111"),
        "es": ("mi tarjeta es 4242 4242 4242 4242 cvc 123", "use 4111111111111111"),
    },
    "nonsense": {
        "en": ("purple monkey lamp", "????", "asdf qwer", "👍👍👍", "the cat sat on the 17 mats"),
        "sv": ("blå elefant lampa", "????", "asdf qwer", "🤷", "katten satt på 17 mattor"),
        "es": ("elefante azul lámpara", "????", "asdf qwer", "🤷", "el gato en 17 alfombras"),
    },
    "thanks": {"en": ("thanks!",), "sv": ("tack!",), "es": ("¡gracias!",)},
}

ANSWERS: Final[Mapping[str, Mapping[str, str]]] = {
    "yes": {"en": "yes", "sv": "ja", "es": "sí"},
    "months": {"en": "{n} months", "sv": "{n} månader", "es": "{n} meses"},
    "all": {"en": "all of it", "sv": "allt", "es": "todo"},
    "what": {
        "en": "I never got that treatment",
        "sv": "jag fick aldrig den behandlingen",
        "es": "nunca recibí ese tratamiento",
    },
    "paid_how": {
        "en": "on monday, by bank transfer",
        "sv": "i måndags, på banken",
        "es": "el lunes, por transferencia",
    },
    "change": {"en": "change", "sv": "ändra", "es": "cambiar"},
    "hours": {"en": "hours", "sv": "tider", "es": "horario"},
    "from_to": {"en": "16 to 19", "sv": "16 till 19", "es": "de 16 a 19"},
}

STOP_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "stop", "stopall", "stop all", "unsubscribe", "unsub", "end", "quit", "revoke", "optout", "opt out",
        "opt-out", "remove me", "no more texts", "leave me alone", "don't text me", "do not contact",
    ),
    "sv": (
        "stopp", "stop", "sluta", "avsluta", "avregistrera", "ta bort mig", "ta bort mitt nummer",
        "inga fler sms", "sluta sms:a", "sluta skicka", "kontakta mig inte", "lämna mig ifred",
    ),
    "es": (
        "stop", "alto", "parar", "pare", "paren", "basta", "baja", "darme de baja", "no más",
        "no mas mensajes", "no me escriban", "no me contacten", "dejen de escribir",
    ),
}  # fmt: skip
"""Words of an opt-out, which end all messages; each is tried in several spellings."""

PLEASE: Final[Mapping[str, str]] = {"en": "please", "sv": "tack", "es": "por favor"}


def spellings(language: str) -> list[str]:
    """Every way to say stop in a language: as listed, in capitals, with punctuation, with a please."""
    found = []
    for word in STOP_WORDS[language]:
        found += [word, word.upper(), f"{word.capitalize()}!", f"{word} {PLEASE[language]}"]
    return found
