"""Index URLs: which name a repository, and which never get a token."""

import pytest

from keyrings.codeartifact.index_url import FORMATS, host, parse, parse_any_format, parse_plain_http, parse_repository
from keyrings.codeartifact.models import Repository

HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
DUAL_STACK = "acme-111122223333.codeartifact.ap-southeast-2.on.aws"
VPC = "vpce-0f1e2d3c4b5a69788-1a2b3c4d.d.codeartifact.eu-west-1.vpce.amazonaws.com"
RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
DOMAIN = Repository("acme", "111122223333", "us-east-1", None)


@pytest.mark.parametrize(
    ("service", "repository"),
    [
        pytest.param(f"https://{HOST}/pypi/release/simple/", RELEASE, id="index"),
        pytest.param(f"https://{HOST}/pypi/release/", RELEASE, id="publish"),
        pytest.param(f"https://{HOST}/pypi/release", RELEASE, id="no trailing slash"),
        pytest.param(f"https://{HOST}:443/pypi/release/simple/", RELEASE, id="port 443"),
        pytest.param(f"https://aws@{HOST}/pypi/release/simple/", RELEASE, id="user"),
        pytest.param(f"https://aws:p%40ss@{HOST}/pypi/release/simple/", RELEASE, id="user and password"),
        pytest.param(f"https://{HOST}/pypi/release/?a=/../b#c", RELEASE, id="query and fragment"),
        pytest.param(f"HTTPS://{HOST.upper()}/pypi/release/", RELEASE, id="upper case"),
        pytest.param(f"https://{HOST}/pypi/release/simple/pkg/1.0/pkg-1.0.tar.gz", RELEASE, id="file"),
        pytest.param(f"https://{HOST}/pypi/release/..pkg/", RELEASE, id="dots that are no parent segment"),
        pytest.param(HOST, DOMAIN, id="bare host"),
        pytest.param(f"{HOST}:443", DOMAIN, id="bare host and port"),
        pytest.param(HOST.upper(), DOMAIN, id="bare host in upper case"),
        pytest.param(f"https://{HOST}", DOMAIN, id="host with scheme"),
        pytest.param(f"https://{HOST}/", DOMAIN, id="host with scheme and slash"),
        pytest.param(DUAL_STACK, Repository("acme", "111122223333", "ap-southeast-2"), id="dual-stack bare host"),
        pytest.param(
            f"https://{DUAL_STACK}/pypi/Re.lea_se-1/simple/",
            Repository("acme", "111122223333", "ap-southeast-2", "Re.lea_se-1"),
            id="dual-stack",
        ),
        pytest.param(
            f"https://{VPC}/pypi/d/acme-111122223333/release/simple/",
            Repository("acme", "111122223333", "eu-west-1", "release"),
            id="VPC endpoint",
        ),
        pytest.param(
            "https://a-1-b-000000000000.d.codeartifact.us-gov-west-1.amazonaws.com/pypi/ab/",
            Repository("a-1-b", "000000000000", "us-gov-west-1", "ab"),
            id="hyphens, and a region that no list contains",
        ),
        pytest.param(
            f"https://{'a' * 50}-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/{'r' * 100}/",
            Repository("a" * 50, "111122223333", "us-east-1", "r" * 100),
            id="longest names",
        ),
    ],
)
def test_accepted(service, repository):
    assert parse_repository(service) == repository
    parsed = parse(service)
    assert (parsed.repository, parsed.problem, parsed.is_plain_http) == (repository, "", False)
    assert parsed.is_bare_host is ("://" not in service)


