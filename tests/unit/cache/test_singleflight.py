"""Single-flight token requests: what is cached, and which failures apply."""

import threading
import time

import pytest
from filelock import FileLock

from keyrings.codeartifact.cache.store import UNCACHEABLE
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import Requester, Secret, Token
from support.cache_files import new_entry, new_failure
from support.single_flight import KEY, flight, new_token, run, unexpected


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


@pytest.mark.parametrize("changed", [{"AWS_PROFILE": "another"}, {"AWS_CONFIG_FILE": "/dev/zero"}])
def test_a_token_whose_key_has_changed_is_not_cached(store, changed):
    """To another key, or to none."""
    began = time.time() - 1
    environ = {"PATH": "/bin"}
    assert flight(store, lambda _: environ.update(changed) or new_token(), environ=environ).run().value == "a-token"
    assert store.entries() == []
    assert store.is_marked(KEY, UNCACHEABLE, began)


def test_a_short_lived_token_is_not_cached(store):
    began = time.time() - 1
    assert run(store, lambda _: new_token(200)).value == "a-token"
    assert store.entries() == []
    assert store.is_marked(KEY, UNCACHEABLE, began)


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


def test_an_answer_of_aws_is_stored_for_waiting_processes(store):
    def request(_):
        raise AWSError("CA100", "closed", "wait", is_answer=True)

    waiting = flight(store, unexpected)
    began = time.time()
    with pytest.raises(AWSError):
        run(store, request, requester=Requester("42", is_repeat=True))
    failure = store.failure(KEY)
    assert began <= failure.failed <= time.time()
    assert failure[1:] == ("42", "CA100", "closed", "wait")
    with pytest.raises(AWSError, match=r"\Aclosed; wait \[CA100\]\Z"):
        waiting.run()


@pytest.mark.parametrize("kind", [AWSError, ConfigurationError, CodeArtifactError])
def test_a_failure_of_this_process_alone_is_not_stored(store, kind):
    """Such as a time-out: another process has other limits, or another network."""

    def request(_):
        raise kind("CA100", "no response", "wait")

    waiting = flight(store, lambda _: new_token())
    with pytest.raises(kind, match="no response"):
        run(store, request)
    assert store.failure(KEY) is None
    assert waiting.run().value == "a-token"


@pytest.mark.parametrize(
    ("failed", "process", "requester", "applies"),
    [
        pytest.param(1, "1", Requester(), True, id="after the flight began, an unknown process"),
        pytest.param(1, "1", Requester("2", is_repeat=False), True, id="after the flight began, another process"),
        pytest.param(0, "1", Requester(), True, id="as the flight began"),
        pytest.param(-0.5, "1", Requester(), False, id="before, an unknown process"),
        pytest.param(-0.5, "", Requester(), False, id="before, both unknown processes"),
        pytest.param(-0.5, "1", Requester("2", is_repeat=True), False, id="before, another process"),
        pytest.param(-0.5, "1", Requester("1", is_repeat=False), False, id="before, the same process, no repetition"),
        pytest.param(-0.5, "1", Requester("1", is_repeat=True), True, id="before, the same process"),
        pytest.param(-1.9, "1", Requester("1", is_repeat=True), True, id="almost 2 s before"),
        pytest.param(-2, "1", Requester("1", is_repeat=True), True, id="2 s before"),
        pytest.param(-2.1, "1", Requester("1", is_repeat=True), False, id="more than 2 s before"),
        pytest.param(3600, "1", Requester("1", is_repeat=True), False, id="in the future"),
    ],
)
def test_which_failures_apply(store, monkeypatch, failed, process, requester, applies):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    request = unexpected if applies else lambda _: Token(Secret("a-token"), now + 3600)
    began = flight(store, request, requester=requester)
    store.put_failure(KEY, new_failure(failed=now + failed, process=process))
    monkeypatch.setattr(time, "time", lambda: now + 2)
    if applies:
        with pytest.raises(AWSError, match="closed; wait") as caught:
            began.run()
        assert caught.value.is_answer
    else:
        assert began.run().value == "a-token"
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
        run(store, unexpected, requester=Requester("another", is_repeat=False))
    holder.join()


def test_a_token_that_another_process_got_meanwhile_replaces_a_time_out(store):
    def request(_):
        store.put(KEY, new_entry())
        raise AWSError("CA100", "no response", "wait")

    assert run(store, request).value == "a-token"


def test_an_answer_of_aws_is_not_replaced(store):
    def request(_):
        store.put(KEY, new_entry())
        raise AWSError("CA100", "closed", "wait", is_answer=True)

    with pytest.raises(AWSError, match="closed"):
        run(store, request, is_fresh=True)


def test_a_fresh_token_is_requested_despite_a_cached_one(store):
    store.put(KEY, new_entry("old"))
    assert run(store, lambda _: new_token(value="new"), is_fresh=True).value == "new"
    assert store.token(KEY).token.value == "new"


def test_a_fresh_token_is_requested_despite_a_failure(store):
    waiting = flight(store, lambda _: new_token(value="new"), requester=Requester("42", is_repeat=True))
    store.put_failure(KEY, new_failure(process="42"))
    assert waiting.run(is_fresh=True).value == "new"
    assert store.failure(KEY) is None
