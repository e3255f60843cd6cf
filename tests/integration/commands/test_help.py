"""What the commands show of themselves: help, versions, and the usage behind a mistake."""

import platform
import re
import shlex
from importlib import import_module
from importlib.metadata import version

import pytest

from keyrings.codeartifact.cli.main import parser_of

LISTED = [
    "token",
    "exec",
    "env",
    "explain",
    "doctor",
    "cache",
    "login",
    "logout",
    "kubernetes",
    "completion",
    "emulator",
    "demo",
]
VERSIONS = rf" {re.escape(version('keyrings.codeartifact'))} \(Python {re.escape(platform.python_version())}, botocore [0-9.]+\)\n"


def test_nothing_is_a_question_for_help(call):
    done = call()
    assert (done.returncode, done.stdout, done.stderr) == (0, call("--help").stdout, "")
    assert re.findall(r"^    ([a-z]+)\b", done.stdout, re.MULTILINE) == LISTED


@pytest.mark.parametrize("command", LISTED)
def test_a_command(call, command):
    said = call(command, "--help", COLUMNS="80").stdout
    sentence, examples, codes, address = re.search(
        r"\n\n([A-Z][^\n]*(?:\n[^\n]+)*\.)\n\n.*\n\nexamples:\n(.*?)\n\n(exit codes: .*?)\n\n(documentation: \S+)\n\Z",
        said,
        re.DOTALL,
    ).groups()
    assert (
        " ".join(sentence.split()) == import_module(f"keyrings.codeartifact.cli.{command}").__doc__.partition("\n")[0]
    )
    assert codes.split()[2] == "0"
    assert address.startswith("documentation: https://")
    for example in re.findall(r"keyrings-codeartifact ([^|>)\n]*)", examples):
        # It is accepted, and runs nothing.
        assert parser_of([command]).parse_args(shlex.split(example)).parser.prog == f"keyrings-codeartifact {command}"
    assert len(re.findall("keyrings-codeartifact", examples)) >= (
        1 if command in ("logout", "kubernetes", "demo") else 2
    )


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_no_line_is_wider_than_the_terminal(call, columns):
    """But for examples, which are for pasting, and argparse's own usage."""
    for command in LISTED:
        text = call(command, "--help", COLUMNS=columns).stdout
        prose = re.sub(r"examples:\n.*?\n\n", "", text.partition("\n\n")[2], flags=re.DOTALL)
        assert [line for line in prose.splitlines() if len(line) > int(columns)] == []


@pytest.mark.parametrize("program", ["keyrings-codeartifact", "codeartifact-keyring"])
def test_versions(home, tool, program):
    said = home.succeed(tool.bin / program, "--version").stdout
    assert re.fullmatch(program + VERSIONS, said)


@pytest.mark.parametrize(
    ("arguments", "usage"),
    [
        (["token", "--bogus"], "token [-h] [--json] [URL]"),
        (["cache", "list", "--bogus"], "cache [-h] ACTION ..."),
        (["explain", "a", "b"], "explain [-h] [--all] [--json] [--color {auto,always,never}] [URL]"),
    ],
)
def test_a_mistake_shows_the_usage_of_its_command(call, arguments, usage):
    done = call(*arguments, COLUMNS="120")
    assert (done.returncode, done.stdout) == (2, "")
    first, last = done.stderr.splitlines()
    assert first == f"usage: keyrings-codeartifact {usage}"
    assert last == f"keyrings-codeartifact {arguments[0]}: error: unrecognized arguments: {arguments[-1]}"


def test_a_secret_among_them_is_not_shown(call):
    assert "eyJ2ZXIiOjEs" not in call("token", INDEX_WITH_TOKEN, "--bogus").stderr


INDEX_WITH_TOKEN = (
    "https://aws:eyJ2ZXIiOjEsImlzdSI6MTc@acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
)
