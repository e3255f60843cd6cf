"""What is the answer to a client's question?  The one way from a service string to a token."""

from __future__ import annotations

import os
import time

from . import index_url as services
from ._util.log import note
from .cache import store as caches
from .cache.key import fingerprint
from .config import identity
from .config.settings import resolve
from .errors import CodeArtifactError, is_debugging, printable
from .models import USERNAME, ReadyToken, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._util.deadline import Deadline
    from .models import Repository, Settings

# For how long, in seconds, another process' refusal of a domain's URL holds for its bare host.
_REFUSAL_HOLDS = 60

_told: set[str] = set()
# The domains for one of whose URLs this process has given no token, until it gives one.
_denied: set[Repository] = set()


def find(service: str, username: str | None) -> Token | None:
    """Return the token for ``service``, None where it or ``username`` is not ours to answer.

    Raises CodeArtifactError where it is ours and no token can be had.
    """
    if username not in (None, "", USERNAME):
        return None
    reading = services.read(service)
    # A token would travel in the clear, whatever is asked for there.
    if ".codeartifact." in service.lower() and (refused := services.read_in_the_clear(service)):
        _denied.add(refused)
        _refuse(refused)
    if reading is None:
        return None
    repository, domain = reading.repository, reading.repository._replace(name=None)
    # Clients that got nothing for a URL ask for its bare host next, which says neither by which scheme they will go
    # nor for which repository: that question has had its answer.  Some ask by a process each time.
    is_bare = "://" not in service
    if is_bare and (domain in _denied or _is_refused(domain)):
        note(f"the bare host of {domain} is not answered, for a URL of it was refused")
        return None
    if reading.fault:
        if not is_bare:
            _denied.add(domain)
        tell_once(f"no token for {repository} at this address: {reading.fault}")
        return None
    try:
        found = token(repository)
    except CodeArtifactError:
        if not is_bare:
            _denied.add(domain)
        raise
    _denied.discard(domain)
    return found


def _refuse(domain: Repository) -> None:
    if cache := _cache(domain):
        cache.refuse(domain)


def _is_refused(domain: Repository) -> bool:
    cache = _cache(domain)
    return cache is not None and cache.is_refused(domain, time.time() - _REFUSAL_HOLDS)


def _cache(domain: Repository) -> caches.Cache | None:
    """Return where the tokens of a domain are kept, None if nowhere."""
    try:
        settings = resolve(domain)
    except CodeArtifactError:
        # Nor is there an answer to any other question for it.
        return None
    return caches.find(settings.cache_dir, os.environ) if settings.cache else None


def token(repository: Repository) -> Token:
    """Return a token for ``repository``; raise CodeArtifactError where none can be had."""
    settings = resolve(repository)
    for warning in settings.warnings:
        tell_once(warning)
    if is_debugging():
        _tell_decisions(repository, settings)
    if isinstance(settings.source, ReadyToken):
        return Token(settings.source.value, None)
    cache = caches.find(settings.cache_dir, os.environ) if settings.cache else None

    def key_now() -> str | None:
        return fingerprint(repository, settings, os.environ)

    key = key_now() if cache else None
    if cache and key and (found := cache.token(key)):
        note(f"the token was kept in {cache.folder}")
        return found.token
    # Here and not above: it takes longer than all the rest.
    from .cache.singleflight import ask

    def ask_aws(deadline: Deadline) -> Token:
        # Here and not above: those who wait for another's answer do not need it.
        from .aws.client import Conversation

        return Conversation(repository, settings).token(deadline)

    try:
        return ask(ask_aws, repository, settings, cache, key_now)
    except CodeArtifactError as error:
        error.hints = settings.hints
        raise


def _tell_decisions(repository: Repository, settings: Settings) -> None:
    note(f"asked for repository {repository.name or '(any)'} of {repository}")
    note(f"section [{settings.section or 'codeartifact'}] holds")
    for option, origin in settings.origins.items():
        note(f"{option} comes from {origin}")
    note(f"the token is asked for as {identity.describe(settings.source, settings.origins)}")


def tell_once(problem: CodeArtifactError | str) -> None:
    """Log ``problem``, an error or the text of a warning, as this package; once in the life of the process."""
    if str(problem) in _told:
        return
    _told.add(str(problem))
    # Here and not above: where all is well there is nothing to say.
    import logging

    logger = logging.getLogger("keyrings.codeartifact")
    if isinstance(problem, str):
        logger.warning("%s", printable(problem))
    else:
        logger.error("%s", problem.report())
