"""The emulator's page: what it shows, what it never shows, and how a browser displays it."""

import re
from html import unescape
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.api.repository import Asset
from keyrings.codeartifact.emulator.faults import Fault
from support.browser import Browser, needs_chromium
from support.seed import INDEX, SECRETS, SHARED

OWNER, REGION = "111122223333", "ap-northeast-1"
HOSTILE = '<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m&\u202e"'


@pytest.fixture(scope="module")
def large(codeartifact_emulator):
    """The ARN of a repository with 10,000 projects."""
    domain = backend_of(OWNER, REGION).create_domain(f"d{uuid4().hex:x<49}")
    repository = backend_of(OWNER, REGION).create_repository(domain.name, "large", OWNER)
    for number in range(10_000):
        name = f"project-{number:05}"
        for version in ("1.0", "2.0") if number == 0 else ("1.0",):
            repository.add(Asset(name, version, f"{name}-{version}.tar.gz", "", 0, ""))
    backend_of(OWNER, REGION).create_repository(domain.name, "x" * 100, OWNER)
    return domain.arn("large")


@pytest.fixture
def page(emulator):
    """Return a function that returns the page's headers and text."""

    def get(query="", **headers):
        with urlopen(Request(f"{emulator.proxy_url}/_emulator/{query}", headers=headers)) as answer:
            return answer.headers, answer.read().decode()

    return get


@pytest.fixture
def busy(emulator, client, token):
    """A browser's worth of requests, one of them hostile, and faults and quotas."""
    emulator.quotas.set({"GetAuthorizationToken": 40, "AssumeRole": 0.5})
    emulator.faults.add(Fault("Download", 200, {"X-Mark": "MARKED"}, "MARKED", cut=True, times=3))
    emulator.faults.add(Fault("AssumeRole", hang=1.5))
    client("sts").get_caller_identity()
    with pytest.raises(HTTPError, match="403") as caught, urlopen(f"{emulator.proxy_url}/{quote(HOSTILE)}"):
        pass
    caught.value.close()
    return emulator


def test_what_the_page_shows(busy, page):
    headers, html = page()
    assert (headers["Content-Type"], headers["Cache-Control"]) == ("text/html; charset=utf-8", "no-store")
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html.partition("</head>")[2])))
    for shown in (
        "IAM is not enforced",
        INDEX,
        f"{SHARED}/simple/",
        "GetAuthorizationToken acme arn:aws:iam::111122223333:user/chain 200",
        "GetCallerIdentity arn:aws:iam::111122223333:user/chain 200",
        "Download: status 200, connection cut 3 times",
        "AssumeRole: 1.5 s delay 1 time",
        "AssumeRole 0.5 a second GetAuthorizationToken 40 a second",
    ):
        assert shown in text
    # Other tests publish there, too.
    assert re.search(rf"acme owner 111122223333, us-east-1 release \d+ packages? {INDEX} .*acme-tools", text)
    assert text.index("GetCallerIdentity") < text.index("GetAuthorizationToken acme")


def test_what_the_page_never_shows(busy, page, token):
    _, html = page()
    for secret in (token, *token.split("."), *SECRETS):
        assert secret not in html
    assert "&lt;script&gt;alert(1)" in html
    assert not re.search(r"<(?:script|img)|[\x00-\x09\x0b-\x1f\u202e]", html)


def test_no_script_runs_and_no_other_site_frames_the_page(page):
    headers, _ = page()
    directives = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert directives.pop("style-src").startswith("'sha256-")
    assert directives.pop("img-src") == "data:"
    assert directives == dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    names = ("Referrer-Policy", "X-Frame-Options", "X-Content-Type-Options")
    assert [headers[name] for name in names] == ["no-referrer", "DENY", "nosniff"]


@pytest.mark.parametrize(
    ("path", "options", "status"),
    [
        ("", {"headers": {"Origin": "http://evil.example"}}, 421),
        ("", {"headers": {"Host": "evil.example"}}, 421),
        ("", {"method": "POST"}, 405),
        ("", {"method": "DELETE"}, 405),
        ("?repository=", {}, 404),
        ("?repository=arn:aws:codeartifact:us-east-1:111122223333:repository/acme/gone", {}, 404),
    ],
)
def test_other_requests(emulator, path, options, status):
    with pytest.raises(HTTPError) as caught, urlopen(Request(f"{emulator.proxy_url}/_emulator/{path}", **options)):
        pass
    with caught.value as answer:
        assert answer.code == status


def test_the_page_has_a_short_address(emulator):
    with urlopen(f"{emulator.proxy_url}/_emulator") as answer:
        assert answer.url == f"{emulator.proxy_url}/_emulator/"


def test_a_repository_of_10_000_projects_has_pages(large, page):
    _, overview = page()
    [link] = re.findall(rf'<h4><a href="([^"]*{large.split(":")[4]}[^"]*)">large</a>', overview)
    assert "10,000 packages" in overview
    assert overview.partition(link)[2].partition("<h4>")[0].count("project-") == 12
    listed, query = [], unescape(link)
    while query:
        _, html = page(query)
        listed += re.findall(r"<span>(project-\d+)</span>", html)
        query = unescape("".join(re.findall(r'<a href="([^"]*)" rel="next"', html)))
    assert listed == [f"project-{number:05}" for number in range(10_000)]
    first = page(unescape(link))[1]
    assert first.count("<li ") == 200
    assert "2.0 · 2 versions" in first
    assert 'rel="prev"' not in first
    assert 'rel="prev"' in html
    for number in ("0", "51", "9" * 20):
        with pytest.raises(HTTPError, match="404") as caught:
            page(f"{unescape(link)}&page={number}")
        caught.value.close()


def test_many_repositories_are_not_all_shown(page, monkeypatch):
    total = page()[1].count("<h4>")
    monkeypatch.setattr("keyrings.codeartifact.emulator.transport.status_page._REPOSITORIES", 2)
    _, html = page()
    assert html.count("<h4>") == 2
    assert f"Repositories that are not shown: {total - 2}<" in html


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@needs_chromium
@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(busy, browser, large, tmp_path, scheme, width):
    for query in ("", f"?repository={quote(large, safe='')}"):
        browser.open(f"{busy.proxy_url}/_emulator/{query}", width, scheme)
        assert browser.complaints == []
        assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert browser.evaluate("document.body.innerText.includes('.amazonaws.com/pypi/large/simple/')")
        # The style sheet applies: dark on light, or the other way round, and a click selects a whole URL.
        [back, text] = (
            sum(map(int, re.findall(r"\d+", browser.evaluate(f"getComputedStyle(document.body).{name}"))))
            for name in ("backgroundColor", "color")
        )
        assert (back > text) == (scheme == "light")
        assert browser.evaluate("getComputedStyle(document.querySelector('code')).userSelect") == "all"
        assert browser.evaluate("document.scripts.length") == 0
    # Reading leaves no trace: a browser requests nothing else, such as /favicon.ico.
    assert "favicon" not in str(busy.journal.entries())
