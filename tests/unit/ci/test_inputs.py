"""The configuration and the repository that the inputs of a CI job set."""

import pytest

from keyrings.codeartifact.ci import inputs
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.index_url import parse_repository
from keyrings.codeartifact.models import Source

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release"
ROLE = "arn:aws:iam::111122223333:role/ci"
PARTS = {"domain": "acme", "domain-owner": "111122223333", "repository": "release", "aws-region": "us-east-1"}
OIDC = {"role-to-assume": ROLE, "audience": "sts.amazonaws.com"}


PLACE = "[codeartifact] of CODEARTIFACT_CONFIG"


def resolved(given, url=URL):
    return resolve(parse_repository(url), {"CODEARTIFACT_CONFIG": inputs.configuration(given)})


def test_the_role_is_assumed_with_the_token_of_the_runner():
    settings = resolved(OIDC | {"role-session-name": "job", "token-duration-seconds": "900"})
    assert settings.source == Source("oidc_audience", "sts.amazonaws.com", PLACE)
    assert settings.role == (ROLE, "job", None)
    assert settings.token_duration == 900


SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:codeartifact/acme-A1b2C3"


@pytest.mark.parametrize("given", [{}, OIDC], ids=["the job's own identity", "a role"])
def test_a_shared_token(given):
    assert resolved({**given, "auth-token-secret": f" {SECRET}\n"}).auth_token_secret == SECRET


def test_without_an_audience_the_role_is_assumed_with_the_default_chain():
    settings = resolved(OIDC | {"audience": ""})
    assert (settings.source, settings.role.arn) == (Source(), ROLE)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"audience": "sts.amazonaws.com"},
        {"oidc-token-variable": "CODEARTIFACT_ID_TOKEN"},
        {"keyringrc": ""},
        {"role-to-assume": " \n"},
    ],
)
def test_without_a_role_no_option_is_set(given):
    assert inputs.configuration(given).strip() == ""


def test_blanks_around_an_input_are_ignored():
    assert inputs.options({"role-to-assume": f" {ROLE}\n"}) == {"role-to-assume": ROLE}


OWN = '\ufeff[codeartifact name="staging"]\nprofile_name = publisher ; comment\n'


def test_sections_of_keyringrc_override_the_other_inputs():
    given = OIDC | {"keyringrc": OWN}
    assert resolved(given).source == Source("oidc_audience", "sts.amazonaws.com", PLACE)
    staging = resolved(given, URL.replace("release", "staging"))
    assert staging.source == Source("profile_name", "publisher", '[codeartifact name="staging"] of CODEARTIFACT_CONFIG')
    assert staging.role.arn == ROLE


@pytest.mark.parametrize("own", [OWN, "[codeartifact]\nprofile_name = x\n", "# nothing\n", "[other]\na = b\r\n"])
def test_keyringrc_alone_is_unchanged(own):
    assert inputs.configuration({"keyringrc": own}) == own


def test_an_indented_section_of_keyringrc_does_not_continue_into_the_defaults():
    assert (
        resolved(OIDC | {"keyringrc": '# comment\n  [codeartifact name="staging"]\n  cache = off\n'}).role.arn == ROLE
    )


def test_messages_name_the_input_that_sets_an_option():
    assert (
        inputs.with_input_names("correct role_arn or profile_name", OIDC)
        == "correct the input role-to-assume or profile_name"
    )
    assert inputs.with_input_names("correct role_arn", {}) == "correct role_arn"


