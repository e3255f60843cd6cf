"""What the threat model promises and no other test is about."""

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import trustme

from support.environments import make_environment
from support.project import UV
from support.seed import RELEASE

INDEX = f"{RELEASE}/simple/"
HOST = RELEASE.split("/")[2]


def test_nothing_of_a_checkout_is_read(home, tool, emulator):
    """Neither a configuration nor a module, whatever it is called."""
    checkout = home.folder / "checkout"
    hostile = "[codeartifact]\naws_access_key_id = AKIAHOSTILE000000001\naws_secret_access_key = MARKED\n"
    for name in (
        "keyringrc.cfg",
        "python_keyring/keyringrc.cfg",
        ".config/python_keyring/keyringrc.cfg",
        ".aws/config",
    ):
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(hostile)
    for name in ("keyrings", "keyring", "botocore", "filelock", "platformdirs", "sitecustomize", "configparser"):
        (checkout / f"{name}.py").write_text("raise SystemExit('hostile')\n")
    for command in ("keyring", "codeartifact-keyring"):
        home.succeed(tool.bin / command, "get", INDEX, "aws", cwd=checkout, CODEARTIFACT_CACHE="off")
    home.succeed(tool.bin / "keyrings-codeartifact", "token", INDEX, cwd=checkout, CODEARTIFACT_CACHE="off")
    keys = [entry.access_key_id for entry in emulator.journal.entries("GetAuthorizationToken")]
    assert keys == ["AKIACHAIN00000000001"] * 3


TOKEN = ("codeartifact-keyring", "get", INDEX, "aws")
RUNNER = "https://runner.actions.githubusercontent.com/_emulator/identity-token"
# By whom is asked: what makes it so, the command, and what it says.
ASKED = {
    "the API": ({}, TOKEN, "the TLS certificate of https://codeartifact.us-east-1.amazonaws.com cannot be verified"),
    "the runner": (
        {
            "GITHUB_ACTIONS": "true",
            "CODEARTIFACT_OIDC_AUDIENCE": "sts.amazonaws.com",
            "CODEARTIFACT_ROLE_ARN": "arn:aws:iam::111122223333:role/reader",
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{RUNNER}?issuer=https://token.actions.githubusercontent.com&subject=me",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "MARKED-runner",
        },
        TOKEN,
        "GitHub's runner sent no OIDC token in 3 attempts (SSLCertVerificationError)",
    ),
    "the index": (
        {"CODEARTIFACT_AUTH_TOKEN": "MARKED", "CODEARTIFACT_INDEX_URL": INDEX},
        ("keyrings-codeartifact", "doctor"),
        "unreachable (SSLCertVerificationError)",
    ),
}


@pytest.mark.parametrize("which", ["another authority", "none"])
@pytest.mark.parametrize(("environ", "command", "said"), ASKED.values(), ids=ASKED)
def test_a_certificate_of_somebody_else_s(home, tool, emulator, environ, command, said, which):
    """Whoever sits in between has no token, and no signature to replay it with."""
    authority = home.folder / "ca.pem"
    if which == "another authority":
        trustme.CA().cert_pem.write_to_path(authority)
        home.environ["AWS_CA_BUNDLE"] = str(authority)
    else:
        home.environ.pop("AWS_CA_BUNDLE")
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT"):
        home.environ.pop(name)
    done = home.fork(tool.bin / command[0], *command[1:], **environ)
    assert "MARKED" not in done.stdout
    assert said in done.stdout + done.stderr
    assert command != TOKEN or (done.returncode, done.stdout) == (1, "")
    assert emulator.journal.entries() == []


