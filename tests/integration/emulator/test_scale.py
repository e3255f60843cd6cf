"""Large repositories and many clients: by what is called and what arrives, never by time."""

import hashlib
import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from werkzeug.test import Client

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.api.repository import Asset, Repository
from keyrings.codeartifact.emulator.index.pages import Files
from support.guarded import SCOPE
from support.uploads import upload

OWNER, REGION = "111122223333", "ap-south-1"
JSON = "application/vnd.pypi.simple.v1+json"
CLIENTS = 200


def versions(number):
    for one in range(number):
        yield Asset("many", f"1.{one}", f"many-1.{one}.tar.gz", __file__, 1, "0" * 64, ">=3")


def projects(number):
    for one in range(number):
        yield Asset(f"project-{one:05}", "1.0", f"project-{one:05}-1.0.tar.gz", __file__, 1, "0" * 64)


@pytest.fixture(scope="module")
def domains(codeartifact_emulator):
    """The names of two domains by size: with few projects and versions, and with 10,000 projects and 2,000 versions."""
    found = {}
    for size, numbers in {"small": (10, 10), "large": (10_000, 2_000)}.items():
        backend = backend_of(OWNER, REGION)
        found[size] = domain = backend.create_domain(f"d{uuid4().hex[:8]}")
        repository = backend.create_repository(domain.name, "release", OWNER)
        backend.create_repository(domain.name, "down", OWNER)
        domain.set_upstreams("down", ["release"])
        for asset in (*projects(numbers[0]), *versions(numbers[1])):
            repository.add(asset)
    return found


def data(domain, path, *, accept="*/*"):
    """Return the request of a path of a domain."""
    token, _ = backend_of(OWNER, REGION).issue_token(domain.name, 900)
    return {
        "path": path,
        "base_url": f"https://{domain.host('ipv4')}",
        "auth": ("aws", token),
        "headers": {"Accept": accept},
    }


def api(domain, method, path, **params):
    query = {"domain": domain.name, "repository": "release", "max-results": "10", **params}
    headers = {"Authorization": SCOPE.format("codeartifact").replace("us-east-1", REGION)}
    base = f"https://codeartifact.{REGION}.amazonaws.com"
    return {"method": method, "path": path, "base_url": base, "query_string": query, "headers": headers}


REQUESTS = {
    "a page": lambda domain: data(domain, "/pypi/release/simple/project-00007/"),
    "a page of many versions": lambda domain: data(domain, "/pypi/release/simple/many/"),
    "the same in JSON": lambda domain: data(domain, "/pypi/release/simple/many/", accept=JSON),
    "the same of an upstream": lambda domain: data(domain, "/pypi/down/simple/many/"),
    "a file": lambda domain: data(domain, "/pypi/release/simple/many/1.7/many-1.7.tar.gz"),
    "ListPackages": lambda domain: api(domain, "POST", "/v1/packages"),
    "ListPackageVersions": lambda domain: api(domain, "POST", "/v1/package/versions", package="many", format="pypi"),
    "DescribePackage": lambda domain: api(domain, "GET", "/v1/package", package="many", format="pypi"),
}


def calls(client, **request):
    """Return how many functions of Python are called for the response, and its status."""
    count = 0

    def profile(_, event, __):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        response = client.open(**request)
    finally:
        sys.setprofile(None)
    response.close()
    return count, response.status_code


@pytest.mark.parametrize("name", REQUESTS)
def test_large_repositories_take_no_more_calls(emulator, domains, name):
    client = Client(emulator.application)
    counts = {}
    for size, domain in domains.items():
        # The second one: the first imports modules and renders a page.
        assert [calls(client, **REQUESTS[name](domain))[1] for _ in "12"][-1] == 200
        counts[size], _ = calls(client, **REQUESTS[name](domain))
    assert counts["large"] < 2 * counts["small"]


@pytest.mark.parametrize("accept", ["text/html", JSON])
def test_after_an_upload_only_the_new_file_is_rendered(emulator, domains, accept):
    client = Client(emulator.application)
    counts = {}
    for size, domain in domains.items():
        request = data(domain, "/pypi/release/simple/many/", accept=accept)
        assert [calls(client, **request)[1] for _ in "12"][-1] == 200
        domain.repository("release").add(next(versions(1))._replace(filename=f"many-{uuid4()}.tar.gz"))
        counts[size], _ = calls(client, **request)
    assert counts["large"] < 2 * counts["small"]


