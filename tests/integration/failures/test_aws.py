"""Whatever AWS, or the way to it, answers: one line that says what is wrong and what to do."""

import re

import certifi
import pytest

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from support.failures import ASK, DOMAIN_PATTERN, KEYS, ROLE

SECTION = re.escape("access key …0001 ([codeartifact] of ") + r".*/keyringrc\.cfg\)"
# Some authority's that did not sign for the emulator: the one that requests brings along.
OTHER_CA = certifi.where()
ASSUMED = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    "<AccessKeyId>MARKED-id</AccessKeyId><SecretAccessKey>MARKED-secret</SecretAccessKey>"
    "<SessionToken>MARKED-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


def answer(body, status=200, **options):
    return Fault(ASK, status, {"Content-Type": "application/json"}, body, **options)


def token_answer(token, expiration):
    return answer(f'{{"authorizationToken": "{token}", "expiration": {expiration}}}')


AWS_CASES = [
    pytest.param(
        f"[codeartifact]\n{KEYS}",
        [aws_error(ASK, "AccessDeniedException", 403, "User: arn:aws:iam::1:user/u is not authorized to perform: x")],
        {},
        rf"AWS refused {ASK} on {DOMAIN_PATTERN} to {SECTION} \(User: arn:aws:iam::1:user/u is not authorized to perform: x\); "
        r"allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken, or .*",
        id="access denied",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "ResourceNotFoundException", 404)],
        {},
        rf"{DOMAIN_PATTERN} does not exist; check domain, domain owner and region in the index URL",
        id="no such domain",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "ThrottlingException", 429, "Rate exceeded", times=99)],
        {"CODEARTIFACT_THROTTLE_TIMEOUT": "0.01"},
        rf"AWS throttles {ASK} \([0-9]+ requests? in 0 s\); start fewer jobs at once, .* or raise throttle_timeout",
        id="throttling",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "InternalServerException", 500, "oops")],
        {"CODEARTIFACT_MAX_ATTEMPTS": "1"},
        rf"AWS responded to {ASK} with InternalServerException, HTTP 500; check the settings .*",
        id="server error",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "ExpiredTokenException", 403)],
        {},
        r"the credentials of the AWS default chain have expired; renew them and try again",
        id="expired credentials",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}",
        [aws_error(ASK, "UnrecognizedClientException", 403)],
        {},
        rf"AWS does not know the access key of {SECTION}; check the key ID, and the session token if there is one",
        id="unknown key",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}",
        [aws_error(ASK, "InvalidSignatureException", 403, "x-amz-security-token:MARKED-token")],
        {},
        rf"AWS rejected the credentials from {SECTION}: signature mismatch; check the secret access key and this machine's clock",
        id="wrong secret",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n",
        [
            aws_error("AssumeRole", "AccessDenied", 403, "not yours"),
        ],
        {},
        rf"AWS did not let {SECTION} assume the role {ROLE} \(not yours\); allow that identity sts:AssumeRole on the role, and .*",
        id="role refused",
    ),
    pytest.param(
        "",
        [],
        {
            "CODEARTIFACT_ENDPOINT_URL": "https://codeartifact.invalid",
            "HTTPS_PROXY": "",
            "https_proxy": "",
            "CODEARTIFACT_MAX_ATTEMPTS": "1",
        },
        r"cannot connect to https://codeartifact\.invalid.*; check the region in the index URL, name resolution, .*",
        id="a name that does not resolve",
    ),
    pytest.param(
        "",
        [],
        {"CODEARTIFACT_ENDPOINT_URL": "https://codeartifact.invalid", "CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"the proxy to AWS does not respond; check HTTPS_PROXY and NO_PROXY",
        id="a proxy that refuses",
    ),
    pytest.param(
        "",
        [],
        {"CODEARTIFACT_ENDPOINT_URL": "http://127.0.0.1:9", "CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"cannot connect to http://127\.0\.0\.1:9.*; check the region .*",
        id="a port where nobody listens",
    ),
    pytest.param(
        "",
        [Fault(ASK, hang=10)],
        {"CODEARTIFACT_READ_TIMEOUT": "0.5", "CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"no response from https://codeartifact\.us-east-1\.amazonaws\.com.* in time \(1 attempts\); check network, .*",
        id="a connection that hangs",
    ),
    pytest.param(
        "",
        [Fault(ASK, hang=10)],
        {"CODEARTIFACT_DEADLINE": "1"},
        r"no response from AWS within 1 s; check network, proxy and VPC endpoint, or raise the option deadline",
        id="the deadline",
    ),
    pytest.param(
        "",
        [],
        {"AWS_CA_BUNDLE": OTHER_CA, "CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"the TLS certificate of https://codeartifact\..* cannot be verified; set AWS_CA_BUNDLE, or verify in .*",
        id="a certificate that nobody trusts",
    ),
    pytest.param(
        "",
        [token_answer("MARKED-token", 1)],
        {},
        r"the token in the response to GetAuthorizationToken has already expired; set this machine's clock",
        id="an expired token",
    ),
    pytest.param(
        "",
        [token_answer("MARKED\\ntoken", 9999999999)],
        {},
        r"the response to GetAuthorizationToken contains no usable token; check endpoint_url .*",
        id="a token of two lines",
    ),
    pytest.param(
        "", [answer("{}")], {}, r"the response to GetAuthorizationToken contains no usable token; .*", id="no token"
    ),
    pytest.param(
        "",
        [answer("<html>Log in to the guest network</html>")],
        {},
        r"the response to GetAuthorizationToken contains no usable token; .*",
        id="HTML",
    ),
    pytest.param(
        "",
        [answer('{"authorizationToken": "MARKED-token", "expi')],
        {},
        r"the response to GetAuthorizationToken contains no usable token; .*",
        id="half a JSON",
    ),
    pytest.param(
        "",
        [token_answer("MARKED-token", '"soon"')],
        {},
        r"a request with the AWS default chain failed: botocore rejected a setting; .*",
        id="an absurd expiration",
    ),
    pytest.param(
        "",
        [token_answer("MARKED-token", '"0001-01-01T00:00:00"')],
        {},
        r"a request with the AWS default chain failed: botocore rejected a setting; .*",
        id="an expiration before time",
    ),
    pytest.param(
        "",
        [answer("You sent X-Amz-Security-Token: MARKED-session", 400)],
        {},
        rf"AWS responded to {ASK} with 400, HTTP 400; check the settings .*",
        id="a proxy's own words",
    ),
    pytest.param(
        "",
        [answer('{"authorizationToken":"MARKED', 500)],
        {"CODEARTIFACT_MAX_ATTEMPTS": "1"},
        rf"AWS responded to {ASK} with 500, HTTP 500; check the settings .*",
        id="a token in an error",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "AccessDeniedException", 403, "\x1b[2J\x1b]0;own\x07\x9b1m\u202e")],
        {},
        r"AWS refused [ -~]* \([ -~…]*\); [ -~]*",
        id="control characters",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n",
        [Fault("AssumeRole", 200, {"Content-Type": "text/xml"}, ASSUMED.partition("</SecretAccessKey>")[0])],
        {"CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"unexpected response, not from AWS \(ResponseParserError\); check HTTPS_PROXY, endpoint_url and sts_endpoint_url",
        id="half an XML",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n",
        [Fault("AssumeRole", 200, {"Content-Type": "text/xml"}, re.sub("MARKED[a-z-]*", "", ASSUMED))],
        {},
        rf"the response to AssumeRole for {ROLE} contains no credentials; check sts_endpoint_url",
        id="a role without keys, never the identity that asked for it",
    ),
    pytest.param(
        "",
        [],
        {
            "AWS_ENDPOINT_URL_CODEARTIFACT": "https://user:MARKED@127.0.0.1:9/",
            "CODEARTIFACT_MAX_ATTEMPTS": "1",
            "NO_PROXY": "*",
            "no_proxy": "*",
        },
        r"cannot connect to https://127\.0\.0\.1:9; .*",
        id="a password in an endpoint",
    ),
    pytest.param(
        "",
        [],
        {"AWS_ENDPOINT_URL": "user:MARKED@127.0.0.1:9"},
        r"a request with the AWS default chain failed: botocore rejected a setting; check .*",
        id="an endpoint that is none",
    ),
]


@pytest.mark.parametrize("keyring", ["keyring", "codeartifact-keyring"])
@pytest.mark.parametrize(("config", "faults", "environ", "message"), AWS_CASES)
def test_one_line(assert_fails, keyring, config, faults, environ, message):
    assert_fails(keyring, config, faults, environ, message)
