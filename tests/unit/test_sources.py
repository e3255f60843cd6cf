"""Which identity the options name: the order of the sources, and whom a ready token is for."""

import os
import subprocess
import sys
import tempfile

import pytest

from keyrings.codeartifact.config import settings as all_settings
from keyrings.codeartifact.config.identity import describe, shown
from keyrings.codeartifact.config.keyringrc import parse
from keyrings.codeartifact.config.settings import resolve, sections_of_the_machine
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import (
    FileToken,
    Profile,
    ReadyToken,
    Repository,
    Role,
    RunnerToken,
    StaticKeys,
    VariableToken,
)

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")
ARN = "arn:aws:iam::111122223333:role/reader"
INDEX = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
KEYS = "aws_access_key_id = AKIASECTION\naws_secret_access_key = MARKED\n"
IN_ACME = {"CODEARTIFACT_DOMAIN": "acme"}


def resolved(text="", **environ):
    return resolve(RELEASE, {"CODEARTIFACT_CONFIG": f"[codeartifact]\n{text}", **environ})


@pytest.fixture(autouse=True)
def nothing_mounted(monkeypatch, tmp_path):
    """No secret is mounted, whatever this machine has."""
    monkeypatch.setattr(all_settings, "MOUNTED_TOKEN", str(tmp_path / "mounted"))
    return tmp_path / "mounted"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        pytest.param("auth_token = t0ken\n", ReadyToken("t0ken"), id="token"),
        pytest.param("auth_token_file = FILE\n", ReadyToken("from-a-file"), id="token file"),
        pytest.param("auth_token_file = ~/token\n", ReadyToken("from-a-file"), id="token file at home"),
        pytest.param(f"role_arn = {ARN}\noidc_audience = a\n", RunnerToken("a"), id="runner"),
        pytest.param(f"role_arn = {ARN}\noidc_token_variable = V_1\n", VariableToken("V_1"), id="variable"),
        pytest.param(f"role_arn = {ARN}\nweb_identity_token_file = FILE\n", FileToken("FILE"), id="file"),
    ],
)
@pytest.mark.parametrize("beside", ["", KEYS, "profile_name = p\n"])
def test_sources_in_one_place(tmp_path, monkeypatch, text, source, beside):
    """Whatever stands beside them: a token goes first, then OIDC."""
    path = tmp_path / "token"
    path.write_text("from-a-file\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    found = resolved(text.replace("FILE", str(path)) + beside).source
    assert found == (FileToken(str(path)) if source == FileToken("FILE") else source)
    assert "from-a-file" not in repr(found)
    assert "t0ken" not in repr(found)


@pytest.mark.parametrize("higher", [f"role_arn = {ARN}\noidc_audience = a\n", KEYS, "profile_name = p\n"])
def test_a_token_goes_before_all_others(higher):
    assert resolved(f"auth_token = t0ken\n{higher}").source == ReadyToken("t0ken")


@pytest.mark.parametrize(
    ("section", "environ", "source"),
    [
        pytest.param("profile_name = p\n", {}, Profile("p"), id="a section's profile over the defaults' OIDC"),
        pytest.param("auth_token = t0ken\n", {}, ReadyToken("t0ken"), id="a section's token"),
        pytest.param(
            "auth_token = t0ken\n", {"CODEARTIFACT_PROFILE_NAME": "q"}, Profile("q"), id="the environment's profile"
        ),
        pytest.param(
            "profile_name = p\n", {"CODEARTIFACT_OIDC_TOKEN_VARIABLE": "V"}, VariableToken("V"), id="environment's OIDC"
        ),
    ],
)
def test_layers(section, environ, source):
    text = f'role_arn = {ARN}\noidc_audience = a\n[codeartifact domain="acme"]\n{section}'
    assert resolved(text, **environ).source == source


def test_oidc_from_one_layer_and_its_role_from_another():
    found = resolved(f"role_arn = {ARN}\n", CODEARTIFACT_OIDC_AUDIENCE="a", GITHUB_REPOSITORY="x/y", GITHUB_RUN_ID="1")
    assert (found.source, found.role) == (RunnerToken("a"), Role(ARN, "x-y-1", None))


@pytest.mark.parametrize(
    ("environ", "is_taken"),
    [
        pytest.param({}, False, id="no domain is named"),
        pytest.param(IN_ACME, True, id="the domain"),
        pytest.param({"CODEARTIFACT_DOMAIN": "other"}, False, id="another domain"),
        pytest.param({**IN_ACME, "CODEARTIFACT_DOMAIN_OWNER": "111122223333"}, True, id="the owner"),
        pytest.param({**IN_ACME, "CODEARTIFACT_DOMAIN_OWNER": "444455556666"}, False, id="another owner"),
        pytest.param({**IN_ACME, "CODEARTIFACT_REGION": "us-east-1"}, True, id="the region"),
        pytest.param({**IN_ACME, "CODEARTIFACT_REGION": "eu-west-1"}, False, id="another region"),
        pytest.param({**IN_ACME, "AWS_REGION": "eu-west-1"}, False, id="another region of AWS's own variable"),
        pytest.param({**IN_ACME, "CODEARTIFACT_REGION": "us-east-1", "AWS_REGION": "x"}, True, id="ours first"),
        pytest.param({"CODEARTIFACT_INDEX_URL": INDEX}, True, id="the URL"),
        pytest.param({"CODEARTIFACT_INDEX_URL": INDEX.replace("release", "other")}, True, id="another repository"),
        pytest.param({"CODEARTIFACT_INDEX_URL": INDEX.replace("1111", "4444")}, False, id="a URL of another account"),
        pytest.param({"CODEARTIFACT_INDEX_URL": INDEX.replace("https", "http"), **IN_ACME}, False, id="a bad URL"),
    ],
)
def test_a_token_in_the_environment_is_for_the_domain_that_is_named(environ, is_taken):
    found = resolved("profile_name = p\n", CODEARTIFACT_AUTH_TOKEN="t0ken", **environ)
    assert found.source == (ReadyToken("t0ken") if is_taken else Profile("p"))
    assert [hint.partition(":")[0] for hint in found.hints] == (
        [] if is_taken else ["CODEARTIFACT_AUTH_TOKEN was left alone"]
    )


def test_what_a_failure_says_of_a_token_that_was_left_alone():
    [unbound] = resolved(CODEARTIFACT_AUTH_TOKEN="t0ken").hints
    [other] = resolved(CODEARTIFACT_AUTH_TOKEN="t0ken", CODEARTIFACT_DOMAIN="other").hints
    assert unbound.endswith("set CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN to say for which domain it is")
    assert other.endswith("it is for the domain that CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN names")


def test_a_token_that_is_left_alone_settles_nothing():
    """The section's keys are not hidden by it."""
    found = resolved(KEYS, CODEARTIFACT_AUTH_TOKEN="t0ken")
    assert found.source == StaticKeys("AKIASECTION", "MARKED", None)


@pytest.mark.parametrize(
    ("environ", "is_taken"),
    [({}, True), (IN_ACME, True), ({"CODEARTIFACT_DOMAIN": "other"}, False)],
    ids=["no domain", "domain", "another"],
)
@pytest.mark.parametrize("how", ["file", "mounted"])
def test_a_token_in_a_file_may_be_for_any_domain(tmp_path, nothing_mounted, environ, is_taken, how):
    path = nothing_mounted if how == "mounted" else tmp_path / "token"
    path.write_text("t0ken")
    named = {"CODEARTIFACT_AUTH_TOKEN_FILE": str(path)} if how == "file" else {}
    found = resolved("profile_name = p\n", **named, **environ)
    assert found.source == (ReadyToken("t0ken") if is_taken else Profile("p"))
    left = "a file with a token was left alone: it is for the domain that CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN names"
    assert found.hints == (() if is_taken else (left,))


@pytest.mark.parametrize("url", [f" {INDEX}", INDEX.replace("/pypi/", "/npm/"), "https://example.com/"])
def test_a_url_that_cannot_be_read_is_no_other_domain_s(tmp_path, nothing_mounted, url):
    (tmp_path / "token").write_text("t0ken")
    nothing_mounted.write_text("mounted")
    given = {"CODEARTIFACT_AUTH_TOKEN": "t0ken", "CODEARTIFACT_AUTH_TOKEN_FILE": str(tmp_path / "token"), **IN_ACME}
    assert resolved("profile_name = p\n", CODEARTIFACT_INDEX_URL=url, **given).source == Profile("p")


def test_the_order_of_tokens(tmp_path, nothing_mounted):
    nothing_mounted.write_text("mounted")
    (tmp_path / "token").write_text("file")
    every = {"CODEARTIFACT_AUTH_TOKEN": "variable", "CODEARTIFACT_AUTH_TOKEN_FILE": str(tmp_path / "token"), **IN_ACME}
    assert resolved(**every).source == ReadyToken("variable")
    del every["CODEARTIFACT_AUTH_TOKEN"]
    assert resolved(**every).source == ReadyToken("file")
    del every["CODEARTIFACT_AUTH_TOKEN_FILE"]
    assert resolved(**every).source == ReadyToken("mounted")
    assert resolved(**every, CODEARTIFACT_PROFILE_NAME="p").source == ReadyToken("mounted")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; put the token into it, on one line"),
        (b"\n", "is empty"),
        (b"x" * 16385, "holds something else than a token"),
        (b"x" * 99999, "holds something else than a token"),
        (b"MARKED\nMARKED", "holds something else than a token: blanks, line breaks or the like"),
        (b"MARKED MARKED", "holds something else than a token"),
        ("MÄRKED".encode(), "holds something else than a token"),
        (None, "which does not exist; correct the path, or see that the file is mounted"),
    ],
)
def test_files_that_hold_no_token(tmp_path, content, message):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        resolved(CODEARTIFACT_AUTH_TOKEN_FILE=str(path))
    assert str(caught.value).startswith("auth_token_file (CODEARTIFACT_AUTH_TOKEN_FILE)")
    assert message in str(caught.value)
    assert "MARKED" not in str(caught.value)


