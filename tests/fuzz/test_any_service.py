"""No text makes a client send a token to a host that is not AWS'.

All URL parsers agree on the host of a URL that gets a token; where two of them disagree, there is none.
"""

import re
from urllib.parse import urlsplit

import ada_url
import pytest
import urllib3.util
import yarl
from hypothesis import given
from hypothesis import strategies as st

from keyrings.codeartifact.config.environment import require_index
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.index_url import FORMATS, parse, parse_any_format, parse_repository
from keyrings.codeartifact.models import Repository
from support.hostile import ACME, HOST, MARK, TEXT, URL, assert_harmless, examples, mutated

EVIL = "evil.example"
DUAL_STACK = "acme-111122223333.codeartifact.us-east-1.on.aws"
VPC = "vpce-0f1e2d3c.d.codeartifact.us-east-1.vpce.amazonaws.com"
VPC_URL = f"https://{VPC}/pypi/d/acme-111122223333/release/"
PIECES = (
    *("@", ":", "/", "//", "\\", "\\\\", "?", "#", "[", "]", "[::1]", ".", "..", "-", ";", "%", "&", "=", "|", "^"),
    *(":443", ":80", ":0443", ":", ":65979", ":-1", ":+443", ":4_43", ":٤٤٣", "1", "0", "a", "A", "b.c", "xn--", "xn--e1afmkfd"),
    *("\t", "\n", "\r", "\0", " ", "\x7f", "\x85", "\xa0", "\xad", "\u200b", "\u200d", "\u2028", "\u202e", "\ufeff"),
    *("。", "．", "｡", "／", "＠", "：", "？", "＃", "％", "ß", "ẞ", "ſ", "İ", "ı", "\u212a", "ⓐ", "℀", "㏂", "\U0001d41a"),
    *("%00", "%09", "%0a", "%20", "%23", "%2e", "%2E%2e", "%2f", "%2F..%2f", "%3a", "%3f", "%40", "%5c", "%5B", "%ff", "%zz", "%"),
    *("/..", "/../", "/./", "/..;/", "..%2f", "/%2e%2e/", "/.%2e/", "/;/"),
    *("http", "http://", "https://", "HTTPS://", "ftp://", "file:///", "javascript:", "//", "https:", "https:/", "https:\\\\"),
    *(EVIL, f".{EVIL}", f"{EVIL}.", f"@{EVIL}", f"{EVIL}@", f"{EVIL}/", f"/{EVIL}/", f"{EVIL}#@", f"{EVIL}?@", f"{EVIL}\\@"),
    *(f":443@{EVIL}", f"{EVIL}:443", f"[{EVIL}]", f"#@{EVIL}/", f"?@{EVIL}/", f"\\@{EVIL}/", f"&@{EVIL}#", f"{EVIL}%00.", f"{EVIL}%2f@"),
    *("127.0.0.1", "0x7f.1", "2130706433", "::ffff:1.2.3.4", "localhost", ".cn", "amazonaws.com", ".on.aws", ".vpce", ".d."),
    *("aws@", "aws:x@", ":@", "@@", "/pypi/", "/pypi/d/", "/npm/", HOST, URL),
)  # fmt: skip

LABEL = st.from_regex(r"[a-z][a-z0-9-]{0,48}[a-z0-9]", fullmatch=True)
REPOSITORIES = st.builds(
    Repository,
    LABEL,
    st.from_regex(r"[0-9]{12}", fullmatch=True),
    st.sampled_from(["us-east-1", "eu-central-2", "us-gov-west-1", "ap-southeast-11"]),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{1,99}", fullmatch=True),
)
USERS = st.sampled_from(
    ["", "aws@", f"aws:{MARK}@", f"{MARK}@", ":@", "@", "a%40b:c%2Fd@", f"{EVIL}:443@", "a!$&'()*+,;=~._-@"]
)
RESTS = st.sampled_from(["", "?a=b", "#c", f"?@{EVIL}/", f"#@{EVIL}", "?x#y?z", "?[", f"?://{EVIL}/../..", "#/../"])
TAILS = st.sampled_from(
    ["", "/", "/simple/", "/simple", "//", "/simple/pkg/1.0/pkg-1.0.tar.gz", "/a/./b", f"/@{EVIL}", "/:80/", "/..a/"]
)


