"""One of those who want the same token at once asks for it, and the others have what comes of that."""

import gc
import os
import threading
import time

import pytest
from filelock import FileLock

from keyrings.codeartifact._util.deadline import Deadline
from keyrings.codeartifact.aws.client import Conversation
from keyrings.codeartifact.cache import singleflight as asking
from keyrings.codeartifact.cache.store import Cache, Entry
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import Repository, Secret, Token

ACME = Repository("acme", "111122223333", "us-east-1")
KEY = "0123456789abcdef" * 2
SETTINGS = resolve(ACME, {"CODEARTIFACT_CONFIG": "[codeartifact]\n", "CODEARTIFACT_DEADLINE": "10"})


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(0o700)
    return Cache(str(folder))


def good(life=3600):
    return Token(Secret("a-token"), time.time() + life)


def ask(question, cache, settings=SETTINGS, keys=(KEY, KEY)):
    return asking.ask(question, ACME, settings, cache, iter(keys).__next__)


def test_an_answer_is_kept(cache):
    began = time.time()
    assert ask(lambda _: good(), cache).value == "a-token"
    [kept] = cache.entries()
    assert began <= kept.obtained <= time.time()
    assert kept.good_until - kept.obtained == 1800
    assert ask(lambda _: pytest.fail("asked again"), cache).value == "a-token"


def test_its_life_begins_when_it_is_asked_for(cache):
    began = time.time()
    ask(lambda _: time.sleep(0.5) or good(), cache)
    assert cache.entries()[0].obtained - began < 0.4


def test_this_machine_s_clock_is_slow(cache):
    ask(lambda _: good(7200), cache)
    [kept] = cache.entries()
    assert kept.good_until - kept.obtained == 1800


@pytest.mark.parametrize("now", ["another", None])
def test_an_answer_to_who_has_become_another_is_not_kept(cache, now):
    began = time.time() - 1
    assert ask(lambda _: good(), cache, keys=(KEY, now)).value == "a-token"
    assert cache.entries() == []
    assert cache.is_given_up(KEY, began)


@pytest.mark.parametrize("kind", [AWSError, ConfigurationError, CodeArtifactError])
def test_every_failure_is_kept(cache, kind):
    def fail(_):
        raise kind("closed", "wait")

    began = time.time()
    with pytest.raises(kind):
        ask(fail, cache)
    assert cache.failure(KEY, began)
    with pytest.raises(CodeArtifactError, match="closed; wait"):
        ask(lambda _: pytest.fail("asked again"), cache)


@pytest.mark.parametrize(
    "failure", [None, AWSError("closed", "wait"), KeyboardInterrupt()], ids=["answer", "failure", "Ctrl-C"]
)
def test_the_lock_is_free_afterwards(cache, failure):
    """Also while somebody holds the failure, and with it all that its traceback holds."""

    def answer(_):
        if failure:
            raise failure
        return good()

    held = None
    try:
        ask(answer, cache)
    except (AWSError, KeyboardInterrupt) as error:
        held = error
    assert held is failure
    FileLock(cache.lock_path(KEY)).acquire(blocking=False)


def test_a_lock_that_cannot_be_had(cache):
    os.mkdir(cache.lock_path(KEY))
    assert ask(lambda _: good(), cache).value == "a-token"
    assert cache.token(KEY)


def test_who_waits_takes_what_it_finds(cache):
    def ask_within(seconds):
        return ask(lambda _: pytest.fail("asked"), cache, SETTINGS._replace(deadline=seconds))

    with FileLock(cache.lock_path(KEY)):
        with pytest.raises(AWSError, match="another process is asking AWS for this token"):
            ask_within(0.2)
        cache.keep_failure(KEY, AWSError("closed", "wait"))
        with pytest.raises(AWSError, match="closed"):
            ask_within(0.2)
        now = time.time()
        cache.keep(KEY, Entry(good(), now, now + 60, ACME, "me"))
        assert ask_within(0.2).value == "a-token"


def test_who_waits_for_what_cannot_be_kept_asks_too(cache):
    with FileLock(cache.lock_path(KEY)):
        cache.give_up(KEY)
        assert ask(lambda _: good(), cache).value == "a-token"


def test_who_has_waited_has_that_much_less_time_for_aws(cache):
    left = []
    lock = FileLock(cache.lock_path(KEY), thread_local=False)
    lock.acquire()
    threading.Timer(1, lock.release).start()
    ask(lambda deadline: left.append(deadline.remaining()) or good(), cache)
    assert 0 < left[0] <= SETTINGS.deadline - 1


def test_aws_is_asked_within_what_is_left():
    """Of a question that began before: nothing here is there to answer it."""
    begun = Deadline(0.2)
    time.sleep(0.2)
    settings = resolve(
        ACME,
        {
            "CODEARTIFACT_CONFIG": "[codeartifact]\n",
            "CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIA",
            "CODEARTIFACT_AWS_SECRET_ACCESS_KEY": "made-up",
            "CODEARTIFACT_ENDPOINT_URL": "http://127.0.0.1:9",
        },
    )
    began = time.monotonic()
    with pytest.raises(AWSError, match=r"within 0\.2 s"):
        Conversation(ACME, settings).token(begun)
    assert time.monotonic() - began < 5


class Vanishing(Cache):
    """A folder that is removed in the moment between the look at it and the making of a lock in it."""

    def is_usable(self):
        is_usable = super().is_usable()
        os.rmdir(self.folder)
        return is_usable


def test_a_folder_that_the_lock_has_made_is_nobody_else_s(cache):
    assert ask(lambda _: good(), Vanishing(cache.folder)).value == "a-token"
    assert os.stat(cache.folder).st_mode & 0o777 == 0o700
    assert ask(lambda _: pytest.fail("asked again"), cache).value == "a-token"


@pytest.mark.parametrize("is_enabled", [True, False])
@pytest.mark.parametrize("is_cached", [True, False])
def test_garbage_is_looked_for_as_before(cache, is_enabled, is_cached):
    seen = []
    (gc.enable if is_enabled else gc.disable)()
    try:
        ask(lambda _: seen.append(gc.isenabled()) or good(), cache if is_cached else None)
        assert (seen, gc.isenabled()) == ([False], is_enabled)
    finally:
        gc.enable()


def test_a_folder_that_others_may_enter_is_not_locked_in(cache):
    """Nor shut: whoever has opened it may have put something there."""
    os.chmod(cache.folder, 0o755)
    assert ask(lambda _: good(), cache).value == "a-token"
    assert os.stat(cache.folder).st_mode & 0o777 == 0o755
    assert not os.path.exists(cache.lock_path(KEY))


def test_the_lock_is_nobody_else_s(cache):
    modes = []
    ask(lambda _: modes.append(os.stat(cache.lock_path(KEY)).st_mode & 0o777) or good(), cache)
    assert modes == [0o600]
