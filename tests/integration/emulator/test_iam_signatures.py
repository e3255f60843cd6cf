"""Which signed requests the emulator takes, and that it reads them in one way only."""

import json
import re

import pytest
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from support.guarded import CI, PARTNER_ROLE, keys, refusal

# What is checked is what is done: requests that no client sends.

CODEARTIFACT, STS, IAM_HOST = "codeartifact.us-east-1.amazonaws.com", "sts.amazonaws.com", "iam.amazonaws.com"


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def send(guarded, get):
    """Return a function that signs a request as it is told to, sends it, and returns status, headers and body."""

    def signed(name, host, path, *, method="POST", body="", service="", region="us-east-1", change=None, **headers):
        service = service or host.partition(".")[0]
        headers = {key.replace("_", "-"): value for key, value in headers.items()} | {"Host": host}
        key_id, secret, token = name if isinstance(name, tuple) else keys(name)
        request = AWSRequest(method, f"https://{host}{path}", headers=dict(headers), data=body.encode() or b"")
        SigV4Auth(Credentials(key_id, secret, token), service, region).add_auth(request)
        sent = dict(request.headers.items())
        if change:
            sent = change(sent)
        return get(host, path, method=method, body=body or None, headers=sent)

    return signed


def changed(**headers):
    """Return a function that changes headers after they were signed."""
    return lambda sent: {**sent, **{name.replace("_", "-"): value for name, value in headers.items()}}


def rewritten(old, new):
    return lambda sent: {**sent, "Authorization": re.sub(old, new, sent["Authorization"])}


def test_what_the_signer_sends_is_taken(send):
    assert send("reader", CODEARTIFACT, "/v1/authorization-token?domain=guarded")[0] == 200
    assert b"user/reader" in send("reader", STS, "/", body="Action=GetCallerIdentity&Version=2011-06-15", **FORM)[2]
    assert b"user/reader" in send("reader", STS, "/?Action=GetCallerIdentity&Version=2011-06-15", method="GET")[2]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(rewritten(r"/[0-9]{8}/", "/19990101/"), id="another date in the scope"),
        pytest.param(rewritten("aws4_request", "nonsense"), id="another terminator"),
        pytest.param(rewritten("us-east-1", "eu-west-1"), id="another region in the scope"),
        pytest.param(rewritten("host;", ""), id="host not signed"),
        pytest.param(rewritten(";x-amz-date", ""), id="date not signed"),
        pytest.param(changed(X_Amz_Other="x"), id="a header that is not signed"),
        pytest.param(changed(X_Amz_Content_SHA256="UNSIGNED-PAYLOAD"), id="an unsigned body"),
        pytest.param(changed(X_Amz_Date="tomorrow"), id="no date"),
        pytest.param(changed(X_Amz_Date="20269999T999999Z"), id="no such date"),
    ],
)
@pytest.mark.parametrize(("host", "body"), [(CODEARTIFACT, ""), (STS, "Action=GetCallerIdentity&Version=2011-06-15")])
def test_signatures_that_do_not_bind(send, host, body, change):
    path = "/v1/authorization-token?domain=guarded" if host == CODEARTIFACT else "/"
    status, headers, answer = send("reader", host, path, body=body, change=change, **(FORM if body else {}))
    assert status == 403
    assert (headers["x-amzn-ErrorType"] if host == CODEARTIFACT else answer.decode()).count("Signature") >= 1


def test_a_body_that_was_not_signed(send):
    def hashed(sent):
        return {**sent, "X-Amz-Content-SHA256": "0" * 64}

    body = "Action=GetCallerIdentity&Version=2011-06-15"
    assert send("reader", STS, "/", body=body, change=hashed, **FORM)[0] == 403


