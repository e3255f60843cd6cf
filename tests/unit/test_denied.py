"""Lookups that repeat one that was just denied."""

import os

import pytest

from keyrings.codeartifact import denied
from keyrings.codeartifact.denied import Asker
from keyrings.codeartifact.models import Repository

ACME = Repository("acme", "111122223333", "us-east-1")


@pytest.fixture(autouse=True)
def _nothing_denied(monkeypatch):
    monkeypatch.setattr(denied, "_denied", set())


def test_this_process_may_repeat_any_lookup():
    assert denied.this_process() == Asker(str(os.getpid()), is_repeat=True)


@pytest.mark.parametrize("is_bare_host", [True, False])
def test_a_client_that_starts_processes_repeats_lookups_by_bare_hosts(is_bare_host):
    assert denied.parent_process(is_bare_host=is_bare_host) == Asker(str(os.getppid()), is_repeat=is_bare_host)


def test_a_domain_is_denied_until_it_gets_a_token():
    assert not denied.is_denied(ACME)
    denied.add(ACME)
    denied.add(ACME)
    assert denied.is_denied(ACME)
    denied.discard(ACME)
    assert not denied.is_denied(ACME)
    denied.discard(ACME)


@pytest.mark.parametrize(
    "change",
    [{"domain": "other"}, {"domain_owner": "444455556666"}, {"region": "eu-west-1"}],
    ids=lambda change: next(iter(change)),
)
def test_other_domains_are_not_denied(change):
    denied.add(ACME)
    assert not denied.is_denied(ACME._replace(**change))
