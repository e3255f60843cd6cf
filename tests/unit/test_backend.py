"""The keyring backend: what it returns, logs and raises."""

import gc
import logging
import os

import pytest
from keyring.errors import PasswordDeleteError, PasswordSetError

from keyrings.codeartifact import lookup
from keyrings.codeartifact._util import log
from keyrings.codeartifact.backend import CodeArtifactBackend

HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
URL = f"https://{HOST}/pypi/release/simple/"


@pytest.fixture
def backend(monkeypatch, tmp_path):
    """A backend with a pre-issued token for URL, in a process that has not looked up anything."""
    monkeypatch.setattr(log, "_logged", set())
    monkeypatch.setattr(lookup, "_denied", set())
    for name in os.environ:
        if name.startswith("CODEARTIFACT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CODEARTIFACT_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("CODEARTIFACT_CONFIG", "[codeartifact]\n")
    monkeypatch.setenv("CODEARTIFACT_INDEX_URL", URL)
    monkeypatch.setenv("CODEARTIFACT_AUTH_TOKEN", "a-token")
    return CodeArtifactBackend()


@pytest.mark.parametrize("username", [None, "", "aws"])
@pytest.mark.parametrize("service", [URL, HOST, f"{HOST}:443", f"https://aws@{HOST}/pypi/release/"])
def test_a_codeartifact_url_gets_a_token(backend, service, username):
    assert backend.get_password(service, username) == "a-token"
    credential = backend.get_credential(service, username)
    assert (credential.username, credential.password) == ("aws", "a-token")
    # Clients serialize it.
    assert type(credential.password) is str


@pytest.mark.parametrize(
    ("service", "username"),
    [
        (URL, "__token__"),
        ("https://example.com/", "aws"),
        ("https://example.com/codeartifact/", "aws"),
        (f"{HOST}.example.com", "aws"),
        (None, "aws"),
        (b"codeartifact", "aws"),
    ],
)
def test_other_services_and_user_names_get_none_silently(backend, caplog, capsys, service, username):
    assert backend.get_password(service, username) is None
    assert backend.get_credential(service, username) is None
    assert caplog.records == []
    assert capsys.readouterr() == ("", "")


def test_a_failure_is_logged_once_as_an_error(backend, monkeypatch, caplog):
    monkeypatch.setenv("CODEARTIFACT_TOKEN_DURATION", "5")
    for _ in range(2):
        assert backend.get_password(URL, "aws") is None
        assert backend.get_credential(URL, None) is None
        assert backend.get_password(HOST, "aws") is None
    [record] = caplog.records
    assert (record.name, record.levelno) == ("keyrings.codeartifact", logging.ERROR)
    assert record.getMessage().startswith("CODEARTIFACT_TOKEN_DURATION ")
    assert "\n" not in record.getMessage()


def test_a_log_handler_that_fails_sees_no_error_of_this_package(backend, monkeypatch):
    monkeypatch.setenv("CODEARTIFACT_TOKEN_DURATION", "5")

    class Failing(logging.Handler):
        def emit(self, _):
            raise ValueError("failed")

    handler = Failing()
    logging.getLogger("keyrings.codeartifact").addHandler(handler)
    try:
        with pytest.raises(ValueError, match="failed") as caught:
            backend.get_password(URL, "aws")
    finally:
        logging.getLogger("keyrings.codeartifact").removeHandler(handler)
    assert caught.value.__context__ is None


def test_a_url_that_gets_no_token_is_logged_once_as_a_warning(backend, caplog):
    url = URL.replace("https:", "http:")
    assert backend.get_password(url, "aws") is None
    assert backend.get_password(url, "aws") is None
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "refusing to send a token over http; use https" in record.getMessage()


@pytest.mark.parametrize("kinds", [(PasswordSetError, NotImplementedError)])
def test_a_password_cannot_be_set(backend, kinds):
    for kind in kinds:
        with pytest.raises(kind, match="stores no passwords: AWS issues CodeArtifact's tokens"):
            backend.set_password(URL, "aws", "secret")


@pytest.mark.parametrize("kinds", [(PasswordDeleteError, NotImplementedError)])
def test_a_password_cannot_be_deleted(backend, kinds):
    for kind in kinds:
        with pytest.raises(kind, match="stores no passwords: there is none to delete"):
            backend.delete_password(URL, "aws")


@pytest.mark.parametrize("is_enabled", [True, False])
@pytest.mark.parametrize("duration", ["3600", "5"], ids=["token", "failure"])
def test_a_lookup_does_not_change_garbage_collection(backend, monkeypatch, is_enabled, duration):
    monkeypatch.setenv("CODEARTIFACT_TOKEN_DURATION", duration)
    frozen, threshold = gc.get_freeze_count(), gc.get_threshold()
    (gc.enable if is_enabled else gc.disable)()
    try:
        backend.get_password(URL, "aws")
        assert (gc.isenabled(), gc.get_freeze_count(), gc.get_threshold()) == (is_enabled, frozen, threshold)
    finally:
        gc.enable()


def test_its_priority_is_below_the_chainer_and_above_password_stores(backend):
    assert 5 < backend.priority < 10
