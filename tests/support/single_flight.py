"""Single-flight requests for the token of a test's key."""

import time
from types import SimpleNamespace

import pytest
from filelock import FileLock, Timeout

from keyrings.codeartifact.cache.key import cache_key
from keyrings.codeartifact.cache.singleflight import SingleFlight
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.models import Requester, Secret, Token
from support.cache_files import ACME

SETTINGS = resolve(ACME, {"CODEARTIFACT_CONFIG": "[codeartifact]\n", "CODEARTIFACT_DEADLINE": "10"})
KEY = cache_key(ACME, SETTINGS, {})
UNKNOWN = Requester()
SHORT = SETTINGS._replace(deadline=0.4)


def new_token(life=3600, value="a-token"):
    return Token(Secret(value), time.time() + life)


def flight(store, request, settings=SETTINGS, requester=UNKNOWN, environ=None):
    """Return the flight of a client that gets the token that ``request`` returns."""
    client = SimpleNamespace(
        repository=ACME,
        settings=settings,
        environ=environ or {},
        identity=settings.identity,
        get_token=lambda deadline, _: request(deadline),
    )
    return SingleFlight(client, store, KEY, requester)


def run(store, request, settings=SETTINGS, requester=UNKNOWN, *, is_fresh=False):
    return flight(store, request, settings, requester).run(is_fresh=is_fresh)


def unexpected(_):
    pytest.fail("requested a token")


def is_locked(store):
    try:
        with FileLock(store.lock_path(KEY), blocking=False):
            return False
    except Timeout:
        return True
