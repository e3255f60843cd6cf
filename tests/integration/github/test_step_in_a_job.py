"""The action's step beside what the job has set itself, used twice, and before other commands."""

import re
from datetime import datetime, timedelta

import pytest

from support.github_job import ASK, INDEX, ROLE, URL
from support.pages import GITHUB
from support.seed import RELEASE


def test_used_twice_the_second_holds_once(job):
    job.use(publish="true", index_name="first", token_duration_seconds="900")
    second = job.use(index_url=f"{URL}/staging/", index_name="second")
    assert second.code == 0
    assert second.path == []
    holding = {name: value for name, value in job.environ.items() if value and not name.startswith("ACTIONS_")}
    assert holding["PIP_INDEX_URL"] == f"{URL}/staging/simple/".replace("//", "//aws@")
    assert holding["UV_DEFAULT_INDEX"] == f"second={URL}/staging/simple/"
    assert not any(name.startswith("UV_INDEX_FIRST") for name in holding)
    assert "release" not in "".join(holding.values())
    assert "token_duration" not in (job.folder / "keyringrc.cfg").read_text()


def test_publishing_cannot_be_taken_back_in_a_job(job):
    """Of an empty TWINE_USERNAME, UV_PUBLISH_URL or PDM_PYPI_URL clients make something else than of none."""
    job.use(publish="true")
    for _ in range(2):
        step = job.use(index_url=f"{URL}/staging/")
        assert step.env["TWINE_REPOSITORY_URL"] == step.env["UV_PUBLISH_URL"] == f"{URL}/staging/"
        assert "publishing stays on: an earlier step has set it\n" in step.log


def test_a_repository_stays_until_another_is_named(job):
    job.use()
    step = job.use(index_url="", token_duration_seconds="900")
    assert step.output["index-url"] == step.env["PDM_PYPI_URL"] == INDEX


def test_what_the_job_has_set_itself_is_left(job):
    job.environ["PIP_INDEX_URL"] = "https://mirror.example/simple/"
    for _ in range(2):
        step = job.use()
        assert "PIP_INDEX_URL" not in step.env
        assert "PIP_INDEX_URL keeps the value that this job sets\n" in step.log


def test_a_client_that_would_publish_elsewhere_is_warned_of(job):
    job.environ["TWINE_PASSWORD"] = "somebody's"
    step = job.use(publish="true")
    assert [
        f"{name} is not set, because this job sets TWINE_PASSWORD"
        for name in ("TWINE_REPOSITORY_URL", "TWINE_USERNAME")
    ] == step.warnings
    assert "TWINE_REPOSITORY_URL" not in step.env
    assert step.env["UV_PUBLISH_USERNAME"] == "aws"


def test_what_the_job_has_set_since_is_left(job):
    job.use()
    job.environ["PIP_INDEX_URL"] = "https://mirror.example/simple/"
    assert "PIP_INDEX_URL" not in job.use().env


def test_it_comes_first_on_path(job):
    assert job.use().path == [str(job.commands)]
    assert job.use().path == []
    assert sorted(path.name for path in job.commands.iterdir()) == [
        "codeartifact-credential-helper",
        "codeartifact-keyring",
        "keyring",
        "keyrings-codeartifact",
    ]
    other = job.home.folder / "other"
    other.mkdir()
    (other / "keyring").write_text("#!/bin/sh\n")
    (other / "keyring").chmod(0o755)
    job.environ["PATH"] = f"{other}:{job.environ['PATH']}"
    assert job.use().path == [str(job.commands)]


@pytest.mark.parametrize("variable", ["CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE"])
def test_another_configuration_would_go_before_the_inputs(job, variable):
    job.environ[variable] = "[codeartifact]"
    step = job.use()
    assert step.code == 2
    assert step.errors == [
        f"{variable} is set for this job, and overrides the inputs; set the input keyringrc to the file's text, and "
        "remove the variable [CA704]"
    ]


