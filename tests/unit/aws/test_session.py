"""botocore sessions: refused profiles and endpoints, assumed roles, and what the thread of a request imports."""

import socket

import botocore.session
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.utils import ContainerMetadataFetcher

from keyrings.codeartifact.aws.session import create_client, describe_credentials, open_session
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import AWSError
from keyrings.codeartifact.models import Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
ROLE = "arn:aws:iam::111122223333:role/reader"
MFA = f"role_arn = {ROLE}\nmfa_serial = arn:aws:iam::111122223333:mfa/x\n"
KEYS = "aws_access_key_id = AKIASECTION\naws_secret_access_key = MARKED\n"
KEYS_IN_AWS = {"AWS_ACCESS_KEY_ID": "AKIAENVIRON", "AWS_SECRET_ACCESS_KEY": "MARKED"}


@pytest.fixture(autouse=True)
def aws_config(monkeypatch, tmp_path):
    """The path of the AWS configuration, besides which there is none, whatever this machine has."""
    for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_ENDPOINT_URL", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):  # fmt: skip
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    return tmp_path / "config"


def settings(text="", **environ):
    return resolve(RELEASE, {"CODEARTIFACT_CONFIG": f"[codeartifact]\n{text}", **environ})


def opened(loaded, environ=None):
    """Return the session of these settings, which has no OIDC token."""
    return open_session(loaded, "us-east-1", environ or {}, lambda: pytest.fail("an OIDC token was requested"))


@pytest.mark.parametrize(
    ("config", "name"),
    [
        pytest.param(f"[profile p]\nsource_profile = keys\n{MFA}", "p", id="the profile"),
        pytest.param(
            f"[profile p]\nrole_arn = {ROLE}\nsource_profile = q\n[profile q]\nsource_profile = keys\n{MFA}",
            "q",
            id="its source_profile",
        ),
        pytest.param(
            f"[profile p]\nrole_arn = {ROLE}\nsource_profile = q\n[profile q]\nrole_arn = {ROLE}\nsource_profile = r\n[profile r]\nsource_profile = keys\n{MFA}",
            "r",
            id="the source_profile of that",
        ),
        pytest.param(f"[profile p]\nsource_profile = p\n{MFA}{KEYS}", "p", id="keys besides the profile's own role"),
    ],
)
def test_a_profile_that_needs_an_mfa_code_is_refused(aws_config, config, name):
    aws_config.write_text(f"{config}[profile keys]\n{KEYS}")
    with pytest.raises(AWSError) as caught:
        opened(settings("profile_name = p\n"))
    assert caught.value.cause == f"profile '{name}' needs an MFA code, which cannot be entered here"
    assert caught.value.remedy.startswith("start a session with the AWS CLI or SSO")


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(f"[profile p]\n{KEYS}mfa_serial = x\n", id="no role"),
        pytest.param(f"[profile p]\nweb_identity_token_file = /x\n{MFA}", id="web identity"),
        pytest.param(
            f"[profile p]\nrole_arn = {ROLE}\nsource_profile = q\n[profile q]\nweb_identity_token_file = /x\nsource_profile = keys\n{MFA}",
            id="web identity of a source_profile",
        ),
        pytest.param(
            f"[profile p]\nrole_arn = {ROLE}\nsource_profile = q\n[profile q]\nsource_profile = keys\n{KEYS}{MFA}",
            id="a source_profile with keys of its own",
        ),
        pytest.param(
            f"[profile p]\nrole_arn = {ROLE}\nsource_profile = q\n[profile q]\nrole_arn = {ROLE}\nsource_profile = p\n",
            id="a circle",
        ),
        pytest.param(f"[profile p]\nrole_arn = {ROLE}\nsource_profile = gone\n", id="a missing source_profile"),
        pytest.param(f"[profile p]\n{KEYS}[profile other]\nsource_profile = keys\n{MFA}", id="another profile"),
    ],
)
def test_a_profile_that_needs_no_mfa_code_is_used(aws_config, config):
    aws_config.write_text(config)
    assert opened(settings("profile_name = p\n")).profile == "p"


