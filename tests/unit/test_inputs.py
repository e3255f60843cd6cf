"""What the action's inputs make of a configuration and of the repository that a job means."""

import pytest

from keyrings.codeartifact.ci import inputs
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.index_url import parse
from keyrings.codeartifact.models import Profile, RunnerToken

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release"
ROLE = "arn:aws:iam::111122223333:role/ci"
PARTS = {"domain": "acme", "domain-owner": "111122223333", "repository": "release", "aws-region": "us-east-1"}
OIDC = {"role-to-assume": ROLE, "audience": "sts.amazonaws.com"}


def resolved(given, url=URL):
    return resolve(parse(url), {"CODEARTIFACT_CONFIG": inputs.configuration(given)})


def test_a_role_is_assumed_with_the_runner_s_token():
    settings = resolved(OIDC | {"role-session-name": "job", "token-duration-seconds": "900"})
    assert settings.source == RunnerToken("sts.amazonaws.com")
    assert settings.role == (ROLE, "job", None)
    assert settings.token_duration == 900


def test_without_an_audience_the_role_is_assumed_from_the_job_s_own_identity():
    settings = resolved(OIDC | {"audience": ""})
    assert (settings.source, settings.role.arn) == (None, ROLE)


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
def test_nothing_is_configured_without_a_role(given):
    assert inputs.configuration(given).strip() == ""


def test_blanks_around_an_input_are_yaml_s():
    assert inputs.options({"role-to-assume": f" {ROLE}\n"}) == {"role-to-assume": ROLE}


OWN = '\ufeff[codeartifact name="staging"]\nprofile_name = publisher ; why not\n'


def test_the_job_s_own_sections_lie_over_the_inputs():
    given = OIDC | {"keyringrc": OWN}
    assert resolved(given).source == RunnerToken("sts.amazonaws.com")
    assert resolved(given, URL.replace("release", "staging")).source == Profile("publisher")
    assert resolved(given, URL.replace("release", "staging")).role.arn == ROLE


@pytest.mark.parametrize("own", [OWN, "[codeartifact]\nprofile_name = x\n", "# nothing\n", "[other]\na = b\r\n"])
def test_alone_it_stays_as_it_is(own):
    assert inputs.configuration({"keyringrc": own}) == own


def test_an_indented_section_goes_on_with_nothing_of_the_inputs():
    assert resolved(OIDC | {"keyringrc": '# why\n  [codeartifact name="staging"]\n  cache = off\n'}).role.arn == ROLE


def test_options_are_called_by_the_inputs_that_set_them():
    assert inputs.named("correct role_arn or profile_name", OIDC) == "correct the input role-to-assume or profile_name"
    assert inputs.named("correct role_arn", {}) == "correct role_arn"


def test_an_empty_section_of_defaults_is_no_second_one():
    assert resolved(OIDC | {"keyringrc": f"[codeartifact]\n{OWN[1:]}"}).role.arn == ROLE


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param({"role-to-assume": "ci"}, "role-to-assume cannot be 'ci'; accepted: arn:aws:iam::", id="no ARN"),
        pytest.param({"role-to-assume": f"{ROLE}\nx = y"}, "role-to-assume cannot be 'arn:.*x = y'; acc", id="line"),
        pytest.param(OIDC | {"audience": "two words"}, "audience cannot be used; accepted: an audience", id="audience"),
        pytest.param(OIDC | {"audience": "#sts"}, "audience cannot be used; accepted: an audience", id="comment"),
        pytest.param(OIDC | {"audience": ";sts"}, "audience cannot be used; accepted: an audience", id="comment too"),
        pytest.param(OIDC | {"role-session-name": "a b"}, "role-session-name cannot be 'a b'; accepted: 2 to", id="name"),
        pytest.param({"role-session-name": "job"}, "role-session-name stands alone; set role-to-assume too", id="alone"),
        pytest.param({"audience": "api://x"}, "audience stands alone; set role-to-assume too", id="audience alone"),
        pytest.param({"token-duration-seconds": "60"}, "token-duration-seconds cannot be '60'; accepted: 900", id="time"),
        pytest.param(
            {"token-duration-seconds": "\u001b[31m900"}, r"token-duration-seconds cannot be '\?\[31m900'", id="control characters"
        ),
        pytest.param(
            OIDC | {"keyringrc": "[codeartifact]\nprofile_name = x"},
            r"keyringrc sets options in \[codeartifact\], where role-to-assume and audience belong, too; set them in one",
            id="two defaults",
        ),
        pytest.param({"keyringrc": "profile_name = x"}, "keyringrc cannot be parsed: line 1 stands before", id="no section"),
        pytest.param(OIDC | {"keyringrc": "role_arn = x"}, "keyringrc cannot be parsed: line 1 stands before", id="under ours"),
        pytest.param({"keyringrc": "[codeartifact]\nx"}, "keyringrc cannot be parsed: line 2 is neither", id="no option"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_called_by_the_input_s_name(given, said):
    with pytest.raises(ConfigurationError, match=f"the input {said}"):
        inputs.configuration(given)


def test_no_secret_in_a_wrong_place_is_shown():
    with pytest.raises(ConfigurationError) as caught:
        inputs.configuration({"role-to-assume": "x" * 70})
    assert "xx" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "environ"),
    [
        pytest.param({"index-url": f"{URL}/simple/"}, {}, id="URL"),
        pytest.param(
            {"index-url": f"{URL}\n"}, {"CODEARTIFACT_INDEX_URL": URL.replace("acme", "other")}, id="over a URL"
        ),
        pytest.param({"index-url": URL}, {"CODEARTIFACT_DOMAIN": "other"}, id="over a domain"),
        pytest.param(PARTS, {}, id="parts"),
        pytest.param(PARTS, {"CODEARTIFACT_INDEX_URL": URL.replace("acme", "other")}, id="parts over a URL"),
        pytest.param(PARTS | {"aws-region": ""}, {"AWS_REGION": "us-east-1"}, id="the job's region"),
        pytest.param(
            PARTS, {"AWS_REGION": "eu-west-1", "CODEARTIFACT_REGION": "eu-west-1"}, id="over the job's region"
        ),
        pytest.param({}, {"CODEARTIFACT_INDEX_URL": URL}, id="the job's URL"),
    ],
)
def test_which_repository_is_meant(given, environ):
    found = inputs.find(given, environ)
    assert (found.index_url, found.publish_url, found.index_name) == (f"{URL}/simple/", f"{URL}/", "codeartifact")


