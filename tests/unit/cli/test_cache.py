"""`cache` lists the tokens of all folders that lookups may use, without the tokens, and removes them."""

import json
import os
import time

import pytest

from keyrings.codeartifact.cache import folder
from keyrings.codeartifact.cache.store import Store
from support.cache_files import ACME, KEY, OTHER_KEY, new_entry

EMPTY = "no tokens are cached"


@pytest.fixture
def places(tmp_path, monkeypatch):
    """No folder for a cache but those of a test."""
    monkeypatch.setattr(folder, "_SHARED_MEMORY", str(tmp_path / "none"))
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)


@pytest.fixture
def cached(tmp_path, home, places):
    """A function that makes a cache in the folder of this name, with one token or more."""

    def cached(name="cache", *entries):
        store = Store(folder.find(str(tmp_path / name), {}))
        for key, entry in zip((KEY, OTHER_KEY), entries or (new_entry(age=600),), strict=False):
            assert store.put(key, entry)
        return store.folder

    return cached


def test_the_list(run, cached, capsys):
    other = new_entry("MARKED", age=600)._replace(repository=ACME._replace(domain="other", region="eu-west-1"))
    entry = new_entry("MARKED", age=600)
    path = cached("cache", other, entry)
    assert run("cache", "list") == 0
    times = [
        time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
        for at in (entry.obtained, entry.good_until, entry.token.expires)
    ]
    lines = (
        "    identity  profile 'acme'\n"
        f"    obtained  {times[0]} (10 min ago)\n"
        f"    reused    until {times[1]} (in 20 min)\n"
        f"    expires   {times[2]} (in 50 min)\n"
    )
    acme = f"  domain acme of 111122223333 in us-east-1\n{lines}"
    assert capsys.readouterr() == (f"{path}\n{acme}  domain other of 111122223333 in eu-west-1\n{lines}", "")


def test_the_list_as_json(run, cached, capsys):
    begin = 600 + int(time.time())
    entry = new_entry()
    entry = entry._replace(obtained=0.5, good_until=begin, token=entry.token._replace(expires=begin + 60.9))
    path = cached("cache", entry)
    assert run("cache", "list", "--json") == 0
    good_until, expires = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (begin, begin + 60))
    assert json.loads(capsys.readouterr().out) == [
        {
            "folder": path,
            "tokens": [
                {
                    "domain": "acme",
                    "domain_owner": "111122223333",
                    "region": "us-east-1",
                    "obtained": "1970-01-01T00:00:00Z",
                    "good_until": good_until,
                    "expires": expires,
                    "identity": "profile 'acme'",
                }
            ],
        }
    ]


def test_tokens_are_removed(run, cached, capsys):
    path = cached("cache", new_entry(), new_entry())
    assert run("cache", "clear") == 0
    assert capsys.readouterr() == (f"{path}: removed 2 tokens\n", "")
    assert os.listdir(path) == []
    run("cache", "list")
    run("cache", "list", "--json")
    assert capsys.readouterr().out == (
        f"{path}\n  {EMPTY}\n" + json.dumps([{"folder": path, "tokens": []}], indent=1) + "\n"
    )


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [(["list"], f"{EMPTY}\n"), (["clear"], f"{EMPTY}\n"), (["list", "--json"], "[]\n")],
)
def test_there_is_no_cache(run, places, monkeypatch, capsys, arguments, printed):
    monkeypatch.delenv("CODEARTIFACT_CACHE_DIR")
    assert run("cache", *arguments) == 0
    assert capsys.readouterr() == (printed, "")


SECTIONS = """\
[codeartifact]
cache_dir = {0}/defaults
[codeartifact name=release]
cache_dir = {0}/section
[codeartifact name=invalid]
cache_dir = relative
"""


@pytest.fixture
def folders(cached, tmp_path, monkeypatch):
    """Caches in the folders of a session, of two sections and of CODEARTIFACT_CACHE_DIR."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("CODEARTIFACT_CONFIG", SECTIONS.format(tmp_path))
    return [cached(name) for name in ("run", "defaults", "section", "cache")]


def test_the_folders_of_all_sections(run, folders, monkeypatch, capsys):
    """A lookup for a repository whose section sets no usable folder uses that of the session."""
    monkeypatch.delenv("CODEARTIFACT_CACHE_DIR")
    run("cache", "clear")
    assert capsys.readouterr().out == "".join(f"{path}: removed 1 tokens\n" for path in folders[:3])


def test_a_variable_overrides_the_sections(run, folders, capsys):
    run("cache", "clear")
    assert capsys.readouterr().out == f"{folders[3]}: removed 1 tokens\n"
