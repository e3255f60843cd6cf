"""The line of a request: aligned, printable, bounded, and without secrets."""

import io
import secrets
import time

import pytest

from keyrings.codeartifact.emulator import request_log
from keyrings.codeartifact.emulator.journal import Entry

USER = "arn:aws:iam::111122223333:user/developer"
KEY = "AKIAIOSFODNN7EXAMPLE"
# As the emulator's own, and as AWS' secret access keys.
TOKEN = f"eyJ2ZXIiOjF9.{secrets.token_urlsafe(24)}.{secrets.token_urlsafe(12)}.{secrets.token_urlsafe(480)}.x"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def entry(operation="", path="/", *, host="host", method="GET", key="", principal="", params=None, status=200):
    return Entry(
        host, method, path, operation, key, is_temporary=False, principal=principal, params=params or {}, status=status
    )


@pytest.mark.parametrize(
    ("request_", "who", "what", "status"),
    [
        pytest.param(
            entry("GetAuthorizationToken", key=KEY, principal=USER, params={"domain": "acme", "duration": "900"}),
            *(USER, "GetAuthorizationToken acme", "200"),
            id="principal",
        ),
        pytest.param(
            entry("ListPackages", key=KEY, params={"domain": "acme", "repository": "release"}, status=404),
            *(KEY, "ListPackages acme/release", "404"),
            id="key",
        ),
        pytest.param(
            entry("AssumeRole", params={"RoleArn": "arn:aws:iam::111122223333:role/ci", "ExternalId": "x"}),
            *("-", "AssumeRole arn:aws:iam::111122223333:role/ci", "200"),
            id="role",
        ),
        pytest.param(entry("ListDomains", status=0), "-", "ListDomains", "cut", id="cut"),
        pytest.param(
            entry("ProjectPage", "/pypi/release/simple/acme-tools/"),
            *("-", "ProjectPage release/acme-tools", "200"),
            id="page",
        ),
        pytest.param(
            entry("Download", "/pypi/d/acme-111122223333/release/simple/x/1.0/x-1.0.tar.gz"),
            *("-", "Download release/x-1.0.tar.gz", "200"),
            id="file",
        ),
        pytest.param(entry("Upload", "/pypi/release/"), "-", "Upload release", "200", id="upload"),
        pytest.param(entry("Download", "/npm/x"), "-", "Download /npm/x", "200", id="other format"),
        pytest.param(entry(method="PUT", path="/x"), "-", "PUT host/x", "200", id="no operation"),
    ],
)
def test_a_line(request_, who, what, status):
    clock, rest = request_log.line(request_).split("  ", 1)
    assert clock == time.strftime("%H:%M:%S", time.localtime(request_.received))
    assert rest == f"{who:<40}  {what:<48}  {status}"


@pytest.mark.parametrize(
    "one",
    [
        entry("Download", f"/{TOKEN}"),
        entry("ListDomains", key=SECRET),
        entry("AssumeRole", params={"RoleArn": TOKEN}),
        entry(host=TOKEN, method="CONNECT"),
    ],
    ids=["token in path", "secret as key", "token as role", "token as host"],
)
def test_no_secret_is_in_a_line(one):
    line = request_log.line(one)
    assert "…" in line
    for part in (*TOKEN.split(".")[3:4], SECRET):
        assert part[:40] not in line


@pytest.mark.parametrize("hostile", ["\x1b[31m", "\r\n12:00:00  ", "\u202e", "\x00", "\u2028", "\x9b2J"], ids=ascii)
def test_values_of_clients_are_printable(hostile):
    for one in (
        entry("Download", f"/a{hostile}b"),
        entry(method=f"a{hostile}b", host=f"a{hostile}b"),
        entry("CreateDomain", key=f"a{hostile}b", params={"domain": f"a{hostile}b"}),
        entry("AssumeRole", principal=f"a{hostile}b", params={"RoleArn": f"a{hostile}b"}),
    ):
        assert request_log.line(one).isprintable()


def test_values_of_clients_are_bounded():
    long = "a.b " * 5000
    line = request_log.line(entry("AssumeRole", long, key=long, principal=long, params={"RoleArn": long}))
    assert len(line) <= 8 + 2 + 120 + 2 + 160 + 2 + 3
    assert "…" in line


def test_a_reader_that_has_gone_is_no_error():
    stream = io.StringIO()
    log = request_log.write_to(stream)
    log(entry("ListDomains"))
    assert stream.getvalue() == f"{request_log.line(entry('ListDomains'))}\n"
    stream.close()
    log(entry("ListDomains"))
