"""How the action's step starts: from the release's own bundle, past whatever the job has set, or not at all."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys

import pytest
import yaml

from support.project import PATIENCE, ROOT
from support.scripts import script

ACTION = yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text())
INDEX = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"


class Step:
    """The action's step, which requests no token."""

    def __init__(self, folder, action):
        self.folder, self.action = folder, action
        self.tool = folder / "temp" / "keyrings-codeartifact"
        (folder / "temp").mkdir()
        (folder / "home").mkdir()
        self.environ = {
            "GITHUB_ACTION_PATH": str(action),
            "HOME": str(folder / "home"),
            "PATH": f"{os.path.dirname(sys.executable)}:/usr/bin:/bin",
            "RUNNER_TEMP": str(folder / "temp"),
        }
        for name in ("ENV", "OUTPUT", "PATH"):
            self.environ[f"GITHUB_{name}"] = str(folder / name)

    def run(self, *before, **environ):
        """Run the step's script as the runner does, after the command ``before``."""
        inputs = {"check": "false", "index-url": INDEX}
        [step] = ACTION["runs"]["steps"]
        return subprocess.run(
            [*before, shutil.which("bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env=self.environ | {"INPUTS": json.dumps(inputs)} | environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def fail(self, **environ):
        """Run it where it has to fail; return the annotation."""
        done = self.run(**environ)
        assert (done.returncode, done.stderr) == (1, "")
        [message] = re.findall("^::error title=keyrings.codeartifact::(.*)$", done.stdout, re.MULTILINE)
        return message

    def unpacked(self):
        return list(self.tool.glob("keyrings-codeartifact-bundle-*/*/packages"))


@pytest.fixture
def step(tmp_path, action):
    return Step(tmp_path, action)


@pytest.fixture
def copied(step):
    """The step of an action that a test can change."""
    shutil.copytree(step.action, step.folder / "action")
    step.action = step.folder / "action"
    step.environ["GITHUB_ACTION_PATH"] = str(step.action)
    return step


def test_the_tree_of_a_release(action):
    assert sorted(os.listdir(action)) == sorted(
        [
            "LICENSE",
            "README.md",
            "action.yml",
            "start.py",
            "keyrings-codeartifact.pyz",
            "keyrings-codeartifact.pyz.sha256",
        ]
    )
    assert len((action / "start.py").read_text().splitlines()) <= 60


def test_it_needs_no_network_and_nothing_of_the_job(step):
    """Twice: the second time nothing is unpacked."""
    evil = step.folder / "evil"
    evil.mkdir()
    for name in ("hashlib", "json", "botocore", "keyrings", "sitecustomize", "usercustomize"):
        (evil / f"{name}.py").write_text("raise SystemExit('evil')\n")
        shutil.copy(evil / f"{name}.py", step.folder)
    job = {"PYTHONPATH": str(evil), "PYTHONHOME": str(evil), "PYTHONSTARTUP": str(evil / "json.py")}
    alone = ("unshare", "--map-root-user", "--net")
    done = step.run(*alone, **job)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert {path.name for path in step.tool.iterdir()} == {
        *("commands", "exported.json", f"keyrings-codeartifact-bundle-{os.geteuid()}", "keyringrc.cfg")
    }
    assert stat.S_IMODE(step.tool.stat().st_mode) == 0o700
    [packages] = step.unpacked()
    before = packages.stat().st_ctime_ns
    keyring = step.tool / "commands" / "keyring"
    assert f"sys.path.insert(0, '{packages}')" in keyring.read_text()
    assert subprocess.run([keyring, "--help"], env=job, capture_output=True, check=True).stdout.startswith(b"usage: ")
    assert step.run(*alone, **job).returncode == 0
    assert [path.stat().st_ctime_ns for path in step.unpacked()] == [before]


def test_another_python_in_the_middle_of_the_job(step, bare):
    assert step.run().returncode == 0
    assert step.run(PATH=f"{bare.bin}:/usr/bin:/bin").returncode == 0
    assert len(step.unpacked()) == 1
    assert f"exec' {bare.python}" in (step.tool / "commands" / "keyring").read_text()


def test_what_an_earlier_job_has_unpacked_elsewhere_is_not_used(step):
    """A job that is not trusted may share a machine and its user."""
    temporary = step.folder / "machine"
    temporary.mkdir()
    subprocess.run(
        [sys.executable, step.action / "keyrings-codeartifact.pyz", "--version"],
        env={"PATH": "/usr/bin:/bin", "HOME": "/none", "XDG_CACHE_HOME": "/none", "TMPDIR": str(temporary)},
        check=True,
        capture_output=True,
    )
    for module in temporary.glob("*/*/packages/keyrings/codeartifact/cli/main.py"):
        module.write_text("raise SystemExit('evil')\n")
    done = step.run(TMPDIR=str(temporary))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(step.unpacked()) == 1


@pytest.mark.parametrize("name", ["keyrings-codeartifact.pyz", "keyrings-codeartifact.pyz.sha256"])
def test_a_revision_without_a_bundle(copied, name):
    (copied.action / name).unlink()
    assert copied.fail() == (
        f"this revision of the action has no bundle ({name}); use a release such as @v3, or the output of `make action`"
    )


def test_a_bundle_that_is_not_the_release_s(copied):
    bundle = copied.action / "keyrings-codeartifact.pyz"
    bundle.write_bytes(f"#!/bin/sh\ntouch {copied.folder}/evil\n".encode() + bundle.read_bytes())
    assert copied.fail() == (
        "keyrings-codeartifact.pyz does not match its SHA-256; use an unchanged release of the action"
    )
    assert not copied.tool.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("kind", ["a link", "another user's"])
def test_a_folder_that_is_not_the_job_s_own(step, kind):
    """What somebody has put there is neither run nor removed."""
    there = step.folder / "victim" if kind == "a link" else step.tool
    command = script(there / "commands", "keyring", f"touch {step.folder}/evil")
    if kind == "a link":
        step.tool.symlink_to(there)
    else:
        os.chown(there, 12345, 12345)
    assert step.fail() == f"{step.tool} is not a folder of this user; remove it, and check who can write beside it"
    assert not (step.folder / "evil").exists()
    assert os.path.exists(command)


def test_no_place(step):
    step.tool.write_text("a file")
    assert "cannot be written (File exists); check free space and permissions" in step.fail()
    nowhere = str(step.folder / "100%")
    assert step.fail(RUNNER_TEMP=nowhere) == "RUNNER_TEMP does not name a folder; run this as a step of GitHub Actions"


def test_a_percent_sign_is_no_code_of_the_runner_s(step):
    temporary = step.folder / "%0A::error::x"
    temporary.mkdir()
    (temporary / "keyrings-codeartifact").touch()
    assert "%250A::error::x" in step.fail(RUNNER_TEMP=str(temporary))


def test_no_python(step, monkeypatch):
    """Nor one that is too old, by the step's own words."""
    old = step.folder / "old"
    for name in ("python3", "python"):
        script(old, name, "exit 1")
    [action_step] = ACTION["runs"]["steps"]
    monkeypatch.setitem(action_step, "run", action_step["run"].replace("/usr/bin/python3", f"{old}/python3"))
    assert step.fail(PATH=str(old)) == "no Python 3.10 or newer is on PATH; use actions/setup-python first"


def test_the_step_s_python_is_isolated_and_new_enough():
    [action_step] = ACTION["runs"]["steps"]
    assert action_step["run"].count('"$python" -IS ') == 2
    assert "sys.version_info < (3, 10)" in action_step["run"]
