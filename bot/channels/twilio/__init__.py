"""SMS and WhatsApp through Twilio: sending, finding what was sent, and reading what Twilio posts to us."""

from bot.channels.twilio.adapter import TwilioChannel
from bot.channels.twilio.webhooks import arrival, genuine, report

__all__ = ["TwilioChannel", "arrival", "genuine", "report"]
