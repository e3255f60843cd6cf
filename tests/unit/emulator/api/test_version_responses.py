"""Versions in CodeArtifact's API: lists of them, and what their files and their metadata contain."""

import hashlib
from pathlib import Path

import pytest

from keyrings.codeartifact.emulator.api.repository import ARCHIVED, DISPOSED, PUBLIC, UNLISTED
from support.guarded import refusal

TOOLS = {"domain": "acme", "repository": "release", "format": "pypi", "package": "tools"}
FIRST = {**TOOLS, "packageVersion": "1.0"}
WHEEL = "tools-1.0-py3-none-any.whl"


def versions(page):
    return [version["version"] for version in page["versions"]]


@pytest.fixture
def three(publish, release):
    """Versions, of which one is public and one is unlisted."""
    publish("1.0")
    publish("2.0", entry=PUBLIC)
    publish("3.0")
    release.set_status("tools", release.version("tools", "3.0"), UNLISTED)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["1.0", "2.0", "3.0"]),
        ({"sortBy": "PUBLISHED_TIME"}, ["3.0", "2.0", "1.0"]),
        ({"status": "Published"}, ["1.0", "2.0"]),
        ({"status": "Unlisted"}, ["3.0"]),
        ({"status": "Archived"}, []),
        ({"originType": "EXTERNAL"}, ["2.0"]),
        ({"originType": "INTERNAL", "sortBy": "PUBLISHED_TIME"}, ["3.0", "1.0"]),
        ({"originType": "INTERNAL", "status": "Published"}, ["1.0"]),
    ],
    ids=str,
)
def test_filters_and_order(client, three, options, expected):
    page = client.list_package_versions(**TOOLS, **options)
    # Whatever is shown.
    assert (versions(page), page["defaultDisplayVersion"]) == (expected, "2.0")


@pytest.mark.parametrize("status", [UNLISTED, ARCHIVED, DISPOSED])
def test_without_a_published_version_none_is_displayed_by_default(client, publish, release, status):
    publish()
    release.set_status("tools", release.version("tools", "1.0"), status)
    page = client.list_package_versions(**TOOLS)
    assert (versions(page), "defaultDisplayVersion" in page) == (["1.0"], False)


@pytest.mark.parametrize(
    ("entry", "origin"),
    [
        ("", {"domainEntryPoint": {"repositoryName": "release"}, "originType": "INTERNAL"}),
        ("shared", {"domainEntryPoint": {"repositoryName": "shared"}, "originType": "INTERNAL"}),
        (PUBLIC, {"domainEntryPoint": {"externalConnectionName": PUBLIC}, "originType": "EXTERNAL"}),
    ],
)
def test_the_origin_of_a_version(client, publish, release, entry, origin):
    publish(entry=entry)
    [version] = client.list_package_versions(**TOOLS)["versions"]
    revision = release.version("tools", "1.0").revision
    assert version == {"version": "1.0", "revision": revision, "status": "Published", "origin": origin}


@pytest.mark.parametrize(
    ("metadata", "described"),
    [
        ("", {"licenses": []}),
        ("Summary: For all\n", {"summary": "For all", "licenses": []}),
        ("Home-page: https://x.example\n", {"homePage": "https://x.example", "licenses": []}),
        ("License: BSD\n", {"licenses": [{"name": "BSD"}]}),
        ("License: BSD\nLicense-Expression: MIT\n", {"licenses": [{"name": "MIT"}]}),
    ],
)
def test_the_metadata_of_a_version(client, publish, release, metadata, described):
    publish(package="My_Tools", metadata=metadata)
    version = client.describe_package_version(**FIRST | {"package": "my.tools"})["packageVersion"]
    assert version.pop("publishedTime").timestamp() == pytest.approx(release.version("my-tools", "1.0").created, abs=1)
    for name in ("origin", "revision", "status"):
        del version[name]
    named = {"format": "pypi", "packageName": "my-tools", "displayName": "My_Tools", "version": "1.0"}
    assert version == named | described


def test_a_disposed_version_has_no_metadata(client, publish, release):
    publish(metadata="Summary: For all\nRequires-Dist: other\n\nText\n")
    release.set_status("tools", release.version("tools", "1.0"), DISPOSED)
    described = client.describe_package_version(**FIRST)["packageVersion"]
    assert (described["displayName"], "summary" in described, described["licenses"]) == ("tools", False, [])
    assert client.list_package_version_assets(**FIRST)["assets"] == []
    assert client.list_package_version_dependencies(**FIRST)["dependencies"] == []
    assert refusal(client.get_package_version_readme, **FIRST)[:2] == ("ResourceNotFoundException", 404)


def test_the_files_of_a_version(client, publish, release):
    asset = publish()
    content = Path(asset.path).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    [described] = client.list_package_version_assets(**FIRST)["assets"]
    assert described == {"name": WHEEL, "size": len(content), "hashes": {"SHA-256": digest}}
    revision = release.version("tools", "1.0").revision
    for options in ({}, {"packageVersionRevision": revision}):
        answer = client.get_package_version_asset(**FIRST, asset=WHEEL, **options)
        assert answer["asset"].read() == content
        named = {name: answer[name] for name in ("assetName", "packageVersion", "packageVersionRevision")}
        assert named == {"assetName": WHEEL, "packageVersion": "1.0", "packageVersionRevision": revision}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"asset": "other"}, ("ResourceNotFoundException", 404, "Asset not found. Asset 'other' does not exist.")),
        (
            {"asset": WHEEL, "packageVersionRevision": "other"},
            ("ConflictException", 409, "Package-version '1.0' has another revision."),
        ),
    ],
)
def test_a_file_that_is_not_as_expected(client, publish, options, error):
    publish()
    assert refusal(client.get_package_version_asset, **FIRST, **options) == error


@pytest.mark.parametrize(
    ("metadata", "text"),
    [("\n# Tools\n\nFor all.\n", "# Tools\n\nFor all.\n"), ("Description: For all\n", "For all")],
    ids=["body", "header"],
)
def test_the_readme_is_the_description(client, publish, metadata, text):
    publish(metadata=metadata)
    assert client.get_package_version_readme(**FIRST)["readme"] == text


@pytest.mark.parametrize("metadata", ["", "\n \n"], ids=["none", "blank"])
def test_no_readme(client, publish, metadata):
    publish(metadata=metadata)
    message = "Readme not found. Readme 'tools 1.0' does not exist."
    assert refusal(client.get_package_version_readme, **FIRST) == ("ResourceNotFoundException", 404, message)


@pytest.mark.parametrize(
    ("requirement", "package", "kind", "rest"),
    [
        ("Some.Tools", "some-tools", "regular", ""),
        ("a>=1,<2", "a", "regular", ">=1,<2"),
        ("a (>=1)", "a", "regular", "(>=1)"),
        ("a[b]; python_version<'3'", "a", "regular", "[b]; python_version<'3'"),
        ("a ; extra=='b'", "a", "optional", "; extra=='b'"),
        ("a @ https://x.example/extra", "a", "regular", "@ https://x.example/extra"),
    ],
)
def test_a_dependency(client, publish, requirement, package, kind, rest):
    publish(metadata=f"Requires-Dist: {requirement}\nRequires-Dist: !\n")
    [found] = client.list_package_version_dependencies(**FIRST)["dependencies"]
    assert found == {"package": package, "dependencyType": kind, "versionRequirement": rest}
