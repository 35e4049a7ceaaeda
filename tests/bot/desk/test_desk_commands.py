"""Passwords and sessions of the desk on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.database.transaction import Database
from storage.desk import logins
from tests.commands import Shell
from tests.keys import KEYS

if TYPE_CHECKING:
    from pathlib import Path


def test_an_operator_makes_links_and_ends_sessions_and_a_rep_does_not(tmp_path: Path) -> None:
    """For a colleague a link is printed, once, and never a password; a rep makes none for others."""
    shell = Shell(tmp_path)
    shell.sign_in("Ann")
    token = shell.token_of("users", "add", "Bo", "--role", "rep")
    made = shell("users", "password", "bo", public_url="https://desk.elm.example")
    assert made.stdout.splitlines()[0] == "give this to Bo: it is good once, for 3 days"
    assert made.stdout.splitlines()[1].startswith("https://desk.elm.example/desk/welcome/")
    refused = shell("users", "password", "Ann", token=token)
    assert refused.returncode == 1
    assert refused.stderr == (
        "kvitt: Bo is rep here and may not say who works here: an operator can change that "
        "with kvitt users role\n"
    )
    assert shell("users", "password", "--link", token=token).stdout.startswith("give this to Bo")
    assert shell("users", "sessions").stdout == "nobody is signed in\n"
    assert shell.json("users", "sessions") == []
    assert shell("users", "sign-out", "Bo").stdout == "Bo was signed in 0 times, and is nowhere now\n"
    database = Database(f"sqlite:///{tmp_path / 'kvitt.db'}", KEYS)
    with database.read() as session:
        login = logins.of_user(session, "Bo")
    database.close()
    assert login
    assert login.password is None
    assert login.invited_until is not None
