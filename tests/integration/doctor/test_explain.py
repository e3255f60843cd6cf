"""What `explain` says of a URL: sections with their scores, options with their origin."""

import json

import pytest

from support.doctor import found
from support.seed import ASK, DUAL_STACK, HOST, INDEX, SHARED, STAGING

CONFIG = """
[codeartifact]
token_duration = 1800
[codeartifact account="111122223333"]
aws_access_key_id = AKIAACME000000000001
aws_secret_access_key = MARKED
[codeartifact name="staging" account="111122223333"]
profile_name = staging
[codeartifact domain="partner" region="eu-west-1"]
aws_access_key_id = AKIAPARTNER000000002
aws_secret_access_key = MARKED
[codeartifact region="eu-west-1" domain="partner"]
aws_access_key_id = AKIATIED00000000003X
aws_secret_access_key = MARKED
[codeartifact acount="111122223333"]
profile_name = gone
"""


@pytest.mark.parametrize(
    ("url", "environ", "section", "key"),
    [
        (INDEX, {}, 'codeartifact account="111122223333"', "AKIAACME000000000001"),
        (HOST, {}, 'codeartifact account="111122223333"', "AKIAACME000000000001"),
        (f"https://{DUAL_STACK}/pypi/release/", {}, 'codeartifact account="111122223333"', "AKIAACME000000000001"),
        (f"{STAGING}/", {}, 'codeartifact name="staging" account="111122223333"', "AKIAPROFILE000000004"),
        (f"{SHARED}/", {}, 'codeartifact domain="partner" region="eu-west-1"', "AKIAPARTNER000000002"),
        (
            INDEX,
            {"CODEARTIFACT_PROFILE_NAME": "staging"},
            'codeartifact account="111122223333"',
            "AKIAPROFILE000000004",
        ),
        (INDEX, {"CODEARTIFACT_CONFIG": "#"}, None, "AKIACHAIN00000000001"),
    ],
)
def test_all_of_them_say_the_same(home, tool, call, emulator, url, environ, section, key):
    """`explain`, `doctor`, and what AWS sees when a client asks."""
    home.config.write_text(CONFIG)
    home.succeed(tool.bin / "keyring", "get", url, "aws", **environ)
    asked = {entry.access_key_id for entry in emulator.journal.entries(ASK)}
    assert asked == {key}
    explained = json.loads(call("explain", "--json", url, **environ).stdout)
    assert [one["name"] for one in explained["sections"] if one["applies"]] == ([section] if section else [])
    emulator.journal.clear()
    examined = json.loads(call("doctor", "--json", url, **environ).stdout)["checks"]
    assert {entry.access_key_id for entry in emulator.journal.entries(ASK)} == {key}
    assert found(examined, "configuration")[0][1].endswith(f": {explained['identity']}")
    words = {
        "AKIAPROFILE000000004": "profile 'staging'",
        "AKIACHAIN00000000001": "the AWS default chain (the access key in AWS_ACCESS_KEY_ID)",
    }
    assert explained["identity"].startswith(words.get(key, f"access key …{key[-4:]}"))


