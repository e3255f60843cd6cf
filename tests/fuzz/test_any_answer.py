"""Any response of AWS or of a CI is a token that can be sent, or an error of one line, in time."""

import json
import math
import re
import socketserver
import threading
import time
from base64 import urlsafe_b64encode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keyrings.codeartifact._util.deadline import Deadline, DeadlineExceededError, run_within
from keyrings.codeartifact.aws import oidc, shared_token
from keyrings.codeartifact.aws.client import checked_token
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import AWSError, CodeArtifactError
from keyrings.codeartifact.models import Secret
from support.hostile import ACME, BLANKS, MARK, ROLE, TEXT, assert_harmless, examples, mutated

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)
# In seconds since the epoch.
EXPIRY = st.none() | st.floats(-1e11, 1e11) | st.floats(-1e5, 1e5).map(lambda seconds: time.time() + seconds)
WORDS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)
PIECES = (
    *("\n", "\r\n", " ", "\t", "\0", "\x7f", "\x85", "\xa0", "\u2028", ".", "..", "=", "+", "/", "é", "١", "{", "[[", "\\u0000", '"'),
)  # fmt: skip
# At some of these depths json raises RecursionError.
DEEP = st.integers(100, 5000).map(lambda depth: "[" * depth + "]" * depth)


@examples(3)
@given(SCALARS | mutated(WORDS, PIECES, most=1), EXPIRY)
def test_responses_of_aws(value, expires):
    try:
        token = checked_token(value, expires)
    except AWSError as error:
        assert_harmless(error)
    else:
        assert token.value == value
        assert re.fullmatch(rb"[\x21-\x7e]+", token.value.encode("ascii"))
        assert token.expires > time.time() - 1
        assert math.isfinite(token.expires)
        assert repr(token).startswith("Token(value='…', ")


HELD = st.fixed_dictionaries(
    {name: st.just(text) for name, text in zip(("domain", "domain_owner", "region"), ACME, strict=False)},
    optional={"token": JSON | WORDS, "expires": JSON | st.just("2999-01-01T00:00:00Z")},
).map(json.dumps)


@examples(3)
@given(mutated(HELD, PIECES, most=1) | JSON.map(json.dumps) | DEEP | TEXT)
def test_values_of_secrets(text):
    try:
        token = shared_token.parse(text, ACME, "arn:aws:secretsmanager:us-east-1:111122223333:secret:a-A1b2C3")
    except CodeArtifactError as error:
        assert_harmless(error)
    else:
        assert re.fullmatch(rb"[\x21-\x7e]+", token.value.encode("ascii"))
        assert token.expires > time.time() - 1
        assert isinstance(token.value, Secret)


def jwt(claims):
    return f"e30.{urlsafe_b64encode(claims.encode('utf-8', 'surrogatepass')).decode().rstrip('=')}.{MARK}"


CLAIMS = (
    st.fixed_dictionaries({}, optional=dict.fromkeys(("iss", "sub", "aud"), JSON)).map(json.dumps)
    | JSON.map(json.dumps)
    | DEEP.map(lambda deep: f'{{"sub": {deep}, "aud": [{deep}]}}')
    | st.text()
)
JWTS = CLAIMS.map(jwt)


@examples(3)
@given(mutated(JWTS, PIECES) | TEXT)
def test_claims_are_one_printable_line(token):
    claims = oidc.claims(token)
    assert str(claims).isprintable()
    assert all(len(claim) <= 200 for claim in claims)


def settings(option, value, **more):
    options = {option: value, "role_arn": ROLE, **more}
    return resolve(
        ACME, {"CODEARTIFACT_CONFIG": "#", **{f"CODEARTIFACT_{name.upper()}": text for name, text in options.items()}}
    )


IN_VARIABLE = settings("oidc_token_variable", "ID_TOKEN")


def assert_token(token):
    assert isinstance(token, Secret)
    assert re.fullmatch(rb"[A-Za-z0-9_.-]+", token.encode("ascii"))
    assert MARK not in repr(token)


@examples(3)
@given(BLANKS, mutated(JWTS, PIECES, most=1) | TEXT, BLANKS)
def test_tokens_in_a_variable_and_in_a_file(tmp_path_factory, before, text, after):
    content = f"{before}{text}{after}"
    path = str(tmp_path_factory.getbasetemp() / "id-token")
    with open(path, "wb") as file:
        file.write(content.encode("utf-8", "surrogateescape"))
    in_file = settings("web_identity_token_file", path)
    for loaded in (IN_VARIABLE, in_file):
        try:
            token = oidc.load(loaded, {"ID_TOKEN": content})
        except CodeArtifactError as error:
            assert_harmless(error, "ID_TOKEN", path)
        else:
            assert_token(token)
            assert token == content.strip()


