"""What is printed on standard error and logged."""

import logging
import sys

import pytest

from keyrings.codeartifact._util import log


@pytest.fixture(autouse=True)
def _nothing_logged_before(monkeypatch):
    monkeypatch.setattr(log, "_logged", set())


def test_an_error_is_printed_on_standard_error(capsys):
    log.print_error("a line")
    assert capsys.readouterr() == ("", "a line\n")


def test_without_standard_error_an_error_is_not_printed(capsys, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", None)
        log.print_error("a line")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("value", "is_on"), [(None, False), ("", False), ("0", False), ("off", False), ("True", True), ("1", True)]
)
def test_debugging_is_on_with_1_or_another_word_for_it(capsys, monkeypatch, value, is_on):
    monkeypatch.delenv("CODEARTIFACT_DEBUG", raising=False)
    if value is not None:
        monkeypatch.setenv("CODEARTIFACT_DEBUG", value)
    assert log.is_debugging() is is_on
    log.debug("decided")
    assert capsys.readouterr() == ("", "codeartifact: decided\n" if is_on else "")


def test_a_debug_line_is_printable_and_redacted(capsys, monkeypatch):
    monkeypatch.setenv("CODEARTIFACT_DEBUG", "1")
    log.debug(f"one\x1b\ntwo {'x' * 65}")
    assert capsys.readouterr().err == "codeartifact: one? two …\n"


def test_a_message_is_logged_once(caplog):
    log.log_once("a warning")
    log.log_once("a warning")
    log.log_once("100 % sure")
    assert caplog.record_tuples == [
        ("keyrings.codeartifact", logging.WARNING, "a warning"),
        ("keyrings.codeartifact", logging.WARNING, "100 % sure"),
    ]


def test_an_error_is_logged_as_an_error(caplog):
    log.log_once("an error", is_error=True)
    assert caplog.record_tuples == [("keyrings.codeartifact", logging.ERROR, "an error")]
