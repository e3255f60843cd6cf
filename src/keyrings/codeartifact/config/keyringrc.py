"""What does keyringrc.cfg say, and which of its sections speaks for a repository?"""

from __future__ import annotations

import os
import re

from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.errors import ConfigurationError, redacted

TYPE_CHECKING = False
if TYPE_CHECKING:
    import configparser
    from collections.abc import Mapping

    from keyrings.codeartifact.models import Repository

DEFAULTS = "codeartifact"
_DEFAULT_KEYRING = "default-keyring"
QUALIFIERS = ("domain", "account", "region", "name")

# Patterns are compiled where they are used: without a file none is, and each costs a warm lookup a twentieth.
_SECTION = rf"(?s){DEFAULTS}(?:\s+(?P<qualifiers>.*))?"
# configparser takes no notice of it: a line break that was lost, and with it the option behind.
_LOST_TEXT = rf"\[{DEFAULTS}(?:\s[^\]]*)?\]\s*[^\s#;]"
_BYTE_ORDER_MARK = "\ufeff"  # which some editors put before everything
_WORD = r"[a-z]{1,24}(?:_[a-z]{1,24}){0,4}"
_QUALIFIER = r"""(?x)
    (?P<key>[^\s,="']+) = (?: "(?P<double>[^"]*)" | '(?P<single>[^']*)' | (?P<bare>[^\s,"']+) (?=[\s,]|$) )
    [\s,]*  # 2.x did without blanks, and with commas
"""


class Section(NamedTuple):
    """One ``[codeartifact …]`` section: its name as written, its qualifiers, and the options it sets itself.

    ``fault`` says why the name cannot be understood; such a section never matches.
    """

    name: str
    qualifiers: Mapping[str, str]
    options: Mapping[str, str]
    fault: str = ""

    def __repr__(self) -> str:
        return f"<section [{self.name}]>"  # without the options: some are secret

    def score(self, repository: Repository) -> int | None:
        """Return how many qualifiers bind this section to ``repository``, None if one of them contradicts it."""
        return None if self.objection(repository) else len(self.qualifiers)

    def objection(self, repository: Repository) -> str:
        """Return why this section does not match ``repository``, empty if it does."""
        if self.fault:
            return self.fault
        for key, value in self.qualifiers.items():
            if value != getattr(repository, key):
                return f"{key} is '{redacted(value)}', not '{getattr(repository, key) or ''}'"
        return ""


class KeyringRC(NamedTuple):
    """A whole configuration file: where it came from, its defaults, and its sections in the order of the file."""

    origin: str
    defaults: Section
    sections: tuple[Section, ...] = ()

    def winners(self, repository: Repository) -> tuple[Section, ...]:
        """Return the most specific sections that match; the first one counts, any others tie with it."""
        scores = [(section.score(repository), section) for section in self.sections]
        best = max((score for score, _ in scores if score is not None), default=None)
        return tuple(section for score, section in scores if score is not None and score == best)


def load(environ: Mapping[str, str]) -> KeyringRC:
    """Return the configuration that ``environ`` names, else keyring's own; an absent one of keyring's is empty.

    Raises ConfigurationError if a named file is missing, or any cannot be read or parsed.
    """
    if text := environ.get("CODEARTIFACT_CONFIG"):
        return parse(text, "CODEARTIFACT_CONFIG")
    if named := environ.get("CODEARTIFACT_CONFIG_FILE"):
        if "\n" in named:
            raise ConfigurationError(
                "CODEARTIFACT_CONFIG_FILE holds a text, not a path", "put the text of a file into CODEARTIFACT_CONFIG"
            )
        path = os.path.expanduser(named)
        found = _read(path)
        if found is None:
            raise ConfigurationError(
                f"CODEARTIFACT_CONFIG_FILE names {redacted(path)}, which does not exist",
                "create the file, correct the variable or unset it",
            )
        return parse(found, path)
    path = own_path(environ)
    # An absent file is not even parsed.
    return parse(text, path) if (text := _read(path)) else KeyringRC(path, Section(DEFAULTS, {}, {}))


def default_keyring(environ: Mapping[str, str]) -> str:
    """Return the backend that keyring's own configuration file asks for, empty where it asks for none.

    Raises ConfigurationError if the file cannot be read or parsed.
    """
    path = own_path(environ)
    text = _read(path) or ""
    if _DEFAULT_KEYRING not in text.lower():
        return ""
    # Here and not above: importing it takes longer than a cached token.
    import configparser

    return _parse(text, path, configparser.RawConfigParser()).get("backend", _DEFAULT_KEYRING, fallback="")


