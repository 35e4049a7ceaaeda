"""The entrances that an attack knocks at: the same functions that the processes call.

A test may put a faulty twin in the place of any of them, to see that the attack finds the hole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from handlers import snapshot
from handlers.conversation import bill_page, paying, turn

EntryPoint = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Entrances:
    """Every entrance of an installation."""

    receive: EntryPoint = turn.receive
    take: EntryPoint = turn.take
    knock: EntryPoint = bill_page.knock
    answer: EntryPoint = bill_page.answer
    order: EntryPoint = paying.order
    load: EntryPoint = snapshot.load
    """Whom the run and the gate write to."""
