"""The data plane: project pages, downloads and uploads, through both doors."""

import hashlib
import json
import re
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from keyrings.codeartifact.emulator import planting
from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.seed import parse
from support import large
from support.command import Command
from support.seed import DUAL_STACK, HOST, PAGE, VPC


@pytest.mark.parametrize(
    ("host", "path"),
    [(HOST, PAGE), (DUAL_STACK, PAGE), (VPC, "/pypi/d/acme-111122223333/release/simple/acme-tools/")],
    ids=["host", "dual-stack", "VPC"],
)
def test_a_page_and_its_file(get, token, host, path):
    status, headers, body = get(host, path, token, headers={"Host": host.upper()})
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    anchor = (
        '<a href="([^"#]*)#sha256=([0-9a-f]{64})" data-requires-python="&gt;=3">acme_tools-1.0-py3-none-any.whl</a>'
    )
    [(address, sha256)] = re.findall(anchor, body.decode())
    status, _, content = get(host, path + address, token)
    assert status == 200
    assert hashlib.sha256(content).hexdigest() == sha256


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/pypi/release/simple/gone/", 404),
        ("/pypi/gone/simple/acme-tools/", 404),
        ("/pypi/release/simple/", 404),
        ("/pypi/release/simple/acme-tools", 301),
        ("/pypi/release/simple/Acme.Tools/", 200),
        ("/pypi/release/simple/acme-tools/1.0/../../../../etc/passwd", 404),
        ("/npm/release/acme-tools", 404),
    ],
)
def test_other_pages(get, token, path, status):
    assert get(HOST, path, token)[0] == status


@pytest.mark.parametrize(
    "path", [PAGE, "/pypi/release/simple/acme-tools/1.0/acme_tools-1.0-py3-none-any.whl", "/pypi/gone/"]
)
def test_no_page_without_a_token(get, client, path):
    partner = client("codeartifact", "eu-west-1").get_authorization_token(domain="partner", domainOwner="444455556666")
    for other in (None, "made-up", partner["authorizationToken"]):
        status, headers, _ = get(HOST, path, other)
        assert (status, headers["WWW-Authenticate"]) == (401, 'Basic realm="codeartifact"')


@pytest.fixture
def two_domains(client):
    """Two more domains of the same account in one region, and a token for the first."""
    codeartifact = client("codeartifact", "us-west-2")
    domains = [
        domain["domain"]["name"] for domain in (codeartifact.create_domain(domain=f"d{uuid4().hex[:8]}") for _ in "12")
    ]
    for domain in domains:
        codeartifact.create_repository(domain=domain, repository="release")
    return *domains, codeartifact.get_authorization_token(domain=domains[0])["authorizationToken"]


def test_a_token_is_for_one_domain(get, two_domains, token):
    one, two, first = two_domains
    host = "{}-111122223333.d.codeartifact.us-west-2.amazonaws.com"
    assert get(host.format(one), PAGE, first)[0] == 404
    assert get(host.format(two), PAGE, first)[0] == 401
    assert get(host.format(one), PAGE, token)[0] == 401
    emptied = {"Authorization": f"Basic {b64encode(f'other:{first}'.encode()).decode()}"}
    assert get(host.format(one), PAGE, headers=emptied)[0] == 401
    assert get(host.format(one), PAGE, headers={"Authorization": f"Bearer {first}"})[0] == 401


def test_an_expired_token_is_turned_away(get, client, monkeypatch):
    issued = client("codeartifact").get_authorization_token(domain="acme", durationSeconds=900)["authorizationToken"]
    assert get(HOST, PAGE, issued)[0] == 200
    now = time.time()
    monkeypatch.setattr("keyrings.codeartifact.emulator.api.models.time.time", lambda: now + 901)
    assert get(HOST, PAGE, issued)[0] == 401


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({":action": "file_upload", "name": "x", "version": "1.0"}, 400),
        ({":action": "doc_upload", "name": "x", "version": "1.0", "content": "x-1.0.tar.gz"}, 400),
        ({":action": "file_upload", "name": "x", "version": "1.0", "content": "../x-1.0.tar.gz"}, 400),
        ({":action": "file_upload", "name": "x", "version": "1.0", "content": "x.exe"}, 400),
        ({":action": "file_upload", "name": "<x>", "version": "1.0", "content": "x-1.0.tar.gz"}, 400),
        ({":action": "file_upload", "name": "x", "version": "//evil.example", "content": "x-1.0.tar.gz"}, 400),
        ({":action": "file_upload", "name": "x", "version": "1.0", "content": "y-1.0.tar.gz"}, 400),
        ({":action": "file_upload", "name": "x", "version": "1.0", "content": "x-1.1.tar.gz"}, 400),
        ({":action": "file_upload", "name": "x", "version": "1.0", "content": "x-1.0.tar.gz"}, 400),
        ({":action": "file_upload", "name": "x", "version": "1.0", "content": "x-1.0-py3-none-any.whl"}, 400),
    ],
)
def test_uploads_that_are_none(get, token, fields, status):
    parts = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"'
        + (f'; filename="{value}"\r\n\r\ncontent' if name == "content" else f"\r\n\r\n{value}")
        + "\r\n"
        for name, value in fields.items()
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert get(HOST, "/pypi/release/", token, method="POST", body=f"{parts}--b--\r\n", headers=headers)[0] == status


