"""Who asks AWS, of all the processes that want the same token at once?  One of them; the others wait for its answer."""

from __future__ import annotations

import gc
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from keyrings.codeartifact._util.deadline import Deadline
from keyrings.codeartifact._util.log import note
from keyrings.codeartifact._util.log_filter import discretion
from keyrings.codeartifact.config import identity
from keyrings.codeartifact.errors import AWSError, CodeArtifactError

from . import store as caches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keyrings.codeartifact.models import Repository, Settings, Token

    from .store import Cache

# In seconds: between two looks of who waits, and for how long a failure is an answer to those who come a little later.
_PAUSE, _RECENT = 0.05, 2.0


def ask(
    question: Callable[[Deadline], Token],
    repository: Repository,
    settings: Settings,
    cache: Cache | None,
    key_now: Callable[[], str | None],
) -> Token:
    """Return the answer to ``question``, kept as the token of ``key_now`` where there is a cache and a key.

    It is kept only if that is still the same then: else it may be another identity's.  Raises CodeArtifactError if no
    token can be had, after ``settings.deadline`` seconds at the latest.
    """
    deadline = Deadline(settings.deadline)
    key = key_now() if cache else None
    if cache is None or key is None:
        with _no_collection():
            return question(deadline)

    def ask_and_keep() -> Token:
        begin = time.time()
        try:
            with _no_collection():
                token = question(deadline)
        except CodeArtifactError as error:
            cache.keep_failure(key, error)
            raise
        who = identity.describe(settings.source, settings.origins)
        entry = caches.entry(token, begin, repository, who, settings.token_duration)
        if not (entry and key_now() == key and cache.keep(key, entry)):
            cache.give_up(key)
        return token

    return _take_turns(cache, key, deadline, ask_and_keep)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Let no garbage be looked for: a tenth of the time would go into finding none in what botocore loads."""
    is_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_enabled:
            gc.enable()


def _take_turns(cache: Cache, key: str, deadline: Deadline, ask_and_keep: Callable[[], Token]) -> Token:
    """Return the token of ``key``, asking for it unless another process is just doing so.

    One that asks and dies makes way for the next, one that hangs holds the others until their own ``deadline``.
    """
    # Here and not above: without a cache nobody waits.
    from filelock import FileLock, Timeout

    # Of a file system that knows no locks, which filelock does without.  For good: to take a filter back is not safe
    # while other threads run.
    warnings.filterwarnings("ignore", "flock not supported")
    since = time.time() - _RECENT
    lock = FileLock(cache.lock_path(key), mode=0o600)
    while True:
        try:
            # Before each and behind it: filelock makes a folder that is gone, with other modes.
            if not cache.is_usable():
                raise FileNotFoundError(0, "the folder is gone")
            with discretion:
                lock.acquire(blocking=False)
            cache.shut()
            is_mine = True
        except Timeout:
            is_mine = False
        except (OSError, NotImplementedError) as error:
            note(f"there is no lock ({error}): AWS is asked without it")
            return ask_and_keep()
        try:
            # Again: while this process came here, another one may have had its answer.
            if found := cache.token(key):
                note("another process has just obtained a token")
                return found.token
            if failure := cache.failure(key, since):
                note("another process has just asked in vain")
                raise failure
            # Nor is there anything to wait for where tokens cannot be kept.
            if is_mine or cache.is_given_up(key, since):
                return ask_and_keep()
        finally:
            if is_mine:
                with discretion:
                    lock.release()
        if not deadline.remaining():
            raise AWSError(
                f"another process is asking AWS for this token, and has had no answer for {deadline.seconds:g} s",
                "end it, raise the option deadline, or set cache = off",
            )
        time.sleep(min(_PAUSE, deadline.remaining()))
