"""E-mail: sending, and reading what comes back: answers, bounces, complaints, automatic replies."""

from bot.channels.email.adapter import EmailChannel

__all__ = ["EmailChannel"]
