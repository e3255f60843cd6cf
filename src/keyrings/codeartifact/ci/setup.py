"""Setting a CI job up: plan first, then apply.

All files are in one folder, which belongs to the job and is removed with it.
"""

import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import NamedTuple

from keyrings.codeartifact import clients
from keyrings.codeartifact._util import files
from keyrings.codeartifact.clients import commands, programs
from keyrings.codeartifact.config import environment, job_context, keyringrc, settings
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError

from . import inputs as job_inputs
from .github import INPUTS

_CACHE_DIR = OPTIONS["cache_dir"].variable
# The variables that were set, for when the job is set up again.
_RECORD = "exported.json"


class Plan(NamedTuple):
    """What setting a job up in ``folder`` changes."""

    folder: str
    package_index: environment.Index | None  # the repository of the job's clients
    publish: bool
    configuration: str  # the text of keyringrc.cfg
    variables: Mapping[str, str]  # besides those of the clients
    removed: tuple[str, ...]  # variables that an earlier set-up in the same job has set
    is_repeated: bool  # an earlier set-up in the same job was for the same repository
    warnings: tuple[str, ...]
    hints: tuple[str, ...]

    @property
    def config_path(self) -> str:
        """The path of keyringrc.cfg."""
        return self.variables[keyringrc.CONFIG_FILE]

    @property
    def commands_path(self) -> str:
        """The folder with nothing but the commands, for PATH."""
        return os.path.join(self.folder, "commands")


def plan(folder: str, inputs: Mapping[str, str], environ: Mapping[str, str]) -> Plan:
    """Return what the ``inputs`` change in a job with ``environ``; raise ConfigurationError for invalid inputs.

    An earlier set-up in the same job is replaced, except for its repository if the inputs name none, and for
    publishing: clients do not treat an empty variable as unset.
    """
    _require_own_folder(folder)
    job_inputs.check_expanded(inputs)
    index = job_inputs.index(inputs, environ)
    mode = job_inputs.index_mode(inputs, environ)
    is_role_enough = mode == environment.CREDENTIALS and job_inputs.is_role_given(inputs)
    if index is None and not is_role_enough and not inputs.get("keyringrc", "").strip():
        remedy = "set the input index-url, or its parts, or keyringrc; or index-mode to credentials, with a role"
        raise ConfigurationError("CA101", "no repository is named", remedy)
    removed = _earlier_variables(os.path.join(folder, _RECORD), environ)
    was_publishing = any(name.startswith("UV_PUBLISH_") for name in removed)
    publish = job_inputs.switch(inputs, "publish")
    if (publish or was_publishing) and index is None:
        raise ConfigurationError("CA101", "the input publish is true, and no repository is named", "set index-url too")
    own_path = os.path.join(folder, "keyringrc.cfg")
    for variable in (keyringrc.CONFIG, keyringrc.CONFIG_FILE):
        if environ.get(variable) not in (None, "", own_path):
            remedy = "set the input keyringrc to the file's text, and remove the variable"
            raise ConfigurationError("CA704", f"{variable} is set for this job, and overrides the inputs", remedy)
    # An empty file is refused.
    configuration = job_inputs.configuration(inputs)
    if not configuration.strip():
        configuration = f"[{keyringrc.DEFAULTS}]\n"
    warnings = [
        f"{variable} is set for this job, and overrides the input {name}"
        for name, variable in job_inputs.overridden(inputs, environ).items()
    ] + [
        f"section [{section.name}] of the input keyringrc never matches: {section.problem}"
        for section in keyringrc.parse(configuration, own_path).sections
        if section.problem
    ]
    variables = {keyringrc.CONFIG_FILE: own_path}
    if _CACHE_DIR in removed or not environ.get(_CACHE_DIR):
        variables[_CACHE_DIR] = os.path.join(folder, "cache")
    if index:
        variables[environment.INDEX_URL] = index.url
        if inputs.get("index-name", "").strip():
            variables[environment.INDEX_NAME] = index.name
    if inputs.get("index-mode", "").strip():
        variables[environment.INDEX_MODE] = mode
    hints = ("publishing stays on: an earlier step has set it",) if was_publishing and not publish else ()
    is_repeated = bool(index and environment.INDEX_URL in removed and environ[environment.INDEX_URL] == index.url)
    return Plan(
        folder, index, publish or was_publishing, configuration, variables, removed, is_repeated, tuple(warnings), hints
    )


