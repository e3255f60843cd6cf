"""A repository's packages: their files, statuses, revisions and origin controls, and what is deleted with them."""

import os

import pytest

from keyrings.codeartifact.emulator.api.errors import ConflictError
from keyrings.codeartifact.emulator.api.repository import (
    AFTER_FETCHING,
    AFTER_PUBLISHING,
    ARCHIVED,
    AVAILABLE,
    DISPOSED,
    LISTED,
    PUBLIC,
    PUBLISHED,
    UNLISTED,
    Asset,
    Listing,
    Origin,
    Repository,
    linked,
)

BLOCKED = Origin(publish=False, upstream=False)


@pytest.fixture
def release():
    return Repository("release", "111122223333")


@pytest.fixture
def add(release, tmp_path):
    """A function that adds a file of so many bytes, and returns it."""

    def add(version="1.0", suffix=".tar.gz", *, package="tools", size=3, entry=""):
        filename = f"{package}-{version}{suffix}"
        path = tmp_path / filename
        path.write_bytes(b"x" * size)
        asset = Asset(package, version, filename, str(path), size, f"sha256 of {filename}")
        release.add(asset, entry)
        return asset

    return add


def test_nothing_is_known_of_a_package_that_does_not_exist(release):
    assert (release.packages(), release.package("tools"), release.size()) == ([], None, 0)
    assert (release.versions("tools"), release.version("tools", "1.0")) == ([], None)
    assert (release.listing("tools"), release.origin("tools")) == (Listing(), Origin())
    assert (release.remove("tools", "1.0"), release.remove_package("tools")) == (None, None)


def test_packages_are_sorted_by_normalized_names(release, add):
    for package in ("Z.tools", "b_tools", "a-tools"):
        add(package=package)
    assert release.packages() == ["a-tools", "b-tools", "z-tools"]
    assert release.described_packages() == [(name, release.package(name)) for name in release.packages()]


def test_the_size_is_that_of_all_files(release, add):
    add("1.0", size=5)
    add("1.0", ".whl", size=7)
    add("2.0", size=11)
    add(package="other", size=13)
    assert release.size() == 36


@pytest.mark.parametrize(
    ("entry", "shown", "origin"),
    [("", "release", AFTER_PUBLISHING), (PUBLIC, PUBLIC, AFTER_FETCHING), ("shared", "shared", AFTER_FETCHING)],
)
def test_the_first_version_sets_entry_and_origin_controls(release, add, entry, shown, origin):
    add("1.0", entry=entry)
    assert release.version("tools", "1.0").entry == shown
    assert release.origin("tools") == origin


def test_the_next_version_leaves_the_origin_controls(release, add):
    add("1.0")
    add("2.0", entry=PUBLIC)
    assert release.origin("tools") == AFTER_PUBLISHING


def test_origin_controls_that_were_set_stay_with_their_package(release, add):
    release.set_origin("Tools", BLOCKED)
    add("1.0")
    assert release.origin("tools") == BLOCKED
    assert release.remove("tools", "1.0")
    assert (release.packages(), release.origin("tools")) == (["tools"], BLOCKED)


def test_a_package_leaves_with_its_last_version(release, add):
    first, second = add("1.0"), add("2.0")
    assert release.remove("TOOLS", "1.0").assets == [first]
    assert release.packages() == ["tools"]
    assert release.remove("tools", "2.0").assets == [second]
    assert (release.packages(), os.path.exists(first.path), os.path.exists(second.path)) == ([], False, False)


def test_a_package_is_removed_with_all_files_and_controls(release, add):
    release.set_origin("tools", BLOCKED)
    paths = [add(version).path for version in ("1.0", "2.0")]
    assert list(release.remove_package("Tools").versions) == ["1.0", "2.0"]
    assert (release.packages(), release.origin("tools")) == ([], Origin())
    assert not any(map(os.path.exists, paths))


def test_the_last_file_leaves_with_its_version(release, add):
    sdist, wheel = add("1.0"), add("1.0", ".whl")
    release.remove_asset(sdist)
    assert release.version("tools", "1.0").assets == [wheel]
    release.remove_asset(sdist)  # is gone
    release.remove_asset(wheel)
    assert release.packages() == []
    assert not any(map(os.path.exists, (sdist.path, wheel.path)))


def test_a_file_is_never_replaced(release, add):
    add("1.0")
    with pytest.raises(ConflictError) as caught:
        add("1.0")
    assert caught.value.message == "Asset 'tools-1.0.tar.gz' already exists."


@pytest.mark.parametrize(
    ("status", "listed", "available"),
    [(PUBLISHED, True, True), (UNLISTED, False, True), (ARCHIVED, False, False), (DISPOSED, False, False)],
)
def test_the_status_decides_what_is_listed_and_what_is_available(release, add, status, listed, available):
    one, other = add("1.0"), add("2.0")
    release.set_status("tools", release.version("tools", "1.0"), status)
    for statuses, is_shown in ((LISTED, listed), (AVAILABLE, available)):
        shown = Listing((one, other)) if is_shown else Listing((other,), frozenset({"1.0"}))
        assert release.listing("tools", statuses) == shown


def test_a_disposed_version_is_a_record_without_files(release, add):
    asset = add("1.0")
    version = release.version("tools", "1.0")
    release.set_status("tools", version, DISPOSED)
    assert (release.version("tools", "1.0"), version.assets) == (version, [])
    assert not os.path.exists(asset.path)
    with pytest.raises(ConflictError) as caught:
        add("1.0", ".whl")
    assert caught.value.message == "Package-version '1.0' has been disposed of."


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _, add: add("2.0"), id="add"),
        pytest.param(lambda _, add: add("1.0", ".whl"), id="add to a version"),
        pytest.param(lambda release, _: release.remove("tools", "0.1"), id="remove"),
        pytest.param(lambda release, _: release.remove_asset(release.listing("tools").assets[1]), id="remove a file"),
        pytest.param(
            lambda release, _: release.set_status("tools", release.version("tools", "0.1"), UNLISTED), id="status"
        ),
    ],
)
def test_a_listing_is_the_same_object_until_a_version_changes(release, add, change):
    """Pages of thousands of files are compared by identity."""
    add("0.1")
    add("1.0")
    add("1.0", ".zip")
    before = release.listing("tools", LISTED)
    add(package="other")
    assert release.listing("TOOLS", LISTED) is before
    change(release, add)
    assert release.listing("tools", LISTED) != before


def test_the_revision_changes_with_the_files_only(release, add):
    def revision(version):
        return release.version("tools", version).revision

    add("1.0")
    first = revision("1.0")
    add("1.0", ".whl")
    assert revision("1.0") != first
    both = revision("1.0")
    release.set_status("tools", release.version("tools", "1.0"), ARCHIVED)
    assert revision("1.0") == both
    release.remove("tools", "1.0")
    # In the other order.
    add("1.0", ".whl")
    add("1.0")
    assert revision("1.0") == both


def test_a_linked_file_survives_the_first(release, add):
    asset = add("1.0")
    copy = linked(asset)
    assert copy == asset._replace(path=copy.path)
    assert os.path.dirname(copy.path) == os.path.dirname(asset.path)
    release.remove("tools", "1.0")
    with open(copy.path, "rb") as file:
        assert file.read() == b"xxx"
    with pytest.raises(FileNotFoundError):
        linked(asset)
