"""Set up a CI job, as the GitHub Action and the GitLab include do.

On GitHub the inputs are a JSON object in INPUTS, and the results are written to the runner's files.  On GitLab the
inputs are in CODEARTIFACT_INPUT_… variables, and shell code for the job is printed.
"""

import argparse
import os
from collections.abc import Mapping
from typing import TypeAlias

from keyrings.codeartifact import clients, lookup
from keyrings.codeartifact.ci import inputs as job_inputs
from keyrings.codeartifact.ci import setup
from keyrings.codeartifact.ci.github import GitHub
from keyrings.codeartifact.ci.gitlab import GitLab
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.doctor import chain
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import FAILED, Check

from . import doctor
from .output import write
from .terminal import Terminal

Runner: TypeAlias = GitHub | GitLab
_RUNNERS: dict[str, type[Runner]] = {"github": GitHub, "gitlab": GitLab}


class _CheckFailedError(CodeArtifactError):
    """A check has failed; ``lines`` are those of all checks."""

    def __init__(self, failed: Check, lines: list[str]) -> None:
        super().__init__(failed.code, failed.message, failed.remedy, exit_code=doctor.exit_code(failed))
        self.lines = lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("ci", choices=tuple(_RUNNERS), help="the CI that runs the job")
    parser.add_argument("folder", metavar="FOLDER", help="an existing folder for the job's files")


def run(options: argparse.Namespace) -> int:
    """Set the job up; return 0, or the exit code of the error that the CI shows."""
    runner = _RUNNERS[options.ci](dict(os.environ))
    inputs = runner.inputs()
    try:
        _set_up(options.folder, inputs, runner)
    except CodeArtifactError as error:
        return runner.fail(error, error.lines if isinstance(error, _CheckFailedError) else [str(error)])
    return 0


def _set_up(folder: str, inputs: Mapping[str, str], runner: Runner) -> None:
    is_check_wanted, is_token_wanted = (job_inputs.switch(inputs, name) for name in ("check", "output-token"))
    plan = setup.plan(folder, inputs, os.environ)
    index = plan.package_index
    if index is None and is_token_wanted:
        raise ConfigurationError(
            "CA101", "the input output-token is true, and no repository is named", "set index-url too"
        )
    with setup.apply(plan, os.environ) as applied:
        for warning in applied.warnings:
            runner.warn(warning)
        for hint in applied.hints:
            runner.say(hint)
        setup.refuse_machine_identity(plan, os.environ, runner.request)
        if is_check_wanted and index:
            _check(index, inputs, runner, is_known=plan.is_repeated)
        elif is_check_wanted:
            runner.warn("no repository is named for the check; set index-url, or the input check to false")
        token = lookup.get_token(index.repository, os.environ) if index and is_token_wanted else None
        write(*runner.hand_on(plan.commands_path, applied.variables, index, token))


def _check(index: Index, inputs: Mapping[str, str], runner: Runner, *, is_known: bool) -> None:
    """Print the checks, and warn of what keeps clients from the index; raise _CheckFailedError if a check fails."""
    lines: list[str] = []
    for done in chain.check(index, os.environ, is_brief=True, is_known=is_known):
        remedy = job_inputs.with_input_names(done.remedy, inputs)
        if done.status == FAILED and not inputs.get("role-to-assume", "").strip():
            remedy = f"{remedy}; or set role-to-assume, for a role that the job assumes"
        check = done._replace(remedy=remedy)
        for line in (*doctor.lines(check, Terminal()), *check.policy.splitlines()):
            runner.say(line)
            lines.append(line)
        if check.status == FAILED:
            raise _CheckFailedError(check, lines)
    for obstacle in clients.obstacles(index.repository, os.environ):
        runner.warn(obstacle)