@contextmanager
def apply(plan: Plan, environ: MutableMapping[str, str]) -> Iterator[Plan]:
    """Write the files of ``plan`` and change ``environ``, this process' own.

    Yields the plan with all variables for the rest of the job, where an empty one removes an earlier one, and with all
    warnings and hints.  The files are restored if the context ends with an error.  Raises ConfigurationError for
    settings that are invalid for the repository, and for files that cannot be written.
    """
    try:
        commands.write(plan.commands_path)
    except OSError as error:
        raise _unusable(plan.commands_path, error) from None
    with _written(plan.config_path, plan.configuration):
        for name in (*plan.removed, INPUTS):
            environ.pop(name, None)
        environ.update(plan.variables)
        environ["PATH"] = programs.path_with(plan.commands_path, environ)
        if plan.package_index:
            settings.resolve(plan.package_index.repository, environ)
        warnings, hints = [*plan.warnings], [*plan.hints]
        for name, conflict in clients.conflicts(plan.package_index, environ, publish=plan.publish).items():
            if conflict == name:
                hints.append(f"{name} keeps the value that this job sets")
            else:
                warnings.append(f"{name} is not set, because this job sets {conflict}")
        added = dict(plan.variables) | clients.environment(plan.package_index, environ, publish=plan.publish)
        warnings += clients.warnings(plan.package_index, added)
        environ.update(added)
        variables = dict.fromkeys(plan.removed, "") | added
        yield plan._replace(variables=variables, warnings=tuple(warnings), hints=tuple(hints))
        write_file(os.path.join(plan.folder, _RECORD), json.dumps(added))


def refuse_machine_identity(plan: Plan, environ: Mapping[str, str], request: str) -> None:
    """Raise CodeArtifactError if the code of a fork's ``request`` could use an identity of the machine."""
    is_fork = job_context.is_from_fork(environ)
    if is_fork is False:
        return
    file = keyringrc.parse(plan.configuration, plan.config_path)
    if sections := settings.sections_with_machine_identity(environ, file):
        raise CodeArtifactError(
            "CA705",
            f"this {'is' if is_fork else 'may be'} a {request} from a fork, "
            f"which must not use the runner's own AWS identity, as [{sections[0]}] would",
            "set role-to-assume, or run the job without private packages",
        )


def write_file(path: str, text: str) -> None:
    """Write a private file whole or not at all; raise ConfigurationError if that is impossible."""
    try:
        files.replace(path, text.encode())
    except (OSError, UnicodeError) as error:
        problem = f"{path} cannot be written ({getattr(error, 'strerror', 'not UTF-8')})"
        raise ConfigurationError("CA706", problem, "check the free space and this user's permissions") from None


@contextmanager
def _written(path: str, text: str) -> Iterator[None]:
    """Write a file, and restore it if the context ends with an error."""
    former = None
    try:
        if os.path.exists(path):
            with open(path, encoding="utf-8", newline="") as file:
                former = file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, error) from None
    write_file(path, text)
    try:
        yield
    except BaseException:
        if former is None:
            os.unlink(path)
        else:
            write_file(path, former)
        raise


def _unusable(path: str, error: OSError | UnicodeDecodeError) -> ConfigurationError:
    reason = getattr(error, "strerror", None) or "not UTF-8"
    return ConfigurationError(
        "CA706", f"{path} is unusable ({reason})", "remove it; the job's folder is for this tool alone"
    )


def _require_own_folder(folder: str) -> None:
    """Raise ConfigurationError unless this user owns ``folder``: another user could put commands there."""
    try:
        found = os.lstat(folder)
    except OSError as error:
        raise ConfigurationError(
            "CA706", f"{folder} is unusable ({error.strerror})", "name an existing folder"
        ) from None
    if re.search(rf"[{re.escape(os.pathsep)}\r\n\ud800-\udfff]", folder):
        raise ConfigurationError("CA706", f"{folder!a} cannot be in PATH", "name a folder without such characters")
    is_own = os.name == "nt" or found.st_uid == os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or not is_own:
        raise ConfigurationError(
            "CA706", f"{folder} is not a folder of this user", "name one that belongs to the job alone"
        )


def _earlier_variables(record: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that still have the value that an earlier set-up in this job has set."""
    try:
        with open(record, encoding="utf-8") as file:
            exported = dict(json.load(file))
    except (OSError, ValueError, TypeError):
        return ()
    return tuple(name for name, value in exported.items() if environ.get(name) == value)
