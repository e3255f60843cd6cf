"""Settings files that are changed in place: comments, order and everything else in them stay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from keyrings.codeartifact import index_url
from keyrings.codeartifact.clients.settings_files import NAMED

if TYPE_CHECKING:
    from keyrings.codeartifact.clients.settings_files import Setting

_BYTE_ORDER_MARK = "\ufeff"
# User and password of a URL of CodeArtifact.
_PASSWORD = rf"""(?ix) (?<=://) [^\s/@:'"]* : [^\s/@'"]* @ (?= {index_url.HOST} | {index_url.VPC_HOST} )"""


class UnparsableError(Exception):
    """The text is not of the form that its client reads."""


class OtherDefaultError(Exception):
    """Another table of an array, whose name is the argument, is the default."""


def without_tokens(text: str) -> str:
    """Return ``text`` with CodeArtifact's user name instead of user and password in each URL of CodeArtifact."""
    return re.sub(_PASSWORD, "aws@", text)


class INIFile:
    """A file of configparser's form, as pip, twine and keyring read it; raises UnparsableError for any other text."""

    def __init__(self, text: str) -> None:
        from configparser import Error

        from configupdater import ConfigUpdater

        self._mark, text = _split_mark(text)
        self._file = ConfigUpdater(allow_no_value=True)
        try:
            self._file.read_string(text)
        except (Error, ValueError) as error:
            raise UnparsableError from error

    def __str__(self) -> str:
        return self._mark + str(self._file)

    def get(self, setting: Setting) -> Any:
        """Return the value of ``setting``, of a listed one its own word, None if it is not set."""
        option = self._option(setting.keys)
        if option is None:
            return None
        value = option.value or ""
        return (setting.value if setting.value in value.split() else None) if setting.is_listed else value

    def set(self, setting: Setting, value: Any) -> None:
        """Set ``setting`` to ``value``; None removes it, and a section that has no other."""
        section, name = setting.keys
        option = self._option(setting.keys)
        if setting.is_listed:
            words = [word for word in (option.value or "" if option else "").split() if word != setting.value]
            words += [value] if value else []
            if option and not words:
                self._remove(section, option.key)
            elif words:
                self._option_for(section, name).set_values(words)
        elif value is not None:
            self._option_for(section, name).value = value
        elif option:
            self._remove(section, option.key)

    def remove_passwords(self) -> bool:
        """Remove the password of each repository of CodeArtifact; return whether there were any."""
        found = [
            section
            for section in self._file.iter_sections()
            if "password" in section
            and (url := section.get("repository"))
            and index_url.parse_repository((url.value or "").strip())
        ]
        for section in found:
            del section["password"]
        return bool(found)

    def _option(self, keys: tuple[str, ...]) -> Any:
        section, name = keys
        if not self._file.has_section(section):
            return None
        options = self._file[section].iter_options()
        # pip reads both spellings.
        return next((option for option in options if option.key.lower().replace("_", "-") == _spelling(name)), None)

    def _option_for(self, section: str, name: str) -> Any:
        """Return the option, which is created if it is missing."""
        if not self._file.has_section(section):
            is_first = not str(self._file).strip()
            self._file.add_section(section)
            if not is_first:
                self._file[section].add_before.space(1)
        if self._option((section, name)) is None:
            self._file[section][name] = ""
        return self._option((section, name))

    def _remove(self, section: str, name: str) -> None:
        del self._file[section][name]
        if not list(self._file[section].iter_options()):
            self._file.remove_section(section)


class TOMLFile:
    """A TOML file; raises UnparsableError for any other text."""

    def __init__(self, text: str) -> None:
        from tomlkit import parse
        from tomlkit.exceptions import ParseError

        self._mark, text = _split_mark(text)
        try:
            self._file = parse(text)
        except ParseError as error:
            raise UnparsableError from error

    def __str__(self) -> str:
        return self._mark + self._file.as_string()

    def get(self, setting: Setting) -> Any:
        """Return the value of ``setting``, None if it is not set; raise UnparsableError if a parent is no table."""
        table: Any = self._file
        for key in setting.keys[:-1]:
            table = _named(table, key) if key.startswith(NAMED) else table.get(key)
            if table is None:
                return None
            if not hasattr(table, "get") and not isinstance(table, list):
                raise UnparsableError
        value = table.get(setting.keys[-1])
        return value.unwrap() if hasattr(value, "unwrap") else value

    def set(self, setting: Setting, value: Any) -> None:
        """Set ``setting`` to ``value``; None removes it, and the tables that have no other.

        Raises OtherDefaultError for a ``default`` that another table of the array is already.
        """
        if value is None:
            self._remove(setting.keys)
            return
        *path, last = setting.keys
        table: Any = self._file
        for key, following in zip(path, setting.keys[1:], strict=True):
            if key.startswith(NAMED):
                if last == "default":
                    _require_no_other_default(table, key)
                table = _named_for(table, key)
            else:
                table = _table_for(table, key, is_array=following.startswith(NAMED), is_outer=following != last)
        table[last] = value

    def remove_passwords(self) -> bool:
        """Return False: clients keep no password in TOML but in URLs."""
        return False

    def _remove(self, keys: tuple[str, ...]) -> None:
        tables: list[tuple[Any, str]] = []
        table: Any = self._file
        for key in keys:
            tables.append((table, key))
            table = _named(table, key) if key.startswith(NAMED) else table.get(key)
            if table is None:
                return
        for parent, key in reversed(tables):
            child = _named(parent, key) if key.startswith(NAMED) else parent[key]
            is_leaf = parent is tables[-1][0]
            if not is_leaf and [name for name in child if name != "name"]:
                return
            if key.startswith(NAMED):
                parent.remove(child)
            else:
                parent.remove(key)


def _split_mark(text: str) -> tuple[str, str]:
    rest = text.removeprefix(_BYTE_ORDER_MARK)
    return text[: len(text) - len(rest)], rest


def _spelling(name: str) -> str:
    return name.replace("_", "-")


def _named(tables: Any, key: str) -> Any:
    """Return the table with the name in ``key``, None if there is none."""
    return next((table for table in tables if table.get("name") == key.removeprefix(NAMED)), None)


def _require_no_other_default(tables: Any, key: str) -> None:
    """Raise OtherDefaultError if another table than the one with the name in ``key`` is the default."""
    for table in tables:
        if table.get("default") and table is not _named(tables, key):
            raise OtherDefaultError(table.get("name", ""))


def _named_for(tables: Any, key: str) -> Any:
    """Return the table with the name in ``key``, which is added if it is missing."""
    from tomlkit import inline_table, table
    from tomlkit.items import AoT

    if _named(tables, key) is None:
        new = table() if isinstance(tables, AoT) else inline_table()
        new["name"] = key.removeprefix(NAMED)
        tables.append(new)
    return _named(tables, key)


def _table_for(parent: Any, key: str, *, is_array: bool, is_outer: bool) -> Any:
    """Return the table, or array of tables, at ``key``, which is created if it is missing.

    One that ``is_outer`` has only tables, and no heading of its own.
    """
    from tomlkit import aot, table

    if key not in parent:
        parent[key] = aot() if is_array else table(is_super_table=is_outer)
    return parent[key]