def test_an_empty_defaults_section_of_keyringrc_is_no_conflict():
    assert resolved(OIDC | {"keyringrc": f"[codeartifact]\n{OWN[1:]}"}).role.arn == ROLE


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param({"role-to-assume": "ci"}, "role-to-assume cannot be 'ci'; expected: arn:aws:iam::", id="no ARN"),
        pytest.param({"role-to-assume": f"{ROLE}\nx = y"}, "role-to-assume cannot be 'arn:.*x = y'; exp", id="line"),
        pytest.param(OIDC | {"audience": "two words"}, "audience is invalid; expected: an audience", id="audience"),
        pytest.param(OIDC | {"audience": "#sts"}, "audience is invalid; expected: an audience", id="comment"),
        pytest.param(OIDC | {"audience": ";sts"}, "audience is invalid; expected: an audience", id="comment with ;"),
        pytest.param(OIDC | {"role-session-name": "a b"}, "role-session-name cannot be 'a b'; expected: 2 to", id="name"),
        pytest.param({"role-session-name": "job"}, "role-session-name is set without role-to-assume; set role-to-assume too, or remove it", id="session name without role"),
        pytest.param({"audience": "api://x"}, "audience is set without role-to-assume; set role-to-assume too, or remove it", id="audience without role"),
        pytest.param({"auth-token-secret": "acme"}, "auth-token-secret is invalid; expected: arn:aws:secretsmanager:", id="secret"),
        pytest.param({"token-duration-seconds": "60"}, "token-duration-seconds cannot be '60'; expected: 900", id="time"),
        pytest.param(
            {"token-duration-seconds": "\u001b[31m900"}, r"token-duration-seconds cannot be '\?\[31m900'", id="control characters"
        ),
        pytest.param(
            OIDC | {"keyringrc": "[codeartifact]\nprofile_name = x"},
            r"keyringrc sets options in \[codeartifact\], and so does role-to-assume and audience; set them in one",
            id="defaults set twice",
        ),
        pytest.param({"keyringrc": "profile_name = x"}, "keyringrc cannot be parsed: line 1 comes before", id="no section"),
        pytest.param(OIDC | {"keyringrc": "role_arn = x"}, "keyringrc cannot be parsed: line 1 comes before", id="option without a section"),
        pytest.param({"keyringrc": "[codeartifact]\nx"}, "keyringrc cannot be parsed: line 2 is neither", id="no option"),
    ],
)  # fmt: skip
def test_an_error_names_the_input(given, message):
    with pytest.raises(ConfigurationError, match=f"the input {message}"):
        inputs.configuration(given)


def test_a_secret_in_the_wrong_input_is_not_repeated():
    with pytest.raises(ConfigurationError) as caught:
        inputs.configuration({"role-to-assume": "x" * 70})
    assert "xx" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "environ"),
    [
        pytest.param({"index-url": f"{URL}/simple/"}, {}, id="URL"),
        pytest.param(
            {"index-url": f"{URL}\n"}, {"CODEARTIFACT_INDEX_URL": URL.replace("acme", "other")}, id="overrides a URL"
        ),
        pytest.param({"index-url": URL}, {"CODEARTIFACT_DOMAIN": "other"}, id="overrides a domain"),
        pytest.param(PARTS, {}, id="parts"),
        pytest.param(PARTS, {"CODEARTIFACT_INDEX_URL": URL.replace("acme", "other")}, id="parts override a URL"),
        pytest.param(PARTS | {"aws-region": ""}, {"AWS_REGION": "us-east-1"}, id="region of the job"),
        pytest.param(
            PARTS, {"AWS_REGION": "eu-west-1", "CODEARTIFACT_REGION": "eu-west-1"}, id="overrides the region of the job"
        ),
        pytest.param({}, {"CODEARTIFACT_INDEX_URL": URL}, id="URL of the job"),
    ],
)
def test_index(given, environ):
    found = inputs.index(given, environ)
    assert (found.url, found.publish_url, found.name) == (f"{URL}/simple/", f"{URL}/", "codeartifact")


def test_without_a_repository_there_is_no_index():
    assert inputs.index({"aws-region": "us-east-1", "index-name": "x", "keyringrc": OWN}, {"AWS_REGION": "x"}) is None


def test_index_name_and_endpoint_type():
    found = inputs.index(PARTS | {"index-name": "private", "endpoint-type": "dualstack"}, {})
    assert found.name == "private"
    assert found.publish_url == "https://acme-111122223333.codeartifact.us-east-1.on.aws/pypi/release/"
    assert inputs.index({"index-name": "private"}, {"CODEARTIFACT_INDEX_URL": URL}).name == "private"


