"""GitLab's pipelines, run by `gitlab-ci-local` on this machine, and the include's script by itself."""

import json
import os
import shutil

import pytest
import yaml

from support.bundle import load
from support.gitlab_job import AUDIENCE, INDEX, ISSUER, ROLE, SUBJECT

ASK = "GetAuthorizationToken"
# By which gitlab-ci-local copies a project for a job.
needs_rsync = pytest.mark.skipif(
    not shutil.which("rsync") and os.environ.get("REQUIRE_TOOLS") != "1",
    reason="needs rsync; with REQUIRE_TOOLS=1 its lack is a failure",
)


def include(project, *jobs, **inputs):
    """Return a pipeline with the include, given the role and the index unless ``inputs`` say otherwise, and with jobs."""
    given = {"index-url": INDEX, "role-to-assume": ROLE, "bundle-url": project.release.path.as_uri()}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    lines = "".join(f"      {name}: {json.dumps(value)}\n" for name, value in given.items())
    return f"include:\n  - local: ci/codeartifact.yml\n    inputs:\n{lines}" + "".join(jobs)


def job(name, *script, more="", extends=".codeartifact"):
    lines = "".join(f"    - {json.dumps(line)}\n" for line in script)
    return f"{name}:\n  extends: {extends}\n{more}  script:\n{lines}"


class Release:
    """A release's bundle, and the include that `make include` writes for it."""

    def __init__(self, bundle):
        self.path = bundle
        self.version = load("include").version()
        self.text = load("include").include(bundle.read_bytes(), self.version)
        _, jobs = yaml.safe_load_all(self.text)
        [self.before_script] = jobs[".$[[ inputs.job-prefix ]]"]["before_script"]
        [self.publish_script] = jobs["$[[ inputs.job-prefix ]]-publish"]["script"]


class Shell:
    """The include's own lines, as a runner's shell has them, with the tool on PATH."""

    def __init__(self, home, tool, emulator, programs, release):
        self.home = home
        self.script = release.before_script
        self.temporary = home.folder / "a place"
        self.temporary.mkdir()
        self.folder = self.temporary / "keyrings-codeartifact-7"
        del home.environ["CODEARTIFACT_CACHE_DIR"]
        home.environ |= {
            "CI_JOB_ID": "7",
            "CODEARTIFACT_ID_TOKEN": emulator.access.issuer.mint(ISSUER, SUBJECT, AUDIENCE),
            "CODEARTIFACT_INPUT_CHECK": " true",
            "CODEARTIFACT_INPUT_INDEX_URL": INDEX,
            "CODEARTIFACT_INPUT_ROLE_TO_ASSUME": ROLE,
            "PATH": f"{tool.bin}:{programs}",
            "TMPDIR": str(self.temporary),
        }

    def run(self, *shell, script='echo "KEYRING $(command -v keyring)"', times=1, **environ):
        done = self.home.run(*(shell or ("sh", "-e")), "-c", f"{self.script * times}{script}", **environ)
        assert self.home.environ["CODEARTIFACT_ID_TOKEN"] not in done.stdout + done.stderr
        return done
