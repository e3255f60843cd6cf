"""From an index URL to a token: the one path that backend, commands and doctor share.

Clients that get no token for a URL look up its bare host next, which names neither scheme nor repository; some start a
process for each lookup.  What denies a URL a token denies its bare host one.
"""

from __future__ import annotations

import os
import time

from . import index_url
from ._util.log import debug, is_debugging, log_once
from ._util.process import importing
from ._util.text import printable
from .cache import folder
from .cache.key import cache_key
from .cache.store import DENIED, Store, domain_key
from .config.settings import resolve
from .errors import CodeArtifactError
from .models import SESSION, USERNAME, Repository, Requester, Secret, Settings, Token

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from .aws.client import Client
    from .config.keyringrc import KeyringRC

# The domains of which the last lookup of a URL was denied a token in this process.
_denied: set[Repository] = set()
# In seconds, for how long a URL that another process denied a token denies its bare host one.
_DENIAL_LASTS = 60
_UNKNOWN = Requester()


def find_token(service: str, username: str | None, environ: Mapping[str, str], *, is_command: bool) -> Token | None:
    """Return what `find_token_of` does, or None for other services and for user names that are not CodeArtifact's."""
    if username not in (None, "", USERNAME):
        return None
    if url := index_url.parse(service):
        return find_token_of(url, environ, is_command=is_command)
    if ".codeartifact." in service.lower() and (domain := index_url.parse_plain_http(service)):
        _deny_everywhere(domain, environ)
    return None


def find_token_of(
    url: index_url.IndexURL, environ: Mapping[str, str], file: KeyringRC | None = None, *, is_command: bool
) -> Token | None:
    """Return the token for ``url``, None if a problem with it or an earlier denial rules one out.

    ``file`` is the configuration that ``environ`` names, by default loaded.  ``is_command`` is set in a process that a
    client starts for each lookup.  Raises CodeArtifactError if no token is available.
    """
    repository, domain = url.repository, url.repository.whole_domain()
    if url.problem:
        if url.is_plain_http:
            _deny_everywhere(domain, environ, file)
        elif not url.is_bare_host:
            _denied.add(domain)
        log_once(printable(f"no token for {repository}: {url.problem}"))
        return None
    if url.is_bare_host and domain in _denied:
        debug(f"no token for the bare host of {domain}: a URL of it was denied one")
        return None
    try:
        settings = resolve(repository, environ, file)
        if url.is_bare_host and _is_denied_elsewhere(domain, settings, environ):
            debug(f"no token for the bare host of {domain}: another process denied a URL of it one")
            return None
        # After its URL, a command's client looks up the bare host.  The URL again may be a person who tries again.
        process, is_repeat = (os.getppid(), url.is_bare_host) if is_command else (os.getpid(), True)
        token = get_token(repository, environ, settings, Requester(str(process), is_repeat))
    except CodeArtifactError:
        if not url.is_bare_host:
            _denied.add(domain)
        raise
    _denied.discard(domain)
    return token


def get_token(
    repository: Repository,
    environ: Mapping[str, str],
    settings: Settings | None = None,
    requester: Requester = _UNKNOWN,
    session: Any = None,
) -> Token:
    """Return a token; raise CodeArtifactError if none is available.

    ``settings`` are by default the repository's; those of a caller's ``session``, boto3's, have its identity.
    """
    settings = settings or resolve(repository, environ)
    for warning in settings.warnings:
        log_once(printable(warning))
    if is_debugging():
        _debug_settings(repository, settings)
    if settings.source.is_preissued_token:
        return preissued_token(settings)
    store = open_store(settings, environ)
    key = cache_key(repository, settings, environ) if store else None
    if store and key and (found := store.token(key)):
        debug(f"the token is cached in {store.folder}")
        return found.token
    with importing:
        from .aws.client import Client

    return obtain(Client(repository, settings, environ, session), store, key, requester)


def get_token_of_session(repository: Repository, environ: Mapping[str, str], session: Any) -> Token:
    """Return a token that is requested with the identity of ``session``, boto3's; raise CodeArtifactError."""
    with importing:
        from .aws.client import Client
    settings = resolve(repository, environ, session=SESSION)
    source = Client(repository, settings, environ, session).get_source()
    return get_token(repository, environ, settings._replace(source=source), session=session)


def preissued_token(settings: Settings) -> Token:
    """Return the token that ``settings`` hold instead of an identity."""
    from .config.preissued import expiry

    return Token(Secret(settings.source.value), expiry(settings.source))


def open_store(settings: Settings, environ: Mapping[str, str]) -> Store | None:
    """Return the cache, None if it is off or no folder is usable."""
    path = folder.find(settings.cache_dir, environ) if settings.cache else None
    return Store(path) if path else None


def obtain(
    client: Client, store: Store | None, key: str | None, requester: Requester = _UNKNOWN, *, is_fresh: bool = False
) -> Token:
    """Return a token from AWS, one process at a time, and cache it under ``key``; raise CodeArtifactError.

    Without ``store`` or ``key`` nothing is cached, and no process waits for another.  With ``is_fresh`` the token is
    requested even if another process has just obtained one.
    """
    try:
        if store is None or key is None:
            return client.get_token()
        with importing:
            from .cache.singleflight import SingleFlight
        return SingleFlight(client, store, key, requester).run(is_fresh=is_fresh)
    except CodeArtifactError as error:
        error.add_hints(client.settings.hints)
        raise


def _deny_everywhere(domain: Repository, environ: Mapping[str, str], file: KeyringRC | None = None) -> None:
    """Deny the bare host of ``domain`` a token in other processes too: its client may send a token in plain text."""
    _denied.add(domain)
    try:
        store = open_store(resolve(domain, environ, file), environ)
    except CodeArtifactError:
        return  # no lookup for it gets a token
    if store:
        store.mark(domain_key(domain), DENIED)


def _is_denied_elsewhere(domain: Repository, settings: Settings, environ: Mapping[str, str]) -> bool:
    store = open_store(settings, environ)
    return store is not None and store.is_marked(domain_key(domain), DENIED, time.time() - _DENIAL_LASTS)


def _debug_settings(repository: Repository, settings: Settings) -> None:
    debug(f"lookup for repository {repository.name or '(any)'} of {repository}")
    debug(f"section [{settings.section or 'codeartifact'}] applies")
    for option, origin in settings.origins.items():
        debug(f"{option} is set by {origin}")
    debug(f"identity: {settings.identity}")
