"""The repository that variables name, and the errors for those that name none."""

import pytest

from keyrings.codeartifact.config.environment import (
    VARIABLES,
    Index,
    find_index,
    named_domain,
    require_index,
    require_repository,
)
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
DUAL_STACK = "acme-111122223333.codeartifact.us-east-1.on.aws"
VPC = "vpce-0a.d.codeartifact.us-east-1.vpce.amazonaws.com"
BASE = f"https://{HOST}/pypi/release/"
PARTS = {
    "CODEARTIFACT_DOMAIN": "acme",
    "CODEARTIFACT_DOMAIN_OWNER": "111122223333",
    "CODEARTIFACT_REPOSITORY": "release",
    "CODEARTIFACT_REGION": "us-east-1",
}


@pytest.mark.parametrize(
    ("environ", "base", "name"),
    [
        pytest.param({"CODEARTIFACT_INDEX_URL": f"{BASE}simple/"}, BASE, "codeartifact", id="index URL"),
        pytest.param({"CODEARTIFACT_INDEX_URL": BASE.rstrip("/")}, BASE, "codeartifact", id="no trailing slash"),
        pytest.param({"CODEARTIFACT_INDEX_URL": BASE.replace("//", "//aws@")}, BASE, "codeartifact", id="user"),
        pytest.param({"CODEARTIFACT_INDEX_URL": f"{BASE}simple/?a=b/c#d"}, BASE, "codeartifact", id="query"),
        pytest.param({"CODEARTIFACT_INDEX_URL": BASE.replace("https", "HTTPS")}, BASE, "codeartifact", id="scheme"),
        pytest.param(
            {"CODEARTIFACT_INDEX_URL": f"https://{DUAL_STACK}/pypi/release/"},
            f"https://{DUAL_STACK}/pypi/release/",
            "codeartifact",
            id="dual-stack URL",
        ),
        pytest.param(
            {"CODEARTIFACT_INDEX_URL": f"https://{VPC}/pypi/d/acme-111122223333/release/simple/x/"},
            f"https://{VPC}/pypi/d/acme-111122223333/release/",
            "codeartifact",
            id="VPC endpoint",
        ),
        pytest.param(PARTS, BASE, "codeartifact", id="parts"),
        pytest.param(
            {**PARTS, "CODEARTIFACT_ENDPOINT_TYPE": "dualstack", "CODEARTIFACT_INDEX_NAME": "private"},
            f"https://{DUAL_STACK}/pypi/release/",
            "private",
            id="dual-stack parts, index name",
        ),
        pytest.param(
            {**PARTS, "CODEARTIFACT_REGION": "", "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "eu-west-1"},
            BASE,
            "codeartifact",
            id="AWS_REGION",
        ),
        pytest.param(
            {**PARTS, "CODEARTIFACT_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"},
            BASE,
            "codeartifact",
            id="AWS_DEFAULT_REGION",
        ),
        pytest.param({**PARTS, "AWS_REGION": "eu-west-1"}, BASE, "codeartifact", id="CODEARTIFACT_REGION first"),
    ],
)
def test_index(environ, base, name):
    assert find_index(environ) == Index(RELEASE, f"{base}simple/", base, name)
    assert require_index(None, environ) == find_index(environ)


@pytest.mark.parametrize("environ", [{}, {"CODEARTIFACT_INDEX_URL": ""}, {"CODEARTIFACT_REGION": "us-east-1"}])
def test_without_a_repository(environ):
    assert find_index(environ) is None
    with pytest.raises(
        ConfigurationError,
        match="no URL is given, and the environment names no repository; pass a URL, or set CODEARTIFACT_INDEX_URL, or",
    ):
        require_index(None, environ)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"CODEARTIFACT_INDEX_URL": "https://example.com/simple/"},
            "CODEARTIFACT_INDEX_URL is not a CodeArtifact index URL; expected: https://DOMAIN-OWNER.d.",
        ),
        ({"CODEARTIFACT_INDEX_URL": f"https://{HOST}/"}, "CODEARTIFACT_INDEX_URL names no repository"),
        (
            {"CODEARTIFACT_INDEX_URL": BASE.replace("https", "http")},
            "CODEARTIFACT_INDEX_URL gets no token: refusing to send a token over http; use https; expected: https://",
        ),
        (
            {**PARTS, "CODEARTIFACT_DOMAIN": ""},
            "incomplete settings: CODEARTIFACT_DOMAIN is missing; set what is missing, or CODEARTIFACT_INDEX_URL instead",
        ),
        (
            {"CODEARTIFACT_DOMAIN": "acme"},
            "incomplete settings: CODEARTIFACT_DOMAIN_OWNER, CODEARTIFACT_REGION and CODEARTIFACT_REPOSITORY are missing",
        ),
        ({**PARTS, "CODEARTIFACT_DOMAIN": "Acme"}, "CODEARTIFACT_DOMAIN cannot be 'Acme'; expected: 2 to 50 lower"),
        ({**PARTS, "CODEARTIFACT_DOMAIN_OWNER": "1"}, "CODEARTIFACT_DOMAIN_OWNER cannot be '1'; expected: an account"),
        ({**PARTS, "CODEARTIFACT_REPOSITORY": "a/b"}, "CODEARTIFACT_REPOSITORY cannot be 'a/b'"),
        ({**PARTS, "CODEARTIFACT_REGION": "evil.example"}, "CODEARTIFACT_REGION cannot be 'evil.example'"),
        ({**PARTS, "CODEARTIFACT_REGION": "", "AWS_REGION": "x"}, "AWS_REGION cannot be 'x'"),
        ({**PARTS, "CODEARTIFACT_ENDPOINT_TYPE": "ipv6"}, "CODEARTIFACT_ENDPOINT_TYPE cannot be 'ipv6'"),
        (
            {**PARTS, "CODEARTIFACT_DOMAIN": "https://aws:MARKED@x"},
            "CODEARTIFACT_DOMAIN is invalid; expected: 2 to",
        ),
        ({**PARTS, "CODEARTIFACT_DOMAIN": "A" * 200}, "CODEARTIFACT_DOMAIN cannot be '…'; expected: 2 to"),
        ({**PARTS, "CODEARTIFACT_INDEX_NAME": "a b"}, "CODEARTIFACT_INDEX_NAME cannot be 'a b'"),
        ({**PARTS, "CODEARTIFACT_INDEX_NAME": "a\nb"}, "CODEARTIFACT_INDEX_NAME cannot be"),
    ],
)
def test_invalid_variables(environ, message):
    with pytest.raises(ConfigurationError) as caught:
        find_index(environ)
    assert message in str(caught.value)


