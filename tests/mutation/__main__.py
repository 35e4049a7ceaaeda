"""Do the tests catch small faults in the rules, the handlers and the storage?

::

    python -m tests.mutation draw --seed 1 --count 40 > set.json
    python -m tests.mutation run set.json --out after.json --before before.json
    python -m tests.mutation compare before.json after.json

A mutant is one change in the body of one function. A set knows it by the function's name and by the shape of
the code (its syntax without identifiers and texts), not by a path, so that it is found again after files have
moved and names have changed. For what is not found, write today's function and module into the set by hand.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.mutation.changes import ROOMS, Function, Mutant, Site, draw, find, functions, module_name

if TYPE_CHECKING:
    from collections.abc import Iterator

IMPORTERS: Final = (*ROOMS, "messages", "bot", "tests")
NOT_COPIED: Final = (".git", ".venv", ".*_cache", ".hypothesis", "__pycache__", "build", "dist")
PYTEST: Final = "-m pytest -x -q -n 0 -p no:randomly --no-header --hypothesis-seed=0"
SLOW: Final = re.compile(r"simulate/|explorer|killed")
PASSED, NONE_RAN, TOO_SLOW = 0, 5, -1
GRACE: Final = 20
"""Seconds in which tests that were too slow may stop the servers they started."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a mutant: caught, free, broken (the tests fail without it too) or not found."""

    id: str
    function: str
    change: str
    verdict: str
    by: str
    seconds: float
    files: list[str]

    def __str__(self) -> str:
        head = f"{self.verdict:<9} {self.seconds:6.1f} s {len(self.files)} files"
        return f"{head}  {self.id}  {self.function}  [{self.change}]  {self.by}".rstrip()


class Imports:
    """What every file of the repository imports, to tell which tests look at a module."""

    def __init__(self, repo: Path) -> None:
        paths = {path.relative_to(repo) for top in IMPORTERS for path in (repo / top).rglob("*.py")}
        modules = {module_name(path): path for path in paths}
        self._texts = {path: (repo / path).read_text(encoding="utf-8") for path in paths}
        self._imports = {
            path: {modules[name] for name in _imported(ast.parse(text)) if name in modules}
            for path, text in self._texts.items()
        }

    def tests_near(self, function: Function, most: int, first: str = "") -> list[str]:
        """The test files named like a function's module, then those that import it, then those farther off.

        A file of the name `first` comes before all of them. Of two alike that comes first whose path shares
        more words with the module's, then the nearer, the one that names the function, the one that imports
        little else. What runs for minutes is a last resort.
        """
        steps, edge = {function.path: 0}, {function.path}
        while edge:
            far = max(steps.values()) + 1
            edge = {path for path, of in self._imports.items() if path not in steps and of & edge}
            steps |= dict.fromkeys(edge, far)
        called, file = function.name.rpartition(".")[2], function.module.rpartition(".")[2]

        def rank(path: Path) -> tuple[bool | int | str, ...]:
            words = _words(str(path))
            shared = len(words & _words(function.module)) + len(words & _words(file))
            unnamed = re.search(rf"\b{called}\b", self._texts[path]) is None
            order = (steps[path], unnamed, len(self._imports[path]), str(path))
            return path.name != first, path.stem != f"test_{file}", steps[path] > 1, -shared, *order

        tests = [path for path in steps if path.parts[0] == "tests" and path.stem.startswith("test_")]
        quick = [path for path in tests if not SLOW.search(str(path))]
        return [str(path) for path in sorted(quick or tests, key=rank)[:most]]


class Copy:
    """A copy of the repository in which code is changed and tests are run."""

    def __init__(self, repo: Path, folder: Path, arguments: str, limit: int) -> None:
        self.root = folder / "tree"
        shutil.copytree(repo, self.root, ignore=shutil.ignore_patterns(*NOT_COPIED))
        (folder / "shared").symlink_to(repo.parent / "shared")  # tests look for real data beside the tree
        (folder / "tmp").mkdir()
        own = repo / ".venv/bin/python"
        python = str(own if own.exists() else sys.executable)
        self._command = [python, *shlex.split(f"{PYTEST} {arguments}")]
        self._environment = os.environ | {"PYTHONPATH": str(self.root), "TMPDIR": str(folder / "tmp")}
        self._limit = limit
        self._failures = self.root / ".pytest_cache/v/cache/lastfailed"

    def verdict(self, function: Function, site: Site, files: list[str]) -> tuple[str, str]:
        """Whether the tests catch a change, and which test did: one that passes without the change."""
        path, broken = self.root / function.path, ""
        for file in files:
            with _written(path, function.changed(site)):
                self._failures.unlink(missing_ok=True)
                code = self._pytest(file)
            if code not in {PASSED, NONE_RAN}:
                failed = json.loads(self._failures.read_text()) if self._failures.exists() else [file]
                by = f"{file}: too slow" if code == TOO_SLOW else min(failed)
                if self._pytest("--lf", file) == PASSED:
                    return "caught", by
                broken = broken or by
        return ("broken", broken) if broken else ("free", "")

    def _pytest(self, *arguments: str) -> int:
        quiet = subprocess.DEVNULL
        with subprocess.Popen(
            [*self._command, *arguments],
            cwd=self.root,
            env=self._environment,
            stdout=quiet,
            stderr=quiet,
            start_new_session=True,
        ) as process:
            try:
                return self._waited(process)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _waited(self, process: subprocess.Popen[bytes]) -> int:
        """How a process ended; seconds are counted one by one, so that it may be paused together with us."""
        for second in range(self._limit + GRACE):
            if second == self._limit:
                process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(1)
                return TOO_SLOW if second >= self._limit else code
        return TOO_SLOW


