"""What the cache holds besides tokens: failures, and marks for other processes."""

import os
import stat
import time

from keyrings.codeartifact.cache.store import DENIED, OVERTAKEN, UNCACHEABLE, domain_key
from support.cache_files import ACME, KEY, new_entry, new_failure, rewrite
from support.cache_files import OTHER_KEY as OTHER


def test_a_failure_is_returned_as_it_was_put(store):
    before = new_failure()
    store.put_failure(KEY, before)
    assert store.failure(KEY) == before
    assert store.failure(OTHER) is None
    path = os.path.join(store.folder, f"{KEY}.failure")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_a_failure_is_written_as_printable_lines(store):
    store.put_failure(KEY, new_failure(cause="AWS is\nclosed\x1b", remedy="try\r\nlater"))
    found = store.failure(KEY)
    assert (found.cause, found.remedy) == ("AWS is closed?", "try later")


def test_a_damaged_failure_is_ignored(store):
    store.put_failure(KEY, new_failure())
    rewrite(os.path.join(store.folder, f"{KEY}.failure"), lambda content: content.replace(b"closed", b"opened"))
    assert store.failure(KEY) is None


def test_the_last_failure_is_returned(store):
    store.put_failure(KEY, new_failure())
    store.put_failure(KEY, new_failure(cause="open"))
    assert store.failure(KEY).cause == "open"


def test_a_token_removes_a_failure(store):
    store.put_failure(KEY, new_failure())
    store.put(KEY, new_entry())
    assert store.failure(KEY) is None


def test_an_uncacheable_token_is_marked_until_one_is_put(store):
    began = time.time() - 1
    assert not store.is_marked(KEY, UNCACHEABLE, began)
    store.mark(KEY, UNCACHEABLE)
    assert store.is_marked(KEY, UNCACHEABLE, began)
    assert not store.is_marked(OTHER, UNCACHEABLE, began)
    assert not store.is_marked(KEY, UNCACHEABLE, time.time() + 1)
    assert store.put(KEY, new_entry())
    assert not store.is_marked(KEY, UNCACHEABLE, began)


def test_an_overtaken_lock_is_marked(store):
    began = time.time() - 1
    assert not store.is_marked(KEY, OVERTAKEN, began)
    store.mark(KEY, OVERTAKEN)
    assert store.is_marked(KEY, OVERTAKEN, began)
    assert not store.is_marked(OTHER, OVERTAKEN, began)
    assert not store.is_marked(KEY, OVERTAKEN, time.time() + 1)


def test_each_kind_of_lock_has_a_file_of_its_own(store):
    paths = {store.lock_path(key, kind) for key in (KEY, OTHER) for kind in ("", OVERTAKEN)}
    assert len(paths) == 4
    assert {os.path.dirname(path) for path in paths} == {store.folder}


def test_a_second_mark_renews_the_first(store):
    store.mark(KEY, UNCACHEABLE)
    path = os.path.join(store.folder, f"{KEY}.uncacheable")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    os.utime(path, (1, 1))
    store.mark(KEY, UNCACHEABLE)
    assert store.is_marked(KEY, UNCACHEABLE, time.time() - 60)


def test_a_mark_does_not_follow_a_link(store, tmp_path):
    (tmp_path / "victim").touch()
    os.utime(tmp_path / "victim", (1, 1))
    os.symlink(tmp_path / "victim", os.path.join(store.folder, f"{KEY}.uncacheable"))
    store.mark(KEY, UNCACHEABLE)
    assert (tmp_path / "victim").stat().st_mtime == 1


def test_a_denial_applies_to_its_domain_alone(store):
    store.mark(domain_key(ACME), DENIED)
    assert store.is_marked(domain_key(ACME._replace(name="another")), DENIED, time.time() - 60)
    for other in ({"domain": "other"}, {"domain_owner": "444455556666"}, {"region": "eu-west-1"}):
        assert not store.is_marked(domain_key(ACME._replace(**other)), DENIED, time.time() - 60)
    assert not store.is_marked(domain_key(ACME), DENIED, time.time() + 60)
    assert store.clear() == 0
    assert not store.is_marked(domain_key(ACME), DENIED, time.time() - 60)


def test_a_denial_from_the_future_is_ignored(store):
    store.mark(domain_key(ACME), DENIED)
    [name] = os.listdir(store.folder)
    assert name.endswith(".denied")
    os.utime(os.path.join(store.folder, name), (time.time() + 60,) * 2)
    assert not store.is_marked(domain_key(ACME), DENIED, time.time() - 60)
