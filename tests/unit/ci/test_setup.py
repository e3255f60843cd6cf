"""Setting a CI job up: the plan changes nothing, and applying it can be undone."""

import json
import os
import subprocess

import pytest

from keyrings.codeartifact.ci.setup import apply, plan, refuse_machine_identity, write_file
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError

BASE = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
URL, OTHER_URL = f"{BASE}simple/", f"{BASE.replace('release', 'staging')}simple/"
ROLE = "arn:aws:iam::111122223333:role/ci"
OIDC = {"index-url": URL, "role-to-assume": ROLE, "audience": "sts.amazonaws.com"}


@pytest.fixture
def folder(tmp_path):
    """A folder that belongs to the job."""
    (tmp_path / "job").mkdir()
    return str(tmp_path / "job")


def set_up(folder, inputs, environ):
    """Set a job with ``environ`` up; return what was planned and applied."""
    planned = plan(folder, inputs, environ)
    with apply(planned, environ) as applied:
        pass
    return planned, applied


def content(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def test_a_role_is_enough_where_the_project_names_its_indexes(folder):
    inputs = {"role-to-assume": ROLE, "audience": "sts.amazonaws.com", "index-mode": "credentials"}
    planned, applied = set_up(folder, inputs, {"PATH": "/bin"})
    assert planned.package_index is None
    assert applied.variables["CODEARTIFACT_INDEX_MODE"] == "credentials"
    assert applied.variables["UV_KEYRING_PROVIDER"] == "subprocess"
    assert "PIP_INDEX_URL" not in applied.variables
    for incomplete in ({**inputs, "index-mode": ""}, {**inputs, "index-mode": "extra"}, {"index-mode": "credentials"}):
        with pytest.raises(
            ConfigurationError, match=r"no repository is named; .* index-mode to credentials, with a role"
        ):
            plan(folder, incomplete, {"PATH": "/bin"})
    with pytest.raises(ConfigurationError, match="the input index-mode cannot be 'both'; expected: replace, extra"):
        plan(folder, {**OIDC, "index-mode": "both"}, {"PATH": "/bin"})


def test_an_index_mode(folder):
    _, applied = set_up(folder, {**OIDC, "index-mode": "extra"}, {"PATH": "/bin"})
    assert applied.variables["CODEARTIFACT_INDEX_MODE"] == "extra"
    assert "PIP_EXTRA_INDEX_URL" in applied.variables
    assert "PIP_INDEX_URL" not in applied.variables
    assert len(applied.warnings) == 1


@pytest.mark.parametrize("inputs", [OIDC, {**OIDC, "publish": "true"}, {"keyringrc": "[codeartifact]\ncache = off\n"}])
def test_a_plan_changes_nothing(folder, inputs):
    environ = {"PATH": "/bin", "INPUTS": "{}"}
    before = dict(os.environ)
    plan(folder, inputs, environ)
    assert os.listdir(folder) == []
    assert environ == {"PATH": "/bin", "INPUTS": "{}"}
    assert dict(os.environ) == before


def test_a_plan(folder):
    planned = plan(folder, OIDC, {"PATH": "/bin"})
    assert planned.config_path == f"{folder}/keyringrc.cfg"
    assert planned.commands_path == f"{folder}/commands"
    assert planned.package_index.url == URL
    assert planned.configuration.strip() == f"[codeartifact]\nrole_arn = {ROLE}\noidc_audience = sts.amazonaws.com"
    assert planned.variables == {
        "CODEARTIFACT_CONFIG_FILE": f"{folder}/keyringrc.cfg",
        "CODEARTIFACT_CACHE_DIR": f"{folder}/cache",
        "CODEARTIFACT_INDEX_URL": URL,
    }
    assert (planned.publish, planned.removed, planned.warnings, planned.hints) == (False, (), (), ())


@pytest.mark.parametrize(
    ("inputs", "environ", "message"),
    [
        ({}, {}, "no repository is named; set the input index-url"),
        ({"keyringrc": "[codeartifact]\n", "publish": "true"}, {}, "the input publish is true, and no repository"),
        (OIDC, {"CODEARTIFACT_CONFIG": "#"}, "CODEARTIFACT_CONFIG is set for this job, and overrides the inputs"),
        (OIDC, {"CODEARTIFACT_CONFIG_FILE": "/x"}, "CODEARTIFACT_CONFIG_FILE is set for this job, and overrides the"),
        ({"index-url": "", "written": "index-url $MY_URL"}, {}, "the input index-url is '$MY_URL', which is not set"),
    ],
)
def test_invalid_plans(folder, inputs, environ, message):
    with pytest.raises(ConfigurationError) as caught:
        plan(folder, inputs, environ)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gone", "gone is unusable (No such file or directory); name an existing folder"),
        ("file", "file is not a folder of this user; name one that belongs to the job alone"),
        ("link", "link is not a folder of this user"),
        ("a:b", "a:b' cannot be in PATH; name a folder without such characters"),
        ("a\nb", "a\\nb' cannot be in PATH"),
    ],
)
def test_unusable_folders(tmp_path, name, message):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path)
    for folder in ("a:b", "a\nb"):
        (tmp_path / folder).mkdir()
    with pytest.raises(ConfigurationError) as caught:
        plan(str(tmp_path / name), OIDC, {})
    assert message in str(caught.value)