JSON = "application/vnd.pypi.simple.v1+json"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (None, "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("text/html", "text/html; charset=utf-8"),
        (JSON, JSON),
        ("application/vnd.pypi.simple.latest+json", JSON),
        ("application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"),
        (f"{JSON}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01", JSON),
        (f"text/html, {JSON}; q=0.5", "text/html; charset=utf-8"),
    ],
)
def test_a_page_in_the_form_that_is_wanted(get, token, accept, kind):
    status, headers, body = get(HOST, PAGE, token, headers={"Accept": accept} if accept else {})
    assert (status, headers["Content-Type"], headers["Vary"]) == (200, kind, "Accept")
    assert (json.loads(body)["name"] == "acme-tools") if kind == JSON else body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize("accept", ["application/json", "image/png", "application/vnd.pypi.simple.v2+json"])
def test_a_page_in_no_form_that_is_wanted(get, token, accept):
    assert get(HOST, PAGE, token, headers={"Accept": accept})[0] == 406


def test_a_page_tells_what_clients_choose_by(get, emulator, client, tmp_path):
    name = f"d{uuid4().hex[:8]}"
    wheels.build(tmp_path, "choice", "1.0", requires_python=">=3.10,<4")
    wheels.build(tmp_path, "choice", "2.0")
    packages = "[choice-1.*.whl, {path: choice-2.*.whl, yanked: it is <broken>}]"
    seed = f"{{name: {name}, owner: 111122223333, region: eu-west-3, repositories: [{{name: release, packages: {packages}}}]}}"
    planting.plant(parse(f"domains: [{seed}]", str(tmp_path / "seed.yaml")), emulator.application)
    token = client("codeartifact", "eu-west-3").get_authorization_token(domain=name)["authorizationToken"]
    host, path = f"{name}-111122223333.d.codeartifact.eu-west-3.amazonaws.com", "/pypi/release/simple/choice/"
    files = json.loads(get(host, path, token, headers={"Accept": JSON})[2])["files"]
    assert [(file["filename"], file["requires-python"], file["yanked"]) for file in files] == [
        ("choice-1.0-py3-none-any.whl", ">=3.10,<4", False),
        ("choice-2.0-py3-none-any.whl", ">=3", "it is <broken>"),
    ]
    page = get(host, path, token)[2].decode()
    assert 'data-requires-python="&gt;=3.10,&lt;4">choice-1.0' in page
    assert 'data-yanked="it is &lt;broken&gt;">choice-2.0' in page


def test_a_part_of_a_file(get, token):
    path = f"{PAGE}1.0/acme_tools-1.0-py3-none-any.whl"
    whole = get(HOST, path, token)[2]
    status, headers, part = get(HOST, path, token, headers={"Range": "bytes=10-19"})
    assert (status, headers["Content-Range"], part) == (206, f"bytes 10-19/{len(whole)}", whole[10:20])
    assert get(HOST, path, token, headers={"Range": f"bytes={len(whole)}-"})[0] == 416


def test_200_connections_at_once(get, token):
    """Each one gets its answer; nobody is turned away or left waiting."""
    with ThreadPoolExecutor(200) as pool:
        statuses = list(pool.map(lambda _: get(HOST, PAGE, token)[0], range(200)))
    assert statuses == [200] * 200


def test_300_mib_pass_in_constant_memory():
    """`make bench` passes 1 GiB."""
    with Command() as command:
        assert large.pass_through(command.exports(), command.pid, 300) < 30
