"""Every operation of CodeArtifact's API, as botocore knows it: what is built answers as AWS does, the rest says so."""

import re

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from support.operations import DESCRIPTION, NOT_BUILT, OPERATIONS, arguments, scene, service_model, violations
from support.pages import EMULATOR


@pytest.fixture
def call(emulator, client, tmp_path):
    """Return a function that calls an operation in a domain of this test."""
    api, name = client("codeartifact"), scene(emulator.application, tmp_path)

    def call(operation, **options):
        return getattr(api, xform_name(operation))(**arguments(operation, name) | options)

    return call


def test_every_operation_is_in_one_of_the_tables():
    assert sorted((*OPERATIONS, *NOT_BUILT)) == sorted(service_model().operation_names)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_response_has_the_shape_that_aws_declares(call, operation):
    response = call(operation)
    assert response.pop("ResponseMetadata")["HTTPStatusCode"] == 200
    shape = service_model().operation_model(operation).output_shape
    assert list(violations(response, shape)) == []
    # Some response members are there always.
    assert response or operation in ("TagResource", "UntagResource")


@pytest.mark.parametrize("operation", NOT_BUILT)
def test_what_is_not_built_says_so(client, operation):
    """With whatever arguments: AWS' own client checks them before."""
    members = service_model().operation_model(operation).input_shape.members
    samples = {"string": "x", "list": [], "map": {}, "structure": {}, "blob": b"", "boolean": True, "integer": 1}
    given = {name: samples[shape.type_name] for name, shape in members.items()}
    with pytest.raises(ClientError) as caught:
        getattr(client("codeartifact", parameter_validation=False), xform_name(operation))(**given)
    error = caught.value.response
    assert (error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"]) == ("UnknownOperationException", 501)
    assert error["Error"]["Message"] == f"the emulator does not support {operation}"


def test_the_table_in_the_documentation():
    rows = dict(re.findall(r"^\| `([A-Z]\w+)` \| (.*) \|$", EMULATOR.text, re.MULTILINE))
    expected = {
        name: "yes" if name in OPERATIONS else f"no: {NOT_BUILT[name]}" for name in service_model().operation_names
    }
    assert rows == expected


def test_a_version_in_words(call):
    described = call("DescribePackageVersion")["packageVersion"]
    assert (described["packageName"], described["displayName"], described["version"]) == ("tools", "tools", "1.0")
    assert (described["summary"], described["licenses"]) == ("Tools for all", [{"name": "MIT"}])
    assert described["origin"] == {"domainEntryPoint": {"repositoryName": "release"}, "originType": "INTERNAL"}
    assert call("GetPackageVersionReadme")["readme"] == DESCRIPTION
    assert call("ListPackageVersionDependencies")["dependencies"] == [
        {"package": "some-dependency", "dependencyType": "regular", "versionRequirement": ">=1,<2"},
        {"package": "extra-one", "dependencyType": "optional", "versionRequirement": '[a]; extra == "more"'},
    ]
    asset = call("GetPackageVersionAsset")
    assert asset["asset"].read().startswith(b"PK")
    assert (asset["assetName"], asset["packageVersionRevision"]) == (
        "tools-1.0-py3-none-any.whl",
        described["revision"],
    )
    with pytest.raises(ClientError, match="ConflictException"):
        call("GetPackageVersionAsset", packageVersionRevision="other")
    for operation, changed in (
        ("GetPackageVersionAsset", {"asset": "other"}),
        ("DescribePackageVersion", {"packageVersion": "3.0"}),
        ("DescribePackageVersion", {"package": "other"}),
    ):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            call(operation, **changed)


NOT_FOUND = {"9.9": {"errorCode": "NOT_FOUND", "errorMessage": "Version 9.9 not found."}}


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ("UpdatePackageVersionsStatus", "Unlisted"),
        ("DisposePackageVersions", "Disposed"),
        ("DeletePackageVersions", "Deleted"),
        ("CopyPackageVersions", "Published"),
    ],
)
def test_versions_that_succeed_and_that_fail(call, operation, status):
    revision = call("DescribePackageVersion")["packageVersion"]["revision"]
    changed = call(operation)
    assert changed["successfulVersions"] == {"1.0": {"revision": revision, "status": status}}
    assert changed["failedVersions"] == NOT_FOUND
    left = {item["version"]: item["status"] for item in call("ListPackageVersions")["versions"]}
    assert left == {"2.0": "Published"} | ({} if status == "Deleted" else {"1.0": status})


