"""The include as a project has it: real pipelines, run by `gitlab-ci-local` on this machine, before the emulator."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml
from conftest import UV, make_environment
from gitlab_job import AUDIENCE, INDEX, ISSUER, OTHER, OTHER_ROLE, ROLE, SEED, SUBJECT
from readmes import GITLAB, ROOT

from keyrings.codeartifact.emulator.index import wheels

# By which gitlab-ci-local copies a project for a job.
NEEDS = "needs rsync; with REQUIRE_TOOLS=1 its lack is a failure"
pytestmark = pytest.mark.skipif(not shutil.which("rsync") and os.environ.get("REQUIRE_TOOLS") != "1", reason=NEEDS)
ASK = "GetAuthorizationToken"
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


@pytest.fixture
def python(home):
    """The Python of the job's image, which has pip and nothing else."""
    return make_environment(home.folder / "python", "pip>=26.2")


class MetadataServer:
    """Stands in for that of Google's cloud."""

    def __init__(self):
        self.asked = asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_error(404)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def metadata_server():
    server = MetadataServer()
    yield server
    server.server.shutdown()
    server.server.server_close()


class Project:
    """A project acme/tools with the include in it, and its jobs' environment."""

    def __init__(self, home, python, emulator, package_index):
        self.home, self.emulator = home, emulator
        self.folder = home.folder / "project"
        (self.folder / "ci").mkdir(parents=True)
        shutil.copy(ROOT / "gitlab-ci" / "codeartifact.yml", self.folder / "ci")
        (home.folder / "bin").mkdir()
        (home.folder / "bin" / "uv").symlink_to(UV)
        self.jobs_folder = home.folder / "jobs"
        self.jobs_folder.mkdir()
        self.package_index = package_index
        self.variables = {
            name: value for name, value in emulator.environment().items() if name != "CODEARTIFACT_CACHE_DIR"
        } | {"AWS_EC2_METADATA_DISABLED": "true", "TMPDIR": str(self.jobs_folder), "UV_NO_CONFIG": "1"}
        self.environ = {
            "HOME": home.environ["HOME"],
            "PATH": f"{home.folder / 'bin'}:{python.bin}:{TOOLS / 'bin'}:/usr/bin:/bin",
        }
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("remote", "add", "origin", "git@gitlab.com:acme/tools.git")

    def bare(self):
        """Leave of all tools the Node that runs the pipeline."""
        shutil.rmtree(self.home.folder / "bin")
        (self.home.folder / "bin").mkdir()
        (self.home.folder / "bin" / "node").symlink_to((TOOLS / "bin" / "node").resolve())
        self.environ["PATH"] = self.environ["PATH"].replace(f":{TOOLS / 'bin'}", "")

    def git(self, *arguments):
        identity = ("-c", "user.name=a", "-c", "user.email=a@acme.example")
        subprocess.run(["git", "-C", self.folder, *identity, *arguments], check=True, capture_output=True)

    def write(self, pipeline):
        (self.folder / ".gitlab-ci.yml").write_text(pipeline)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")

    def call(self, *arguments):
        done = subprocess.run(
            [TOOLS / "gitlab" / "node_modules" / ".bin" / "gitlab-ci-local", *arguments],
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

    def run(self, pipeline, *jobs, token=None):
        """Run jobs of a pipeline, with an ID token as GitLab would mint it."""
        self.write(pipeline)
        self.variables["CODEARTIFACT_ID_TOKEN"] = token or self.emulator.access.issuer.mint(ISSUER, SUBJECT, AUDIENCE)
        variables = [word for name, value in self.variables.items() for word in ("--variable", f"{name}={value}")]
        return self.call("--force-shell-executor", *variables, *jobs)


@pytest.fixture
def project(home, python, gitlab_accounts, emulator, package_index):
    """Without any AWS credentials, before an emulator that enforces IAM."""
    emulator.access.is_enforced = True
    return Project(home, python, emulator, package_index)


def include(project, *jobs, **inputs):
    """Return a pipeline with the include, given the role and the index unless ``inputs`` say otherwise, and with jobs."""
    given = {"index-url": INDEX, "role-to-assume": ROLE, "package-index-url": project.package_index}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    lines = "".join(f"      {name}: {json.dumps(value)}\n" for name, value in given.items())
    return f"include:\n  - local: ci/codeartifact.yml\n    inputs:\n{lines}" + "".join(jobs)


def job(name, *script, more="", extends=".codeartifact"):
    lines = "".join(f"    - {json.dumps(line)}\n" for line in script)
    return f"{name}:\n  extends: {extends}\n{more}  script:\n{lines}"


def test_eight_lines_are_enough(project, emulator, search):
    """As the README has them, but for where the file is, and for PyPI, which is behind the emulator's proxy."""
    pipeline = GITLAB.block("quick start")
    assert len(pipeline.splitlines()) == 8
    pipeline = re.sub(
        r"remote: .*\n    inputs:\n", rf"\g<0>      package-index-url: {project.package_index}\n", pipeline
    )
    run = project.run(re.sub("remote: .*", "local: ci/codeartifact.yml", pipeline), "test")
    assert run.code == 0, run.log
    [entry] = emulator.journal.entries(ASK)
    assert entry.principal == "arn:aws:sts::111122223333:assumed-role/gitlab/acme-tools-1000"
    # What the job has written is gone with it.
    assert list(project.jobs_folder.iterdir()) == []
    search(project.home.folder)


def test_beside_a_before_script_of_the_job_s_own(project, emulator):
    run = project.run(
        include(
            project,
            job(
                "test",
                'uv pip install --quiet --python "$(command -v python)" fleet-tools',
                "python -c 'import fleet_tools'",
                'echo "OWN $OWN $(command -v keyring)"',
                more="  before_script:\n    - !reference [.codeartifact, before_script]\n    - export OWN=here\n",
            ),
        ),
        "test",
    )
    assert run.code == 0, run.log
    [found] = run.lines("test > OWN here (.*)$")
    assert re.fullmatch(rf"{project.jobs_folder}/keyrings-codeartifact-\d+/commands/keyring", found)
    assert len(emulator.journal.entries(ASK)) == 1


def test_a_before_script_in_the_place_of_the_include_s(project):
    """Is told, for else pip would ask the public index."""
    own = "  before_script: echo OWN\n"
    run = project.run(include(project, job("test", "true", more=own)), "test")
    assert run.code == 0, run.log
    assert run.lines("keyrings-codeartifact: warning: (.*)$") == [
        "nothing was set up in this job; in a before_script of its own, let the first line be "
        "- !reference [.codeartifact, before_script], and set TMPDIR, if at all, under variables:"
    ]


def test_a_job_s_own_inputs(project):
    """One that was set for all may be none for this one."""
    own = (
        '  variables:\n    CODEARTIFACT_INPUT_INDEX_URL: ""\n    CODEARTIFACT_INPUT_DOMAIN: fleet\n'
        '    CODEARTIFACT_INPUT_DOMAIN_OWNER: "888899990000"\n    CODEARTIFACT_INPUT_REPOSITORY: release\n'
        "    CODEARTIFACT_INPUT_AWS_REGION: us-east-1\n"
    )
    run = project.run(include(project, job("test", 'echo "INDEX $PIP_INDEX_URL"', more=own)), "test")
    assert run.code == 0, run.log
    assert run.lines("test > INDEX (.*)$") == [INDEX.replace("//", "//aws@")]


@pytest.mark.parametrize("uploader", ["twine", "uv"])
def test_the_ready_jobs(project, emulator, uploader):
    (project.folder / "dist").mkdir()
    wheels.build(project.folder / "dist", f"fleet-{uploader}")
    # On an image that has nothing but Python: the jobs install what they need.
    project.bare()
    run = project.run(
        include(project, publish=uploader, publish_if="$CI_COMMIT_BRANCH", install_check=True, job_prefix="aws")
    )
    assert run.code == 0, run.log
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200]
    assert f"takes the token: {INDEX}" in run.log
    assert {"PASS  aws-install-check", "PASS  aws-publish"} <= {line.strip() for line in run.lines("PASS .*$")}


