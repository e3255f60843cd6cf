"""A pre-issued token that has expired by its own word is skipped, and said to be."""

import json
import time
from base64 import urlsafe_b64encode

import pytest

from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

ACME = Repository("acme", "111122223333", "us-east-1", "release")
DOMAIN = {"CODEARTIFACT_DOMAIN": "acme", "CODEARTIFACT_CONFIG": "[codeartifact]"}


def token(life):
    header = {"ver": 1, "isu": 1700000000, "exp": int(time.time() + life)}
    return urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=") + ".a.b.c.d"


def settings(*, is_new_wanted=False, **environ):
    return resolve(
        ACME, DOMAIN | {f"CODEARTIFACT_{name}": text for name, text in environ.items()}, is_new_wanted=is_new_wanted
    )


def test_a_token_that_is_good_or_says_nothing_is_used():
    for value in (token(60), "t0ken"):
        found = settings(AUTH_TOKEN=value, PROFILE_NAME="dev")
        assert found.source.value == value
        assert found.warnings == found.hints == ()


def test_an_expired_token_is_skipped_for_the_next_source():
    found = settings(AUTH_TOKEN=token(-60), PROFILE_NAME="dev")
    assert (found.source.option, found.source.value) == ("profile_name", "dev")
    [warning] = found.warnings
    assert found.hints == found.warnings
    expired = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() - 60))
    assert warning.startswith(f"the token in CODEARTIFACT_AUTH_TOKEN expired at {expired}")
    assert warning.endswith("Z, and is ignored")


def test_an_expired_token_is_skipped_for_that_of_a_file(tmp_path):
    (tmp_path / "token").write_text(token(60))
    found = settings(AUTH_TOKEN=token(-60), AUTH_TOKEN_FILE=str(tmp_path / "token"))
    assert found.source.option == "auth_token_file"


def test_the_expired_token_of_a_file_is_skipped_for_a_section(tmp_path):
    (tmp_path / "token").write_text(token(-60))
    found = settings(AUTH_TOKEN_FILE=str(tmp_path / "token"), CONFIG="[codeartifact]\nprofile_name = dev\n")
    assert found.source.option == "profile_name"
    assert "CODEARTIFACT_AUTH_TOKEN_FILE" in found.warnings[0]


def test_two_expired_tokens_leave_the_default_chain():
    found = settings(AUTH_TOKEN=token(-60), CONFIG=f"[codeartifact]\nauth_token = {token(-90)}\n")
    assert found.source.option == ""
    assert len(found.warnings) == 2


def test_a_new_token_is_wanted():
    found = settings(AUTH_TOKEN=token(60), PROFILE_NAME="dev", is_new_wanted=True)
    assert found.source.option == "profile_name"
    assert found.warnings == ()
    assert settings(AUTH_TOKEN="t0ken", is_new_wanted=True).source.option == ""


def test_an_expired_token_of_a_fork_is_an_error():
    environ = DOMAIN | {
        "CODEARTIFACT_AUTH_TOKEN": token(-60),
        "CODEARTIFACT_PROFILE_NAME": "machine",
        "GITHUB_EVENT_NAME": "pull_request",
    }
    with pytest.raises(ConfigurationError, match=r"the token in CODEARTIFACT_AUTH_TOKEN expired at .*; set a new one"):
        resolve(ACME, environ)
