"""What Spanish-speaking customers' messages are taken to mean."""

from messages.understanding.lone_words import lone_word
from messages.understanding.understanding import understand
from tests.tables import each_row


@each_row(
    ("text", "intent"),
    [
        ("cancelar", "cancel"),
        ("quiero cancelar", "cancel"),
        ("cancelar mi plan", "change_plan"),
        ("cancelar los mensajes", "stop"),
        ("cancelar mi deuda", "pay"),
        ("quiero cancelar la factura", "pay"),
        ("ya cancelé la factura", "already_paid"),
    ],
)
def test_to_cancel_has_four_meanings(text: str, intent: str) -> None:
    """Who cancels a debt pays it; who cancels a plan changes it; who cancels messages wants none."""
    assert intent == understand(text, "es").intent


@each_row(
    ("text", "intent"),
    [
        ("ALTO", "stop"),
        ("¡Parar!", "stop"),
        ("baja", "stop"),
        ("ya no", "stop"),
        ("AYUDA", "help"),
        ("Iniciar", "start"),
        ("atrás", "back"),
        ("volver", "back"),
        ("empezar de nuevo", "start_over"),
        ("Cancelar", "cancel"),
        ("para", None),
        ("alto costo", None),
        ("volver a escribir", None),
    ],
)
def test_lone_words_count_in_every_language(text: str, intent: str | None) -> None:
    """A Spanish command that stands alone is understood whatever language somebody has."""
    assert intent == lone_word(text)


@each_row("word", ["SALDO", "PAGAR", "PLAN", "PERSONA", "AYUDA", "STOP", "INICIAR"])
def test_the_commands_we_name_are_understood(word: str) -> None:
    """Every word a Spanish message tells people to text does what it says."""
    meant = {"SALDO": "balance", "PAGAR": "pay", "PLAN": "payment_plan", "PERSONA": "person"}
    meant |= {"AYUDA": "help", "STOP": "stop", "INICIAR": "start"}
    for written in (word, word.lower(), f" {word}. ", f"{word} por favor"):
        assert meant[word] == understand(written, "es").intent


@each_row(
    ("text", "language", "intent"),
    [
        ("cuánto debo", "en", "balance"),
        ("quiero un plan de pagos", "en", "payment_plan"),
        ("deje de escribirme", "en", "stop"),
        ("no me manden más mensajes", "sv", "stop"),
        ("mi esposo falleció", "en", "deceased"),
        ("quiero hablar con una persona", "sv", "person"),
    ],
)
def test_spanish_is_recognised_from_another_language(text: str, language: str, intent: str) -> None:
    """Somebody who changes to Spanish is understood, and the language is told."""
    meaning = understand(text, language)
    assert (intent, "es") == (meaning.intent, meaning.language)


@each_row(
    ("text", "intent", "language"),
    [
        ("how much do I owe", "balance", "en"),
        ("stop texting me", "stop", "en"),
        ("can I pay in instalments", "payment_plan", "en"),
        ("i lost my job and can't pay", "hardship", "en"),
        ("hur mycket är jag skyldig", "balance", "sv"),
        ("sluta skicka sms", "stop", "sv"),
        ("jag vill delbetala", "payment_plan", "sv"),
        ("min man är död", "deceased", "sv"),
    ],
)
def test_other_languages_are_recognised_from_spanish(text: str, intent: str, language: str) -> None:
    """Somebody registered as Spanish-speaking may write English or Swedish."""
    meaning = understand(text, "es")
    assert intent == meaning.intent
    assert meaning.language == language or intent == "stop"


def test_a_stop_with_a_cry_for_help_keeps_both() -> None:
    """Opting out hides no crisis."""
    meaning = understand("No me escriban más. Me quiero morir", "es")
    assert meaning.intent == "stop"
    assert "crisis" in meaning.also
