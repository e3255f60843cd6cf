"""keyringrc.cfg: its sections, their qualifiers, and which of them matches a repository."""

from __future__ import annotations

import os
import re
import stat

from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact._util.process import importing
from keyrings.codeartifact._util.text import did_you_mean, redact
from keyrings.codeartifact.errors import ConfigurationError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import configparser
    from collections.abc import Mapping
    from typing import Any

    from keyrings.codeartifact.models import Repository

DEFAULTS = "codeartifact"
CONFIG, CONFIG_FILE = "CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE"
_DEFAULT_KEYRING = "default-keyring"
# The qualifiers as 2.x spells them, and what they are of a repository.
_QUALIFIERS = {"domain": "domain", "account": "domain_owner", "region": "region", "name": "name"}
# The words that AWS uses for two of them.
_SYNONYMS = {"domain_owner": "account", "repository": "name"}

# Patterns are compiled where they are used: without a file none is, and each costs a cached lookup a twentieth.
_SECTION = rf"(?s){DEFAULTS}(?:\s+(?P<qualifiers>.*))?"
# configparser ignores text after a section's name: probably an option whose line break was lost.
_TRAILING_TEXT = rf"\[{DEFAULTS}(?:\s[^\]]*)?\]\s*[^\s#;]"
_BYTE_ORDER_MARK = "\ufeff"  # some editors write it at the start of a file
_WORD = r"[a-z]{1,24}(?:_[a-z]{1,24}){0,4}"
_QUALIFIER = r"""(?x)
    (?P<key>[^\s,="']+) = (?: "(?P<double>[^"]*)" | '(?P<single>[^']*)' | (?P<bare>[^\s,"']+) (?=[\s,]|$) )
    [\s,]*  # 2.x did without blanks, and with commas
"""


class Section(NamedTuple):
    """A ``[codeartifact …]`` section: its name as written, its qualifiers, and the options that it sets itself."""

    name: str
    qualifiers: Mapping[str, str]
    options: Mapping[str, str]
    problem: str = ""  # why the name is invalid; such a section never matches

    def __repr__(self) -> str:
        return f"<section [{self.name}]>"  # without the options, some of which are secret

    def score(self, repository: Repository) -> int | None:
        """Return the number of qualifiers if all of them match ``repository``, else None."""
        return None if self.mismatch(repository) else len(self.qualifiers)

    def mismatch(self, repository: Repository) -> str:
        """Return why this section does not match ``repository``, empty if it does."""
        if self.problem:
            return self.problem
        for key, value in self.qualifiers.items():
            actual = getattr(repository, _QUALIFIERS[key])
            if value != actual:
                return f"{key} is '{redact(value)}', not '{actual or ''}'"
        return ""


class KeyringRC(NamedTuple):
    """A configuration file: where it came from, its defaults, and its sections in the order of the file."""

    origin: str
    defaults: Section
    sections: tuple[Section, ...] = ()
    default_keyring: str = ""  # the backend that keyring's own file sets

    def best_matches(self, repository: Repository) -> tuple[Section, ...]:
        """Return the matching sections with the most qualifiers; the first applies, others tie with it."""
        scores = [(section.score(repository), section) for section in self.sections]
        best = max((score for score, _ in scores if score is not None), default=None)
        return tuple(section for score, section in scores if score is not None and score == best)


def load(environ: Mapping[str, str]) -> KeyringRC:
    """Return the configuration that ``environ`` names, else keyring's own file, which may be absent.

    Raises ConfigurationError for a named file that is missing or empty, and for any that cannot be read or parsed.
    """
    if text := environ.get(CONFIG):
        return parse(text, CONFIG)
    named = environ.get(CONFIG_FILE)
    if not named:
        return _load_own(environ)
    if "\n" in named:
        problem = f"{CONFIG_FILE} contains text instead of a path"
        raise ConfigurationError("CA201", problem, f"set {CONFIG} to the text of a file")
    path = os.path.expanduser(named)
    found = _read(path)
    label = f"{CONFIG_FILE} names {redact(path)}, which"
    if found is None:
        raise ConfigurationError(
            "CA202", f"{label} does not exist", "create the file, correct the variable or unset it"
        )
    if not found.strip() and path != os.devnull:
        raise ConfigurationError("CA202", f"{label} is empty", "write a configuration to it, or unset the variable")
    return parse(found, path)


def default_keyring(environ: Mapping[str, str], file: KeyringRC) -> str:
    """Return the backend that keyring's own file sets, empty if none; raise ConfigurationError if it is unusable."""
    # Not read again if it is the configuration in use.
    return (file if file.origin == own_path(environ) else _load_own(environ)).default_keyring


def own_path(environ: Mapping[str, str]) -> str:
    """Return the path of keyring's own configuration file, without importing keyring.

    Source: ``keyring.util.platform_.config_root`` of keyring 25.7; a test compares the two.
    """
    if os.name == "nt":
        root = os.path.join(environ.get("LOCALAPPDATA", environ.get("ProgramData", ".")), "Python Keyring")
    else:
        root = os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "python_keyring")
    return os.path.join(root, "keyringrc.cfg")


