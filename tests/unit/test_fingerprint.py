"""A kept token is the answer only to who would get the very same one: whatever decides that is in the key."""

import os

import pytest

from keyrings.codeartifact.cache.key import fingerprint
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.models import Repository

ACME = Repository("acme", "111122223333", "us-east-1", "release")
ROLE = "arn:aws:iam::111122223333:role/ci"
RUNNER = {
    "CODEARTIFACT_ROLE_ARN": ROLE,
    "CODEARTIFACT_ROLE_SESSION_NAME": "ci",
    "CODEARTIFACT_OIDC_AUDIENCE": "sts.amazonaws.com",
    "GITHUB_REPOSITORY": "acme/tools",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_RUN_ID": "1",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_JOB": "build",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://runner.example/plans/1/jobs/1/idtoken?v=2",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "one",
}
VARIABLE = {
    "CODEARTIFACT_ROLE_ARN": ROLE,
    "CODEARTIFACT_ROLE_SESSION_NAME": "ci",
    "CODEARTIFACT_OIDC_TOKEN_VARIABLE": "ID_TOKEN",
    "ID_TOKEN": "a.b.c",
}
KEYS = {"CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIAONE", "CODEARTIFACT_AWS_SECRET_ACCESS_KEY": "one"}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    (tmp_path / ".aws").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def key(environ, repository=ACME):
    environ = {"CODEARTIFACT_CONFIG": "[codeartifact]\n", **environ}
    return fingerprint(repository, resolve(repository, environ), environ)


def test_it_is_the_same_every_time():
    assert key(KEYS) == key(KEYS)
    assert len(key(KEYS)) == 32