def test_keys_in_the_environment_precede_the_default_profile(aws_config):
    aws_config.write_text(f"[default]\nsource_profile = keys\n{MFA}[profile keys]\n{KEYS}")
    assert opened(settings(), KEYS_IN_AWS)
    for environ in ({}, {"AWS_ACCESS_KEY_ID": ""}):
        with pytest.raises(AWSError, match=r"^profile 'default' needs an MFA code"):
            opened(settings(), environ)


def test_keys_in_the_environment_do_not_precede_a_named_profile(aws_config):
    aws_config.write_text(f"[profile p]\nsource_profile = keys\n{MFA}[profile keys]\n{KEYS}")
    with pytest.raises(AWSError, match=r"^profile 'p' needs an MFA code"):
        opened(settings("profile_name = p\n"), KEYS_IN_AWS)


def test_only_the_given_environment_counts(aws_config, monkeypatch):
    aws_config.write_text(f"[default]\nsource_profile = keys\n{MFA}[profile keys]\n{KEYS}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAPROCESS")
    with pytest.raises(AWSError, match=r"^profile 'default' needs an MFA code"):
        opened(settings(), {})


def test_the_source_of_a_role_is_checked_too(aws_config):
    aws_config.write_text(f"[profile p]\nsource_profile = keys\n{MFA}[profile keys]\n{KEYS}")
    with pytest.raises(AWSError, match=r"^profile 'p' needs an MFA code"):
        opened(settings(f"profile_name = p\nrole_arn = {ROLE}\n"))


@pytest.mark.parametrize("service", ["codeartifact", "sts"])
@pytest.mark.parametrize("where", ["variable", "service variable", "profile"])
def test_plain_http_to_another_host_is_refused(aws_config, monkeypatch, service, where):
    url = "http://user:MARKED@aws.example:8080/x"
    if where == "profile":
        aws_config.write_text(f"[default]\nendpoint_url = {url}\n")
    else:
        suffix = f"_{service.upper()}" if where == "service variable" else ""
        monkeypatch.setenv(f"AWS_ENDPOINT_URL{suffix}", url)
    client = create_client(opened(settings(KEYS)).create_client, service, settings(KEYS))
    with pytest.raises(AWSError) as caught:
        send(client, service)
    assert caught.value.cause == "refusing to send credentials over plain http, to http://aws.example:8080"
    assert caught.value.remedy == "use https in AWS_ENDPOINT_URL… and in endpoint_url of the AWS configuration"


def send(client, service):
    if service == "sts":
        return client.get_caller_identity()
    return client.get_authorization_token(domain="acme")


@pytest.fixture
def server():
    """A server that counts connections, and closes them."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0)
        yield listening


def connections(server):
    found = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            return found
        found += 1


def test_plain_http_to_this_machine_uses_no_proxy(monkeypatch, server):
    """The port of the endpoint is closed; a request through the proxy would be a connection to ``server``."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.getsockname()[1]}")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        loaded = settings(f"{KEYS}endpoint_url = http://127.0.0.1:{closed.getsockname()[1]}\nmax_attempts = 1\n")
        client = create_client(opened(loaded).create_client, "codeartifact", loaded)
        with pytest.raises(botocore.exceptions.EndpointConnectionError):
            send(client, "codeartifact")
    assert connections(server) == 0