@pytest.mark.parametrize(
    "change",
    [
        rewritten("$", f", X={keys('admin')[0]}/"),
        rewritten("$", ", Signature=x"),
        rewritten("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"),
        rewritten("Signature=.*", "Signature="),
    ],
    ids=["another key behind", "twice", "another algorithm", "no signature"],
)
def test_the_authorization_header_says_one_thing(send, change):
    status, headers, _ = send("reader", CODEARTIFACT, "/v1/authorization-token?domain=guarded", change=change)
    assert (status, headers["x-amzn-ErrorType"]) == (400, "IncompleteSignature")


@pytest.mark.parametrize(
    ("host", "service", "region"),
    [
        ("codeartifact.eu-west-1.amazonaws.com", "codeartifact", "us-east-1"),
        ("sts.eu-west-1.amazonaws.com", "sts", "us-east-1"),
        (STS, "codeartifact", "us-east-1"),
        (CODEARTIFACT, "sts", "us-east-1"),
        (STS, "sts", "eu-west-1"),
        (IAM_HOST, "sts", "us-east-1"),
    ],
)
def test_a_scope_is_the_host_s(send, host, service, region):
    action = "ListRoles" if host == IAM_HOST else "GetCallerIdentity"
    path, body = ("/v1/domains", "") if host.startswith("codeartifact") else ("/", f"Action={action}")
    status, _, answer = send("admin", host, path, body=body, service=service, region=region, **(FORM if body else {}))
    assert status == 403
    assert b"Credential should be scoped to a valid region and the correct service" in answer


ASSUME = f"Action=AssumeRole&Version=2011-06-15&RoleSessionName=me&RoleArn={PARTNER_ROLE}"


WEB = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=me&WebIdentityToken=x&RoleArn={}"


@pytest.mark.parametrize(
    ("host", "path", "body", "headers", "code"),
    [
        pytest.param(STS, "/", f"{ASSUME}&Action=GetCallerIdentity", FORM, "MalformedQueryString", id="two actions"),
        pytest.param(STS, "/?Action=GetCallerIdentity", ASSUME, FORM, "MalformedQueryString", id="in query and form"),
        pytest.param(STS, "/", ASSUME, {"Content-Type": "multipart/form-data; boundary=x"}, "MalformedQueryString", id="multipart"),
        pytest.param(STS, "/", ASSUME, {}, "MalformedQueryString", id="no type"),
        pytest.param(STS, "/", ASSUME, {**FORM, "Content-Encoding": "gzip"}, "MalformedQueryString", id="gzip"),
        pytest.param(STS, "/", f"{ASSUME}&x={'x' * (1 << 20)}", FORM, "RequestEntityTooLarge", id="large"),
        pytest.param(STS, "/", f"{ASSUME}&RoleArn={CI}", FORM, "MalformedQueryString", id="two roles"),
        pytest.param(IAM_HOST, "/", WEB.format(CI), FORM, "InvalidAction", id="a web identity at IAM's host"),
        pytest.param(STS, "/", "Action=assumeRole", FORM, "InvalidAction", id="another case"),
        pytest.param(STS, "/", "Action=Foo", FORM, "InvalidAction", id="no such action"),
        pytest.param(STS, "/", f"Action=AssumeRole&RoleArn={PARTNER_ROLE}", FORM, "ValidationError", id="no session name"),
        pytest.param(STS, "/", ASSUME.replace("=me", "=refs/heads/main"), FORM, "ValidationError", id="session name"),
        pytest.param(STS, "/", f"{ASSUME}&DurationSeconds=899", FORM, "ValidationError", id="too short"),
        pytest.param(STS, "/", f"{ASSUME}&DurationSeconds=43201", FORM, "ValidationError", id="too long"),
        pytest.param(STS, "/", f"{ASSUME}&DurationSeconds=abc", FORM, "ValidationError", id="no number"),
        pytest.param(STS, "/", ASSUME.replace(PARTNER_ROLE, "junk"), FORM, "ValidationError", id="no ARN"),
        pytest.param(STS, "/", f"{ASSUME}&Policy=x", FORM, "UnknownOperationException", id="a session policy"),
        pytest.param(STS, "/", f"{ASSUME}&Tags.member.1.Key=x", FORM, "UnknownOperationException", id="session tags"),
        pytest.param(STS, "/", "Action=GetSessionToken", FORM, "UnknownOperationException", id="a user's session"),
        pytest.param(STS, "/", "Action=AssumeRoleWithSAML", FORM, "UnknownOperationException", id="SAML"),
        pytest.param(CODEARTIFACT, "/v1/authorization-token?domain=guarded&domain=other", "", {}, "MalformedQueryString", id="two domains"),
        pytest.param(CODEARTIFACT, "/v1/domains", "[]", {}, "SerializationException", id="a list"),
        pytest.param(CODEARTIFACT, "/v1/domains", "{", {}, "SerializationException", id="half a JSON"),
        pytest.param(CODEARTIFACT, "/v1/domains", "[" * 100_000, {}, "SerializationException", id="nested"),
        pytest.param(CODEARTIFACT, "/v1/domains", '{"maxResults": "1"}', {}, "SerializationException", id="a text"),
        pytest.param(CODEARTIFACT, "/v1/domains", '{"maxResults": true}', {}, "SerializationException", id="true"),
        pytest.param(CODEARTIFACT, "/v1/authorization-token", "", {}, "ValidationException", id="no domain"),
        pytest.param(CODEARTIFACT, "/v1/authorization-token", '{"domain": "guarded"}', {}, "ValidationException", id="the domain in a body"),
        pytest.param(CODEARTIFACT, "/v1/package/versions/delete?domain=guarded&repository=open&format=pypi&package=x", '{"versions": [1]}', {}, "SerializationException", id="a version that is a number"),
    ],
)  # fmt: skip
def test_requests_that_could_be_read_in_two_ways(send, host, path, body, headers, code):
    status, answered, answer = send("admin", host, path, body=body, **headers)
    assert 400 <= status < 600
    assert status not in (500, 200)
    assert code in (answered.get("x-amzn-ErrorType") or answer.decode())


