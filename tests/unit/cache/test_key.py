"""The cache key: everything that decides whose token it is changes it, and nothing else does."""

import os

import pytest

from keyrings.codeartifact.cache.key import cache_key
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
    return cache_key(repository, resolve(repository, environ), environ)


def test_a_key_is_the_same_each_time():
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
    [ACME._replace(domain="other"), ACME._replace(domain_owner="444455556666"), ACME._replace(region="eu-west-1")],
    ids=["domain", "domain owner", "region"],
)
def test_another_domain_has_another_key(other):
    assert key({}) != key({}, other)


@pytest.mark.parametrize(
    ("before", "change"),
    [
        pytest.param({}, {"PATH": "/elsewhere"}, id="a variable that AWS does not read"),
        pytest.param({}, {"CODEARTIFACT_CACHE_DIR": "/elsewhere"}, id="where the cache is"),
        pytest.param({}, {"GITHUB_RUN_ID": "2"}, id="another job without OIDC"),
        *(
            pytest.param({}, {f"CODEARTIFACT_{name}": "7"}, id=name)
            for name in ("DEADLINE", "CONNECT_TIMEOUT", "READ_TIMEOUT", "MAX_ATTEMPTS", "THROTTLE_TIMEOUT")
        ),
        pytest.param(RUNNER, {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "two"}, id="the runner's own token"),
    ],
)
def test_the_same_identity_has_the_same_key(before, change):
    assert key(before) == key({**before, **change})


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        pytest.param({"profile_name": "one"}, {}, id="a profile"),
        pytest.param({"aws_access_key_id": "AKIAONE", "aws_secret_access_key": "one"}, {}, id="an access key"),
        pytest.param({"oidc_audience": "sts.amazonaws.com", "role_arn": ROLE}, {}, id="GitHub's OIDC"),
        pytest.param({"oidc_token_variable": "ID_TOKEN", "role_arn": ROLE}, {"ID_TOKEN": "a.b.c"}, id="a variable"),
        pytest.param({"web_identity_token_file": __file__, "role_arn": ROLE}, {}, id="a file"),
        pytest.param({"token_duration": "900"}, {}, id="a duration"),
    ],
)
def test_where_an_option_is_set_does_not_change_the_key(options, environ):
    lines = "".join(f"{name} = {value}\n" for name, value in options.items())
    variables = {f"CODEARTIFACT_{name.upper()}": value for name, value in options.items()}
    found = {
        key({**variables, **environ}),
        key({"CODEARTIFACT_CONFIG": f"[codeartifact]\n{lines}", **environ}),
        key({"CODEARTIFACT_CONFIG": f"[codeartifact]\n[codeartifact name=release]\n{lines}", **environ}),
    }
    assert len(found) == 1
    assert key(environ) not in found


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"CODEARTIFACT_CONFIG": "[codeartifact name=release]\n"}, id="another section"),
        pytest.param({"CODEARTIFACT_CONFIG": "[codeartifact]\nunknown = 1\n"}, id="a warning"),
        pytest.param({"CODEARTIFACT_AUTH_TOKEN": "of-no-domain"}, id="a hint"),
    ],
)
def test_warnings_and_hints_do_not_change_the_key(change):
    assert key(change) == key({})


def test_the_order_of_variables_does_not_change_the_key():
    assert key({"AWS_A": "1", "AWS_B": "2"}) == key({"AWS_B": "2", "AWS_A": "1"})


def test_a_variable_that_is_not_utf_8_has_a_key():
    assert key({"AWS_PROFILE": "\udcff"}) not in (None, key({"AWS_PROFILE": "\udcfe"}))


def test_another_version_has_another_key(monkeypatch):
    before = key({})
    monkeypatch.setattr("keyrings.codeartifact.cache.key.VERSION", "another")
    assert key({}) != before


def test_repositories_of_a_domain_share_a_key():
    assert key({}) == key({}, ACME._replace(name="staging")) == key({}, ACME._replace(name=None))


