"""Lookups: what each reads, which tokens it returns, and which domains it denies one."""

import os
import sys
import time

import pytest

from keyrings.codeartifact import index_url, lookup
from keyrings.codeartifact._util import log
from keyrings.codeartifact.aws.client import Client
from keyrings.codeartifact.cache.key import cache_key
from keyrings.codeartifact.cli import keyring_get
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import AWSError, ConfigurationError
from keyrings.codeartifact.models import Repository, Secret, Token
from support.cache_files import new_entry, new_failure
from support.counting import Calls, Opened

HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
URL = f"https://{HOST}/pypi/release/simple/"
ACME = Repository("acme", "111122223333", "us-east-1", "release")
CONFIG = "[codeartifact]\nprofile_name = one\n[codeartifact name=release]\ntoken_duration = 1800\n"
PREISSUED = {"CODEARTIFACT_INDEX_URL": URL, "CODEARTIFACT_AUTH_TOKEN": "a-token"}

# Keys, and an endpoint that nothing listens at.
UNREACHABLE = {
    "CODEARTIFACT_CONFIG": "[codeartifact]\n",
    "CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIA",
    "CODEARTIFACT_AWS_SECRET_ACCESS_KEY": "made-up",
    "CODEARTIFACT_ENDPOINT_URL": "http://127.0.0.1:9",
    "CODEARTIFACT_MAX_ATTEMPTS": "1",
}


@pytest.fixture(autouse=True)
def environ(tmp_path, monkeypatch):
    """The environment of a process that has not looked up anything, with a home and a cache of its own."""
    monkeypatch.setattr(lookup, "_denied", set())
    monkeypatch.setattr(log, "_logged", set())
    environ = {
        "HOME": str(tmp_path),
        "LOCALAPPDATA": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "CODEARTIFACT_CACHE_DIR": str(tmp_path / "cache"),
    }
    for name in os.environ:
        if name.startswith(("AWS_", "CODEARTIFACT_", "XDG_", "PYTHON_KEYRING_")):
            monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    return environ


def find(service, environ, username="aws"):
    return lookup.find_token(service, username, environ, is_command=True)


def cache(environ, value="a-token"):
    """Put a token for URL in the cache, and return where it is."""
    settings = resolve(ACME, environ)
    store = lookup.open_store(settings, environ)
    assert store.put(cache_key(ACME, settings, environ), new_entry(value))
    return store


def forget():
    """Make this process one that has not denied anything."""
    lookup._denied.clear()  # noqa: SLF001 - as at the start of a process


@pytest.mark.parametrize("source", ["cached", "pre-issued"])
@pytest.mark.parametrize(
    "default_keyring", ["", "[backend]\ndefault-keyring = keyrings.codeartifact.CodeArtifactBackend\n"]
)
def test_one_lookup_reads_the_configuration_and_parses_the_url_once(
    environ, monkeypatch, capsys, source, default_keyring
):
    own = keyring_get.keyringrc.own_path(environ)
    os.makedirs(os.path.dirname(own))
    token = "auth_token = a-token\n" if source == "pre-issued" else ""
    with open(own, "w", encoding="utf-8") as file:
        file.write(CONFIG + token + default_keyring)
    if source == "cached":
        cache(environ)
    monkeypatch.setattr(sys, "argv", ["codeartifact-keyring", "get", URL, "aws"])
    with monkeypatch.context() as patch:
        opened, parsed = Opened(patch), Calls(patch, index_url, "parse")
        assert keyring_get.main() == 0
    assert capsys.readouterr() == ("a-token\n", "")
    assert opened.count(own) == 1
    assert parsed.arguments == [URL]
    assert len(opened.paths) == len(set(opened.paths))


@pytest.mark.parametrize("username", [None, "", "aws"])
def test_a_cached_token_is_returned(environ, username):
    cache(environ)
    found = find(URL, environ, username)
    assert (found.value, found.expires > time.time()) == ("a-token", True)
    assert find(HOST, environ, username).value == "a-token"


@pytest.mark.parametrize(
    ("service", "username"), [(URL, "__token__"), ("https://example.com/", "aws"), (f"{URL}\n", "aws"), ("", None)]
)
def test_other_services_and_user_names_get_none(environ, service, username):
    cache(environ)
    assert find(service, environ, username) is None


def test_a_pre_issued_token_is_returned_without_a_cache(environ, tmp_path):
    assert find(URL, environ | PREISSUED) == Token(Secret("a-token"), None)
    assert lookup.get_token(ACME, environ | PREISSUED) == Token(Secret("a-token"), None)
    assert not (tmp_path / "cache").exists()


def test_without_a_cache_no_folder_is_opened(environ, tmp_path):
    environ["CODEARTIFACT_CACHE"] = "off"
    assert lookup.open_store(resolve(ACME, environ), environ) is None
    assert not (tmp_path / "cache").exists()


def test_settings_that_are_passed_are_not_resolved_again(environ):
    settings = resolve(ACME, environ | PREISSUED)
    assert lookup.get_token(ACME, environ | {"CODEARTIFACT_TOKEN_DURATION": "5"}, settings).value == "a-token"


def test_warnings_are_logged_once(environ, caplog):
    environ |= PREISSUED | {"CODEARTIFACT_CONFIG": "[codeartifact]\nunknown = 1\n"}
    for _ in range(2):
        find(URL, environ)
    assert caplog.messages == ["[codeartifact] of CODEARTIFACT_CONFIG sets the unknown option unknown"]


