"""The sections that use an identity of the machine, not of the job that runs on it."""

import pytest

from keyrings.codeartifact.config import settings
from keyrings.codeartifact.config.keyringrc import parse
from keyrings.codeartifact.config.settings import sections_with_machine_identity


@pytest.fixture(autouse=True)
def mounted_token(monkeypatch, tmp_path):
    """The path of the mounted secret, which does not exist, whatever this machine has."""
    monkeypatch.setattr(settings, "MOUNTED_TOKEN", str(tmp_path / "mounted"))


MACHINES = [
    pytest.param("", {}, ["codeartifact"], id="default chain"),
    pytest.param("[codeartifact]\nverify = gone", {}, ["codeartifact"], id="an unusable option"),
    pytest.param("[codeartifact]\nprofile_name = x", {}, ["codeartifact"], id="a profile"),
    pytest.param("[codeartifact]\nprofile_name =", {}, ["codeartifact"], id="empty profile"),
    pytest.param("[codeartifact]\nweb_identity_token_file = /x\nrole_arn = x", {}, ["codeartifact"], id="a pod's token"),
    pytest.param("[codeartifact]\nweb_identity_token_file = /x\naws_access_key_id = x", {}, ["codeartifact"], id="a pod's token precedes keys"),
    pytest.param("[codeartifact]\noidc_audience = x", {}, [], id="the CI's token"),
    pytest.param("[codeartifact]\noidc_token_variable = X\nprofile_name = x", {}, [], id="the CI's token precedes a profile"),
    pytest.param("[codeartifact]\nauth_token_file = /gone", {}, [], id="pre-issued token"),
    pytest.param("[codeartifact]\naws_access_key_id = x", {}, [], id="keys in the file"),
    pytest.param("[codeartifact]\naws_access_key_id =\nprofile_name = x", {}, ["codeartifact"], id="empty keys"),
    pytest.param("", {"CODEARTIFACT_AWS_ACCESS_KEY_ID": "x"}, ["codeartifact"], id="keys in the environment"),
    pytest.param("", {"CODEARTIFACT_OIDC_AUDIENCE": "x"}, [], id="OIDC in the environment"),
    pytest.param("[codeartifact]\noidc_audience = x", {"CODEARTIFACT_PROFILE_NAME": "x"}, ["codeartifact"], id="the environment overrides"),
    pytest.param("[codeartifact]\nprofile_name = x", {"CODEARTIFACT_ROLE_ARN": "x"}, ["codeartifact"], id="a role is not a source"),
    pytest.param("[codeartifact]\noidc_audience = x\n[codeartifact name=a]\ncache = off", {}, [], id="a section without a source"),
    pytest.param("[codeartifact]\noidc_audience = x\n[codeartifact name=a]\nprofile_name =", {}, ["codeartifact name=a"], id="a section that unsets it"),
    pytest.param('[codeartifact]\noidc_audience = x\n[codeartifact name=""]\naws_access_key_id = x\n[codeartifact domain=a]\nprofile_name = x', {}, ["codeartifact domain=a"], id="the second of two sections"),
    pytest.param("[codeartifact name=a]\noidc_audience = x\n", {}, ["codeartifact"], id="the defaults, besides a section"),
    pytest.param("", {"CODEARTIFACT_AUTH_TOKEN": "x", "CODEARTIFACT_INDEX_URL": "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"}, ["codeartifact"], id="a token for one domain in the environment"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "environ", "sections"), MACHINES)
def test_sections_with_machine_identity(text, environ, sections):
    file = parse(text, "rc")
    assert sections_with_machine_identity(environ, file) == sections
