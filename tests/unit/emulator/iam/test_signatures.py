"""Authentication: which signed requests name their principal, and the error of each that does not."""

import hashlib
import re
from datetime import datetime, timedelta, timezone

import pytest
from moto.sts.models import sts_backends

from keyrings.codeartifact.emulator.api.errors import APIError
from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.iam.identities import Principal
from keyrings.codeartifact.emulator.iam.signatures import authenticate

ACCOUNT, KEY, SECRET = "111122223333", "AKIAUNIT000000000001", "made-up"
CODEARTIFACT, STS = "codeartifact.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"
JANE = Principal(f"arn:aws:iam::{ACCOUNT}:user/jane", ACCOUNT)
DATE = "Date must be in ISO-8601 'basic format'."
SCOPE_DATE = "Date in Credential scope does not match YYYYMMDD from the request's date, or it has no aws4_request."
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details."
)


@pytest.fixture(autouse=True)
def jane(codeartifact_mock):
    identities.create_user(ACCOUNT, "jane", {KEY: (SECRET, "Active")}, {})


@pytest.fixture
def send(signed):
    """A function that returns the principal of a request that asks for a token, or for its caller's identity."""

    def send(host=CODEARTIFACT, *, keys=(KEY, SECRET), path="/v1/authorization-token?domain=acme", body=b"", **options):
        if host == STS:
            path, body = "/", b"Action=GetCallerIdentity&Version=2011-06-15"
        return authenticate(*signed(keys, host, path, body=body, **options))

    return send


@pytest.fixture
def error(send):
    """A function that returns code, status and message of the error for a request."""

    def error(*arguments, **options):
        with pytest.raises(APIError) as caught:
            send(*arguments, **options)
        return caught.value.code, caught.value.status, caught.value.message

    return error


def replaced(name, value):
    return lambda sent: sent | {name: value}


def rewritten(old, new):
    return lambda sent: sent | {"Authorization": re.sub(old, new, sent["Authorization"])}


@pytest.mark.parametrize("host", [CODEARTIFACT, STS])
def test_the_principal_that_signed(send, host):
    assert send(host) == JANE


def test_a_signed_body_and_more_signed_headers(send):
    body = b'{"maxResults": 1}'
    digest = hashlib.sha256(body).hexdigest()
    assert send(path="/v1/domains", body=body, headers={"X-Amz-Content-Sha256": digest, "X-Amz-More": "x"}) == JANE


@pytest.mark.parametrize(
    ("host", "unknown", "wrong"),
    [
        (CODEARTIFACT, "UnrecognizedClientException", "InvalidSignatureException"),
        (STS, "InvalidClientTokenId", "SignatureDoesNotMatch"),
    ],
)
def test_codes_are_those_of_the_protocol(error, host, unknown, wrong):
    message = "The security token included in the request is invalid."
    assert error(host, keys=("AKIAUNIT000000000002", SECRET)) == (unknown, 403, message)
    assert error(host, keys=(KEY, "other")) == (wrong, 403, MISMATCH)


def test_an_inactive_key_is_unknown(error):
    identities.create_user(ACCOUNT, "joe", {"AKIAUNIT000000000002": (SECRET, "Inactive")}, {})
    assert error(keys=("AKIAUNIT000000000002", SECRET))[0] == "UnrecognizedClientException"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(replaced("X-Amz-Date", "tomorrow"), DATE, id="no date"),
        pytest.param(rewritten(r"/[0-9]{8}/", "/19990101/"), SCOPE_DATE, id="another date in the scope"),
        pytest.param(rewritten("aws4_request", "aws3_request"), SCOPE_DATE, id="another terminator"),
        pytest.param(
            rewritten("host;", ""), "'host' must be a 'SignedHeader' in the AWS Authorization.", id="host not signed"
        ),
        pytest.param(
            replaced("X-Amz-Other", "x"),
            "'x-amz-other' must be a 'SignedHeader' in the AWS Authorization.",
            id="a header that is not signed",
        ),
        pytest.param(replaced("Host", "sts.amazonaws.com"), MISMATCH, id="a header that was changed"),
        pytest.param(rewritten("Signature=.*", f"Signature={'0' * 64}"), MISMATCH, id="another signature"),
    ],
)
def test_a_request_that_was_changed(error, change, message):
    assert error(change=change) == ("InvalidSignatureException", 403, message)


@pytest.mark.parametrize("scope", [("sts", "us-east-1"), ("codeartifact", "eu-west-1")])
def test_a_signature_is_for_one_service_and_region(error, scope):
    message = "Credential should be scoped to a valid region and the correct service: 'codeartifact'."
    assert error(scope=scope) == ("InvalidSignatureException", 403, message)


def test_a_hash_that_is_not_that_of_the_body(error):
    message = "The provided 'x-amz-content-sha256' header does not match what was computed."
    found = error(path="/v1/domains", body=b"{}", headers={"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"})
    assert found == ("InvalidSignatureException", 403, message)


@pytest.fixture
def signed_at(monkeypatch):
    """A function that lets botocore sign so many minutes from now."""

    def shift(minutes):
        then = datetime.now(timezone.utc) + timedelta(minutes=minutes)
        monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then.replace(tzinfo=None))
        return f"{then:%Y%m%dT%H%M%SZ}"

    return shift


@pytest.mark.parametrize("minutes", [-4.9, 4.9])
def test_a_clock_may_differ_by_less_than_5_minutes(send, signed_at, minutes):
    signed_at(minutes)
    assert send() == JANE


@pytest.mark.parametrize(
    ("minutes", "message"),
    [(-5.1, "Signature expired: {} is now earlier than "), (5.1, "Signature not yet current: {} is still later than ")],
)
def test_a_clock_that_differs_by_more(error, signed_at, minutes, message):
    date = signed_at(minutes)
    code, status, found = error()
    assert (code, status) == ("InvalidSignatureException", 403)
    assert found.startswith(message.format(date))
    assert re.fullmatch(r".* [0-9]{8}T[0-9]{6}Z \([0-9]{8}T[0-9]{6}Z [+-] 5 min\.\)", found)


@pytest.mark.parametrize(("host", "code"), [(CODEARTIFACT, "ExpiredTokenException"), (STS, "ExpiredToken")])
def test_a_session_that_has_expired(send, error, host, code):
    identities.create_role(ACCOUNT, "ci", "{}", {})
    sts = sts_backends[ACCOUNT]["aws"]
    session = sts.assume_role("us-east-1", "job", f"arn:aws:iam::{ACCOUNT}:role/ci", None, 900, "")
    keys = session.access_key_id, session.secret_access_key, session.session_token
    assert send(host, keys=keys).arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/job"
    identities.expire_sessions()
    assert error(host, keys=keys) == (code, 403, "The security token included in the request is expired")
