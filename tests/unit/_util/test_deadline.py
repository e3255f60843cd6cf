"""Calls with a deadline."""

import threading
import time

import pytest

from keyrings.codeartifact._util.deadline import Deadline, DeadlineExceededError, run_within


def test_the_result_is_returned():
    assert run_within(Deadline(5), lambda: 42) == 42


def test_none_is_a_result():
    assert run_within(Deadline(5), lambda: None) is None


def test_an_exception_is_raised_unchanged():
    failure = ValueError("unchanged")

    def fail():
        raise failure

    with pytest.raises(ValueError, match="unchanged") as caught:
        run_within(Deadline(5), fail)
    assert caught.value is failure


def test_system_exit_is_raised_in_the_calling_thread():
    with pytest.raises(SystemExit):
        run_within(Deadline(5), lambda: exec("raise SystemExit"))


def test_without_threads_the_runtime_error_is_raised(monkeypatch):
    def refuse(_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        run_within(Deadline(5), lambda: 42)


def test_a_call_is_abandoned_at_the_deadline():
    released = threading.Event()
    began = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        run_within(Deadline(0.1), lambda: released.wait(30))
    assert 0.1 <= time.monotonic() - began < 10
    released.set()


def test_the_abandoned_thread_does_not_keep_the_process_alive():
    seen = []
    run_within(Deadline(5), lambda: seen.append(threading.current_thread()))
    [thread] = seen
    assert thread is not threading.current_thread()
    assert thread.daemon


def test_a_deadline_that_has_begun_is_not_extended():
    begun = Deadline(0.3)
    time.sleep(0.2)
    assert 0 <= begun.remaining() <= 0.1
    time.sleep(0.2)
    assert begun.remaining() == 0
    with pytest.raises(DeadlineExceededError):
        run_within(begun, lambda: time.sleep(0.5))


def test_a_deadline_counts_down_to_zero():
    assert 4 < Deadline(5).remaining() <= 5
    assert Deadline(5).seconds == 5
    assert Deadline(0).remaining() == 0