@pytest.mark.parametrize(
    ("path", "body", "headers"),
    [
        ("/v1/domains?Action=ListRepositoriesInDomain&domain=guarded", "", {}),
        ("/v1/domains", "", {"X-Amz-Target": "a.ListRepositories"}),
        ("/v1/domains", "", {"X-Moto-Account-Id": "444455556666"}),
        ("/v1/domains", '{"domain": "guarded"}', {}),
    ],
)
def test_what_moto_would_listen_to(send, path, body, headers):
    """All of them are ListDomains, of the caller's account."""
    status, _, answer = send("admin", CODEARTIFACT, path, body=body, **headers)
    assert status == 200
    assert {domain["owner"] for domain in json.loads(answer)["domains"]} == {"111122223333"}


def test_the_domain_of_a_query_is_the_one_that_is_asked_for(send, guarded):
    """A body cannot change it."""
    status, _, _ = send("elsewhere", CODEARTIFACT, "/v1/authorization-token?domain=guarded", body='{"domain": "other"}')
    assert status == 403


def test_unsigned_requests_are_refused_in_the_service_s_own_way(guarded, client, get):
    sts = client("sts", signature_version=UNSIGNED)
    assert refusal(sts.get_caller_identity) == ("MissingAuthenticationToken", 403, "Missing Authentication Token")
    status, headers, _ = get(CODEARTIFACT, "/v1/domains", method="POST")
    assert (status, headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")
    assert headers["x-amzn-RequestId"]


def test_whoever_signs_wrongly_is_nobody_in_the_journal(ask, guarded):
    refusal(ask, (keys("admin")[0], "wrong", None))
    assert [entry.principal for entry in guarded.journal.entries("GetAuthorizationToken")] == [""]
    refusal(ask, keys("nobody"))
    assert guarded.journal.entries("GetAuthorizationToken")[-1].principal == "arn:aws:iam::111122223333:user/nobody"
