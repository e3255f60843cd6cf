"""Single-flight requests for the token of a test's key."""

import time

import pytest
from filelock import FileLock, Timeout

from keyrings.codeartifact.cache.singleflight import SingleFlight
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.models import Requester, Secret, Token
from support.cache_files import ACME, KEY

SETTINGS = resolve(ACME, {"CODEARTIFACT_CONFIG": "[codeartifact]\n", "CODEARTIFACT_DEADLINE": "10"})
UNKNOWN = Requester()
SHORT = SETTINGS._replace(deadline=0.4)


def new_token(life=3600, value="a-token"):
    return Token(Secret(value), time.time() + life)


def flight(store, settings=SETTINGS, requester=UNKNOWN):
    return SingleFlight(store, KEY, ACME, settings, requester)


def run(store, request, settings=SETTINGS, requester=UNKNOWN, key=KEY, *, is_fresh=False):
    return flight(store, settings, requester).run(request, lambda: key, is_fresh=is_fresh)


def unexpected(_):
    pytest.fail("requested a token")


def is_locked(store):
    try:
        with FileLock(store.lock_path(KEY), blocking=False):
            return False
    except Timeout:
        return True
