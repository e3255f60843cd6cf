"""What the cache keeps, for how long, and how little it trusts what it finds."""

import os
import stat
import time

import pytest

from keyrings.codeartifact.cache import store as caches
from keyrings.codeartifact.cache.store import Cache, Entry, entry
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import Repository, Secret, Token

ACME = Repository("acme", "111122223333", "us-east-1")
KEY, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
FOLDER = f"keyrings-codeartifact-{os.geteuid()}"
LIFE = 3600


def made(value="a-token", age=0, life=LIFE):
    begin = time.time() - age
    return Entry(Token(Secret(value), begin + life), begin, begin + life / 2, ACME, "profile 'acme'")


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir(0o700)
    return Cache(str(folder))


@pytest.fixture
def kept(cache):
    """The file of a token that is kept."""
    cache.keep(KEY, made())
    [path] = (os.path.join(cache.folder, name) for name in os.listdir(cache.folder))
    return path


@pytest.mark.parametrize(
    ("life", "duration", "good_for"),
    [
        pytest.param(3600, 3600, 1800, id="half of its life"),
        pytest.param(43200, 43200, 21600, id="the longest"),
        pytest.param(900, 900, 450, id="the shortest"),
        pytest.param(500, 500, 200, id="while 300 s remain"),
        pytest.param(500, 0, 200, id="the rest of a session"),
        pytest.param(300, 0, None, id="none of it"),
        pytest.param(7200, 3600, 1800, id="this machine's clock is an hour slow"),
        pytest.param(1800, 3600, 900, id="its clock is fast, or the session ends before"),
    ],
)
def test_how_long_a_token_is_kept(life, duration, good_for):
    now = 1_000_000.0
    found = entry(Token(Secret("a"), now + life), now, ACME, "me", duration)
    assert (found and found.good_until - now) == good_for


def test_what_is_kept_is_handed_out(cache):
    before = made()
    cache.keep(KEY, before)
    assert cache.token(KEY) == before
    assert cache.token(OTHER) is None
    assert cache.entries() == [before]


@pytest.mark.parametrize(
    "age", [-1, LIFE / 2 + 1, LIFE, 10 * LIFE], ids=["from the future", "half", "over", "long ago"]
)
def test_what_is_old_is_not(cache, age):
    cache.keep(KEY, made(age=age))
    assert cache.token(KEY) is None
    assert cache.entries() == []


