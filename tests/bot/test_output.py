"""What commands print of others' names and texts: as it is written, and obeyed by no terminal."""

from __future__ import annotations

import pytest

from bot.cli import output


@pytest.mark.parametrize(
    "text", ["[/b] a bracket", "[red]paid[/red]", "[link=https://x.example]here[/link]", ":smile:", "a [b] c"]
)
def test_what_looks_like_markup_is_printed_as_it_is_written(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """A customer's brackets break no table, and hide nothing of what they wrote."""
    output.print_table(("text",), [(text,)], "none")
    assert capsys.readouterr().out.splitlines()[1].rstrip() == text


@pytest.mark.parametrize("sign", ["\x1b", "\x9b", "\x07", "\x7f", "\x00", "\u202e", "\u2066", "\u2028"])
def test_no_terminal_obeys_a_name(capsys: pytest.CaptureFixture[str], sign: str) -> None:
    """Nothing of somebody's clears the screen, renames the window or turns a line round."""
    name = f"Ada{sign} Lind"
    output.print_table(("name",), [(name,)], "none")
    output.print_line(name)
    output.print_error(name)
    printed = capsys.readouterr()
    assert sign not in printed.out + printed.err
    assert printed.out.count("Ada Lind") == 2


def test_what_went_wrong_is_one_line_whatever_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    """A file's name, or what a file says of itself, may have ends of lines in it."""
    output.print_error("a\nb.csv: no such file")
    assert capsys.readouterr().err == "kvitt: a b.csv: no such file\n"
