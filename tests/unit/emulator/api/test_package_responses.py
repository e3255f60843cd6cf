"""Packages in CodeArtifact's API: their names, their origin controls, and filters by both."""

import pytest

from keyrings.codeartifact.emulator.api.repository import PUBLIC, Origin
from support.guarded import refusal

RELEASE = {"domain": "acme", "repository": "release"}
TOOLS = {**RELEASE, "format": "pypi", "package": "My.Tools"}
GONE = ("ResourceNotFoundException", 404, "Package not found. Package 'My.Tools' does not exist.")


def controls(publish, upstream):
    return {"restrictions": {"publish": publish, "upstream": upstream}}


OWN, FETCHED = controls("ALLOW", "BLOCK"), controls("BLOCK", "ALLOW")


def test_a_package_is_described_with_its_controls(client, publish):
    publish(package="my_tools")
    publish(package="public", entry=PUBLIC)
    described = client.describe_package(**TOOLS)["package"]
    assert described == {"format": "pypi", "name": "my-tools", "originConfiguration": OWN}
    assert client.list_packages(**RELEASE)["packages"] == [
        {"format": "pypi", "package": "my-tools", "originConfiguration": OWN},
        {"format": "pypi", "package": "public", "originConfiguration": FETCHED},
    ]


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({}, ["all", "nothing", "own", "own-public"]),
        ({"packagePrefix": "own"}, ["own", "own-public"]),
        ({"packagePrefix": "wn"}, []),
        ({"publish": "ALLOW"}, ["all", "own"]),
        ({"publish": "BLOCK"}, ["nothing", "own-public"]),
        ({"upstream": "ALLOW"}, ["all", "own-public"]),
        ({"publish": "BLOCK", "upstream": "BLOCK"}, ["nothing"]),
        ({"packagePrefix": "own", "publish": "BLOCK"}, ["own-public"]),
    ],
    ids=str,
)
def test_filters(client, release, options, names):
    for name, *origin in (("own", True, False), ("own-public", False, True), ("all", True, True)):
        release.set_origin(name, Origin(*origin))
    release.set_origin("nothing", Origin(publish=False, upstream=False))
    assert [package["package"] for package in client.list_packages(**RELEASE, **options)["packages"]] == names


def test_filters_come_before_pages(client, publish):
    for package in ("a", "b1", "b2", "c"):
        publish(package=package)
    page = client.list_packages(**RELEASE, packagePrefix="b", maxResults=1)
    assert [package["package"] for package in page["packages"]] == ["b1"]
    page = client.list_packages(**RELEASE, packagePrefix="b", maxResults=1, nextToken=page["nextToken"])
    assert ([package["package"] for package in page["packages"]], "nextToken" in page) == (["b2"], False)


@pytest.mark.parametrize("restrictions", [OWN, FETCHED, controls("BLOCK", "BLOCK")], ids=str)
def test_controls_create_a_package_and_stay(client, publish, restrictions):
    answer = client.put_package_origin_configuration(**TOOLS, **restrictions)
    assert answer["originConfiguration"] == restrictions
    publish(package="my_tools")
    client.delete_package_versions(**TOOLS, versions=["1.0"])
    described = client.describe_package(**TOOLS)["package"]
    assert described == {"format": "pypi", "name": "my-tools", "originConfiguration": restrictions}


def test_a_package_is_deleted_with_its_versions_and_controls(client, publish):
    client.put_package_origin_configuration(**TOOLS, **FETCHED)
    publish(package="my_tools")
    deleted = client.delete_package(**TOOLS)["deletedPackage"]
    assert deleted == {"format": "pypi", "package": "my-tools", "originConfiguration": FETCHED}
    assert refusal(client.describe_package, **TOOLS) == GONE
    assert refusal(client.delete_package, **TOOLS) == GONE
    publish(package="my_tools")
    assert client.describe_package(**TOOLS)["package"]["originConfiguration"] == OWN