@pytest.mark.parametrize(
    ("operation", "options", "code"),
    [
        ("UpdatePackageVersionsStatus", {"expectedStatus": "Archived"}, "MISMATCHED_STATUS"),
        ("UpdatePackageVersionsStatus", {"versionRevisions": {"1.0": "other"}}, "MISMATCHED_REVISION"),
        ("DisposePackageVersions", {"expectedStatus": "Archived"}, "MISMATCHED_STATUS"),
        ("DeletePackageVersions", {"expectedStatus": "Archived"}, "MISMATCHED_STATUS"),
    ],
)
def test_changes_on_a_condition(call, operation, options, code):
    changed = call(operation, **options)
    assert changed["successfulVersions"] == {}
    assert changed["failedVersions"]["1.0"]["errorCode"] == code


def test_a_disposed_version_stays_that(call):
    call("DisposePackageVersions")
    failed = call("UpdatePackageVersionsStatus")["failedVersions"]
    assert failed["1.0"]["errorCode"] == "NOT_ALLOWED"
    assert call("ListPackageVersionAssets")["assets"] == []
    assert call("ListPackageVersions")["defaultDisplayVersion"] == "2.0"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        call("GetPackageVersionReadme")


def test_copying_over_what_is_there(call):
    assert list(call("CopyPackageVersions")["successfulVersions"]) == ["1.0"]
    assert call("CopyPackageVersions")["failedVersions"]["1.0"]["errorCode"] == "ALREADY_EXISTS"
    assert list(call("CopyPackageVersions", allowOverwrite=True)["successfulVersions"]) == ["1.0"]
    with pytest.raises(ClientError, match="ValidationException"):
        call("CopyPackageVersions", destinationRepository="release")


def test_a_copy_that_fails_leaves_what_is_there(call):
    call("CopyPackageVersions")
    call("DisposePackageVersions")
    assert call("CopyPackageVersions", allowOverwrite=True)["failedVersions"]["1.0"]["errorCode"] == "NOT_ALLOWED"
    there = call("DescribePackageVersion", repository="empty")["packageVersion"]
    assert there["status"] == "Published"


def test_copying_from_an_upstream(call):
    call("UpdateRepository", repository="empty", upstreams=[{"repositoryName": "release"}])
    far = {"sourceRepository": "empty", "destinationRepository": "public"}
    assert call("CopyPackageVersions", **far)["successfulVersions"] == {}
    assert list(call("CopyPackageVersions", **far, includeFromUpstream=True)["successfulVersions"]) == ["1.0"]


def test_a_package_is_deleted_with_its_controls(call):
    call("PutPackageOriginConfiguration")
    deleted = call("DeletePackage")["deletedPackage"]
    assert deleted["originConfiguration"] == {"restrictions": {"publish": "BLOCK", "upstream": "ALLOW"}}
    assert call("ListPackages")["packages"] == []
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        call("DescribePackage")


def test_packages_and_versions_by_a_filter(call):
    assert call("ListPackages", publish="BLOCK")["packages"] == []
    assert len(call("ListPackages", publish="ALLOW", upstream="BLOCK")["packages"]) == 1
    call("UpdatePackageVersionsStatus")
    for options, expected in (
        ({"status": "Unlisted"}, ["1.0"]),
        ({"originType": "EXTERNAL"}, []),
        ({}, ["2.0", "1.0"]),
    ):
        assert [item["version"] for item in call("ListPackageVersions", **options)["versions"]] == expected


def test_tags_of_a_domain_and_a_repository(call):
    assert call("ListTagsForResource")["tags"] == [{"key": "team", "value": "blue"}]
    call("TagResource")
    assert call("ListTagsForResource")["tags"] == [{"key": "team", "value": "red"}]
    call("UntagResource")
    assert call("ListTagsForResource")["tags"] == []
    created = call("CreateDomain")["domain"]["arn"]
    assert call("ListTagsForResource", resourceArn=created)["tags"] == [{"key": "team", "value": "blue"}]
    for arn in ("arn:aws:s3:::bucket", created.replace("domain/", "package-group/")):
        with pytest.raises(ClientError, match="is not the ARN of a domain or repository"):
            call("ListTagsForResource", resourceArn=arn)
