"""What does a CI job need, on disk and in its environment, for its clients to get tokens by themselves?

All that is written is in one folder, which belongs to the job and goes with it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from keyrings.codeartifact.clients import environment as wiring
from keyrings.codeartifact.config import environment as target
from keyrings.codeartifact.config import keyringrc, settings
from keyrings.codeartifact.errors import ConfigurationError

from . import inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyrings.codeartifact.config.environment import Target

_CONFIG, _CONFIG_FILE, _CACHE_DIR = "CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE", "CODEARTIFACT_CACHE_DIR"
# By what it was set up, for when it is set up anew.
_RECORD = "exported.json"
# All that comes to PATH: the name there, the name as it is installed, and the module that it begins in.
_COMMANDS = (
    ("keyring", "codeartifact-keyring", "cli.keyring"),
    ("keyrings-codeartifact", "keyrings-codeartifact", "cli.main"),
)
# As pip and distlib have it: a shell runs the second line and reads no further, to Python both are a text.  Isolated: a
# job's PYTHONPATH is for the job's Python.
_LAUNCHER = """\
#!/bin/sh
'''exec' {python} -I "$0" "$@"
' '''
import sys

from keyrings.codeartifact.{module} import main

sys.exit(main())
"""


class Setup(NamedTuple):
    """What a job is set up with.

    ``target`` is the repository that it means, ``variables`` what to hand on (an empty one takes away what was there),
    ``warnings`` what is odd about its inputs, and ``hints`` what else there is to know.
    """

    target: Target | None
    variables: dict[str, str]
    warnings: list[str]
    hints: list[str]


@contextmanager
def set_up(folder: str, given: Mapping[str, str]) -> Iterator[Setup]:
    """Set the job up as the inputs ``given`` say, in the environment of this process too.

    What an earlier use in the same job has set is taken back first, but for the repository, if no other is named, and
    for publishing: its variables cannot be taken back, for clients do not take empty ones for none.  Where the context
    ends with an error, the files are as they were.  Raises ConfigurationError for inputs that cannot be used.
    """
    _require_own(folder)
    inputs.check_expanded(given)
    chosen = inputs.find(given, os.environ)
    if chosen is None and not given.get("keyringrc", "").strip():
        raise ConfigurationError("no repository is named", "set the input index-url, or its parts, or keyringrc")
    path = os.path.join(folder, "keyringrc.cfg")
    earlier = _forget(os.path.join(folder, _RECORD))
    was_publishing = any(name.startswith("UV_PUBLISH_") for name in earlier)
    is_publishing = was_publishing or inputs.switch(given, "publish")
    if is_publishing and chosen is None:
        raise ConfigurationError("the input publish is on, and no repository is named", "set index-url too")
    for variable in (_CONFIG, _CONFIG_FILE):
        if os.environ.get(variable) not in (None, "", path):
            raise ConfigurationError(
                f"{variable} is set for this job, and goes before the inputs",
                "give the file's text to the input keyringrc, and remove the variable",
            )
    _make_commands(folder)
    overruled = inputs.overruled(given, os.environ).items()
    warnings = [f"{variable} is set for this job, and goes before the input {name}" for name, variable in overruled]
    hints = []
    if was_publishing and not inputs.switch(given, "publish"):
        hints.append("publishing stays on, as an earlier step has switched it")
    with _written(path, inputs.configuration(given)):
        file = keyringrc.load({_CONFIG_FILE: path})
        faulty = [section for section in file.sections if section.fault]
        warnings += [
            f"section [{section.name}] of the input keyringrc never matches: {section.fault}" for section in faulty
        ]
        variables = _places(folder, path, given, chosen)
        os.environ.update(variables)
        os.environ["PATH"] = os.pathsep.join((commands(folder), os.environ.get("PATH", "")))
        if chosen:
            # What cannot be used for it ends here, also where nothing is looked at.
            settings.resolve(chosen.repository)
        for name, reason in wiring.hindrances(chosen, os.environ, publish=is_publishing).items():
            if reason == name:
                hints.append(f"{name} is left as this job has it")
            else:
                warnings.append(f"{name} is not set, for this job has set {reason}")
        wired = wiring.variables(chosen, os.environ, publish=is_publishing)
        os.environ.update(wired)
        yield Setup(chosen, {**dict.fromkeys(earlier, ""), **variables, **wired}, warnings, hints)
        write(os.path.join(folder, _RECORD), json.dumps(variables | wired))


def commands(folder: str) -> str:
    """Return the folder of what a job has on PATH: nothing but ``keyring`` and ``keyrings-codeartifact``."""
    return os.path.join(folder, "commands")


def _make_commands(folder: str) -> None:
    """Make that folder, with commands that run in the environment of this process."""
    os.makedirs(commands(folder), 0o700, exist_ok=True)
    for name, script, module in _COMMANDS:
        path = os.path.join(commands(folder), name)
        if os.name != "nt":
            write(path, _LAUNCHER.format(python=shlex.quote(sys.executable), module=module), 0o700)
        elif not os.path.exists(f"{path}.exe"):
            # A program, for uv looks for nothing else; where its environment is stands in it.
            shutil.copy(os.path.join(os.path.dirname(sys.executable), f"{script}.exe"), f"{path}.exe")


def write(path: str, text: str, mode: int = 0o600) -> None:
    """Write a file that nobody else may read, whole or not at all; raise ConfigurationError if that cannot be."""
    new = f"{path}.{os.urandom(8).hex()}.new"
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(new, path)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(
            f"{path} cannot be written ({getattr(error, 'strerror', 'no text')})",
            "see that there is room, and that this user may write there",
        ) from None


@contextmanager
def _written(path: str, text: str) -> Iterator[None]:
    """Write a file, for good if the context ends without an error."""
    former = None
    if os.path.exists(path):
        with open(path, encoding="utf-8", newline="") as file:
            former = file.read()
    write(path, text)
    try:
        yield
    except BaseException:
        if former is None:
            os.unlink(path)
        else:
            write(path, former)
        raise


def _require_own(folder: str) -> None:
    """Raise ConfigurationError unless ``folder`` is one of this user's: another could put commands into it."""
    try:
        found = os.lstat(folder)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be used ({error.strerror})", "name a folder that is there") from None
    if re.search(rf"[{re.escape(os.pathsep)}\r\n\ud800-\udfff]", folder):
        raise ConfigurationError(f"{folder!a} can stand in no PATH", "name a folder without such signs")
    is_own = os.name == "nt" or found.st_uid == os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or not is_own:
        raise ConfigurationError(f"{folder} is no folder of this user's", "name one that belongs to the job alone")


def _forget(record: str) -> list[str]:
    """Take from the environment what an earlier use in this job has set there; return the variables' names."""
    try:
        with open(record, encoding="utf-8") as file:
            exported = dict(json.load(file))
    except (OSError, ValueError, TypeError):
        return []
    names = [name for name, value in exported.items() if os.environ.get(name) == value]
    for name in names:
        del os.environ[name]
    return names


def _places(folder: str, path: str, given: Mapping[str, str], chosen: Target | None) -> dict[str, str]:
    """Return the variables that say where configuration, cache and repository are."""
    found = {_CONFIG_FILE: path}
    if not os.environ.get(_CACHE_DIR):
        found[_CACHE_DIR] = os.path.join(folder, "cache")
    if chosen:
        found[target.INDEX_URL] = chosen.index_url
        if given.get("index-name", "").strip():
            found[target.INDEX_NAME] = chosen.index_name
    return found
