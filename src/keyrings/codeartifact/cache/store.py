"""Where are tokens kept, and which of them are still good to hand out?

One file a token, in a folder of this user's that nobody else may read, in memory where there is such a place.  Whatever
is odd about a folder or a file makes it as good as not there: a cache that fails costs an AWS call and nothing else.
"""

from __future__ import annotations

import os
import stat
import sys
import time

from keyrings.codeartifact._util.log import note
from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError, printable
from keyrings.codeartifact.models import Repository, Secret, Token

from .key import VERSION, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

_NAME = "keyrings-codeartifact"
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a folder in it is used only if it is this user's own
_TOKEN, _FAILURE, _UNKEPT, _REFUSED, _LOCK, _NEW = ".token", ".failure", ".unkept", ".refused", ".lock", ".new"
_OURS = (_TOKEN, _FAILURE, _UNKEPT, _REFUSED, _LOCK, _NEW)
# In seconds: of a token's life that must be left to hand it out, and after which what is no token is swept away.
_LEAST_LEFT, _SWEEP_AFTER = 300, 3600
# AWS API reference: GetAuthorizationToken, durationSeconds.
_LONGEST_LIFE = 43200
_LARGEST_FILE = 1 << 16
_OTHERS = 0o077
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Entry(NamedTuple):
    """A token that is kept: since when and until when it is handed out (seconds since the epoch), for what, to whom."""

    token: Token
    obtained: float
    good_until: float
    repository: Repository
    identity: str


def entry(token: Token, obtained: float, repository: Repository, identity: str, duration: int) -> Entry | None:
    """Return ``token`` as it is to be kept, None if its life is too short for that.

    It is handed out until half of its life is over, and while 300 s of it are left.  That is counted by this machine's
    clock from the moment when it was obtained, for the ``duration`` in seconds that AWS was asked for (0: as long as
    there is): clocks may differ.
    """
    life = (token.expiration or obtained) - obtained
    life = min(life, duration or _LONGEST_LIFE)
    good_for = min(life / 2, life - _LEAST_LEFT)
    return Entry(token, obtained, obtained + good_for, repository, identity) if good_for > 0 else None


class Cache:
    """The tokens in a folder, which has been found to be this user's own."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def token(self, key: str) -> Entry | None:
        """Return the token of this key, None if there is none that is still good."""
        found = self._entry(key + _TOKEN)
        return found if found and found.obtained <= time.time() < found.good_until else None

    def keep(self, key: str, kept: Entry) -> bool:
        """Keep a token, and sweep away what is no longer good; say whether it could be kept."""
        token, obtained, good_until, repository, identity = kept
        lines = (obtained, good_until, token.expiration, *repository[:3], printable(identity), str(token.value))
        is_kept = self._write(key + _TOKEN, map(str, lines), good_until)
        self._remove(key + _FAILURE)
        self._remove(key + _UNKEPT)
        self._sweep()
        return is_kept

    def failure(self, key: str, since: float) -> CodeArtifactError | None:
        """Return how asking for the token of this key has failed at ``since`` or later, None if it has not."""
        lines = self._read(key + _FAILURE)
        if not lines or not since <= float(lines[0]) <= time.time():
            return None
        _, kind, cause, remedy = lines
        return (ConfigurationError if kind == ConfigurationError.__name__ else AWSError)(cause, remedy)

    def keep_failure(self, key: str, error: CodeArtifactError) -> None:
        """Keep an error for those who wait for the token of this key."""
        moment = time.time()
        lines = (str(moment), type(error).__name__, printable(error.cause), printable(error.remedy))
        self._write(key + _FAILURE, lines, moment)

    def give_up(self, key: str) -> None:
        """Let those who wait for the token of this key know that it was not kept."""
        self._leave(key + _UNKEPT)

    def is_given_up(self, key: str, since: float) -> bool:
        """Say whether that has been so at ``since`` or later."""
        return self._was_left(key + _UNKEPT, since)

    def refuse(self, domain: Repository) -> None:
        """Let other processes know that one of this domain's URLs is not to be answered."""
        self._leave(_name_of(domain) + _REFUSED)

    def is_refused(self, domain: Repository, since: float) -> bool:
        """Say whether that has been so at ``since`` or later."""
        return self._was_left(_name_of(domain) + _REFUSED, since)

    def is_usable(self) -> bool:
        """Say whether the folder is still there, making it again if it is not."""
        return _make(self.folder)

    def shut(self) -> None:
        """Let nobody else into the folder, where another hand than this class' has made it."""
        if os.name == "nt":
            return
        try:
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | _NO_LINK)
            try:
                if os.fstat(descriptor).st_uid == _uid():
                    os.fchmod(descriptor, 0o700)
            finally:
                os.close(descriptor)
        except OSError as error:
            note(f"{self.folder} stays open to others: {error.strerror}")

    def lock_path(self, key: str) -> str:
        """Return the path of the lock that who asks for the token of this key has to hold."""
        return self._path(key + _LOCK)

    def entries(self) -> list[Entry]:
        """Return all tokens that are still good, by domain."""
        found = (self.token(name.removesuffix(_TOKEN)) for name in self._names() if name.endswith(_TOKEN))
        return sorted((one for one in found if one), key=lambda one: (*one.repository, one.identity))

    def clear(self) -> int:
        """Remove everything; return how many tokens there were, good ones and others."""
        removed = [name for name in self._names() if self._remove(name)]
        return sum(name.endswith(_TOKEN) for name in removed)

    def _entry(self, name: str) -> Entry | None:
        lines = self._read(name)
        if not lines:
            return None
        obtained, good_until, expiration, domain, account, region, identity, value = lines
        token = Token(Secret(value), float(expiration))
        return Entry(token, float(obtained), float(good_until), Repository(domain, account, region), identity)

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _names(self) -> list[str]:
        """Return the names of all files that are ours."""
        try:
            return [name for name in os.listdir(self.folder) if name.endswith(_OURS)]
        except OSError:
            return []

    def _read(self, name: str) -> list[str]:
        """Return the lines of a file, none if it is not there, not ours, or not as it was written."""
        try:
            descriptor = os.open(self._path(name), os.O_RDONLY | _NO_LINK)
            try:
                is_ours = _is_ours(os.fstat(descriptor), stat.S_ISREG)
                content = os.read(descriptor, _LARGEST_FILE) if is_ours else b""
            finally:
                os.close(descriptor)
            seal, _, body = content.decode().partition("\n")
        except (OSError, ValueError):
            return []
        return body.split("\n") if seal == _seal(name, body) else []

    def _write(self, name: str, lines: Iterable[str], until: float) -> bool:
        """Write a file that is good until then, whole or not at all; say which."""
        body = "\n".join(lines)
        path = self._path(name)
        new = f"{path}.{os.urandom(8).hex()}{_NEW}"
        try:
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK, 0o600)
            with open(descriptor, "wb") as file:
                file.write(f"{_seal(name, body)}\n{body}".encode())
            os.utime(new, (until, until))
            os.replace(new, path)
        except OSError as error:
            note(f"{path} is not written: {error.strerror}")
            self._remove(os.path.basename(new))
            return False
        return True

    def _leave(self, name: str) -> None:
        """Leave a mark for others: a file that takes no room, and has this moment for its time."""
        try:
            os.close(os.open(self._path(name), os.O_WRONLY | os.O_CREAT | _NO_LINK, 0o600))
            os.utime(self._path(name))
        except OSError as error:
            note(f"{self._path(name)} is not left: {error.strerror}")

    def _was_left(self, name: str, since: float) -> bool:
        try:
            return since <= os.lstat(self._path(name)).st_mtime <= time.time()
        except OSError:
            return False

    def _sweep(self) -> None:
        """Remove the tokens that are no longer good, and what is left from processes long gone.

        A lock may be removed while it is held: who comes next makes a new one, and in the worst case asks AWS too.
        """
        now = time.time()
        for name in self._names():
            try:
                found = os.lstat(self._path(name))
            except OSError:
                continue
            # A token's time says until when it is good; of the rest, when it was last touched.
            if found.st_mtime < now if name.endswith(_TOKEN) else found.st_ctime < now - _SWEEP_AFTER:
                self._remove(name)

    def _remove(self, name: str) -> bool:
        for remove in (os.unlink, os.rmdir):
            try:
                remove(self._path(name))
            except OSError:
                continue
            return True
        return False


