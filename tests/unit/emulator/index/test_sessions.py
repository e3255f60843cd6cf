"""Requests to the data plane: the repository that host and path name, and the principal of the token."""

import pytest
from werkzeug.exceptions import NotFound, Unauthorized
from werkzeug.test import create_environ
from werkzeug.wrappers import Request

from keyrings.codeartifact.emulator.iam.identities import Principal
from keyrings.codeartifact.emulator.index.sessions import Session, Target, authenticate, read_target

OWNER = "111122223333"
HOST = f"acme-{OWNER}.d.codeartifact.us-east-1.amazonaws.com"
VPC = "vpce-0a.d.codeartifact.eu-west-1.vpce.amazonaws.com"
RELEASE = Target("us-east-1", OWNER, "acme", "release", ())
JANE = Principal(f"arn:aws:iam::{OWNER}:user/jane", OWNER)
UNKNOWN = "the token is unknown, has expired, or is for another domain\n"
REQUIRED = "the user name aws and a token are required\n"


def request(path="/pypi/release/", host=HOST, **options):
    environ = create_environ(path, "https://replaced", **options)
    return Request(environ | {"HTTP_HOST": host})


@pytest.mark.parametrize(
    ("host", "path", "target"),
    [
        (HOST, "/pypi/release", RELEASE),
        (HOST, "/pypi/release/", RELEASE._replace(path=("",))),
        (HOST, "/pypi/release/simple/tools/", RELEASE._replace(path=("simple", "tools", ""))),
        (HOST.upper(), "/pypi/release", RELEASE),
        (f"{HOST}:443", "/pypi/release", RELEASE),
        (HOST.replace(".d.", ".").replace("amazonaws.com", "on.aws"), "/pypi/release", RELEASE),
        (VPC, f"/pypi/d/acme-{OWNER}/release/simple", Target("eu-west-1", OWNER, "acme", "release", ("simple",))),
        (VPC, f"/pypi/d/acme-tools-{OWNER}/release", Target("eu-west-1", OWNER, "acme-tools", "release", ())),
    ],
)
def test_host_and_path_name_a_repository(host, path, target):
    assert read_target(request(path, host)) == target


@pytest.mark.parametrize(
    ("host", "path"),
    [
        (HOST, "/"),
        (HOST, "/pypi"),
        (HOST, "/npm/release"),
        (HOST, "//pypi/release"),
        (VPC, "/pypi/release"),
        (VPC, "/pypi/d/acme/release"),
        (VPC, f"/pypi/d/acme-{OWNER}"),
        ("codeartifact.us-east-1.amazonaws.com", "/pypi/release"),
        ("evil.example", "/pypi/release"),
    ],
)
def test_host_and_path_name_no_repository(host, path):
    with pytest.raises(NotFound):
        read_target(request(path, host))


@pytest.mark.parametrize(("principal", "user"), [(JANE, JANE.arn), (None, None)], ids=["known", "unknown"])
def test_a_session_is_that_of_the_token_s_principal(backend, domain, principal, user):
    token, _ = backend.issue_token("acme", 900, principal)
    one = request(auth=("aws", token))
    assert authenticate(one, RELEASE) == Session(principal, domain, domain.repository("release"))
    assert one.environ.get("REMOTE_USER") == user


def test_an_expired_token(backend, token):
    backend.expire_tokens()
    assert refusal(auth=("aws", token)) == UNKNOWN


def refusal(target=RELEASE, **options):
    """Return the reason for which a request is unauthorized."""
    with pytest.raises(Unauthorized) as caught:
        authenticate(request(**options), target)
    response = caught.value.get_response()
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, 'Basic realm="codeartifact"')
    return response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        pytest.param({}, REQUIRED, id="nothing"),
        pytest.param({"headers": {"Authorization": "Bearer {}"}}, REQUIRED, id="bearer"),
        pytest.param({"headers": {"Authorization": "Basic !"}}, REQUIRED, id="not base64"),
        pytest.param({"auth": ("other", "{}")}, REQUIRED, id="another user name"),
        pytest.param({"auth": ("aws", "")}, UNKNOWN, id="no token"),
        pytest.param({"auth": ("aws", "{}x")}, UNKNOWN, id="another token"),
    ],
)
def test_a_request_without_a_valid_token(backend, token, options, reason):
    given = {
        name: {key: text.format(token) for key, text in value.items()}
        if isinstance(value, dict)
        else (value[0], value[1].format(token))
        for name, value in options.items()
    }
    assert refusal(**given) == reason


def test_a_token_is_for_one_domain(backend, token):
    backend.create_domain("other")
    other = RELEASE._replace(domain="other")
    assert refusal(other, auth=("aws", token)) == UNKNOWN
    own, _ = backend.issue_token("other", 900)
    assert refusal(auth=("aws", own)) == UNKNOWN


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"repository": "gone"}, "Repository not found. Repository 'gone' does not exist."),
        ({"region": "mars-1"}, "Region not found. Region 'mars-1' does not exist."),
    ],
)
def test_what_does_not_exist(backend, token, changed, message):
    with pytest.raises(NotFound) as caught:
        authenticate(request(auth=("aws", token)), RELEASE._replace(**changed))
    assert caught.value.description == message


def test_an_unknown_repository_is_not_told_without_a_token(backend):
    assert refusal(RELEASE._replace(repository="gone"), auth=("aws", "x")) == UNKNOWN