def test_a_page_is_rendered_again_when_its_files_change():
    """Files are compared by identity: a repository returns the same tuple until its files change."""
    repository = Repository("release", OWNER)
    for asset in versions(3):
        repository.add(asset)

    def files():
        return Files(repository.listing("many").assets, repository.listing("other").assets)

    first = files()
    assert first == files()
    assert hash(first) == hash(files())
    for change in (
        lambda: repository.add(Asset("many", "2.0", "many-2.0.tar.gz", __file__, 1, "")),
        lambda: repository.remove("many", "9.9"),
        lambda: repository.add(Asset("other", "1.0", "other-1.0.tar.gz", __file__, 1, "")),
    ):
        before = files()
        change()
        assert files() != before
    assert [asset.filename for asset in files().assets()] == [
        *(f"many-1.{number}.tar.gz" for number in range(3)),
        *("many-2.0.tar.gz", "other-1.0.tar.gz"),
    ]


@pytest.fixture
def shelf(domains):
    """A new empty repository, whose name is unique, and one that has it upstream."""
    domain = domains["small"]
    names = [f"r{uuid4().hex[:8]}" for _ in "12"]
    for name in names:
        backend_of(OWNER, REGION).create_repository(domain.name, name, OWNER)
    domain.set_upstreams(names[1], names[:1])
    return domain, *(domain.repository(name) for name in names)


def publish(domain, repository, version):
    """Return the arguments of `get` for an upload of a version of `crowd`."""
    headers, body = upload("crowd", version)
    path = f"/pypi/{repository.name}/"
    return {"host": domain.host("ipv4"), "path": path, "method": "POST", "body": body, "headers": headers}


@pytest.fixture
def at_once(get, domains, emulator):
    """Return a function that sends requests, each in a thread and a connection of its own, and returns the responses."""
    token, _ = backend_of(OWNER, REGION).issue_token(domains["small"].name, 900)

    def send(requests):
        with ThreadPoolExecutor(CLIENTS) as pool:
            responses = list(pool.map(lambda request: get(token=token, **request), requests))
        assert len(emulator.journal.entries()) == len(requests)
        emulator.journal.clear()
        return responses

    return send


def stored(emulator):
    return len(os.listdir(emulator.application.pypi.storage))


def test_200_clients_publish_a_version_each(emulator, at_once, shelf):
    domain, repository, _ = shelf
    before = stored(emulator)
    responses = at_once([publish(domain, repository, f"1.{number}") for number in range(CLIENTS)])
    assert Counter(status for status, _, _ in responses) == {200: CLIENTS}
    assert Counter(asset.version for asset in repository.listing("crowd").assets) == {
        f"1.{number}": 1 for number in range(CLIENTS)
    }
    assert stored(emulator) == before + CLIENTS


def test_200_clients_publish_the_same_file(emulator, at_once, shelf):
    domain, repository, _ = shelf
    before = stored(emulator)
    responses = at_once([publish(domain, repository, "1.0")] * CLIENTS)
    assert Counter(status for status, _, _ in responses) == {200: 1, 409: CLIENTS - 1}
    assert len(repository.listing("crowd").assets) == 1
    assert stored(emulator) == before + 1


def test_200_clients_fetch_a_file_of_an_upstream(emulator, at_once, shelf):
    domain, repository, down = shelf
    assert at_once([publish(domain, repository, "1.0")])[0][0] == 200
    before = stored(emulator)
    path = f"/pypi/{down.name}/simple/crowd/1.0/crowd-1.0-py3-none-any.whl"
    responses = at_once([{"host": domain.host("ipv4"), "path": path}] * CLIENTS)
    [asset] = repository.listing("crowd").assets
    assert Counter((status, hashlib.sha256(body).hexdigest()) for status, _, body in responses) == {
        (200, asset.sha256): CLIENTS
    }
    assert [one.sha256 for one in down.listing("crowd").assets] == [asset.sha256]
    assert stored(emulator) == before + 1