@pytest.mark.parametrize(
    "service",
    [
        pytest.param("", id="empty"),
        pytest.param("https://example.com/", id="another host"),
        pytest.param("codeartifact", id="a word"),
        pytest.param("poetry-repository-codeartifact", id="the service of a Poetry source"),
        pytest.param(f"//{HOST}/pypi/release/", id="no scheme"),
        pytest.param(f"{HOST}/pypi/release/", id="bare host with a path"),
        pytest.param(f"{HOST}/", id="bare host with a slash"),
        pytest.param(f"{HOST}?a", id="bare host with a query"),
        pytest.param(f"aws@{HOST}", id="bare host with a user"),
        pytest.param(f"https://{HOST}:443:443/pypi/release/", id="two ports"),
        pytest.param(f"https://{HOST}:٤٤٣/pypi/release/", id="port in other digits"),
        pytest.param(f" https://{HOST}/pypi/release/", id="blank before"),
        pytest.param(f"https://{HOST}/pypi/release/ ", id="blank after"),
        pytest.param(f"https://{HOST}/pypi/release/\n", id="newline after"),
        pytest.param(f"https://{HOST}\n/pypi/release/", id="newline in the host"),
        pytest.param(f"https://{HOST}/pypi/rel\tease/", id="tab, which browsers remove"),
        pytest.param(f"https://{HOST}/pypi/release/\x00", id="NUL"),
        pytest.param(f"https://{HOST}/pypi/release/\x7f", id="DEL"),
        pytest.param(f"https://{HOST}/pypi/release/?ä", id="not ASCII"),
        pytest.param(f"https://{HOST}./pypi/release/", id="trailing dot"),
        pytest.param(f"https://{HOST}/PYPI/release/", id="PYPI"),
        pytest.param(f"https://{HOST}/npm/release/", id="npm"),
        pytest.param(f"https://{HOST}/pypi/", id="no repository"),
        pytest.param(f"https://{HOST}/pypi", id="format only"),
        pytest.param(f"https://{HOST}//pypi/release/", id="two slashes"),
        pytest.param(f"https://{HOST}/pypi//release/", id="empty segment"),
        pytest.param(f"https://{HOST}/pypi/r/", id="repository too short"),
        pytest.param(f"https://{HOST}/pypi/{'r' * 101}/", id="repository too long"),
        pytest.param(f"https://{HOST}/pypi/.release/", id="repository with a leading dot"),
        pytest.param(f"https://{HOST}/pypi/rel%65ase/", id="repository with an escape"),
        pytest.param(f"https://{HOST}/pypi/release/../staging/", id="parent segment"),
        pytest.param(f"https://{HOST}/pypi/release/..", id="parent segment at the end"),
        pytest.param(f"https://{HOST}/pypi/release/%2e%2E/staging/", id="escaped parent segment"),
        pytest.param(f"https://{HOST}/pypi/release/.%2e/staging/", id="half-escaped parent segment"),
        pytest.param(f"https://{HOST}/pypi/release/x%2f..%2fstaging/", id="parent segment after an escaped slash"),
        pytest.param(f"https://{HOST}/pypi/release/x%5C..%5Cstaging/", id="parent segment after an escaped backslash"),
        pytest.param(f"https://{HOST}/pypi/release/..;/staging/", id="parent segment with parameters"),
        pytest.param(f"https://{HOST}/pypi/release/..\\staging/", id="parent segment before a backslash"),
        pytest.param(f"https://{HOST}/pypi/release/a\\b/", id="backslash in the path"),
        pytest.param(f"http://{HOST}/npm/release/", id="http and another format"),
        pytest.param(f"https://evil.example\\@{HOST}/pypi/release/", id="backslash, which browsers read as a slash"),
        pytest.param(f"https://{HOST}\\@evil.example/pypi/release/", id="backslash after the host"),
        pytest.param(f"https://evil.example/{HOST}/pypi/release/", id="host in the path"),
        pytest.param(f"https://evil.example/?https://{HOST}/pypi/release/", id="host in the query"),
        pytest.param(f"https://evil.example/#https://{HOST}/pypi/release/", id="host in the fragment"),
        pytest.param(f"https://{HOST}@evil.example/pypi/release/", id="host in the userinfo"),
        pytest.param(f"https://{HOST}:443@evil.example/pypi/release/", id="host and port in the userinfo"),
        pytest.param(f"https://a@b@{HOST}/pypi/release/", id="two at signs"),
        pytest.param(f"https://[::1]@{HOST}/pypi/release/", id="brackets in the userinfo"),
        pytest.param(f"https://a/@{HOST}/pypi/release/", id="slash before the at sign"),
        pytest.param(f"https://a?@{HOST}/pypi/release/", id="question mark before the at sign"),
        pytest.param(f"https://{HOST}.evil.example/pypi/release/", id="look-alike suffix"),
        pytest.param(f"https://evil.{HOST}/pypi/release/", id="extra label"),
        pytest.param(f"https://{HOST.replace('amazonaws', 'arnazonaws')}/pypi/release/", id="look-alike domain"),
        pytest.param(
            f"https://{HOST.replace('.amazonaws', 'xamazonaws')}/pypi/release/",
            id="letter instead of a dot, before amazonaws",
        ),
        pytest.param(
            f"https://{HOST.replace('.com', 'xcom')}/pypi/release/", id="letter instead of a dot, after amazonaws"
        ),
        pytest.param(
            f"https://{HOST.replace('.d.', 'xd.')}/pypi/release/", id="letter instead of a dot, after the domain owner"
        ),
        pytest.param(
            f"https://{HOST.replace('us-east-1', 'us-far-far-east-1')}/pypi/release/", id="region of too many words"
        ),
        pytest.param(
            f"https://{DUAL_STACK.replace('.aws', 'xaws')}/pypi/release/", id="letter instead of a dot, dual-stack"
        ),
        pytest.param(
            f"https://{VPC.replace('.com', 'xcom')}/pypi/d/acme-111122223333/release/",
            id="letter instead of a dot, VPC",
        ),
        pytest.param(f"https://{VPC.replace('vpce-', '')}/pypi/d/acme-111122223333/release/", id="not a VPC endpoint"),
        pytest.param(f"https://{VPC}/pypi/x/acme-111122223333/release/", id="another path of a VPC endpoint"),
        pytest.param(f"://{HOST}/pypi/release/", id="empty scheme"),
        pytest.param(f"1https://{HOST}/pypi/release/", id="scheme with a digit before it"),
        pytest.param(f"https://{HOST.replace('.d.', '.')}/pypi/release/", id="IPv4 host without .d."),
        pytest.param(f"https://{DUAL_STACK.replace('.code', '.d.code')}/pypi/release/", id="dual-stack host with .d."),
        pytest.param(f"https://{HOST.replace('.', '。')}/pypi/release/", id="full stops of another alphabet"),
        pytest.param(
            f"https://{HOST.replace('acme', chr(0x212A) + 'cme')}/pypi/release/", id="a letter that lower-cases to k"
        ),
        pytest.param(f"https://{HOST.replace('111122223333', '11112222333')}/pypi/release/", id="11 digits"),
        pytest.param(f"https://{HOST.replace('111122223333', '1' * 13)}/pypi/release/", id="13 digits"),
        pytest.param(f"https://{HOST.replace('1111', '١١١١')}/pypi/release/", id="digits of another alphabet"),
        pytest.param(f"https://{HOST.replace('acme', '1acme')}/pypi/release/", id="domain with a leading digit"),
        pytest.param(f"https://{HOST.replace('acme', 'a')}/pypi/release/", id="domain too short"),
        pytest.param(f"https://{HOST.replace('acme', 'a' * 51)}/pypi/release/", id="domain too long"),
        pytest.param(f"https://{HOST.replace('acme', 'acme-')}/pypi/release/", id="domain with a trailing hyphen"),
        pytest.param(f"https://{HOST.replace('us-east-1', 'us-east')}/pypi/release/", id="no region"),
        pytest.param(f"https://{HOST.replace('us-east-1', 'us.east-1')}/pypi/release/", id="region of two labels"),
        pytest.param(
            f"https://{HOST.replace('us-east-1', 'us-a-bb-cc-1')}/pypi/release/", id="region of too many parts"
        ),
        pytest.param(f"https://{HOST.replace('us-east-1', 'us-east-100')}/pypi/release/", id="region of three digits"),
        pytest.param(f"https://evil.{VPC}/pypi/d/acme-111122223333/release/", id="extra label before a VPC endpoint"),
        pytest.param(
            f"https://vpce-1.x{VPC[4:]}/pypi/d/acme-111122223333/release/", id="dot in a VPC endpoint's label"
        ),
        pytest.param(f"https://{VPC}/", id="bare VPC host with scheme"),
        pytest.param(VPC, id="bare VPC host"),
        pytest.param(f"https://{VPC}/pypi/release/simple/", id="VPC endpoint without a domain"),
        pytest.param(f"https://{HOST}/pypi/d/acme-111122223333/release/", id="VPC path on another host"),
        pytest.param(f"https://{VPC}/pypi/d/ACME-111122223333/release/", id="VPC path in upper case"),
    ],
)
def test_other_urls(service):
    """They get neither a token nor a warning."""
    assert parse(service) is None
    assert parse_repository(service) is None


