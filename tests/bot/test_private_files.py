"""What Kvitt writes is for its owner alone, whatever the umask: databases, papers, lists, keys, folders."""

from __future__ import annotations

import ast
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeGuard

import pytest

from bot import outgoing_file, own_files
from storage import private_files
from storage.database import schema
from storage.database.transaction import Database
from tests.commands import Shell
from tests.keys import KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).resolve().parents[2]
CUSTOMERS = (
    "customer_id,name,birth_date,phone,country,region,address,postal_code,city\n"
    "1,Ada Lind,1980-02-28,+15035550142,US,OR,12 Elm Street,97201,Portland\n"
    "2,Bo Ek,no day,+15035550143,US,OR,12 Elm Street,97201,Portland\n"
)
BILLS = (
    "bill_id,customer_id,issued_on,due_on,currency,amount,description\n"
    "B1,1,2026-09-01,2026-10-01,USD,600.00,Visit\n"
)
CONFIG = (
    'letters_folder = "post/letters"\n[creditor]\nname = "Elm Power"\ncountry = "US"\n'
    'address = ["500 Oak Avenue", "Portland, OR 97205"]\n'
)


@pytest.fixture
def no_umask() -> Iterator[None]:
    """A process that hides nothing from anybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def _modes(folder: Path) -> dict[str, str]:
    """The mode of everything in a folder, by its path in it."""
    found = sorted(folder.rglob("*"))
    return {str(one.relative_to(folder)): oct(stat.S_IMODE(one.stat().st_mode)) for one in found}


@pytest.mark.usefixtures("no_umask")
def test_a_database_and_what_sqlite_puts_beside_it(tmp_path: Path) -> None:
    """The file, its write-ahead log and its index are made for the owner, not by the umask."""
    database = Database(f"sqlite:///{tmp_path / 'kvitt.db'}", KEYS)
    schema.ensure(database.engine)
    with database.write():
        found = _modes(tmp_path)
    database.close()
    assert found == {"kvitt.db": "0o600", "kvitt.db-shm": "0o600", "kvitt.db-wal": "0o600"}


@pytest.mark.usefixtures("no_umask")
def test_files_and_folders_are_their_owners(tmp_path: Path) -> None:
    """Texts, papers, lists and new files, in folders that were made for them; none of it is left half."""
    folder = tmp_path / "a" / "b"
    private_files.make_folder(folder)
    outgoing_file.write_text(folder / "text", "x")
    outgoing_file.write_bytes(folder / "paper.pdf", b"x")
    outgoing_file.write_csv(folder / "list.csv", ("a",), [{"a": "=x"}])
    assert outgoing_file.write_new(folder / "new", "x")
    assert not outgoing_file.write_new(folder / "new", "y")
    files = {f"a/b/{name}": "0o600" for name in ("list.csv", "new", "paper.pdf", "text")}
    assert _modes(tmp_path) == {"a": "0o700", "a/b": "0o700"} | files


@pytest.mark.usefixtures("no_umask")
def test_a_folder_that_others_fetch_from_keeps_its_mode(tmp_path: Path) -> None:
    """The operator marks it by its group: what is written there is for the group, and for nobody else."""
    box = tmp_path / "box"
    box.mkdir()
    box.chmod(0o2750)
    outgoing_file.write_text(box / "list.csv", "x")
    private_files.make_folder(box / "batch-1")
    outgoing_file.write_text(box / "batch-1" / "1.pdf", "x")
    plain = tmp_path / "plain"
    plain.mkdir()
    plain.chmod(0o777)
    outgoing_file.write_text(plain / "list.csv", "x")
    assert _modes(tmp_path) == {
        "box": "0o2750",
        "box/batch-1": "0o2750",
        "box/batch-1/1.pdf": "0o640",
        "box/list.csv": "0o640",
        "plain": "0o777",
        "plain/list.csv": "0o600",
    }


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    """A command may be told to write to a pipe, or to its own output."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    outgoing_file.write_text(pipe, "text")
    assert os.read(reading, 10) == b"text"
    os.close(reading)
    with pytest.raises(outgoing_file.CannotWrite):  # nobody reads: it is not waited for
        outgoing_file.write_text(pipe, "text")
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_nothing_takes_the_place_of_a_file_that_kvitt_lives_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings, policy, database with its log, keys and token are left as they are, by any name for them."""
    monkeypatch.chdir(tmp_path)
    own = ("kvitt.toml", "my.toml", "kvitt.db", "kvitt.db-wal", "kvitt.key", "kvitt-stops.key", "kvitt.token")
    texts = {name: 'policy = "my.toml"' if name == "kvitt.toml" else name for name in own}
    for name, text in texts.items():
        Path(name).write_text(text)
    Path("link.pdf").symlink_to("kvitt.key")
    for name in (*own, "link.pdf", "../" + tmp_path.name + "/kvitt.db"):
        with pytest.raises(own_files.OwnFile, match="name another file"):
            outgoing_file.write_bytes(Path(name), b"a paper")
    assert {name: Path(name).read_text() for name in own} == texts
    outgoing_file.write_bytes(Path("paper.pdf"), b"older")
    outgoing_file.write_bytes(Path("paper.pdf"), b"newer")
    assert Path("paper.pdf").read_bytes() == b"newer"
    done = Shell(tmp_path)("backup", "--replace", "kvitt.token")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "kvitt.token: is a file that Kvitt itself needs" in done.stderr


@pytest.mark.slow
def test_the_commands_make_nothing_that_others_may_read(tmp_path: Path) -> None:
    """Set up, rejects, letters, papers, lists, journal, policy: each written by a process without umask."""
    kvitt = Shell(tmp_path)
    kvitt.umask = 0
    made = tmp_path / "made"
    made.mkdir(0o700)
    kvitt.folder = made
    given = {"kvitt.toml": CONFIG, "customers.csv": CUSTOMERS, "bills.csv": BILLS}
    kvitt.keys = {}
    assert kvitt("init").returncode == 0
    for name, text in given.items():
        (made / name).write_text(text)
    kvitt("import", "customers.csv", "bills.csv")
    kvitt.sign_in()
    commands = (
        "doctor", "bills pdf B1 bill.pdf", "statement 1 account.pdf", "statement 1 account.csv",
        "journal export book.se --from 2026-01-01 --to 2026-12-31",
        "journal export book.csv --format csv --from 2026-01-01 --to 2026-12-31",
        "policy sentences us --out policy.pdf", "letters batch", "placements export --to .",
        "simulate --policy us --customers 2 --days 3 --report report.html",
    )  # fmt: skip
    for command in commands:
        done = kvitt(*command.split())
        assert "Traceback" not in done.stderr
    found = {name: mode for name, mode in _modes(made).items() if name not in given}
    assert {"kvitt.db", "bill.pdf", "account.csv", "book.se", "book.csv", "policy.pdf", "report.html"} <= set(
        found
    )
    assert {"customers.csv.rejects.csv", "post", "post/letters", "kvitt.key"} <= set(found)
    folders = {str(one.relative_to(made)) for one in made.rglob("*") if one.is_dir()}
    assert found == {name: "0o700" if name in folders else "0o600" for name in found}


MAY_MAKE: Final = {
    "bot/outgoing_file.py": "writes every file",
    "storage/private_files.py": "says what modes they have",
    "bot/backup/workplace.py": "a folder for its owner alone, and empty files of mode 0600 in it",
    "bot/backup/archive.py": "fills such a file",
    "bot/backup/sqlite_copy.py": "fills such a file",
    "bot/cli/token_file.py": "a token is never written over one that is there",
    "bot/channels/letter.py": "prepares a batch in a folder for its owner alone",
    "bot/simulate/throwaway.py": "a folder of the system's for its owner alone",
    "bot/demo/clinic.py": "a folder of the system's for its owner alone",
    "messages/understanding/learned/training.py": "weights that are part of the product, in the checkout",
}
"""Who may make a file or a folder, and why."""
MAKING: Final = {
    "write_text", "write_bytes", "mkdir", "makedirs", "touch", "mkstemp", "mkdtemp", "mkfifo",
    "NamedTemporaryFile", "TemporaryDirectory", "copyfile", "copytree",
}  # fmt: skip


def test_only_the_helper_makes_files() -> None:
    """A file that is made past the helper has the mode of the umask: nothing else makes one."""
    found = {}
    for room in ("billing", "bot", "handlers", "messages", "storage"):
        for file in sorted((ROOT / room).rglob("*.py")):
            calls = [node for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if _makes(node)]
            if calls:
                found[str(file.relative_to(ROOT))] = [call.lineno for call in calls]
    assert {name: lines for name, lines in found.items() if name not in MAY_MAKE} == {}
    assert MAY_MAKE.keys() <= found.keys()


def _makes(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether a call makes a file or a folder by itself: of a path, or an opening to write."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func
    if isinstance(called, ast.Name):
        return called.id == "open" and _to_write(node)
    if not isinstance(called, ast.Attribute):
        return False
    if called.attr in {"write_text", "write_bytes"}:  # the helper's functions take the file first
        return not (isinstance(called.value, ast.Name) and called.value.id == "outgoing_file")
    return called.attr in MAKING or (called.attr in {"open", "fdopen"} and _to_write(node))


def _to_write(call: ast.Call) -> bool:
    given = [one.value for one in call.args if isinstance(one, ast.Constant)]
    named = [one.value for one in call.keywords if one.arg == "mode"]
    given += [one.value for one in named if isinstance(one, ast.Constant)]
    flags = any(isinstance(one, ast.Attribute) and one.attr == "O_CREAT" for one in ast.walk(call))
    return flags or any(isinstance(one, str) and set(one) & set("wax+") and len(one) <= 3 for one in given)
