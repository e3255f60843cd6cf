"""The record of what logging in has changed, with which logging out takes exactly that back."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

from platformdirs import user_state_dir

from keyrings.codeartifact.clients.settings_files import Setting
from keyrings.codeartifact.config import environment

from .documents import UnparsableError
from .edits import Edit, UnusableFileError, parse, read, unwritable, write_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyrings.codeartifact.config.environment import Index

_BACKUP = ".before-codeartifact-login"


class _Entry(NamedTuple):
    """A changed file: whether it existed before, the digest of what was written, and the settings."""

    is_new: bool
    digest: str
    settings: tuple[Setting, ...]


class _Record(NamedTuple):
    """What was written: the changed files by path, and the links with their targets.

    ``variables`` are the CODEARTIFACT_… variables of the index that the last login has set up.
    """

    files: dict[str, _Entry]
    links: dict[str, str]
    variables: dict[str, str]


def write(edits: list[Edit]) -> None:
    """Write the changed files, each with a backup beside it; raise UnusableFileError for one that cannot be written."""
    entries, links, variables = _load()
    for edit in edits:
        path, before = edit.file.path, edit.before
        earlier = entries.get(path)
        if earlier is None:
            entry = _Entry(before is None, _digest(edit.after), edit.file.settings)
        else:
            # What the user has changed since the first login is in no backup.
            digest = _digest(edit.after) if _digest(before or "") == earlier.digest else ""
            entry = _Entry(earlier.is_new, digest, tuple(dict.fromkeys(earlier.settings + edit.file.settings)))
        # First, so that nothing is changed that is not recorded.
        _save(_Record(entries | {path: entry}, links, variables))
        try:
            if earlier is None and before is not None:
                write_text(f"{path}{_BACKUP}", before)
            write_text(path, edit.after)
        except UnusableFileError:
            _save(_Record(entries, links, variables))
            raise
        entries[path] = entry


def write_link(path: str, target: str) -> None:
    """Write a link at ``path``, where there is nothing; raise UnusableFileError if it cannot be written."""
    files, links, variables = _load()
    _save(_Record(files, links | {path: target}, variables))
    try:
        os.symlink(target, path)
    except OSError as error:
        _save(_Record(files, links, variables))
        raise unwritable(path, error) from error


def write_index(index: Index) -> None:
    """Record the index that was set up, if any of the changed files and links is left."""
    variables = {
        environment.INDEX_URL: index.url,
        environment.INDEX_NAME: index.name,
        environment.INDEX_MODE: index.mode,
    }
    _save(_load()._replace(variables=variables))


def with_index(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return ``environ``, with the index of the last login if it names no repository.

    Raises UnusableFileError for a record that cannot be parsed.
    """
    if environment.is_named(environ):
        return environ
    return _load().variables | {name: value for name, value in environ.items() if value}


def undo() -> Iterator[str | UnusableFileError]:
    """Take back what was written; yield the path of each file and link, or why it is left as it is."""
    entries, links, _ = record = _load()
    for path, target in list(links.items()):
        if os.path.islink(path) and os.readlink(path) == target:
            _remove(path)
        del links[path]
        _save(record)
        yield path
    for path, entry in list(entries.items()):
        try:
            _undo(path, entry)
        except UnusableFileError as error:
            yield error
            continue
        del entries[path]
        _save(record)
        yield path


def _undo(path: str, entry: _Entry) -> None:
    current = read(path)
    backup = read(f"{path}{_BACKUP}") or ""
    if current is not None:
        before = backup if _digest(current) == entry.digest else _reverted(path, current, backup, entry)
        if entry.is_new and not before.strip():
            _remove(os.path.realpath(path))
        else:
            write_text(path, before)
    _remove(f"{path}{_BACKUP}")


def _reverted(path: str, current: str, backup: str, entry: _Entry) -> str:
    """Return ``current``, which the user has changed since, with the settings that are still ours as in ``backup``."""
    try:
        document, old = parse(path, current), parse(path, backup)
        for setting in reversed(entry.settings):
            if document.get(setting) == setting.value:
                document.set(setting, old.get(setting))
    except UnparsableError as error:
        raise UnusableFileError(
            "CA803", f"{path} is left as it is: it cannot be parsed", "correct it and try again"
        ) from error
    return str(document)


def _path() -> str:
    return os.path.join(user_state_dir("keyrings-codeartifact", appauthor=False), "login.json")


def _load() -> _Record:
    text = read(_path())
    try:
        found: dict[str, Any] = json.loads(text) if text else {"files": {}, "links": {}, "variables": {}}
        files = {
            path: _Entry(
                bool(is_new),
                str(digest),
                tuple(Setting(tuple(keys), value, is_listed) for keys, value, is_listed in settings),
            )
            for path, (is_new, digest, settings) in found["files"].items()
        }
        links, variables = ({name: str(value) for name, value in found[key].items()} for key in ("links", "variables"))
        return _Record(files, links, variables)
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise UnusableFileError(
            "CA803", f"{_path()} cannot be parsed", "remove it; backups are beside the files"
        ) from error


def _save(record: _Record) -> None:
    if record.files or record.links:
        write_text(_path(), json.dumps(record._asdict(), indent=1))
    else:
        _remove(_path())


def _remove(path: str) -> None:
    """Remove a file, if there is one; raise UnusableFileError if that is impossible."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise unwritable(path, error) from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
