"""A policy in words: every rule of it as sentences, with its source."""

from messages.policies.rule import Rule
from messages.policies.whole import in_words

__all__ = ["Rule", "in_words"]
