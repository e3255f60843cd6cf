"""Which access key signs what AWS gets: sections, environment, profiles and roles, end to end."""

import certifi
import pytest

from support.seed import RELEASE, SHARED, STAGING

ACME_ACCOUNT, PARTNER_ACCOUNT = "111122223333", "444455556666"
CHAIN = "AKIACHAIN00000000001"
CONFIG = """
[codeartifact]
token_duration = 1800

[codeartifact account="111122223333"]
aws_access_key_id = AKIAACME000000000001
aws_secret_access_key = s3cret

[codeartifact account="111122223333" name="staging"]
profile_name = staging

[codeartifact account="444455556666" name="staging"]
aws_access_key_id = AKIAWRONG00000000001
aws_secret_access_key = s3cret

[codeartifact domain="partner" region="eu-west-1"]
aws_access_key_id = AKIAPARTNER000000001
aws_secret_access_key = s3cret
aws_session_token = t0ken
"""
AWS_CREDENTIALS = """
[staging]
aws_access_key_id = AKIAPROFILE000000001
aws_secret_access_key = s3cret
"""


@pytest.fixture
def ask(home, tool, emulator):
    """Return a function that asks for a URL and returns the entry in the emulator's journal."""
    aws = home.folder / "home" / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(AWS_CREDENTIALS)

    def get(url, config="", **environ):
        home.config.write_text(config)
        home.fork_that_succeeds(tool.bin / "keyring", "get", url, "aws", **environ)
        [entry] = emulator.journal.entries("GetAuthorizationToken")
        return entry

    return get


@pytest.mark.parametrize(
    ("url", "owner", "key"),
    [
        pytest.param(f"{RELEASE}/simple/", ACME_ACCOUNT, "AKIAACME000000000001", id="one qualifier"),
        pytest.param(f"{STAGING}/simple/", ACME_ACCOUNT, "AKIAPROFILE000000001", id="two qualifiers, a profile"),
        pytest.param(f"{SHARED}/simple/", PARTNER_ACCOUNT, "AKIAPARTNER000000001", id="another account and region"),
        pytest.param(f"{SHARED.replace('shared', 'staging')}/", PARTNER_ACCOUNT, "AKIAWRONG00000000001", id="a tie"),
        pytest.param(RELEASE.split("/")[2], ACME_ACCOUNT, "AKIAACME000000000001", id="bare host"),
        pytest.param(
            "https://partner-444455556666.codeartifact.eu-west-1.on.aws/pypi/shared/",
            PARTNER_ACCOUNT,
            "AKIAPARTNER000000001",
            id="dual-stack",
        ),
    ],
)
def test_the_most_specific_section_signs(ask, url, owner, key):
    entry = ask(url, CONFIG, AWS_ACCESS_KEY_ID=CHAIN, AWS_SECRET_ACCESS_KEY="s3cret")
    assert entry.params["domain-owner"] == owner
    assert entry.access_key_id == key
    assert entry.params["duration"] == "1800"
    assert entry.is_temporary == (key == "AKIAPARTNER000000001")
    assert entry.host == f"codeartifact.{'us-east-1' if owner == ACME_ACCOUNT else 'eu-west-1'}.amazonaws.com"


@pytest.mark.parametrize(
    ("config", "environ", "key"),
    [
        pytest.param("", {}, CHAIN, id="the AWS chain"),
        pytest.param(
            '[codeartifact account="444455556666"]\naws_access_key_id = AKIAWRONG00000000001\naws_secret_access_key = x\n',
            {},
            CHAIN,
            id="no section matches: the defaults, never the first section",
        ),
        pytest.param(
            '[codeartifact domain="acme" account="444455556666" region="us-east-1" name="release"]\nprofile_name = gone\n',
            {},
            CHAIN,
            id="three of four qualifiers match: out",
        ),
        pytest.param("[codeartifact]\nprofile_name = staging\n", {}, "AKIAPROFILE000000001", id="a profile over AWS_*"),
        pytest.param("", {"CODEARTIFACT_PROFILE_NAME": "staging"}, "AKIAPROFILE000000001", id="the environment"),
        pytest.param("", {"CODEARTIFACT_CONFIG": CONFIG}, "AKIAACME000000000001", id="the file in the environment"),
        pytest.param(
            CONFIG,
            {"CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIAENVIRON000000001", "CODEARTIFACT_AWS_SECRET_ACCESS_KEY": "x"},
            "AKIAENVIRON000000001",
            id="the environment over the section",
        ),
        pytest.param(CONFIG, {"CODEARTIFACT_PROFILE_NAME": "staging"}, "AKIAPROFILE000000001", id="whole groups"),
    ],
)
def test_layers(ask, config, environ, key):
    assert ask(f"{RELEASE}/simple/", config, **environ).access_key_id == key


def test_a_role_is_assumed_by_the_section_s_identity(ask, emulator):
    role = "arn:aws:iam::444455556666:role/reader"
    config = (
        "[codeartifact]\naws_access_key_id = AKIAACME000000000001\naws_secret_access_key = s3cret\n"
        f"role_arn = {role}\nrole_session_name = ci-7\nexternal_id = x/1\n"
    )
    entry = ask(f"{RELEASE}/simple/", config)
    [assumed] = emulator.journal.entries("AssumeRole")
    assert assumed.access_key_id == "AKIAACME000000000001"
    assert entry.is_temporary
    assert assumed.params == {"RoleArn": role, "RoleSessionName": "ci-7", "ExternalId": "x/1"}
    assert entry.access_key_id.startswith("ASIA")