def test_a_url_overrides_the_environment():
    index = require_index(BASE.replace("release", "staging"), PARTS)
    assert (index.repository.name, index.publish_url) == ("staging", BASE.replace("release", "staging"))


CARGO = "CARGO_REGISTRY_INDEX_URL"
STAGING_CRATES = f"sparse+https://{HOST}/cargo/staging/"


@pytest.mark.parametrize(
    ("url", "environ", "name"),
    [
        pytest.param(f"https://{HOST}/npm/tools/", {**PARTS, CARGO: STAGING_CRATES}, "tools", id="a URL first"),
        pytest.param(STAGING_CRATES, PARTS, "staging", id="a URL as Cargo writes it"),
        pytest.param(None, {**PARTS, CARGO: STAGING_CRATES}, "staging", id="Cargo's registry second"),
        pytest.param(None, {**PARTS, CARGO: STAGING_CRATES.removeprefix("sparse+")}, "staging", id="without sparse+"),
        pytest.param(None, {**PARTS, CARGO: ""}, "release", id="an empty variable"),
        pytest.param(None, PARTS, "release", id="the environment last"),
        pytest.param(HOST, {}, None, id="a host"),
    ],
)
def test_the_repository_of_a_token(url, environ, name):
    assert require_repository(url, environ) == RELEASE._replace(name=name)


FORMATS = (
    "expected: https://DOMAIN-OWNER.d.codeartifact.REGION.amazonaws.com/FORMAT/REPOSITORY/, with the format cargo, "
)


@pytest.mark.parametrize(
    ("url", "registry", "message"),
    [
        ("", STAGING_CRATES, f"the URL is not a CodeArtifact URL; {FORMATS}"),
        (f"https://{HOST}/docker/x/", None, f"the URL is not a CodeArtifact URL; {FORMATS}"),
        (f"http://{HOST}/npm/release/", None, "the URL gets no token: refusing to send a token over http; use https; "),
        (None, "sparse+https://index.example/", f"{CARGO} is not a CodeArtifact URL; {FORMATS}"),
        (None, f"sparse+http://{HOST}/cargo/release/", f"{CARGO} gets no token: refusing to send a token over http; "),
    ],
)
def test_another_registry_does_not_get_the_environment_s_token(url, registry, message):
    with pytest.raises(ConfigurationError) as caught:
        require_repository(url, {**PARTS, **({CARGO: registry} if registry else {})})
    assert str(caught.value).startswith(message)