def own_path(environ: Mapping[str, str]) -> str:
    """Return the path of keyring's own configuration file, without importing keyring to ask for it.

    Source: ``keyring.util.platform_.config_root`` of keyring 25.7; a test compares the two.
    """
    if os.name == "nt":
        root = os.path.join(environ.get("LOCALAPPDATA", environ.get("ProgramData", ".")), "Python Keyring")
    else:
        root = os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config"), "python_keyring")
    return os.path.join(root, "keyringrc.cfg")


def _read(path: str) -> str | None:
    """Return the text of the file at ``path``, None where there is none; raise ConfigurationError if unreadable."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{redacted(path)} is not UTF-8 (byte {error.start})", "save the file with the encoding UTF-8"
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{redacted(path)} cannot be read ({error.strerror})", "make it a file that this user may read"
        ) from None


def parse(text: str, origin: str) -> KeyringRC:
    """Return the configuration that ``text`` holds; ``origin`` is what messages call it.

    Raises ConfigurationError, with line numbers and never a line's text: it may hold a key.
    """
    # Here and not above: importing it takes longer than a cached token.
    import configparser

    # As a file is read, whose line ends are any of the three.
    text = re.sub("\r\n?", "\n", text)
    # As 2.x reads the file: inline comments, and [codeartifact] in the place of [DEFAULT].
    parser = configparser.RawConfigParser(inline_comment_prefixes=("#", ";"), default_section=DEFAULTS)
    _parse(text, origin, parser)
    for number, line in enumerate(text.removeprefix(_BYTE_ORDER_MARK).split("\n"), 1):
        if re.match(_LOST_TEXT, line.strip()):
            raise _broken(origin, f"line {number} goes on behind the section's name, which nobody would read")
    defaults = dict(parser.defaults())
    for option in defaults:  # so that what a section inherits is not taken for what it sets
        parser.remove_option(DEFAULTS, option)
    sections = (_read_section(name, dict(parser.items(name))) for name in parser.sections())
    return KeyringRC(origin, Section(DEFAULTS, {}, defaults), tuple(section for section in sections if section))


def _parse(text: str, origin: str, parser: configparser.RawConfigParser) -> configparser.RawConfigParser:
    """Return ``parser`` with ``text`` read into it."""
    import configparser

    try:
        parser.read_string(text.removeprefix(_BYTE_ORDER_MARK))
    except configparser.MissingSectionHeaderError as error:
        raise _broken(origin, f"line {error.lineno} stands before any [section]") from None
    except configparser.DuplicateSectionError as error:
        raise _broken(origin, f"line {error.lineno} opens section [{redacted(error.section)}] a second time") from None
    except configparser.DuplicateOptionError as error:
        raise _broken(
            origin,
            f"line {error.lineno} sets {shown(error.option)} of section [{redacted(error.section)}] a second time",
        ) from None
    except configparser.ParsingError as error:
        lines = ", ".join(str(line) for line, _ in error.errors) or "?"
        raise _broken(origin, f"line {lines} is neither a [section] nor an option = value") from None
    return parser


def shown(option: str) -> str:
    """Return an option's name as messages show it: what is no word may be the rest of a broken line, and secret."""
    return option if re.fullmatch(_WORD, option) else "…"


def _broken(origin: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"{origin} cannot be parsed: {what}", "correct that line")


def _read_section(name: str, options: Mapping[str, str]) -> Section | None:
    """Return the section called ``name``, None if it is somebody else's."""
    match = re.fullmatch(_SECTION, name)
    if match is None:
        return None
    qualifiers: dict[str, str] = {}
    name = redacted(name)
    rest = match["qualifiers"] or ""
    while rest:
        qualifier = re.match(_QUALIFIER, rest)
        if qualifier is None:
            return Section(name, {}, options, f'{redacted(rest)!r} is not of the form key="value"')
        key = qualifier["key"].lower()
        if key not in QUALIFIERS:
            return Section(name, {}, options, f"{redacted(key)!r} is none of {', '.join(QUALIFIERS)}")
        if key in qualifiers:
            return Section(name, {}, options, f"{key!r} stands there twice")
        qualifiers[key] = next(value for value in qualifier.group("double", "single", "bare") if value is not None)
        rest = rest[qualifier.end() :]
    return Section(name, qualifiers, options)