@pytest.mark.parametrize(
    ("service", "problem", "is_plain_http", "is_bare_host"),
    [
        pytest.param(
            f"http://{HOST}/pypi/release/", "refusing to send a token over http; use https", True, False, id="http"
        ),
        pytest.param(
            f"HTTP://{HOST}/pypi/release/", "refusing to send a token over HTTP; use https", True, False, id="HTTP"
        ),
        pytest.param(
            f"ftp://{HOST}/pypi/release/", "refusing to send a token over ftp; use https", True, False, id="ftp"
        ),
        pytest.param(
            f"http://{HOST}", "refusing to send a token over http; use https", True, False, id="http, host only"
        ),
        *(
            pytest.param(
                f"{prefix}acme-111122223333.d.codeartifact.cn-north-1.amazonaws.com.cn{path}",
                "AWS has no CodeArtifact in China",
                False,
                not prefix,
                id=f"China: {prefix}{path}",
            )
            for prefix, path in (("https://", "/pypi/release/simple/"), ("https://", "/npm/x"), ("", ""))
        ),
        pytest.param(
            "ACME-111122223333.D.CODEARTIFACT.CN-NORTH-1.AMAZONAWS.COM.CN",
            "AWS has no CodeArtifact in China",
            False,
            True,
            id="China in upper case",
        ),
        pytest.param(
            f"https://{HOST}:8443/pypi/release/",
            "refusing to send a token to port '8443'; use 443, CodeArtifact's only port",
            False,
            False,
            id="another port",
        ),
        pytest.param(
            f"https://{HOST}:/pypi/release/",
            "refusing to send a token to port ''; use 443, CodeArtifact's only port",
            False,
            False,
            id="empty port",
        ),
        pytest.param(
            f"https://{HOST}:0443/pypi/release/",
            "refusing to send a token to port '0443'; use 443, CodeArtifact's only port",
            False,
            False,
            id="port with a leading zero",
        ),
        pytest.param(
            f"{HOST}:80",
            "refusing to send a token to port '80'; use 443, CodeArtifact's only port",
            False,
            True,
            id="bare host, another port",
        ),
    ],
)
def test_wrong_scheme_or_port(service, problem, is_plain_http, is_bare_host):
    """They get no token, and the problem is reported."""
    assert parse_repository(service) is None
    parsed = parse(service)
    assert parsed.repository.domain == "acme"
    assert parsed[1:] == (problem, is_bare_host, is_plain_http)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(f"https://{HOST}/FORMAT/release/", id="registry"),
        pytest.param(f"HTTPS://aws:x@{HOST.upper()}:443/FORMAT/release", id="user, port, upper case"),
        pytest.param(f"https://{HOST}/FORMAT/release/@acme%2ftools/-/tools-1.0.tgz?a=/npm/b#c", id="file"),
        pytest.param(f"https://{DUAL_STACK}/FORMAT/release/v3/index.json", id="dual-stack"),
        pytest.param(f"https://{VPC}/FORMAT/d/acme-111122223333/release/", id="VPC endpoint"),
        pytest.param(f"http://{HOST}/FORMAT/release/", id="http"),
        pytest.param(f"https://{HOST}:8443/FORMAT/release/", id="another port"),
    ],
)
@pytest.mark.parametrize("package_format", ["cargo", "generic", "maven", "npm", "nuget", "pypi", "ruby", "swift"])
def test_any_format(url, package_format):
    """The domain's token is the same; the keyring has it for Python packages alone."""
    service = url.replace("FORMAT", package_format)
    parsed = parse_any_format(service)
    assert parsed == parse(url.replace("FORMAT", "pypi"))
    assert parsed.repository.name == "release"
    assert (parse(service) is None) == (package_format != "pypi")
    assert package_format in FORMATS