@pytest.mark.parametrize("inputs", [{}, {"publish": "uv"}], ids=["off", "no tag"])
def test_the_ready_jobs_are_switched_off(project, inputs):
    """Nor do they need a stage that the project might not have."""
    project.write(include(project, "stages: [build]\n", job("test", "true", more="  stage: build\n"), **inputs))
    assert [line.split(";")[0] for line in project.call("--list-csv").output.splitlines()] == ["name", "test"]


def test_several_repositories(project, emulator):
    own = f'[codeartifact account="888800001111"]\nrole_arn = {OTHER_ROLE} ; $HOME\n'
    install = (
        "pip install --quiet fleet-tools",
        f"pip install --quiet --index-url {OTHER.replace('//', '//aws@')} dock-tools",
    )
    run = project.run(include(project, job("test", *install), keyringrc=own), "test")
    assert run.code == 0, run.log
    assert {entry.principal.split(":")[4] for entry in emulator.journal.entries(ASK)} == {
        "888899990000",
        "888800001111",
    }


def test_by_its_parts(project):
    parts = {"domain": "fleet", "domain_owner": "888899990000", "repository": "release", "aws_region": "us-east-1"}
    run = project.run(include(project, job("test", 'echo "INDEX $PIP_INDEX_URL"'), index_url="", **parts), "test")
    assert run.code == 0, run.log
    assert run.lines("test > INDEX (.*)$") == [INDEX.replace("//", "//aws@")]


