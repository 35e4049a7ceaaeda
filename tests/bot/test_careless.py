"""Sixty careless commands, files and settings: each is one clear line that names the thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.commands import Shell

if TYPE_CHECKING:
    from pathlib import Path

CUSTOMERS: Final = "customer_id,name,birth_date,phone\n1,Ada Lind,1980-02-28,+15035550142\n"
BILLS: Final = "bill_id,customer_id,issued_on,due_on,currency,amount\nB1,1,2026-09-01,2026-10-01,USD,600.00\n"
FILES: Final = {
    "empty.csv": b"",
    "scan.png": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "sheet.csv": b"PK\x03\x04" + bytes(200),
    "page.csv": b"<html><body>Sign in</body></html>",
    "twice.csv": b"customer_id,customer_id,name\n1,2,Ada\n",
    "list.csv": b"%PDF-1.7\n1 0 obj\n",
    "wide.csv": "customer_id,name\n".encode("utf-32"),
    "cut.csv": "customer_id,name\n9,Ada".encode("utf-16")[:-1],
    "open.csv": b'customer_id,name\n9,"Ada\n10,Bo\n',
    "letter.csv": b"customer_id,name\n9," + b"x" * 200_000 + b"\n",
    "bank.sta": b":20:START\n:25:1/2\n:28C:1/1\n:60F:C261127USD1,00\n",
    "spent.csv": b"payment_id,reference,amount,currency,paid_on\nP1,B1,-5.00,USD,2026-10-01\n",
    "prices.csv": b"code_system,code,description,amount,currency,valid_from\nCPT,1,X,ten,USD,2026-01-01\n",
    "typo.toml": b'[customers]\nfile = "x"\nfiles = "customers.csv"\ncolumns = { name = "name" }\n',
    "long.toml": b'delimiter = ";;"\n[customers]\nfiles = "x"\ncolumns = { name = "name" }\n',
    "deep.toml": b'decimal = 5\n[customers]\nfiles = "x"\ncolumns = { name = "name" }\n',
    "bad.toml": b"name = ",
    "bad.xml": b"<Document>",
}
COMMANDS: Final = (
    ("sned", "sned"),
    ("accounts --jsn", "--json"),
    ("accounts -x", "-x"),
    ("accounts now", "now"),
    ("import", "--columns"),
    ("import missing.csv", "missing.csv"),
    ("import empty.csv", "empty.csv"),
    ("import scan.png", "scan.png"),
    ("import sheet.csv", "sheet.csv"),
    ("import page.csv", "page.csv"),
    ("import twice.csv", "twice.csv"),
    ("import list.csv", "list.csv: is a PDF, not CSV"),
    ("import --guess list.csv", "list.csv: is a PDF, not CSV"),
    ("import wide.csv", "wide.csv: is UTF-32 text"),
    ("import cut.csv", "cut.csv: begins as UTF-16 text and is cut off"),
    ("import open.csv", "open.csv: line 2 is no CSV: a quotation mark is opened in this row"),
    ("import letter.csv", "letter.csv: line 2 is no CSV: a cell has more than 131,072 letters"),
    ("import --guess customers.csv bills.csv", "bills.csv"),
    (
        "import customers.csv --map typo.toml",
        "typo.toml, customers.file: there is no such key here: did you mean",
    ),
    ("import customers.csv --map long.toml", "delimiter: write a text in quotes of at most 1 signs"),
    ("import customers.csv --map deep.toml", "deep.toml, decimal: write a text in quotes"),
    ("payments import bank.sta", "bank.sta: is MT940, not CSV: kvitt payments import --format mt940"),
    ("payments import bank.sta --format camt", "bank.sta: is MT940, and camt is XML"),
    ("payments import list.csv --format mt940", "list.csv: is a PDF, not MT940"),
    ("payments import customers.csv --format camt", "customers.csv: is no XML"),
    ("payments import .", ".: cannot be read"),
    ("payments accounts name = --of =", "name of a bank account: it is empty"),
    ("payments accounts name SE12 --of SE12", "SE12: is that account itself"),
    ("placements remit bills.csv", "no collector is set up"),
    ("backup --replace customers.csv", "customers.csv: is no backup and was left as it is"),
    ("import customers.csv --map bad.toml", "bad.toml"),
    ("import customers.csv --consent fax --consent-basis form", "fax"),
    ("payments import missing.csv", "missing.csv"),
    ("payments import bad.xml --format camt", "bad.xml"),
    ("payments import bad.xml --format x835", "X12"),
    ("payments assign ninety --to B1", "ninety"),
    ("payments assign 99 --to B1", "99"),
    ("payments write-off B9", "B9"),
    ("payments refund request 99 --amount ten", "99"),
    ("act credit B1 -5", "'-5' begins with a minus sign"),
    ("act credit B1 --reason late --amount 1.005", "it is finer than the currency"),
    ("run --at tomorrow", "tomorrow"),
    ("run --as-of 2026-13-45", "2026-13-45"),
    ("runs show ten", "ten"),
    ("aging --as-of 31/12/2026", "31/12/2026"),
    ("statement nobody out.pdf", "nobody"),
    ("statement 1 missing/out.pdf", "missing/out.pdf"),
    ("statement 1 kvitt.db", "kvitt.db"),
    ("bills pdf B9 out.pdf", "B9"),
    ("bills pdf B1 folder", "folder"),
    ("bills pdf B1 kvitt.toml", "kvitt.toml"),
    ("bills pdf B1 kvitt-stops.key", "kvitt-stops.key"),
    ("journal export out.se --since 2026-02-01 --until 2026-01-01", "--until"),
    ("journal export out.se --since 2026-02-01", "--until"),
    ("holds place --kind nonsense --reason x --customer 1 --until 2099-01-01", "nonsense"),
    ("holds lift first", "first"),
    ("escalations show 99", "99"),
    ("claims show C9", "C9"),
    ("codes import empty.csv --system X", "empty.csv"),
    ("placements close B1-P1 --as lost", "lost"),
    ("billing way 1 pigeon", "pigeon"),
    ("users add Bob --role king", "king"),
    ("letters batch --on someday", "someday"),
    ("campaigns create bad.toml", "bad.toml"),
    ("privacy export nobody out.zip", "nobody"),
    ("sending decide maybe 1", "maybe"),
    ("policy show narnia", "narnia"),
    ("policy check folder", "folder"),
    ("policy sentences --out out.pdf --language klingon", "klingon"),
    ("restore scan.png", "scan.png"),
    ("backup kvitt.db", "kvitt.db"),
    ("serve --port 99999", "99999"),
    ("period tie-out --month 2026-99", "2026-99"),
)
"""What is typed, and what of it the line names."""
SETTINGS: Final = (
    ("sending", "maybe", "KVITT_SENDING"),
    ("log_level", "LOUD", "KVITT_LOG_LEVEL"),
    ("database_url", "kvitt.db", "KVITT_DATABASE_URL"),
    ("database_url", "sqlite:///folder", "KVITT_DATABASE_URL"),
    ("policy", "", "generic"),
    ("policy", "folder", "folder"),
    ("public_url", "bills.example", "KVITT_PUBLIC_URL"),
    ("key", "short", "KVITT_KEY"),
    ("languages_folder", "scan.png", "KVITT_LANGUAGES_FOLDER"),
    ("creditor", "{", "KVITT_CREDITOR"),
    ("creditor", '{"country": "Sweden"}', "two letters"),
    ("collectors", '[{"id": "A B"}]', "of the form ^[a-z0-9]"),
)
"""A setting, its careless value, and what the line names."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """One customer with a bill, and the files; nothing here changes it."""
    shell = Shell(tmp_path_factory.mktemp("careless"))
    for name, text in FILES.items():
        (shell.folder / name).write_bytes(text)
    (shell.folder / "customers.csv").write_text(CUSTOMERS)
    (shell.folder / "bills.csv").write_text(BILLS)
    (shell.folder / "folder").mkdir()
    shell.sign_in()
    assert shell("import", "customers.csv", "bills.csv").returncode == 0
    return shell


def _kept(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if "kvitt.db-" not in file.name}


def test_there_are_sixty() -> None:
    """As many as were asked for, none twice."""
    assert len({*COMMANDS, *SETTINGS}) == len(COMMANDS) + len(SETTINGS) >= 60


@pytest.mark.parametrize(("typed", "named"), COMMANDS)
def test_a_careless_command_is_one_clear_line(book: Shell, typed: str, named: str) -> None:
    """It ends with 1 or 2, says one line that names the thing, and leaves no file behind."""
    before = _kept(book.folder)
    done = book(*typed.split())
    _one_line(done.returncode, done.stderr, named)
    assert {name for name in _kept(book.folder) - before if not name.endswith(".rejects.csv")} == set()


@pytest.mark.parametrize(("setting", "value", "named"), SETTINGS)
def test_a_careless_setting_is_one_clear_line(book: Shell, setting: str, value: str, named: str) -> None:
    """Whatever command meets it first says which setting it is; no words of a library's."""
    done = book("accounts", **{setting: value})
    _one_line(done.returncode, done.stderr, named)


