"""The checks from the configuration to the token, with responses of AWS that botocore's events provide."""

import json
import os
import time
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta, timezone

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse

from keyrings.codeartifact.config.environment import require_index
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.doctor import chain, policy
from keyrings.codeartifact.models import Repository

ACME = Repository("acme", "111122223333", "us-east-1")
HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
DOMAIN = "CodeArtifact domain 'acme' (owner 111122223333) in us-east-1"
KEYS = "aws_access_key_id = AKIAMARKED0001\naws_secret_access_key = MARKED\n"
SOURCE = "access key …0001 ([codeartifact] of CODEARTIFACT_CONFIG)"
ROLE = "arn:aws:iam::111122223333:role/ci"
CALLER = "arn:aws:iam::111122223333:user/x"
CONFIGURED = ("configuration", "ok", f"{DOMAIN}: {SOURCE}", "", "", "")
CACHE_OFF = ("cache", "ok", "off", "", "", "")
REMEDY = "run `keyrings-codeartifact explain`"


@pytest.fixture(autouse=True)
def responses(monkeypatch, tmp_path):
    """The response to each operation of AWS, or its error code; None sends the request."""
    original = botocore.session.Session.create_client
    expiration = datetime.now(timezone.utc) + timedelta(minutes=60)
    responses = {
        "GetCallerIdentity": {"Arn": CALLER},
        "GetAuthorizationToken": {"authorizationToken": "MARKED", "expiration": expiration},
        "GetRepositoryEndpoint": "AccessDeniedException",
    }

    def respond(model, params, **_event):
        response = responses[model.name]
        if response is None:
            return None
        if isinstance(response, dict):
            return AWSResponse(params["url"], 200, {}, None), response
        return AWSResponse(params["url"], 400, {}, None), {"Error": {"Code": response, "Message": "message"}}

    def create(*arguments, **options):
        client = original(*arguments, **options)
        client.meta.events.register("before-call", respond)
        return client

    monkeypatch.setattr(botocore.session.Session, "create_client", create)
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    return responses


def checks(text=KEYS, path="", **environ):
    """Return the checks of a URL with this configuration; without a path they end before the index."""
    environ = {"CODEARTIFACT_CACHE": "off", "CODEARTIFACT_CONFIG": f"[codeartifact]\n{text}", **environ}
    found = list(chain.check(require_index(f"https://{HOST}/{path}", {}), environ))
    assert "MARKED" not in repr(found)
    return [tuple(check) for check in found]


def test_a_domain():
    configured, cache, caller, token = checks()
    assert (configured, cache, caller) == (CONFIGURED, CACHE_OFF, ("identity", "ok", CALLER, "", "", ""))
    assert token[:2] == ("token", "ok")
    assert token[2].startswith("expires at 20")
    assert token[2].endswith((", in 60 min", ", in 59 min"))


def test_an_invalid_configuration_is_the_only_check():
    [check] = checks("token_duration = 5\n")
    message = "token_duration in [codeartifact] of CODEARTIFACT_CONFIG cannot be '5'"
    assert check == ("configuration", "failed", message, "expected: 900 to 43200 seconds, or 0 for the rest of the role's session", "", "CA205")  # fmt: skip


def test_a_pre_issued_token():
    assert checks("auth_token = MARKED\n") == [
        ("configuration", "ok", f"{DOMAIN}: a pre-issued token ([codeartifact] of CODEARTIFACT_CONFIG)", "", "", ""),
        ("token", "ok", "pre-issued token (expiry unknown)", "", "", ""),
    ]


def test_warnings_follow_the_configuration():
    configured, unknown_option, unknown_variable, *_ = checks(f"{KEYS}profil = x\n", CODEARTIFACT_PROFILE="x")
    assert configured == CONFIGURED
    message = "[codeartifact] of CODEARTIFACT_CONFIG sets the unknown option profil; did you mean profile_name?"
    assert unknown_option == ("configuration", "warning", message, REMEDY, "", "")
    message = "unknown variable CODEARTIFACT_PROFILE; did you mean CODEARTIFACT_PROFILE_NAME?"
    assert unknown_variable == ("configuration", "warning", message, REMEDY, "", "")


def test_a_cache_without_a_token_and_with_one(tmp_path):
    environ = {"CODEARTIFACT_CACHE": "on", "CODEARTIFACT_CACHE_DIR": str(tmp_path / "cache")}
    _, cache, *_ = checks(**environ)
    [folder] = (tmp_path / "cache").iterdir()
    assert cache == ("cache", "ok", str(folder), "", "", "")
    _, cache, *_ = checks(**environ)
    until = f"{folder}, holds a token that is reused until "
    assert cache[:2] == ("cache", "ok")
    assert cache[2].startswith(until)
    good_until = datetime.fromisoformat(cache[2].removeprefix(until).replace("Z", "+00:00")).timestamp()
    assert abs(good_until - time.time() - 1800) < 60


