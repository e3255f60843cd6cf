"""The identity source that options set: its precedence, and the domains that a pre-issued token applies to."""

import pytest

from keyrings.codeartifact.config import settings as all_settings
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import SESSION, Repository, Role, Source

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
ARN = "arn:aws:iam::111122223333:role/reader"
INDEX = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
KEYS = "aws_access_key_id = AKIASECTION\naws_secret_access_key = MARKED\n"
DEFAULTS, SECTION = "[codeartifact] of CODEARTIFACT_CONFIG", '[codeartifact domain="acme"] of CODEARTIFACT_CONFIG'
TOKEN, TOKEN_FILE = "CODEARTIFACT_AUTH_TOKEN", "CODEARTIFACT_AUTH_TOKEN_FILE"
IN_ACME = {"CODEARTIFACT_DOMAIN": "acme"}


def resolved(text="", **environ):
    return resolve(RELEASE, {"CODEARTIFACT_CONFIG": f"[codeartifact]\n{text}", **environ})


@pytest.fixture(autouse=True)
def mounted_token(monkeypatch, tmp_path):
    """The path of the mounted secret, which does not exist, whatever this machine has."""
    monkeypatch.setattr(all_settings, "MOUNTED_TOKEN", str(tmp_path / "mounted"))
    return tmp_path / "mounted"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("auth_token = t0ken\n", Source("auth_token", "t0ken", DEFAULTS), id="token"),
        pytest.param("auth_token_file = FILE\n", Source("auth_token_file", "from-a-file", DEFAULTS), id="token file"),
        pytest.param(
            "auth_token_file = ~/token\n",
            Source("auth_token_file", "from-a-file", DEFAULTS),
            id="token file in the home",
        ),
        pytest.param(f"role_arn = {ARN}\noidc_audience = a\n", Source("oidc_audience", "a", DEFAULTS), id="runner"),
        pytest.param(
            f"role_arn = {ARN}\noidc_token_variable = V_1\n",
            Source("oidc_token_variable", "V_1", DEFAULTS),
            id="variable",
        ),
        pytest.param(
            f"role_arn = {ARN}\nweb_identity_token_file = FILE\n",
            Source("web_identity_token_file", "FILE", DEFAULTS),
            id="file",
        ),
    ],
)
@pytest.mark.parametrize("beside", ["", KEYS, "profile_name = p\n"])
def test_precedence_in_one_place(tmp_path, monkeypatch, text, source, beside):
    """A token precedes OIDC, which precedes keys and profile."""
    path = tmp_path / "token"
    path.write_text("from-a-file\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = resolved(text.replace("FILE", str(path)) + beside).source
    assert found == (source._replace(value=str(path)) if source.value == "FILE" else source)
    assert "from-a-file" not in repr(found)
    assert "t0ken" not in repr(found)


@pytest.mark.parametrize("other", [f"role_arn = {ARN}\noidc_audience = a\n", KEYS, "profile_name = p\n"])
def test_a_token_precedes_all_other_sources(other):
    assert resolved(f"auth_token = t0ken\n{other}").source == Source("auth_token", "t0ken", DEFAULTS)


@pytest.mark.parametrize(
    ("section", "environ", "source"),
    [
        pytest.param(
            "profile_name = p\n",
            {},
            Source("profile_name", "p", SECTION),
            id="a section's profile overrides the defaults' OIDC",
        ),
        pytest.param("auth_token = t0ken\n", {}, Source("auth_token", "t0ken", SECTION), id="a section's token"),
        pytest.param(
            "auth_token = t0ken\n",
            {"CODEARTIFACT_PROFILE_NAME": "q"},
            Source("profile_name", "q", "CODEARTIFACT_PROFILE_NAME"),
            id="the environment's profile",
        ),
        pytest.param(
            "profile_name = p\n",
            {"CODEARTIFACT_OIDC_TOKEN_VARIABLE": "V"},
            Source("oidc_token_variable", "V", "CODEARTIFACT_OIDC_TOKEN_VARIABLE"),
            id="the environment's OIDC",
        ),
    ],
)
def test_layers(section, environ, source):
    text = f'role_arn = {ARN}\noidc_audience = a\n[codeartifact domain="acme"]\n{section}'
    assert resolved(text, **environ).source == source


def test_oidc_from_one_layer_and_its_role_from_another():
    found = resolved(f"role_arn = {ARN}\n", CODEARTIFACT_OIDC_AUDIENCE="a", GITHUB_REPOSITORY="x/y", GITHUB_RUN_ID="1")
    assert (found.source, found.role) == (
        Source("oidc_audience", "a", "CODEARTIFACT_OIDC_AUDIENCE"),
        Role(ARN, "x-y-1", None),
    )


@pytest.mark.parametrize(
    ("environ", "applies"),
    [
        pytest.param({}, False, id="no domain is named"),
        pytest.param(IN_ACME, True, id="the domain"),
        pytest.param({"CODEARTIFACT_DOMAIN": "other"}, False, id="another domain"),
        pytest.param({**IN_ACME, "CODEARTIFACT_DOMAIN_OWNER": "111122223333"}, True, id="the owner"),
        pytest.param({**IN_ACME, "CODEARTIFACT_DOMAIN_OWNER": "444455556666"}, False, id="another owner"),
        pytest.param({**IN_ACME, "CODEARTIFACT_REGION": "us-east-1"}, True, id="the region"),
        pytest.param({**IN_ACME, "CODEARTIFACT_REGION": "eu-west-1"}, False, id="another region"),
        pytest.param({**IN_ACME, "AWS_REGION": "eu-west-1"}, False, id="another region in AWS' variable"),
        pytest.param(
            {**IN_ACME, "CODEARTIFACT_REGION": "us-east-1", "AWS_REGION": "x"}, True, id="our variable precedes AWS'"
        ),
        pytest.param({"CODEARTIFACT_INDEX_URL": INDEX}, True, id="the URL"),
        pytest.param({"CODEARTIFACT_INDEX_URL": INDEX.replace("release", "other")}, True, id="another repository"),
        pytest.param({"CODEARTIFACT_INDEX_URL": INDEX.replace("1111", "4444")}, False, id="a URL of another account"),
        pytest.param({"CODEARTIFACT_INDEX_URL": INDEX.replace("https", "http"), **IN_ACME}, False, id="a bad URL"),
    ],
)
def test_a_token_in_the_environment_applies_to_the_domain_named_there(environ, applies):
    found = resolved("profile_name = p\n", CODEARTIFACT_AUTH_TOKEN="t0ken", **environ)
    assert found.source == (Source("auth_token", "t0ken", TOKEN) if applies else Source("profile_name", "p", DEFAULTS))
    assert [hint.partition(":")[0] for hint in found.hints] == ([] if applies else ["ignored CODEARTIFACT_AUTH_TOKEN"])


def test_hints_on_an_ignored_token():
    [unbound] = resolved(CODEARTIFACT_AUTH_TOKEN="t0ken").hints
    [other] = resolved(CODEARTIFACT_AUTH_TOKEN="t0ken", CODEARTIFACT_DOMAIN="other").hints
    assert unbound == (
        "ignored CODEARTIFACT_AUTH_TOKEN: set CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN to say for which domain it is"
    )
    assert other == (
        "ignored CODEARTIFACT_AUTH_TOKEN: it applies to the domain that CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN names"
    )


def test_an_ignored_token_does_not_override_the_section():
    found = resolved(KEYS, CODEARTIFACT_AUTH_TOKEN="t0ken")
    assert found.source == Source("aws_access_key_id", "AKIASECTION", DEFAULTS, "MARKED")


@pytest.mark.parametrize(
    ("environ", "applies"),
    [({}, True), (IN_ACME, True), ({"CODEARTIFACT_DOMAIN": "other"}, False)],
    ids=["no domain", "domain", "another"],
)
@pytest.mark.parametrize("how", ["file", "mounted"])
def test_a_token_in_a_file_applies_to_any_domain_unless_one_is_named(tmp_path, mounted_token, environ, applies, how):
    path = mounted_token if how == "mounted" else tmp_path / "token"
    path.write_text("t0ken")
    named = {"CODEARTIFACT_AUTH_TOKEN_FILE": str(path)} if how == "file" else {}
    origin = TOKEN_FILE if how == "file" else "the mounted secret"
    found = resolved("profile_name = p\n", **named, **environ)
    assert found.source == (
        Source("auth_token_file", "t0ken", origin) if applies else Source("profile_name", "p", DEFAULTS)
    )
    ignored = (
        "ignored a file with a token: it applies to the domain that CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN names"
    )
    assert found.hints == (() if applies else (ignored,))


@pytest.mark.parametrize("url", [f" {INDEX}", INDEX.replace("/pypi/", "/npm/"), "https://example.com/"])
def test_with_an_invalid_index_url_no_token_applies(tmp_path, mounted_token, url):
    (tmp_path / "token").write_text("t0ken")
    mounted_token.write_text("mounted")
    given = {"CODEARTIFACT_AUTH_TOKEN": "t0ken", "CODEARTIFACT_AUTH_TOKEN_FILE": str(tmp_path / "token"), **IN_ACME}
    assert resolved("profile_name = p\n", CODEARTIFACT_INDEX_URL=url, **given).source == Source(
        "profile_name", "p", DEFAULTS
    )


def test_precedence_of_tokens(tmp_path, mounted_token):
    mounted_token.write_text("mounted")
    (tmp_path / "token").write_text("file")
    every = {"CODEARTIFACT_AUTH_TOKEN": "variable", "CODEARTIFACT_AUTH_TOKEN_FILE": str(tmp_path / "token"), **IN_ACME}
    assert resolved(**every).source == Source("auth_token", "variable", TOKEN)
    del every["CODEARTIFACT_AUTH_TOKEN"]
    assert resolved(**every).source == Source("auth_token_file", "file", TOKEN_FILE)
    del every["CODEARTIFACT_AUTH_TOKEN_FILE"]
    mounted = Source("auth_token_file", "mounted", "the mounted secret")
    assert resolved(**every).source == mounted
    assert resolved(**every, CODEARTIFACT_PROFILE_NAME="p").source == mounted


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "oidc_audience = a\n",
            "oidc_audience ([codeartifact] of CODEARTIFACT_CONFIG) is set without role_arn; set role_arn",
        ),
        (
            "oidc_token_variable = a\n",
            "oidc_token_variable ([codeartifact] of CODEARTIFACT_CONFIG) is set without role_arn; set role_arn",
        ),
        (
            f"role_arn = {ARN}\noidc_audience = a\noidc_token_variable = b\n",
            "oidc_token_variable and oidc_audience ([codeartifact] of CODEARTIFACT_CONFIG) are both set; remove one of them",
        ),
        (
            f"role_arn = {ARN}\noidc_audience = a\nexternal_id = b1\n",
            "external_id ([codeartifact] of CODEARTIFACT_CONFIG) cannot be combined with oidc_audience ([codeartifact] of CODEARTIFACT_CONFIG); remove one",
        ),
        (
            f"role_arn = {ARN}\nweb_identity_token_file = /no/such\n",
            "names /no/such, which is not a file; correct the path",
        ),
        (f"role_arn = {ARN}\nweb_identity_token_file = /\n", "names /, which is not a file"),
        (
            f"role_arn = {ARN}\noidc_audience = a b\n",
            "oidc_audience in [codeartifact] of CODEARTIFACT_CONFIG is invalid; expected: an audience",
        ),
        (
            f"role_arn = {ARN}\noidc_token_variable = ACTIONS_ID_TOKEN_REQUEST_TOKEN\n",
            "oidc_token_variable in [codeartifact] of CODEARTIFACT_CONFIG is invalid; expected: the name of a variable",
        ),
        (
            "auth_token = MARKED MARKED\n",
            "auth_token in [codeartifact] of CODEARTIFACT_CONFIG is invalid; expected: an authorization token",
        ),
        (
            f"oidc_token_variable = {'eyJ.' + 'MARKED-' * 20}\n",
            "oidc_token_variable in [codeartifact] of CODEARTIFACT_CONFIG is invalid; expected: the name of a variable",
        ),
        (f"auth_token_file = {'eyJ' + 'MARKED-' * 20}\n", "names …, which does not exist"),
    ],
)
def test_invalid_sources(text, message):
    with pytest.raises(ConfigurationError) as caught:
        resolved(text)
    assert message in str(caught.value)
    assert "MARKED" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words", "options", "identity"),
    [
        ("", "the AWS default chain", {}, "SOURCE"),
        (KEYS, "access key …TION (PLACE)", {"aws_access_key_id": "…TION", "aws_secret_access_key": "…"}, "SOURCE"),
        ("profile_name = p\n", "profile 'p' (PLACE)", {"profile_name": "p"}, "SOURCE"),
        ("auth_token = MARKED\n", "a pre-issued token (PLACE)", {"auth_token": "…"}, "SOURCE"),
        (
            f"role_arn = {ARN}\nrole_session_name = me\noidc_audience = a\n",
            "GitHub's OIDC token for 'a' (PLACE)",
            {"oidc_audience": "a"},
            f"role {ARN}, assumed with SOURCE",
        ),
        (
            f"role_arn = {ARN}\nrole_session_name = me\nexternal_id = you\nprofile_name = p\n",
            "profile 'p' (PLACE)",
            {"profile_name": "p"},
            f"role {ARN}, assumed with SOURCE",
        ),
    ],
)
def test_sources_in_words(text, words, options, identity):
    found = resolved(text)
    source = words.replace("PLACE", DEFAULTS)
    assert str(found.source) == source
    assert found.source.options() == options
    assert found.identity == identity.replace("SOURCE", source)


def test_a_secret_of_another_domain_is_ignored():
    arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:codeartifact/acme-A1b2C3"
    found = resolved(CODEARTIFACT_AUTH_TOKEN_SECRET=arn, CODEARTIFACT_DOMAIN="other")
    assert found.source == Source()
    names = "CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN"
    assert found.hints == (f"ignored CODEARTIFACT_AUTH_TOKEN_SECRET: it applies to the domain that {names} names",)
    assert found.auth_token_secret is None
    assert resolved(CODEARTIFACT_AUTH_TOKEN_SECRET=arn, **IN_ACME).auth_token_secret == arn


def test_a_session_replaces_source_and_role_and_no_other_option():
    text = f"profile_name = dev\nrole_arn = {ARN}\nread_timeout = 7\n"
    environ = {"CODEARTIFACT_CONFIG": f"[codeartifact]\n{text}", TOKEN: "t0ken", "CODEARTIFACT_DEADLINE": "9"}
    found = resolve(RELEASE, environ, session=SESSION)
    assert (found.source, found.role, found.hints) == (SESSION, None, ())
    assert (found.read_timeout, found.deadline) == (7, 9)
    assert set(found.origins) == {"read_timeout", "deadline"}
