"""Which command lines are answered without keyring, and which only keyring should read."""

import pytest

from keyrings.codeartifact.cli.keyring_get import Question, read


@pytest.mark.parametrize(
    ("arguments", "question"),
    [
        (["get", "URL", "aws"], Question("URL", "aws", "password", "plain")),
        (["get", "URL", ""], Question("URL", "", "password", "plain")),
        (["--mode=creds", "--output=json", "get", "URL"], Question("URL", None, "creds", "json")),
        (["--mode", "creds", "get", "URL", "aws"], Question("URL", "aws", "creds", "plain")),
        (["get", "URL", "--mode", "creds"], Question("URL", None, "creds", "plain")),
        (["get", "--output", "json", "URL", "aws"], Question("URL", "aws", "password", "json")),
    ],
)
def test_questions(arguments, question):
    assert read(arguments) == question


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["get"],
        ["get", "URL"],
        ["get", "URL", "aws", "more"],
        ["set", "URL", "aws"],
        ["del", "URL", "aws"],
        ["diagnose"],
        ["--help"],
        ["--list-backends"],
        ["--disable", "get", "URL", "aws"],
        ["-b", "some.Backend", "get", "URL", "aws"],
        ["--keyring-backend=some.Backend", "get", "URL", "aws"],
        ["-p", "/path", "get", "URL", "aws"],
        ["--mod", "creds", "get", "URL"],
        ["--mode", "other", "get", "URL", "aws"],
        ["--mode", "get", "URL", "aws"],
        ["--output=xml", "get", "URL", "aws"],
        ["get", "--", "URL", "aws"],
    ],
)
def test_the_rest_is_for_keyring(arguments):
    assert read(arguments) is None
