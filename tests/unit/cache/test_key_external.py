"""The cache key of credentials that come from outside of AWS' files: tokens, processes and SSO."""

import pytest
from botocore.configloader import raw_config_parse

from keyrings.codeartifact.cache.key import cache_key
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.models import Repository

ACME = Repository("acme", "111122223333", "us-east-1", "release")
ROLE = "arn:aws:iam::111122223333:role/ci"
# Each spelling of the option `web_identity_token_file` that botocore's parser accepts; {} is the path of the token.
SPELLINGS = {
    "an equals sign": "web_identity_token_file = {}",
    "a colon": "web_identity_token_file: {}",
    "no blanks": "web_identity_token_file={}",
    "a colon without blanks": "web_identity_token_file:{}",
    "blanks": "web_identity_token_file \t =\t  {}  ",
    "capitals": "WEB_IDENTITY_TOKEN_FILE = {}",
    "mixed case": "Web_Identity_Token_File: {}",
    "the Kelvin sign, whose lower case is k": "web_identity_to\u212aen_file = {}",
    "a comment before": "# another\n; one\nweb_identity_token_file = {}",
    "a comment after": "web_identity_token_file = {}\n# a comment\n  ; another",
    "an option of several lines before": "s3 =\n  max_concurrent_requests = 10\nweb_identity_token_file = {}",
    "Windows line ends": "\r\nweb_identity_token_file = {}\r\n",
    "the line ends of the classic Mac OS": "\rweb_identity_token_file = {}\r",
}
PROCESS = "[profile ci]\ncredential_process = okta-aws\n"
SSO = "[profile ci]\nsso_session = acme\n"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    (tmp_path / ".aws").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def key(**environ):
    environ = {"CODEARTIFACT_CONFIG": "[codeartifact]\n", **environ}
    return cache_key(ACME, resolve(ACME, environ), environ)


def keys_of_two_tokens(path):
    """Return the keys while the file at ``path`` holds one token, and another one."""
    found = []
    for token in ("trusted", "another"):
        path.write_text(token)
        found.append(key(AWS_PROFILE="ci"))
    return found


@pytest.mark.parametrize("file", ["config", "credentials"])
@pytest.mark.parametrize("line", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_each_spelling_makes_the_token_in_a_file_part_of_the_key(home, file, line):
    path = home / "token"
    content = f"[profile ci]\nrole_arn = {ROLE}\n{line.format(path)}\n"
    (home / ".aws" / file).write_bytes(content.encode())
    assert raw_config_parse(home / ".aws" / file)["profile ci"]["web_identity_token_file"] == str(path)
    first, second = keys_of_two_tokens(path)
    assert first != second


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("[default]\n{}", id="default"),
        pytest.param("[DEFAULT]\n{}", id="no default section of configparser's"),
        pytest.param("[ci]\n{}", id="a profile as in the credentials file"),
        pytest.param("[other section]\n{}", id="any section"),
        pytest.param("[profile ci] ; a comment\n{}", id="text after a section"),
        pytest.param(f"[profile ci]\nrole_arn = {ROLE}\nsource_profile = b\n[profile b]\n{{}}", id="source_profile"),
        pytest.param(
            f"[profile ci]\nrole_arn = {ROLE}\nsource_profile = b\n"
            f"[profile b]\nrole_arn = {ROLE}\nsource_profile = c\n[profile c]\n{{}}",
            id="a chain of source_profile",
        ),
        pytest.param(
            f"[profile ci]\nrole_arn = {ROLE}\ncredential_source = Environment\n[profile b]\n{{}}",
            id="credential_source",
        ),
    ],
)
@pytest.mark.parametrize("file", ["config", "credentials"])
def test_the_token_of_each_section_is_part_of_the_key(home, file, lines):
    path = home / "token"
    (home / ".aws" / file).write_text(lines.format(f"web_identity_token_file = {path}\n"))
    first, second = keys_of_two_tokens(path)
    assert first != second


