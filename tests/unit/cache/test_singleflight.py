"""Single-flight token requests: what is cached, which failures apply, and how long a process waits for another."""

import errno
import gc
import os
import threading
import time

import pytest
from filelock import FileLock, Timeout

from keyrings.codeartifact.cache.singleflight import SingleFlight
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.denied import Asker
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import Secret, Token
from support.cache_files import ACME, KEY, new_entry, new_failure

SETTINGS = resolve(ACME, {"CODEARTIFACT_CONFIG": "[codeartifact]\n", "CODEARTIFACT_DEADLINE": "10"})
SHORT = SETTINGS._replace(deadline=0.4)


def new_token(life=3600, value="a-token"):
    return Token(Secret(value), time.time() + life)


def flight(store, settings=SETTINGS, asker=None):
    return SingleFlight(store, KEY, ACME, settings, asker)


def run(store, request, settings=SETTINGS, asker=None, key=KEY, *, is_fresh=False):
    return flight(store, settings, asker).run(request, lambda: key, is_fresh=is_fresh)


def unexpected(_):
    pytest.fail("requested a token")


def is_locked(store):
    try:
        with FileLock(store.lock_path(KEY), blocking=False):
            return False
    except Timeout:
        return True


@pytest.mark.parametrize("life", [3600, 7200], ids=["as requested", "longer by a slow clock"])
def test_a_requested_token_is_cached(store, life):
    began = time.time()
    assert run(store, lambda _: new_token(life)).value == "a-token"
    [entry] = store.entries()
    assert began <= entry.obtained <= time.time()
    assert entry.good_until - entry.obtained == 1800
    assert entry.identity == "the AWS default chain"
    assert run(store, unexpected).value == "a-token"


def test_the_life_of_a_token_begins_with_its_request(store):
    began = time.time()
    run(store, lambda _: time.sleep(0.5) or new_token())
    assert store.entries()[0].obtained - began < 0.4


@pytest.mark.parametrize("key", ["another", None])
def test_a_token_whose_key_has_changed_is_not_cached(store, key):
    began = time.time() - 1
    assert run(store, lambda _: new_token(), key=key).value == "a-token"
    assert store.entries() == []
    assert store.is_uncacheable(KEY, began)


def test_a_short_lived_token_is_not_cached(store):
    began = time.time() - 1
    assert run(store, lambda _: new_token(200)).value == "a-token"
    assert store.entries() == []
    assert store.is_uncacheable(KEY, began)


