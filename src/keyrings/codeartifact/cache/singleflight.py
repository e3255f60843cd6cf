"""Single-flight token requests: one process requests a token, the others wait for its result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from keyrings.codeartifact._util.deadline import Deadline
from keyrings.codeartifact._util.log import debug, log_once
from keyrings.codeartifact._util.log_filter import log_filter
from keyrings.codeartifact._util.process import ignore_warnings
from keyrings.codeartifact._util.text import printable
from keyrings.codeartifact.errors import AWSError, CodeArtifactError

from . import folder as folders
from .store import OVERTAKEN, UNCACHEABLE, Failure, entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from keyrings.codeartifact.models import Repository, Requester, Settings, Token

    from .store import Store

# In seconds, for how long a failure applies to lookups of the same requester that repeat the one that failed.
_REPEATED_WITHIN = 2.0
# Of the deadline, how much a process waits for another before it requests a token itself.
_WAITING_SHARE = 0.5


class SingleFlight:
    """Requests for the token of ``key``, of which one is in flight at a time.

    A process that dies releases its lock.  One that is stopped, or slower than half of a waiting process' deadline, is
    overtaken by one of the waiting processes.  Where the token cannot be cached, all request their own in parallel.
    """

    def __init__(
        self, store: Store, key: str, repository: Repository, settings: Settings, requester: Requester
    ) -> None:
        self._store = store
        self._key = key
        self._repository = repository
        self._settings = settings
        self._requester = requester
        self._began = time.time()
        self._deadline = Deadline(settings.deadline)

    def run(
        self, request: Callable[[Deadline], Token], current_key: Callable[[], str | None], *, is_fresh: bool = False
    ) -> Token:
        """Return the token that ``request`` or another process gets; raise CodeArtifactError if neither gets one.

        It is cached if ``current_key`` is still the same afterwards: otherwise it may be another identity's.  With
        ``is_fresh`` only ``request`` counts.
        """
        lock = self._wait()
        try:
            if not is_fresh and (found := self._store.token(self._key)):
                debug("another process has obtained the token meanwhile")
                return found.token
            if not is_fresh and (failure := self._applicable_failure()):
                debug("another request has just failed")
                raise AWSError(failure.cause, failure.remedy, is_answer=True)
            if lock and self._is_uncacheable():
                self._release(lock)
            return self._request(request, current_key, is_fresh=is_fresh)
        finally:
            if lock:
                self._release(lock)

    def _wait(self) -> FileLock | None:
        """Return the lock once this process holds it, None if it may request a token without one."""
        if self._is_uncacheable():
            return None
        path = self._store.lock_path(self._key)
        if not self._store.is_marked(self._key, OVERTAKEN, self._began - self._deadline.seconds):
            try:
                return self._acquire(path)
            except Timeout:
                self._store.mark(self._key, OVERTAKEN)
                if self._store.token(self._key):
                    return None
                waited = self._deadline.seconds - self._deadline.remaining()
                warning = (
                    f"another process has been requesting this token for {waited:.0f} s; "
                    f"resume or end it (`fuser {path}` prints its process ID)"
                )
                log_once(printable(warning))
        try:
            return self._acquire(self._store.lock_path(self._key, OVERTAKEN))
        except Timeout:
            return None

    def _acquire(self, path: str) -> FileLock | None:
        """Return the lock at ``path``, None if there are no locks; raise Timeout after half of the remaining time."""
        ignore_warnings("flock not supported")
        # Before and after: filelock creates a missing folder with default permissions.
        if not folders.create(self._store.folder):
            return None
        lock = FileLock(path, mode=0o600)
        try:
            with log_filter:
                lock.acquire(timeout=self._deadline.remaining() * _WAITING_SHARE)
        except Timeout:
            raise
        except (OSError, NotImplementedError) as error:
            debug(f"cannot lock ({error}): requesting a token without a lock")
            return None
        folders.restrict_permissions(self._store.folder)
        return lock

    def _release(self, lock: FileLock) -> None:
        with log_filter:
            lock.release()

    def _is_uncacheable(self) -> bool:
        return self._store.is_marked(self._key, UNCACHEABLE, self._began - _REPEATED_WITHIN)

    def _applicable_failure(self) -> Failure | None:
        """Return a failure while this process waited, or just before it in a lookup that this one repeats."""
        failure = self._store.failure(self._key)
        if failure is None:
            return None
        is_repeated = self._requester.is_repeat and failure.process == self._requester.process
        since = self._began - (_REPEATED_WITHIN if is_repeated else 0)
        return failure if since <= failure.failed <= time.time() else None

    def _request(
        self, request: Callable[[Deadline], Token], current_key: Callable[[], str | None], *, is_fresh: bool
    ) -> Token:
        """Return the token that ``request`` gets, and cache it, or the failure that AWS answered."""
        began = time.time()
        try:
            token = request(self._deadline)
        except CodeArtifactError as error:
            if isinstance(error, AWSError) and error.is_answer:
                failure = Failure(time.time(), self._requester.process, error.cause, error.remedy)
                self._store.put_failure(self._key, failure)
            elif not is_fresh and (found := self._store.token(self._key)):
                debug("another process has obtained the token meanwhile")
                return found.token
            raise
        new = entry(token, began, self._repository, self._settings.identity, self._settings.token_duration)
        if not (new and current_key() == self._key and self._store.put(self._key, new)):
            self._store.mark(self._key, UNCACHEABLE)
        return token
