"""A job before an emulator that enforces IAM."""

import json
import os
import re

import pytest

from keyrings.codeartifact.ci import github
from support.github_job import INDEX, ROLE, runner

# As GitHub hands them over: every input, the defaults where nothing is given.
INPUTS = dict.fromkeys(
    (
        "domain",
        "domain-owner",
        "aws-region",
        "repository",
        "role-session-name",
        "token-duration-seconds",
        "auth-token-secret",
        "keyringrc",
        "endpoint-type",
        "index-name",
        "index-mode",
    ),
    "",
) | {
    "index-url": INDEX,
    "role-to-assume": ROLE,
    "audience": "sts.amazonaws.com",
    "publish": "false",
    "output-token": "false",
    "check": "true",
}


class Step:
    """A step that has ended: its exit code, its log, and what it has handed on."""

    def __init__(self, done, files):
        self.code, self.log = done.returncode, done.stdout
        assert done.stderr == ""
        self.env, self.output = (
            dict(line.split("=", 1) for line in files[name].read_text().splitlines())
            for name in (github.ENV, github.OUTPUT)
        )
        self.path = files[github.PATH].read_text().splitlines()
        self.summary = files[github.SUMMARY].read_text()
        self.errors = re.findall("^::error title=keyrings.codeartifact::(.*)$", self.log, re.MULTILINE)
        self.warnings = re.findall("^::warning title=keyrings.codeartifact::(.*)$", self.log, re.MULTILINE)


class Job:
    """A job whose steps share a folder and an environment, as the runner has it."""

    def __init__(self, home, tool, emulator, programs):
        self.home, self.tool = home, tool
        self.folder = home.folder / "temp" / "keyrings-codeartifact"
        self.commands = self.folder / "commands"
        self.folder.mkdir(parents=True)
        self.files = home.folder / "files"
        self.files.mkdir()
        self.environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "acme/tools",
            "GITHUB_RUN_ID": "42",
            "PATH": str(programs),
            **runner(emulator),
        }
        del home.environ["CODEARTIFACT_CACHE_DIR"]

    def use(self, *, unwritable=None, **inputs):
        """Run the action's step, and have what it hands on hold from then on; one of the files may be a folder."""
        inputs = INPUTS | {name.replace("_", "-"): value for name, value in inputs.items()}
        names = (github.ENV, github.OUTPUT, github.PATH, github.SUMMARY)
        files = {name: self.files / name for name in names}
        for path in files.values():
            path.write_text("")
        command = (self.tool.python, "-I", "-m", "keyrings.codeartifact", "job", "github", self.folder)
        handed = {name: str(self.home.folder if name == unwritable else path) for name, path in files.items()}
        step = Step(self.home.fork(*command, **self.environ, **handed, INPUTS=json.dumps(inputs)), files)
        self.environ |= step.env
        self.environ["PATH"] = os.pathsep.join((*reversed(step.path), self.environ["PATH"]))
        return step

    def run(self, *command):
        """Run a later step."""
        return self.home.run(*command, **self.environ)


@pytest.fixture
def job(nobody, tool, github_accounts, emulator, programs):
    """A job without any AWS credentials, before an emulator that enforces IAM."""
    emulator.access.is_enforced = True
    return Job(nobody, tool, emulator, programs)
