"""Waiting for a process that AWS throttles: longer than for any other, and until the time for that is over."""

import os
import threading
import time

import pytest
from filelock import FileLock

from keyrings.codeartifact.aws import throttling
from keyrings.codeartifact.cache.store import THROTTLED
from keyrings.codeartifact.errors import AWSError
from support.single_flight import KEY, SHORT, new_token, run, unexpected

# Of the deadline, which a process that is throttled has for each of its requests.
DEADLINE = 1
LIMITED = SHORT._replace(deadline=DEADLINE, throttle_timeout=0)


@pytest.fixture
def held(store):
    """The lock, as another process that is throttled holds it; another thread may release it."""
    with FileLock(store.lock_path(KEY), thread_local=False) as lock:
        store.mark(KEY, THROTTLED)
        yield lock


def make_older(store, seconds):
    then = time.time() - seconds
    os.utime(os.path.join(store.folder, f"{KEY}.throttled"), (then, then))


# A throttled process pauses for up to 64 seconds, and marks that again at the latest after its next request.
@pytest.mark.parametrize("age", [0, 30, 64.2])
def test_a_process_that_is_throttled_is_not_overtaken(store, held, age):
    make_older(store, age)
    with pytest.raises(AWSError) as caught:
        run(store, unexpected, LIMITED)
    assert str(caught.value) == (
        "AWS throttles the request of another process for this token; try again later, or raise throttle_timeout [CA408]"
    )


@pytest.mark.parametrize("age", [66, 1000])
def test_one_that_was_throttled_before_is_overtaken(store, held, age, caplog):
    make_older(store, age)
    assert run(store, lambda _: new_token(), LIMITED).value == "a-token"
    assert "another process has been requesting this token for" in caplog.text


def test_its_token_is_waited_for_as_long_as_a_throttled_request_may_take(store, held, caplog, monkeypatch):
    monkeypatch.setattr(throttling, "_NOTICE", -1)
    timer = threading.Timer(0.5, held.release)
    timer.start()
    assert run(store, lambda _: new_token(), SHORT._replace(throttle_timeout=60)).value == "a-token"
    timer.join()
    assert caplog.messages == ["CodeArtifact throttles this account; trying again for up to 60 s"]
