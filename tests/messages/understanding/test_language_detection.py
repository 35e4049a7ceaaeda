"""Languages we recognise but do not speak."""

from messages.languages import languages
from messages.understanding.language_detection import unspoken
from messages.understanding.said import said
from tests.tables import each_row


@each_row(
    ("text", "code"),
    [
        ("كم يجب أن أدفع؟", "ar"),
        ("لا أستطيع دفع الفاتورة الآن", "ar"),
        ("چقدر باید پرداخت کنم؟", "fa"),
        ("نمی‌توانم الان پول بدهم", "fa"),
        ("Сколько я должен?", "ru"),
        ("Я не могу заплатить сейчас", "ru"),
        ("Скільки я винен?", "uk"),
        ("Коли мені платити рахунок? Дякую, її немає", "uk"),
        ("ክንደይ ክኸፍል ኣለኒ", "ti"),
        ("ስንት ነው የምከፍለው", "am"),
        ("我要付多少钱", "zh"),
        ("我现在付不起账单", "zh"),
        ("いくら払えばいいですか", "ja"),
        ("얼마를 내야 하나요", "ko"),
        ("ฉันต้องจ่ายเท่าไหร่", "th"),
        ("मुझे कितना देना है", "hi"),
        ("πόσα χρωστάω", "el"),
        ("Ile mam zapłacić za rachunek?", "pl"),
        ("nie mogę teraz zapłacić, czy jest inny termin", "pl"),
        ("Paljonko minun pitää maksaa?", "fi"),
        ("en voi maksaa laskua, kun minulla ei ole rahaa", "fi"),
        ("Combien est-ce que je dois payer pour la facture?", "fr"),
        ("je ne peux pas payer ma facture", "fr"),
        ("Quanto eu devo pagar, por favor? Não tenho a fatura", "pt"),
        ("eu não posso pagar a minha conta", "pt"),
        ("waxaan rabaa inaan ogaado lacagta biilka", "so"),
        ("ma bixin karaa lacagta hadda fadlan", "so"),
        ("magkano po ang utang ko sa inyo", "tl"),
        ("paano po ako magbayad ng bill ko", "tl"),
        ("tôi phải trả bao nhiêu tiền", "vi"),
        ("hóa đơn của tôi là bao nhiêu", "vi"),
        ("borcum ne kadar, nas\u0131l ödeme yapabilirim", "tr"),
        ("quanto devo pagare per la mia fattura, grazie", "it"),
        ("hoeveel moet ik betalen voor de rekening", "nl"),
    ],
)
def test_a_language_we_do_not_speak_is_recognised(text: str, code: str) -> None:
    """By its script or by its small words, with its accents or without."""
    assert code == unspoken(text)


@each_row(
    "text",
    [
        "",
        " ",
        "?",
        "50",
        "123 456 789 012",
        "👍👍👍",
        "🙏 ok",
        "OK",
        "ja",
        "si",
        "no",
        "merci",
        "danke",
        "Ahmed Mohamed Ali",
        "Mohammed",
        "Anna Kowalska",
        "Nguyen Van Anh",
        "Jean Pierre de la Fontaine",
        "Łukasz Żółć",
        "café",
        "fel nummer",
        "jag vill prata med en människa",
        "hur mycket är jag skyldig",
        "en fråga om min räkning",
        "min son har fyllt år",
        "die hard is my favorite",
        "i can not pay the bill",
        "do you take visa",
        "me and my son",
        "¿cuánto debo de la cuenta?",
        "no puedo pagar hoy, por favor",
        "quiero un plan de pagos para mi factura",
        "la cuenta de mi esposo",
        "Wie viel muss ich zahlen?",
        "ich kann die Rechnung nicht zahlen",
        "asdf qwer zxcv uiop",
        "x" * 5_000,
        "\ud800",
        "\0",
    ],
)
def test_what_we_speak_and_what_nobody_can_tell_is_left_alone(text: str) -> None:
    """Our own languages, short texts, names, numbers and emoji are no foreign language."""
    assert unspoken(text) is None


@each_row("language", languages())
def test_no_message_of_ours_is_taken_for_a_foreign_one(language: str) -> None:
    """Thousands of messages in the languages we speak stay where they belong."""
    texts = [line.text for line in said(language) if line.intent != "change_language"]
    taken = [text for text in texts if unspoken(text)]
    assert len(taken) <= len(texts) / 1000, taken