def test_some_formats():
    assert parse_any_format(f"https://{HOST}/maven/release/", ("maven", "pypi")).repository == RELEASE
    assert parse_any_format(f"https://{HOST}/npm/release/", ("maven", "pypi")) is None


@pytest.mark.parametrize("prefix", ["", "sparse+"])
def test_a_registry_of_cargo(prefix):
    assert parse_any_format(f"{prefix}https://{HOST}/cargo/release/") == parse(f"https://{HOST}/pypi/release/")
    assert parse_any_format(f"{prefix}http://{HOST}/cargo/release/").is_plain_http


def test_a_host_of_any_format():
    assert parse_any_format(HOST) == parse(HOST)
    assert parse_any_format(f"https://{HOST}/?/npm/release/") == parse(f"https://{HOST}/")


@pytest.mark.parametrize(
    "service",
    [
        pytest.param(f"https://{HOST}/docker/release/", id="no format"),
        pytest.param(f"https://{HOST}/NPM/release/", id="upper case"),
        pytest.param(f"https://{HOST}/npm/", id="no repository"),
        pytest.param(f"https://{HOST}/npm", id="format only"),
        pytest.param(f"https://{HOST}//npm/release/", id="two slashes"),
        pytest.param(f"https://{HOST}/npm/npm/../release/", id="parent segment"),
        pytest.param(f"https://{HOST}/npm/release/%2e%2E/staging/", id="escaped parent segment"),
        pytest.param(f"https://{HOST}/npm/release/\n", id="newline after"),
        pytest.param(f"https://{HOST}/pypi/../npm/release/", id="another format above"),
        pytest.param(f"https://{HOST}/a/npm/release/", id="folder before the format"),
        pytest.param(f"https://{HOST}/npm/d/acme-111122223333/release/", id="VPC path on another host"),
        pytest.param(f"https://{VPC}/npm/release/", id="VPC endpoint without a domain"),
        pytest.param(f"https://{HOST}.evil.example/npm/release/", id="look-alike suffix"),
        pytest.param(f"https://{HOST}@evil.example/npm/release/", id="host in the userinfo"),
        pytest.param(f"https://evil.example\\@{HOST}/npm/release/", id="backslash, which browsers read as a slash"),
        pytest.param(f"https://evil.example/npm/{HOST}/npm/release/", id="host in the path"),
        pytest.param(f"//{HOST}/npm/release/", id="no scheme"),
        pytest.param(f"{HOST}/npm/release/", id="bare host with a path"),
        pytest.param(f"sparse+https://{HOST}/npm/release/", id="sparse registry of another format"),
        pytest.param(f"sparse+https://{HOST}/npm/release/?/cargo/", id="cargo in the query"),
        pytest.param(f"sparse+https://{HOST}/npm/release/cargo/", id="cargo after another format"),
        pytest.param(f"sparse+{HOST}", id="sparse bare host"),
        pytest.param(f"sparse+sparse+https://{HOST}/cargo/release/", id="sparse twice"),
        pytest.param(f"git+https://{HOST}/cargo/release/", id="a registry in git"),
        pytest.param("sparse+https://index.example/cargo/release/", id="another sparse registry"),
    ],
)
def test_other_urls_of_any_format(service):
    parsed = parse_any_format(service)
    assert parsed is None or parsed.problem


