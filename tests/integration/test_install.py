"""How the action installs its tool: past whatever the job has set, and with one line where it cannot be."""

import json
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from readmes import ROOT

INSTALL = ROOT / "github-actions" / "install.py"
ACTION = yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text())
PATIENCE = 120


class Step:
    """The action's step, at the end of which nothing is asked."""

    def __init__(self, folder):
        self.folder = folder
        self.tool = folder / "temp" / "keyrings-codeartifact"
        (folder / "temp").mkdir()
        (folder / "home").mkdir()
        self.environ = {"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(folder / "temp")}
        for name in ("ENV", "OUTPUT", "PATH"):
            self.environ[f"GITHUB_{name}"] = str(folder / name)

    def run(self, command=(sys.executable, "-I", INSTALL), **inputs):
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        environ = self.environ | {"INPUTS": json.dumps({"check": "false", **given})}
        return subprocess.run(
            command, cwd=self.folder, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    def fail(self, **inputs):
        """Run it where it has to fail; return the annotation."""
        done = self.run(**inputs)
        assert (done.returncode, done.stderr) == (1, "")
        assert not (self.tool / "installed").exists()
        [said] = re.findall("^::error title=keyrings.codeartifact::(.*)$", done.stdout, re.MULTILINE)
        return said


def command_lines():
    """Return those of all processes, as anybody on this machine can see them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(path.read_bytes().decode(errors="replace").replace("\0", " "))
    return found


@pytest.fixture
def step(tmp_path):
    return Step(tmp_path)


def test_past_what_the_job_has_set(step, package_index):
    """Then again, on a Python that has gone since; and not a third time."""
    evil = step.folder / "evil"
    evil.mkdir()
    for name in ("pip", "json", "hatchling", "sitecustomize", "venv"):
        (evil / f"{name}.py").write_text("raise SystemExit('evil')\n")
        shutil.copy(evil / f"{name}.py", step.folder)
    (step.folder / "home" / ".pip").mkdir()
    (step.folder / "home" / ".pip" / "pip.conf").write_text("[global]\nindex-url = file:///nowhere\nno-deps = false\n")
    shutil.copy(step.folder / "home" / ".pip" / "pip.conf", step.folder)
    step.environ |= {
        "PIP_CONFIG_FILE": str(step.folder / "pip.conf"),
        "PIP_INDEX_URL": "file:///nowhere",
        "PIP_TARGET": str(evil / "target"),
        "PYTHONHOME": str(evil),
        "PYTHONPATH": str(evil),
        "UV_INDEX_URL": "file:///nowhere",
    }
    done = step.run(package_index_url=package_index)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"installed in \d+\.\d s, with Python 3\.\d+\.\d+\n", done.stdout)
    python = step.tool / "environment" / "bin" / "python"
    python.unlink()
    python.symlink_to(step.folder / "gone")
    assert "installed in" in step.run(package_index_url=package_index).stdout
    assert "installed in" not in step.run(package_index_url=package_index).stdout
    assert sorted(path.name for path in step.tool.iterdir()) == [
        *("commands", "environment", "exported.json", "installed", "keyringrc.cfg")
    ]


def test_an_index_that_is_not_there(step):
    said = step.fail(package_index_url="file:///nowhere")
    assert re.match(
        r"cannot install what the tool needs \(No matching distribution .*\); see that the input package-", said
    )


def test_an_index_that_serves_something_else(step, package_index):
    folder = step.folder / "index"
    shutil.copytree(package_index.removeprefix("file://"), folder)
    for page in folder.glob("*/index.html"):
        page.write_text(page.read_text().replace(package_index, folder.as_uri()))
    for path in (folder / "files").glob("botocore-*"):
        path.write_bytes(path.read_bytes() + b"\n")
    said = step.fail(package_index_url=folder.as_uri())
    assert said.endswith("; see that the index serves what PyPI does")


def test_an_index_s_password_is_on_no_command_line(step):
    """Nor anywhere else, when the step is over."""
    url = "http://user:MARKED@127.0.0.1:9/simple/"
    command = (sys.executable, "-I", INSTALL)
    environ = step.environ | {"INPUTS": json.dumps({"package-index-url": url})}
    running = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seen = set()
    while running.poll() is None:
        listed = command_lines()
        assert not any("MARKED" in line for line in listed)
        seen |= {line for line in listed if str(step.tool) in line and "--require-hashes" in line}
    assert seen
    assert "MARKED" not in running.communicate()[0]
    assert running.returncode == 1
    for path in step.folder.rglob("*"):
        assert not path.is_file() or b"MARKED" not in path.read_bytes(), path


@pytest.mark.parametrize("url", ["x", "--find-links=x", "https://a b", "ftp://x", "https://x\n--find-links=x"])
def test_no_index(step, url):
    assert step.fail(package_index_url=url).startswith(
        "the input package-index-url cannot be used; accepted: an https://"
    )


def test_no_place(step):
    (step.folder / "temp" / "keyrings-codeartifact").write_text("a file")
    assert "cannot be written (File exists); see that there is room" in step.fail()
    step.environ["RUNNER_TEMP"] = str(step.folder / "nowhere")
    assert step.fail() == "RUNNER_TEMP names no folder; run this as a step of GitHub Actions"


def test_no_python(step):
    """Nor one that is too old, by the step's own words."""
    [action_step] = ACTION["runs"]["steps"]
    bash = shutil.which("bash")
    old = step.folder / "old"
    old.mkdir()
    for name in ("python3", "python"):
        (old / name).write_text("#!/bin/sh\nexit 1\n")
        (old / name).chmod(0o755)
    script = action_step["run"].replace("/usr/bin/python3", f"{old}/python3")
    step.environ["PATH"] = str(old)
    done = step.run((bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", script))
    assert done.returncode == 1
    assert done.stdout.startswith("::error title=keyrings.codeartifact::no Python 3.10 or newer is on PATH; use")
