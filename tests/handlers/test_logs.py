"""Where lines of the log go."""

import subprocess
import sys

from tests.commands import ROOT


def test_a_command_logs_to_standard_error() -> None:
    """Standard output stays data: the first line of the log and all others go to standard error, in UTC."""
    program = """if True:
        from handlers import logs
        logs.to_stderr()
        logs.logger().warning("turn.failed", inbox_id=7)
        logs.logger().error("clock.failed", job="due")
    """
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert "turn.failed" in first
    assert "inbox_id=7" in first
    assert first.split()[0].endswith("Z")
    assert "clock.failed" in second


EVERY_WAY = """if True:
    import asyncio, gc, logging, sys, threading, warnings
    from dataclasses import dataclass
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from jinja2 import Environment, StrictUndefined
    from pydantic import BaseModel
    from sqlalchemy import create_engine, text
    from handlers import logs

    MARKED = "Zebulon Quist 1980-02-28 tok_4242"
    logs.to_stderr()
    logs.set_level("debug")

    @dataclass
    class Arrived:
        text: str

    class Dated(BaseModel):
        born: int

    class Broken:
        def __init__(self): self.name = MARKED
        def __del__(self): raise ValueError(self.name)
        def __repr__(self): return MARKED

    def fail(kind):
        try:
            if kind == "template":
                Environment(undefined=StrictUndefined).from_string("{{ a[b] }}").render(a={}, b=MARKED)
            if kind == "model":
                Dated(born=MARKED)
            if kind == "row":
                with create_engine("sqlite://").begin() as connection:
                    connection.execute(text("INSERT INTO nowhere VALUES (:text)"), {"text": MARKED})
            raise RuntimeError(MARKED) from ValueError(MARKED)
        except Exception as error:
            logging.getLogger("library").exception("could not take %s", MARKED)
            logging.getLogger("library").debug(f"took {MARKED}", stack_info=True)
            logs.logger().error("work.failed", exc_info=error, found=Arrived(MARKED), error=error)

    async def main():
        asyncio.get_running_loop().set_debug(True)
        scheduler = AsyncIOScheduler(timezone="UTC")
        done = asyncio.Event()
        def job(text):
            asyncio.get_running_loop().call_soon(done.set)
            raise ValueError(text)
        async def run(text):
            job(text)
        scheduler.add_job(run, args=[MARKED])
        scheduler.start()
        await done.wait()
        task = asyncio.create_task(run(MARKED))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        gc.collect()
        scheduler.shutdown()

    for kind in ("template", "model", "row", "plain"):
        fail(kind)
    logging.getLogger("httpx").info("HTTP Request: POST https://api.example/bot%s/send", MARKED)
    logging.getLogger("library").info("%d", MARKED)
    warnings.warn(MARKED, UserWarning)
    thread = threading.Thread(target=fail.__globals__["Dated"], kwargs={"born": MARKED})
    thread.start()
    thread.join()
    Broken()
    gc.collect()
    asyncio.run(main())
    raise KeyError(MARKED)
"""


def test_nothing_that_is_said_by_others_is_written() -> None:
    """Whatever way an exception, a library or an object takes to the log, its words stay out."""
    done = subprocess.run(
        [sys.executable, "-c", EVERY_WAY], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    for marked in ("Zebulon", "Quist", "1980-02-28", "tok_4242"):
        assert marked not in done.stdout + done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    for seen in (
        "library=library",
        "library=httpx",
        "library=asyncio",
        "library=apscheduler",
        "error=UndefinedError",
        "error=ValidationError",
        "error=OperationalError",
        "error=RuntimeError",
        "work.failed",
        "found=Arrived",
        "library.warning",
        "category=UserWarning",
        "thread.failed",
        "object.failed",
        "process.failed",
        "error=KeyError",
    ):
        assert seen in done.stderr, seen


def test_a_line_that_comes_again_and_again_is_written_once() -> None:
    """A library that repeats itself does not fill the disk; where it spoke and the level are kept apart."""
    program = """if True:
        import logging
        from handlers import logs
        logs.to_stderr()
        for number in range(500):
            logging.getLogger("library").warning("no connection %d", number)
        logging.getLogger("library").error("no connection")
    """
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len(done.stderr.splitlines()) == 2, done.stderr