@examples(1)
@given(JWTS.map(str.encode), st.binary(max_size=4), st.integers(0, 400))
def test_a_file_of_any_bytes(tmp_path_factory, content, odd, at):
    path = str(tmp_path_factory.getbasetemp() / "id-token")
    with open(path, "wb") as file:
        file.write(content[:at] + odd + content[at:])
    try:
        assert_token(oidc.load(settings("web_identity_token_file", path), {}))
    except CodeArtifactError as error:
        assert_harmless(error, path)


class _Responses(socketserver.ThreadingTCPServer):
    """A server that responds to each request with the bytes ``response``, then closes the connection.

    For ``hold`` seconds it first sends more bytes.
    """

    allow_reuse_address = daemon_threads = True
    response = b""
    hold = 0.0


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1 << 16)
        self.request.sendall(self.server.response)
        end = time.monotonic() + self.server.hold
        while time.monotonic() < end:
            time.sleep(0.05)
            try:
                self.request.sendall(b"x")
            except OSError:
                return


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, _Responses(("127.0.0.1", 0), _Handler) as server:
        # No certificate is verified here, and loading a bundle takes longer than the rest.
        for variable in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT"):
            patch.delenv(variable, raising=False)
        patch.setenv("SSL_CERT_FILE", str(tmp_path_factory.getbasetemp() / "none"))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


def request_token(runner, deadline):
    """Return the token that the runner issues within ``deadline`` seconds.

    Raises CodeArtifactError for an unusable response, and DeadlineExceededError.
    """
    # This machine is reached without a proxy.
    environ = {
        "GITHUB_ACTIONS": "true",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"http://127.0.0.1:{runner.server_address[1]}/?x=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": f"{MARK}runner",
    }
    loaded = settings("oidc_audience", "sts.amazonaws.com", max_attempts="1", read_timeout="5")
    return run_within(Deadline(deadline), lambda: oidc.load(loaded, environ))


@st.composite
def responses(draw):
    """Bytes on the wire: HTTP, broken HTTP, or anything."""
    status = draw(
        st.sampled_from(
            ["200 OK", "200 OK", "200 OK", "204 None", "302 Found", "401 No", "429 Wait", "500 Oops", "999 ?", "20", ""]
        )
    )
    body = draw(
        mutated(JWTS, PIECES, most=1).map(lambda token: json.dumps({"value": token}))
        | JSON.map(json.dumps)
        | DEEP.map(lambda deep: f'{{"value": {deep}}}')
        | st.just("<html>")
    ).encode("utf-8", "surrogatepass")
    length = draw(
        st.sampled_from(
            [f"Content-Length: {len(body)}", "Content-Length: 9", "Content-Length: -1", "Content-Length: ?", ""]
        )
    )
    coding = draw(
        st.sampled_from(
            [
                "",
                "",
                "",
                "Transfer-Encoding: chunked",
                "Content-Encoding: gzip",
                "Location: /",
                "a" * 70000,
                "x\r\n\r\n",
            ]
        )
    )
    raw = f"HTTP/1.1 {status}\r\n{length}\r\n{coding}\r\n\r\n".encode().replace(b"\r\n\r\n\r\n", b"\r\n\r\n") + body
    end = draw(st.just(len(raw)) | st.integers(0, len(raw)))
    return draw(st.just(raw[:end]) | st.just(raw[:end]) | st.binary())


@examples(3)
@given(responses())
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
@example(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
def test_responses_of_the_runner_of_github(runner, response):
    runner.response, runner.hold = response, 0.0
    begin = time.monotonic()
    try:
        token = request_token(runner, 10)
    except CodeArtifactError as error:
        assert_harmless(error, "GitHub's runner")
        assert time.monotonic() - begin < 9, response
    else:
        assert_token(token)


@examples(0.05)
@given(
    st.sampled_from(
        [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{", b"HTTP/1.1 500 Oops\r\nx: "]
    )
)
def test_a_response_that_does_not_end_is_abandoned_at_the_deadline(runner, begin):
    runner.response, runner.hold = begin, 5
    start = time.monotonic()
    with pytest.raises(DeadlineExceededError):
        request_token(runner, 0.3)
    assert time.monotonic() - start < 4