def test_a_folder_of_another_user(folder):
    if os.geteuid() == 0:
        os.chown(folder, 12345, 12345)
    else:
        folder = "/"
    with pytest.raises(ConfigurationError, match="is not a folder of this user"):
        plan(folder, OIDC, {})


def test_applying_writes_files_and_sets_variables(folder):
    environ = {"PATH": "/bin", "INPUTS": "{}", "PIP_INDEX_URL": "https://mirror.example/", "FLIT_PASSWORD": "x"}
    planned, applied = set_up(folder, {**OIDC, "publish": "true"}, environ)
    assert content(planned.config_path) == planned.configuration
    assert os.stat(planned.config_path).st_mode & 0o777 == 0o600
    assert os.stat(planned.commands_path).st_mode & 0o777 == 0o700
    assert sorted(os.listdir(planned.commands_path)) == [
        "codeartifact-credential-helper",
        "codeartifact-keyring",
        "keyring",
        "keyrings-codeartifact",
    ]
    assert json.loads(content(f"{folder}/exported.json")).items() == {
        (name, value) for name, value in applied.variables.items() if value
    }
    assert environ["PATH"] == f"{folder}/commands:/bin"
    assert "INPUTS" not in environ
    assert environ["PIP_INDEX_URL"] == "https://mirror.example/"
    assert environ["TWINE_REPOSITORY_URL"] == BASE
    assert environ["CODEARTIFACT_INDEX_URL"] == URL
    assert applied.variables.items() <= environ.items()
    assert applied.hints == ("PIP_INDEX_URL keeps the value that this job sets",)
    assert applied.warnings == (
        "FLIT_INDEX_URL is not set, because this job sets FLIT_PASSWORD",
        "FLIT_USERNAME is not set, because this job sets FLIT_PASSWORD",
    )


def test_the_commands_run_in_this_environment(folder):
    planned, _ = set_up(folder, OIDC, {"PATH": "/bin"})
    for name, printed in (("keyring", "usage: "), ("keyrings-codeartifact", "usage: keyrings-codeartifact")):
        done = subprocess.run([f"{planned.commands_path}/{name}", "--help"], env={}, capture_output=True, text=True, check=True)  # fmt: skip
        assert done.stdout.startswith(printed)


def interrupt(planned, environ):
    with apply(planned, environ):
        assert content(planned.config_path) == planned.configuration
        raise KeyboardInterrupt


@pytest.mark.parametrize("earlier", [None, "[codeartifact]\r\n# an earlier file\n"])
def test_an_error_restores_the_configuration(folder, earlier):
    path = os.path.join(folder, "keyringrc.cfg")
    if earlier:
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(earlier)
    environ = {"PATH": "/bin"}
    planned = plan(folder, OIDC, environ)
    with pytest.raises(KeyboardInterrupt):
        interrupt(planned, environ)
    if earlier:
        with open(path, encoding="utf-8", newline="") as file:
            assert file.read() == earlier
    else:
        assert not os.path.exists(path)
    assert not os.path.exists(f"{folder}/exported.json")
    assert not [name for name in os.listdir(folder) if name.endswith(".new")]


def test_an_invalid_configuration_is_an_error_before_the_job_goes_on(folder):
    environ = {"PATH": "/bin"}
    text = '[codeartifact domain="acme"]\ntoken_duration = 5\n'
    with pytest.raises(ConfigurationError, match="token_duration in"):
        set_up(folder, {"index-url": URL, "keyringrc": text}, environ)
    assert not os.path.exists(f"{folder}/keyringrc.cfg")


def test_a_second_set_up_replaces_the_first(folder):
    environ = {"PATH": "/bin", "HATCH_INDEX_USER": "x"}
    set_up(folder, OIDC, environ)
    first = dict(environ)
    planned, applied = set_up(folder, {"index-url": OTHER_URL, "index-name": "other"}, environ)
    assert set(planned.removed) == {name for name in first if name not in ("PATH", "HATCH_INDEX_USER")}
    assert environ["PIP_INDEX_URL"] == OTHER_URL.replace("//", "//aws@")
    assert environ["UV_DEFAULT_INDEX"] == f"other={OTHER_URL}"
    assert "UV_INDEX_CODEARTIFACT_USERNAME" not in environ
    assert applied.variables["UV_INDEX_CODEARTIFACT_USERNAME"] == ""
    assert content(planned.config_path) == "[codeartifact]\n"
    assert not [name for name, value in environ.items() if BASE in value]