@pytest.mark.parametrize(
    ("before", "change"),
    [
        pytest.param({}, {"CODEARTIFACT_PROFILE_NAME": "other"}, id="a profile"),
        pytest.param({"CODEARTIFACT_PROFILE_NAME": "one"}, {"CODEARTIFACT_PROFILE_NAME": "two"}, id="another profile"),
        pytest.param(KEYS, {"CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIATWO"}, id="another key id"),
        pytest.param(KEYS, {"CODEARTIFACT_AWS_SECRET_ACCESS_KEY": "two"}, id="another secret"),
        pytest.param(KEYS, {"CODEARTIFACT_AWS_SESSION_TOKEN": "one"}, id="a session token"),
        pytest.param({}, {"CODEARTIFACT_ROLE_ARN": ROLE}, id="a role"),
        pytest.param({"CODEARTIFACT_ROLE_ARN": ROLE}, {"CODEARTIFACT_ROLE_ARN": f"{ROLE}-2"}, id="another role"),
        pytest.param({"CODEARTIFACT_ROLE_ARN": ROLE}, {"CODEARTIFACT_ROLE_SESSION_NAME": "me"}, id="another session"),
        pytest.param({"CODEARTIFACT_ROLE_ARN": ROLE}, {"CODEARTIFACT_EXTERNAL_ID": "me"}, id="an external id"),
        pytest.param({}, {"CODEARTIFACT_TOKEN_DURATION": "900"}, id="a duration"),
        pytest.param({}, {"CODEARTIFACT_ENDPOINT_URL": "https://vpce.example"}, id="an endpoint"),
        pytest.param({}, {"CODEARTIFACT_STS_ENDPOINT_URL": "https://vpce.example"}, id="an endpoint of STS"),
        pytest.param({}, {"CODEARTIFACT_VERIFY": "false"}, id="no verification"),
        pytest.param({}, {"AWS_PROFILE": "other"}, id="AWS_PROFILE"),
        pytest.param({"AWS_ACCESS_KEY_ID": "AKIAONE"}, {"AWS_ACCESS_KEY_ID": "AKIATWO"}, id="AWS_ACCESS_KEY_ID"),
        pytest.param({}, {"AWS_SESSION_TOKEN": "s"}, id="AWS_SESSION_TOKEN"),
        pytest.param({}, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/task/2"}, id="another container"),
        pytest.param({}, {"AWS_ENDPOINT_URL_STS": "https://sts.example"}, id="AWS_ENDPOINT_URL_STS"),
        *(pytest.param(RUNNER, {name: "another"}, id=name) for name in RUNNER if name.startswith("GITHUB_")),
        pytest.param(RUNNER, {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://runner.example/plans/1/jobs/2/idtoken?v=2"},
                     id="another job of the same matrix"),
        pytest.param(RUNNER, {"CODEARTIFACT_OIDC_AUDIENCE": "another"}, id="another audience"),
        pytest.param(VARIABLE, {"ID_TOKEN": "a.b.d"}, id="another job's token"),
        pytest.param(VARIABLE, {"ID_TOKEN": ""}, id="no token"),
        pytest.param(VARIABLE, {"CODEARTIFACT_OIDC_TOKEN_VARIABLE": "OTHER", "OTHER": "a.b.c"}, id="another variable"),
    ],
)  # fmt: skip
def test_another_identity_has_another_key(before, change):
    assert key(before) != key({**before, **change})


@pytest.mark.parametrize(
    "other",
    [ACME._replace(domain="other"), ACME._replace(account="444455556666"), ACME._replace(region="eu-west-1")],
    ids=["domain", "account", "region"],
)
def test_another_domain_has_another_key(other):
    assert key({}) != key({}, other)


@pytest.mark.parametrize(
    ("before", "change"),
    [
        pytest.param({}, {"PATH": "/elsewhere"}, id="what AWS does not read"),
        pytest.param({}, {"CODEARTIFACT_CACHE_DIR": "/elsewhere"}, id="where the cache is"),
        pytest.param({}, {"GITHUB_RUN_ID": "2"}, id="another job without OIDC"),
        *(
            pytest.param({}, {f"CODEARTIFACT_{name}": "7"}, id=name)
            for name in ("DEADLINE", "CONNECT_TIMEOUT", "READ_TIMEOUT", "MAX_ATTEMPTS")
        ),
        pytest.param(RUNNER, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "two"}, id="the runner's own token"),
        pytest.param(
            {"CODEARTIFACT_PROFILE_NAME": "one"},
            {"CODEARTIFACT_PROFILE_NAME": "", "CODEARTIFACT_CONFIG": "[codeartifact]\nprofile_name = one\n"},
            id="the same option from another place",
        ),
    ],
)
def test_the_same_identity_has_the_same_key(before, change):
    assert key(before) == key({**before, **change})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"CODEARTIFACT_CONFIG": "[codeartifact name=release]\n"}, id="another section"),
        pytest.param({"CODEARTIFACT_CONFIG": "[codeartifact]\nunknown = 1\n"}, id="a warning"),
        pytest.param({"CODEARTIFACT_AUTH_TOKEN": "for-nobody"}, id="a hint"),
    ],
)
def test_what_is_told_of_it_is_not_in_the_key(change):
    assert key(change) == key({})


def test_the_order_of_variables_does_not_count():
    assert key({"AWS_A": "1", "AWS_B": "2"}) == key({"AWS_B": "2", "AWS_A": "1"})


def test_a_variable_that_is_no_text():
    assert key({"AWS_PROFILE": "\udcff"}) not in (None, key({"AWS_PROFILE": "\udcfe"}))


def test_another_version_has_another_key(monkeypatch):
    before = key({})
    monkeypatch.setattr("keyrings.codeartifact.cache.key.VERSION", "another")
    assert key({}) != before


def test_repositories_of_a_domain_share_a_key():
    assert key({}) == key({}, ACME._replace(name="staging")) == key({}, ACME._replace(name=None))


def test_no_two_settings_are_spelled_alike():
    """Neither a value that ends where the next one begins, nor a text that reads like none."""
    assert key({"AWS_A": "b", "AWS_C": ""}) != key({"AWS_A": "", "AWS_C": "b"})
    assert key({"AWS_A": "bAWS_C"}) != key({"AWS_A": "b", "AWS_C": ""})
    assert key({"AWS_A": "b", "AWS_B": "c"}) != key({"AWS_A": "btuple :str :AWS_Bstr :c"})
    assert key(KEYS) != key({**KEYS, "CODEARTIFACT_AWS_SESSION_TOKEN": "None"})
    nobody = {name: value for name, value in VARIABLE.items() if name != "ID_TOKEN"}
    assert key({**VARIABLE, "ID_TOKEN": "None"}) != key(nobody)