def test_a_profile_s_own_role(ask, home, emulator):
    (home.folder / "home" / ".aws" / "config").write_text(
        "[profile reader]\nrole_arn = arn:aws:iam::444455556666:role/reader\nsource_profile = staging\n"
    )
    entry = ask(f"{RELEASE}/simple/", "[codeartifact]\nprofile_name = reader\n")
    assert [entry.access_key_id for entry in emulator.journal.entries("AssumeRole")] == ["AKIAPROFILE000000001"]
    assert entry.access_key_id.startswith("ASIA")


MFA = "mfa_serial = arn:aws:iam::111122223333:mfa/jane\n"
ROLE = "role_arn = arn:aws:iam::444455556666:role/reader\n"


@pytest.mark.parametrize(
    ("aws_config", "config", "environ", "key"),
    [
        pytest.param(f"[default]\n{ROLE}source_profile = staging\n{MFA}", "", {}, CHAIN, id="keys in the environment"),
        pytest.param(
            f"[profile x]\n{ROLE}source_profile = staging\n{MFA}",
            "",
            {"AWS_PROFILE": "x"},
            CHAIN,
            id="before AWS_PROFILE",
        ),
        pytest.param(
            f"[profile x]\n{ROLE}web_identity_token_file = TOKEN\n{MFA}", "x", {}, "ASIA", id="a web identity"
        ),
        pytest.param(
            f"[profile x]\n{ROLE}source_profile = staging\n[profile staging]\n{ROLE}{MFA}",
            "x",
            {},
            "ASIA",
            id="a source with keys of its own",
        ),
    ],
)
def test_a_profile_that_would_ask_for_a_code_but_is_not_come_by(ask, home, aws_config, config, environ, key):
    (home.folder / "token").write_text("e30.e30.e30")
    (home.folder / "home" / ".aws" / "config").write_text(aws_config.replace("TOKEN", str(home.folder / "token")))
    entry = ask(f"{RELEASE}/simple/", f"[codeartifact]\nprofile_name = {config}\n", **environ)
    assert entry.access_key_id.startswith(key)


def test_endpoints(ask, emulator):
    """Both endpoints can be anywhere; here it is the emulator's plain one on the loopback."""
    entry = ask(
        f"{RELEASE}/simple/",
        f"[codeartifact]\nendpoint_url = {emulator.proxy_url}\nsts_endpoint_url = {emulator.proxy_url}\n"
        "role_arn = arn:aws:iam::444455556666:role/reader\n",
    )
    assert entry.host == "127.0.0.1"
    assert [entry.host for entry in emulator.journal.entries("AssumeRole")] == ["127.0.0.1"]


@pytest.mark.parametrize("verify", ["no", "CA"])
def test_verify_is_for_the_role_too(ask, emulator, verify):
    role = "role_arn = arn:aws:iam::444455556666:role/reader\n"
    config = f"[codeartifact]\nverify = {verify.replace('CA', emulator.ca_path)}\n{role}"
    ask(f"{RELEASE}/simple/", config, AWS_CA_BUNDLE=certifi.where())
    assert len(emulator.journal.entries("AssumeRole")) == 1


def test_plain_endpoints_are_this_machine_s_past_any_proxy(ask, emulator):
    ask(
        f"{RELEASE}/simple/",
        f"[codeartifact]\nendpoint_url = {emulator.proxy_url.replace('127.0.0.1', 'localhost')}\n",
        HTTP_PROXY="http://127.0.0.1:9",
        http_proxy="http://127.0.0.1:9",
        NO_PROXY="",
        no_proxy="",
    )


@pytest.mark.parametrize("username", ["__token__", "pypi_token:acme", "AWS"])
def test_other_users_get_nothing_and_aws_is_not_asked(home, tool, signers, username):
    done = home.fork(tool.bin / "keyring", "get", f"{RELEASE}/", username)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert signers() == set()


def test_the_backend_can_be_named(home, tool, emulator):
    done = home.succeed(
        *(tool.bin / "keyring", "get", f"{RELEASE}/", "aws"),
        PYTHON_KEYRING_BACKEND="keyrings.codeartifact.CodeArtifactBackend",
    )
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()


def test_set_and_delete_raise_what_clients_and_the_chainer_catch(home, tool):
    code = (
        "import keyring, keyring.errors as errors\n"
        "for call, kind in ((keyring.set_password, errors.PasswordSetError), (keyring.delete_password, errors.PasswordDeleteError)):\n"
        "    for caught in (kind, NotImplementedError):\n"
        "        try:\n"
        f"            call('{RELEASE}/', 'aws', *(['x'] if call is keyring.set_password else []))\n"
        "        except caught:\n"
        "            print('ok')\n"
    )
    assert home.succeed(tool.python, "-c", code).stdout == "ok\n" * 4
