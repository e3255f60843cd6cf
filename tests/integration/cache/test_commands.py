"""The commands `cache list` and `cache clear`."""

import json
import os
import re

import pytest

from support.seed import INDEX, SHARED


@pytest.fixture
def cache(home, tool):
    """Return a function that runs `keyrings-codeartifact cache` and returns what it prints."""

    def run(*arguments, **environ):
        return home.succeed(tool.bin / "keyrings-codeartifact", "cache", *arguments, **environ).stdout

    return run


def test_the_list(home, ask, cache):
    token = ask()
    ask(SHARED + "/")
    said = cache("list")
    assert token not in said
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d"
    entry = (
        r"  domain (\w+) of (\d{12}) in (\S+)\n"
        r"    identity  the AWS default chain \(access key …(\w{4})\)\n"
        rf"    obtained  {moment} \([01] min ago\)\n"
        rf"    reused    until {moment} \(in (?:29|30) min\)\n"
        rf"    expires   {moment} \(in (?:59 min|1 h 0 min)\)\n"
    )
    key = home.environ["AWS_ACCESS_KEY_ID"][-4:]
    place = str(next(home.cache.iterdir()))
    assert re.fullmatch(rf"{re.escape(place)}\n(?:{entry}){{2}}", said)
    assert re.findall(entry, said) == [
        ("acme", "111122223333", "us-east-1", key),
        ("partner", "444455556666", "eu-west-1", key),
    ]
    [folder] = json.loads(cache("list", "--json"))
    assert folder["folder"] == place
    assert [one["domain"] for one in folder["tokens"]] == ["acme", "partner"]
    assert set(folder["tokens"][0]) == {
        "domain",
        "domain_owner",
        "region",
        "obtained",
        "good_until",
        "expires",
        "identity",
    }


def test_clearing(home, ask, cache, calls):
    ask()
    assert cache("clear") == f"{next(home.cache.iterdir())}: removed 1 tokens\n"
    assert cache("list") == f"{next(home.cache.iterdir())}\n  no tokens are cached\n"
    ask()
    assert calls() == 2


def test_nothing_is_kept(home, cache):
    folder = home.cache / f"keyrings-codeartifact-{os.geteuid()}"
    assert (cache("list"), cache("clear")) == (f"{folder}\n  no tokens are cached\n", f"{folder}: removed 0 tokens\n")
    assert json.loads(cache("list", "--json")) == [{"folder": str(folder), "tokens": []}]


def test_the_folder_of_a_section(home, tool, cache):
    """Of any: which one would be asked for is not the question."""
    home.config.write_text(
        f'[codeartifact domain="acme"]\ncache_dir = {home.folder}\n[codeartifact name="other"]\ncache_dir = relative\n'
    )
    del home.environ["CODEARTIFACT_CACHE_DIR"]
    (home.folder / "run").mkdir()
    home.environ["XDG_RUNTIME_DIR"] = str(home.folder / "run")
    home.succeed(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
    assert str(home.folder) in cache("list")
    assert str(home.folder) not in cache("list", CODEARTIFACT_CACHE_DIR=str(home.cache))