def test_an_option_of_the_job_goes_before_an_input(job):
    job.environ["CODEARTIFACT_ROLE_SESSION_NAME"] = "x1"
    job.environ["CODEARTIFACT_ROLE_ARN"] = ROLE
    assert job.use().warnings == ["CODEARTIFACT_ROLE_ARN is set for this job, and overrides the input role-to-assume"]


def test_tox(job, environment, virtualenv_data, emulator):
    """As the page has it: what its environments are let through is enough, and another's call is not needed."""
    tox = environment("tox>=4")
    job.environ |= virtualenv_data
    assert job.use(index_url=RELEASE, role_to_assume="arn:aws:iam::111122223333:role/github").code == 0
    (job.home.folder / "tox.ini").write_text(GITHUB.block("tox"))
    job.environ["PATH"] = f"{tox.bin}:{job.environ['PATH']}"
    done = job.run("tox", "run", "--workdir", job.home.folder / "tox")
    assert done.returncode == 0, done.stdout
    assert len(emulator.journal.entries(ASK)) == 1


def test_a_python_path_of_the_job_s_is_not_the_tool_s(job):
    job.use()
    (job.home.folder / "platformdirs.py").write_text("raise SystemExit(5)\n")
    (job.home.folder / "keyring.py").write_text("raise SystemExit(5)\n")
    job.environ["PYTHONPATH"] = str(job.home.folder)
    assert job.run("keyring", "get", INDEX, "aws").returncode == 0
    assert job.run("keyring", "get", "other", "user").returncode == 1
    assert job.run("keyrings-codeartifact", "cache", "list").returncode == 0


def test_where_the_job_keeps_tokens_is_the_job_s(job):
    job.environ["CODEARTIFACT_CACHE_DIR"] = str(job.home.folder)
    assert "CODEARTIFACT_CACHE_DIR" not in job.use().env


def test_another_keyring_on_the_job_s_path_comes_later(job):
    other = job.home.folder / "other"
    other.mkdir()
    (other / "keyring").write_text("#!/bin/sh\nexit 1\n")
    (other / "keyring").chmod(0o755)
    job.environ["PATH"] = f"{other}:{job.environ['PATH']}"
    step = job.use()
    assert (step.code, step.warnings) == (0, [])
    assert job.run("keyring", "get", INDEX, "aws").returncode == 0


def test_what_keeps_clients_from_the_keyring_is_a_warning(job):
    (job.home.folder / "home" / ".pypirc").write_text(f"[old]\nrepository = {URL}/release/\npassword = MARKED\n")
    [warning] = job.use().warnings
    assert re.match(
        r"\[old\] of .*/\.pypirc has a password, which twine and Flit use instead of a keyring's; ", warning
    )


def test_the_second_use_for_a_repository_sends_no_request_to_aws(job, emulator):
    assert job.use().code == 0
    emulator.journal.clear()
    assert job.use(publish="true").code == 0
    assert [entry.operation for entry in emulator.journal.entries()] == ["ProjectPage"]


def test_the_second_use_for_a_repository_that_does_not_exist(job):
    assert job.use().code == 0
    step = job.use(index_url=f"{URL}/missing/simple/")
    assert step.code == 1
    assert "does not exist" in step.errors[0]


def test_the_expiry_of_a_ready_token_is_an_output(job, client, emulator):
    emulator.access.is_enforced = False
    answer = client("codeartifact").get_authorization_token(domain="acme")
    job.environ["CODEARTIFACT_AUTH_TOKEN"] = answer["authorizationToken"]
    step = job.use(index_url=RELEASE, role_to_assume="", output_token="true", check="false")
    expires = datetime.strptime(step.output["expires"], "%Y-%m-%dT%H:%M:%S%z")
    assert step.code == 0
    assert abs(expires - answer["expiration"]) < timedelta(seconds=2)
    assert f"::add-mask::{step.output['token']}\n" in step.log


@pytest.mark.parametrize("variable", ["CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE"])
def test_an_empty_configuration_is_none(job, variable):
    job.environ[variable] = ""
    assert job.use().code == 0
