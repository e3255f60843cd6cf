"""What logging in changes in the settings files of clients: planned first, then written."""

from __future__ import annotations

import difflib
import os
import re
import stat
from typing import TYPE_CHECKING, NamedTuple

from keyrings.codeartifact._util import files
from keyrings.codeartifact._util.text import printable
from keyrings.codeartifact.errors import CodeArtifactError

from .documents import INIFile, OtherDefaultError, TOMLFile, UnparsableError, without_tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keyrings.codeartifact.clients.settings_files import SettingsFile

_MAX_SIZE = 1 << 20
# A password in a URL or an option, and what precedes it.
_SENSITIVE = r"""(?ix)
    (://[^\s/@:]*:) [^\s/@]* (?=@)
    | (^[+-]?\s* \w*(?:password|secret\w*|token)["']? \s*[=:]\s*) .+
"""


class Edit(NamedTuple):
    """The change of one file: its text ``before`` (None: no file) without any token, and ``after``.

    ``has_tokens`` is set if the file contains tokens, which go.
    """

    file: SettingsFile
    before: str | None
    after: str
    has_tokens: bool

    @property
    def is_change(self) -> bool:
        """Whether the file is to be written."""
        return self.has_tokens or self.before != self.after

    def diff(self) -> Iterator[str]:
        """Yield the changed lines of a unified diff, without any password."""
        before, after = (text.splitlines() for text in (self.before or "", self.after))
        old = os.devnull if self.before is None else self.file.path
        # Without context: lines that stay may hold secrets of any form.
        for line in difflib.unified_diff(before, after, old, self.file.path, lineterm="", n=0):
            yield printable(re.sub(_SENSITIVE, r"\1\2…", line))
        if self.has_tokens:
            yield f"# besides, the token in {self.file.path} is removed"


class UnusableFileError(CodeArtifactError):
    """A settings file that is left as it is: it cannot be read, parsed or written."""


def plan(file: SettingsFile) -> Edit:
    """Return the change of ``file``; raise UnusableFileError if it cannot be read or parsed."""
    original = read(file.path)
    text, newline = _normalized(original or "")
    try:
        document = parse(file.path, without_tokens(text))
        has_passwords = document.remove_passwords()
        before = str(document)
        for setting in file.settings:
            if document.get(setting) != setting.value:
                document.set(setting, setting.value)
        after = str(document)
        # What is written must be readable again, and say what was meant.
        written = parse(file.path, after)
        is_usable = all(written.get(setting) == setting.value for setting in file.settings)
    except OtherDefaultError as error:
        raise UnusableFileError(
            "CA803",
            f"{file.path} is left as it is: index '{error}' is the default in it",
            "remove `default` from that index, or pass --index-mode extra",
        ) from error
    except (UnparsableError, KeyError, TypeError, AttributeError) as error:
        raise _unparsable(file) from error
    if not is_usable:
        raise _unparsable(file)
    has_tokens = has_passwords or before != text
    before, after = (found.replace("\n", newline) for found in (before, after))
    return Edit(file, None if original is None else before, after, has_tokens)


def write_text(path: str, text: str, mode: int = 0o600) -> None:
    """Write a file whole or not at all, a new one with ``mode``; raise UnusableFileError if that is impossible."""
    try:
        files.update(path, text.encode(), mode)
    except OSError as error:
        raise unwritable(path, error) from error


def unwritable(path: str, error: OSError) -> UnusableFileError:
    """Return the error for a file that cannot be written."""
    return UnusableFileError(
        "CA803", f"{path} cannot be written ({error.strerror})", "check the free space and this user's permissions"
    )


def as_text(file: SettingsFile) -> str:
    """Return the settings of ``file`` as its whole text."""
    document = parse(file.path, "")
    for setting in file.settings:
        document.set(setting, setting.value)
    return str(document).rstrip("\n")


def _unparsable(file: SettingsFile) -> UnusableFileError:
    return UnusableFileError(
        "CA803", f"{file.path} is left as it is: it cannot be parsed", f"correct it, or add:\n{as_text(file)}"
    )


def parse(path: str, text: str) -> INIFile | TOMLFile:
    """Return the parsed ``text`` of the file at ``path``; raise UnparsableError."""
    return TOMLFile(text) if path.endswith(".toml") else INIFile(text)


def read(path: str) -> str | None:
    """Return the text of a file, with its line ends, None if there is none; raise UnusableFileError."""
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), encoding="utf-8", newline="") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnusableFileError("CA803", f"{path} is left as it is: it is not a regular file", "move it away")
            text = file.read(_MAX_SIZE + 1)
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise UnusableFileError("CA803", f"{path} is left as it is: it is not UTF-8", "save it in UTF-8") from error
    except OSError as error:
        raise UnusableFileError(
            "CA803", f"{path} is left as it is: it cannot be read ({error.strerror})", "make it readable for this user"
        ) from error
    if len(text) > _MAX_SIZE:
        raise UnusableFileError("CA803", f"{path} is left as it is: it is larger than 1 MiB", "check what it contains")
    return text


def _normalized(text: str) -> tuple[str, str]:
    r"""Return ``text`` with ``\n`` as line end, and its own line end if all lines have that."""
    lines = text.count("\n")
    if lines and text.count("\r\n") == lines and text.count("\r") == lines:
        return text.replace("\r\n", "\n"), "\r\n"
    return text, "\n"
