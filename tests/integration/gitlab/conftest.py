"""A project before an emulator that enforces IAM."""

import re
import subprocess

import pytest

from support.gitlab_job import AUDIENCE, ISSUER, SEED, SUBJECT
from support.gitlab_pipeline import Release, Shell
from support.project import ROOT, UV

TOOLS = ROOT / ".venv"
PATIENCE = 300


class Run:
    """A pipeline that has ended: its exit code and its log."""

    def __init__(self, done):
        self.code = done.returncode
        self.output, errors = (re.sub(r"\x1b\[[0-9;]*[mK]", "", text) for text in (done.stdout, done.stderr))
        self.log = self.output + errors

    def lines(self, pattern):
        return re.findall(pattern, self.log, re.MULTILINE)


@pytest.fixture(scope="session")
def gitlab_accounts(plant):
    plant(SEED, "fleet-tools", "dock-tools")


@pytest.fixture(scope="session")
def release(bundle):
    return Release(bundle)


@pytest.fixture
def python(home, job_python):
    """The Python of the job's image, which has pip and nothing else."""
    return job_python(home.folder / "python")


class Project:
    """A project acme/tools with the include in it, and its jobs' environment."""

    def __init__(self, home, python, tool, emulator, release):
        self.home, self.tool, self.emulator, self.release = home, tool, emulator, release
        self.folder = home.folder / "project"
        (self.folder / "ci").mkdir(parents=True)
        (self.folder / "ci" / "codeartifact.yml").write_text(release.text)
        (home.folder / "bin").mkdir()
        (home.folder / "bin" / "uv").symlink_to(UV)
        (home.folder / "bin" / "node").symlink_to((TOOLS / "bin" / "node").resolve())
        self.jobs_folder = home.folder / "jobs"
        self.jobs_folder.mkdir()
        self.variables = {
            name: value for name, value in emulator.environment().items() if name != "CODEARTIFACT_CACHE_DIR"
        } | {"AWS_EC2_METADATA_DISABLED": "true", "TMPDIR": str(self.jobs_folder), "UV_NO_CONFIG": "1"}
        self.environ = {
            "HOME": home.environ["HOME"],
            "PATH": f"{home.folder / 'bin'}:{python.bin}:{tool.bin}:/usr/bin:/bin",
        }
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("remote", "add", "origin", "git@gitlab.com:acme/tools.git")

    def replace_tool(self, *folders):
        """Replace the tool on PATH by other programs."""
        self.environ["PATH"] = self.environ["PATH"].replace(f":{self.tool.bin}", "".join(f":{one}" for one in folders))

    def git(self, *arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@acme.example")
        subprocess.run(["git", "-C", self.folder, *identity, *arguments], check=True, capture_output=True)

    def write(self, pipeline):
        (self.folder / ".gitlab-ci.yml").write_text(pipeline)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")

    def call(self, *arguments, validation=False):
        """Run gitlab-ci-local; with ``validation`` against GitLab's schema, which takes as long as all the rest."""
        option = f"--json-schema-validation={str(validation).lower()}"
        done = subprocess.run(
            [TOOLS / "node" / "node_modules" / ".bin" / "gitlab-ci-local", option, *arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        run = Run(done)
        for secret in (
            *self.emulator.issued_tokens(),
            "MARKED",
            "s3cret",
            self.variables.get("CODEARTIFACT_ID_TOKEN", "MARKED"),
        ):
            assert secret not in run.log
        return run

    def run(self, pipeline, *jobs, token=None, validation=False):
        """Run jobs of a pipeline, with an ID token as GitLab would mint it."""
        self.write(pipeline)
        self.variables["CODEARTIFACT_ID_TOKEN"] = token or self.emulator.access.issuer.mint(ISSUER, SUBJECT, AUDIENCE)
        variables = [word for name, value in self.variables.items() for word in ("--variable", f"{name}={value}")]
        return self.call("--force-shell-executor", *variables, *jobs, validation=validation)


@pytest.fixture
def project(home, python, tool, gitlab_accounts, emulator, release):
    """Without any AWS credentials, before an emulator that enforces IAM."""
    emulator.access.is_enforced = True
    return Project(home, python, tool, emulator, release)


@pytest.fixture
def shell(nobody, tool, gitlab_accounts, emulator, programs, release):
    emulator.access.is_enforced = True
    return Shell(nobody, tool, emulator, programs, release)