def test_none_is_meant():
    assert inputs.find({"aws-region": "us-east-1", "index-name": "x", "keyringrc": OWN}, {"AWS_REGION": "x"}) is None


def test_how_the_index_is_called_and_reached():
    found = inputs.find(PARTS | {"index-name": "private", "endpoint-type": "dualstack"}, {})
    assert found.index_name == "private"
    assert found.publish_url == "https://acme-111122223333.codeartifact.us-east-1.on.aws/pypi/release/"
    assert inputs.find({"index-name": "private"}, {"CODEARTIFACT_INDEX_URL": URL}).index_name == "private"


@pytest.mark.parametrize(
    ("given", "environ", "said"),
    [
        pytest.param({"index-url": "x"}, {}, "the input index-url is not that of a CodeArtifact", id="no URL"),
        pytest.param({"index-url": URL.replace("s:", ":")}, {}, "the input index-url is never answered: ", id="http"),
        pytest.param({"index-url": URL, "domain": "acme"}, {}, "index-url and the input domain stand together", id="both"),
        pytest.param({"domain": "acme"}, {}, "the input domain-owner and the input repository and the input aws-region not set; set what is missing, or the input index-url", id="half"),
        pytest.param({"repository": "release"}, {"CODEARTIFACT_DOMAIN": "acme"}, "the input domain and", id="half of each"),
        pytest.param(PARTS | {"domain-owner": "1"}, {}, "the input domain-owner cannot be '1'", id="account"),
        pytest.param(PARTS | {"endpoint-type": "ipv6"}, {}, "the input endpoint-type cannot be 'ipv6'", id="endpoint"),
        pytest.param({"index-url": URL, "index-name": "$(x)"}, {}, "the input index-name cannot be", id="name"),
        pytest.param(PARTS | {"aws-region": ""}, {"AWS_REGION": "x"}, "^AWS_REGION cannot be 'x'", id="the job's region"),
        pytest.param({}, {"CODEARTIFACT_INDEX_URL": "x"}, "^CODEARTIFACT_INDEX_URL is not", id="the job's URL"),
    ],
)  # fmt: skip
def test_a_repository_that_is_not_named(given, environ, said):
    with pytest.raises(ConfigurationError, match=said):
        inputs.find(given, environ)


@pytest.mark.parametrize(
    ("text", "is_on"), [("true", True), ("True", True), (" true ", True), ("false", False), ("", False), (None, False)]
)
def test_a_switch(text, is_on):
    assert inputs.switch({} if text is None else {"check": text}, "check") is is_on


@pytest.mark.parametrize("text", ["yes", "1", "::set-output name=x::y"])
def test_no_switch(text):
    with pytest.raises(ConfigurationError, match=r"the input check cannot be '.*'; accepted: true or false"):
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
def test_what_goes_before_the_inputs(environ, found):
    assert inputs.overruled(OIDC | {"token-duration-seconds": "900"}, environ) == found


def test_its_sections_are_the_job_s():
    text = inputs.configuration(OIDC | {"keyringrc": OWN})
    assert [section.name for section in keyringrc.parse(text, "it").sections] == ['codeartifact name="staging"']


JOBS = {
    "CODEARTIFACT_DOMAIN": "acme",
    "CODEARTIFACT_DOMAIN_OWNER": "111122223333",
    "CODEARTIFACT_REPOSITORY": "release",
    "CODEARTIFACT_REGION": "us-east-1",
}


@pytest.mark.parametrize("name", ["domain", "domain-owner", "repository"])
def test_no_part_is_put_together_with_the_job_s(name):
    """Half of one and half of the other is a repository that nobody has named."""
    with pytest.raises(ConfigurationError, match="half of a repository is named"):
        inputs.find({name: PARTS[name]}, JOBS)
    with pytest.raises(ConfigurationError, match=f"the input index-url and the input {name} stand together"):
        inputs.find({"index-url": URL, name: PARTS[name]}, {})


def test_the_inputs_go_before_the_job_s_variables():
    found = inputs.find({"aws-region": "eu-west-1", "index-name": "mine"}, JOBS | {"CODEARTIFACT_INDEX_NAME": "theirs"})
    assert (found.repository.region, found.index_name) == ("eu-west-1", "mine")
    with pytest.raises(ConfigurationError, match=r"^the input aws-region cannot be 'x'"):
        inputs.find({"aws-region": "x"}, JOBS)


def test_a_url_takes_nothing_else_from_the_job():
    assert inputs.find({"index-url": URL}, {"CODEARTIFACT_INDEX_NAME": "theirs"}).index_name == "codeartifact"


def test_a_long_text_is_cut():
    with pytest.raises(ConfigurationError) as caught:
        inputs.switch({"check": "a." * 200}, "check")
    assert len(str(caught.value)) < 200
