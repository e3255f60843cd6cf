"""Values that tests put in the cache."""

import time

from keyrings.codeartifact.cache.store import Entry, Failure
from keyrings.codeartifact.models import Repository, Secret, Token

ACME = Repository("acme", "111122223333", "us-east-1")
KEY, OTHER_KEY = "0123456789abcdef" * 2, "fedcba9876543210" * 2
LIFE = 3600


def new_entry(value="a-token", age=0, life=LIFE):
    begin = time.time() - age
    return Entry(Token(Secret(value), begin + life), begin, begin + life / 2, ACME, "profile 'acme'")


def new_failure(**changes):
    return Failure(time.time(), "42", "CA504", "closed", "wait")._replace(**changes)


def rewrite(path, change):
    """Replace the content of a file by ``change(content)``."""
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(change(content))