def test_a_folder_is_no_token(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConfigurationError, match=f"{path} is no regular file; name one, or mount one there"):
            resolved(CODEARTIFACT_AUTH_TOKEN_FILE=str(path))


def test_a_file_of_somebody_else_s():
    """Read in a process of its own, which gives up being root where it is."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "token")
        with open(path, "w") as file:
            file.write("MARKED")
        os.chmod(path, 0o000)
        code = (
            "import configparser, os\n"  # who has given up being root may find no more modules
            "from keyrings.codeartifact import errors, models as values\nfrom keyrings.codeartifact.config import settings\n"
            "os.getuid() or os.setuid(12345)\n"
            "try:\n"
            "    settings.resolve(values.Repository('acme', '111122223333', 'us-east-1'))\n"
            "except errors.ConfigurationError as error:\n"
            "    print(os.getuid(), error)\n"
        )
        environ = {"CODEARTIFACT_AUTH_TOKEN_FILE": path, "CODEARTIFACT_CONFIG": "#"}
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    uid, _, line = done.stdout.strip().partition(" ")
    assert line == (
        f"auth_token_file (CODEARTIFACT_AUTH_TOKEN_FILE): {path} cannot be read by uid {uid}: it has the mode 0000 and "
        f"the owner {os.getuid()}; let this user read it"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("oidc_audience = a\n", "oidc_audience ([codeartifact] of CODEARTIFACT_CONFIG) is set, but no role to assume"),
        ("oidc_token_variable = a\n", "oidc_token_variable ([codeartifact] of CODEARTIFACT_CONFIG) is set, but no"),
        (f"role_arn = {ARN}\noidc_audience = a\noidc_token_variable = b\n", "oidc_token_variable and oidc_audience ("),
        (f"role_arn = {ARN}\noidc_audience = a\nexternal_id = b1\n", "external_id ([codeartifact] of CODEARTIFACT_CO"),
        (
            f"role_arn = {ARN}\nweb_identity_token_file = /no/such\n",
            "names /no/such, which is no file; correct the path",
        ),
        (f"role_arn = {ARN}\nweb_identity_token_file = /\n", "names /, which is no file"),
        (
            f"role_arn = {ARN}\noidc_audience = a b\n",
            "oidc_audience in [codeartifact] of CODEARTIFACT_CONFIG cannot be",
        ),
        (
            f"role_arn = {ARN}\noidc_token_variable = ACTIONS_ID_TOKEN_REQUEST_TOKEN\n",
            "oidc_token_variable in [codeartifact] of CODEARTIFACT_CONFIG cannot be used",
        ),
        (
            "auth_token = MARKED MARKED\n",
            "auth_token in [codeartifact] of CODEARTIFACT_CONFIG cannot be used; accepted",
        ),
        (
            f"oidc_token_variable = {'eyJ.' + 'MARKED-' * 20}\n",
            "oidc_token_variable in [codeartifact] of CODEARTIFACT_C",
        ),
        (f"auth_token_file = {'eyJ' + 'MARKED-' * 20}\n", "names …, which does not exist"),
    ],
)
def test_what_cannot_be_used(text, message):
    with pytest.raises(ConfigurationError) as caught:
        resolved(text)
    assert message in str(caught.value)
    assert "MARKED" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words", "options"),
    [
        ("", "the identity of the AWS default chain", {}),
        (KEYS, "access key …TION (PLACE)", {"aws_access_key_id": "…TION", "aws_secret_access_key": "…"}),
        ("profile_name = p\n", "profile 'p' (PLACE)", {"profile_name": "p"}),
        ("auth_token = MARKED\n", "a ready token (PLACE)", {"auth_token": "…"}),
        (
            f"role_arn = {ARN}\nrole_session_name = me\noidc_audience = a\n",
            "GitHub's OIDC token for 'a' (PLACE)",
            {"oidc_audience": "a", "role_arn": ARN, "role_session_name": "me", "external_id": ""},
        ),
        (
            f"role_arn = {ARN}\nrole_session_name = me\nexternal_id = you\nprofile_name = p\n",
            "profile 'p' (PLACE)",
            {"profile_name": "p", "role_arn": ARN, "role_session_name": "me", "external_id": "you"},
        ),
    ],
)
def test_how_sources_are_told(text, words, options):
    found = resolved(text)
    assert describe(found.source, found.origins) == words.replace("PLACE", "[codeartifact] of CODEARTIFACT_CONFIG")
    assert shown(found.source, found.role, found.origins) == options


MACHINES = [
    pytest.param("", {}, ["codeartifact"], id="the chain"),
    pytest.param("[codeartifact]\nverify = gone", {}, ["codeartifact"], id="an option that cannot be used now"),
    pytest.param("[codeartifact]\nprofile_name = x", {}, ["codeartifact"], id="a profile"),
    pytest.param("[codeartifact]\nprofile_name =", {}, ["codeartifact"], id="no profile"),
    pytest.param("[codeartifact]\nweb_identity_token_file = /x\nrole_arn = x", {}, ["codeartifact"], id="a pod's token"),
    pytest.param("[codeartifact]\nweb_identity_token_file = /x\naws_access_key_id = x", {}, ["codeartifact"], id="a pod's token before keys"),
    pytest.param("[codeartifact]\noidc_audience = x", {}, [], id="the CI's token"),
    pytest.param("[codeartifact]\noidc_token_variable = X\nprofile_name = x", {}, [], id="the CI's token before a profile"),
    pytest.param("[codeartifact]\nauth_token_file = /gone", {}, [], id="a ready token"),
    pytest.param("[codeartifact]\naws_access_key_id = x", {}, [], id="keys of the file's"),
    pytest.param("[codeartifact]\naws_access_key_id =\nprofile_name = x", {}, ["codeartifact"], id="keys that are none"),
    pytest.param("", {"CODEARTIFACT_AWS_ACCESS_KEY_ID": "x"}, ["codeartifact"], id="keys of the environment's"),
    pytest.param("", {"CODEARTIFACT_OIDC_AUDIENCE": "x"}, [], id="the environment's"),
    pytest.param("[codeartifact]\noidc_audience = x", {"CODEARTIFACT_PROFILE_NAME": "x"}, ["codeartifact"], id="the environment first"),
    pytest.param("[codeartifact]\nprofile_name = x", {"CODEARTIFACT_ROLE_ARN": "x"}, ["codeartifact"], id="a role is no source"),
    pytest.param("[codeartifact]\noidc_audience = x\n[codeartifact name=a]\ncache = off", {}, [], id="a section that sets none"),
    pytest.param("[codeartifact]\noidc_audience = x\n[codeartifact name=a]\nprofile_name =", {}, ["codeartifact name=a"], id="a section that takes it back"),
    pytest.param('[codeartifact]\noidc_audience = x\n[codeartifact name=""]\naws_access_key_id = x\n[codeartifact domain=a]\nprofile_name = x', {}, ["codeartifact domain=a"], id="behind another"),
    pytest.param("[codeartifact name=a]\noidc_audience = x\n", {}, ["codeartifact"], id="the defaults beside a section"),
    pytest.param("", {"CODEARTIFACT_AUTH_TOKEN": "x", "CODEARTIFACT_INDEX_URL": "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"}, ["codeartifact"], id="a token for one domain"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "environ", "sections"), MACHINES)
def test_which_sections_ask_as_the_machine(text, environ, sections):
    file = parse(text, "the file")
    assert sections_of_the_machine(environ, file) == sections
