"""Shells: how each quotes a text, and sets an environment variable."""

import os
import re
import shlex
from collections.abc import Callable
from typing import NamedTuple

from keyrings.codeartifact.errors import ConfigurationError


class Shell(NamedTuple):
    """The text that sets a variable: ``line`` gets its name and quoted value, ``path`` a folder to put first on PATH.

    ``quote`` raises ConfigurationError for a text that the shell cannot hold.
    """

    quote: Callable[[str], str]
    line: str
    path: str


def quote_fish(text: str) -> str:
    """Return ``text`` as a word of fish."""
    escaped = re.sub(r"([\\'])", r"\\\1", text)
    return f"'{escaped}'"


def quote_powershell(text: str) -> str:
    """Return ``text`` as an expression of PowerShell.

    In ASCII: PowerShell decodes a program's output by the system's code page, where other bytes may become one of the
    curved quotes, which end a string too.  Source: about_Quoting_Rules, about_Character_Encoding.
    """
    words = re.sub(r"[^ -~]+", _powershell_characters, text.replace("'", "''"))
    return f"'{words}'"


def quote_cmd(text: str) -> str:
    """Return ``text`` for a batch file, between the quotes of ``set``; raise ConfigurationError if that is impossible.

    Between quotes, only the percent sign has a meaning; the exclamation mark has one where `cmd` expands it too.
    """
    if found := re.search(r'[^ -~]|["!]', text):
        raise ConfigurationError(
            "CA809", f"a value has {found[0]!r}, which a batch file cannot hold", "use --format powershell"
        )
    return text.replace("%", "%%")


SHELLS = {
    "shell": Shell(shlex.quote, "export {}={}", f'export PATH={{}}:"${{{{PATH:-{os.defpath}}}}}"'),
    "fish": Shell(quote_fish, "set -gx {} {}", "set -gx PATH {} $PATH"),
    "powershell": Shell(quote_powershell, "$env:{} = {}", "$env:PATH = {} + [IO.Path]::PathSeparator + $env:PATH"),
    "cmd": Shell(quote_cmd, '@set "{}={}"', '@set "PATH={};%PATH%"'),
}


def _powershell_characters(match: re.Match[str]) -> str:
    """Return the end of a string, the characters by their numbers (UTF-16), and the start of the next string."""
    units = match[0].encode("utf-16-be", "surrogatepass")
    numbers = (int.from_bytes(units[index : index + 2], "big") for index in range(0, len(units), 2))
    return "".join(f"'+[char]{number}+'" for number in numbers).replace("+''+", "+")
