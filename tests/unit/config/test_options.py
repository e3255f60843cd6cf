"""Which values of options are valid."""

import pytest

from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:"
RELEASE = Repository("acme", "111122223333", "us-east-1", "release")


def settings_for(**options):
    """Return the settings of these options in the environment."""
    environ = {f"CODEARTIFACT_{name.upper()}": value for name, value in options.items()}
    return resolve(RELEASE, {"CODEARTIFACT_CONFIG": "#", **environ})


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("auth_token_secret", f"{SECRET}codeartifact/acme-A1b2C3", None),
        ("auth_token_secret", f"{SECRET}a_+=.@-b-A1b2C3".replace("aws", "aws-us-gov"), None),
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
        ("endpoint_url", "http://[::1]:1/", None),
        ("endpoint_url", "https://codeartifact.example:65535", None),
        ("sts_endpoint_url", "http://localhost:8080/sts", None),
        ("connect_timeout", "0.5", 0.5),
        ("read_timeout", "30", 30.0),
        ("max_attempts", "1", 1),
        ("max_attempts", "10", 10),
        ("deadline", "3600", 3600.0),
        ("throttle_timeout", "300", 300.0),
    ],
)
def test_valid_values(option, text, value):
    assert getattr(settings_for(**{option: text}), option) == (text if value is None else value)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("auth_token_secret", "MARKED"),
        ("auth_token_secret", "codeartifact/acme"),
        ("auth_token_secret", f"{SECRET}acme"),
        ("auth_token_secret", f"{SECRET}-A1b2C3"),
        ("auth_token_secret", f"{SECRET}acme-A1b2C3:token"),
        ("auth_token_secret", f"{SECRET}a*-A1b2C3"),
        ("auth_token_secret", "arn:aws:secretsmanager:nowhere:111122223333:secret:acme-A1b2C3"),
        ("auth_token_secret", "arn:aws:secretsmanager::111122223333:secret:acme-A1b2C3"),
        ("auth_token_secret", "arn:aws:secretsmanager:us-east-1:1:secret:acme-A1b2C3"),
        ("auth_token_secret", "arn:aws:ssm:us-east-1:111122223333:secret:acme-A1b2C3"),
        ("token_duration", "899"),
        ("token_duration", "43201"),
        ("token_duration", "-1"),
        ("token_duration", "1h"),
        ("token_duration", "1_000"),
        ("token_duration", "٩٠٠"),
        ("token_duration", "0000000900"),
        ("verify", "maybe"),
        ("cache", "maybe"),
        ("cache", "/some/folder"),
        ("cache_dir", "relative"),
        ("cache_dir", "/two\nlines"),
        ("verify", "/no/such/bundle.pem"),
        ("verify", "/"),
        ("endpoint_url", "http://codeartifact.us-east-1.amazonaws.com"),
        ("endpoint_url", "http://10.0.0.1:8080"),
        ("endpoint_url", "http://127.0.0.1.evil.example"),
        ("endpoint_url", "http://localhost.evil.example"),
        ("endpoint_url", "http://127.1"),
        ("endpoint_url", "https://host:0"),
        ("endpoint_url", "https://host:65536"),
        ("endpoint_url", "https://user:MARKED@host"),
        ("endpoint_url", "codeartifact.us-east-1.amazonaws.com"),
        ("sts_endpoint_url", "https://host/?query"),
        ("connect_timeout", "0"),
        ("connect_timeout", "nan"),
        ("connect_timeout", ".5"),
        ("connect_timeout", "5."),
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
        ("external_id", "x" * 1225),
        ("oidc_audience", "x" * 256),
        ("oidc_token_variable", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
    ],
)
def test_invalid_values(option, text):
    with pytest.raises(ConfigurationError) as caught:
        settings_for(**{option: text})
    message = str(caught.value)
    # A long word looks like a secret.
    shown = "is invalid" if OPTIONS[option].sensitive else f"cannot be {text if len(text) < 65 else '…'!r}"
    assert message == f"CODEARTIFACT_{option.upper()} {shown}; expected: {OPTIONS[option].form} [CA205]"
    assert "MARKED" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("option", "length"), [("oidc_audience", 255), ("role_session_name", 64), ("external_id", 1224)]
)
def test_longest_values(option, length):
    assert OPTIONS[option].parse("x" * length) == "x" * length


def test_built_in_values():
    settings = settings_for()
    assert settings.token_duration == 3600
    assert settings.verify is True
    assert settings.cache is True
    assert (settings.connect_timeout, settings.read_timeout) == (5, 10)
    assert (settings.max_attempts, settings.deadline, settings.throttle_timeout) == (3, 20, 120)


def test_options_whose_values_are_not_shown():
    assert {name for name, option in OPTIONS.items() if option.sensitive} == {
        *(
            "auth_token",
            "auth_token_secret",
            "auth_token_file",
            "oidc_token_variable",
            "oidc_audience",
            "web_identity_token_file",
        ),
        *("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "endpoint_url", "sts_endpoint_url"),
    }


def test_a_ca_bundle_in_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "ca.pem").touch()
    assert settings_for(verify="~/ca.pem").verify == str(tmp_path / "ca.pem")


def test_a_cache_folder_in_the_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings_for(cache_dir="~/cache").cache_dir == str(tmp_path / "cache")