def test_inputs_may_be_variables(project):
    project.variables |= {"INDEX": INDEX, "ROLE": ROLE}
    run = project.run(include(project, job("test", "true"), index_url="$INDEX", role_to_assume="$ROLE"), "test")
    assert run.code == 0, run.log
    assert f"takes the token: {INDEX}" in run.log


def test_another_audience(project, emulator):
    token = emulator.access.issuer.mint(ISSUER, SUBJECT, "https://gitlab.com")
    project.write(include(project, job("test", "true"), audience="https://gitlab.com"))
    assert "aud: https://gitlab.com" in project.call("--preview").log
    run = project.run(include(project, job("test", "true"), audience="https://gitlab.com"), "test", token=token)
    assert run.code == 0, run.log


BROKEN = [
    pytest.param({}, {"aud": "api://other"}, "AWS does not believe the OIDC token in CODEARTIFACT_ID_TOKEN .* aud 'api://other'", id="wrong audience"),
    pytest.param({}, {"sub": "project_path:fork/tools"}, "AWS refused the OIDC token .* sub 'project_path:fork/tools'", id="not trusted"),
    pytest.param({"role_to_assume": f"{ROLE}s"}, {}, f"AWS refused .* the role {ROLE}s", id="no such role"),
    pytest.param({"role_to_assume": "$NOWHERE"}, {}, r"the input role-to-assume is '\$NOWHERE', which is not set for this job", id="a variable that is not set"),
    pytest.param({"index_url": "$NOWHERE"}, {}, r"the input index-url is '\$NOWHERE', which is not set for this job", id="an index that is not set"),
    pytest.param({"aws_region": "$NOWHERE", "index_url": ""}, {}, r"the input aws-region is '\$NOWHERE', which is not set", id="a region that is not set"),
    pytest.param({"package_index_url": "$NOWHERE"}, {}, r"the input package-index-url is '\$NOWHERE', which is not set", id="a package index that is not set"),
    pytest.param({"token_duration_seconds": "$NOWHERE"}, {}, r"the input token-duration-seconds is '\$NOWHERE', which is not set", id="a duration that is not set"),
    pytest.param({"index_url": ""}, {}, "no repository is named; set the input index-url", id="no index"),
    pytest.param({"token_duration_seconds": "60"}, {}, "the input token-duration-seconds cannot be '60'; accepted: 900 to", id="duration"),
    pytest.param({"keyringrc": "[codeartifact"}, {}, "the input keyringrc cannot be parsed: line 1", id="keyringrc"),
    pytest.param({"index_url": "https://x.example/"}, {}, "the input index-url is not that of a CodeArtifact", id="another's URL"),
    pytest.param({"index_url": "", "domain": "fleet"}, {}, "the input domain-owner and the input repository and", id="half"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "claims", "error"), BROKEN)