def run(given: argparse.Namespace) -> int:
    """Try every mutant of a set, report it, and keep the results; 1 if one was not found or is broken."""
    results: list[Result] = []
    repo = given.repo.resolve()
    caught = {one["id"]: Path(one["by"].partition(":")[0]).name for one in _read(given.before)}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Copy(repo, Path(folder), given.pytest_args, given.limit)
        known, imports = functions(tree.root), Imports(tree.root)
        for mutant in (Mutant(**one) for one in _read(given.set)):
            found, began = find(mutant, known), time.monotonic()
            files = imports.tests_near(found[0], given.files, caught.get(mutant.id, "")) if found else []
            verdict, by = tree.verdict(*found, files) if found else ("not found", "")
            named = f"{found[0].module}: {found[0].name}" if found else f"{mutant.module}: {mutant.function}"
            seconds = round(time.monotonic() - began, 1)
            results.append(Result(mutant.id, named, mutant.change, verdict, by, seconds, files))
            _say(str(results[-1]))
            given.out.write_text(json.dumps([asdict(one) for one in results], indent=1), encoding="utf-8")
    counts = Counter(one.verdict for one in results)
    _say(f"{len(results)} mutants: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return int(not counts.keys() <= {"caught", "free"})


def compare(given: argparse.Namespace) -> int:
    """Report every mutant that was caught before and is not caught after; 1 if there is one."""
    after = {one["id"]: one["verdict"] for one in _read(given.after)}
    caught = [Result(**one) for one in _read(given.before) if one["verdict"] == "caught"]
    lost = [one for one in caught if after.get(one.id) != "caught"]
    for one in lost:
        _say(f"{one}  now {after.get(one.id, 'not tried')}")
    _say(f"{len(caught)} mutants were caught before, {len(lost)} of them are not caught now")
    return int(bool(lost))


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    drawing = commands.add_parser("draw", help="choose changes by a seed")
    drawing.add_argument("--seed", type=int, default=1)
    drawing.add_argument("--count", type=int, default=40)
    running = commands.add_parser("run", help="make each change in a copy and run the tests nearest to it")
    running.add_argument("set", type=Path)
    running.add_argument("--out", type=Path, default=Path("mutants.json"), help="where the results go")
    running.add_argument(
        "--before", type=Path, help="earlier results: what caught a mutant then is tried first"
    )
    running.add_argument("--files", type=int, default=6, help="test files a mutant, at most")
    running.add_argument(
        "--limit", type=int, default=240, help="seconds a file; being slower counts as caught"
    )
    running.add_argument("--pytest-args", default="", help="more arguments for pytest, in one string")
    for one in (drawing, running):
        one.add_argument("--repo", type=Path, default=Path(), help="the repository, if not this one")
    comparing = commands.add_parser("compare", help="which were caught before and are not now")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    given = parser.parse_args()
    if given.command == "draw":
        _say(json.dumps([asdict(one) for one in draw(given.repo, given.seed, given.count)], indent=1))
        return 0
    for ends in (signal.SIGINT, signal.SIGTERM):  # in the background, too, both tidy up and reach the tests
        signal.signal(ends, signal.default_int_handler)
    return run(given) if given.command == "run" else compare(given)


@contextlib.contextmanager
def _written(path: Path, text: str) -> Iterator[None]:
    """Another text in a file, for a while."""
    before, at = path.read_text(encoding="utf-8"), path.stat().st_mtime_ns
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.write_text(before, encoding="utf-8")
        os.utime(path, ns=(at, at))  # else Python might take what it compiled of the other text


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (node.module, *(f"{node.module}.{alias.name}" for alias in node.names))


def _words(dotted: str) -> set[str]:
    """The words in a path or a module's name; a plural counts as its singular."""
    return {word.rstrip("s") for word in re.split(r"[/_.]", dotted)} - {"py", "test", *ROOMS}


def _read(file: Path | None) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file else []
    return listed


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
