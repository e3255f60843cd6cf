"""Which layer's value holds, which values are accepted, and what is said of the others."""

import pytest

from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Profile, Repository, Role, Secret, Settings, StaticKeys

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
ARN = "arn:aws:iam::111122223333:role/reader"
KEYS = "aws_access_key_id = AKIASECTION\naws_secret_access_key = s3cret\n"
BUILT_IN = {
    "source": None,
    "role": None,
    "token_duration": 3600,
    "endpoint_url": None,
    "sts_endpoint_url": None,
    "verify": True,
    "cache": True,
    "cache_dir": None,
    "connect_timeout": 5.0,
    "read_timeout": 10.0,
    "max_attempts": 3,
    "deadline": 20.0,
    "section": None,
    "origins": {},
    "warnings": (),
    "hints": (),
}


def settings_for(text="", /, **options):
    """Return the settings of this file and these options in the environment."""
    environ = {f"CODEARTIFACT_{name.upper()}": value for name, value in options.items()}
    return resolve(RELEASE, {"CODEARTIFACT_CONFIG": text or "#", **environ})


def test_built_in_values():
    assert settings_for()._asdict() == BUILT_IN


def test_every_field_is_an_option_or_made_of_some():
    made = {"source", "role", "section", "origins", "warnings", "hints"}
    assert set(Settings._fields) - made == {name for name, option in OPTIONS.items() if not option.group}


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
            id="section over defaults",
        ),
        pytest.param(
            '[codeartifact domain="acme"]\ntoken_duration = 1000\n',
            {"token_duration": "2000"},
            2000,
            "CODEARTIFACT_TOKEN_DURATION",
            id="environment over section",
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
            id="empty in the file is none: the built-in value",
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
        pytest.param("", {}, None, id="nothing: the AWS chain"),
        pytest.param("[codeartifact]\nprofile_name = team a\n", {}, Profile("team a"), id="profile"),
        pytest.param(f"[codeartifact]\n{KEYS}", {}, StaticKeys("AKIASECTION", "s3cret", None), id="keys"),
        pytest.param(
            f"[codeartifact]\n{KEYS}aws_session_token = t0ken\n",
            {},
            StaticKeys("AKIASECTION", "s3cret", "t0ken"),
            id="temporary keys",
        ),
        pytest.param(
            f"[codeartifact]\nprofile_name = x\n{KEYS}", {}, StaticKeys("AKIASECTION", "s3cret", None), id="keys first"
        ),
        pytest.param(
            f'[codeartifact]\n{KEYS}[codeartifact domain="acme"]\nprofile_name = x\n',
            {},
            Profile("x"),
            id="a section's profile is not mixed with the defaults' keys",
        ),
        pytest.param(
            f'[codeartifact domain="acme"]\n{KEYS}', {"profile_name": "y"}, Profile("y"), id="environment over all"
        ),
        pytest.param(
            f'[codeartifact]\n{KEYS}[codeartifact domain="acme"]\nprofile_name =\n',
            {},
            None,
            id="empty in a section: the AWS chain after all",
        ),
        pytest.param(
            f'[codeartifact]\n{KEYS}aws_session_token = old\n[codeartifact domain="acme"]\n{KEYS}',
            {},
            StaticKeys("AKIASECTION", "s3cret", None),
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


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("token_duration", "0", 0),
        ("token_duration", "900", 900),
        ("token_duration", "43200", 43200),
        ("verify", "YES", True),
        ("verify", "1", True),
        ("verify", "off", False),
        ("verify", "on", True),
        ("cache", "ON", True),
        ("cache", "off", False),
        ("cache_dir", "/tmp", "/tmp"),
        ("verify", "False", False),
        ("verify", f'"{__file__}"', __file__),
        ("endpoint_url", "https://vpce-1.api.codeartifact.us-east-1.vpce.amazonaws.com", None),
        ("endpoint_url", "http://127.0.0.1:8080", None),
        ("sts_endpoint_url", "http://localhost:8080/sts", None),
        ("connect_timeout", "0.5", 0.5),
        ("read_timeout", "30", 30.0),
        ("max_attempts", "1", 1),
        ("deadline", "3600", 3600.0),
    ],
)
def test_accepted_values(option, text, value):
    assert getattr(settings_for(**{option: text}), option) == (text if value is None else value)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("token_duration", "899"),
        ("token_duration", "43201"),
        ("token_duration", "-1"),
        ("token_duration", "1h"),
        ("token_duration", "1_000"),
        ("token_duration", "٩٠٠"),
        ("verify", "maybe"),
        ("cache", "maybe"),
        ("cache", __file__),
        ("cache_dir", "relative"),
        ("cache_dir", "/two\nlines"),
        ("verify", "/no/such/bundle.pem"),
        ("verify", "/"),
        ("endpoint_url", "http://codeartifact.us-east-1.amazonaws.com"),
        ("endpoint_url", "http://10.0.0.1:8080"),
        ("endpoint_url", "http://127.0.0.1.evil.example"),
        ("endpoint_url", "http://localhost.evil.example"),
        ("endpoint_url", "https://user:MARKED@host"),
        ("endpoint_url", "codeartifact.us-east-1.amazonaws.com"),
        ("sts_endpoint_url", "https://host/?query"),
        ("connect_timeout", "0"),
        ("connect_timeout", "nan"),
        ("read_timeout", "1e3"),
        ("read_timeout", "3601"),
        ("max_attempts", "0"),
        ("max_attempts", "11"),
        ("deadline", "inf"),
        ("aws_access_key_id", "MARKED/with+signs"),
        ("aws_secret_access_key", "MARKED with blanks"),
        ("aws_session_token", "MARKED\nline"),
        ("profile_name", "two\nlines"),
        ("aws_access_key_id", "AKIÄ"),
        ("role_session_name", "späti"),
        ("role_arn", "arn:aws:iam::111122223333:role/späti"),
        ("role_arn", "reader"),
        ("role_arn", "arn:aws:iam::1:role/reader"),
        ("role_session_name", "x"),
        ("role_session_name", "two words"),
        ("role_session_name", "x" * 65),
        ("external_id", "x"),
    ],
)
def test_refused_values_are_named_with_what_would_be_accepted(option, text):
    with pytest.raises(ConfigurationError) as caught:
        settings_for(**{option: text})
    message = str(caught.value)
    assert message.startswith(f"CODEARTIFACT_{option.upper()} cannot be ")
    assert message.endswith(f"; accepted: {OPTIONS[option].accepted}")
    assert "MARKED" not in message
    assert "\n" not in message