@pytest.mark.parametrize("has_cache", [True, False])
def test_hints_are_added_to_a_failure(environ, has_cache):
    environ |= UNREACHABLE | {"CODEARTIFACT_AUTH_TOKEN": "a-token"}
    settings = resolve(ACME, environ)
    store = lookup.open_store(settings, environ) if has_cache else None
    key = cache_key(ACME, settings, environ) if has_cache else None
    with pytest.raises(AWSError) as caught:
        lookup.obtain(Client(ACME, settings, environ), store, key)
    assert caught.value.hints == settings.hints
    assert "ignored CODEARTIFACT_AUTH_TOKEN: " in str(caught.value)
    # It concerns this process alone.
    assert not (store and store.failure(key))


@pytest.mark.parametrize(
    ("service", "is_command", "process", "applies"),
    [
        pytest.param(URL, True, "parent", False, id="a command: the URL again"),
        pytest.param(HOST, True, "parent", True, id="a command: the bare host after the URL"),
        pytest.param(HOST, True, "own", False, id="a command: the bare host after another client's URL"),
        pytest.param(URL, False, "own", True, id="a program: the URL again"),
        pytest.param(HOST, False, "own", True, id="a program: the bare host after the URL"),
        pytest.param(URL, False, "parent", False, id="a program: the URL after another program's"),
    ],
)
def test_a_failure_applies_to_the_lookups_of_its_client_that_repeat_it(environ, service, is_command, process, applies):
    environ |= UNREACHABLE
    settings = resolve(ACME, environ)
    failed = new_failure(process=str({"own": os.getpid(), "parent": os.getppid()}[process]))
    lookup.open_store(settings, environ).put_failure(cache_key(ACME, settings, environ), failed)
    with pytest.raises(AWSError) as caught:
        lookup.find_token(service, "aws", environ, is_command=is_command)
    assert (caught.value.cause == failed.cause) is applies


PLAIN_HTTP = [
    pytest.param(URL.replace("https:", "http:"), id="an index URL"),
    pytest.param(f"http://{HOST}/", id="a host"),
    pytest.param(f"http://{HOST}:8080/other/path?query", id="another path and port"),
    pytest.param(f"HTTP://user:password@{HOST.upper()}", id="capitals and a user"),
]


@pytest.mark.parametrize("url", PLAIN_HTTP)
def test_a_plain_http_url_denies_its_bare_host_a_token(environ, url):
    environ |= PREISSUED
    assert find(url, environ) is None
    assert find(HOST, environ) is None
    assert find(f"{HOST}:443", environ) is None
    assert find(HOST.replace("acme", "other"), environ | {"CODEARTIFACT_INDEX_URL": URL.replace("acme", "other")})


@pytest.mark.parametrize("url", PLAIN_HTTP)
def test_a_plain_http_url_denies_its_bare_host_a_token_in_other_processes(environ, url):
    environ |= PREISSUED
    assert find(url, environ) is None
    forget()
    assert find(HOST, environ) is None
    assert find(URL, environ).value == "a-token"


@pytest.mark.parametrize("other", [{"domain": "other"}, {"domain_owner": "444455556666"}, {"region": "eu-west-1"}])
def test_a_denial_applies_to_its_domain_alone(environ, other):
    assert find(URL.replace("https:", "http:"), environ | PREISSUED) is None
    host = index_url.host(ACME._replace(**other), "ipv4")
    assert find(host, environ | PREISSUED | {"CODEARTIFACT_INDEX_URL": f"https://{host}/"}).value == "a-token"


def test_a_denial_of_another_process_lapses(environ):
    environ |= PREISSUED
    assert find(URL.replace("https:", "http:"), environ) is None
    forget()
    store = lookup.open_store(resolve(ACME, environ), environ)
    [name] = [name for name in os.listdir(store.folder) if name.endswith(".denied")]
    path = os.path.join(store.folder, name)
    now = time.time()
    os.utime(path, (now, now - 55))
    assert find(HOST, environ) is None
    os.utime(path, (now, now - 61))
    assert find(HOST, environ).value == "a-token"


def test_a_denial_of_this_process_ends_with_a_token_for_a_url(environ):
    environ |= PREISSUED | {"CODEARTIFACT_CACHE": "off"}
    assert find(URL.replace("https:", "http:"), environ) is None
    assert find(HOST, environ) is None
    assert find(URL, environ).value == "a-token"
    assert find(HOST, environ).value == "a-token"


def test_another_port_denies_the_bare_host_a_token_in_this_process(environ):
    """Its connection is encrypted: a client that starts a process for each lookup sends the token to that host alone."""
    environ |= PREISSUED
    assert find(URL.replace(HOST, f"{HOST}:8443"), environ) is None
    assert find(HOST, environ) is None
    forget()
    assert find(HOST, environ).value == "a-token"


def test_a_bare_host_with_another_port_denies_nothing(environ):
    environ |= PREISSUED
    assert find(f"{HOST}:8443", environ) is None
    assert find(HOST, environ).value == "a-token"


def test_a_failure_for_a_url_denies_its_bare_host_a_token(environ):
    broken = environ | PREISSUED | {"CODEARTIFACT_TOKEN_DURATION": "5"}
    with pytest.raises(ConfigurationError):
        find(HOST, broken)
    assert find(HOST, environ | PREISSUED).value == "a-token"
    with pytest.raises(ConfigurationError):
        find(URL, broken)
    assert find(HOST, broken) is None
    assert find(HOST, environ | PREISSUED) is None


def test_a_broken_configuration_does_not_keep_a_plain_http_url_from_being_denied(environ):
    environ |= PREISSUED
    assert find(URL.replace("https:", "http:"), environ | {"CODEARTIFACT_TOKEN_DURATION": "5"}) is None
    assert find(HOST, environ) is None