def test_a_job_that_gets_no_token_ends_with_the_reason(project, emulator, inputs, claims, error):
    claims = {"sub": SUBJECT, "aud": AUDIENCE} | claims
    token = emulator.access.issuer.mint(ISSUER, claims["sub"], claims["aud"])
    run = project.run(include(project, job("test", "echo REACHED"), **inputs), "test", token=token)
    assert run.code == 1
    # In the log, and once more behind it.
    said, *again = run.lines("keyrings-codeartifact: error: (.*)$")
    assert set(again) <= {said}
    assert re.search(error, said), said
    assert "REACHED" not in "".join(run.lines("test > .*$"))
    assert list(project.jobs_folder.iterdir()) == []


@pytest.mark.parametrize(
    "inputs",
    [
        {"index_url": "http://x/"},
        {"domain_owner": "1"},
        {"role_to_assume": "ci"},
        {"audience": ""},
        {"token_duration_seconds": "an hour"},
        {"publish": "pip"},
        {"install_check": "yes"},
        {"job_prefix": "a b"},
        {"package_index_url": "--find-links=x"},
    ],
    ids=lambda inputs: next(iter(inputs)),
)
def test_an_input_that_gitlab_rejects(project, inputs):
    project.write(include(project, job("test", "true"), **inputs))
    run = project.call("--preview")
    assert run.code == 1
    assert next(iter(inputs)).replace("_", "-") in run.log


def test_a_runner_in_google_s_cloud(project, metadata_server):
    """The identity is GitLab's, whatever the machine's might be."""
    project.variables["GCE_METADATA_HOST"] = project.variables["GCE_METADATA_IP"] = metadata_server.address
    run = project.run(include(project, job("test", "pip install --quiet fleet-tools")), "test")
    assert run.code == 0, run.log
    assert metadata_server.asked == []


def test_as_a_component(project):
    """Of a project that has the same file below templates/."""
    (project.folder / "templates").mkdir()
    shutil.copy(ROOT / "gitlab-ci" / "codeartifact.yml", project.folder / "templates")
    pipeline = include(project, job("test", "true"), install_check=True)
    project.write(pipeline)
    expected = project.call("--preview")
    assert expected.code == 0
    component = "component: $CI_SERVER_FQDN/$CI_PROJECT_PATH/codeartifact@$CI_COMMIT_SHA"
    project.write(pipeline.replace("local: ci/codeartifact.yml", component))
    rendered = project.call("--preview")
    assert rendered.code == 0, rendered.log
    assert rendered.output == expected.output


def test_it_sets_nothing_for_jobs_that_do_not_extend_it(project):
    project.write(include(project, "other:\n  script: 'true'\n"))
    preview = project.call("--preview").log
    assert "other:\n  script:\n    - 'true'\n" in preview
    document = (ROOT / "gitlab-ci" / "codeartifact.yml").read_text().split("\n---\n")[1]
    assert all(
        re.match(r'"\.?\$\[\[ inputs.job-prefix ]]', line) for line in document.splitlines() if line and line[0] != " "
    )