def test_explain_as_json(home, call, emulator):
    home.config.write_text(CONFIG)
    done = call("explain", "--json", f"{SHARED}/", CODEARTIFACT_READ_TIMEOUT="7", CODEARTIFACT_PROFIL_NAME="x")
    assert "MARKED" not in done.stdout
    explained = json.loads(done.stdout)
    assert explained["repository"] == {
        "domain": "partner",
        "domain_owner": "444455556666",
        "region": "eu-west-1",
        "repository": "shared",
    }
    assert (explained["file"], explained["file_exists"]) == (str(home.config), True)
    assert [(one["score"], one["mismatch"]) for one in explained["sections"]] == [
        (None, "account is '111122223333', not '444455556666'"),
        (None, "name is 'staging', not 'shared'"),
        (2, ""),
        (2, ""),
        (None, "'acount' is none of domain, account, region, name; did you mean account?"),
    ]
    winner = f'[codeartifact domain="partner" region="eu-west-1"] of {home.config}'
    assert explained["tied"] == ['codeartifact region="eu-west-1" domain="partner"']
    assert explained["options"]["token_duration"] == {"value": "1800", "origin": f"[codeartifact] of {home.config}"}
    assert explained["options"]["read_timeout"] == {"value": "7", "origin": "CODEARTIFACT_READ_TIMEOUT"}
    assert explained["options"]["max_attempts"] == {"value": "3", "origin": "built-in"}
    assert explained["options"]["aws_access_key_id"] == {"value": "…0002", "origin": winner}
    assert explained["options"]["aws_secret_access_key"] == {"value": "…", "origin": winner}
    assert explained["identity"] == f"access key …0002 ({winner})"
    assert explained["warnings"] == [
        f"section [codeartifact acount=\"111122223333\"] of {home.config} never matches: 'acount' is none of domain, account, region, name; did you mean account?",
        'section [codeartifact region="eu-west-1" domain="partner"] matches as well as the one that applies: ties go to the first',
        "unknown variable CODEARTIFACT_PROFIL_NAME; did you mean CODEARTIFACT_PROFILE_NAME?",
    ]
    assert emulator.journal.entries() == []


def test_explain_for_people(home, call):
    home.config.write_text('[codeartifact]\nverify = false\n[codeartifact domain="acme"]\nprofile_name = team a\n')
    role = "arn:aws:iam::111122223333:role/reader"
    environ = {"CODEARTIFACT_AUTH_TOKEN": "MARKED", "CODEARTIFACT_CACHE_DIR": ""}
    done = call("explain", INDEX, CODEARTIFACT_ROLE_ARN=role, **environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == f"""\
  domain        acme
  domain owner  111122223333
  region        us-east-1
  repository    release

Sections of {home.config}
✓ [codeartifact domain="acme"]
      applies, with 1 qualifier
  [codeartifact]
      defaults

Options
  profile_name = team a ([codeartifact domain="acme"])
  role_arn = arn:aws:iam::111122223333:role/reader (CODEARTIFACT_ROLE_ARN)
  verify = false ([codeartifact])

Identity
  role {role}, assumed with profile 'team a' ([codeartifact domain="acme"] of {home.config})

Warnings
  ! ignored CODEARTIFACT_AUTH_TOKEN: set CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN to say for which domain it is
"""
    )


def test_explain_without_a_file(home, call):
    done = call("explain", INDEX, CODEARTIFACT_CACHE_DIR="")
    assert f"\nNo configuration file: {home.config} does not exist\n" in done.stdout
    assert "\nOptions\n  none is set; see the built-in values with --all\n" in done.stdout
    assert done.stdout.endswith("\nIdentity\n  the AWS default chain (the access key in AWS_ACCESS_KEY_ID)\n")
    assert json.loads(call("explain", "--json", INDEX).stdout)["file_exists"] is False


def test_explain_all(home, call):
    home.config.write_text("[codeartifact]\nverify = false\n")
    lines = call("explain", "--all", INDEX, CODEARTIFACT_CACHE_DIR="").stdout.splitlines()
    begin = lines.index("Options") + 1
    assert lines[begin : lines.index("", begin)] == [
        "  token_duration = 3600 (built-in)",
        "  verify = false ([codeartifact])",
        "  cache = true (built-in)",
        "  connect_timeout = 5 (built-in)",
        "  read_timeout = 10 (built-in)",
        "  max_attempts = 3 (built-in)",
        "  deadline = 20 (built-in)",
        "  throttle_timeout = 120 (built-in)",
    ]


@pytest.mark.parametrize(
    ("arguments", "environ", "is_coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(call, arguments, environ, is_coloured):
    for command, styled in (("explain", "\033[1mOptions\033[0m\n"), ("doctor", "\033[32m✓\033[0m configuration  ")):
        said = call(command, INDEX, *arguments, **environ).stdout
        assert (styled in said, "\033" in said) == (is_coloured, is_coloured)
