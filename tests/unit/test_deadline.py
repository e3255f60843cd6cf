"""A question ends when its time is up, whatever it waits for."""

import threading
import time

import pytest

from keyrings.codeartifact._util.deadline import Deadline, within
from keyrings.codeartifact.errors import AWSError


def test_the_answer():
    assert within(Deadline(5), lambda: 42) == 42


def test_no_answer_is_an_answer():
    assert within(Deadline(5), lambda: None) is None


def test_a_failure_is_raised_as_it_is():
    failure = ValueError("as it is")

    def fail():
        raise failure

    with pytest.raises(ValueError, match="as it is") as caught:
        within(Deadline(5), fail)
    assert caught.value is failure


def test_an_exit_is_an_exit():
    with pytest.raises(SystemExit):
        within(Deadline(5), lambda: exec("raise SystemExit"))


def test_no_more_threads(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(AWSError, match="starts no more threads"):
        within(Deadline(5), lambda: 42)


def test_the_deadline():
    released = threading.Event()
    began = time.monotonic()
    with pytest.raises(AWSError, match=r"no answer from AWS within 0\.1 s; check"):
        within(Deadline(0.1), lambda: released.wait(30))
    assert time.monotonic() - began < 10
    released.set()


def test_it_counts_down():
    assert 4 < Deadline(5).remaining() <= 5
    assert Deadline(0).remaining() == 0