@pytest.mark.parametrize(
    "typed", ["payments import spent.csv", "payments import spent.csv --json", "prices import prices.csv"]
)
def test_a_file_of_which_nothing_was_taken_is_a_failure(book: Shell, typed: str) -> None:
    """Every row was set aside, so the command ends with 1, whatever kind of file it is."""
    done = book(*typed.split())
    assert done.returncode == 1
    assert ("every row was set aside" in done.stderr) is ("--json" not in typed)


@pytest.mark.parametrize("given", [("--pager", "x"), ("--country", "Sweden"), ("--user", " ")])
def test_a_careless_init_can_be_given_again(tmp_path: Path, given: tuple[str, str]) -> None:
    """What was given is refused, no settings file is left, and the corrected command works."""
    shell = Shell(tmp_path)
    refused = shell("init", "--yes", *given)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert not (tmp_path / "kvitt.toml").exists()
    assert shell("init", "--yes").returncode == 0
    assert (tmp_path / "kvitt.token").exists()


def test_stripe_s_keys_in_each_other_s_place_are_refused_unquoted(book: Shell) -> None:
    """A secret key where that of webhooks belongs, and the other way round."""
    usual = {"public_url": "https://bills.example", "secret_key": "x" * 40}
    done = book("accounts", stripe_secret_key="whsec_abc", stripe_webhook_secret="sk_abc", **usual)
    _one_line(done.returncode, done.stderr, "KVITT_STRIPE_SECRET_KEY: another of Stripe's keys")
    assert "whsec_abc" not in done.stderr


def test_a_misspelt_setting_of_the_file_is_asked_about(tmp_path: Path) -> None:
    """The same question as for one of the environment."""
    shell = Shell(tmp_path)
    (tmp_path / "kvitt.toml").write_text('sendnig = "live"\n')
    _one_line(
        (done := shell("accounts")).returncode,
        done.stderr,
        "sendnig: there is no such setting: did you mean sending?",
    )


def _one_line(code: int, said: str, named: str) -> None:
    assert code in {1, 2}, said
    (line,) = said.splitlines()
    assert line.startswith("kvitt: ")
    assert named in line
    assert "Traceback" not in line
    assert "should not have" not in line
    assert "Input should" not in line