class Listener(ThreadingHTTPServer):
    """Whoever sits on the network: takes what is sent in the clear for whichever host, and asks for a password."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Listening)
        self.heard = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class Listening(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.heard.append((self.path, self.headers["Authorization"]))
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, *_):
        pass


@pytest.fixture
def listener(home):
    """All that goes by plain HTTP goes to it."""
    with Listener() as listener:
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        home.environ |= {"http_proxy": listener.url, "no_proxy": "", "NO_PROXY": ""}
        yield listener
        listener.shutdown()


@pytest.fixture(scope="module")
def client(tmp_path_factory, wheel):
    return make_environment(tmp_path_factory.mktemp("client") / "environment", "pip>=26.2", wheel)


PROJECT = f"""
[project]
name = "x"
version = "1"
requires-python = ">=3.10"
dependencies = ["acme-tools"]
[[tool.uv.index]]
name = "codeartifact"
url = "http://aws@{HOST}PATH"
default = true
"""


@pytest.mark.parametrize("path", ["/pypi/release/simple/", "/other/simple/"], ids=["ours", "another's"])
@pytest.mark.parametrize("way", ["pip, import", "pip, subprocess", "uv", "uv, project"])
def test_no_token_travels_in_the_clear(home, tool, emulator, client, listener, way, path):
    """Not for the URL, nor for its bare host, which clients ask for next, be it in another process."""
    folder = home.folder / "keyring"
    folder.mkdir()
    (folder / "keyring").symlink_to(tool.bin / "codeartifact-keyring")
    home.environ |= {"PATH": f"{folder}:{home.environ['PATH']}", "UV_KEYRING_PROVIDER": "subprocess"}
    del home.environ["UV_NO_CONFIG"]
    (home.folder / "requirements.txt").write_text(
        f"--index-url http://aws@{HOST}{path}\n--trusted-host {HOST}\nacme-tools\n"
    )
    (home.folder / "pyproject.toml").write_text(PROJECT.replace("PATH", path))
    pip = (client.python, "-m", "pip", "download", "--keyring-provider")
    commands = {
        "pip, import": (*pip, "import", "--requirement", "requirements.txt"),
        "pip, subprocess": (*pip, "subprocess", "--requirement", "requirements.txt"),
        "uv": (
            UV,
            "pip",
            "install",
            "--python",
            sys.executable,
            "--target",
            "target",
            "--requirement",
            "requirements.txt",
        ),
        "uv, project": (UV, "lock", "--python", sys.executable),
    }
    done = home.run(*commands[way])
    assert done.returncode != 0
    assert f"http://{HOST}{path}acme-tools/" in [url for url, _ in listener.heard]
    assert {said for _, said in listener.heard} <= {None, "Basic YXdzOg=="}  # which is aws and no password
    assert emulator.journal.entries("GetAuthorizationToken") == []
    host = home.fork(tool.bin / "codeartifact-keyring", "get", HOST, "aws")
    assert (host.returncode, host.stdout) == (1, "")


ENDPOINTS = {
    "by a variable": {"AWS_ENDPOINT_URL": "http://aws.example:4566"},
    "by a service's variable": {"AWS_ENDPOINT_URL_CODEARTIFACT": "http://aws.example:4566"},
    "STS's": {"AWS_ENDPOINT_URL_STS": "http://aws.example:4566", "CODEARTIFACT_ROLE_ARN": "arn:aws:iam::111122223333:role/reader"},
    "STS's, with a CI's token": {
        "AWS_ENDPOINT_URL_STS": "http://aws.example:4566",
        "CODEARTIFACT_ROLE_ARN": "arn:aws:iam::111122223333:role/reader",
        "CODEARTIFACT_OIDC_TOKEN_VARIABLE": "JOB_JWT",
        "JOB_JWT": "MARKED.MARKED.MARKED",
    },
    "by a file": {},
}  # fmt: skip


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_ENDPOINT_URL": "http://localhost:9"},
        {
            "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
            "CODEARTIFACT_ROLE_ARN": "arn:aws:iam::111122223333:role/reader",
            "CODEARTIFACT_OIDC_TOKEN_VARIABLE": "JOB_JWT",
            "JOB_JWT": "MARKED.MARKED.MARKED",
        },
        {"CODEARTIFACT_ENDPOINT_URL": "http://127.0.0.1:9"},
    ],
    ids=["a variable", "STS's, with a CI's token", "an option"],
)
def test_what_is_for_this_machine_goes_past_a_proxy(home, tool, listener, environ):
    done = home.fork(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", CODEARTIFACT_MAX_ATTEMPTS="1", **environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot connect to http://" in done.stderr
    assert listener.heard == []


def test_a_profile_s_role_is_not_asked_for_by_a_proxy_in_the_clear(home, tool, listener):
    """Its client is botocore's own."""
    (home.folder / "home" / ".aws").mkdir()
    (home.folder / "home" / ".aws" / "config").write_text(
        "[profile x]\nrole_arn = arn:aws:iam::111122223333:role/reader\nsource_profile = keys\n"
        "endpoint_url = http://127.0.0.1:9\n[profile keys]\naws_access_key_id = AKIA\naws_secret_access_key = MARKED\n"
    )
    done = home.fork(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", CODEARTIFACT_PROFILE_NAME="x")
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        "refusing to send credentials over plain http, to http://127.0.0.1:9 through a proxy; add that host to"
        in done.stderr
    )
    assert listener.heard == []


@pytest.mark.parametrize("environ", ENDPOINTS.values(), ids=ENDPOINTS)
def test_no_question_travels_in_the_clear(home, tool, listener, environ):
    """Wherever botocore has the endpoint from, as from a file that an earlier job has left in the runner's home."""
    (home.folder / "home" / ".aws").mkdir()
    (home.folder / "home" / ".aws" / "config").write_text(
        "" if environ else "[default]\nendpoint_url = http://aws.example:4566\n"
    )
    done = home.fork(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **environ)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "codeartifact-keyring: error: refusing to send credentials over plain http, to http://aws.example:4566; "
        "use https in AWS_ENDPOINT_URL… and in endpoint_url of the AWS configuration [CA506]\n"
    )
    assert listener.heard == []
