"""Which lookups repeat one that was just denied, so that they are answered at once.

Clients that get no token for a URL look up its bare host next, which names neither scheme nor repository.  Some start a
process for each lookup.
"""

from __future__ import annotations

import os

from .models import Asker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .models import Repository

# The domains of which a URL was denied a token in this process.
_denied: set[Repository] = set()


def this_process() -> Asker:
    """Return this process, a client that may look up the same token several times in a row."""
    return Asker(str(os.getpid()), is_repeat=True)


def parent_process(*, is_bare_host: bool) -> Asker:
    """Return the parent process, a client that starts a process for each lookup.

    A lookup of a bare host repeats that of the URL.  Another one of the URL may be a person who tries again.
    """
    return Asker(str(os.getppid()), is_repeat=is_bare_host)


def add(domain: Repository) -> None:
    """Note that a URL of ``domain`` was denied a token."""
    _denied.add(domain)


def discard(domain: Repository) -> None:
    """Note that ``domain`` got a token."""
    _denied.discard(domain)


def is_denied(domain: Repository) -> bool:
    """Return whether the last lookup of a URL of ``domain`` was denied a token."""
    return domain in _denied