def find(cache_dir: str | None, environ: Mapping[str, str]) -> Cache | None:
    """Return the cache in the best folder that can be had, which is made; None if there is none."""
    folder = next(filter(_make, _folders(cache_dir, environ)), None)
    return Cache(folder) if folder else None


def find_all(cache_dir: str | None, environ: Mapping[str, str]) -> list[Cache]:
    """Return all caches that there are for who may have asked where ``cache_dir`` is set, or (None) is not."""
    folders = list(_folders(cache_dir, environ))
    # Who has named a folder that can be had goes to no other.
    if cache_dir and _make(folders[0]):
        return [Cache(folders[0])]
    return [Cache(folder) for folder in folders if _is_usable(folder)]


def _folders(cache_dir: str | None, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the folders in which a cache can be, the best one first."""
    own = f"{_NAME}-{_uid()}"
    if cache_dir:
        yield os.path.join(cache_dir, own)
    runtime = environ.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(runtime) and _is_owned(runtime):
        yield os.path.join(runtime, own)
    # A mount, as it is everywhere: a folder on a disk may become part of an image.
    if sys.platform == "linux" and os.path.ismount(_SHARED_MEMORY):
        yield os.path.join(_SHARED_MEMORY, own)
    # Not another user's, as `sudo` may leave it: its owner could use it no more.
    home = os.path.expanduser("~")
    if os.path.isabs(home) and _is_owned(home):
        # Here and not above: few come here, and it takes a while.
        from platformdirs import user_cache_dir

        yield os.path.join(user_cache_dir(), own)


def _make(folder: str) -> bool:
    """Make ``folder`` unless it is there; say whether it is good for a cache."""
    if not os.path.lexists(folder):
        try:
            os.makedirs(folder, 0o700, exist_ok=True)
        except OSError:
            return False
    return _is_usable(folder)


def _is_usable(folder: str) -> bool:
    try:
        is_ours = _is_ours(os.lstat(folder), stat.S_ISDIR)
    except OSError:
        return False
    return is_ours and os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def _is_owned(folder: str) -> bool:
    try:
        return os.stat(folder).st_uid == _uid()
    except OSError:
        return False


def _is_ours(found: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Say whether a file or folder is of this kind, this user's, and nobody else's to read or write."""
    is_closed = os.name == "nt" or not found.st_mode & _OTHERS  # Windows has no such modes
    return is_kind(found.st_mode) and found.st_uid == _uid() and is_closed


def _uid() -> int:
    return os.geteuid() if hasattr(os, "geteuid") else 0  # as Windows says of every file


def _name_of(domain: Repository) -> str:
    return digest("\n".join((VERSION, *domain[:3])).encode())


def _seal(name: str, body: str) -> str:
    """Return what stands above ``body`` in the file of this name, and in no other."""
    return digest(f"{VERSION}\n{name}\n{body}".encode())
