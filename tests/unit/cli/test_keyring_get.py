"""Which command lines `codeartifact-keyring` parses itself, and which it leaves to keyring."""

import pytest

from keyrings.codeartifact.cli.keyring_get import Arguments, parse_arguments


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["get", "URL", "aws"], Arguments("URL", "aws", "password", "plain")),
        (["get", "URL", ""], Arguments("URL", "", "password", "plain")),
        (["--mode=creds", "--output=json", "get", "URL"], Arguments("URL", None, "creds", "json")),
        (["--mode", "creds", "get", "URL", "aws"], Arguments("URL", "aws", "creds", "plain")),
        (["get", "URL", "--mode", "creds"], Arguments("URL", None, "creds", "plain")),
        (["get", "--output", "json", "URL", "aws"], Arguments("URL", "aws", "password", "json")),
    ],
)
def test_the_arguments_of_get_are_parsed(words, arguments):
    assert parse_arguments(words) == arguments


@pytest.mark.parametrize(
    "words",
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
def test_all_other_arguments_are_left_to_keyring(words):
    assert parse_arguments(words) is None