def spelled(repository, user="", port="", tail="", rest=""):
    """Return all URLs of a repository."""
    domain, domain_owner, region, name = repository
    regular = f"{domain}-{domain_owner}.d.codeartifact.{region}.amazonaws.com"
    dual_stack = f"{domain}-{domain_owner}.codeartifact.{region}.on.aws"
    endpoint = f"vpce-0f1e2d3c.d.codeartifact.{region}.vpce.amazonaws.com"
    paths = ((regular, "pypi"), (dual_stack, "pypi"), (endpoint, f"pypi/d/{domain}-{domain_owner}"))
    return [f"https://{user}{host}{port}/{path}/{name}{tail}{rest}" for host, path in paths]


URLS = st.builds(spelled, st.just(ACME) | REPOSITORIES, USERS, st.sampled_from(["", ":443"]), TAILS, RESTS).flatmap(
    st.sampled_from
)
BARE = st.sampled_from(
    [HOST, DUAL_STACK, VPC, f"{HOST}:443", f"{DUAL_STACK}:443", f"https://{HOST}", f"https://aws@{HOST}/"]
)
# One thing is wrong with each.
WRONG = st.sampled_from(
    [
        *(URL.replace("https", scheme) for scheme in ("http", "HTTP", "ftp", "httpss", "https:https")),
        *(
            URL.replace(".com", f".com{end}")
            for end in (":80", ":0443", ":", ":443:443", ".", ".cn", f".{EVIL}", "\\", "%2f", "%00")
        ),
        *(URL.replace("//", f"//{begin}") for begin in (f"{EVIL}/@", f"{EVIL}\\@", "a@b@", "x.", "[::1]@", "/")),
        *(
            f"{URL}{tail}"
            for tail in (
                "../../x",
                ".%2e/%2E./x",
                "..%2f..%5cx",
                "..;/../x",
                "../..",
                "a\\b",
                "?\\",
                "\t",
                " ",
                "é",
                "\x7f",
            )
        ),
        *(f"{HOST}{end}" for end in (":80", ":0443", "/", "/pypi/release/", "?", "#", "\\", ".")),
    ]
)

# Two hosts, and text between them that a parser may read as the end of the first.
FORGED = st.builds(
    "{}://{}{}{}{}{}".format,
    st.sampled_from(["https", "https", "HTTPS", "http"]),
    st.sampled_from([HOST, EVIL, "aws", f"aws:x@{HOST}", f"{EVIL}:443"]),
    st.sampled_from(PIECES) | st.characters(max_codepoint=0x7E, exclude_characters="\0"),
    st.sampled_from(["", "@", "@", ".", "/"]),
    st.sampled_from([HOST, EVIL, ""]),
    st.sampled_from(["/pypi/release/", "/pypi/release", "", "?/pypi/release/", ":443/pypi/release/"]),
)
SERVICES = (
    WRONG | mutated(FORGED, PIECES, most=1) | mutated(URLS | BARE | WRONG | st.sampled_from([URL, VPC_URL]), PIECES)
)


def with_urllib(url):
    found = urlsplit(url)
    return found.scheme, found.hostname, found.port, found.path


def with_urllib3(url):
    found = urllib3.util.parse_url(url)
    return found.scheme, found.host, found.port, found.path


def with_yarl(url):
    found = yarl.URL(url)
    return found.scheme, found.raw_host, found.port, found.raw_path


def with_whatwg(url):
    found = ada_url.URL(url)
    return found.protocol.removesuffix(":"), found.hostname, found.port, found.pathname


PARSERS = (with_urllib, with_urllib3, with_yarl, with_whatwg)


def belongs(repository, host, path):
    """Return whether AWS serves this repository on ``host`` under ``path``, according to its documentation."""
    domain, region = f"{repository.domain}-{repository.domain_owner}", repository.region
    first, *labels = (host or "").split(".")
    if labels == ["d", "codeartifact", region, "vpce", "amazonaws", "com"]:
        is_host, base = first.startswith("vpce-"), f"/pypi/d/{domain}/{repository.name}"
    else:
        is_host, base = first == domain, f"/pypi/{repository.name}"
        is_host &= labels in (["d", "codeartifact", region, "amazonaws", "com"], ["codeartifact", region, "on", "aws"])
    if repository.name is None:
        return is_host and labels[-3:-1] != ["vpce", "amazonaws"] and path in (None, "", "/")
    return is_host and (path == base or path.startswith(f"{base}/"))


def assert_agreed(repository, url):
    """Assert that all parsers read AWS' host, https and this repository."""
    hosts = set()
    for parser in PARSERS:
        scheme, host, port, path = parser(url)
        assert (scheme, port or 443) == ("https", 443), (parser.__name__, url)
        assert belongs(repository, host, path), (parser.__name__, url, host, path)
        hosts.add(host)
    assert len(hosts) == 1, url