@pytest.mark.parametrize(
    ("given", "environ", "message"),
    [
        pytest.param({"index-url": "x"}, {}, "the input index-url is not a CodeArtifact index URL", id="no URL"),
        pytest.param({"index-url": URL.replace("s:", ":")}, {}, "the input index-url gets no token: refusing to send a token over http; use https", id="http"),
        pytest.param({"index-url": URL, "domain": "acme"}, {}, "the input index-url and the input domain are both set", id="both"),
        pytest.param({"domain": "acme"}, {}, "incomplete settings: the input domain-owner, the input aws-region and the input repository are missing; set what is missing, or the input index-url instead", id="domain only"),
        pytest.param({"repository": "release"}, {"CODEARTIFACT_DOMAIN": "acme"}, "incomplete settings: the input domain, the input domain-owner and", id="parts from two places"),
        pytest.param(PARTS | {"domain-owner": "1"}, {}, "the input domain-owner cannot be '1'", id="domain owner"),
        pytest.param(PARTS | {"endpoint-type": "ipv6"}, {}, "the input endpoint-type cannot be 'ipv6'", id="endpoint"),
        pytest.param({"index-url": URL, "index-name": "$(x)"}, {}, "the input index-name cannot be", id="name"),
        pytest.param(PARTS | {"aws-region": ""}, {"AWS_REGION": "x"}, "^AWS_REGION cannot be 'x'", id="region of the job"),
        pytest.param({}, {"CODEARTIFACT_INDEX_URL": "x"}, "^CODEARTIFACT_INDEX_URL is not", id="URL of the job"),
    ],
)  # fmt: skip
def test_invalid_index(given, environ, message):
    with pytest.raises(ConfigurationError, match=message):
        inputs.index(given, environ)


@pytest.mark.parametrize(
    ("text", "is_on"), [("true", True), ("True", True), (" true ", True), ("false", False), ("", False), (None, False)]
)
def test_switch(text, is_on):
    assert inputs.switch({} if text is None else {"check": text}, "check") is is_on


@pytest.mark.parametrize("text", ["yes", "1", "::set-output name=x::y"])
def test_invalid_switch(text):
    with pytest.raises(ConfigurationError, match=r"the input check cannot be '.*'; expected: true or false"):
        inputs.switch({"check": text}, "check")


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, {}),
        ({"CODEARTIFACT_TOKEN_DURATION": "1800"}, {"token-duration-seconds": "CODEARTIFACT_TOKEN_DURATION"}),
        ({"CODEARTIFACT_EXTERNAL_ID": "x"}, {"role-to-assume": "CODEARTIFACT_EXTERNAL_ID"}),
        ({"CODEARTIFACT_PROFILE_NAME": "x"}, {"audience": "CODEARTIFACT_PROFILE_NAME"}),
        ({"CODEARTIFACT_PROFILE_NAME": "", "AWS_PROFILE": "x", "CODEARTIFACT_VERIFY": "x"}, {}),
    ],
)
def test_variables_that_override_inputs(environ, found):
    assert inputs.overridden(OIDC | {"token-duration-seconds": "900"}, environ) == found


def test_the_configuration_contains_the_sections_of_keyringrc():
    text = inputs.configuration(OIDC | {"keyringrc": OWN})
    assert [section.name for section in keyringrc.parse(text, "rc").sections] == ['codeartifact name="staging"']


JOB = {
    "CODEARTIFACT_DOMAIN": "acme",
    "CODEARTIFACT_DOMAIN_OWNER": "111122223333",
    "CODEARTIFACT_REPOSITORY": "release",
    "CODEARTIFACT_REGION": "us-east-1",
}


@pytest.mark.parametrize("name", ["domain", "domain-owner", "repository"])
def test_a_part_is_not_combined_with_the_parts_that_the_job_sets(name):
    with pytest.raises(
        ConfigurationError,
        match=r"incomplete settings: .* missing; set what is missing, or the input index-url instead",
    ):
        inputs.index({name: PARTS[name]}, JOB)
    with pytest.raises(ConfigurationError, match=f"the input index-url and the input {name} are both set"):
        inputs.index({"index-url": URL, name: PARTS[name]}, {})


def test_inputs_override_variables_of_the_job():
    found = inputs.index({"aws-region": "eu-west-1", "index-name": "input"}, JOB | {"CODEARTIFACT_INDEX_NAME": "job"})
    assert (found.repository.region, found.name) == ("eu-west-1", "input")
    with pytest.raises(ConfigurationError, match=r"^the input aws-region cannot be 'x'"):
        inputs.index({"aws-region": "x"}, JOB)


def test_with_a_url_nothing_else_is_taken_from_the_job():
    assert inputs.index({"index-url": URL}, {"CODEARTIFACT_INDEX_NAME": "job"}).name == "codeartifact"


def test_a_long_value_is_truncated():
    with pytest.raises(ConfigurationError) as caught:
        inputs.switch({"check": "a." * 200}, "check")
    assert len(str(caught.value)) < 200
