"""The folder of the cache: where it may be, and whose it must be."""

import os
import stat

import pytest

from keyrings.codeartifact.cache import folder as module

NAME = f"keyrings-codeartifact-{os.geteuid()}"


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def find(environ):
    return module.find(environ.get("CODEARTIFACT_CACHE_DIR"), environ)


@pytest.fixture
def other_user(monkeypatch):
    """Make this process another user's than the one who owns its files."""
    uid = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    return uid


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Return an environment, and the folders that the cache may be in by name, the preferred one first."""
    for name in ("dir", "run", "shm", "home"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(module, "_SHARED_MEMORY", str(tmp_path / "shm"))
    monkeypatch.setattr(os.path, "ismount", lambda path: path == str(tmp_path / "shm"))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / ".cache"))
    environ = {"CODEARTIFACT_CACHE_DIR": str(tmp_path / "dir"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    return environ, {
        "cache_dir": tmp_path / "dir" / NAME,
        "runtime": tmp_path / "run" / NAME,
        "memory": tmp_path / "shm" / NAME,
        "home": tmp_path / "home" / ".cache" / NAME,
    }


def test_the_first_usable_folder_is_found(folders):
    environ, paths = folders
    for name, path in paths.items():
        assert find(environ) == str(path), name
        assert mode(path) == 0o700
        path.rmdir()
        path.write_text("in the way")
    assert find(environ) is None


def test_shared_memory_must_be_a_mount(folders, monkeypatch):
    """A folder on disk may become part of an image."""
    monkeypatch.setattr(os.path, "ismount", lambda _: False)
    _, paths = folders
    assert find({}) == str(paths["home"])


@pytest.mark.parametrize("runtime", ["", "run", "{}/nowhere"])
def test_a_runtime_folder_is_not_created(folders, tmp_path, monkeypatch, runtime):
    _, paths = folders
    monkeypatch.chdir(tmp_path)
    assert find({"XDG_RUNTIME_DIR": runtime.format(tmp_path)}) == str(paths["memory"])
    assert not (tmp_path / "nowhere").exists()
    assert not any((tmp_path / "run").iterdir())


def test_another_user_s_runtime_folder_is_not_used(folders, other_user):
    """`sudo -E` keeps its variable."""
    environ, paths = folders
    find({"XDG_RUNTIME_DIR": environ["XDG_RUNTIME_DIR"]})
    assert not any(paths["runtime"].parent.iterdir())


@pytest.mark.parametrize("home", ["nowhere", None])
def test_without_a_home_no_folder_is_found(folders, monkeypatch, tmp_path, home):
    """The table of users names none either."""
    monkeypatch.setattr(os.path, "ismount", lambda _: False)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    if home:
        monkeypatch.setenv("HOME", str(tmp_path / home))
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert find({}) is None


def test_another_user_s_home_is_not_used(folders, monkeypatch, other_user, tmp_path):
    """`sudo` keeps its variable: its owner could not use what root creates there."""
    monkeypatch.setattr(os.path, "ismount", lambda _: False)
    assert find({}) is None
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("permissions", [0o750, 0o705, 0o777, 0o1777])
def test_a_folder_that_other_users_can_enter_is_skipped(folders, permissions):
    environ, paths = folders
    paths["cache_dir"].mkdir()
    paths["cache_dir"].chmod(permissions)
    assert find(environ) == str(paths["runtime"])
    assert mode(paths["cache_dir"]) == permissions


@pytest.mark.parametrize("permissions", [0o600, 0o700])
def test_a_file_is_skipped(folders, permissions):
    environ, paths = folders
    paths["cache_dir"].touch()
    paths["cache_dir"].chmod(permissions)
    assert find(environ) == str(paths["runtime"])


@pytest.mark.parametrize("missing", [os.R_OK, os.W_OK, os.X_OK])
def test_a_folder_without_all_permissions_is_skipped(folders, monkeypatch, missing):
    """Root has all, except on a file system that is mounted read-only."""
    environ, paths = folders
    refused = str(paths["cache_dir"])
    monkeypatch.setattr(os, "access", lambda path, mode: path != refused or not mode & missing)
    assert find(environ) == str(paths["runtime"])


def test_a_folder_below_a_file_is_skipped(folders, tmp_path):
    environ, paths = folders
    (tmp_path / "a file").touch()
    environ["CODEARTIFACT_CACHE_DIR"] = str(tmp_path / "a file" / "below")
    assert find(environ) == str(paths["runtime"])


@pytest.mark.parametrize("missing", ["one", "one/two", f"one/two/{NAME}"])
def test_two_processes_create_the_folder_at_once(folders, tmp_path, monkeypatch, missing):
    """The other one creates it, or a parent, after this one has found it missing."""
    environ, _ = folders
    environ["CODEARTIFACT_CACHE_DIR"] = str(tmp_path / "dir" / "one" / "two")
    (tmp_path / "dir" / missing).mkdir(mode=0o700, parents=True)
    is_there = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda path: path != str(tmp_path / "dir" / missing) and is_there(path))
    assert find(environ) == str(tmp_path / "dir" / "one" / "two" / NAME)


def test_a_relative_folder_is_created(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert module.find("cache", {}) == f"cache/{NAME}"
    assert mode(tmp_path / "cache") == mode(tmp_path / "cache" / NAME) == 0o700


def test_a_link_is_skipped(folders, tmp_path):
    environ, paths = folders
    (tmp_path / "elsewhere").mkdir(0o700)
    paths["cache_dir"].symlink_to(tmp_path / "elsewhere")
    assert find(environ) == str(paths["runtime"])


def test_another_user_s_folder_is_skipped(folders, other_user):
    """Another user may create it first where all users may write."""
    _, paths = folders
    taken = paths["memory"].with_name(f"keyrings-codeartifact-{other_user}")
    taken.mkdir(0o700)
    assert find({}) is None
    assert list(taken.iterdir()) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_folder_and_parents_are_private_whatever_the_umask_is(folders, tmp_path, umask):
    environ, _ = folders
    environ["CODEARTIFACT_CACHE_DIR"] = str(tmp_path / "dir" / "one" / "two")
    before = os.umask(umask)
    try:
        found = find(environ)
    finally:
        os.umask(before)
    assert found == str(tmp_path / "dir" / "one" / "two" / NAME)
    assert [mode(tmp_path / "dir" / path) for path in ("one", "one/two", f"one/two/{NAME}")] == [0o700] * 3


def test_existing_parents_keep_their_modes(folders, tmp_path):
    environ, _ = folders
    (tmp_path / "dir").chmod(0o755)
    assert find(environ)
    assert mode(tmp_path / "dir") == 0o755


def test_all_folders_that_may_hold_tokens_are_found(folders):
    """The one that is set, or if it is unusable all that exist."""
    environ, paths = folders
    cache_dir = environ["CODEARTIFACT_CACHE_DIR"]
    for name in ("runtime", "memory"):
        paths[name].mkdir(0o700)
    assert module.find_all(None, environ) == [str(paths["runtime"]), str(paths["memory"])]
    assert module.find_all(cache_dir, environ) == [str(paths["cache_dir"])]
    paths["cache_dir"].chmod(0o755)
    assert len(module.find_all(cache_dir, environ)) == 2
    assert not paths["home"].exists()


@pytest.fixture
def opened(tmp_path):
    """A folder of this user that other users can enter."""
    folder = tmp_path / "opened"
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def test_a_removed_folder_is_created_again(opened):
    opened.rmdir()
    assert module.create(str(opened))
    assert mode(opened) == 0o700
    opened.chmod(0o755)
    assert not module.create(str(opened))


def test_restricting_permissions_makes_a_folder_usable(opened):
    assert not module.create(str(opened))
    module.restrict_permissions(str(opened))
    assert mode(opened) == 0o700
    assert module.create(str(opened))


def test_restricting_permissions_does_not_follow_a_link(opened, tmp_path):
    (tmp_path / "link").symlink_to(opened)
    module.restrict_permissions(str(tmp_path / "link"))
    assert mode(opened) == 0o755


def test_another_user_s_folder_is_not_restricted(opened, other_user):
    module.restrict_permissions(str(opened))
    assert mode(opened) == 0o755


def test_a_file_is_not_restricted(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(0o644)
    module.restrict_permissions(str(tmp_path / "file"))
    assert mode(tmp_path / "file") == 0o644


def test_restricting_permissions_leaves_no_descriptor_open(opened):
    descriptor = os.dup(1)
    os.close(descriptor)
    module.restrict_permissions(str(opened))
    assert os.dup(1) == descriptor
    os.close(descriptor)


def test_the_folder_that_was_checked_is_the_one_that_is_restricted(opened, tmp_path, monkeypatch):
    """Not the one that has its name a moment later."""
    other, fstat = tmp_path / "other", os.fstat
    other.mkdir()
    other.chmod(0o755)

    def swap(descriptor):
        monkeypatch.undo()
        os.rename(opened, tmp_path / "moved")
        os.symlink(other, opened)
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", swap)
    module.restrict_permissions(str(opened))
    assert mode(other) == 0o755
    assert mode(tmp_path / "moved") == 0o700