def test_a_url_of_a_whole_domain():
    assert require_index(f"https://{HOST}/", {}) == Index(RELEASE._replace(name=None), "", "", "codeartifact")
    assert require_index(HOST, {}).url == ""


def test_a_password_in_a_url_is_not_repeated():
    with pytest.raises(ConfigurationError) as caught:
        require_index(f"https://user:MARKED@{HOST}.evil.example/", {})
    assert "MARKED" not in str(caught.value)


@pytest.mark.parametrize("url", ["", " "])
def test_an_empty_url_is_not_replaced_by_the_environment(url):
    """A script with an unset variable would get the token of another repository."""
    with pytest.raises(
        ConfigurationError, match=r"^the URL is not a CodeArtifact index URL; expected: https://DOMAIN-OWNER"
    ):
        require_index(url, PARTS)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"CODEARTIFACT_DOMAIN_OWNER": "111122223333"},
            "incomplete settings: CODEARTIFACT_DOMAIN, CODEARTIFACT_REGION and CODEARTIFACT_REPOSITORY are",
        ),
        ({**PARTS, "CODEARTIFACT_INDEX_NAME": "-x"}, "CODEARTIFACT_INDEX_NAME cannot be '-x'"),
        ({**PARTS, "CODEARTIFACT_INDEX_NAME": "x" * 64 + "."}, "CODEARTIFACT_INDEX_NAME cannot be"),
        ({**PARTS, "CODEARTIFACT_DOMAIN": "a." * 200}, "a.a.'; expected: 2 to"),
    ],
)
def test_more_invalid_variables(environ, message):
    with pytest.raises(ConfigurationError) as caught:
        find_index(environ)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 250


def test_messages_use_labels_instead_of_variables():
    with pytest.raises(ConfigurationError, match=r"^the input index-url names no repository"):
        find_index({"CODEARTIFACT_INDEX_URL": f"https://{HOST}/"}, {"CODEARTIFACT_INDEX_URL": "the input index-url"})


@pytest.mark.parametrize(
    ("environ", "domain"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"CODEARTIFACT_REGION": "us-east-1"}, None, id="only a region"),
        pytest.param({"CODEARTIFACT_INDEX_URL": BASE}, RELEASE, id="index URL"),
        pytest.param({"CODEARTIFACT_INDEX_URL": "x", **PARTS}, Repository("?", "?", "?"), id="invalid index URL"),
        pytest.param({"CODEARTIFACT_DOMAIN": "acme"}, Repository("acme", "", ""), id="only a domain"),
        pytest.param(PARTS, RELEASE._replace(name=None), id="parts"),
        pytest.param(
            {"CODEARTIFACT_DOMAIN": "acme", "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"},
            Repository("acme", "", "eu-west-1"),
            id="a region of AWS' variables",
        ),
    ],
)
def test_named_domain(environ, domain):
    assert named_domain(environ) == domain


def test_variables():
    names = ("INDEX_URL", "DOMAIN", "DOMAIN_OWNER", "REPOSITORY", "REGION", "ENDPOINT_TYPE", "INDEX_NAME", "INDEX_MODE")
    assert tuple(f"CODEARTIFACT_{name}" for name in names) == VARIABLES


@pytest.mark.parametrize(("text", "mode"), [("", "replace"), ("extra", "extra"), ("credentials", "credentials")])
def test_index_mode(text, mode):
    assert find_index({**PARTS, "CODEARTIFACT_INDEX_MODE": text}).mode == mode
    assert find_index({"CODEARTIFACT_INDEX_URL": f"{BASE}simple/", "CODEARTIFACT_INDEX_MODE": text}).mode == mode


def test_an_invalid_index_mode():
    with pytest.raises(
        ConfigurationError, match="CODEARTIFACT_INDEX_MODE cannot be 'both'; expected: replace, extra, credentials"
    ):
        find_index({**PARTS, "CODEARTIFACT_INDEX_MODE": "both"})
