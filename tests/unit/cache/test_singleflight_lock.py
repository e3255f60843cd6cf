"""The lock of single-flight token requests: for how long a process waits for another, and when it overtakes it."""

import errno
import gc
import os
import threading
import time

import pytest
from filelock import FileLock

from keyrings.codeartifact._util import process
from keyrings.codeartifact.cache.store import OVERTAKEN, UNCACHEABLE
from keyrings.codeartifact.errors import AWSError, CodeArtifactError
from support.cache_files import new_entry, new_failure
from support.single_flight import KEY, SETTINGS, SHORT, flight, is_locked, new_token, run, unexpected


@pytest.mark.parametrize(
    "failure", [None, AWSError("CA100", "closed", "wait"), KeyboardInterrupt()], ids=["token", "failure", "Ctrl-C"]
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
    """filelock warns, which a command must not show, and makes a file instead; here, warnings are errors."""

    def refuse(*_):
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr("fcntl.flock", refuse)
    monkeypatch.setattr(process, "_is_own", True)
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


def test_one_process_overtakes_a_held_lock_and_the_others_wait_for_it(store):
    requests = []

    def request(_):
        requests.append(time.monotonic())
        time.sleep(0.3)
        return new_token()

    with FileLock(store.lock_path(KEY)):
        threads = [threading.Thread(target=run, args=(store, request, SETTINGS._replace(deadline=2))) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(requests) == 1


def test_a_lookup_after_an_overtaken_one_does_not_wait(store):
    with FileLock(store.lock_path(KEY)):
        store.mark(KEY, OVERTAKEN)
        began = time.monotonic()
        assert run(store, lambda _: new_token(), SETTINGS._replace(deadline=60)).value == "a-token"
        assert time.monotonic() - began < 20


def test_an_old_overtaking_does_not_apply(store):
    with FileLock(store.lock_path(KEY)):
        store.mark(KEY, OVERTAKEN)
        old = time.time() - SHORT.deadline - 1
        os.utime(os.path.join(store.folder, f"{KEY}.overtaken"), (old, old))
        began = time.monotonic()
        run(store, lambda _: new_token(), SHORT)
        assert time.monotonic() - began >= SHORT.deadline / 2


def test_overtaking_is_marked_and_logged_with_a_remedy(store, caplog, monkeypatch):
    monkeypatch.setattr("keyrings.codeartifact._util.log._logged", set())
    began = time.time()
    with FileLock(store.lock_path(KEY)):
        run(store, lambda _: new_token(), SETTINGS._replace(deadline=2))
    assert store.is_marked(KEY, OVERTAKEN, began)
    [message] = caplog.messages
    path = store.lock_path(KEY)
    assert message == (
        "another process has been requesting this token for 1 s; "
        f"resume or end it (`fuser {path}` prints its process ID)"
    )


def test_a_held_lock_does_not_hide_a_token_or_a_failure(store):
    with FileLock(store.lock_path(KEY)):
        waiting = flight(store, unexpected, SHORT)
        store.put_failure(KEY, new_failure())
        with pytest.raises(CodeArtifactError, match="closed"):
            waiting.run()
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
        store.mark(KEY, UNCACHEABLE)
    run(store, lambda _: locked.append(is_locked(store)) or new_token())
    assert locked == [not is_marked]
    assert not is_locked(store)


def test_an_old_mark_does_not_apply(store):
    store.mark(KEY, UNCACHEABLE)
    old = time.time() - 2.1
    os.utime(os.path.join(store.folder, f"{KEY}.uncacheable"), (old, old))
    locked = []
    run(store, lambda _: locked.append(is_locked(store)) or new_token())
    assert locked == [True]


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
