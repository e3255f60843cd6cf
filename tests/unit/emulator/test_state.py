"""The emulator's content in a folder: what was there is there again, and a file that is not an emulator's is an error."""

import json
import os

import pytest

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.api.repository import DISPOSED, PUBLIC, UNLISTED, Origin
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.mock import mock_codeartifact
from keyrings.codeartifact.emulator.seed import DomainSeed, RepositorySeed, Seed, UserSeed
from keyrings.codeartifact.emulator.state import State
from keyrings.codeartifact.emulator.transport.application import Application
from keyrings.codeartifact.errors import ConfigurationError

OWNER, REGION, KEY = "111122223333", "us-east-1", "AKIAUNIT000000000001"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
EMPTY = {"version": 1, "users": [], "roles": [], "identity_providers": [], "domains": []}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


def run(folder, change=id):
    """Restore the state in a folder, make a change, and save it; return the seed of what was restored, and the content.

    All of it in a state of moto's own, as in a new process.
    """
    with mock_codeartifact(), State(str(folder)) as state:
        application = Application(state.storage)
        seed = state.restore(application)
        change(application)
        state.save()
    return seed, json.loads((folder / "state.json").read_text("utf-8"))


def stored(folder):
    return sorted(os.listdir(folder / "packages"))


def fill(folder):
    """Return a function that creates one of everything."""

    def fill(application):
        backend = backend_of(OWNER, REGION)
        domain = backend.create_domain("acme")
        domain.policy, domain.tags["a"] = POLICY, "b"
        for name in ("gate", "release"):
            backend.create_repository("acme", name, OWNER, f"The {name}")
        gate, release = domain.repositories.values()
        gate.is_public, release.upstreams, release.policy, release.tags["c"] = True, ("gate",), POLICY, "d"
        for repository, version, entry in ((release, "1.0", ""), (release, "2.0", ""), (gate, "3.0", PUBLIC)):
            path = wheels.build(folder.parent, "tools", version, ">=3.11")
            with open(path, "rb") as file:
                application.pypi.store(repository, os.path.basename(path), file, yanked="broken", entry=entry)
        release.set_status("tools", release.version("tools", "1.0"), UNLISTED)
        release.set_status("tools", release.version("tools", "2.0"), DISPOSED)
        release.set_origin("taken", Origin(publish=False))
        keys = {KEY: ("made-up", "Active"), "AKIAUNIT000000000002": ("made-up-2", "Inactive")}
        identities.create_user(OWNER, "jane", keys, {"own": POLICY}, "/team/")
        identities.create_role(OWNER, "ci", POLICY, {"own": POLICY}, "/team/", "7200")
        identities.create_provider(OWNER, "https://gitlab.example", ["a", "b"])

    return fill


def test_a_new_folder_has_no_content(folder):
    assert run(folder) == (None, EMPTY)
    assert run(folder) == (Seed(), EMPTY)


def test_all_content_is_restored(folder):
    nothing, saved = run(folder, fill(folder))
    files = stored(folder)
    seed, again = run(folder)
    assert (nothing, again) == (None, saved)
    assert (len(files), stored(folder)) == (2, files)
    repositories = RepositorySeed("gate", ()), RepositorySeed("release", ())
    assert seed == Seed(
        domains=(DomainSeed("acme", OWNER, REGION, repositories),), users=(UserSeed("jane", OWNER, KEY, "made-up"),)
    )


def test_what_is_restored_is_used(folder):
    run(folder, fill(folder))

    def use(application):
        domain = backend_of(OWNER, REGION).domain("acme")
        gate, release = domain.repositories.values()
        assert (domain.policy, domain.tags, gate.is_public, release.upstreams) == (POLICY, {"a": "b"}, True, ("gate",))
        described = release.description, release.administrator, release.policy, release.tags
        assert described == ("The release", OWNER, POLICY, {"c": "d"})
        [asset] = gate.version("tools", "3.0").assets
        assert (os.path.dirname(asset.path), os.path.getsize(asset.path)) == (application.pypi.storage, asset.size)
        assert (asset.requires_python, asset.yanked) == (">=3.11", "broken")
        assert [version.status for version in release.versions("tools")] == [UNLISTED, DISPOSED]
        assert (release.origin("taken"), release.packages()) == (Origin(publish=False), ["taken", "tools"])
        assert identities.find(KEY).documents() == [POLICY]
        assert identities.find("AKIAUNIT000000000002") is None
        assert identities.role(f"arn:aws:iam::{OWNER}:role/team/ci").max_session_duration == "7200"

    run(folder, use)


