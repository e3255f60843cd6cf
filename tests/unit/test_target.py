"""Which repository the environment names, and what is said where it names none."""

import pytest

from keyrings.codeartifact.config import environment as target
from keyrings.codeartifact.config.environment import Target
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
        pytest.param({"CODEARTIFACT_INDEX_URL": BASE.rstrip("/")}, BASE, "codeartifact", id="no slash"),
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
            id="dual-stack parts, a name",
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
        pytest.param({**PARTS, "AWS_REGION": "eu-west-1"}, BASE, "codeartifact", id="our own region first"),
    ],
)
def test_what_is_named(environ, base, name):
    assert target.find(environ) == Target(RELEASE, f"{base}simple/", base, name)
    assert target.choose(None, environ) == target.find(environ)


@pytest.mark.parametrize("environ", [{}, {"CODEARTIFACT_INDEX_URL": ""}, {"CODEARTIFACT_REGION": "us-east-1"}])
def test_nothing_is_named(environ):
    assert target.find(environ) is None
    with pytest.raises(ConfigurationError, match="no URL is given"):
        target.choose(None, environ)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CODEARTIFACT_INDEX_URL": "https://example.com/simple/"}, "CODEARTIFACT_INDEX_URL is not that of a CodeArt"),
        ({"CODEARTIFACT_INDEX_URL": f"https://{HOST}/"}, "CODEARTIFACT_INDEX_URL names no repository"),
        ({"CODEARTIFACT_INDEX_URL": BASE.replace("https", "http")}, "is never answered: the scheme is http"),
        ({**PARTS, "CODEARTIFACT_DOMAIN": ""}, "half of a repository is named: CODEARTIFACT_DOMAIN not set"),
        (
            {"CODEARTIFACT_DOMAIN": "acme"},
            "CODEARTIFACT_DOMAIN_OWNER and CODEARTIFACT_REPOSITORY and CODEARTIFACT_REGION not set",
        ),
        ({**PARTS, "CODEARTIFACT_DOMAIN": "Acme"}, "CODEARTIFACT_DOMAIN cannot be 'Acme'; accepted: 2 to 50 small"),
        ({**PARTS, "CODEARTIFACT_DOMAIN_OWNER": "1"}, "CODEARTIFACT_DOMAIN_OWNER cannot be '1'; accepted: an account"),
        ({**PARTS, "CODEARTIFACT_REPOSITORY": "a/b"}, "CODEARTIFACT_REPOSITORY cannot be 'a/b'"),
        ({**PARTS, "CODEARTIFACT_REGION": "evil.example"}, "CODEARTIFACT_REGION cannot be 'evil.example'"),
        ({**PARTS, "CODEARTIFACT_REGION": "", "AWS_REGION": "x"}, "AWS_REGION cannot be 'x'"),
        ({**PARTS, "CODEARTIFACT_ENDPOINT_TYPE": "ipv6"}, "CODEARTIFACT_ENDPOINT_TYPE cannot be 'ipv6'"),
        (
            {**PARTS, "CODEARTIFACT_DOMAIN": "https://aws:MARKED@x"},
            "CODEARTIFACT_DOMAIN cannot be used; accepted: 2 to",
        ),
        ({**PARTS, "CODEARTIFACT_DOMAIN": "A" * 200}, "CODEARTIFACT_DOMAIN cannot be '…'; accepted: 2 to"),
        ({**PARTS, "CODEARTIFACT_INDEX_NAME": "a b"}, "CODEARTIFACT_INDEX_NAME cannot be 'a b'"),
        ({**PARTS, "CODEARTIFACT_INDEX_NAME": "a\nb"}, "CODEARTIFACT_INDEX_NAME cannot be"),
    ],
)
def test_what_cannot_be_used(environ, message):
    with pytest.raises(ConfigurationError) as caught:
        target.find(environ)
    assert message in str(caught.value)


def test_a_url_goes_before_the_environment():
    chosen = target.choose(BASE.replace("release", "staging"), PARTS)
    assert (chosen.repository.name, chosen.publish_url) == ("staging", BASE.replace("release", "staging"))


def test_a_url_of_a_whole_domain():
    assert target.choose(f"https://{HOST}/", {}) == Target(RELEASE._replace(name=None), "", "", "codeartifact")
    assert target.choose(HOST, {}).index_url == ""


def test_a_url_s_password_is_not_repeated():
    with pytest.raises(ConfigurationError) as caught:
        target.choose(f"https://user:MARKED@{HOST}.evil.example/", {})
    assert "MARKED" not in str(caught.value)


@pytest.mark.parametrize("url", ["", " "])
def test_an_empty_url_is_not_the_environment_s(url):
    """As an unset variable of a script leaves it: a token for another repository would be shown."""
    with pytest.raises(ConfigurationError, match="the URL is not that of a CodeArtifact repository"):
        target.choose(url, PARTS)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"CODEARTIFACT_DOMAIN_OWNER": "111122223333"}, "CODEARTIFACT_DOMAIN and CODEARTIFACT_REPOSITORY and"),
        ({**PARTS, "CODEARTIFACT_INDEX_NAME": "-x"}, "CODEARTIFACT_INDEX_NAME cannot be '-x'"),
        ({**PARTS, "CODEARTIFACT_INDEX_NAME": "x" * 64 + "."}, "CODEARTIFACT_INDEX_NAME cannot be"),
        ({**PARTS, "CODEARTIFACT_DOMAIN": "a." * 200}, "a.a.'; accepted: 2 to"),
    ],
)
def test_more_that_cannot_be_used(environ, message):
    with pytest.raises(ConfigurationError) as caught:
        target.find(environ)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 250


def test_who_has_other_names_reads_them():
    with pytest.raises(ConfigurationError, match=r"^the input index-url names no repository"):
        target.find({"CODEARTIFACT_INDEX_URL": f"https://{HOST}/"}, {"CODEARTIFACT_INDEX_URL": "the input index-url"})
