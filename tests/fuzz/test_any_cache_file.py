"""Whatever is in the cache's files, what comes out is the token that was put there for that question, or none."""

import os
import time

import pytest
from hostile import TEXT, examples, mutated
from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact.cache.store import Cache, Entry
from keyrings.codeartifact.config.options import LONGEST_TOKEN
from keyrings.codeartifact.errors import AWSError, ConfigurationError, printable
from keyrings.codeartifact.models import Repository, Secret, Token

KEY, OTHER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
TOKENS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=200) | st.just(
    "x" * LONGEST_TOKEN
)
REPOSITORIES = st.sampled_from(
    [Repository("acme", "111122223333", "us-east-1"), Repository("b-2", "000000000000", "eu-west-1")]
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    folder.chmod(0o700)
    return Cache(str(folder))


@st.composite
def entries(draw):
    begin = time.time() - draw(st.floats(0, 1000))
    good_for, life = draw(st.floats(2000, 1e6)), draw(st.floats(2000, 1e6))
    return Entry(Token(Secret(draw(TOKENS)), begin + life), begin, begin + good_for, draw(REPOSITORIES), draw(TEXT))


def path(cache, name):
    return os.path.join(cache.folder, name)


def put(cache, name, content):
    with open(os.open(path(cache, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)


def content(cache, name):
    with open(path(cache, name), "rb") as file:
        return file.read()


SHARE = st.floats(0, 0.999)
DAMAGES = st.tuples(st.integers(0, 13), SHARE, SHARE, st.none() | st.binary(max_size=40))


def damaged(good, other, damage):
    """Return what half a write, a bad disk or a clumsy hand makes of a file; ``damage`` tells places by shares of it."""
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
def test_what_is_kept_comes_back(cache, kept):
    assert cache.keep(KEY, kept)
    assert cache.token(KEY) == kept._replace(identity=printable(kept.identity))
    assert cache.token(OTHER) is None


@examples(4)
@given(entries(), entries(), DAMAGES)
def test_a_damaged_file_is_a_miss(cache, kept, other, damage):
    cache.keep(OTHER, other)
    cache.keep(KEY, kept)
    good = content(cache, f"{KEY}.token")
    changed = damaged(good, content(cache, f"{OTHER}.token"), damage)
    put(cache, f"{KEY}.token", changed)
    expected = kept._replace(identity=printable(kept.identity)) if changed == good else None
    assert cache.token(KEY) == expected
    assert expected in [*cache.entries(), None]


@examples(2)
@given(entries())
def test_a_file_is_good_under_its_own_name_only(cache, kept):
    cache.keep(KEY, kept)
    good = content(cache, f"{KEY}.token")
    put(cache, f"{OTHER}.token", good)
    put(cache, f"{KEY}.failure", good)
    assert cache.token(OTHER) is None
    assert cache.failure(KEY, 0) is None


@examples(2)
@given(st.binary(max_size=300) | TEXT.map(lambda text: text.encode("utf-8", "surrogateescape")))
def test_any_bytes_are_a_miss(cache, found):
    put(cache, f"{KEY}.token", found)
    put(cache, f"{KEY}.failure", found)
    assert cache.token(KEY) is None
    assert cache.failure(KEY, 0) is None
    cache.entries()


@examples(2)
@given(st.sampled_from([AWSError, ConfigurationError]), mutated(TEXT, ["\n", "\r", "\x1b"]), TEXT, DAMAGES)
def test_a_failure_comes_back_or_is_a_miss(cache, kind, cause, remedy, damage):
    error = kind(cause, remedy)
    cache.keep_failure(KEY, error)
    found = cache.failure(KEY, 0)
    assert (type(found), found.cause, found.remedy) == (kind, printable(cause), printable(remedy))
    good = content(cache, f"{KEY}.failure")
    changed = damaged(good, b"\n".join(reversed(good.split(b"\n"))), damage)
    put(cache, f"{KEY}.failure", changed)
    found = cache.failure(KEY, 0)
    assert found is None or changed == good
