"""The include's script by itself, in a shell as a job has it: what strangers name and write does nothing."""

import os
import stat

import pytest

from support.commands import split_error
from support.gitlab_job import URL
from support.gitlab_pipeline import ASK, needs_rsync
from support.scripts import script

pytestmark = needs_rsync


@pytest.mark.parametrize("name", ["CI_COMMIT_REF_NAME", "CI_COMMIT_MESSAGE", "CI_PROJECT_PATH", "CI_PIPELINE_ID"])
def test_what_strangers_name_does_nothing(shell, name):
    """A branch, a project, a commit."""
    value = "x'; touch evil; \"$(touch evil)`touch evil`\n::set-output name=token::x"
    done = shell.run(**{"CI_PROJECT_PATH": "acme/tools", "CI_PIPELINE_ID": "1", name: value})
    assert done.returncode == 0, done.stderr
    assert not list(shell.home.folder.rglob("evil"))


def test_a_fork_does_not_get_what_the_runner_may(shell, emulator):
    """A merge request's from another project, that a member has started in this one."""
    fork = {"CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8", "CI_PROJECT_ID": "7"}
    keys = {"AWS_ACCESS_KEY_ID": "AKIACHAIN00000000001", "AWS_SECRET_ACCESS_KEY": "chain-s3cret"}
    done = shell.run(CODEARTIFACT_INPUT_ROLE_TO_ASSUME="", **fork, **keys)
    assert (done.returncode, done.stdout) == (1, "")
    message, code = split_error(done.stderr)
    assert message.startswith("this is a merge request from a fork, which must not use the runner's own AWS identity, ")
    assert code == "CA705"
    assert emulator.journal.entries() == []
    assert shell.run(**fork).returncode == 0


def test_a_cd_that_has_something_to_say(shell):
    done = shell.run(CDPATH="/:.", TMPDIR="a place", script="pwd")
    assert done.returncode == 0, done.stderr
    assert (shell.folder / "commands").is_dir()


@pytest.mark.parametrize(
    "words", [("sh", "-eu"), ("bash", "-euo", "pipefail"), ("bash", "--posix", "-ex")], ids=" ".join
)
@pytest.mark.parametrize("times", [1, 2])
def test_in_any_shell(shell, emulator, words, times):
    done = shell.run(*words, times=times)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"KEYRING {shell.folder}/commands/keyring\n"
    assert stat.S_IMODE(shell.folder.stat().st_mode) == 0o700
    assert len(emulator.journal.entries(ASK)) == 1


def test_modules_of_the_job_s_are_not_the_tool_s(shell):
    for name in ("sitecustomize", "botocore", "platformdirs"):
        (shell.home.folder / f"{name}.py").write_text("print('touch evil')\nraise SystemExit(3)\n")
    done = shell.run(PYTHONPATH=str(shell.home.folder))
    assert done.returncode == 0, done.stderr
    assert not (shell.home.folder / "evil").exists()


@pytest.mark.parametrize("kind", ["link", "file"])
def test_a_folder_that_is_not_the_job_s_own(shell, kind):
    if kind == "link":
        shell.folder.symlink_to(shell.home.folder / "home")
    else:
        shell.folder.write_text("")
    done = shell.run()
    assert done.returncode == 1
    assert done.stdout == ""
    assert list((shell.home.folder / "home").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make somebody else's folder")
def test_another_user_s_folder(shell):
    shell.folder.mkdir(mode=0o777)
    os.chown(shell.folder, 12345, 12345)
    done = shell.run()
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr
        == f"keyrings-codeartifact: error: {shell.folder} belongs to another user; set TMPDIR to a folder of this job\n"
    )
    assert list(shell.folder.iterdir()) == []


@pytest.mark.parametrize(
    "value", ["$(touch evil)", "`touch evil`", "'; touch evil; '", '"; touch evil; "', "x\ntouch evil"]
)
@pytest.mark.parametrize(
    "name", ["INDEX_URL", "ROLE_TO_ASSUME", "INDEX_NAME", "KEYRINGRC", "TOKEN_DURATION_SECONDS", "CHECK"]
)
def test_hostile_values_do_nothing(shell, name, value):
    done = shell.run(**{f"CODEARTIFACT_INPUT_{name}": value})
    assert (done.returncode, done.stdout) == (1, "")
    split_error(done.stderr)
    assert not list(shell.home.folder.rglob("evil"))


@pytest.mark.parametrize(
    ("environ", "password"),
    [
        pytest.param({}, "TOKEN", id="the index's"),
        pytest.param({"TWINE_REPOSITORY_URL": f"{URL}/release/", "TWINE_USERNAME": "aws"}, "TOKEN", id="the same, set by the job"),
        pytest.param({"TWINE_REPOSITORY_URL": "https://upload.example/"}, None, id="another server"),
        pytest.param({"TWINE_REPOSITORY": "own"}, "", id="a section of .pypirc"),
        pytest.param({"TWINE_PASSWORD": "own"}, "own", id="another password"),
        pytest.param({"TWINE_REPOSITORY_URL": f"{URL}/release/", "TWINE_PASSWORD": "own"}, "own", id="both"),
    ],
)  # fmt: skip
def test_twine_gets_the_token_of_its_repository(shell, release, emulator, environ, password):
    """Also one without the backend; a debug trace does not show the token, which `run` checks."""
    folder = shell.home.folder / "twine"
    script(folder, "twine", 'echo "$* PASSWORD $TWINE_PASSWORD"')
    shell.home.environ["PATH"] = f"{folder}:{shell.home.environ['PATH']}"
    inputs = {"CODEARTIFACT_INPUT_PUBLISH": "true", "CODEARTIFACT_INPUT_UPLOADER": "twine"}
    done = shell.run("bash", "-ex", script=release.publish_script, **inputs, **environ)
    if password is None:
        assert (done.returncode, done.stdout) == (2, "")
        assert "not a CodeArtifact URL; expected: " in done.stderr
        return
    [said] = done.stdout.splitlines()
    given = said.removeprefix("upload --non-interactive dist/* PASSWORD ")
    assert given in emulator.issued_tokens() if password == "TOKEN" else given == password