@pytest.mark.parametrize("scheme", ["http", "HTTP", "ftp", "git+http"])
@pytest.mark.parametrize(
    "rest", ["", "/", "/x", ":80/pypi/release/simple/", ":443", "?x", "#x", "\\x", "/é", "/pypi/../x", "/pypi/x/"]
)
@pytest.mark.parametrize("user", ["", "aws@", "aws:x@y@"])
def test_a_host_by_plain_http(scheme, user, rest):
    """Whatever follows the host: clients look up the bare host next."""
    assert parse_plain_http(f"{scheme}://{user}{HOST}{rest}") == DOMAIN
    dual_stack = parse_plain_http(f"{scheme}://{user}{DUAL_STACK.upper()}{rest}")
    assert dual_stack == Repository("acme", "111122223333", "ap-southeast-2")


@pytest.mark.parametrize(
    "service",
    [
        *(
            f"https://{HOST}/x",
            f"HTTPS://{HOST}",
            HOST,
            f"http://{HOST}.evil",
            f"http://evil/{HOST}",
            f"http://x_{HOST}/",
        ),
        *(f"http://evil{end}@{HOST}/" for end in "/?#\\"),
    ],
)
def test_other_urls_than_a_host_by_plain_http(service):
    assert parse_plain_http(service) is None


def test_parsing_takes_linear_time():
    assert parse("https://" + "a-" * 200_000 + HOST + "/pypi/release/") is None
    assert parse_repository(f"https://{HOST}/pypi/release/" + "%2e" * 200_000) == RELEASE


@pytest.mark.parametrize("url", [HOST, DUAL_STACK])
def test_hosts(url):
    repository = parse_repository(url)
    assert host(repository, "dualstack" if url == DUAL_STACK else "ipv4") == url
    assert parse_repository(f"https://{url}/pypi/release/").whole_domain() == repository
