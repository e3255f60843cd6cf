"""The tokens in the cache: for how long one is returned, and which files are ignored."""

import os
import stat
import time

import pytest

from keyrings.codeartifact.cache import store as module
from keyrings.codeartifact.cache.store import DENIED, UNCACHEABLE, domain_key, entry
from keyrings.codeartifact.models import Secret, Token
from support.cache_files import ACME, KEY, LIFE, new_entry, new_failure, rewrite
from support.cache_files import OTHER_KEY as OTHER


@pytest.fixture
def file(store):
    """The file of a cached token."""
    store.put(KEY, new_entry())
    [path] = (os.path.join(store.folder, name) for name in os.listdir(store.folder))
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
def test_how_long_a_token_is_returned(life, duration, good_for):
    now = 1_000_000.0
    found = entry(Token(Secret("a"), now + life), now, ACME, "me", duration)
    assert (found and found.good_until - now) == good_for


def test_a_life_is_at_most_the_longest_that_aws_grants():
    now = 1000.0
    assert entry(Token(Secret("x"), now + 10**9), now, ACME, "me", 0).good_until == now + 43200 / 2


def test_a_life_of_300_s_is_too_short_to_be_cached():
    now = 1000.0
    assert entry(Token(Secret("x"), now + 300.5), now, ACME, "me", 900).good_until == now + 0.5
    assert entry(Token(Secret("x"), now + 300), now, ACME, "me", 900) is None


def test_a_token_of_unknown_life_is_not_cached():
    assert entry(Token(Secret("a"), None), 1_000_000.0, ACME, "me", 3600) is None


def test_a_cached_token_is_returned(store):
    before = new_entry()
    assert store.put(KEY, before)
    assert store.token(KEY) == before
    assert store.token(OTHER) is None
    assert store.entries() == [before]


@pytest.mark.parametrize(
    "age", [-1, LIFE / 2 + 1, LIFE, 10 * LIFE], ids=["from the future", "half", "expired", "long ago"]
)
def test_an_old_or_future_token_is_not_returned(store, age):
    store.put(KEY, new_entry(age=age))
    assert store.token(KEY) is None
    assert store.entries() == []


def test_a_token_that_ages_is_not_returned(store, file, monkeypatch):
    """Even if its file has not been removed."""
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LIFE / 2 + 1)
    assert os.path.exists(file)
    assert store.token(KEY) is None
    assert store.entries() == []


def test_a_file_of_another_version_is_ignored(store, file, monkeypatch):
    monkeypatch.setattr(module, "VERSION", "another")
    assert store.token(KEY) is None


def test_an_identity_of_two_lines_is_written_as_one(store):
    store.put(KEY, new_entry()._replace(identity="profile 'a'\n'b'"))
    assert store.token(KEY).identity == "profile 'a' 'b'"


def test_no_descriptor_is_left_open(store, file):
    def free():
        descriptor = os.dup(1)
        os.close(descriptor)
        return descriptor

    before = free()
    assert store.token(KEY)
    os.chmod(file, 0o640)
    assert store.token(KEY) is None
    assert free() == before


def test_each_write_uses_a_temporary_file_of_its_own(store, monkeypatch):
    used, replace = [], os.replace
    monkeypatch.setattr(os, "replace", lambda new, path: used.append(new) or replace(new, path))
    store.put(KEY, new_entry())
    store.put(KEY, new_entry())
    assert len(set(used)) == 2


def test_an_existing_temporary_file_is_not_written_to(store, file, monkeypatch):
    monkeypatch.setattr(os, "urandom", bytes)
    planted = f"{file}.{bytes(8).hex()}.new"
    with open(planted, "w+") as opened:
        store.put(KEY, new_entry("another"))
        assert opened.read() == ""


def test_a_token_is_one_private_file(store, file):
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert os.listdir(store.folder) == [f"{KEY}.token"]


def test_the_newest_token_is_returned(store, file):
    store.put(KEY, new_entry("another"))
    assert store.token(KEY).token.value == "another"


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
def test_a_damaged_file_is_ignored(store, file, change):
    rewrite(file, change)
    assert store.token(KEY) is None
    assert store.entries() == []
    store.put(KEY, new_entry("again"))
    assert store.token(KEY).token.value == "again"


def test_a_file_of_more_than_64_kib_is_ignored(store):
    assert store.put(KEY, new_entry("x" * (1 << 16)))
    assert store.token(KEY) is None


