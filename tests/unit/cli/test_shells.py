"""Quoting for shells: each reads a quoted text as the text, whatever is in it, or it is refused."""

import os
import re
import shutil
import subprocess

import pytest

from keyrings.codeartifact.cli.shells import SHELLS, quote_cmd, quote_powershell
from keyrings.codeartifact.errors import ConfigurationError

HOSTILE = [
    *(
        "",
        " ",
        "a b",
        "$HOME",
        "${HOME}",
        "$(id)",
        "`id`",
        "'",
        "''",
        "'; id; '",
        '"',
        '"; id; "',
        "\\",
        "\\'",
        "\\\\'",
        "a\\",
    ),
    *(
        "%PATH%",
        "%",
        "%%",
        "^",
        "^&",
        "&",
        "& id",
        "|",
        "<",
        ">",
        "!PATH!",
        "!",
        "#",
        "~",
        "*",
        "?",
        "[a]",
        "{a,b}",
        "(id)",
        ";",
    ),
    *("a\nb", "\n", "a\n'\nb", "\t", "\r\n", "\x1b[31m", "-n", "--help", "=", "$env:PATH", "@(id)", "`n", "$(", "\x7f"),
    *("‘", "’", "‚", "‛", "“", "”", "a’; id; ‘b", "''’", "’'", "é", "Ñ", "ñ", "\u2028", "\U0001f600", "‘‘", "\u0091"),
]
PRINTED = {"bash": "shell", "zsh": "shell", "sh": "shell", "fish": "fish"}


@pytest.mark.parametrize("shell", PRINTED)
def test_a_real_shell_reads_the_text(shell):
    if shell in ("zsh", "fish") and not shutil.which(shell) and os.environ.get("REQUIRE_TOOLS") != "1":
        pytest.skip(f"needs {shell}; with REQUIRE_TOOLS=1 its lack is a failure")
    quote, line, path = SHELLS[PRINTED[shell]]
    show = "printf '%s\\0' \"$VALUE\"" if shell != "fish" else "printf '%s\\0' $VALUE"
    script = "\n".join(f"{line.format('VALUE', quote(text))}\n{show}" for text in HOSTILE)
    script += f"\n{path.format(quote('/a b'))}\n/usr/bin/printenv PATH"
    options = {"fish": ["--no-config"], "zsh": ["-f"]}.get(shell, [])
    done = subprocess.run([shell, *options], input=script.encode(), capture_output=True, check=True)
    *values, search_path = done.stdout.decode().split("\0")
    assert done.stderr == b""
    assert values == HOSTILE
    assert re.fullmatch("/a b:/.*\n", search_path)


def read_by_powershell(expression):
    """Return what an expression of strings and characters means, by PowerShell's rules; fail for any other one."""
    quotes = "'‘’‚‛"
    units, rest = b"", expression
    while rest:
        if number := re.match(r"\[char\]([0-9]+)", rest):
            units += int(number[1]).to_bytes(2, "big")
        else:
            number = re.match(rf"[{quotes}]((?:[^{quotes}]|[{quotes}]{{2}})*)[{quotes}]", rest)
            assert number, expression
            units += re.sub(f"[{quotes}]([{quotes}])", r"\1", number[1]).encode("utf-16-be")
        rest = rest[number.end() :]
        assert not rest or re.match(r"\+['\[]", rest), expression
        rest = rest[1:]
    return units.decode("utf-16-be")


@pytest.mark.parametrize("text", HOSTILE)
def test_powershell_reads_the_text(text):
    quoted = quote_powershell(text)
    assert read_by_powershell(quoted) == text
    # The first operand decides that `+` joins strings; no code page changes the rest.
    assert quoted.startswith("'")
    assert quoted.isascii()
    assert quoted.isprintable()


@pytest.mark.parametrize("text", HOSTILE)
def test_cmd_reads_the_text_or_there_is_none(text):
    if not text.isascii() or not text.isprintable() or {'"', "!"} & {*text}:
        with pytest.raises(
            ConfigurationError, match=r"^a value has .*, which a batch file cannot hold; use --format pow"
        ):
            quote_cmd(text)
        return
    quoted = quote_cmd(text)
    # In a batch file, two percent signs are one, and a single one begins a variable.
    assert "%" not in quoted.replace("%%", "")
    assert quoted.replace("%%", "%") == text


def test_lines_of_cmd_and_powershell():
    for shell, lines in {
        "cmd": ('@set "A=b"', '@set "PATH=C:\\x;%PATH%"'),
        "powershell": ("$env:A = 'b'", "$env:PATH = 'C:\\x' + [IO.Path]::PathSeparator + $env:PATH"),
    }.items():
        quote, line, path = SHELLS[shell]
        assert (line.format("A", quote("b")), path.format(quote("C:\\x"))) == lines