def test_files_without_a_version_are_deleted_and_versions_without_files_too(folder):
    """A process may be killed between the two."""

    def versions(saved):
        return {
            repository["name"]: [
                version["version"] for one in repository["packages"].values() for version in one["versions"]
            ]
            for repository in saved["domains"][0]["repositories"]
        }

    _, saved = run(folder, fill(folder))
    assert versions(saved) == {"gate": ["3.0"], "release": ["1.0", "2.0"]}
    [[lost]] = (
        version["assets"] for version in saved["domains"][0]["repositories"][0]["packages"]["tools"]["versions"]
    )
    (folder / "packages" / lost[3]).unlink()
    [kept] = stored(folder)
    (folder / "packages" / ("0" * 32)).touch()
    (folder / "packages" / "notes").touch()
    # The disposed version had no files.  A package without versions is none.
    _, restored = run(folder)
    assert versions(restored) == {"gate": [], "release": ["1.0", "2.0"]}
    assert restored["domains"][0]["repositories"][0]["packages"] == {}
    assert stored(folder) == sorted([kept, "notes"])


def test_a_file_is_written_only_if_the_content_has_changed(folder):
    path = folder / "state.json"
    with mock_codeartifact(), State(str(folder)) as state:
        state.save()
        path.unlink()
        state.save()
        assert not path.exists()
        backend_of(OWNER, REGION).create_domain("acme")
        state.save()
        assert [domain["name"] for domain in json.loads(path.read_text())["domains"]] == ["acme"]


def test_a_restored_file_is_not_written_again(folder):
    run(folder, fill(folder))
    with mock_codeartifact(), State(str(folder)) as state:
        state.restore(Application(state.storage))
        (folder / "state.json").unlink()
        state.save()
        assert not (folder / "state.json").exists()


def error(folder):
    """Return the error that a start with a folder ends with."""
    with pytest.raises(ConfigurationError) as caught:
        run(folder)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("{", "cannot be read (JSONDecodeError)", id="no JSON"),
        pytest.param("[]", "cannot be read (TypeError)", id="list"),
        pytest.param("{}", "cannot be read (KeyError)", id="no version"),
        pytest.param(json.dumps(EMPTY | {"version": 2}), "is of another version of the emulator", id="version"),
        pytest.param(json.dumps(EMPTY | {"users": [1]}), "cannot be read (TypeError)", id="user"),
        pytest.param(json.dumps(EMPTY | {"domains": [{"name": "acme"}]}), "cannot be read (KeyError)", id="domain"),
    ],
)
def test_a_file_that_cannot_be_read(folder, text, problem):
    run(folder)
    path = folder / "state.json"
    path.write_text(text)
    assert error(folder) == f"{path} {problem}; use another folder [CA904]"
    assert path.read_text() == text


def test_a_folder_has_one_emulator_at_a_time(folder):
    with State(str(folder)):
        assert error(folder) == f"another emulator uses {folder}; end it, or name another folder [CA904]"
    run(folder)


def test_a_folder_of_other_files(folder):
    (folder / "packages").mkdir(parents=True)
    (folder / "packages" / "notes").touch()
    problem = f"{folder / 'packages'} has files, but no emulator's state is beside it"
    assert error(folder) == f"{problem}; name another folder [CA904]"
    assert stored(folder) == ["notes"]


def test_a_folder_that_is_a_file(folder):
    folder.touch()
    message = error(folder)
    assert message.startswith(f"the state cannot be kept in {folder} (")
    assert message.endswith("); name a folder that this user can write [CA904]")