def test_no_two_settings_are_encoded_alike():
    """Neither if one value ends where the next one begins, nor if a text reads like no text."""
    assert key({"AWS_A": "b", "AWS_C": ""}) != key({"AWS_A": "", "AWS_C": "b"})
    assert key({"AWS_A": "bAWS_C"}) != key({"AWS_A": "b", "AWS_C": ""})
    assert key({"AWS_A": "b", "AWS_B": "c"}) != key({"AWS_A": "btuple :str :AWS_Bstr :c"})
    assert key(KEYS) != key({**KEYS, "CODEARTIFACT_AWS_SESSION_TOKEN": "None"})
    unset = {name: value for name, value in VARIABLE.items() if name != "ID_TOKEN"}
    assert key({**VARIABLE, "ID_TOKEN": "None"}) != key(unset)


@pytest.mark.parametrize(
    ("path", "environ"),
    [
        pytest.param(".aws/credentials", {}, id="credentials"),
        pytest.param(".aws/config", {}, id="config"),
        pytest.param("elsewhere", {"AWS_SHARED_CREDENTIALS_FILE": "~/elsewhere"}, id="credentials elsewhere"),
        pytest.param("elsewhere", {"AWS_CONFIG_FILE": "$HOME/elsewhere"}, id="config elsewhere"),
        pytest.param(".boto", {}, id="boto's"),
        pytest.param("elsewhere", {"BOTO_CONFIG": "~/elsewhere"}, id="boto's elsewhere"),
        pytest.param(
            "elsewhere",
            {"CODEARTIFACT_ROLE_ARN": ROLE, "CODEARTIFACT_WEB_IDENTITY_TOKEN_FILE": "~/elsewhere"},
            id="a token in a file",
        ),
    ],
)
def test_the_content_of_a_file_changes_the_key(home, path, environ):
    """Each byte of it, even if length and time are the same."""
    (home / path).write_text("a secret")
    os.utime(home / path, (1, 1))
    before = key(environ)
    (home / path).write_text("a sacret")
    os.utime(home / path, (1, 1))
    assert key(environ) != before
    (home / path).write_text("a secret")
    assert key(environ) == before


@pytest.mark.parametrize(
    "environ",
    [
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "{}"},
        {"CODEARTIFACT_ROLE_ARN": ROLE, "CODEARTIFACT_WEB_IDENTITY_TOKEN_FILE": "{}"},
    ],
    ids=["AWS", "CODEARTIFACT"],
)
def test_the_path_of_a_token_is_not_expanded(home, monkeypatch, environ):
    """As botocore does not expand it."""
    monkeypatch.setenv("job", "elsewhere")
    path = home / "$job" / "token"
    path.parent.mkdir()
    path.write_text("trusted")
    environ = {name: value.format(path) for name, value in environ.items()}
    before = key(environ)
    path.write_text("another")
    assert key(environ) != before


@pytest.mark.parametrize("variable", ["AWS_CONFIG_FILE", "AWS_CREDENTIAL_FILE"])
def test_a_large_file_allows_no_key(home, variable):
    with open(home / "large", "wb") as file:
        file.truncate(1 << 20)
        assert key({variable: str(home / "large")})
        file.truncate((1 << 20) + 1)
    assert key({variable: str(home / "large")}) is None


def test_other_files_do_not_change_the_key(home):
    """AWS' variables also name files that hold nothing of an identity, such as a log that grows."""
    (home / "log").write_text("one")
    before = key({"AWS_LOG_FILE": str(home / "log")})
    (home / "log").write_text("one more")
    assert key({"AWS_LOG_FILE": str(home / "log")}) == before


def test_a_new_file_changes_the_key(home):
    before = key({})
    (home / ".aws" / "config").write_text("")
    assert key({}) != before


@pytest.mark.parametrize("variable", ["AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE"])
def test_a_pipe_allows_no_key(home, variable):
    """Its content can be read only once, by botocore, so that it is unknown whose token it would be."""
    os.mkfifo(home / "pipe")
    assert key({variable: str(home / "pipe")}) is None


@pytest.mark.parametrize("path", [os.devnull, "~", "/nowhere", "~/unreadable", "\0", "\udcff"])
def test_a_path_without_a_file_has_a_key(home, path):
    (home / "unreadable").symlink_to(home / "unreadable")
    assert key({"AWS_CONFIG_FILE": path}) is not None