def test_a_mistake_is_named_with_file_section_and_option():
    with pytest.raises(ConfigurationError) as caught:
        settings_for('[codeartifact domain="acme"]\ntoken_duration = 5\n')
    assert str(caught.value) == (
        "token_duration in [codeartifact domain=\"acme\"] of CODEARTIFACT_CONFIG cannot be '5'; "
        "accepted: 900 to 43200 seconds, or 0 for as long as the role's session"
    )


def test_a_mistake_in_another_section_breaks_nobody():
    assert settings_for('[codeartifact domain="other"]\ntoken_duration = 5\n').token_duration == 3600


@pytest.mark.parametrize("layer", ["defaults", "section"])
def test_a_mistake_is_told_even_where_a_higher_layer_covers_it(layer):
    header = {"defaults": "codeartifact", "section": 'codeartifact domain="acme"'}[layer]
    with pytest.raises(ConfigurationError, match="token_duration in"):
        settings_for(f"[{header}]\ntoken_duration = 5\n", token_duration="900")


@pytest.mark.parametrize(
    ("text", "environment", "given"),
    [
        pytest.param("[codeartifact]\naws_access_key_id = AKIA\n", {}, "aws_access_key_id ([codeartifact] of", id="id"),
        pytest.param("[codeartifact]\naws_secret_access_key = s\n", {}, "aws_secret_access_key (", id="secret"),
        pytest.param("[codeartifact]\naws_session_token = s\n", {}, "aws_session_token (", id="session token"),
        pytest.param(
            f"[codeartifact]\n{KEYS}",
            {"aws_access_key_id": "AKIAOTHER"},
            "aws_access_key_id (CODEARTIFACT_AWS_ACCESS_KEY_ID)",
            id="id in one layer, secret in another",
        ),
        pytest.param("[codeartifact]\nexternal_id = xy\n", {}, "external_id (", id="external id"),
        pytest.param("[codeartifact]\nrole_session_name = xy\n", {}, "role_session_name (", id="session name"),
    ],
)
def test_what_cannot_stand_alone(text, environment, given):
    with pytest.raises(ConfigurationError) as caught:
        settings_for(text, **environment)
    assert str(caught.value).startswith(given)
    assert "stands alone" in str(caught.value)


def test_warnings():
    settings = settings_for(
        '[codeartifact]\nprofil = x\ntoken_duration = 900\n[codeartifact acount="1"]\n[codeartifact name="x"]\nother = 1\n'
    )
    assert settings.warnings == (
        "section [codeartifact acount=\"1\"] of CODEARTIFACT_CONFIG never matches: 'acount' is none of "
        "domain, account, region, name",
        "[codeartifact] of CODEARTIFACT_CONFIG sets the unknown option profil",
    )


def test_what_is_no_word_may_be_the_rest_of_a_key():
    [warning] = settings_for("[codeartifact]\nMARKEDrest/of+a+key== \n").warnings
    assert warning == "[codeartifact] of CODEARTIFACT_CONFIG sets the unknown option …"


def test_the_home_of_a_bundle(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ca.pem").touch()
    assert settings_for(verify="~/ca.pem").verify == str(tmp_path / "ca.pem")


def test_secrets_hide_from_repr():
    text = f"[codeartifact]\n{KEYS}aws_session_token = t0ken\n"
    shown = repr(settings_for(text))
    assert "AKIASECTION" in shown
    assert "s3cret" not in shown
    assert "t0ken" not in shown
    assert repr(Secret("s3cret")) == "'…'"


def test_a_folder_below_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings_for(cache_dir="~/kept").cache_dir == str(tmp_path / "kept")
