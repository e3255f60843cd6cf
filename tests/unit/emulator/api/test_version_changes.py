"""Changes of several versions at a time: each succeeds or fails alone, with its code and its message."""

import os

import pytest

from keyrings.codeartifact.emulator.api.repository import ARCHIVED, DISPOSED, PUBLIC, PUBLISHED, UNLISTED
from support.guarded import refusal

ACME = {"domain": "acme"}
TOOLS = {"format": "pypi", "package": "tools"}
RELEASE = {**ACME, "repository": "release", **TOOLS}
COPY = {**ACME, "sourceRepository": "release", "destinationRepository": "other", **TOOLS}


@pytest.fixture
def two(publish, release, client):
    """A version with its revision, a later one, and a second repository."""
    publish("1.0")
    publish("2.0")
    client.create_repository(**ACME, repository="other")
    return release


def change(client, operation, **options):
    """Return the successful versions with their statuses, and the failed ones with their codes and messages."""
    answer = getattr(client, operation)(**(COPY if operation.startswith("copy") else RELEASE), **options)
    successful = {name: version["status"] for name, version in answer["successfulVersions"].items()}
    failed = {name: (error["errorCode"], error["errorMessage"]) for name, error in answer["failedVersions"].items()}
    return successful, failed


OPERATIONS = [
    ("update_package_versions_status", {"targetStatus": ARCHIVED}, ARCHIVED),
    ("dispose_package_versions", {}, DISPOSED),
    ("delete_package_versions", {}, "Deleted"),
    ("copy_package_versions", {}, PUBLISHED),
]


@pytest.mark.parametrize(("operation", "options", "status"), OPERATIONS)
def test_each_version_for_itself(client, two, operation, options, status):
    successful, failed = change(client, operation, versions=["1.0", "9.9", "2.0"], **options)
    assert successful == {"1.0": status, "2.0": status}
    assert failed == {"9.9": ("NOT_FOUND", "Version 9.9 not found.")}


@pytest.mark.parametrize(
    ("operation", "options", "status"),
    [
        ("update_package_versions_status", {"targetStatus": ARCHIVED, "versions": []}, ARCHIVED),
        ("dispose_package_versions", {"versions": ["1.0"]}, DISPOSED),
        ("copy_package_versions", {}, PUBLISHED),
    ],
)
def test_a_revision_is_the_condition_of_a_change(client, two, operation, options, status):
    revisions = {"1.0": two.version("tools", "1.0").revision, "2.0": "other"}
    successful, failed = change(client, operation, versionRevisions=revisions, **options)
    assert successful == {"1.0": status}
    assert failed == {"2.0": ("MISMATCHED_REVISION", "Version 2.0 has another revision.")}


@pytest.mark.parametrize(("operation", "options", "status"), OPERATIONS[:3])
def test_a_status_is_the_condition_of_a_change(client, two, operation, options, status):
    two.set_status("tools", two.version("tools", "1.0"), UNLISTED)
    successful, failed = change(client, operation, versions=["1.0", "2.0"], expectedStatus=UNLISTED, **options)
    assert successful == {"1.0": status}
    assert failed == {"2.0": ("MISMATCHED_STATUS", "Version 2.0 has the status Published.")}


def test_a_response_has_the_revision_before_the_change(client, two):
    revision = two.version("tools", "1.0").revision
    answer = client.dispose_package_versions(**RELEASE, versions=["1.0"])
    assert answer["successfulVersions"] == {"1.0": {"revision": revision, "status": DISPOSED}}


@pytest.mark.parametrize("target", [PUBLISHED, UNLISTED, ARCHIVED])
def test_a_status_can_be_set_again(client, two, target):
    for status in (UNLISTED, ARCHIVED, target):
        assert change(client, "update_package_versions_status", versions=["1.0"], targetStatus=status)[1] == {}
    assert [version.status for version in two.versions("tools")] == [target, PUBLISHED]


