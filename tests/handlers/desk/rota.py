"""Who is on call in a test, and the one case of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.accounts.roles import Role
from handlers.desk import on_call, users

if TYPE_CHECKING:
    from storage.desk.escalations import Escalation
    from tests.world import World


def hire(world: World, **phones: str | None) -> None:
    """Add reps by name, each with the phone that is paged, or none."""
    with world.database.write() as session:
        for name, phone in phones.items():
            users.add(world.context(session), name, Role.REP, None, "root", phone)


def set_rota(world: World, *names: str) -> None:
    """Put these on call, in this order."""
    with world.database.write() as session:
        on_call.set_rota(world.context(session), names, "root")


def only(world: World, kind: str) -> Escalation:
    """The one open case of a kind."""
    return next(case for case in world.queue() if case.kind == kind)
