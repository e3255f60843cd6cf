"""With IAM enforced, which roles can be assumed, by keys and by web identities."""

import json
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from support.guarded import CI, GITHUB, GITLAB, PARTNER_ROLE, keys, refusal, session

SUBJECT = "repo:acme/tools:ref:refs/heads/main"


def test_a_role_of_another_account(assume, ask, client, guarded):
    keys_of_session = assume(keys("partner"), ExternalId="acme-1")
    arn = "arn:aws:sts::111122223333:assumed-role/for-partner/test"
    assert client("sts", keys=keys_of_session).get_caller_identity()["Arn"] == arn
    assert ask(keys_of_session)
    assert [entry.principal for entry in guarded.journal.entries("GetAuthorizationToken")] == [arn]


def test_a_trust_policy_that_names_a_user_is_enough_in_its_account(assume, ask):
    assert ask(assume(keys("trusted")))


@pytest.mark.parametrize(
    ("name", "role", "parameters"),
    [
        pytest.param("partner", PARTNER_ROLE, {}, id="no external id"),
        pytest.param("partner", PARTNER_ROLE, {"ExternalId": "acme-2"}, id="another external id"),
        pytest.param("bystander", PARTNER_ROLE, {"ExternalId": "acme-1"}, id="not allowed by its own account"),
        pytest.param("stranger", PARTNER_ROLE, {"ExternalId": "acme-1"}, id="not trusted"),
        pytest.param("admin", PARTNER_ROLE, {}, id="not trusted, though in its account"),
        pytest.param("admin", CI, {}, id="trusts a provider only"),
        pytest.param("admin", "arn:aws:iam::111122223333:role/gone", {}, id="no such role"),
        pytest.param("admin", "arn:aws:iam::999999999999:role/gone", {}, id="no such account"),
    ],
)
def test_roles_that_may_not_be_assumed(assume, name, role, parameters):
    account = {"partner": 444455556666, "bystander": 444455556666, "stranger": 777788889999}.get(name, 111122223333)
    said = f"User: arn:aws:iam::{account}:user/{name} is not authorized to perform: sts:AssumeRole on resource: {role}"
    assert refusal(assume, keys(name), role, **parameters) == ("AccessDenied", 403, said)


def test_a_session_that_is_over(assume, ask, client, guarded):
    keys_of_session = assume(keys("trusted"))
    with urlopen(Request(f"{guarded.proxy_url}/_emulator/sessions", method="DELETE")):
        pass
    message = "The security token included in the request is expired"
    assert refusal(ask, keys_of_session) == ("ExpiredTokenException", 403, message)
    assert refusal(client("sts", keys=keys_of_session).get_caller_identity) == ("ExpiredToken", 403, message)


def test_a_session_s_token_is_its_own(assume, ask):
    one, other = assume(keys("trusted")), assume(keys("trusted"))
    assert refusal(ask, (*one[:2], other[2]))[0] == "UnrecognizedClientException"
    assert refusal(ask, (*one[:2], None))[0] == "UnrecognizedClientException"


def test_sessions_are_as_long_as_the_role_has_it(assume):
    code, status, message = refusal(assume, keys("trusted"), DurationSeconds=3601)
    assert (code, status) == ("ValidationError", 400)
    assert "MaxSessionDuration" in message


def test_a_token_as_long_as_the_session(assume, client):
    codeartifact = client("codeartifact", keys=assume(keys("trusted"), DurationSeconds=900))
    where = {"domain": "guarded", "domainOwner": "111122223333"}
    for duration, seconds in ((0, 900), (1800, 1800)):
        expiration = codeartifact.get_authorization_token(**where, durationSeconds=duration)["expiration"]
        assert expiration.timestamp() - time.time() == pytest.approx(seconds, abs=30)


@pytest.fixture
def web(guarded, client):
    """Return a function that assumes a role with an OIDC token, of GitHub's by default, and returns the session's keys."""

    def get(token=None, *, role=CI, issuer=GITHUB, subject=SUBJECT, audience="sts.amazonaws.com", **more):
        token = token or guarded.access.issuer.mint(issuer, subject, audience, **more)
        sts = client("sts", keys=("unused", "unused", None))
        return session(sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="job-1", WebIdentityToken=token))

    return get


def test_a_web_identity(web, ask, guarded):
    assert ask(web())
    [entry] = guarded.journal.entries("GetAuthorizationToken")
    assert entry.principal == "arn:aws:sts::111122223333:assumed-role/ci/job-1"
    [entry] = guarded.journal.entries("AssumeRoleWithWebIdentity")
    assert (entry.params, entry.principal) == ({"RoleArn": CI, "RoleSessionName": "job-1"}, "")


def test_a_role_s_session_assumes_another_for_an_hour_at_most(web, assume, ask):
    assert ask(assume(web()))
    code, _, message = refusal(assume, web(), DurationSeconds=3601)
    assert code == "ValidationError"
    assert "DurationSeconds" in message


