"""The emulator with IAM enforced, and ways to ask it."""

import functools

import pytest

from support.command import Command, emulator_forks
from support.guarded import PARTNER_ROLE, SEED, session


@pytest.fixture(scope="session")
def planted(plant, github_accounts):
    """With GitHub as an identity provider, which the accounts of GitHub's jobs have already."""
    plant(SEED, "acme-tools")


@pytest.fixture
def guarded(planted, emulator):
    """The emulator with IAM enforced."""
    emulator.access.is_enforced = True
    return emulator


@pytest.fixture
def ask(guarded, client):
    """Return a function that asks for a token with these keys."""

    def get(keys, **parameters):
        parameters = {"domain": "guarded", "domainOwner": "111122223333"} | parameters
        return client("codeartifact", keys=keys).get_authorization_token(**parameters)["authorizationToken"]

    return get


@pytest.fixture
def assume(guarded, client):
    """Return a function that assumes a role with these keys and returns the session's."""

    def get(keys, role=PARTNER_ROLE, **parameters):
        return session(client("sts", keys=keys).assume_role(RoleArn=role, RoleSessionName="test", **parameters))

    return get


@pytest.fixture(scope="session")
def forks_of_emulators():
    forks = emulator_forks()
    yield forks
    forks.close()


@pytest.fixture
def start(forks_of_emulators):
    """Return a function that starts the command `emulator`, for a test that shows nothing about how it starts."""
    return functools.partial(Command, forks=forks_of_emulators)
