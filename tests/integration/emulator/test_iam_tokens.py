"""With IAM enforced, who may have a token, and the error that everyone else gets."""

import datetime as dt
import time

import botocore.auth
import pytest

from support.guarded import ASK, ASKED, BEARER_TOKEN, denied, keys, no, refusal


@pytest.mark.parametrize("name", ["reader", "publisher", "admin", "partner"])
def test_who_may_have_a_token(ask, guarded, name):
    assert ask(keys(name))
    [entry] = guarded.journal.entries("GetAuthorizationToken")
    account = "444455556666" if name == "partner" else "111122223333"
    assert entry.principal == f"arn:aws:iam::{account}:user/{name}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", denied("nobody", ASK, ASKED, no("identity", ASK))),
        ("elsewhere", denied("elsewhere", ASK, ASKED, no("identity", ASK))),
        ("nobearer", denied("nobearer", BEARER_TOKEN, "*", no("identity", BEARER_TOKEN))),
        ("wrongbearer", denied("wrongbearer", BEARER_TOKEN, "*", no("identity", BEARER_TOKEN))),
        ("denied", denied("denied", ASK, ASKED, "with an explicit deny in an identity-based policy")),
        ("bystander", denied("bystander", ASK, ASKED, no("identity", ASK), "444455556666")),
        ("stranger", denied("stranger", ASK, ASKED, no("resource", ASK), "777788889999")),
    ],
)
def test_who_may_not(ask, client, name, said):
    assert refusal(ask, keys(name)) == said
    with pytest.raises(client("codeartifact").exceptions.AccessDeniedException):
        ask(keys(name))


def test_a_domain_that_is_not_there(ask, client):
    for name in ("admin", "stranger"):
        with pytest.raises(client("codeartifact").exceptions.ResourceNotFoundException):
            ask(keys(name), domain="gone")
    assert refusal(ask, keys("nobody"), domain="gone")[0] == "AccessDeniedException"


UNKNOWN = "The security token included in the request is invalid."


@pytest.mark.parametrize(
    ("keys", "codes", "message"),
    [
        pytest.param(
            ("AKIAUNKNOWN000000001", "x", None),
            ("UnrecognizedClientException", "InvalidClientTokenId"),
            UNKNOWN,
            id="key",
        ),
        pytest.param(
            (keys("reader")[0], "wrong", None),
            ("InvalidSignatureException", "SignatureDoesNotMatch"),
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
            "Key and signing method. Consult the service documentation for details.",
            id="secret",
        ),
        pytest.param(
            (*keys("reader")[:2], "token"),
            ("UnrecognizedClientException", "InvalidClientTokenId"),
            UNKNOWN,
            id="a session token too many",
        ),
    ],
)
def test_wrong_keys(ask, client, keys, codes, message):
    assert refusal(ask, keys) == (codes[0], 403, message)
    assert refusal(client("sts", keys=keys).get_caller_identity) == (codes[1], 403, message)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_wrong(ask, monkeypatch, minutes):
    now = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=minutes)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: now.replace(tzinfo=None))
    code, status, message = refusal(ask, keys("reader"))
    assert (code, status) == ("InvalidSignatureException", 403)
    said = "Signature expired: " if minutes < 0 else "Signature not yet current: "
    assert message.startswith(said)


def test_a_signature_is_of_the_very_request(guarded, get):
    assert (
        get("codeartifact.us-east-1.amazonaws.com", "/v1/authorization-token?domain=guarded", method="POST")[0] == 403
    )
    scope = f"{keys('reader')[0]}/{time.strftime('%Y%m%d')}/us-east-1/codeartifact/aws4_request"
    for more in ({}, {"X-Amz-Date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())}):
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
        status, headers, _ = get(
            *("codeartifact.us-east-1.amazonaws.com", "/v1/authorization-token?domain=guarded"),
            method="POST",
            headers={"Authorization": authorization, **more},
        )
        assert (status, headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")