def test_a_fresh_token_is_requested_even_if_one_is_cached(tmp_path, responses):
    environ = {"CODEARTIFACT_CACHE": "on", "CODEARTIFACT_CACHE_DIR": str(tmp_path / "cache")}
    assert checks(**environ)[-1][:2] == ("token", "ok")
    responses["GetAuthorizationToken"] = "ExpiredToken"
    assert checks(**environ)[-1][:2] == ("token", "failed")


def test_a_cache_without_a_usable_folder():
    settings = resolve(ACME, {"CODEARTIFACT_CONFIG": "#"})
    message = "no usable folder: each lookup sends a request to AWS"
    expected = ("cache", "warning", message, "set cache_dir to a folder that this user can write", "", "")
    assert chain._cache(settings, None, None) == expected  # noqa: SLF001 - this machine has a usable folder


def test_an_aws_file_that_cannot_be_in_the_key(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    environ = {"CODEARTIFACT_CACHE": "on", "CODEARTIFACT_CACHE_DIR": str(tmp_path / "cache")}
    _, cache, *_ = checks(**environ, AWS_CONFIG_FILE=str(tmp_path / "pipe"))
    message = "tokens are not cached: a file of AWS' configuration is large, or not a regular file"
    assert cache == ("cache", "warning", message, "check the files that AWS_… variables and profiles name", "", "")


def test_a_denied_caller_may_get_tokens(responses):
    responses["GetCallerIdentity"] = "AccessDenied"
    _, _, caller, token = checks()
    message = f"AWS refused GetCallerIdentity on {DOMAIN} to {SOURCE} (message)"
    assert caller == ("identity", "warning", message, "tokens may still be available", "", "")
    assert token[:2] == ("token", "ok")


def test_a_denied_token_shows_the_missing_policy(responses):
    responses["GetAuthorizationToken"] = "AccessDeniedException"
    index = require_index(f"https://{HOST}/pypi/release/", {})
    *_, caller, token = checks(path="pypi/release/")
    assert caller == ("identity", "ok", CALLER, "", "", "")
    assert token[:2] == ("token", "failed")
    assert token[2] == f"AWS refused GetAuthorizationToken on {DOMAIN} to {SOURCE} (message)"
    assert token[3].startswith("allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken")
    assert token[4:] == (policy.identity_policy(index.repository), "CA405")


def test_a_denied_role_shows_the_missing_trust_policy(responses):
    claims = {"iss": "https://gitlab.example", "sub": "project_path:acme/tools", "aud": "sts.amazonaws.com"}
    jwt = f"e30.{urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.x"
    responses |= {"GetCallerIdentity": None, "GetAuthorizationToken": None, "AssumeRoleWithWebIdentity": "AccessDenied"}
    text = f"role_arn = {ROLE}\noidc_token_variable = ID_TOKEN\n"
    *_, cache, token = checks(text, ID_TOKEN=jwt)
    # A caller that fails in the same way is not repeated.
    assert cache == CACHE_OFF
    assert token[:2] == ("token", "failed")
    assert "claims: iss 'https://gitlab.example', sub 'project_path:acme/tools', aud 'sts.amazonaws.com'" in token[2]
    [statement] = json.loads(token[4])["Statement"]
    provider = "arn:aws:iam::111122223333:oidc-provider/gitlab.example"
    assert statement["Principal"] == {"Federated": provider}


@pytest.mark.parametrize("code", ["ThrottlingException", "ResourceNotFoundException", "ExpiredToken"])
def test_other_failures_show_no_policy(responses, code):
    responses["GetAuthorizationToken"] = code
    assert checks(CODEARTIFACT_THROTTLE_TIMEOUT="0.01")[-1][4] == ""


def test_hints_follow_the_remedy(responses):
    responses["GetAuthorizationToken"] = "ExpiredToken"
    *_, token = checks(CODEARTIFACT_AUTH_TOKEN="MARKED")
    assert token[3] == (
        "renew them and try again; ignored CODEARTIFACT_AUTH_TOKEN: set CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN "
        "to say for which domain it is"
    )


def test_a_missing_repository(responses):
    responses["GetRepositoryEndpoint"] = "ResourceNotFoundException"
    *_, token, repository = checks(path="pypi/release/")
    assert token[:2] == ("token", "ok")
    assert repository == (
        "repository",
        "failed",
        f"repository 'release' does not exist in {DOMAIN}",
        "check the repository in the index URL, or create it",
        "",
        "CA406",
    )
