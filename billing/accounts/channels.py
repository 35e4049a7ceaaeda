"""The channels by which a person can be reached."""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a person; its value is the word used in files, settings and tables."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    EMAIL = "email"
    LETTER = "letter"

    @property
    def electronic(self) -> bool:
        """A stop closes every electronic channel; post may still come."""
        return self is not Channel.LETTER

    @property
    def carrier_takes_cancel(self) -> bool:
        """On Twilio's channels a lone *cancel*, *end* or *quit* is an opt-out (COMPLIANCE.md 1.2)."""
        return self in {Channel.SMS, Channel.WHATSAPP}