def test_what_gets_old_is_not_handed_out(cache, kept, monkeypatch):
    """Even where nobody has swept it away."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LIFE / 2 + 1)
    assert os.path.exists(kept)
    assert cache.token(KEY) is None
    assert cache.entries() == []


def test_a_token_of_unknown_life_is_not_kept():
    assert entry(Token(Secret("a"), None), 1_000_000.0, ACME, "me", 3600) is None


def test_a_file_of_another_version_is_a_miss(cache, kept, monkeypatch):
    monkeypatch.setattr(caches, "VERSION", "another")
    assert cache.token(KEY) is None


def test_an_identity_of_two_lines_is_one_line(cache):
    cache.keep(KEY, made()._replace(identity="profile 'a'\n'b'"))
    assert cache.token(KEY).identity == "profile 'a' 'b'"


def test_no_descriptor_is_left_open(cache, kept):
    def free():
        descriptor = os.dup(1)
        os.close(descriptor)
        return descriptor

    before = free()
    assert cache.token(KEY)
    os.chmod(kept, 0o640)
    assert cache.token(KEY) is None
    assert free() == before


def test_writers_use_files_of_their_own(cache, monkeypatch):
    used, replace = [], os.replace
    monkeypatch.setattr(os, "replace", lambda new, path: used.append(new) or replace(new, path))
    cache.keep(KEY, made())
    cache.keep(KEY, made())
    assert len(set(used)) == 2


def test_a_file_that_is_there_is_not_written_to(cache, kept, monkeypatch):
    monkeypatch.setattr(os, "urandom", bytes)
    planted = f"{kept}.{bytes(8).hex()}.new"
    with open(planted, "w+") as file:
        cache.keep(KEY, made("another"))
        assert file.read() == ""


def test_the_modes(cache, kept):
    assert stat.S_IMODE(os.stat(kept).st_mode) == 0o600
    assert os.listdir(cache.folder) == [f"{KEY}.token"]


def test_the_newest_counts(cache, kept):
    cache.keep(KEY, made("another"))
    assert cache.token(KEY).token.value == "another"


def rewrite(path, change):
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write(change(content))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda content: content[:-1], id="cut"),
        pytest.param(lambda content: content[: content.index(b"\n")], id="its first line"),
        pytest.param(lambda content: content + b"\n", id="longer"),
        pytest.param(lambda content: content.replace(b"a-token", b"b-token"), id="another token"),
        pytest.param(lambda content: content.replace(b"acme", b"acne"), id="another domain"),
        pytest.param(lambda _: b"\xff" * 100, id="not a text"),
        pytest.param(lambda _: b"x" * (1 << 20), id="huge"),
    ],
)
def test_damage_is_a_miss(cache, kept, change):
    rewrite(kept, change)
    assert cache.token(KEY) is None
    assert cache.entries() == []
    cache.keep(KEY, made("again"))
    assert cache.token(KEY).token.value == "again"


def test_a_file_of_another_name_is_a_miss(cache, kept):
    os.rename(kept, kept.replace(KEY, OTHER))
    assert cache.token(OTHER) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_a_file_that_others_may_touch_is_a_miss(cache, kept, mode):
    os.chmod(kept, mode)
    assert cache.token(KEY) is None


def test_a_link_is_a_miss(cache, kept, tmp_path):
    os.rename(kept, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", kept)
    assert cache.token(KEY) is None
    cache.keep(KEY, made("again"))
    assert not os.path.islink(kept)
    assert cache.token(KEY).token.value == "again"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_a_miss(cache, make):
    """A pipe would keep its reader waiting."""
    make(os.path.join(cache.folder, f"{KEY}.token"))
    assert cache.token(KEY) is None
    cache.keep(KEY, made())


@pytest.fixture
def somebody_else(monkeypatch):
    """Let this process be run by another user than the one whose files there are."""
    uid = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    return uid


def test_what_is_somebody_else_s_is_a_miss(cache, kept, somebody_else):
    assert cache.token(KEY) is None


def test_a_full_disk_costs_nothing_else(cache, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    assert not cache.keep(KEY, made())
    assert os.listdir(cache.folder) == []


def test_a_folder_that_is_gone_costs_nothing(cache):
    os.rmdir(cache.folder)
    cache.keep(KEY, made())
    assert cache.token(KEY) is None
    assert cache.entries() == []
    assert cache.clear() == 0


def test_writing_sweeps(cache, monkeypatch):
    cache.keep(KEY, made(age=LIFE))
    left = {"a.lock", "b.failure", "c.new", "d.unkept"}
    for name in (*left, "e.theirs"):
        open(os.path.join(cache.folder, name), "w").close()
        # As a token has it that was not yet given its name.
        os.utime(os.path.join(cache.folder, name), (time.time() + LIFE, time.time() + LIFE))
    cache.keep(OTHER, made())
    assert set(os.listdir(cache.folder)) == {f"{OTHER}.token", "e.theirs", *left}
    later = time.time() + 2 * LIFE
    monkeypatch.setattr(time, "time", lambda: later)
    cache.keep(KEY, made())
    assert set(os.listdir(cache.folder)) == {f"{KEY}.token", "e.theirs"}


def test_clearing(cache, kept):
    for name in ("a.lock", "b.failure", "c.new", "d.theirs", "e.token", "f.unkept"):
        open(os.path.join(cache.folder, name), "w").close()
    os.mkdir(os.path.join(cache.folder, "g.token"))
    assert cache.clear() == 3
    assert os.listdir(cache.folder) == ["d.theirs"]


@pytest.mark.parametrize("kind", [AWSError, ConfigurationError, CodeArtifactError])
def test_a_failure_is_told_to_who_waits(cache, kind):
    began = time.time()
    cache.keep_failure(KEY, kind("AWS is\nclosed", "go home"))
    told = cache.failure(KEY, began)
    assert str(told) == "AWS is closed; go home"
    assert told.exit_code == kind.exit_code
    assert cache.failure(OTHER, began) is None
    assert cache.failure(KEY, time.time() + 1) is None


def test_a_failure_of_the_future_is_none(cache, monkeypatch):
    """A clock that was set back would else have it told until then."""
    later = time.time() + LIFE
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: later)
        cache.keep_failure(KEY, AWSError("closed", "wait"))
    assert cache.failure(KEY, 0) is None


def test_a_token_that_is_not_kept(cache):
    began = time.time() - 1
    assert not cache.is_given_up(KEY, began)
    cache.give_up(KEY)
    assert cache.is_given_up(KEY, began)
    assert not cache.is_given_up(OTHER, began)
    assert not cache.is_given_up(KEY, time.time() + 1)
    assert cache.keep(KEY, made())
    assert not cache.is_given_up(KEY, began)


def test_a_folder_that_is_gone_is_made_again(cache):
    os.rmdir(cache.folder)
    assert cache.is_usable()
    assert stat.S_IMODE(os.stat(cache.folder).st_mode) == 0o700
    os.chmod(cache.folder, 0o755)
    assert not cache.is_usable()


def test_a_folder_that_another_hand_has_made_is_shut(cache):
    os.chmod(cache.folder, 0o755)
    assert not cache.is_usable()
    cache.shut()
    assert stat.S_IMODE(os.stat(cache.folder).st_mode) == 0o700
    assert cache.is_usable()


def test_what_a_link_leads_to_is_left_as_it_is(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir(0o755)
    (tmp_path / "link").symlink_to(folder)
    Cache(str(tmp_path / "link")).shut()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


def test_a_life_is_at_most_what_aws_gives():
    moment = 1000.0
    kept = entry(Token(Secret("x"), moment + 10**9), moment, ACME, "who", 0)
    assert kept.good_until == moment + 43200 / 2


def test_the_shortest_life_that_is_kept():
    moment = 1000.0
    assert entry(Token(Secret("x"), moment + 300.5), moment, ACME, "who", 900).good_until == moment + 0.5
    assert entry(Token(Secret("x"), moment + 300), moment, ACME, "who", 900) is None


def test_a_lock_is_a_key_s_own(cache):
    assert cache.lock_path(KEY) == os.path.join(cache.folder, f"{KEY}.lock")


def test_what_is_given_up_again_is_given_up_now(cache):
    cache.give_up(KEY)
    path = os.path.join(cache.folder, f"{KEY}.unkept")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    os.utime(path, (1, 1))
    cache.give_up(KEY)
    assert cache.is_given_up(KEY, time.time() - 60)


def test_giving_up_touches_nothing_behind_a_link(cache, tmp_path):
    (tmp_path / "victim").touch()
    os.utime(tmp_path / "victim", (1, 1))
    os.symlink(tmp_path / "victim", os.path.join(cache.folder, f"{KEY}.unkept"))
    cache.give_up(KEY)
    assert (tmp_path / "victim").stat().st_mtime == 1


def test_a_refusal_is_its_domain_s(cache):
    cache.refuse(ACME)
    assert cache.is_refused(ACME._replace(name="another"), time.time() - 60)
    for other in ({"domain": "other"}, {"account": "444455556666"}, {"region": "eu-west-1"}):
        assert not cache.is_refused(ACME._replace(**other), time.time() - 60)
    assert not cache.is_refused(ACME, time.time() + 60)
    assert cache.clear() == 0
    assert not cache.is_refused(ACME, time.time() - 60)


def test_a_refusal_of_the_future_is_none(cache):
    cache.refuse(ACME)
    [name] = os.listdir(cache.folder)
    assert name.endswith(".refused")
    os.utime(os.path.join(cache.folder, name), (time.time() + 60,) * 2)
    assert not cache.is_refused(ACME, time.time() - 60)


def test_what_cannot_be_removed_is_not_counted(cache):
    os.makedirs(os.path.join(cache.folder, f"{KEY}.token", "x"))
    assert cache.clear() == 0


def test_a_token_ends_a_failure(cache):
    cache.keep_failure(KEY, AWSError("closed", "wait"))
    cache.keep(KEY, made())
    assert cache.failure(KEY, 0) is None


def find(environ):
    return caches.find(environ.get("CODEARTIFACT_CACHE_DIR"), environ)


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Every place where a cache can be, the best one first, by what it is called."""
    for name in ("dir", "run", "shm", "home"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(caches, "_SHARED_MEMORY", str(tmp_path / "shm"))
    monkeypatch.setattr(os.path, "ismount", lambda path: path == str(tmp_path / "shm"))
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home" / ".cache"))
    environ = {"CODEARTIFACT_CACHE_DIR": str(tmp_path / "dir"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    return environ, {
        "cache_dir": tmp_path / "dir" / FOLDER,
        "runtime": tmp_path / "run" / FOLDER,
        "memory": tmp_path / "shm" / FOLDER,
        "home": tmp_path / "home" / ".cache" / FOLDER,
    }


def test_the_order_of_places(places, monkeypatch):
    """The next one is where the cache is if the one before cannot be had."""
    environ, folders = places
    for name, folder in folders.items():
        assert find(environ).folder == str(folder), name
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        folder.rmdir()
        folder.write_text("in the way")
    assert find(environ) is None


def test_memory_is_a_mount(places, monkeypatch):
    """Where it is a folder on a disk, it is one that may become part of an image."""
    monkeypatch.setattr(os.path, "ismount", lambda _: False)
    _, folders = places
    assert find({}).folder == str(folders["home"])


@pytest.mark.parametrize("runtime", ["", "run", "{}/nowhere"])
def test_a_runtime_folder_is_not_made(places, tmp_path, monkeypatch, runtime):
    _, folders = places
    monkeypatch.chdir(tmp_path)
    assert find({"XDG_RUNTIME_DIR": runtime.format(tmp_path)}).folder == str(folders["memory"])
    assert not (tmp_path / "nowhere").exists()
    assert not any((tmp_path / "run").iterdir())


def test_a_runtime_folder_of_somebody_else_s(places, somebody_else):
    """As `sudo -E` leaves it behind."""
    environ, folders = places
    find({"XDG_RUNTIME_DIR": environ["XDG_RUNTIME_DIR"]})
    assert not folders["runtime"].exists()


@pytest.mark.parametrize("home", ["nowhere", None])
def test_no_home(places, monkeypatch, tmp_path, home):
    """Nor a line in the table of users that would name one."""
    monkeypatch.setattr(os.path, "ismount", lambda _: False)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME")
    if home:
        monkeypatch.setenv("HOME", str(tmp_path / home))
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    assert find({}) is None


def test_somebody_else_s_home(places, monkeypatch, somebody_else, tmp_path):
    """As `sudo` leaves it behind: its owner could not use what root makes there."""
    monkeypatch.setattr(os.path, "ismount", lambda _: False)
    assert find({}) is None
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777, 0o1777])
def test_a_folder_that_others_may_enter_is_passed_over(places, mode):
    environ, folders = places
    folders["cache_dir"].mkdir()
    folders["cache_dir"].chmod(mode)
    assert find(environ).folder == str(folders["runtime"])


@pytest.mark.parametrize("mode", [0o600, 0o700])
def test_a_file_in_the_way_is_passed_over(places, mode):
    environ, folders = places
    folders["cache_dir"].touch()
    folders["cache_dir"].chmod(mode)
    assert find(environ).folder == str(folders["runtime"])


def test_a_folder_that_cannot_be_written_to_is_passed_over(places, monkeypatch):
    """Root's tests can write anywhere, but for a file system that is read-only."""
    environ, folders = places
    refused = str(folders["cache_dir"])
    monkeypatch.setattr(os, "access", lambda path, mode: path != refused or not mode & os.W_OK)
    assert find(environ).folder == str(folders["runtime"])


def test_a_place_below_a_file_is_passed_over(places, tmp_path):
    environ, folders = places
    (tmp_path / "a file").touch()
    environ["CODEARTIFACT_CACHE_DIR"] = str(tmp_path / "a file" / "below")
    assert find(environ).folder == str(folders["runtime"])


def test_two_make_the_folder_at_once(places, monkeypatch):
    environ, folders = places
    folders["cache_dir"].mkdir(0o700)
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    assert find(environ).folder == str(folders["cache_dir"])


def test_a_link_is_passed_over(places, tmp_path):
    environ, folders = places
    (tmp_path / "elsewhere").mkdir(0o700)
    folders["cache_dir"].symlink_to(tmp_path / "elsewhere")
    assert find(environ).folder == str(folders["runtime"])


def test_somebody_else_s_folder_is_passed_over(places, somebody_else):
    """Who was there first in a folder that all may write to."""
    _, folders = places
    taken = folders["memory"].with_name(f"keyrings-codeartifact-{somebody_else}")
    taken.mkdir(0o700)
    assert find({}) is None
    assert list(taken.iterdir()) == []


def test_all_that_there_are(places):
    """Where a folder is named it is the only one; else all in which a token may have been left."""
    environ, folders = places
    named = environ["CODEARTIFACT_CACHE_DIR"]
    for name in ("runtime", "memory"):
        folders[name].mkdir(0o700)
    assert [one.folder for one in caches.find_all(None, environ)] == [str(folders["runtime"]), str(folders["memory"])]
    assert [one.folder for one in caches.find_all(named, environ)] == [str(folders["cache_dir"])]
    folders["cache_dir"].chmod(0o755)
    assert len(caches.find_all(named, environ)) == 2
    assert not folders["home"].exists()


def test_what_is_not_this_user_s_folder_is_not_shut(cache, tmp_path, somebody_else):
    os.chmod(cache.folder, 0o755)
    cache.shut()
    assert stat.S_IMODE(os.stat(cache.folder).st_mode) == 0o755


def test_a_file_in_a_folder_s_place_is_not_shut(tmp_path):
    (tmp_path / "file").touch(0o644)
    Cache(str(tmp_path / "file")).shut()
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_shutting_leaves_no_descriptor_open(cache):
    descriptor = os.dup(1)
    os.close(descriptor)
    cache.shut()
    assert os.dup(1) == descriptor
    os.close(descriptor)


def test_the_folder_that_was_looked_at_is_the_one_that_is_shut(cache, tmp_path, monkeypatch):
    """Not what stands under its name a moment later."""
    other, fstat = tmp_path / "other", os.fstat
    other.mkdir(0o755)

    def swap(descriptor):
        monkeypatch.undo()
        os.rename(cache.folder, tmp_path / "moved")
        os.symlink(other, cache.folder)
        return fstat(descriptor)

    monkeypatch.setattr(os, "fstat", swap)
    cache.shut()
    assert stat.S_IMODE(other.stat().st_mode) == 0o755