class Shell:
    """The include's own lines, as a runner's shell has them, with the tool on PATH."""

    def __init__(self, home, tool, emulator):
        self.home = home
        [self.script] = yaml.safe_load((ROOT / "gitlab-ci" / "codeartifact.yml").read_text().split("\n---\n")[1])[
            ".$[[ inputs.job-prefix ]]"
        ]["before_script"]
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
            "PATH": f"{tool.bin}:/usr/bin:/bin",
            "TMPDIR": str(self.temporary),
        }

    def run(self, *shell, script='echo "KEYRING $(command -v keyring)"', times=1, **environ):
        done = self.home.run(*(shell or ("sh", "-e")), "-c", f"{self.script * times}{script}", **environ)
        assert self.home.environ["CODEARTIFACT_ID_TOKEN"] not in done.stdout + done.stderr
        return done


@pytest.fixture
def shell(nobody, tool, gitlab_accounts, emulator):
    emulator.access.is_enforced = True
    return Shell(nobody, tool, emulator)


class Bare(Shell):
    """The same, with nothing on PATH but what every system has, and a Python."""

    def __init__(self, home, tool, emulator):
        super().__init__(home, tool, emulator)
        self.tool = tool
        self.bin = home.folder / "bare"
        self.bin.mkdir()
        for name in ("sh", "mkdir", "chmod", "rm", "cat"):
            (self.bin / name).symlink_to(shutil.which(name))
        (self.bin / "python3").symlink_to(sys.executable)
        home.environ["PATH"] = str(self.bin)

    def fail(self, **environ):
        """Run it where it has to fail; return the last line, behind which nothing is left of an index."""
        done = self.run(**environ)
        assert (done.returncode, done.stdout) == (1, "")
        assert not (self.folder / "pip.conf").exists()
        *others, last = done.stderr.splitlines()
        assert "MARK" not in done.stderr
        assert not [line for line in others if line.startswith("keyrings-codeartifact")]
        return last.removeprefix("keyrings-codeartifact: error: ")


@pytest.fixture
def bare(nobody, tool, gitlab_accounts, emulator, package_index):
    bare = Bare(nobody, tool, emulator)
    bare.index = package_index
    return bare


WRONG_URL = "the input package-index-url cannot be used; in its password signs such as / and @ are quoted (%2F, %40)"


@pytest.mark.parametrize(
    ("environ", "error"),
    [
        pytest.param({"TMPDIR": "/nowhere/at/all"}, "/nowhere/at/all is no folder; make it before, or set TMPDIR to another", id="no TMPDIR"),
        pytest.param({"TMPDIR": "/proc"}, "/proc/keyrings-codeartifact-7 cannot be made; set TMPDIR to a folder that this user may write to", id="no room"),
        pytest.param({"CI_JOB_ID": ""}, "CI_JOB_ID is not set; run this as a job of GitLab CI", id="no job"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": "none"}, "the input publish is 'none'; accepted: twine or uv", id="nothing to publish with"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": " twine"}, "the input publish is ' twine'; accepted: twine or uv", id="a blank"),
        pytest.param({"CODEARTIFACT_INPUT_UPLOADER": "twine --index-url x"}, "the input publish is 'twine --index-url x'; accepted: twine or uv", id="more than a name"),
        pytest.param({"CODEARTIFACT_INPUT_WRITTEN": "package-index-url $NOWHERE\n"}, "the input package-index-url is a variable that is not set for this job; set it", id="a variable that is not set"),
        *(
            pytest.param({"CODEARTIFACT_INPUT_PACKAGE_INDEX_URL": url}, WRONG_URL, id=url)
            for url in ("https://u:MARK/ED@x/", "https://u:MARK#ED@x/", "https://u:MARK[ED@x/", "x", "https://x\nMARKED")
        ),
        pytest.param({"CODEARTIFACT_INPUT_PACKAGE_INDEX_URL": "file:///nowhere"}, "cannot install what the tool needs; see the input package-index-url", id="an index that is not there"),
    ],
)  # fmt: skip
def test_why_nothing_is_installed(bare, environ, error):
    assert bare.fail(**environ) == error


