"""What all operations of CodeArtifact's API have in common: whom a request names, and answers in pages."""

import pytest

from support.guarded import refusal

RELEASE = {"domain": "acme", "repository": "release"}
TOOLS = {**RELEASE, "format": "pypi", "package": "tools"}


@pytest.fixture
def five(client):
    """The client, with five repositories."""
    for number in range(2, 6):
        client.create_repository(domain="acme", repository=f"release-{number}")
    return client


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1, 1, 1, 1, 1]), (2, [2, 2, 1]), (4, [4, 1]), (5, [5]), (1000, [5])])
def test_each_item_is_on_one_page(five, limit, sizes):
    names, found, token = [], [], {}
    while token is not None:
        page = five.list_repositories(maxResults=limit, **token)
        found.append(len(page["repositories"]))
        names += [repository["name"] for repository in page["repositories"]]
        token = {"nextToken": page["nextToken"]} if "nextToken" in page else None
    assert found == sizes
    assert names == ["release", "release-2", "release-3", "release-4", "release-5"]


def test_a_page_without_a_limit_has_1000_items(client, release):
    for number in range(1001):
        release.set_origin(f"tools-{number:04}", release.origin("tools"))
    page = client.list_packages(**RELEASE)
    assert (len(page["packages"]), page["nextToken"]) == (1000, "1000")
    rest = client.list_packages(**RELEASE, nextToken="1000")
    assert [package["package"] for package in rest["packages"]] == ["tools-1000"]


@pytest.mark.parametrize("token", ["x", "-1", "1" * 10, "1.0"])
def test_an_invalid_pagination_token(client, token):
    invalid = ("ValidationException", 400, "The pagination token is invalid.")
    assert refusal(client.list_repositories, nextToken=token) == invalid


def test_a_page_behind_the_last_is_empty(five):
    page = five.list_repositories(nextToken="5")
    assert (page["repositories"], "nextToken" in page) == ([], False)


def test_the_domain_owner_is_by_default_the_caller(client):
    described = client.describe_domain(domain="acme")["domain"]
    assert described["owner"] == "123456789012"
    assert client.describe_domain(domain="acme", domainOwner="123456789012")["domain"] == described
    message = "Domain not found. Domain 'acme' does not exist."
    found = refusal(client.describe_domain, domain="acme", domainOwner="111122223333")
    assert found == ("ResourceNotFoundException", 404, message)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"domain": "other"}, "Domain not found. Domain 'other' does not exist."),
        ({"repository": "other"}, "Repository not found. Repository 'other' does not exist."),
        ({"package": "other"}, "Package not found. Package 'other' does not exist."),
        ({"packageVersion": "9.9"}, "Package-version not found. Package-version '9.9' does not exist."),
    ],
)
def test_what_does_not_exist_is_named(client, publish, changed, message):
    publish("1.0")
    wanted = {**TOOLS, "packageVersion": "1.0", **changed}
    assert refusal(client.describe_package_version, **wanted) == ("ResourceNotFoundException", 404, message)


def test_one_format_is_supported(client):
    message = "the emulator supports the format pypi only, not npm"
    assert refusal(client.list_packages, **RELEASE, format="npm") == ("ValidationException", 400, message)


def test_a_response_repeats_the_normalized_name_and_the_revision(client, publish, release):
    publish("1.0", "My_Tools")
    page = client.list_package_version_assets(**TOOLS | {"package": "my.tools"}, packageVersion="1.0")
    named = {name: page[name] for name in ("format", "package", "version", "versionRevision")}
    revision = release.version("my-tools", "1.0").revision
    assert named == {"format": "pypi", "package": "my-tools", "version": "1.0", "versionRevision": revision}
