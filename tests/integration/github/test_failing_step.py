"""Why the action's step fails, and what a failed one leaves: the job as it was."""

import json
import re

import pytest

from keyrings.codeartifact.emulator.faults import aws_error
from support.commands import CODE, page
from support.github_job import ASK, INDEX, ROLE, SUBJECT, URL

KEYS = {"AWS_ACCESS_KEY_ID": "AKIACHAIN00000000001", "AWS_SECRET_ACCESS_KEY": "chain-s3cret"}
FORK = {"pull_request": {"head": {"repo": {"full_name": "fork/tools"}}, "base": {"repo": {"full_name": "acme/tools"}}}}

DELETED = {"pull_request": {"head": {"repo": None}, "base": {"repo": {"full_name": "acme/tools"}}}}
SHADOWED = (
    '[codeartifact domain="" account="" region="" name=""]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n'
    '[codeartifact name="release"]\naws_access_key_id = AKIAX\naws_secret_access_key = x\n'
)
NO_ROLE = {"role_to_assume": "", "audience": ""}
PULL = {"GITHUB_EVENT_NAME": "pull_request"}


@pytest.mark.parametrize(
    ("event", "environ", "inputs", "said"),
    [
        pytest.param(FORK, PULL, {}, "this is a", id="the default chain"),
        pytest.param(DELETED, PULL, {}, "this is a", id="a fork that was deleted"),
        pytest.param(None, PULL, {}, "this may be a", id="no event"),
        pytest.param(FORK, {"GITHUB_EVENT_NAME": "pull_request_review"}, {}, "this is a", id="a review"),
        pytest.param(FORK, {"GITHUB_EVENT_NAME": "pull_request_review_comment"}, {}, "this is a", id="a comment"),
        pytest.param(FORK, PULL, {"keyringrc": "[codeartifact]\nprofile_name = runner"}, "this is a", id="a profile"),
        pytest.param(FORK, PULL, {"index_url": "", "keyringrc": "[codeartifact domain=x]\ncache = off"}, "this is a", id="a file alone"),
        pytest.param(FORK, PULL, {"role_to_assume": ROLE, "audience": "sts.amazonaws.com", "keyringrc": "[codeartifact domain=other]\nprofile_name = runner"}, "this is a", id="another section's profile"),
        pytest.param(FORK, PULL, {"role_to_assume": ROLE, "audience": ""}, "this is a", id="a role from the default chain"),
        pytest.param(FORK, PULL, {"index_url": "", "keyringrc": "[codeartifact]\ncache_dir = later"}, "this is a", id="an option that can be used later"),
        pytest.param(FORK, PULL, {"keyringrc": SHADOWED}, "this is a", id="sections before others"),
        pytest.param(FORK, PULL, {"keyringrc": f"[codeartifact]\nrole_arn = {ROLE}\nweb_identity_token_file = /etc/hostname"}, "this is a", id="a pod's own token"),
        pytest.param(FORK, PULL | {"CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIACHAIN00000000001", "CODEARTIFACT_AWS_SECRET_ACCESS_KEY": "x"}, {}, "this is a", id="keys of the runner's"),
    ],
)  # fmt: skip
def test_a_fork_does_not_get_what_the_runner_may(job, event, environ, inputs, said, emulator):
    """Nor later in the job, of which nothing is set up."""
    if event:
        (job.home.folder / "event.json").write_text(json.dumps(event))
    (job.home.folder / "home" / ".aws").mkdir()
    keys = "".join(f"{name.lower()} = {value}\n" for name, value in KEYS.items())
    (job.home.folder / "home" / ".aws" / "credentials").write_text(f"[runner]\n{keys}")
    job.environ |= {"GITHUB_EVENT_PATH": str(job.home.folder / "event.json"), **KEYS, **environ}
    step = job.use(check="false", **(NO_ROLE | inputs))
    assert step.code == 1
    [error] = step.errors
    assert re.match(
        rf"{said}.* pull request from a fork, which must not use the runner's own AWS identity, .*; set role-.* \[CA705\]$",
        error,
    )
    assert (step.env, step.output, step.path) == ({}, {}, [])
    assert emulator.journal.entries() == []


@pytest.mark.parametrize("event", ["pull_request_target", "push"])
def test_who_is_no_fork_may(job, event):
    """Nor is the base's own code a stranger's."""
    (job.home.folder / "event.json").write_text(json.dumps(FORK))
    job.environ |= {"GITHUB_EVENT_PATH": str(job.home.folder / "event.json"), "GITHUB_EVENT_NAME": event, **KEYS}
    assert job.use(check="false", **NO_ROLE).code == 0


