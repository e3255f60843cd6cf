"""The emulator's page for a browser: all that it holds as text, in pages, and nothing that a client could inject."""

import re
from html import unescape
from urllib.parse import quote

import pytest
from werkzeug.test import create_environ
from werkzeug.wrappers import Request

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.api.repository import Asset
from keyrings.codeartifact.emulator.faults import Fault
from keyrings.codeartifact.emulator.journal import Entry
from keyrings.codeartifact.emulator.transport import status_page

OWNER = "111122223333"
ARN = f"arn:aws:codeartifact:us-east-1:{OWNER}:repository/acme/release"
INDEX = f"https://acme-{OWNER}.d.codeartifact.us-east-1.amazonaws.com/pypi/{{}}/simple/"
ACCEPTED = "IAM is not enforced: any signature is accepted"
EMPTY = "Last requests None yet. Faults None. Quotas by account and region None."


@pytest.fixture
def page(application):
    """A function that returns the response to a request for the page, or for that of a repository."""

    def page(arn=None, *, number=None, method="GET"):
        query = {name: value for name, value in (("repository", arn), ("page", number)) if value is not None}
        return status_page.respond(application, Request(create_environ(method=method, query_string=query)))

    return page


def text(response):
    """Return what a reader sees of a page."""
    html = response.get_data(as_text=True).partition("<body>")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html))).strip()


def add(repository, *projects, version="1.0"):
    for project in projects:
        repository.add(Asset(project, version, f"{project}-{version}.tar.gz", "", 0, ""))


def request(operation, status=200, **options):
    fields = {"access_key_id": "", "is_temporary": False, "principal": "", "params": {}, **options}
    return Entry("host", "GET", "/", operation, status=status, received=0, **fields)


def test_a_domain_with_its_repositories(page, domain):
    backend = backend_of(OWNER, "us-east-1")
    backend.create_domain("empty")
    backend.create_repository("acme", "gate", OWNER).is_public = True
    domain.set_upstreams("release", ["gate"])
    add(domain.repository("release"), "tools", "a-tools")
    assert text(page()) == (
        f"CodeArtifact emulator {ACCEPTED} Domains acme owner {OWNER}, us-east-1 "
        f"gate 0 packages {INDEX.format('gate')} External connection: public:pypi "
        f"release 2 packages {INDEX.format('release')} Upstreams: gate a-tools tools "
        f"empty owner {OWNER}, us-east-1 No repositories. {EMPTY}"
    )


def test_nothing(page, domain):
    del backend_of(OWNER, "us-east-1").domains["acme"]
    assert text(page()) == f"CodeArtifact emulator {ACCEPTED} Domains None. {EMPTY}"


def test_twelve_packages_are_shown_of_a_repository(page, domain):
    names = [f"tools-{number:02}" for number in range(13)]
    add(domain.repository("release"), *names[:12])
    assert "all packages" not in text(page())
    add(domain.repository("release"), names[12])
    shown = f"release 13 packages {INDEX.format('release')} {' '.join(names[:12])} all packages Last requests"
    assert shown in text(page())


def test_five_hundred_repositories_are_shown(page):
    backend = backend_of(OWNER, "us-east-1")
    for number in range(501):
        backend.create_repository("acme", f"team-{number:03}", OWNER)
    html = page().get_data(as_text=True)
    assert html.count("<h4>") == 500
    assert "Repositories that are not shown: 2<" in html


def test_the_newest_requests_are_first(page, application):
    application.journal.add(request("ListDomains", 403, access_key_id="AKIA"))
    application.journal.add(request("GetAuthorizationToken", principal="arn:jane", params={"domain": "acme"}))
    application.journal.add(request("Upload", 0))
    lines = re.sub(r"\d\d:\d\d:\d\d ", "", text(page())).partition("Last requests ")[2]
    assert lines == (
        "Upload / - cut GetAuthorizationToken acme arn:jane 200 ListDomains AKIA 403 "
        "The newest first; all with their parameters: requests (JSON) Faults None. Quotas by account and region None."
    )
    classes = re.findall(r'<span class="(good|bad)">(\w+)</span>', page().get_data(as_text=True))
    assert classes == [("bad", "cut"), ("good", "200"), ("bad", "403")]


def test_fifty_requests_are_shown(page, application):
    for number in range(51):
        application.journal.add(request(f"Operation{number}"))
    shown = re.findall(r"Operation\d+", text(page()))
    assert (len(shown), shown[0], shown[-1]) == (50, "Operation50", "Operation1")


def test_faults_and_quotas(page, application):
    application.access.is_enforced = True
    for fault in (Fault("Upload", 500), Fault("Download", 200, cut=True, times=3), Fault("ListDomains", hang=1.5)):
        application.faults.add(fault)
    application.quotas.set({"GetAuthorizationToken": 40, "AssumeRole": 0.5})
    shown = text(page())
    assert shown.startswith("CodeArtifact emulator IAM is enforced Domains")
    assert shown.partition("Faults ")[2] == (
        "Upload: status 500 1 time Download: status 200, connection cut 3 times ListDomains: 1.5 s delay 1 time "
        "Quotas by account and region AssumeRole 0.5 a second GetAuthorizationToken 40 a second"
    )


def test_a_repository_s_own_page(page, domain):
    release = domain.repository("release")
    add(release, "tools", "tools-2")
    add(release, "tools", version="2.0")
    release.set_origin("wanted", release.origin("wanted"))
    assert text(page(ARN)) == (
        f"CodeArtifact emulator release Domain acme, owner {OWNER}, us-east-1 · 3 packages {INDEX.format('release')} "
        "Packages tools 2.0 · 2 versions tools-2 1.0 · 1 version wanted 0 versions"
    )


@pytest.mark.parametrize(
    ("number", "title", "names", "links"),
    [
        (None, "page 1 of 3", ("tools-000", "tools-199"), [("2", "next")]),
        ("2", "page 2 of 3", ("tools-200", "tools-399"), [("1", "prev"), ("3", "next")]),
        ("3", "page 3 of 3", ("tools-400", "tools-400"), [("2", "prev")]),
    ],
)
def test_pages_of_two_hundred_packages(page, domain, number, title, names, links):
    add(domain.repository("release"), *(f"tools-{index:03}" for index in range(401)))
    html = page(ARN, number=number).get_data(as_text=True)
    shown = re.findall(r"<span>(tools-\d+)</span>", html)
    assert (re.findall(r"page \d of \d", html), (shown[0], shown[-1])) == ([title], names)
    link = f'<a href="?repository={quote(ARN, safe="")}&amp;page='
    assert re.findall(re.escape(link) + r'(\d)" rel="(\w+)"', html) == links


@pytest.mark.parametrize(
    ("arn", "number"),
    [("", None), (f"{ARN}x", None), (ARN, "0"), (ARN, "2"), (ARN, "-1"), (ARN, "x"), (ARN, ""), (ARN, "9" * 10)],
)
def test_no_such_page(page, arn, number):
    response = page(arn, number=number)
    expected = 404, "there is no such repository, or no such page of it\n"
    assert (response.status_code, response.get_data(as_text=True)) == expected


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_can_only_be_read(page, method):
    response = page(method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert response.get_data(as_text=True) == "this page can only be read\n"


def test_values_of_clients_are_escaped(page, application):
    hostile = "<script>alert(1)</script>"
    application.journal.add(request(hostile, principal=f'"{hostile}'))
    html = page().get_data(as_text=True)
    assert (html.count("<script"), html.count("&lt;script&gt;alert(1)")) == (0, 2)
    assert "script-src" not in page().headers["Content-Security-Policy"]
    assert page().headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
