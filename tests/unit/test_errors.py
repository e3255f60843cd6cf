"""Errors: one line with cause, remedy, hints and code, and an exit code."""

import pytest

from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError


@pytest.mark.parametrize(("kind", "code"), [(CodeArtifactError, 1), (ConfigurationError, 2), (AWSError, 1)])
def test_each_error_has_an_exit_code(kind, code):
    error = kind("CA100", "closed", "wait")
    assert error.exit_code == code
    assert (error.code, error.cause, error.remedy, error.hints) == ("CA100", "closed", "wait", ())
    assert isinstance(error, CodeArtifactError)


def test_the_exit_code_of_one_error_does_not_change_others():
    assert CodeArtifactError("CA100", "closed", "wait", exit_code=2).exit_code == 2
    assert CodeArtifactError("CA100", "closed", "wait").exit_code == 1


def test_an_error_of_aws_says_what_failed():
    error = AWSError("CA100", "closed", "wait", answer=("AssumeRole", "AccessDenied"), is_answer=True)
    assert (error.aws_code, error.operation, error.is_answer) == ("AccessDenied", "AssumeRole", True)
    error = AWSError("CA100", "closed", "wait")
    assert (error.aws_code, error.operation, error.is_answer) == ("", "", False)


def test_an_error_is_one_printable_line():
    error = CodeArtifactError("CA100", "AWS is\nclosed\x1b", "wait")
    error.add_hints(("one\nhint", "two"))
    error.add_hints(("three",))
    assert str(error) == "AWS is closed?; wait; one hint; two; three [CA100]"
    assert str(CodeArtifactError("CA100", "closed", "wait")) == "closed; wait [CA100]"


def test_an_error_as_json():
    error = CodeArtifactError("CA100", "AWS is\nclosed", "wait")
    error.add_hints(("hint",))
    page = error.as_json().pop("page")
    assert error.as_json() == {"code": "CA100", "message": "AWS is closed", "remedy": "wait; hint", "page": page}
    assert page.endswith("/reference/messages.html#ca100")


def failed():
    """Return an error with a cause, as raised."""
    try:
        try:
            int("a secret")
        except ValueError as cause:
            raise AWSError("CA100", "closed", "wait") from cause
    except AWSError as error:
        return error


@pytest.mark.parametrize("value", ["", "0", "off"])
def test_a_report_is_the_line(monkeypatch, value):
    monkeypatch.setenv("CODEARTIFACT_DEBUG", value)
    assert failed().report() == "closed; wait [CA100]"


def test_a_report_with_debugging_has_tracebacks_without_messages(monkeypatch):
    monkeypatch.setenv("CODEARTIFACT_DEBUG", "1")
    lines = failed().report().splitlines()
    assert lines[0] == "closed; wait [CA100]"
    assert [line for line in lines if line.endswith("raised in:")] == ["AWSError, raised in:", "ValueError, raised in:"]
    assert sum("in failed" in line for line in lines) == 2
    assert not [line for line in lines if "invalid literal" in line]
    assert all(line == line.rstrip() for line in lines)
