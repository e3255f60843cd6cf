"""Text for people: colours, symbols, and lines of the terminal's width."""

import io
import os
import pty
import re
import sys
import time
from types import SimpleNamespace

import pytest

from keyrings.codeartifact.cli import terminal
from keyrings.codeartifact.cli.terminal import RED, Terminal, progress, with_progress


class Screen(io.StringIO):
    """A standard output that is a terminal, or is not."""

    encoding = "utf-8"
    is_terminal = True

    def isatty(self):
        return self.is_terminal


@pytest.fixture
def screen(monkeypatch):
    """Have standard output be a terminal of 60 columns with colours."""
    # In the module alone: pytest replaces that of the process after this fixture.
    screen = Screen()
    monkeypatch.setattr(terminal, "sys", SimpleNamespace(stdout=screen, stderr=None))
    for variable in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    return screen


def is_coloured(when="auto"):
    return Terminal(when).styled(RED, "text") != "text"


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_on_a_terminal(screen, monkeypatch, variables, expected):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert is_coloured() == expected
    assert is_coloured("always")
    assert not is_coloured("never")


@pytest.mark.parametrize(("force", "expected"), [("", False), ("1", True)])
def test_colours_elsewhere(screen, monkeypatch, force, expected):
    screen.is_terminal = False
    monkeypatch.setenv("FORCE_COLOR", force)
    assert is_coloured() == expected


def test_a_closed_standard_output(screen, monkeypatch):
    terminal.sys.stdout = None
    closed = Terminal("auto")
    assert (closed.width, closed.symbol("✓", "+")) == (0, "+")


@pytest.mark.parametrize(("encoding", "symbol"), [("utf-8", "✓"), ("ascii", "+"), ("latin-1", "+"), (None, "+")])
def test_symbols(screen, encoding, symbol):
    screen.encoding = encoding
    assert Terminal("never").symbol("✓", "+") == symbol


TEXT = "AWS refused GetAuthorizationToken on CodeArtifact domain 'acme' to profile 'reader'"


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(screen, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    coloured = Terminal("always")
    first = f"{coloured.styled(RED, '✗')} token  "
    lines = [re.sub(r"\033\[[0-9]*m", "", line) for line in coloured.wrapped(TEXT, first)]
    assert all(len(line) <= columns for line in lines)
    assert lines[0].startswith("✗ token  AWS")
    assert all(line.startswith(" " * 9) and line[9] != " " for line in lines[1:])
    assert " ".join(line[9:] for line in lines) == TEXT


def test_lines_elsewhere_are_not_wrapped(screen):
    screen.is_terminal = False
    assert list(Terminal("never").wrapped(TEXT * 9, "- ")) == [f"- {TEXT * 9}"]


def test_a_command_stays_whole(screen):
    command = f"`keyrings-codeartifact login --tool uv https://acme.example/{'x' * 60}`"
    lines = list(Terminal("never").wrapped(f"run {command}, or run it again", "- ", "  "))
    assert lines == ["- run", f"  {command},", "  or run it again"]


def test_a_long_word_ends_after_a_slash_or_colon(screen, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    url = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
    arn = f"arn:aws:sts::111122223333:assumed-role/{'x' * 40}/keyrings"
    lines = list(Terminal("never").wrapped(f"index {url} of {arn} and {'y' * 70}", "- ", "  "))
    assert lines == [
        "- index",
        "  https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/",
        "  pypi/release/simple/ of arn:aws:sts::111122223333:assumed-role/",
        f"  {'x' * 40}/keyrings and",
        f"  {'y' * 70}",
    ]


def test_a_host_that_is_wider_than_the_terminal(screen):
    url = "https://aws@acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
    assert list(Terminal("never").wrapped(f"index {url}", "- ", "  ")) == [
        "- index https://aws@acme-111122223333.d.codeartifact.",
        "  us-east-1.amazonaws.com/pypi/release/simple/",
    ]


def test_control_characters_are_not_shown(screen):
    assert list(Terminal("never").wrapped("a\x1b[2Jb\nc")) == ["a?[2Jb c"]
    assert list(Terminal("never").wrapped("", "- ")) == ["-"]


def test_a_heading(screen):
    assert list(Terminal("always").heading("Clients")) == ["\033[1mClients\033[0m"]


@pytest.mark.parametrize(("seconds", "shown"), [(0, ""), (1.3, "Working …\r\033[K")])
def test_progress_on_a_terminal(monkeypatch, seconds, shown):
    main, other = pty.openpty()
    with open(other, "w", encoding="utf-8") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        with progress("Working"):
            time.sleep(seconds)
        stderr.write("!")
    text = ""
    while not text.endswith("!"):
        text += os.read(main, 100).decode()
    assert text == f"{shown}!"
    os.close(main)


def test_progress_elsewhere(monkeypatch, capsys):
    assert list(with_progress(iter("ab"), "Working")) == ["a", "b"]
    assert capsys.readouterr() == ("", "")
