"""A policy in plain words: every rule as sentences, with its source."""

from messages.policies.rule import PolicyRule
from messages.policies.whole import in_words

__all__ = ["PolicyRule", "in_words"]
