"""A fault is drawn the same for everyone, is found after a move, and is caught by tests that fail with it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.mutation.__main__ import Imports
from tests.mutation.changes import draw, find, functions, sites

HERE = Path(__file__).parents[2]
RULES = '''
class Fee:
    def due(self, days: int) -> bool:
        """Whether it is owed."""
        if days < self.grace:
            return False
        return days - self.grace > 3

def note(log):
    log.append("seen")
'''
TEST = """
from billing.tolls import Fee, note

class Late(Fee):
    grace = 10

def test_due():
    assert not Late().due(9)
    assert not Late().due(13)
    assert Late().due(14)
    note([])
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository of one module with a test that looks at half of it."""
    _put(tmp_path / "repo/billing/__init__.py", "")
    _put(tmp_path / "repo/billing/tolls.py", RULES)
    _put(tmp_path / "repo/tests/test_fees.py", TEST)
    return tmp_path / "repo"


def test_a_draw_depends_on_the_seed_alone(repo: Path) -> None:
    """Whoever draws by one seed gets one set, a change a function; another seed draws other changes."""
    assert draw(repo, 1, 9) == draw(repo, 1, 9)
    assert sorted(one.function for one in draw(repo, 1, 9)) == ["Fee.due", "note"]
    assert len({one.change for seed in range(20) for one in draw(repo, seed, 9)}) > 5


def test_every_change_is_found_after_a_move_and_new_names(repo: Path, tmp_path: Path) -> None:
    """In another file, under other names and with another docstring the same place is changed."""
    renamed = RULES.replace("due", "is_owed").replace("Fee", "Charge").replace("grace", "wait")
    _put(tmp_path / "new/billing/dunning/charges.py", renamed.replace("Whether it is owed.", "Is it owed?"))
    for mutant in (mutant for seed in range(20) for mutant in draw(repo, seed, 9)):
        found = find(mutant, functions(tmp_path / "new"))
        assert found
        assert found[1].change == mutant.change.replace("grace", "wait")


def test_what_is_gone_or_there_twice_is_not_found(repo: Path, tmp_path: Path) -> None:
    """Neither a function that was deleted nor one of two copies is taken for the one that was drawn."""
    mutants = draw(repo, 1, 9)
    _put(tmp_path / "new/billing/other.py", "def due(days):\n    return days < 3\n")
    assert [find(one, functions(tmp_path / "new")) for one in mutants] == [None, None]
    for name in ("one", "two"):
        _put(tmp_path / f"new/billing/{name}.py", RULES)
    assert [find(one, functions(tmp_path / "new")) for one in mutants] == [None, None]


def test_a_changed_file_differs_in_the_change_alone(repo: Path) -> None:
    """The text of a mutant is the text of its file but for the one place."""
    due = functions(repo)[0]
    changed = {site.change: due.changed(site) for site in sites(due)}
    assert "days - self.grace >= 3" in changed["days - self.grace > 3 -> days - self.grace >= 3"]
    assert "if True:" in changed["days < self.grace -> True"]
    assert "return not days - self.grace > 3" in " ".join(changed)
    assert len(set(changed.values())) == len(changed)


def test_the_nearest_tests_are_tried_but_first_what_caught_it_before(repo: Path) -> None:
    """A file's own tests come first, unless an earlier run says where the fault was caught."""
    _put(repo / "tests/test_tolls.py", TEST)
    _put(repo / "tests/desk/test_chat.py", "import billing.tolls\n")
    _put(repo / "tests/test_other.py", "import billing\n")
    due, imports = functions(repo)[0], Imports(repo)
    own, other, chat = "tests/test_tolls.py", "tests/test_fees.py", "tests/desk/test_chat.py"
    assert imports.tests_near(due, 9) == [own, other, chat]
    assert imports.tests_near(due, 2, "test_chat.py") == [chat, own]
    assert imports.tests_near(due, 2, "test_gone.py") == [own, other]


@pytest.mark.slow
def test_a_mutant_is_caught_by_a_test_that_fails_with_it(repo: Path, tmp_path: Path) -> None:
    """What a test looks at is caught, what none looks at goes free; the repository itself stays as it is."""
    drawn = {one.change: one for seed in range(50) for one in draw(repo, seed, 9)}
    chosen = (drawn["days - self.grace > 3 -> days - self.grace >= 3"], drawn["log.append('seen') -> pass"])
    _put(tmp_path / "set.json", json.dumps([asdict(one) for one in chosen]))
    run = ("run", str(tmp_path / "set.json"), "--repo", str(repo), "--out", str(tmp_path / "out.json"))
    assert _ended(*run) == (0, "2 mutants: 1 caught, 1 free")
    due, note = json.loads((tmp_path / "out.json").read_text())
    assert (due["verdict"], due["by"]) == ("caught", "tests/test_fees.py::test_due")
    assert (note["verdict"], note["files"]) == ("free", ["tests/test_fees.py"])
    assert (repo / "billing/tolls.py").read_text() == RULES


@pytest.mark.slow
def test_a_test_that_fails_anyway_catches_nothing(repo: Path, tmp_path: Path) -> None:
    """A mutant whose test fails without it too is broken, and one whose function is gone is not found."""
    _put(tmp_path / "set.json", json.dumps([asdict(one) for one in draw(repo, 1, 9)]))
    _put(repo / "billing/tolls.py", RULES.replace("def note", "def noted").replace("log.", "log or "))
    _put(
        repo / "tests/test_fees.py",
        "from billing.tolls import Fee\n\ndef test_due():\n    assert not Fee\n",
    )
    run = ("run", str(tmp_path / "set.json"), "--repo", str(repo), "--out", str(tmp_path / "out.json"))
    assert _ended(*run)[0] == 1
    found = {one["function"]: one["verdict"] for one in json.loads((tmp_path / "out.json").read_text())}
    assert found == {"billing.tolls: Fee.due": "broken", "billing.tolls: note": "not found"}


def test_a_lost_catch_is_reported(tmp_path: Path) -> None:
    """A mutant that was caught and is not now makes the comparison fail; one that was free does not."""
    one = {"function": "f", "change": "a -> b", "by": "", "seconds": 1, "files": []}
    before = [one | {"id": "1", "verdict": "caught"}, one | {"id": "2", "verdict": "free"}]
    for name, verdict in (("before", "caught"), ("after", "free")):
        _put(tmp_path / name, json.dumps([before[0] | {"verdict": verdict}, before[1]]))
    lost = _ended("compare", str(tmp_path / "before"), str(tmp_path / "after"))
    assert lost == (1, "1 mutants were caught before, 1 of them are not caught now")
    assert _ended("compare", str(tmp_path / "before"), str(tmp_path / "before"))[0] == 0


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _ended(*arguments: str) -> tuple[int, str]:
    """How the command ended, and its last line."""
    command = [sys.executable, "-m", "tests.mutation", *arguments]
    done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.returncode, done.stdout.splitlines()[-1]