NOT_TRUSTED = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        pytest.param({"audience": "nobody"}, ("InvalidIdentityToken", 400, "Incorrect token audience"), id="audience"),
        pytest.param({"audience": "other"}, NOT_TRUSTED, id="the provider's audience, not the role's"),
        pytest.param({"subject": "repo:evil/tools:ref:refs/heads/main"}, NOT_TRUSTED, id="subject"),
        pytest.param({"subject": "repo:acme/tools:pull_request"}, NOT_TRUSTED, id="pull request"),
        pytest.param({"role": "arn:aws:iam::111122223333:role/gone"}, NOT_TRUSTED, id="no such role"),
        pytest.param({"role": PARTNER_ROLE}, NOT_TRUSTED, id="a role that trusts no provider"),
        pytest.param(
            {"issuer": GITLAB},
            ("InvalidIdentityToken", 400, "No OpenIDConnect provider found in your account for https://gitlab.com"),
            id="issuer",
        ),
        pytest.param(
            {"token": "not.a.token-at-all"},
            (
                "InvalidIdentityToken",
                400,
                "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            ),
            id="no JWT",
        ),
    ],
)
def test_web_identities_that_are_not_believed(web, parameters, said):
    assert refusal(web, **parameters) == said


def test_an_issuer_whose_url_ends_like_a_provider_s(web):
    issuer = f"https://evil.example/{GITHUB.removeprefix('https://')}"
    assert refusal(web, issuer=issuer)[2] == f"No OpenIDConnect provider found in your account for {issuer}"


def test_a_session_by_a_web_identity_is_as_long_as_the_role_has_it(guarded, client):
    token = guarded.access.issuer.mint(GITHUB, SUBJECT, "sts.amazonaws.com")
    assume = client("sts").assume_role_with_web_identity
    parameters = {"RoleArn": CI, "RoleSessionName": "job-1", "WebIdentityToken": token}
    assert refusal(assume, **parameters, DurationSeconds=3601)[0] == "ValidationError"


def test_an_expired_web_identity(web):
    code, status, message = refusal(web, lifetime=0)
    assert (code, status) == ("ExpiredTokenException", 400)
    assert message.startswith("Token expired: current date/time ")


def test_the_signature_of_a_web_identity(web, guarded):
    header, claims, signature = guarded.access.issuer.mint(GITHUB, SUBJECT, "sts.amazonaws.com").split(".")
    _, others, _ = guarded.access.issuer.mint(GITHUB, "repo:acme/other:ref:refs/heads/main", "sts.amazonaws.com").split(
        "."
    )
    assert refusal(web, f"{header}.{others}.{signature}")[:2] == ("InvalidIdentityToken", 400)
    none = "eyJhbGciOiJub25lIn0"  # the header of a token with no signature
    assert refusal(web, f"{none}.{claims}.")[:2] == ("InvalidIdentityToken", 400)


def own_page(emulator, path, **headers):
    with urlopen(Request(f"{emulator.proxy_url}/_emulator/{path}", headers=headers)) as answer:
        return json.load(answer)


def test_the_runner_s_endpoint(web, guarded):
    path = f"identity-token?issuer={GITHUB}&subject={SUBJECT}&audience=sts.amazonaws.com"
    assert web(own_page(guarded, path, Authorization="bearer some-token")["value"])
    answer = own_page(guarded, f"{path}&lifetime=0", Authorization="bearer some-token")
    assert refusal(web, answer["value"])[0] == "ExpiredTokenException"
    assert answer["count"] == len(answer["value"])
    assert own_page(guarded, f"{path}&lifetime=86400", Authorization="bearer x")
    with pytest.raises(HTTPError) as caught:
        own_page(guarded, path, Authorization="Basic eDp5")
    with caught.value as basic:
        assert basic.code == 401
    for wrong, status in [
        (path, 401),
        (path.replace("https:", "http:"), 400),
        (path.replace("audience", "aud"), 400),
        (path.replace("subject", "sub"), 400),
        (f"{path}&lifetime=-1", 400),
        (f"{path}&lifetime=86401", 400),
    ]:
        with pytest.raises(HTTPError) as caught:
            own_page(guarded, wrong, **({} if status == 401 else {"Authorization": "bearer x"}))
        assert caught.value.code == status
        caught.value.close()


def test_a_deny_for_everybody_is_for_web_identities_too(guarded, client, web):
    iam = client("iam", keys=keys("admin"))
    trust = iam.get_role(RoleName="ci")["Role"]["AssumeRolePolicyDocument"]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringNotLike": {"token.actions.githubusercontent.com:sub": "repo:acme/tools:*"}},
    }
    statements = [trust["Statement"], deny]
    iam.update_assume_role_policy(RoleName="ci", PolicyDocument=json.dumps({**trust, "Statement": statements}))
    assert web()
    assert refusal(web, subject="repo:acme/other:ref:refs/heads/main") == NOT_TRUSTED
    iam.update_assume_role_policy(RoleName="ci", PolicyDocument=json.dumps(trust))


def test_a_trust_policy_may_name_the_session(guarded, client, web):
    iam = client("iam", keys=keys("admin"))
    trust = iam.get_role(RoleName="ci")["Role"]["AssumeRolePolicyDocument"]
    for name, may in (("job-1", True), ("job-2", False)):
        condition = {**trust["Statement"]["Condition"], "StringEquals": {"sts:RoleSessionName": name}}
        document = {**trust, "Statement": {**trust["Statement"], "Condition": condition}}
        iam.update_assume_role_policy(RoleName="ci", PolicyDocument=json.dumps(document))
        if may:
            assert web()
        else:
            assert refusal(web) == NOT_TRUSTED
    iam.update_assume_role_policy(RoleName="ci", PolicyDocument=json.dumps(trust))