def test_a_second_set_up_keeps_repository_and_publishing(folder):
    environ = {"PATH": "/bin"}
    set_up(folder, {**OIDC, "publish": "true"}, environ)
    planned, _ = set_up(folder, {"keyringrc": "[codeartifact]\ncache = off\n"}, environ)
    assert planned.package_index.url == URL
    assert planned.publish
    assert planned.hints == ("publishing stays on: an earlier step has set it",)
    assert environ["TWINE_REPOSITORY_URL"] == BASE


def test_a_second_set_up_keeps_what_the_job_has_changed(folder):
    environ = {"PATH": "/bin"}
    set_up(folder, OIDC, environ)
    environ["PIP_INDEX_URL"] = "https://mirror.example/"
    planned, _ = set_up(folder, {"index-url": OTHER_URL}, environ)
    assert "PIP_INDEX_URL" not in planned.removed
    assert environ["PIP_INDEX_URL"] == "https://mirror.example/"


@pytest.mark.parametrize("record", ["", "[", "[1]", "3", '"x"', "null"])
def test_an_unusable_record_of_the_first_set_up_is_ignored(folder, record):
    with open(f"{folder}/exported.json", "w", encoding="utf-8") as file:
        file.write(record)
    assert plan(folder, OIDC, {"PATH": "/bin"}).removed == ()


def event(tmp_path, head):
    repositories = {"head": {"repo": {"full_name": head}}, "base": {"repo": {"full_name": "acme/tools"}}}
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": repositories}))
    return {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}


@pytest.mark.parametrize(
    ("head", "inputs", "problem"),
    [
        pytest.param("acme/tools", {"index-url": URL}, None, id="no fork"),
        pytest.param("evil/tools", OIDC, None, id="fork, with a role"),
        pytest.param("evil/tools", {"index-url": URL}, "this is a pull request from a fork, which must not use the runner's own AWS identity, as [codeartifact] would", id="fork, default chain"),
        pytest.param("evil/tools", {**OIDC, "keyringrc": "[codeartifact name=a]\nprofile_name = x\n"}, "this is a pull request from a fork, which must not use the runner's own AWS identity, as [codeartifact name=a] would", id="fork, profile of a section"),
        pytest.param(None, {"index-url": URL}, "this may be a pull request from a fork, which must not use the runner's own AWS identity, as [codeartifact] would", id="unknown"),
    ],
)  # fmt: skip
def test_jobs_of_forks_get_no_identity_of_the_machine(folder, tmp_path, head, inputs, problem):
    environ = event(tmp_path, head) if head else {"GITHUB_EVENT_NAME": "pull_request"}
    planned = plan(folder, inputs, environ)
    if problem is None:
        refuse_machine_identity(planned, environ, "pull request")
        return
    with pytest.raises(CodeArtifactError) as caught:
        refuse_machine_identity(planned, environ, "pull request")
    assert (caught.value.cause, caught.value.exit_code) == (problem, 1)
    assert caught.value.remedy == "set role-to-assume, or run the job without private packages"


def test_a_file_is_written_whole_or_not_at_all(folder):
    path = f"{folder}/file"
    write_file(path, "é\n")
    assert os.stat(path).st_mode & 0o777 == 0o600
    os.chmod(path, 0o644)
    write_file(path, "x")
    assert (content(path), os.stat(path).st_mode & 0o777) == ("x", 0o600)
    with pytest.raises(ConfigurationError, match=r"file cannot be written \(not UTF-8\)"):
        write_file(path, "\udc80")
    assert content(path) == "x"
    assert os.listdir(folder) == ["file"]
    with pytest.raises(ConfigurationError, match=r"cannot be written \(No such file or directory\); check the free"):
        write_file(f"{folder}/gone/file", "x")


@pytest.mark.parametrize(
    ("name", "reason"), [("commands", "File exists"), ("keyringrc.cfg", "Is a directory")], ids=["a file", "a folder"]
)
def test_something_else_in_the_folder_is_an_error(folder, name, reason):
    path = os.path.join(folder, name)
    if name == "commands":
        open(path, "w").close()
    else:
        os.mkdir(path)
    with pytest.raises(ConfigurationError) as caught:
        set_up(folder, OIDC, {"PATH": "/bin"})
    assert (
        str(caught.value)
        == f"{path} is unusable ({reason}); remove it; the job's folder is for this tool alone [CA706]"
    )


def test_a_configuration_that_is_not_utf_8_is_an_error(folder):
    path = os.path.join(folder, "keyringrc.cfg")
    with open(path, "wb") as file:
        file.write(b"\xff")
    with pytest.raises(ConfigurationError, match=r"keyringrc\.cfg is unusable \(not UTF-8\)"):
        set_up(folder, OIDC, {"PATH": "/bin"})
