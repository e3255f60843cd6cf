"""Whatever the files of the cache contain, the result is the token that was put there under that key, or none."""

import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact._util.text import printable
from keyrings.codeartifact.cache.store import Entry, Failure, Store
from keyrings.codeartifact.config.options import MAX_TOKEN_LENGTH
from keyrings.codeartifact.models import Repository, Secret, Token
from support.hostile import TEXT, examples, mutated

KEY, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
TOKENS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200) | st.just(
    "x" * MAX_TOKEN_LENGTH
)
REPOSITORIES = st.sampled_from(
    [Repository("acme", "111122223333", "us-east-1"), Repository("b-2", "000000000000", "eu-west-1")]
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    folder.chmod(0o700)
    return Store(str(folder))


@st.composite
def entries(draw):
    begin = time.time() - draw(st.floats(0, 1000))
    good_for, life = draw(st.floats(2000, 1e6)), draw(st.floats(2000, 1e6))
    return Entry(Token(Secret(draw(TOKENS)), begin + life), begin, begin + good_for, draw(REPOSITORIES), draw(TEXT))


def path(store, name):
    return os.path.join(store.folder, name)


def overwrite(store, name, content):
    with open(os.open(path(store, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def content(store, name):
    with open(path(store, name), "rb") as file:
        return file.read()


SHARE = st.floats(0, 0.999)
DAMAGES = st.tuples(st.integers(0, 13), SHARE, SHARE, st.none() | st.binary(max_size=40))


def damaged(good, other, damage):
    """Return the content of a file after a partial write, a disk error or an edit; ``damage`` gives places as shares of it."""
    kind, *shares, made_up = damage
    start, end = sorted(int(share * len(good)) for share in shares)
    other = other if made_up is None else made_up
    lines, others = good.split(b"\n"), other.split(b"\n")
    line = start % len(lines)
    return [
        good[:start],
        good[end:],
        good[:start] + good[end:],
        good[:end] + good[start:],
        good[:start] + other[start:],
        good[:start] + other + good[end:],
        good[:start] + bytes([good[start] ^ 1 << end % 8]) + good[start + 1 :],
        good + other,
        b"\n".join([*lines[:line], *lines[line + 1 :]]),
        b"\n".join([*lines[:line], *others[line : line + 1], *lines[line + 1 :]]),
        b"\n".join([others[0], *lines[1:]]),
        good.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + good,
        other,
    ][kind]


@examples(2)
@given(entries())
def test_a_cached_token_is_returned(store, cached):
    assert store.put(KEY, cached)
    assert store.token(KEY) == cached._replace(identity=printable(cached.identity))
    assert store.token(OTHER) is None


@examples(4)
@given(entries(), entries(), DAMAGES)
def test_a_damaged_file_is_a_miss(store, cached, other, damage):
    store.put(OTHER, other)
    store.put(KEY, cached)
    good = content(store, f"{KEY}.token")
    changed = damaged(good, content(store, f"{OTHER}.token"), damage)
    overwrite(store, f"{KEY}.token", changed)
    expected = cached._replace(identity=printable(cached.identity)) if changed == good else None
    assert store.token(KEY) == expected
    assert expected in [*store.entries(), None]


@examples(2)
@given(entries())
def test_a_file_is_valid_only_under_its_own_name(store, cached):
    store.put(KEY, cached)
    good = content(store, f"{KEY}.token")
    overwrite(store, f"{OTHER}.token", good)
    overwrite(store, f"{KEY}.failure", good)
    assert store.token(OTHER) is None
    assert store.failure(KEY) is None


@examples(2)
@given(st.binary(max_size=300) | TEXT.map(lambda text: text.encode("utf-8", "surrogateescape")))
def test_any_bytes_are_a_miss(store, found):
    overwrite(store, f"{KEY}.token", found)
    overwrite(store, f"{KEY}.failure", found)
    assert store.token(KEY) is None
    assert store.failure(KEY) is None
    store.entries()


FAILURES = st.builds(
    Failure, st.floats(0, 1e11), TEXT, TEXT, mutated(TEXT, ["\n", "\r", "\x1b"]), mutated(TEXT, ["\n"])
)


@examples(2)
@given(FAILURES, DAMAGES)
def test_a_failure_is_returned_or_a_miss(store, failure, damage):
    store.put_failure(KEY, failure)
    texts = ("process", "code", "cause", "remedy")
    expected = failure._replace(**{name: printable(getattr(failure, name)) for name in texts})
    assert store.failure(KEY) == expected
    good = content(store, f"{KEY}.failure")
    changed = damaged(good, b"\n".join(reversed(good.split(b"\n"))), damage)
    overwrite(store, f"{KEY}.failure", changed)
    assert store.failure(KEY) == (expected if changed == good else None)
