"""`explain` shows repository, sections, options, identity and warnings, as text and as JSON, and no secret."""

import json
import os
import re
from pathlib import Path

import pytest

from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.errors import ConfigurationError

HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
URL = f"https://{HOST}/pypi/release/simple/"
REPOSITORY = "  domain        acme\n  domain owner  111122223333\n  region        us-east-1\n  repository    release\n"
NONE_SET = "\nOptions\n  none is set; see the built-in values with --all\n"
DEFAULT_CHAIN = "\nIdentity\n  the AWS default chain (no credentials)\n"
SECTIONS = """\
[codeartifact]
token_duration = 1800
[codeartifact name="release"]
profile_name = dev
[codeartifact domain="acme"]
[codeartifact region="us-east-1" domain="acme"]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = MARKED-secret
[codeartifact account="444455556666"]
[codeartifact acount="111122223333"]
"""


@pytest.fixture(autouse=True)
def config(home, monkeypatch):
    """The path of the configuration file, which is missing; no lookup would get anything from this machine."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("CODEARTIFACT_CACHE_DIR")
    path = Path(keyringrc.own_path(os.environ))
    path.parent.mkdir(parents=True)
    return path


def test_without_a_file(run, config, capsys):
    assert run("explain", URL) == 0
    heading = f"\nNo configuration file: {config} does not exist\n"
    assert capsys.readouterr() == (f"{REPOSITORY}{heading}{NONE_SET}{DEFAULT_CHAIN}", "")


def test_a_file_without_sections(run, config, capsys):
    config.write_text("")
    run("explain", URL)
    sections = f"\nSections of {config}\n✓ [codeartifact]\n      applies: no other section matches\n"
    assert capsys.readouterr().out == f"{REPOSITORY}{sections}{NONE_SET}{DEFAULT_CHAIN}"


def test_sections_and_options(run, config, capsys):
    config.write_text(SECTIONS)
    assert run("explain", URL) == 0
    assert capsys.readouterr() == (
        f"""{REPOSITORY}
Sections of {config}
  [codeartifact name="release"]
      also matches, with 1 qualifier
  [codeartifact domain="acme"]
      also matches, with 1 qualifier
✓ [codeartifact region="us-east-1" domain="acme"]
      applies, with 2 qualifiers
  [codeartifact account="444455556666"]
      account is '444455556666', not '111122223333'
  [codeartifact acount="111122223333"]
      'acount' is none of domain, account, region, name; did you mean account?
  [codeartifact]
      defaults

Options
  aws_access_key_id = …MPLE ([codeartifact region="us-east-1" domain="acme"])
  aws_secret_access_key = … ([codeartifact region="us-east-1" domain="acme"])
  token_duration = 1800 ([codeartifact])

Identity
  access key …MPLE ([codeartifact region="us-east-1" domain="acme"] of {config})

Warnings
  ! section [codeartifact acount="111122223333"] of {config} never matches: 'acount' is none of domain, account, region, name; did you mean account?
""",
        "",
    )


def test_all_options_are_listed_with_their_built_in_values(run, monkeypatch, capsys):
    monkeypatch.setenv("CODEARTIFACT_DEADLINE", "7.5")
    run("explain", "--all", URL)
    shown = re.findall(r"^  (\w+) = (.*) \((.*)\)$", capsys.readouterr().out, re.MULTILINE)
    assert shown == [
        ("token_duration", "3600", "built-in"),
        ("verify", "true", "built-in"),
        ("cache", "true", "built-in"),
        ("connect_timeout", "5", "built-in"),
        ("read_timeout", "10", "built-in"),
        ("max_attempts", "3", "built-in"),
        ("deadline", "7.5", "CODEARTIFACT_DEADLINE"),
        ("throttle_timeout", "120", "built-in"),
    ]
    assert {name for name, _, _ in shown} == {name for name, option in OPTIONS.items() if option.default is not None}


def test_a_whole_domain(run, capsys):
    run("explain", f"https://{HOST}/")
    assert capsys.readouterr().out.startswith(
        f"{REPOSITORY.replace('release', '(the whole domain)')}\nNo configuration"
    )


def test_json(run, config, monkeypatch, capsys):
    config.write_text('[codeartifact name="release"]\n[codeartifact domain="acme"]\n')
    monkeypatch.setenv("CODEARTIFACT_INDEX_URL", URL)
    monkeypatch.setenv("CODEARTIFACT_AUTH_TOKEN", "MARKED-token")
    monkeypatch.setenv("CODEARTIFACT_PROFILE", "dev")
    assert run("explain", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found.pop("options")["auth_token"] == {"value": "…", "origin": "CODEARTIFACT_AUTH_TOKEN"}
    section = {"score": 1, "mismatch": ""}
    assert found == {
        "repository": {
            "domain": "acme",
            "domain_owner": "111122223333",
            "region": "us-east-1",
            "repository": "release",
        },
        "file": str(config),
        "file_exists": True,
        "sections": [
            {"name": 'codeartifact name="release"', **section, "applies": True},
            {"name": 'codeartifact domain="acme"', **section, "applies": False},
        ],
        "tied": ['codeartifact domain="acme"'],
        "identity": "a pre-issued token (CODEARTIFACT_AUTH_TOKEN)",
        "warnings": [
            'section [codeartifact domain="acme"] matches as well as the one that applies: ties go to the first',
            "unknown variable CODEARTIFACT_PROFILE; did you mean CODEARTIFACT_PROFILE_NAME?",
        ],
    }


def test_colours(run, config, capsys):
    config.write_text("")
    run("explain", URL, "--color", "always")
    out = capsys.readouterr().out
    assert re.findall(r"\033\[(\d+)m([^\033]+)\033\[0m", out) == [
        ("1", f"Sections of {config}"),
        ("32", "✓"),
        ("1", "Options"),
        ("1", "Identity"),
    ]


def test_an_invalid_option_of_a_section_that_applies_is_an_error(run, config, capsys):
    config.write_text('[codeartifact name="release"]\ntoken_duration = 5\n')
    with pytest.raises(ConfigurationError) as caught:
        run("explain", URL)
    place = f'token_duration in [codeartifact name="release"] of {config}'
    assert str(caught.value).startswith(f"{place} cannot be '5'; expected: 900 to 43200 seconds")
    assert capsys.readouterr() == ("", "")
