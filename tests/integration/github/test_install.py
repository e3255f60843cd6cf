"""How the action installs its tool: past whatever the job has set, and with one line where it cannot be."""

import importlib.util
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import yaml

from support.project import ROOT
from support.server import running

INSTALL = ROOT / "github-actions" / "install.py"
ACTION = yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text())
PATIENCE = 120
SECRETIVE = ("AWS_", "ACTIONS_", "CODEARTIFACT_")
INDEX = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"


class Step:
    """The action's step, at the end of which nothing is asked."""

    def __init__(self, folder, python):
        self.folder = folder
        self.command = (python, "-I", INSTALL)
        self.tool = folder / "temp" / "keyrings-codeartifact"
        (folder / "temp").mkdir()
        (folder / "home").mkdir()
        self.environ = {"HOME": str(folder / "home"), "PATH": "/usr/bin:/bin", "RUNNER_TEMP": str(folder / "temp")}
        for name in ("ENV", "OUTPUT", "PATH"):
            self.environ[f"GITHUB_{name}"] = str(folder / name)

    def run(self, command=None, **inputs):
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        environ = self.environ | {"INPUTS": json.dumps({"check": "false", "index-url": INDEX, **given})}
        return subprocess.run(
            command or self.command,
            cwd=self.folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def fail(self, **inputs):
        """Run it where it has to fail; return the annotation."""
        done = self.run(**inputs)
        assert (done.returncode, done.stderr) == (1, "")
        assert not (self.tool / "installed").exists()
        [said] = re.findall("^::error title=keyrings.codeartifact::(.*)$", done.stdout, re.MULTILINE)
        return said


def processes():
    """Yield the command lines of all processes, as anybody on this machine can see them, and their variables."""
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line, variables = ((path / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ"))
            yield line.replace("\0", " "), variables.split("\0")


@pytest.fixture(scope="module")
def python(job_python, tmp_path_factory):
    return job_python(tmp_path_factory.mktemp("job") / "python").python


@pytest.fixture
def step(tmp_path, python):
    return Step(tmp_path, python)


def test_past_what_the_job_has_set(step, package_index):
    """Past a mark that is no text, too.  Then again, on a Python that has gone since; and not a third time."""
    step.tool.mkdir()
    (step.tool / "installed").write_bytes(b"\xff")
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
    # With ensurepip, for once.
    done = step.run((sys.executable, "-I", INSTALL), package_index_url=package_index)
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
        r"cannot install the tool's dependencies \(No matching distribution .*\); check the input package-index-url",
        said,
    )


def test_an_index_that_serves_something_else(step, package_index):
    folder = step.folder / "index"
    shutil.copytree(package_index.removeprefix("file://"), folder)
    for page in folder.glob("*/index.html"):
        page.write_text(page.read_text().replace(package_index, folder.as_uri()))
    for path in (folder / "files").glob("botocore-*"):
        path.write_bytes(path.read_bytes() + b"\n")
    said = step.fail(package_index_url=folder.as_uri())
    assert said.endswith("; check that the index serves the same files as PyPI")


def test_an_index_s_password_is_on_no_command_line(step):
    """Nor anywhere else, when the step is over."""
    url = "http://user:MARKED@127.0.0.1:9/simple/"
    command = step.command
    environ = (
        step.environ | {name + "X": "MARKED" for name in SECRETIVE} | {"INPUTS": json.dumps({"package-index-url": url})}
    )
    modes = set()
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        while running.poll() is None:
            # Between two looks, for a moment, the cores are the step's.
            time.sleep(0.02)
            for line, variables in processes():
                # Of all that the step has started; others may be other tests'.
                assert str(step.folder) not in f"{line}{variables}" or "MARKED" not in line
                if str(step.tool) in line and "--require-hashes" in line:
                    with suppress(FileNotFoundError):
                        modes.add(stat.S_IMODE((step.tool / "pip.conf").stat().st_mode))
                    assert not {variable for variable in variables if variable.startswith(("INPUTS", *SECRETIVE))}
        assert "MARKED" not in running.stdout.read()
    assert running.returncode == 1
    assert modes == {0o600}
    assert stat.S_IMODE(step.tool.stat().st_mode) == 0o700
    for path in step.folder.rglob("*"):
        assert not path.is_file() or b"MARKED" not in path.read_bytes(), path


def test_what_an_index_says_is_no_command(step):
    with serving(lambda handler: handler.wfile.write(b"##[set-output name=token]evil\r\n\r\n")) as address:
        done = step.run(package_index_url=f"http://{address}/simple/")
    assert done.returncode == 1
    assert "# #[set-output name=token]evil" in done.stdout
    assert "##[" not in done.stdout
    assert len(re.findall(r"^\s*::", done.stdout, re.MULTILINE)) == 1


def test_the_step_s_python_is_isolated_and_new_enough():
    script = ACTION["runs"]["steps"][0]["run"]
    assert script.count('"$python" -I ') == 2
    assert "sys.version_info < (3, 10)" in script


@pytest.mark.parametrize(
    "url",
    [
        *("x", "--find-links=x", "https://a b", "ftp://x", "https://x\n--find-links=x", "https://u:p@x:port/"),
        *("https://u:MARK/ED@x/", "https://u:MARK#ED@x/", "https://u:MARK?ED@x/", "https://u:MARK[ED@x/"),
    ],
)
def test_no_index(step, url):
    said = step.fail(package_index_url=url)
    assert said.startswith("the input package-index-url is invalid; expected: an https://")
    assert "MARK" not in said


@contextmanager
def serving(answer):
    """Serve what ``answer``, a function of the handler, writes; give the address."""

    class Handler(BaseHTTPRequestHandler):
        do_GET = answer  # noqa: N815 - the library's name

        def log_message(self, *_):
            pass

    with running(Handler) as server:
        yield f"127.0.0.1:{server.server_port}"


@pytest.mark.parametrize("password", ["MARK'%ED", "MARK/ED", "8080/MARKED"])
def test_an_index_s_password_is_not_in_the_log(step, password):
    """Whatever pip would make of its signs."""
    with serving(lambda handler: handler.send_error(404)) as address:
        done = step.run(package_index_url=f"http://user:{password}@{address}/simple/")
    assert done.returncode == 1
    assert "MARK" not in done.stdout + done.stderr
    is_shown = f"Looking in indexes: http://user:****@{address}/simple/" in done.stdout
    assert is_shown != ("the input package-index-url is invalid" in done.stdout)
    assert not (step.tool / "pip.conf").exists()


@pytest.mark.parametrize(
    "url",
    [
        *("https://pkgs.example.com/org/_packaging/feed@Local/simple/", "http://pypi_mirror:8080/simple"),
        *("HTTPS://user:pw@host:8443/feed@Local/simple/", "https://[::1]:8080/simple/", "file:///a@b/simple"),
    ],
)
def test_an_index(url):
    """As there are some; the same in the action and in the include."""
    spec = importlib.util.spec_from_file_location("install", INSTALL)
    install = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(install)
    assert install._INDEX.fullmatch(url)  # noqa: SLF001 - to install from it takes long
    include = (ROOT / "gitlab-ci" / "codeartifact.yml").read_text()
    names = dict(re.findall('"?(HOST|REST)"?, (host|rest)', include))
    assert names == {"HOST": "host", "REST": "rest"}
    host, rest, address = re.search(r'host, rest = r"(.*)", "(.*)"\n +address = r"(.*)"\n', include).groups()
    assert re.fullmatch(address.replace("HOST", host).replace("REST", rest), url, re.ASCII)


def test_a_job_that_is_cancelled_leaves_no_password(step):
    asked, over = threading.Event(), threading.Event()

    def answer(_):
        asked.set()
        over.wait(PATIENCE)

    with serving(answer) as address:
        environ = step.environ | {"INPUTS": json.dumps({"package-index-url": f"http://user:MARKED@{address}/simple/"})}
        with subprocess.Popen(step.command, env=environ, stdout=subprocess.DEVNULL) as running:
            assert asked.wait(PATIENCE)
            assert (step.tool / "pip.conf").exists()
            running.terminate()
            assert running.wait(PATIENCE) == 143
        over.set()
    assert not (step.tool / "pip.conf").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
@pytest.mark.parametrize("kind", ["a link", "another user's"])
def test_a_folder_that_is_not_the_job_s_own(step, kind):
    """What somebody has put there is neither run nor removed."""
    there = step.folder / "victim" if kind == "a link" else step.tool
    python = there / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\ntouch {step.folder}/evil\n")
    python.chmod(0o755)
    (there / "installed").write_text(str(INSTALL.parent))
    if kind == "a link":
        step.tool.symlink_to(there)
    else:
        os.chown(there, 12345, 12345)
    done = step.run()
    assert (done.returncode, done.stderr) == (1, "")
    assert f"::{step.tool} is not a folder of this user; remove it" in done.stdout
    assert not (step.folder / "evil").exists()
    assert python.exists()


def test_no_place(step):
    (step.folder / "temp" / "keyrings-codeartifact").write_text("a file")
    assert "cannot be written (File exists); check the free space" in step.fail()
    step.environ["RUNNER_TEMP"] = str(step.folder / "nowhere")
    assert step.fail() == "RUNNER_TEMP does not name a folder; run this as a step of GitHub Actions"


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
