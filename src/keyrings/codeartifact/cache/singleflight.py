"""Single-flight token requests: one process requests a token, the others wait for its result."""

import time

from filelock import FileLock, Timeout

from keyrings.codeartifact._util.deadline import Deadline
from keyrings.codeartifact._util.log import debug, log_once
from keyrings.codeartifact._util.log_filter import log_filter
from keyrings.codeartifact._util.process import ignore_warnings
from keyrings.codeartifact._util.text import printable
from keyrings.codeartifact.aws.client import Client
from keyrings.codeartifact.aws.throttling import LONGEST, Throttling
from keyrings.codeartifact.errors import AWSError, CodeArtifactError
from keyrings.codeartifact.models import Requester, Token

from . import folder as folders
from .key import cache_key
from .store import OVERTAKEN, THROTTLED, UNCACHEABLE, Failure, Store, entry

# In seconds, for how long a failure applies to lookups of the same requester that repeat the one that failed.
_REPEATED_WITHIN = 2.0
# Of the deadline, how much a process waits for another before it requests a token itself.
_WAITING_SHARE = 0.5


class SingleFlight:
    """Requests of ``client`` for the token of ``key``, of which one is in flight at a time.

    A process that dies releases its lock.  One that is stopped, or slower than half of a waiting process' deadline, is
    overtaken by one of the waiting processes, unless AWS throttles it.  Where the token cannot be cached, all request
    their own in parallel.
    """

    def __init__(self, client: Client, store: Store, key: str, requester: Requester) -> None:
        self._client = client
        self._store = store
        self._key = key
        self._requester = requester
        self._began = time.time()
        self._deadline = Deadline(client.settings.deadline)
        self._throttling = Throttling(client.settings.throttle_timeout, lambda: store.mark(key, THROTTLED))

    def run(self, *, is_fresh: bool = False) -> Token:
        """Return the token that this or another process gets, with ``is_fresh`` this one; raise CodeArtifactError."""
        lock = self._wait()
        try:
            if not is_fresh and (found := self._store.token(self._key)):
                debug("another process has obtained the token meanwhile")
                return found.token
            if not is_fresh and (failure := self._applicable_failure()):
                debug("another request has just failed")
                raise AWSError(failure.code, failure.cause, failure.remedy, is_answer=True)
            if lock and self._is_uncacheable():
                self._release(lock)
            return self._request(is_fresh=is_fresh)
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
                return self._acquire_from_throttled(path)
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

    def _acquire_from_throttled(self, path: str) -> FileLock | None:
        """Return what `_acquire` does, and wait longer for a process that AWS throttles; raise AWSError, Timeout."""
        while True:
            try:
                return self._acquire(path)
            except Timeout:
                since = time.time() - LONGEST - self._deadline.seconds
                if not self._store.is_marked(self._key, THROTTLED, since):
                    raise
            if self._throttling.is_over():
                problem = "AWS throttles the request of another process for this token"
                raise AWSError("CA408", problem, "try again later, or raise throttle_timeout")
            self._throttling.notify()
            self._deadline = Deadline(self._deadline.seconds)

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

    def _request(self, *, is_fresh: bool) -> Token:
        """Return a token from AWS, and cache it, or the failure that AWS answered."""
        began = time.time()
        try:
            token = self._client.get_token(self._deadline, self._throttling)
        except CodeArtifactError as error:
            if isinstance(error, AWSError) and error.is_answer:
                failure = Failure(time.time(), self._requester.process, error.code, error.cause, error.remedy)
                self._store.put_failure(self._key, failure)
            elif not is_fresh and (found := self._store.token(self._key)):
                debug("another process has obtained the token meanwhile")
                return found.token
            raise
        repository, settings = self._client.repository, self._client.settings
        new = entry(token, began, repository, self._client.identity, settings.max_token_life)
        # With another key than before, the token may be another identity's.
        is_same = cache_key(repository, settings, self._client.environ) == self._key
        if not (new and is_same and self._store.put(self._key, new)):
            self._store.mark(self._key, UNCACHEABLE)
        return token