def test_a_renamed_file_is_ignored(store, file):
    os.rename(file, file.replace(KEY, OTHER))
    assert store.token(OTHER) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_a_file_that_other_users_can_access_is_ignored(store, file, mode):
    os.chmod(file, mode)
    assert store.token(KEY) is None


def test_a_link_is_ignored_and_replaced(store, file, tmp_path):
    os.rename(file, tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", file)
    assert store.token(KEY) is None
    store.put(KEY, new_entry("again"))
    assert not os.path.islink(file)
    assert store.token(KEY).token.value == "again"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_folder_or_pipe_is_ignored(store, make):
    """Reading a pipe would block."""
    make(os.path.join(store.folder, f"{KEY}.token"))
    assert store.token(KEY) is None
    store.put(KEY, new_entry())


def test_another_user_s_file_is_ignored(store, file, monkeypatch):
    uid = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert store.token(KEY) is None


def test_a_full_disk_leaves_no_file(store, monkeypatch):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    assert not store.put(KEY, new_entry())
    assert os.listdir(store.folder) == []


def test_a_removed_folder_holds_nothing(store):
    os.rmdir(store.folder)
    assert store.token(KEY) is None
    assert store.failure(KEY) is None
    assert not store.is_marked(KEY, UNCACHEABLE, 0)
    assert not store.is_marked(domain_key(ACME), DENIED, 0)
    assert store.entries() == []
    assert store.clear() == 0
    assert not os.path.exists(store.folder)


def test_a_removed_folder_is_created_again_for_a_token(store):
    os.rmdir(store.folder)
    assert store.put(KEY, new_entry())
    assert store.token(KEY)
    assert stat.S_IMODE(os.stat(store.folder).st_mode) == 0o700


def test_a_folder_that_cannot_be_created_again_raises_nothing(store):
    os.rmdir(store.folder)
    open(store.folder, "w").close()
    assert not store.put(KEY, new_entry())
    store.put_failure(KEY, new_failure())
    store.mark(KEY, UNCACHEABLE)
    store.mark(domain_key(ACME), DENIED)
    assert store.token(KEY) is None
    assert store.entries() == []
    assert store.clear() == 0


def test_putting_a_token_removes_outdated_files(store, monkeypatch):
    store.put(KEY, new_entry(age=LIFE))
    kept = {"a.lock", "b.failure", "c.new", "d.uncacheable", "e.denied"}
    for name in (*kept, "f.other"):
        open(os.path.join(store.folder, name), "w").close()
        # As a token's file has it before it is renamed.
        os.utime(os.path.join(store.folder, name), (time.time() + LIFE, time.time() + LIFE))
    store.put(OTHER, new_entry())
    assert set(os.listdir(store.folder)) == {f"{OTHER}.token", "f.other", *kept}
    later = time.time() + 2 * LIFE
    monkeypatch.setattr(time, "time", lambda: later)
    store.put(KEY, new_entry())
    assert set(os.listdir(store.folder)) == {f"{KEY}.token", "f.other"}


@pytest.mark.parametrize(("age", "is_kept"), [(3599, True), (3600.5, False)])
def test_files_of_other_kinds_are_removed_after_an_hour(store, monkeypatch, age, is_kept):
    path = store.lock_path(KEY)
    open(path, "w").close()
    now = os.stat(path).st_ctime + age
    monkeypatch.setattr(time, "time", lambda: now)
    store.put(OTHER, new_entry())
    assert os.path.exists(path) is is_kept


def test_clearing_removes_own_files_and_counts_tokens(store, file):
    for name in ("a.lock", "b.failure", "c.new", "d.other", "e.token", "f.uncacheable", "g.denied"):
        open(os.path.join(store.folder, name), "w").close()
    os.mkdir(os.path.join(store.folder, "h.token"))
    assert store.clear() == 3
    assert os.listdir(store.folder) == ["d.other"]


def test_clearing_does_not_count_what_cannot_be_removed(store):
    os.makedirs(os.path.join(store.folder, f"{KEY}.token", "x"))
    assert store.clear() == 0


def test_entries_are_sorted_by_domain_and_identity(store):
    second = new_entry()._replace(identity="a")
    third = new_entry()._replace(identity="b")
    first = new_entry()._replace(repository=ACME._replace(domain="aaa"), identity="z")
    for key, one in zip(("0" * 32, "1" * 32, "2" * 32), (third, first, second), strict=True):
        store.put(key, one)
    assert store.entries() == [first, second, third]


def test_a_lock_belongs_to_one_key(store):
    assert store.lock_path(KEY) == os.path.join(store.folder, f"{KEY}.lock")
