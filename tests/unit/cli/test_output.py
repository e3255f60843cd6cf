"""Standard output and exit codes of commands."""

import errno
import os
import sys

import pytest

from keyrings.codeartifact.cli.output import run, write
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
        with pytest.raises(OSError, match="standard output is closed") as caught:
            write("one")
    assert caught.value.errno == errno.EBADF


@pytest.mark.parametrize("code", [0, 1, 126, None])
def test_the_exit_code_of_a_command_is_returned(code, capsys):
    assert run("program", lambda: code) == code
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("kind", "code"), [(AWSError, 1), (ConfigurationError, 2)])
def test_an_error_is_one_line_and_its_exit_code(kind, code, capsys):
    assert run("program", raising(kind("closed", "wait"))) == code
    assert capsys.readouterr() == ("", "program: error: closed; wait\n")


def test_other_exceptions_are_raised():
    with pytest.raises(ZeroDivisionError):
        run("program", raising(ZeroDivisionError()))


def test_a_full_disk_is_one_line(capfd):
    assert run("program", raising(OSError(errno.ENOSPC, "No space left on device"))) == 1
    os.write(1, b"what Python flushes at exit")
    assert capfd.readouterr() == (
        "",
        "program: error: cannot write to standard output (No space left on device); free space, or open it\n",
    )


def test_a_closed_pipe_is_not_reported(capfd):
    assert run("program", raising(BrokenPipeError(errno.EPIPE, "Broken pipe"))) == 1
    os.write(1, b"what Python flushes at exit")
    assert capfd.readouterr() == ("", "")