@examples(20)
@given(SERVICES | TEXT)
def test_all_parsers_agree_on_a_url_that_gets_a_token(service):
    repository = parse_repository(service)
    if repository:
        assert "://" in service or re.fullmatch(r"[A-Za-z0-9.-]+(:443)?", service)
        assert service.isascii()
        assert service.isprintable()
        assert not set(service) & {" ", "\\"}
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", part) for part in repository if part is not None)
        assert_agreed(repository, service if "://" in service else f"https://{service}")


@examples(8)
@given(SERVICES | TEXT, st.sampled_from(FORMATS))
def test_a_url_of_another_format_gets_what_one_of_pypi_gets(service, package_format):
    """So that what holds for the one holds for the other."""
    if parsed := parse(service):
        assert parse_any_format(service.replace("/pypi/", f"/{package_format}/", 1)) == parsed
    parsed = parse_any_format(service)
    if parsed and not parsed.problem and "://" in service:
        hosts = {parser(service.removeprefix("sparse+"))[:3] for parser in PARSERS}
        assert {(scheme, port or 443) for scheme, _, port in hosts} == {("https", 443)}
        assert {host for _, host, _ in hosts} == {urlsplit(service.removeprefix("sparse+")).hostname}


@examples(2)
@given(REPOSITORIES, USERS, st.sampled_from(["", ":443"]), TAILS, RESTS, st.booleans())
def test_every_url_of_a_repository_is_accepted(repository, user, port, tail, rest, is_upper):
    regular, dual_stack, endpoint = spelled(repository, user, port, tail, rest)
    for url in (regular, dual_stack, endpoint):
        assert parse(url) == (repository, "", False, False)
    for url in (regular, dual_stack):
        host = urlsplit(url).hostname
        assert parse_repository((host.upper() if is_upper else host) + port) == repository._replace(name=None)


@examples(4)
@given(SERVICES | TEXT)
def test_a_url_on_the_command_line_names_the_repository_that_it_gets_a_token_for(service):
    try:
        index = require_index(service, {})
    except ConfigurationError as error:
        assert parse_repository(service) is None
        assert_harmless(error, "the URL")
    else:
        assert index.repository == parse_repository(service)
        for url in filter(None, (index.url, index.publish_url)):
            assert parse_repository(url) == index.repository
            assert_agreed(index.repository, url)
            # Clients print them.
            assert not urlsplit(url).netloc.count("@")


PARTS = {
    "CODEARTIFACT_INDEX_URL": st.just("") | SERVICES,
    "CODEARTIFACT_DOMAIN": st.just("acme"),
    "CODEARTIFACT_DOMAIN_OWNER": st.just("111122223333"),
    "CODEARTIFACT_REPOSITORY": st.just("release"),
    "CODEARTIFACT_REGION": st.just("us-east-1"),
    "AWS_REGION": st.just("eu-west-1"),
    "CODEARTIFACT_ENDPOINT_TYPE": st.sampled_from(["ipv4", "dualstack"]),
    "CODEARTIFACT_INDEX_NAME": st.just("acme"),
}


@examples(4)
@given(
    st.fixed_dictionaries({}, optional={name: mutated(texts, PIECES, most=1) for name, texts in PARTS.items()})
    | st.dictionaries(st.sampled_from(list(PARTS)), TEXT)
)
def test_the_environment_names_a_repository_or_is_invalid(environ):
    try:
        index = require_index(None, environ)
    except ConfigurationError as error:
        assert_harmless(error, "CODEARTIFACT_", "AWS_REGION")
    else:
        for url in (index.url, index.publish_url):
            assert parse_repository(url) == index.repository
            assert_agreed(index.repository, url)
        assert re.fullmatch(r"[A-Za-z0-9._-]+", index.name)


@pytest.mark.parametrize(
    "url",
    [
        f"https://{HOST}\\@{EVIL}/pypi/release/",
        f"https://{EVIL}\\@{HOST}/pypi/release/",
        f"https://{HOST}\t.{EVIL}/pypi/release/",
    ],
)
def test_parsers_disagree(url):
    """Otherwise comparing them would show nothing."""
    assert parse(url) is None
    assert len({_host(parser, url) for parser in PARSERS}) > 1


def _host(parser, url):
    try:
        return parser(url)[1]
    except ValueError:
        return None