def test_the_tokens_of_all_sections_are_part_of_the_key(home):
    sections = (f"[profile {name}]\nweb_identity_token_file = {home / name}\n" for name in ("a", "b"))
    (home / ".aws" / "config").write_text("".join(sections))
    before = key()
    (home / "b").write_text("a token")
    with_b = key()
    (home / "a").write_text("a token")
    assert len({before, with_b, key()}) == 3


@pytest.mark.parametrize("name", ["$job/token", "~/token", "with a # sign", "two\n words", "%(home)s"])
def test_the_path_of_a_token_in_a_section_is_read_as_botocore_does(home, monkeypatch, name):
    """It is not expanded, inline comments do not exist, and a continued line is a part of it."""
    monkeypatch.setenv("job", "elsewhere")
    monkeypatch.chdir(home)
    path = home / name.replace("\n ", "\n")
    path.parent.mkdir(exist_ok=True)
    prefix = "" if name.startswith("~") else f"{home}/"
    (home / ".aws" / "config").write_text(f"[profile ci]\nweb_identity_token_file = {prefix}{name}\n")
    first, second = keys_of_two_tokens(path)
    assert first != second


def test_files_that_botocore_rejects_have_a_key(home):
    """Which changes with them."""
    found = set()
    for content in ("web_identity_token_file = x", "[a]\n[a]\nweb_identity_token_file = x", "[a]\nno option"):
        (home / ".aws" / "config").write_text(content)
        found.add(key())
    assert len(found - {None}) == 3


@pytest.mark.parametrize("file", ["config", "credentials"])
@pytest.mark.parametrize("line", ["credential_process = x", "credential_process: x", "Credential_Process=x"])
@pytest.mark.parametrize("variable", ["OKTA_PROFILE", "GRANTED_ALIAS", "HOME", "PATH", "SHLVLS", "UVX", "PIP"])
def test_a_credential_process_makes_its_environment_part_of_the_key(home, file, line, variable):
    (home / ".aws" / file).write_text(f"[profile ci]\n{line}\n")
    assert len({key(), key(**{variable: "one"}), key(**{variable: "two"})}) == 3


def test_a_credential_process_makes_the_working_directory_part_of_the_key(home, tmp_path, monkeypatch):
    """Its path may be relative."""
    (home / ".aws" / "config").write_text("[profile ci]\ncredential_process = ./credentials\n")
    found = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        found.add(key())
    (tmp_path / "two").rmdir()
    found.add(key())
    assert len(found) == 3


@pytest.mark.parametrize("variable", ["PWD", "OLDPWD", "SHLVL", "_", "PIP_INDEX_URL", "UV_CACHE_DIR"])
def test_variables_that_change_between_lookups_are_not_part_of_the_key(home, variable):
    (home / ".aws" / "config").write_text(PROCESS)
    assert key() == key(**{variable: "one"}) == key(**{variable: "two"})


@pytest.mark.parametrize("content", ["", SSO, "[profile ci]\nregion = us-east-1\n"])
def test_without_a_credential_process_the_environment_is_not_part_of_the_key(home, content):
    (home / ".aws" / "config").write_text(content)
    assert key() == key(OKTA_PROFILE="one") == key(GRANTED_ALIAS="two")


@pytest.mark.parametrize(
    ("content", "is_part"),
    [(SSO, True), ("[profile ci]\nSSO_Start_URL: x\n", True), ("[profile ci]\nregion = us-east-1\n", False)],
    ids=["sso_session", "capitals", "no SSO"],
)
def test_sso_makes_the_home_part_of_the_key(home, monkeypatch, content, is_part):
    """The cache of SSO tokens is below it."""
    (home / "config").write_text(content)
    before = key(AWS_CONFIG_FILE=str(home / "config"))
    monkeypatch.setenv("HOME", str(home / "other"))
    assert (key(AWS_CONFIG_FILE=str(home / "config")) != before) is is_part