@pytest.mark.parametrize(
    ("path", "environ"),
    [
        pytest.param(".aws/credentials", {}, id="credentials"),
        pytest.param(".aws/config", {}, id="config"),
        pytest.param("elsewhere", {"AWS_SHARED_CREDENTIALS_FILE": "~/elsewhere"}, id="credentials elsewhere"),
        pytest.param("elsewhere", {"AWS_CONFIG_FILE": "$HOME/elsewhere"}, id="config elsewhere"),
        pytest.param(".boto", {}, id="what boto reads still"),
        pytest.param("elsewhere", {"BOTO_CONFIG": "~/elsewhere"}, id="the same elsewhere"),
        pytest.param(
            "elsewhere",
            {"CODEARTIFACT_ROLE_ARN": ROLE, "CODEARTIFACT_WEB_IDENTITY_TOKEN_FILE": "~/elsewhere"},
            id="a token in a file",
        ),
    ],
)
def test_the_content_of_a_file_counts(home, path, environ):
    """To the last byte, whatever its length and time say."""
    (home / path).write_text("a secret")
    os.utime(home / path, (1, 1))
    before = key(environ)
    (home / path).write_text("a sacret")
    os.utime(home / path, (1, 1))
    assert key(environ) != before
    (home / path).write_text("a secret")
    assert key(environ) == before


@pytest.mark.parametrize("line", ["web_identity_token_file = {}", "  web_identity_token_file={}  "])
@pytest.mark.parametrize("file", ["config", "credentials"])
def test_the_content_of_a_file_that_a_profile_names_counts(home, file, line):
    """A job whose token AWS would refuse is not to get what another one's has brought."""
    path = home / "$job" / "token"
    path.parent.mkdir()
    (home / ".aws" / file).write_text(f"[profile ci]\nrole_arn = {ROLE}\n{line.format(path)}\n")
    found = set()
    for token in ("trusted", "another"):
        path.write_text(token)
        found.add(key({"AWS_PROFILE": "ci", "job": "elsewhere"}))
    assert len(found) == 2


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "{}"},
        {"CODEARTIFACT_ROLE_ARN": ROLE, "CODEARTIFACT_WEB_IDENTITY_TOKEN_FILE": "{}"},
    ],
    ids=["AWS", "CODEARTIFACT"],
)
def test_the_path_of_a_token_is_read_as_it_is(home, monkeypatch, environ):
    """As those do who read the token: a dollar is a dollar."""
    monkeypatch.setenv("job", "elsewhere")
    path = home / "$job" / "token"
    path.parent.mkdir()
    path.write_text("trusted")
    environ = {name: value.format(path) for name, value in environ.items()}
    before = key(environ)
    path.write_text("another")
    assert key(environ) != before


@pytest.mark.parametrize("variable", ["AWS_CONFIG_FILE", "AWS_CREDENTIAL_FILE"])
def test_a_file_too_large_to_look_at_is_no_key(home, variable):
    with open(home / "large", "wb") as file:
        file.truncate((1 << 20) + 1)
    assert key({variable: str(home / "large")}) is None


def test_other_files_are_not_read(home):
    """What AWS names and reads nothing of an identity from: a log, say, which is longer each time."""
    (home / "log").write_text("one")
    before = key({"AWS_LOG_FILE": str(home / "log")})
    (home / "log").write_text("one more")
    assert key({"AWS_LOG_FILE": str(home / "log")}) == before


def test_a_file_that_comes_or_goes_counts(home):
    before = key({})
    (home / ".aws" / "config").write_text("")
    assert key({}) != before


@pytest.mark.parametrize("variable", ["AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"])
def test_a_pipe_is_left_alone(home, variable):
    """What it holds can be read once, by who is to have it: there is no telling whose token that would be."""
    os.mkfifo(home / "pipe")
    assert key({variable: str(home / "pipe")}) is None


@pytest.mark.parametrize("path", [os.devnull, "~", "/nowhere", "~/unreadable", "\0", "\udcff"])
def test_what_is_no_file_is_none(home, path):
    (home / "unreadable").symlink_to(home / "unreadable")
    assert key({"AWS_CONFIG_FILE": path}) is not None
