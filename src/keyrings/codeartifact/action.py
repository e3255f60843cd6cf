"""What does the GitHub Action do, once it is installed?

It turns its inputs into a configuration and into variables for the later steps, sees that they bring a token, and says
what is wrong where they do not.  Its folder, in the runner's temporary one, holds all that it writes.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING

from . import github, inputs, keyringrc, lookup, settings, target, wiring
from .commands import doctor
from .errors import CodeArtifactError, ConfigurationError, printable
from .findings import FAILED
from .tokens import moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .target import Target

_CONFIG, _CONFIG_FILE, _CACHE_DIR = "CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE", "CODEARTIFACT_CACHE_DIR"
_TOKEN = "CODEARTIFACT_AUTH_TOKEN"  # noqa: S105 - the name of a variable


def main() -> int:
    """Do what the JSON object in INPUTS asks for, in the folder that is the argument; return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    # Not left there for the programs that are looked at: it may hold the keys of a keyringrc.cfg.
    given = {name: str(value) for name, value in json.loads(os.environ.pop("INPUTS")).items()}
    try:
        return _run(sys.argv[1], given)
    except CodeArtifactError as error:
        github.annotate("error", str(error))
        github.summarize("cannot be set up", [str(error)])
        return error.exit_code


def _run(folder: str, given: Mapping[str, str]) -> int:
    record = os.path.join(folder, "exported.json")
    earlier = _forget(record)
    chosen = inputs.find(given, os.environ)
    is_checked, is_token_wanted = (inputs.switch(given, name) for name in ("check", "output-token"))
    exported = _configure(folder, given, chosen)
    for name, variable in inputs.overruled(given, os.environ).items():
        github.annotate("warning", f"{variable} is set for this job, and goes before the input {name}")
    os.environ.update(exported)
    commands = os.path.join(folder, "commands")
    is_found_first = shutil.which("keyring") == shutil.which("keyring", path=commands)
    os.environ["PATH"] = os.pathsep.join((commands, os.environ.get("PATH", "")))
    exported |= _wire(chosen, publish=inputs.switch(given, "publish"))
    if chosen is None and is_token_wanted:
        raise ConfigurationError("output-token is on, and no repository is named", "set index-url too")
    if is_checked and (code := _check(chosen)):
        return code
    outputs = {"index-url": chosen.index_url, "publish-url": chosen.publish_url} if chosen else {}
    if chosen and is_token_wanted:
        outputs |= _token(chosen)
    github.hand_on(github.ENV, {**dict.fromkeys(earlier, ""), **exported})
    github.hand_on(github.OUTPUT, outputs)
    if not is_found_first:
        github.prepend_path(commands)
    _write(record, json.dumps(exported))
    return 0


def _forget(record: str) -> list[str]:
    """Take from the environment what an earlier use in this job has set there; return the variables' names."""
    try:
        with open(record, encoding="utf-8") as file:
            exported = json.load(file)
    except FileNotFoundError:
        return []
    names = [name for name, value in exported.items() if os.environ.get(name) == value]
    for name in names:
        del os.environ[name]
    return names


def _configure(folder: str, given: Mapping[str, str], chosen: Target | None) -> dict[str, str]:
    """Write the configuration; return the variables by which it is found."""
    for variable in (_CONFIG, _CONFIG_FILE):
        if os.environ.get(variable):
            raise ConfigurationError(
                f"{variable} is set for this job, and goes before the inputs",
                "give the file's text to the input keyringrc, and remove the variable",
            )
    path = os.path.join(folder, "keyringrc.cfg")
    _write(path, inputs.configuration(given))
    found = {_CONFIG_FILE: path}
    if not os.environ.get(_CACHE_DIR):
        found[_CACHE_DIR] = os.path.join(folder, "cache")
    if chosen:
        found[target.INDEX_URL] = chosen.index_url
        if given.get("index-name"):
            found[target.INDEX_NAME] = chosen.index_name
        # What cannot be used for it ends here, also where nothing is checked.
        settings.resolve(chosen.repository, os.environ | found)
    return found


def _wire(chosen: Target | None, *, publish: bool) -> dict[str, str]:
    """Return the clients' variables; tell which of them the job has set otherwise."""
    wired = wiring.variables(chosen, os.environ, publish=publish)
    os.environ.update(wired)
    wanted = wiring.variables(chosen, {"PATH": os.environ["PATH"]}, publish=publish)
    if left := [name for name, value in wanted.items() if os.environ.get(name) != value]:
        github.say(f"left as this job has them: {', '.join(left)}")
    return wired


def _check(chosen: Target | None) -> int:
    """Look at the way to a token, and show what is found; return the exit code."""
    file = keyringrc.load(os.environ)
    for section in file.sections:
        if section.fault:
            github.annotate("warning", f"section [{section.name}] never matches: {section.fault}")
    if chosen is None:
        github.say("no repository is named that could be checked: set index-url, or check: false")
        return 0
    report = []
    for finding in doctor.findings(chosen):
        lines = list(doctor.lines(finding))
        for line in lines:
            github.say(line)
        report += lines
        if finding.status == FAILED:
            said = f"{finding.said}; {finding.fix}"
            github.annotate("error", said)
            github.summarize("no token for this job", [printable(said), "", *report])
            return doctor.exit_code(finding)
    return 0


def _token(chosen: Target) -> dict[str, str]:
    """Return the outputs that tell a token; the runner is told first to show it nowhere."""
    token = lookup.token(chosen.repository)
    github.mask(str(token.value))
    return {
        "token": str(token.value),
        "expiration": "" if token.expiration is None else moment(token.expiration),
        "secret-arg": f"--secret id={_TOKEN},env={_TOKEN}",
    }


def _write(path: str, text: str) -> None:
    """Write a file that nobody else may read, whole or not at all."""
    new = f"{path}.new"
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(new, path)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror})", "see that RUNNER_TEMP has room, and lets this user write"
        ) from None


if __name__ == "__main__":
    sys.exit(main())