def test_a_python_that_will_not_do(bare):
    (bare.bin / "python3").unlink()
    assert bare.fail() == "there is no python3; set the input image to one with Python 3.10 or newer"
    old = bare.home.folder / "old.py"
    old.write_text("import sys\nsys.version_info = (3, 9)\nexec(sys.stdin.read())\n")
    (bare.bin / "python3").write_text(f'#!/bin/sh\nshift 2\nexec {sys.executable} {old} "$@"\n')
    (bare.bin / "python3").chmod(0o755)
    assert bare.fail() == "python3 is 3.9; set the input image to one with Python 3.10 or newer"


def test_what_is_installed_sees_no_secret(bare):
    """Nor does the Python that makes the environment: here it tells what it sees."""
    python = bare.bin / "python3"
    python.unlink()
    python.write_text(
        '#!/bin/sh\ncase "$*" in *venv*) export -p; exit 1 ;; esac\nshift 2\n'
        f'exec {sys.executable} -c \'import sys; sys.executable = "{python}"; exec(sys.stdin.read())\' "$@"\n'
    )
    python.chmod(0o755)
    said = bare.run(AWS_ACCESS_KEY_ID="x", CI_JOB_TOKEN="x", TWINE_PASSWORD="x", NO_PROXY="x").stderr
    assert said.endswith("error: cannot make an environment; install Python's venv module\n")
    assert {"PIP_CONFIG_FILE", "PATH", "NO_PROXY", "SSL_CERT_FILE"} <= set(re.findall(r"export (\w+)=", said))
    assert not re.search("AWS_|CODEARTIFACT_|CI_JOB_|TWINE_", said)


def test_the_image_s_tool_is_the_one_that_is_used(bare):
    """Also where twine is missing, and comes from an index that somebody else has named."""
    (bare.bin / "keyrings-codeartifact").symlink_to(bare.tool.bin / "keyrings-codeartifact")
    for name in ("env", "test"):
        (bare.bin / name).symlink_to(shutil.which(name))
    assert bare.fail(CODEARTIFACT_INPUT_UPLOADER="twine", CODEARTIFACT_INPUT_PACKAGE_INDEX_URL="file:///nowhere")
    done = bare.run(
        script='echo "TOOL $codeartifact_tool"',
        CODEARTIFACT_INPUT_UPLOADER="uv",
        CODEARTIFACT_INPUT_PACKAGE_INDEX_URL=bare.index,
    )
    assert done.stdout == f"TOOL {bare.bin}/keyrings-codeartifact\n", done.stderr


def test_a_disk_that_is_full(bare):
    bare.folder.mkdir(0o700)
    (bare.folder / "pip.conf").symlink_to("/dev/full")
    said = bare.fail(CODEARTIFACT_INPUT_PACKAGE_INDEX_URL="file:///nowhere")
    assert said == f"{bare.folder}/pip.conf cannot be written (No space left on device); make room"


def test_a_package_index_s_password(bare):
    """Is neither in the log nor left, whatever pip makes of its signs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.headers["Authorization"])
            self.send_error(401 if self.headers["Authorization"] is None else 404)

        def log_message(self, *_):
            pass

    asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://user:MARK'%45D@127.0.0.1:{server.server_port}/simple/"
        said = bare.fail(CODEARTIFACT_INPUT_PACKAGE_INDEX_URL=url)
        server.shutdown()
    assert said == "cannot install what the tool needs; see the input package-index-url"
    assert {one for one in asked if one} == {"Basic " + b64encode(b"user:MARK'ED").decode()}


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
    assert "error: this is a merge request from a fork, for which this runner's own AWS identity is not" in done.stderr
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
    assert len(emulator.journal.entries(ASK)) == times


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
        == f"keyrings-codeartifact: error: {shell.folder} is another user's; set TMPDIR to a folder of this job's own\n"
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
    assert done.stderr.count("\n") == done.stderr.count("keyrings-codeartifact: error: ") == 1
    assert not list(shell.home.folder.rglob("evil"))
