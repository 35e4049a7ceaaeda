"""A row that a job cannot handle is set aside as a case with its name, and the job does the rest."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from handlers import logs
from handlers.context import Context
from storage.database import trouble
from storage.desk import escalations
from storage.desk.escalations import Case

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from handlers.context import Clock
    from handlers.installation import Installation
    from storage.database.transaction import Database

_Item = TypeVar("_Item")
_Done = TypeVar("_Done")


def raise_of_database(error: Exception) -> None:
    """Raise again what is nobody's row: the job ends, and the next tick tries all of it again."""
    if trouble.of_the_database(error):
        raise error


def one_by_one(
    database: Database,
    installation: Installation,
    clock: Clock,
    job: str,
    items: Iterable[_Item],
    work: Callable[[Context, _Item], _Done],
    named: Callable[[_Item], str] = str,
) -> list[_Done]:
    """Handle each item in a transaction of its own; returns the results of those that could be.

    What raises is undone and becomes a case that names the item and the ``job``.
    """
    done: list[_Done] = []
    for item in items:
        try:
            with database.write() as session:
                done.append(work(Context(session, installation, clock), item))
        except Exception as error:  # noqa: BLE001 - one bad row never stops the rest
            raise_of_database(error)
            with database.write() as session:
                put(Context(session, installation, clock), job, named(item), error)
    return done


def alone(context: Context, job: str, name: str, work: Callable[[], _Done]) -> _Done | None:
    """Do one part of a transaction; what raises is undone alone, and becomes a case. None if so."""
    try:
        with context.session.begin_nested():
            return work()
    except Exception as error:  # noqa: BLE001 - one bad row never stops the rest
        raise_of_database(error)
        put(context, job, name, error)
        return None


def together(
    context: Context,
    job: str,
    items: Collection[str],
    work: Callable[[Collection[str]], object],
    named: Callable[[str], str] = "customer {}".format,
) -> list[str]:
    """Do part of a transaction with all items at once; if that fails with each as :func:`alone` does.

    Returns those that could not be handled.
    """

    def done(item: str) -> bool:
        work([item])
        return True

    try:
        with context.session.begin_nested():
            work(items)
    except Exception as error:  # noqa: BLE001 - one bad row never stops the rest
        raise_of_database(error)
        return [one for one in sorted(items) if not alone(context, job, named(one), partial(done, one))]
    return []


def put(context: Context, job: str, name: str, error: Exception, customer_id: str | None = None) -> None:
    """Open the case of what could not be handled, once while one is open."""
    logs.logger().error("job.set_aside", job=job, name=name, **logs.about(error))
    case = Case(
        key=f"set_aside:{job}:{name}",
        kind="set_aside",
        reason=f"{job}: {name} could not be handled ({type(error).__name__}), all else was: look at its data",
        deadline=context.answer_by(),
        customer_id=customer_id,
    )
    escalations.open_case(context.session, case, context.now)
