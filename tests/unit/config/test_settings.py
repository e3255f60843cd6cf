"""Which layer sets an option, and how invalid values are reported."""

import pytest

from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository, Role, Secret, Settings, Source

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
ARN = "arn:aws:iam::111122223333:role/reader"
KEYS = "aws_access_key_id = AKIASECTION\naws_secret_access_key = s3cret\n"
BUILT_IN = {
    "source": Source(),
    "role": None,
    "auth_token_secret": None,
    "token_duration": 3600,
    "endpoint_url": None,
    "sts_endpoint_url": None,
    "verify": True,
    "cache": True,
    "cache_dir": None,
    "connect_timeout": 5.0,
    "read_timeout": 10.0,
    "max_attempts": 3,
    "throttle_timeout": 120.0,
    "deadline": 20.0,
    "section": None,
    "origins": {},
    "warnings": (),
    "hints": (),
}


DEFAULTS, ACME = (f"[{name}] of CODEARTIFACT_CONFIG" for name in ("codeartifact", 'codeartifact domain="acme"'))


def settings_for(text="", /, **options):
    """Return the settings of a file with this text and of these options in the environment."""
    environ = {f"CODEARTIFACT_{name.upper()}": value for name, value in options.items()}
    return resolve(RELEASE, {"CODEARTIFACT_CONFIG": text or "#", **environ})


def test_built_in_values():
    assert settings_for()._asdict() == BUILT_IN


def test_every_field_is_an_option_or_derived_from_some():
    derived = {"source", "role", "section", "origins", "warnings", "hints"}
    assert set(Settings._fields) - derived == {name for name, option in OPTIONS.items() if not option.group}


@pytest.mark.parametrize(
    ("text", "environment", "duration", "origin"),
    [
        pytest.param(
            "[codeartifact]\ntoken_duration = 900\n", {}, 900, "[codeartifact] of CODEARTIFACT_CONFIG", id="defaults"
        ),
        pytest.param(
            '[codeartifact]\ntoken_duration = 900\n[codeartifact domain="acme"]\ntoken_duration = 1000\n',
            {},
            1000,
            '[codeartifact domain="acme"] of CODEARTIFACT_CONFIG',
            id="section overrides defaults",
        ),
        pytest.param(
            '[codeartifact domain="acme"]\ntoken_duration = 1000\n',
            {"token_duration": "2000"},
            2000,
            "CODEARTIFACT_TOKEN_DURATION",
            id="environment overrides section",
        ),
        pytest.param(
            '[codeartifact domain="acme"]\ntoken_duration = 1000\n',
            {"token_duration": ""},
            1000,
            '[codeartifact domain="acme"] of CODEARTIFACT_CONFIG',
            id="empty in the environment is unset",
        ),
        pytest.param(
            '[codeartifact]\ntoken_duration = 900\n[codeartifact domain="acme"]\ntoken_duration =\n',
            {},
            3600,
            '[codeartifact domain="acme"] of CODEARTIFACT_CONFIG',
            id="empty in the file: the built-in value",
        ),
    ],
)
def test_layers(text, environment, duration, origin):
    settings = settings_for(text, **environment)
    assert settings.token_duration == duration
    assert settings.origins == {"token_duration": origin}


@pytest.mark.parametrize(
    ("text", "environment", "source"),
    [
        pytest.param("", {}, Source(), id="nothing: the default chain"),
        pytest.param(
            "[codeartifact]\nprofile_name = team a\n", {}, Source("profile_name", "team a", DEFAULTS), id="profile"
        ),
        pytest.param(
            f"[codeartifact]\n{KEYS}", {}, Source("aws_access_key_id", "AKIASECTION", DEFAULTS, "s3cret"), id="keys"
        ),
        pytest.param(
            f"[codeartifact]\n{KEYS}aws_session_token = t0ken\n",
            {},
            Source("aws_access_key_id", "AKIASECTION", DEFAULTS, "s3cret", "t0ken"),
            id="temporary keys",
        ),
        pytest.param(
            f"[codeartifact]\nprofile_name = x\n{KEYS}",
            {},
            Source("aws_access_key_id", "AKIASECTION", DEFAULTS, "s3cret"),
            id="keys precede a profile",
        ),
        pytest.param(
            f'[codeartifact]\n{KEYS}[codeartifact domain="acme"]\nprofile_name = x\n',
            {},
            Source("profile_name", "x", ACME),
            id="a section's profile is not mixed with the defaults' keys",
        ),
        pytest.param(
            f'[codeartifact domain="acme"]\n{KEYS}',
            {"profile_name": "y"},
            Source("profile_name", "y", "CODEARTIFACT_PROFILE_NAME"),
            id="environment overrides all",
        ),
        pytest.param(
            f'[codeartifact]\n{KEYS}[codeartifact domain="acme"]\nprofile_name =\n',
            {},
            Source(),
            id="empty in a section: the default chain",
        ),
        pytest.param(
            f'[codeartifact]\n{KEYS}aws_session_token = old\n[codeartifact domain="acme"]\n{KEYS}',
            {},
            Source("aws_access_key_id", "AKIASECTION", ACME, "s3cret"),
            id="a section's keys are not mixed with the defaults' session token",
        ),
    ],
)
def test_source(text, environment, source):
    assert settings_for(text, **environment).source == source


