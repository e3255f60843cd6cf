"""Explanations: how sections score, which options apply and where they were set, and what is probably wrong."""

import pytest

from keyrings.codeartifact.config.explanation import VARIABLES, explain
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
ROLE = "arn:aws:iam::111122223333:role/ci"


def explained(text="#", **environ):
    return explain(RELEASE, {"CODEARTIFACT_CONFIG": text, **environ})


@pytest.mark.parametrize(
    ("variable", "similar"),
    [
        ("CODEARTIFACT_PROFILE", "CODEARTIFACT_PROFILE_NAME"),
        ("CODEARTIFACT_DOMAIN_OWNR", "CODEARTIFACT_DOMAIN_OWNER"),
        ("CODEARTIFACT_CONFIGFILE", "CODEARTIFACT_CONFIG_FILE"),
        ("CODEARTIFACT_CHECKS", "CODEARTIFACT_CHECK"),
    ],
)
def test_an_unknown_variable(variable, similar):
    found = explained(**{variable: "MARKED"})
    assert found.warnings == [f"unknown variable {variable}; did you mean {similar}?"]
    assert "MARKED" not in repr(found)


def test_an_unknown_variable_that_is_like_no_other():
    assert explained(CODEARTIFACT_="x").warnings[0].startswith("unknown variable CODEARTIFACT_; did you mean ")
    [warning] = explained(**{f"CODEARTIFACT_{'Z' * 50}": "x"}).warnings
    assert warning == f"unknown variable CODEARTIFACT_{'Z' * 50}"


@pytest.mark.parametrize("variable", [*sorted(VARIABLES - {"CODEARTIFACT_CONFIG"}), "CODEARTIFACT_ID_TOKEN", "CODEARTIFACT_INPUT_X", "AWS_X", "codeartifact_x"])  # fmt: skip
def test_known_variables_and_those_of_others(variable):
    assert explained(**{variable: ""}).warnings == []


def test_variables_that_are_no_options():
    others = ("CHECK", "CONFIG", "CONFIG_FILE", "DEBUG", "DOMAIN", "DOMAIN_OWNER", "ENDPOINT_TYPE", "INDEX_MODE", "INDEX_NAME", "INDEX_URL", "REGION", "REPOSITORY")  # fmt: skip
    assert VARIABLES - {option.variable for option in OPTIONS.values()} == {f"CODEARTIFACT_{name}" for name in others}


def test_all_options_have_known_variables():
    assert {option.variable for option in OPTIONS.values()} < VARIABLES


def test_sections_and_ties():
    found = explained(
        '[codeartifact name="release"]\n[codeartifact domain="acme"]\n[codeartifact]\n'
        '[codeartifact account="1"]\n[codeartifact acount="1"]\n[codeartifact ]\n[other]\n'
    )
    assert found.file == "CODEARTIFACT_CONFIG"
    assert found.sections == (
        ('codeartifact name="release"', 1, "", True),
        ('codeartifact domain="acme"', 1, "", False),
        ('codeartifact account="1"', None, "account is '1', not '111122223333'", False),
        (
            'codeartifact acount="1"',
            None,
            "'acount' is none of domain, account, region, name; did you mean account?",
            False,
        ),
        ("codeartifact ", 0, "", False),
    )
    assert found.tied == ('codeartifact domain="acme"',)
    assert found.warnings == [
        "section [codeartifact acount=\"1\"] of CODEARTIFACT_CONFIG never matches: 'acount' is none of domain, account, "
        "region, name; did you mean account?",
        'section [codeartifact domain="acme"] matches as well as the one that applies: ties go to the first',
    ]


def test_without_a_file(tmp_path):
    found = explain(RELEASE, {"XDG_CONFIG_HOME": str(tmp_path)})
    assert found.file == str(tmp_path / "python_keyring" / "keyringrc.cfg")
    assert (found.sections, found.tied, found.warnings) == ((), (), [])
    assert [(option, value) for option, value, origin in found.options if origin == "built-in"] == [
        ("token_duration", "3600"),
        ("verify", "true"),
        ("cache", "true"),
        ("connect_timeout", "5"),
        ("read_timeout", "10"),
        ("max_attempts", "3"),
        ("deadline", "20"),
        ("throttle_timeout", "120"),
    ]


def test_options_with_their_origins():
    found = explained(
        f'[codeartifact]\nrole_arn = {ROLE}\nrole_session_name = me\nread_timeout = 2.5\n[codeartifact domain="acme"]\n'
        "aws_access_key_id = AKIAMARKED0001\naws_secret_access_key = MARKED\naws_session_token = MARKED\nverify = off\n",
        CODEARTIFACT_DEADLINE="7",
        CODEARTIFACT_EXTERNAL_ID="",
    )
    section, defaults = (f"[codeartifact{name}] of CODEARTIFACT_CONFIG" for name in (' domain="acme"', ""))
    assert [(*option, origin) for *option, origin in found.options if origin != "built-in"] == [
        ("aws_access_key_id", "…0001", section),
        ("aws_secret_access_key", "…", section),
        ("aws_session_token", "…", section),
        ("role_arn", ROLE, defaults),
        ("role_session_name", "me", defaults),
        ("verify", "false", section),
        ("read_timeout", "2.5", defaults),
        ("deadline", "7", "CODEARTIFACT_DEADLINE"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "auth_token = MARKED\n",
        "aws_access_key_id = MARKED0001\naws_secret_access_key = MARKED\naws_session_token = MARKED\n",
    ],
)
def test_an_explanation_contains_no_secret(text):
    found = explained(f"[codeartifact]\n{text}", CODEARTIFACT_AUTH_TOKEN="MARKED")
    assert found.warnings == [
        "ignored CODEARTIFACT_AUTH_TOKEN: set CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN to say for which domain it is"
    ]
    for part in (found.options, found.sections, found.settings.identity, found.warnings):
        assert "MARKED" not in repr(part)
    assert "MARKED" not in "".join(value for _, value, _ in found.options)
    assert "'MARKED'" not in repr(found)


def test_an_invalid_configuration():
    with pytest.raises(ConfigurationError, match=r"token_duration in .* cannot be '5'"):
        explained("[codeartifact]\ntoken_duration = 5\n")