def test_plain_http_to_this_machine_through_a_proxy_is_refused(monkeypatch, server):
    """Of the clients that botocore makes itself, to assume the role of a profile."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.getsockname()[1]}")
    client = opened(settings(KEYS)).create_client("sts", endpoint_url="http://127.0.0.1:9")
    with pytest.raises(AWSError) as caught:
        client.get_caller_identity()
    cause = "refusing to send credentials over plain http, to http://127.0.0.1:9 through a proxy"
    assert (caught.value.cause, caught.value.remedy) == (cause, "add that host to NO_PROXY")
    assert connections(server) == 0


@pytest.mark.parametrize("url", ["https://aws.example/", "http://localhost:8080/", "http://[::1]:8080/"])
def test_safe_urls_are_not_refused(url):
    events = opened(settings(KEYS)).get_component("event_emitter")
    responses = events.emit("before-send", request=AWSRequest("GET", url).prepare())
    # Others may listen too: moto, for all sessions.
    assert len(responses) >= 2
    assert {response for _, response in responses} == {None}


@pytest.fixture
def assume_role(monkeypatch):
    """A function that sets credentials in the responses to AssumeRole; ``requests`` holds the requests."""
    original = botocore.session.Session.create_client
    keys = {"AccessKeyId": "ASIAASSUMED", "SecretAccessKey": "MARKED", "SessionToken": "MARKED"}

    def respond(params, **_event):
        respond_with.requests.append(params["body"])
        return AWSResponse(params["url"], 200, {}, None), {"Credentials": keys}

    def create(*arguments, **options):
        client = original(*arguments, **options)
        client.meta.events.register("before-call.sts.AssumeRole", respond)
        return client

    def respond_with(**changes):
        keys.update(changes)

    respond_with.requests = []
    monkeypatch.setattr(botocore.session.Session, "create_client", create)
    return respond_with


@pytest.mark.parametrize("name", ["AccessKeyId", "SecretAccessKey", "SessionToken"])
def test_empty_credentials_of_a_role_are_refused(assume_role, name):
    """botocore would use another identity."""
    assume_role(**{name: ""})
    with pytest.raises(AWSError) as caught:
        opened(settings(f"{KEYS}role_arn = {ROLE}\n"))
    assert caught.value.cause == f"the response to AssumeRole for {ROLE} contains no credentials"
    assert caught.value.remedy == "check sts_endpoint_url"


@pytest.mark.parametrize("external_id", ["", "a-b"])
def test_parameters_of_assume_role(assume_role, external_id):
    text = f"{KEYS}role_arn = {ROLE}\nrole_session_name = me\n"
    session = opened(settings(text + (f"external_id = {external_id}\n" if external_id else "")))
    [request] = assume_role.requests
    expected = {"RoleArn": ROLE, "RoleSessionName": "me", **({"ExternalId": external_id} if external_id else {})}
    assert {name: request[name] for name in request.keys() - {"Action", "Version"}} == expected
    credentials = session.get_credentials()
    assert (credentials.access_key, credentials.secret_key, credentials.token) == ("ASIAASSUMED", "MARKED", "MARKED")
    assert session.get_config_variable("region") == "us-east-1"


@pytest.mark.parametrize(
    ("config", "environ", "described"),
    [
        pytest.param("", KEYS_IN_AWS, "access key …IRON", id="keys in the environment"),
        pytest.param(f"[profile p]\n{KEYS}", {"AWS_PROFILE": "p"}, "profile 'p', access key …TION", id="a profile"),
        pytest.param(
            f"[profile p]\nrole_arn = {ROLE}\nsource_profile = keys\n[profile keys]\n{KEYS}",
            {"AWS_PROFILE": "p"},
            f"profile 'p', role {ROLE}",
            id="a profile's role",
        ),
        pytest.param(
            "", {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": "/none"}, f"role {ROLE}", id="a web identity"
        ),
        pytest.param(
            "", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/"}, "container-role", id="a container"
        ),
        pytest.param("", {"AWS_EC2_METADATA_DISABLED": "true"}, "", id="nothing"),
    ],
)
def test_credentials_are_described_without_a_request(aws_config, monkeypatch, config, environ, described):
    aws_config.write_text(config)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        ContainerMetadataFetcher,
        "retrieve_full_uri",
        lambda *_, **__: {
            "AccessKeyId": "x",
            "SecretAccessKey": "x",
            "Token": "x",
            "Expiration": "2099-01-01T00:00:00Z",
        },
    )
    assert describe_credentials(opened(settings(), environ)) == described
