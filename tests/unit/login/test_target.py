"""The repository that arguments and environment name together."""

import pytest

from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.login import target

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
PARTS = {"domain": "acme", "domain-owner": "111122223333", "repository": "release", "region": "us-east-1"}
OTHER = {"CODEARTIFACT_INDEX_URL": URL.replace("acme", "other")}


def url_of(environ=(), **arguments):
    return target.find({name.replace("_", "-"): value for name, value in arguments.items()}, None, dict(environ)).url


def test_a_url():
    assert url_of(url=URL.removesuffix("simple/")) == URL


def test_parts():
    assert target.find(PARTS, None, {}).url == URL


def test_arguments_precede_the_environment():
    assert url_of(OTHER, url=URL) == URL
    assert target.find(PARTS, None, OTHER).url == URL
    assert target.find(PARTS | {"region": None}, None, OTHER | {"AWS_REGION": "us-east-1"}).url == URL


def test_the_environment_names_what_arguments_do_not():
    assert url_of(OTHER) == OTHER["CODEARTIFACT_INDEX_URL"]
    environ = {"CODEARTIFACT_DOMAIN": "acme", "CODEARTIFACT_DOMAIN_OWNER": "111122223333", "AWS_REGION": "us-east-1"}
    assert url_of(environ, repository="release") == URL


def test_a_name_and_an_endpoint_type():
    index = target.find(PARTS | {"name": "mine", "endpoint-type": "dualstack"}, None, {})
    assert index.name == "mine"
    assert index.url == "https://acme-111122223333.codeartifact.us-east-1.on.aws/pypi/release/simple/"


def test_the_region_of_a_profile(tmp_path, monkeypatch):
    (tmp_path / "config").write_text("[default]\nregion = eu-west-1\n[profile dev]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    assert target.find(PARTS | {"region": None}, "dev", {}).url == URL
    assert "eu-west-1" in target.find(PARTS | {"region": None}, None, {}).url
    with pytest.raises(ConfigurationError, match=r"^the AWS profile 'gone' does not exist; .*CA418"):
        target.find(PARTS | {"region": None}, "gone", {})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "no repository is named; pass its index URL, or --domain and --repository"),
        ({"url": "https://pypi.example/simple/"}, "the URL is not a CodeArtifact index URL; expected: https://"),
        ({"url": URL.replace("https", "http")}, "the URL gets no token: refusing to send a token over http"),
        ({"url": URL.partition("pypi")[0]}, "the URL names no repository; expected: https://"),
        (PARTS | {"domain": "Acme"}, "--domain cannot be 'Acme'; expected: 2 to 50 lower-case letters"),
        (PARTS | {"domain-owner": "1"}, "--domain-owner cannot be '1'; expected: an account ID: 12 digits"),
        (PARTS | {"region": "here"}, "--region cannot be 'here'; expected: a region"),
        (PARTS | {"name": "a b"}, "CODEARTIFACT_INDEX_NAME cannot be 'a b'"),
        ({"domain": "acme", "region": "us-east-1"}, "incomplete settings: --repository is missing; add what is"),
        ({"domain": "acme", "repository": "release"}, "incomplete settings: --region is missing; add what is"),
        ({"domain": "acme"}, "incomplete settings: --repository and --region are missing; add what is"),
    ],
)
def test_what_names_none(arguments, message):
    with pytest.raises(ConfigurationError) as caught:
        target.find(arguments, None, {})
    assert str(caught.value).startswith(message.replace("CODEARTIFACT_INDEX_NAME", "--name"))
