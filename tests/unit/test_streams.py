"""A line that nobody can read goes nowhere, least of all to where a token is expected."""

import os
import sys

from keyrings.codeartifact.cli.output import complain, give_up_output


def test_a_complaint_is_on_standard_error(capsys):
    complain("a line")
    assert capsys.readouterr() == ("", "a line\n")


def test_without_standard_error_it_is_nowhere(capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", None)
        complain("a line")
    assert capsys.readouterr() == ("", "")


def test_what_cannot_be_written_is_told_once(capfd):
    give_up_output("program", OSError(28, "No space left on device"))
    os.write(1, b"the rest")
    said = capfd.readouterr()
    assert said.err == "program: error: [Errno 28] No space left on device; make room, or let it be read and written\n"


def test_who_has_read_enough_is_told_nothing(capfd):
    give_up_output("program", BrokenPipeError(32, "Broken pipe"))
    assert capfd.readouterr().err == ""