@pytest.mark.parametrize(
    ("text", "role"),
    [
        pytest.param(f"[codeartifact]\nrole_arn = {ARN}\n", Role(ARN, "keyrings-codeartifact", None), id="arn"),
        pytest.param(
            "[codeartifact]\nrole_arn = arn:aws-us-gov:iam::111122223333:role/path/reader\n",
            Role("arn:aws-us-gov:iam::111122223333:role/path/reader", "keyrings-codeartifact", None),
            id="another partition, a path",
        ),
        pytest.param(
            f"[codeartifact]\nrole_arn = {ARN}\nrole_session_name = ci@1\nexternal_id = a/b\n",
            Role(ARN, "ci@1", "a/b"),
            id="all",
        ),
        pytest.param(
            f'[codeartifact]\nrole_arn = {ARN}\nexternal_id = xy\n[codeartifact domain="acme"]\nrole_arn = {ARN}\n',
            Role(ARN, "keyrings-codeartifact", None),
            id="a section's role is not mixed with the defaults' external id",
        ),
        pytest.param(
            f'[codeartifact]\nrole_arn = {ARN}\n[codeartifact domain="acme"]\nprofile_name = x\n',
            Role(ARN, "keyrings-codeartifact", None),
            id="source and role are two groups",
        ),
        pytest.param(
            f'[codeartifact]\nrole_arn = {ARN}\n[codeartifact domain="acme"]\nrole_arn =\n', None, id="empty: no role"
        ),
    ],
)
def test_role(text, role):
    assert settings_for(text).role == role


def test_an_error_names_file_section_and_option():
    with pytest.raises(ConfigurationError) as caught:
        settings_for('[codeartifact domain="acme"]\ntoken_duration = 5\n')
    assert str(caught.value) == (
        "token_duration in [codeartifact domain=\"acme\"] of CODEARTIFACT_CONFIG cannot be '5'; "
        "expected: 900 to 43200 seconds, or 0 for the rest of the role's session [CA205]"
    )


def test_an_invalid_value_in_another_section_is_ignored():
    assert settings_for('[codeartifact domain="other"]\ntoken_duration = 5\n').token_duration == 3600


@pytest.mark.parametrize("layer", ["defaults", "section"])
def test_an_invalid_value_is_an_error_even_if_a_higher_layer_overrides_it(layer):
    header = {"defaults": "codeartifact", "section": 'codeartifact domain="acme"'}[layer]
    with pytest.raises(
        ConfigurationError,
        match=f"token_duration in \\[{header}\\] of CODEARTIFACT_CONFIG cannot be '5'; expected: 900",
    ):
        settings_for(f"[{header}]\ntoken_duration = 5\n", token_duration="900")


@pytest.mark.parametrize(
    ("text", "environment", "message"),
    [
        pytest.param(
            "[codeartifact]\naws_access_key_id = AKIA\n",
            {},
            f"aws_access_key_id ({DEFAULTS}) is set without aws_secret_access_key; set both",
            id="id",
        ),
        pytest.param(
            "[codeartifact]\naws_secret_access_key = s\n",
            {},
            f"aws_secret_access_key ({DEFAULTS}) is set without aws_access_key_id; set both",
            id="secret",
        ),
        pytest.param(
            "[codeartifact]\naws_session_token = s\n",
            {},
            f"aws_session_token ({DEFAULTS}) is set without aws_secret_access_key; set both",
            id="session token",
        ),
        pytest.param(
            f"[codeartifact]\n{KEYS}",
            {"aws_access_key_id": "AKIAOTHER"},
            "aws_access_key_id (CODEARTIFACT_AWS_ACCESS_KEY_ID) is set without aws_secret_access_key; set both aws_access_key_id and aws_secret_access_key in the same place, or remove it",
            id="id in one layer, secret in another",
        ),
        pytest.param(
            "[codeartifact]\nexternal_id = xy\n",
            {},
            f"external_id ({DEFAULTS}) is set without role_arn; set role_arn in the same place",
            id="external id",
        ),
        pytest.param(
            "[codeartifact]\nrole_session_name = xy\n",
            {},
            f"role_session_name ({DEFAULTS}) is set without role_arn; set role_arn in the same place",
            id="session name",
        ),
    ],
)
def test_incomplete_groups(text, environment, message):
    with pytest.raises(ConfigurationError) as caught:
        settings_for(text, **environment)
    assert str(caught.value).startswith(message)


def test_warnings():
    settings = settings_for(
        '[codeartifact]\nprofil = x\ntoken_duration = 900\n[codeartifact acount="1"]\n[codeartifact name="x"]\nother = 1\n'
    )
    assert settings.warnings == (
        "section [codeartifact acount=\"1\"] of CODEARTIFACT_CONFIG never matches: 'acount' is none of "
        "domain, account, region, name; did you mean account?",
        "[codeartifact] of CODEARTIFACT_CONFIG sets the unknown option profil; did you mean profile_name?",
    )


def test_an_unknown_option_that_is_no_word_is_not_repeated():
    [warning] = settings_for("[codeartifact]\nMARKEDrest/of+a+key== \n").warnings
    assert warning == "[codeartifact] of CODEARTIFACT_CONFIG sets the unknown option …"


def test_a_repr_shows_no_secret():
    text = f"[codeartifact]\n{KEYS}aws_session_token = t0ken\n"
    shown = repr(settings_for(text))
    assert "AKIASECTION" in shown
    assert "s3cret" not in shown
    assert "t0ken" not in shown
    assert repr(Secret("s3cret")) == "'…'"
