"""The files of the cache: tokens, failures, and marks for other processes.

A file that is damaged, or not private to this user, counts as missing: that costs a request to AWS and nothing else.
"""

from __future__ import annotations

import os
import stat
import time

from keyrings.codeartifact._util.log import debug
from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact._util.text import printable
from keyrings.codeartifact.models import Repository, Secret, Token

from . import folder as folders
from .key import VERSION, digest

_TOKEN, _FAILURE, _LOCK, _NEW = ".token", ".failure", ".lock", ".new"
# Kinds of marks: a token cannot be cached, its lock is held for too long, AWS throttles the lock's holder, a URL of the
# domain gets no token.
UNCACHEABLE, OVERTAKEN, THROTTLED, DENIED = ".uncacheable", ".overtaken", ".throttled", ".denied"
_OURS = (_TOKEN, _FAILURE, _LOCK, _NEW, UNCACHEABLE, OVERTAKEN, THROTTLED, DENIED)
# In seconds: the life that a token must have left, and the age at which other files are removed.
_MIN_LIFE_LEFT, _MAX_AGE = 300, 3600
# AWS API reference: GetAuthorizationToken, durationSeconds.
_MAX_LIFE = 43200
_MAX_FILE_SIZE = 1 << 16


class Entry(NamedTuple):
    """A cached token, with when it was obtained and until when it is good (seconds since the epoch)."""

    token: Token
    obtained: float
    good_until: float
    repository: Repository
    identity: str


class Failure(NamedTuple):
    """A failed request: when it failed, for which process, and how."""

    failed: float
    process: str
    code: str
    cause: str
    remedy: str


def domain_key(domain: Repository) -> str:
    """Return the key of marks that concern a whole domain."""
    return digest("\n".join((VERSION, *domain[:3])).encode())


def entry(token: Token, obtained: float, repository: Repository, identity: str, duration: int) -> Entry | None:
    """Return the entry of a new ``token``, None if it expires too soon to be cached.

    It is returned until half of its life is over, and while 300 s are left.  As AWS' clock may differ, its life begins
    when it was ``obtained``, and lasts at most the ``duration`` in seconds that was requested (0: the longest).
    """
    life = min((token.expires or obtained) - obtained, duration or _MAX_LIFE)
    good_for = min(life / 2, life - _MIN_LIFE_LEFT)
    return Entry(token, obtained, obtained + good_for, repository, identity) if good_for > 0 else None


class Store:
    """The files in ``folder``, which is usable."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def token(self, key: str) -> Entry | None:
        """Return the token of ``key``, None unless it is still good."""
        found = self._entry(key + _TOKEN)
        return found if found and found.obtained <= time.time() < found.good_until else None

    def put(self, key: str, entry: Entry) -> bool:
        """Write a token, and remove what is outdated; return whether it was written."""
        # Possibly removed since.
        folders.create(self.folder)
        token, obtained, good_until, repository, identity = entry
        values = (obtained, good_until, token.expires, *repository[:3], printable(identity), token.value)
        is_written = self._write(key + _TOKEN, values, good_until)
        self._remove(key + _FAILURE)
        self._remove(key + UNCACHEABLE)
        self._remove_outdated()
        return is_written

    def failure(self, key: str) -> Failure | None:
        """Return the last failed request for the token of ``key``, None if there is none."""
        lines = self._read(key + _FAILURE)
        if not lines:
            return None
        failed, process, *texts = lines
        return Failure(float(failed), process, *texts)

    def put_failure(self, key: str, failure: Failure) -> None:
        """Write a failed request for the processes that wait for the token of ``key``."""
        self._write(key + _FAILURE, tuple(printable(str(value)) for value in failure), failure.failed)

    def mark(self, key: str, kind: str) -> None:
        """Leave a mark for other processes, an empty file whose time is now; works on a full disk too."""
        path = self._path(key + kind)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | folders.SAFE_OPEN, 0o600))
            os.utime(path)
        except OSError as error:
            debug(f"cannot write {path}: {error.strerror}")

    def is_marked(self, key: str, kind: str, since: float) -> bool:
        """Return whether a mark was left at ``since`` (seconds since the epoch) or later."""
        try:
            return since <= os.lstat(self._path(key + kind)).st_mtime <= time.time()
        except OSError:
            return False

    def lock_path(self, key: str, kind: str = "") -> str:
        """Return the path of a lock of ``key``."""
        return self._path(key + kind + _LOCK)

    def entries(self) -> list[Entry]:
        """Return all tokens that are still good, sorted by domain."""
        found = (self.token(name.removesuffix(_TOKEN)) for name in self._names() if name.endswith(_TOKEN))
        return sorted((entry for entry in found if entry), key=lambda entry: (*entry.repository, entry.identity))

    def clear(self) -> int:
        """Remove all files; return how many of them were tokens."""
        removed = [name for name in self._names() if self._remove(name)]
        return sum(name.endswith(_TOKEN) for name in removed)

    def _entry(self, name: str) -> Entry | None:
        lines = self._read(name)
        if not lines:
            return None
        obtained, good_until, expires, domain, domain_owner, region, identity, value = lines
        token = Token(Secret(value), float(expires))
        return Entry(token, float(obtained), float(good_until), Repository(domain, domain_owner, region), identity)

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _names(self) -> list[str]:
        try:
            return [name for name in os.listdir(self.folder) if name.endswith(_OURS)]
        except OSError:
            return []

    def _read(self, name: str) -> list[str]:
        """Return the lines of a file, none unless it is private and exactly as it was written."""
        try:
            descriptor = os.open(self._path(name), os.O_RDONLY | folders.SAFE_OPEN)
            try:
                is_ours = folders.is_private(os.fstat(descriptor), stat.S_ISREG)
                content = os.read(descriptor, _MAX_FILE_SIZE) if is_ours else b""
            finally:
                os.close(descriptor)
            checksum, _, body = content.decode().partition("\n")
        except (OSError, ValueError):
            return []
        return body.split("\n") if checksum == _checksum(name, body) else []

    def _write(self, name: str, values: tuple[object, ...], modified: float) -> bool:
        """Write a file whole or not at all, with ``modified`` as its time; return whether it was written."""
        body = "\n".join(map(str, values))
        path = self._path(name)
        new = f"{path}.{os.urandom(8).hex()}{_NEW}"
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | folders.SAFE_OPEN, 0o600)
            with open(descriptor, "wb") as file:
                file.write(f"{_checksum(name, body)}\n{body}".encode())
            os.utime(new, (modified, modified))
            os.replace(new, path)
        except OSError as error:
            debug(f"cannot write {path}: {error.strerror}")
            self._remove(os.path.basename(new))
            return False
        return True

    def _remove_outdated(self) -> None:
        """Remove tokens that are no longer good, and old files of other kinds.

        A lock may be removed while it is held: the next process makes a new one, and at worst both request a token.
        """
        now = time.time()
        for name in self._names():
            try:
                found = os.lstat(self._path(name))
            except OSError:
                continue
            # A token's time is until when it is good.
            if found.st_mtime < now if name.endswith(_TOKEN) else found.st_ctime < now - _MAX_AGE:
                self._remove(name)

    def _remove(self, name: str) -> bool:
        for remove in (os.unlink, os.rmdir):
            try:
                remove(self._path(name))
            except OSError:
                continue
            return True
        return False


def _checksum(name: str, body: str) -> str:
    """Return the first line of the file ``name`` with this ``body``; a file under another name is invalid."""
    return digest(f"{VERSION}\n{name}\n{body}".encode())