def _load_own(environ: Mapping[str, str]) -> KeyringRC:
    """Return keyring's own file, which may be absent."""
    path = own_path(environ)
    text = _read(path)
    if not text:
        return KeyringRC(path, Section(DEFAULTS, {}, {}))
    file = parse(text, path)
    if _DEFAULT_KEYRING not in text.lower():
        return file
    # As keyring parses its file: without inline comments.
    return file._replace(default_keyring=_parse(text, path).get("backend", _DEFAULT_KEYRING, fallback=""))


def _read(path: str) -> str | None:
    """Return the text of the file at ``path``, None if there is none; raise ConfigurationError if it is unreadable."""
    try:
        with open(path, encoding="utf-8", opener=_open) as file:
            # A pipe is empty for the next process that reads it, which would use another identity.
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode) and path != os.devnull:
                remedy = f"write the configuration to a file, or set {CONFIG} to its text"
                raise ConfigurationError("CA203", f"{redact(path)} is not a regular file", remedy)
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        problem = f"{redact(path)} is not UTF-8 (byte {error.start})"
        raise ConfigurationError("CA203", problem, "save the file in UTF-8") from None
    except OSError as error:
        remedy = "make it a file that this user can read"
        raise ConfigurationError("CA203", f"{redact(path)} cannot be read ({error.strerror})", remedy) from None


def _open(path: str, flags: int) -> int:
    # Opening a named pipe would wait for a writer.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def parse(text: str, origin: str) -> KeyringRC:
    """Return the configuration in ``text``; messages call it ``origin``.

    Raises ConfigurationError with line numbers, never with a line's text, which may contain a key.
    """
    # As 2.x parses the file: inline comments, and [codeartifact] instead of [DEFAULT].
    parser = _parse(text, origin, inline_comment_prefixes=("#", ";"), default_section=DEFAULTS)
    defaults = dict(parser.defaults())
    for option in defaults:  # a section's items include what it inherits
        parser.remove_option(DEFAULTS, option)
    sections = (_parse_section(name, dict(parser.items(name))) for name in parser.sections())
    return KeyringRC(origin, Section(DEFAULTS, {}, defaults), tuple(section for section in sections if section))


def _parse(text: str, origin: str, **options: Any) -> configparser.RawConfigParser:
    """Return a parser with these ``options`` that has parsed ``text``; raise ConfigurationError if it cannot."""
    # Imported lazily: it takes longer than a cached token.
    with importing:
        import configparser

    parser = configparser.RawConfigParser(**options)
    # Line ends as in a file opened as text.
    text = re.sub("\r\n?", "\n", text).removeprefix(_BYTE_ORDER_MARK)
    try:
        parser.read_string(text)
        lines = enumerate(text.split("\n"), 1)
        trailing = next((number for number, line in lines if re.match(_TRAILING_TEXT, line.strip())), None)
        if trailing is None:
            return parser
        problem = f"line {trailing} has text after the section's name, which would be ignored"
    except configparser.MissingSectionHeaderError as error:
        problem = f"line {error.lineno} comes before the first [section]"
    except configparser.DuplicateSectionError as error:
        problem = f"line {error.lineno} repeats section [{redact(error.section)}]"
    except configparser.DuplicateOptionError as error:
        option = printable_option(error.option)
        problem = f"line {error.lineno} repeats {option} in section [{redact(error.section)}]"
    except configparser.ParsingError as error:
        numbers = ", ".join(str(line) for line, _ in error.errors) or "?"
        problem = f"line {numbers} is neither a [section] nor an option = value"
    raise ConfigurationError("CA204", f"{origin} cannot be parsed: {problem}", "correct that line")


def printable_option(option: str) -> str:
    """Return an option's name for a message; other text may be part of a broken line with a secret."""
    return option if re.fullmatch(_WORD, option) else "…"


def _parse_section(name: str, options: Mapping[str, str]) -> Section | None:
    """Return the section called ``name``, None if it belongs to another backend."""
    match = re.fullmatch(_SECTION, name)
    if match is None:
        return None
    qualifiers: dict[str, str] = {}
    name = redact(name)
    rest = match["qualifiers"] or ""
    while rest:
        qualifier = re.match(_QUALIFIER, rest)
        if qualifier is None:
            return Section(name, {}, options, f'{redact(rest)!r} is not of the form key="value"')
        key = qualifier["key"].lower()
        key = _SYNONYMS.get(key, key)
        if key not in _QUALIFIERS:
            suggestion = did_you_mean(key, {*_QUALIFIERS, *_SYNONYMS})
            return Section(name, {}, options, f"{redact(key)!r} is none of {', '.join(_QUALIFIERS)}{suggestion}")
        if key in qualifiers:
            return Section(name, {}, options, f"{key!r} is repeated")
        qualifiers[key] = next(value for value in qualifier.group("double", "single", "bare") if value is not None)
        rest = rest[qualifier.end() :]
    return Section(name, qualifiers, options)
