"""Set a CI job up, as the action and the GitLab include do.

For github, the inputs are a JSON object in INPUTS, and what is handed on goes into the runner's files.  For gitlab, the
inputs are in CODEARTIFACT_INPUT_… variables, and what the job's shell is to evaluate is printed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from keyrings.codeartifact import lookup
from keyrings.codeartifact.aws.tokens import moment
from keyrings.codeartifact.ci import github, inputs
from keyrings.codeartifact.ci import setup as job
from keyrings.codeartifact.config import job_context as ci
from keyrings.codeartifact.config import keyringrc, settings
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.findings import FAILED

from . import doctor
from .output import complain

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from keyrings.codeartifact.config.environment import Target
    from keyrings.codeartifact.findings import Finding

_TOKEN = "CODEARTIFACT_AUTH_TOKEN"  # noqa: S105 - the name of a variable
_UNCHECKED = "no repository is named that could be looked at; set index-url, or switch the input check off"


class NoTokenError(CodeArtifactError):
    """A link on the way to a token is broken; ``shown`` are the lines of all that was looked at."""

    def __init__(self, failed: Finding, shown: list[str]) -> None:
        super().__init__(failed.said, failed.fix)
        self.exit_code = doctor.exit_code(failed)
        self.shown = shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("ci", choices=("github", "gitlab"), help="whose job it is")
    parser.add_argument("folder", metavar="FOLDER", help="where to write what the job needs; it goes with the job")


def run(options: argparse.Namespace) -> int:
    """Set the job up; return 0, or why that cannot be."""
    return _github(options.folder) if options.ci == "github" else _gitlab(options.folder)


def _github(folder: str) -> int:
    try:
        # Not left there for the programs that are looked at: it may hold the keys of a keyringrc.cfg.
        given = {name: str(value) for name, value in json.loads(os.environ.pop("INPUTS")).items()}
    except (LookupError, ValueError, AttributeError):
        raise ConfigurationError("INPUTS holds no JSON object", "let the action run this") from None
    try:
        _set_github_up(folder, given)
    except CodeArtifactError as error:
        github.annotate("error", str(error))
        shown = error.shown if isinstance(error, NoTokenError) else [str(error)]
        with suppress(CodeArtifactError):
            github.summarize("no token for this job", shown)
        return error.exit_code
    return 0


def _set_github_up(folder: str, given: Mapping[str, str]) -> None:
    is_checked, is_token_wanted = (inputs.switch(given, name) for name in ("check", "output-token"))
    keyring = shutil.which("keyring")
    with job.set_up(folder, given) as setup:
        chosen = setup.target
        for warning in setup.warnings:
            github.annotate("warning", warning)
        for hint in setup.hints:
            github.say(hint)
        if chosen is None and is_token_wanted:
            raise ConfigurationError("the input output-token is on, and no repository is named", "set index-url too")
        _refuse_the_machine()
        if is_checked and chosen:
            _check(chosen, given, github.say)
        elif is_checked:
            github.annotate("warning", _UNCHECKED)
        outputs = {"index-url": chosen.index_url, "publish-url": chosen.publish_url} if chosen else {}
        if chosen and is_token_wanted:
            outputs |= _token(chosen)
        # What later steps go by comes last: where the rest cannot be handed on, it is not either.
        github.hand_on(github.OUTPUT, outputs)
        if keyring != shutil.which("keyring", path=job.commands(folder)):
            github.prepend_path(job.commands(folder))
        github.hand_on(github.ENV, setup.variables)


def _refuse_the_machine() -> None:
    """Raise CodeArtifactError if what a fork proposes could ask as this machine, for whichever repository."""
    is_fork = ci.is_from_fork(os.environ)
    if is_fork is False:
        return
    if sections := settings.sections_of_the_machine(os.environ, keyringrc.load(os.environ)):
        which, kind = "is" if is_fork else "may be", "pull" if ci.is_github(os.environ) else "merge"
        raise CodeArtifactError(
            f"this {which} a {kind} request from a fork, for which this runner's own AWS identity is not, "
            f"and [{sections[0]}] would ask as it",
            "set role-to-assume, or let the job do without private packages",
        )


def _check(chosen: Target, given: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Look at the way to a token and at the clients, and ``say`` what is found; raise NoTokenError if it is broken."""
    shown: list[str] = []
    for found in doctor.findings(chosen):
        fix = inputs.named(found.fix, given)
        if found.status == FAILED and not given.get("role-to-assume", "").strip():
            fix = f"{fix}; or set role-to-assume, for a role that the job assumes"
        finding = found._replace(fix=fix)
        lines = list(doctor.lines(finding))
        for line in lines:
            say(line)
        shown += lines
        if finding.status == FAILED:
            raise NoTokenError(finding, shown)


def _token(chosen: Target) -> dict[str, str]:
    """Return the outputs that tell a token; the runner is told first to show it nowhere."""
    token = lookup.token(chosen.repository)
    github.mask(str(token.value))
    return {
        "token": str(token.value),
        "expiration": "" if token.expiration is None else moment(token.expiration),
        "secret-arg": f"--secret id={_TOKEN},env={_TOKEN}",
    }


def _gitlab(folder: str) -> int:
    given = {
        name.removeprefix(inputs.VARIABLE).lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith(inputs.VARIABLE)
    }
    given["oidc-token-variable"] = inputs.ID_TOKEN
    with job.set_up(folder, given) as setup:
        for warning in setup.warnings:
            complain(f"keyrings-codeartifact: warning: {warning}")
        for hint in setup.hints:
            complain(hint)
        _refuse_the_machine()
        if inputs.switch(given, "check") and setup.target:
            _check(setup.target, given, complain)
        elif inputs.switch(given, "check"):
            complain(f"keyrings-codeartifact: warning: {_UNCHECKED}")
        for name, value in setup.variables.items():
            print(f"export {name}={shlex.quote(value)}" if value else f"unset {name}")
        print(f'export PATH={shlex.quote(job.commands(folder))}:"$PATH"')
    return 0