def test_threads_at_once_request_one_token(store):
    requests, found = [], []

    def request(_):
        requests.append(1)
        time.sleep(0.2)
        return new_token()

    threads = [threading.Thread(target=lambda: found.append(run(store, request))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(requests) == 1
    assert [token.value for token in found] == ["a-token"] * 8


@pytest.mark.parametrize("kind", [AWSError, ConfigurationError, CodeArtifactError])
def test_every_failure_is_stored_for_waiting_processes(store, kind):
    def request(_):
        raise kind("closed", "wait")

    waiting = flight(store)
    began = time.time()
    with pytest.raises(kind):
        run(store, request, asker=Asker("42", is_repeat=True))
    failure = store.failure(KEY)
    assert began <= failure.failed <= time.time()
    assert failure[1:] == ("42", kind.exit_code, "closed", "wait")
    with pytest.raises(CodeArtifactError, match=r"\Aclosed; wait\Z") as caught:
        waiting.run(unexpected, lambda: KEY)
    assert caught.value.exit_code == kind.exit_code


def test_a_time_out_is_not_stored(store):
    def request(_):
        raise AWSError("no response", "wait", is_timeout=True)

    waiting = flight(store)
    with pytest.raises(AWSError, match="no response"):
        run(store, request)
    assert store.failure(KEY) is None
    assert waiting.run(lambda _: new_token(), lambda: KEY).value == "a-token"


@pytest.mark.parametrize(
    ("failed", "process", "asker", "applies"),
    [
        pytest.param(1, "1", None, True, id="after the flight began, without an asker"),
        pytest.param(1, "1", Asker("2", is_repeat=False), True, id="after the flight began, another process"),
        pytest.param(0, "1", None, True, id="as the flight began"),
        pytest.param(-0.5, "1", None, False, id="before, without an asker"),
        pytest.param(-0.5, "", None, False, id="before, both without an asker"),
        pytest.param(-0.5, "1", Asker("2", is_repeat=True), False, id="before, another process"),
        pytest.param(-0.5, "1", Asker("1", is_repeat=False), False, id="before, the same process, no repetition"),
        pytest.param(-0.5, "1", Asker("1", is_repeat=True), True, id="before, the same process"),
        pytest.param(-1.9, "1", Asker("1", is_repeat=True), True, id="almost 2 s before"),
        pytest.param(-2, "1", Asker("1", is_repeat=True), True, id="2 s before"),
        pytest.param(-2.1, "1", Asker("1", is_repeat=True), False, id="more than 2 s before"),
        pytest.param(3600, "1", Asker("1", is_repeat=True), False, id="in the future"),
    ],
)
def test_which_failures_apply(store, monkeypatch, failed, process, asker, applies):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    began = flight(store, asker=asker)
    store.put_failure(KEY, new_failure(failed=now + failed, process=process))
    monkeypatch.setattr(time, "time", lambda: now + 2)
    if applies:
        with pytest.raises(CodeArtifactError, match="closed; wait"):
            began.run(unexpected, lambda: KEY)
    else:
        token = began.run(lambda _: Token(Secret("a-token"), now + 3600), lambda: KEY)
        assert token.value == "a-token"
        assert store.failure(KEY) is None


def test_a_failure_while_waiting_applies(store):
    def hold():
        with FileLock(store.lock_path(KEY)):
            locked.set()
            time.sleep(0.3)
            store.put_failure(KEY, new_failure())

    locked = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    locked.wait()
    with pytest.raises(CodeArtifactError, match="closed; wait"):
        run(store, unexpected, asker=Asker("another", is_repeat=False))
    holder.join()


@pytest.mark.parametrize(
    "failure", [None, AWSError("closed", "wait"), KeyboardInterrupt()], ids=["token", "failure", "Ctrl-C"]
)
def test_the_lock_is_released_afterwards(store, failure):
    """Also while the failure is referenced, and by its traceback all that it refers to."""

    def request(_):
        assert is_locked(store)
        if failure:
            raise failure
        return new_token()

    caught = None
    try:
        run(store, request)
    except (AWSError, KeyboardInterrupt) as error:
        caught = error
    assert caught is failure
    assert not is_locked(store)


def test_without_a_lock_a_token_is_requested_and_cached(store):
    os.mkdir(store.lock_path(KEY))
    assert run(store, lambda _: new_token()).value == "a-token"
    assert store.token(KEY)


def test_a_file_system_without_flock(store, monkeypatch):
    """filelock warns, which would be an error here, and makes a file instead."""

    def refuse(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    locked = []
    run(store, lambda _: locked.append(os.path.exists(store.lock_path(KEY))) or new_token())
    assert locked == [True]
    assert store.token(KEY)


def test_a_held_lock_is_waited_for_half_of_the_deadline(store):
    left = []
    began = time.monotonic()
    with FileLock(store.lock_path(KEY)):
        settings = SETTINGS._replace(deadline=2)
        token = run(store, lambda deadline: left.append(deadline.remaining()) or new_token(), settings)
    assert token.value == "a-token"
    assert time.monotonic() - began >= 1
    assert 0.3 < left[0] <= 1
    assert store.token(KEY)


def test_a_held_lock_does_not_hide_a_token_or_a_failure(store):
    with FileLock(store.lock_path(KEY)):
        waiting = flight(store, SHORT)
        store.put_failure(KEY, new_failure())
        with pytest.raises(CodeArtifactError, match="closed"):
            waiting.run(unexpected, lambda: KEY)
        store.put(KEY, new_entry())
        assert run(store, unexpected, SHORT).value == "a-token"


def test_a_waiting_process_has_the_rest_of_its_deadline_for_aws(store):
    left = []
    lock = FileLock(store.lock_path(KEY), thread_local=False)
    lock.acquire()
    threading.Timer(1, lock.release).start()
    run(store, lambda deadline: left.append(deadline.remaining()) or new_token())
    assert 0 < left[0] <= SETTINGS.deadline - 1


@pytest.mark.parametrize("is_marked", [True, False])
def test_requests_for_an_uncacheable_token_run_in_parallel(store, is_marked):
    locked = []
    if is_marked:
        store.mark_uncacheable(KEY)
    run(store, lambda _: locked.append(is_locked(store)) or new_token())
    assert locked == [not is_marked]
    assert not is_locked(store)


def test_an_old_mark_does_not_apply(store):
    store.mark_uncacheable(KEY)
    old = time.time() - 2.1
    os.utime(os.path.join(store.folder, f"{KEY}.uncacheable"), (old, old))
    locked = []
    run(store, lambda _: locked.append(is_locked(store)) or new_token())
    assert locked == [True]


def test_a_fresh_token_is_requested_despite_a_cached_one(store):
    store.put(KEY, new_entry("old"))
    assert run(store, lambda _: new_token(value="new"), is_fresh=True).value == "new"
    assert store.token(KEY).token.value == "new"


def test_a_fresh_token_is_requested_despite_a_failure(store):
    waiting = flight(store, asker=Asker("42", is_repeat=True))
    store.put_failure(KEY, new_failure(process="42"))
    assert waiting.run(lambda _: new_token(value="new"), lambda: KEY, is_fresh=True).value == "new"
    assert store.failure(KEY) is None


def test_a_folder_that_the_lock_has_created_is_private(store, monkeypatch):
    """It is removed after it was found usable: filelock creates it with default permissions."""
    access = os.access

    def remove(path, mode):
        is_usable = access(path, mode)
        monkeypatch.undo()
        os.rmdir(path)
        return is_usable

    monkeypatch.setattr(os, "access", remove)
    assert run(store, lambda _: new_token()).value == "a-token"
    assert os.stat(store.folder).st_mode & 0o777 == 0o700
    assert run(store, unexpected).value == "a-token"


def test_no_lock_is_made_in_a_folder_that_other_users_can_enter(store):
    """Nor is it made private: another user may have put files there."""
    os.chmod(store.folder, 0o755)
    assert run(store, lambda _: new_token()).value == "a-token"
    assert os.stat(store.folder).st_mode & 0o777 == 0o755
    assert not os.path.exists(store.lock_path(KEY))


def test_the_lock_is_private(store):
    modes = []
    run(store, lambda _: modes.append(os.stat(store.lock_path(KEY)).st_mode & 0o777) or new_token())
    assert modes == [0o600]


@pytest.mark.parametrize("is_enabled", [True, False])
def test_garbage_collection_is_unchanged(store, is_enabled):
    seen = []
    (gc.enable if is_enabled else gc.disable)()
    try:
        run(store, lambda _: seen.append(gc.isenabled()) or new_token())
        assert (seen, gc.isenabled()) == ([is_enabled], is_enabled)
    finally:
        gc.enable()
