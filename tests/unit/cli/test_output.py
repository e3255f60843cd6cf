"""Standard output and exit codes of commands."""

import errno
import os
import sys

import pytest

from keyrings.codeartifact.cli.output import OutputError, run, write
from keyrings.codeartifact.errors import AWSError, ConfigurationError


def raising(error):
    def command():
        raise error

    return command


def test_lines_are_written_to_standard_output(capsys):
    write("one", "two")
    assert capsys.readouterr() == ("one\ntwo\n", "")


def test_writing_to_closed_standard_output_is_an_error(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        with pytest.raises(OutputError, match=r"\Ait is closed; open it\Z"):
            write("one")


class Broken:
    """Standard output that cannot be written."""

    def __init__(self, error):
        self.error = error

    def write(self, _):
        raise self.error

    def flush(self):
        raise self.error


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), ("No space left on device; free space, or redirect it",)),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), ()),
    ],
)
def test_output_that_cannot_be_written_is_an_error(monkeypatch, error, arguments):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Broken(error))
        with pytest.raises(OutputError) as caught:
            write("one")
    assert caught.value.args == arguments


@pytest.mark.parametrize("code", [0, 1, 126, None])
def test_the_exit_code_of_a_command_is_returned(code, capsys):
    assert run("program", lambda: code) == code
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("kind", "code"), [(AWSError, 1), (ConfigurationError, 2)])
def test_an_error_is_one_line_and_its_exit_code(kind, code, capsys):
    assert run("program", raising(kind("CA100", "closed", "wait"))) == code
    assert capsys.readouterr() == ("", "program: error: closed; wait [CA100]\n")


def test_the_page_of_an_error_follows(capsys):
    assert run("program", raising(AWSError("CA100", "closed", "wait")), is_page_shown=True) == 1
    line, page = capsys.readouterr().err.splitlines()
    assert line == "program: error: closed; wait [CA100]"
    assert page.endswith("/reference/messages.html#ca100")


@pytest.mark.parametrize("error", [ZeroDivisionError, FileNotFoundError])
def test_other_exceptions_are_raised(error):
    with pytest.raises(error):
        run("program", raising(error()))


def test_a_full_disk_is_one_line(capfd):
    assert run("program", raising(OutputError("No space left on device; free space, or redirect it"))) == 1
    os.write(1, b"what Python flushes at exit")
    assert capfd.readouterr() == (
        "",
        "program: error: cannot write to standard output: No space left on device; free space, or redirect it\n",
    )


def test_a_closed_pipe_is_not_reported(capfd):
    assert run("program", raising(OutputError())) == 1
    os.write(1, b"what Python flushes at exit")
    assert capfd.readouterr() == ("", "")
