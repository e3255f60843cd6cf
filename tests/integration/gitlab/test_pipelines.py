"""The include as a project has it: real pipelines, run by `gitlab-ci-local` on this machine, before the emulator."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.fleet import READ, keep
from support.gitlab_job import ACCOUNT, INDEX, ISSUER, OTHER, OTHER_ROLE, ROLE, SUBJECT
from support.gitlab_pipeline import ASK, include, job, needs_rsync
from support.pages import GITLAB
from support.project import ROOT

pytestmark = needs_rsync


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
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def metadata_server():
    server = MetadataServer()
    yield server
    server.server.shutdown()
    server.server.server_close()


def test_eight_lines_are_enough(project, emulator, search):
    """As the page has them, except for where the file is."""
    pipeline = GITLAB.block("quick start")
    assert len(pipeline.splitlines()) == 8
    run = project.run(re.sub("remote: .*", "local: ci/codeartifact.yml", pipeline), "test", validation=True)
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
        "this job was not set up; if it has its own before_script, make its first line "
        "- !reference [.codeartifact, before_script]; set TMPDIR under variables: only"
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
def test_the_ready_jobs(project, emulator, environment, uploader):
    """On an image with uv and twine, each without the tool."""
    (project.folder / "dist").mkdir()
    wheels.build(project.folder / "dist", f"fleet-{uploader}")
    project.replace_tool(environment("twine>=7").bin)
    # The check is the same before both.
    is_checked = uploader == "twine"
    run = project.run(
        include(project, publish=uploader, publish_if="$CI_COMMIT_BRANCH", install_check=is_checked, job_prefix="aws")
    )
    assert run.code == 0, run.log
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200]
    assert f"accepts the token: {INDEX}" in run.log
    passed = {line.strip() for line in run.lines("PASS .*$")}
    assert {"PASS  aws-publish", *(["PASS  aws-install-check"] if is_checked else [])} <= passed


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
    assert f"accepts the token: {INDEX}" in run.log


def test_another_audience(project, emulator):
    token = emulator.access.issuer.mint(ISSUER, SUBJECT, "https://gitlab.com")
    project.write(include(project, job("test", "true"), audience="https://gitlab.com"))
    assert "aud: https://gitlab.com" in project.call("--preview").log
    run = project.run(include(project, job("test", "true"), audience="https://gitlab.com"), "test", token=token)
    assert run.code == 0, run.log


def test_a_runner_in_google_s_cloud(project, metadata_server):
    """The identity is GitLab's, whatever the machine's might be."""
    project.variables["GCE_METADATA_HOST"] = project.variables["GCE_METADATA_IP"] = metadata_server.address
    run = project.run(include(project, job("test", "pip install --quiet fleet-tools")), "test")
    assert run.code == 0, run.log
    assert metadata_server.asked == []


def test_as_a_component(project):
    """Of a project that has the same file below templates/."""
    (project.folder / "templates").mkdir()
    (project.folder / "templates" / "codeartifact.yml").write_text(project.release.text)
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


def test_a_shared_token(project, emulator):
    """The role reads a secret, which a variable of the job names, and has no other permission."""
    secret = keep(ACCOUNT, "fleet", "gitlab")
    role = f"arn:aws:iam::{ACCOUNT}:role/secret-reader"
    run = project.run(
        include(
            project,
            job("test", "true", more=f"  variables:\n    SECRET: {secret}\n"),
            auth_token_secret="$SECRET",
            role_to_assume=role,
        ),
        "test",
    )
    assert run.code == 0, run.log
    assert [entry.params["SecretId"] for entry in emulator.journal.entries(READ)] == [secret]
    assert emulator.journal.entries(ASK) == []
