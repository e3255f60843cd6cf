"""moto as a part of the emulator: the service of a host is determined once."""

import pytest
from moto import backends
from werkzeug.test import Client

from keyrings.codeartifact.emulator.transport.dispatcher import Dispatcher
from support.guarded import SCOPE

STS = "sts.us-east-1.amazonaws.com"


@pytest.fixture
def listed(monkeypatch):
    """How often moto has listed its own folder, as a list."""
    found, list_modules = [], backends.list_of_moto_modules
    monkeypatch.setattr(backends, "list_of_moto_modules", lambda: found.append(1) or list_modules())
    return found


def test_a_host_s_service_is_determined_once(codeartifact_mock, listed):
    client = Client(Dispatcher())
    request = {"base_url": f"https://{STS}", "headers": {"Authorization": SCOPE.format("sts")}}
    answers = [client.post("/", data={"Action": "GetCallerIdentity"}, buffered=True, **request) for _ in "12"]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(listed) == 1


@pytest.mark.parametrize(
    ("host", "service"),
    [
        (STS, "sts"),
        ("sts.amazonaws.com", "sts"),
        ("codeartifact.eu-west-1.amazonaws.com", "codeartifact"),
        ("evil.example", None),
        (None, None),
    ],
)
def test_the_service_of_a_host(codeartifact_mock, listed, host, service):
    dispatcher = Dispatcher()
    assert [dispatcher.get_backend_for_host(host) for _ in "123"] == [service] * 3
    assert len(listed) == (host is not None)


def test_each_host_has_its_own(codeartifact_mock):
    dispatcher = Dispatcher()
    hosts = ("sts.amazonaws.com", "iam.amazonaws.com", "sts.amazonaws.com")
    assert [dispatcher.get_backend_for_host(host) for host in hosts] == ["sts", "iam", "sts"]