@pytest.mark.parametrize("target", [DISPOSED, "Deleted", "Unfinished"])
def test_a_status_that_cannot_be_set(client, two, target):
    error = ("ValidationException", 400, "targetStatus must be one of Published, Unlisted, Archived.")
    call = client.update_package_versions_status
    assert refusal(call, **RELEASE, versions=["1.0"], targetStatus=target) == error


def test_a_disposed_version_keeps_its_status(client, two):
    [asset] = two.version("tools", "1.0").assets
    assert change(client, "dispose_package_versions", versions=["1.0"]) == ({"1.0": DISPOSED}, {})
    assert not os.path.exists(asset.path)
    failed = {"1.0": ("NOT_ALLOWED", "Version 1.0 has been disposed of.")}
    assert change(client, "update_package_versions_status", versions=["1.0"], targetStatus=PUBLISHED) == ({}, failed)
    assert change(client, "delete_package_versions", versions=["1.0"]) == ({"1.0": "Deleted"}, {})


def test_no_version_of_a_package_that_does_not_exist(client, two):
    error = ("ResourceNotFoundException", 404, "Package not found. Package 'gone' does not exist.")
    assert refusal(client.delete_package_versions, **RELEASE | {"package": "gone"}, versions=["1.0"]) == error


def test_a_copy_has_files_status_and_entry_of_its_own(client, two, publish):
    publish("3.0", entry=PUBLIC)
    two.set_status("tools", two.version("tools", "3.0"), UNLISTED)
    assert change(client, "copy_package_versions", versions=["1.0", "3.0"]) == ({"1.0": PUBLISHED, "3.0": UNLISTED}, {})
    client.delete_package_versions(**RELEASE, versions=["1.0"])
    copied = client.list_package_versions(**RELEASE | {"repository": "other"})["versions"]
    entries = [version["origin"]["domainEntryPoint"] for version in copied]
    assert [version["status"] for version in copied] == [PUBLISHED, UNLISTED]
    assert entries == [{"repositoryName": "release"}, {"externalConnectionName": PUBLIC}]
    wheel = {"packageVersion": "1.0", "asset": "tools-1.0-py3-none-any.whl"}
    assert client.get_package_version_asset(**RELEASE | {"repository": "other"}, **wheel)["asset"].read(2) == b"PK"


def test_a_copy_replaces_only_what_it_may(client, two):
    copy = "copy_package_versions"
    assert change(client, copy, versions=["1.0"]) == ({"1.0": PUBLISHED}, {})
    two.set_status("tools", two.version("tools", "1.0"), UNLISTED)
    failed = {"1.0": ("ALREADY_EXISTS", "Version 1.0 exists in other.")}
    assert change(client, copy, versions=["1.0"]) == ({}, failed)
    assert change(client, copy, versions=["1.0"], allowOverwrite=True) == ({"1.0": UNLISTED}, {})
    two.set_status("tools", two.version("tools", "1.0"), DISPOSED)
    failed = {"1.0": ("NOT_ALLOWED", "Version 1.0 of release has no assets.")}
    assert change(client, copy, versions=["1.0"], allowOverwrite=True) == ({}, failed)
    [kept] = client.list_package_versions(**RELEASE | {"repository": "other"})["versions"]
    assert (kept["version"], kept["status"]) == ("1.0", UNLISTED)


def test_a_copy_searches_upstreams_on_request(client, two):
    client.create_repository(**ACME, repository="team", upstreams=[{"repositoryName": "release"}])
    copy = COPY | {"sourceRepository": "team", "versions": ["1.0"]}
    assert client.copy_package_versions(**copy)["successfulVersions"] == {}
    answer = client.copy_package_versions(**copy, includeFromUpstream=True)
    assert list(answer["successfulVersions"]) == ["1.0"]


def test_a_copy_needs_two_repositories(client, two):
    copy = COPY | {"destinationRepository": "release", "versions": ["1.0"]}
    error = ("ValidationException", 400, "The source and the destination repository must differ.")
    assert refusal(client.copy_package_versions, **copy) == error
    error = ("ResourceNotFoundException", 404, "Repository not found. Repository 'gone' does not exist.")
    assert refusal(client.copy_package_versions, **COPY | {"destinationRepository": "gone"}) == error