@pytest.mark.parametrize(
    ("inputs", "environ", "error", "code"),
    [
        pytest.param(
            {},
            {"ACTIONS_ID_TOKEN_REQUEST_URL": ""},
            "GitHub gives this job no OIDC token: ACTIONS_ID_TOKEN_REQUEST_URL is not set; give the job `permissions: id-token: write`",
            1,
            id="no permission",
        ),
        pytest.param(
            {},
            {"ACTIONS_ID_TOKEN_REQUEST_URL": "", "GITHUB_EVENT_NAME": "pull_request"},
            "GitHub gives jobs for pull requests from forks no OIDC token; run the job without private packages",
            1,
            id="a fork's pull request",
        ),
        pytest.param({"audience": "api://x"}, {}, "AWS rejected GitHub's OIDC token .*audience|the OIDC token .*aud 'api://x'", 1, id="wrong audience"),
        pytest.param({"role_to_assume": f"{ROLE}s"}, {}, f"role/cis.*sub '{SUBJECT}'|{SUBJECT}", 1, id="no such role"),
        pytest.param({"role_to_assume": f"{ROLE[:-2]}powerless"}, {}, "codeartifact:GetAuthorizationToken", 1, id="no right"),
        pytest.param({"audience": "", "role_to_assume": ""}, {}, "no AWS credentials found .* or set role-to-assume", 1, id="no identity"),
        pytest.param({"role_to_assume": ""}, {"GITHUB_EVENT_NAME": "pull_request", **KEYS}, "this is a pull request from a fork, which must not use the runner's own", 1, id="a fork's, and the runner's identity"),
        pytest.param({"index_url": "", "publish": "true"}, {}, "no repository is named; set the input index-url, or its parts, or keyringrc; or index-mode to credentials, with a role", 2, id="nothing"),
        pytest.param({"index_url": "", "keyringrc": "[codeartifact domain=x]", "publish": "true"}, {}, "the input publish is true, and no repository is named; set index-url", 2, id="nowhere to publish"),
        pytest.param({"role_to_assume": "$(id)"}, {}, r"the input role-to-assume cannot be '\$\(id\)'", 2, id="hostile role"),
        pytest.param({"index_url": "https://x/\n::set-output name=token::x"}, {}, "the input index-url is not a CodeArtifact index URL", 2, id="hostile URL"),
        pytest.param({"check": "::error::x"}, {}, "the input check cannot be '::error::x'; expected: true or false", 2, id="hostile switch"),
        pytest.param({"index_name": 'a"\nPATH=/x'}, {}, "the input index-name cannot be", 2, id="hostile name"),
        pytest.param({"keyringrc": "[codeartifact]\n::set-output"}, {}, "the input keyringrc cannot be parsed: line 2", 2, id="hostile file"),
        pytest.param({"index_url": "", "keyringrc": "[codeartifact domain=x]", "output_token": "true"}, {}, "the input output-token is true, and no repository is named; set index-url", 2, id="no token"),
        pytest.param({}, {"CODEARTIFACT_DEADLINE": "x", "ACTIONS_ID_TOKEN_REQUEST_URL": ""}, "CODEARTIFACT_DEADLINE cannot be 'x'", 2, id="the job's own mistake"),
    ],
)  # fmt: skip
def test_why_a_step_fails(job, inputs, environ, error, code):
    event = job.home.folder / "event.json"
    event.write_text(json.dumps(FORK))
    job.environ |= {"GITHUB_EVENT_PATH": str(event), **environ}
    step = job.use(**inputs)
    assert step.code == code
    [said] = step.errors
    assert re.search(error, said), said
    its_code = re.search(rf" {CODE}$", said)[1]
    assert (step.env, step.output, step.path) == ({}, {}, [])
    # There, remedies stand on lines of their own, behind the code.
    summary = " ".join(re.sub(rf" {CODE}\s+→|;", " ", step.summary).split())
    assert re.search(error.replace(";", ""), summary), step.summary
    assert step.summary.endswith(f"\n\n[{its_code}]({page(its_code)})\n")
    # Of a line that the runner would take for a command there is none but the annotation.
    assert len(re.findall(r"^\s*::|##\[", step.log, re.MULTILINE)) == 1


def test_what_would_help_is_in_the_summary(job):
    summary = job.use(role_to_assume=f"{ROLE[:-2]}powerless").summary
    document = summary[summary.index("{") : summary.rindex("}") + 1]
    assert json.loads(document)["Statement"][0]["Action"] == "codeartifact:GetAuthorizationToken"
    assert "### keyrings.codeartifact: no token for this job" in summary


def test_a_failure_leaves_the_job_as_it_was(job, emulator):
    job.use(output_token="true")
    before = dict(job.environ)
    config = (job.folder / "keyringrc.cfg").read_text()
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    assert job.use(index_url=f"{URL}/staging/", token_duration_seconds="900").code == 1
    assert job.environ == before
    assert (job.folder / "keyringrc.cfg").read_text() == config
    assert job.use(index_url=f"{URL}/staging/", role_to_assume=f"{ROLE[:-2]}powerless").code == 1
    assert job.use(role_to_assume="ci").code == 2
    assert job.run("keyring", "get", INDEX, "aws").returncode == 0
    assert len(emulator.journal.entries(ASK)) == 3


def test_what_cannot_be_used_ends_here_also_without_a_check(job):
    job.environ["CODEARTIFACT_DEADLINE"] = "x"
    step = job.use(check="false")
    assert (step.code, step.env) == (2, {})


def test_a_file_that_cannot_be_written(job):
    (job.folder / "exported.json").mkdir()
    (job.folder / "exported.json" / "x").touch()
    step = job.use()
    assert step.code == 2
    assert "exported.json cannot be written (Is a directory); check the free space" in step.errors[0]


@pytest.mark.parametrize("which", ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_ENV"])
def test_a_file_of_the_runner_s_that_cannot_be_written(job, which):
    """The later steps go by no configuration that is not there."""
    step = job.use(unwritable=which)
    assert step.code == 2
    assert (
        f"{which} names {job.home.folder}, which cannot be written (Is a directory); make it writable" in step.errors[0]
    )
    assert step.env == {}
    assert not (job.folder / "keyringrc.cfg").exists()
