"""The action's own part, as a step runs it: what it hands on to the later steps, what it says, and what it leaves behind."""

import json
import os
import re
import shutil
import stat

import pytest
from conftest import RELEASE
from github_job import INDEX, OTHER, OTHER_ROLE, ROLE, SUBJECT, URL, runner
from readmes import GITHUB

from keyrings.codeartifact.ci import github
from keyrings.codeartifact.emulator.faults import aws_error

ASK = "GetAuthorizationToken"
# As GitHub hands them over: every input, the defaults where nothing is given.
INPUTS = dict.fromkeys(
    (
        "domain",
        "domain-owner",
        "aws-region",
        "repository",
        "role-session-name",
        "token-duration-seconds",
        "keyringrc",
        "endpoint-type",
        "index-name",
        "package-index-url",
    ),
    "",
) | {
    "index-url": INDEX,
    "role-to-assume": ROLE,
    "audience": "sts.amazonaws.com",
    "publish": "false",
    "output-token": "false",
    "check": "true",
}


class Step:
    """A step that has ended: its exit code, its log, and what it has handed on."""

    def __init__(self, done, files):
        self.code, self.log = done.returncode, done.stdout
        assert done.stderr == ""
        self.env, self.output = (
            dict(line.split("=", 1) for line in files[name].read_text().splitlines())
            for name in (github.ENV, github.OUTPUT)
        )
        self.path = files[github.PATH].read_text().splitlines()
        self.summary = files[github.SUMMARY].read_text()
        self.errors = re.findall("^::error title=keyrings.codeartifact::(.*)$", self.log, re.MULTILINE)
        self.warnings = re.findall("^::warning title=keyrings.codeartifact::(.*)$", self.log, re.MULTILINE)


class Job:
    """A job whose steps share a folder and an environment, as the runner has it."""

    def __init__(self, home, tool, emulator):
        self.home, self.tool = home, tool
        self.folder = home.folder / "temp" / "keyrings-codeartifact"
        self.commands = self.folder / "commands"
        self.folder.mkdir(parents=True)
        self.files = home.folder / "files"
        self.files.mkdir()
        self.environ = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": "acme/tools",
            "GITHUB_RUN_ID": "42",
            "PATH": "/usr/bin:/bin",
            **runner(emulator),
        }
        del home.environ["CODEARTIFACT_CACHE_DIR"]

    def use(self, *, unwritable=None, **inputs):
        """Run the action's step, and have what it hands on hold from then on; one of the files may be a folder."""
        inputs = INPUTS | {name.replace("_", "-"): value for name, value in inputs.items()}
        names = (github.ENV, github.OUTPUT, github.PATH, github.SUMMARY)
        files = {name: self.files / name for name in names}
        for path in files.values():
            path.write_text("")
        command = (self.tool.python, "-I", "-m", "keyrings.codeartifact", "job", "github", self.folder)
        handed = {name: str(self.home.folder if name == unwritable else path) for name, path in files.items()}
        step = Step(self.home.run(*command, **self.environ, **handed, INPUTS=json.dumps(inputs)), files)
        self.environ |= step.env
        self.environ["PATH"] = os.pathsep.join((*reversed(step.path), self.environ["PATH"]))
        return step

    def run(self, *command):
        """Run a later step."""
        return self.home.run(*command, **self.environ)


@pytest.fixture
def job(nobody, tool, github_accounts, emulator):
    """A job without any AWS credentials, before an emulator that enforces IAM."""
    emulator.access.is_enforced = True
    return Job(nobody, tool, emulator)


def test_what_it_hands_on(job):
    step = job.use()
    assert (step.code, step.errors, step.warnings, step.summary) == (0, [], [], "")
    assert step.env == {
        "CODEARTIFACT_CONFIG_FILE": str(job.folder / "keyringrc.cfg"),
        "CODEARTIFACT_CACHE_DIR": str(job.folder / "cache"),
        "CODEARTIFACT_INDEX_URL": INDEX,
        "PIP_KEYRING_PROVIDER": "subprocess",
        "UV_KEYRING_PROVIDER": "subprocess",
        "PIP_INDEX_URL": INDEX.replace("//", "//aws@"),
        "UV_DEFAULT_INDEX": f"codeartifact={INDEX}",
        "UV_INDEX_CODEARTIFACT_USERNAME": "aws",
        "PDM_PYPI_URL": INDEX,
    }
    assert step.output == {"index-url": INDEX, "publish-url": f"{URL}/release/"}
    assert step.path == [str(job.commands)]


def test_the_configuration_is_nobody_else_s(job):
    job.use()
    path = job.folder / "keyringrc.cfg"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().splitlines() == [
        "",
        "[codeartifact]",
        f"role_arn = {ROLE}",
        "oidc_audience = sts.amazonaws.com",
    ]


def test_nothing_secret_is_left_but_in_the_cache(job, search):
    job.use(output_token="true")
    [token] = (job.folder / "cache").glob("*/*.token")
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    shutil.rmtree(job.folder / "cache")
    (job.files / github.OUTPUT).unlink()
    search(job.home.folder)


def test_a_job_costs_one_call(job, emulator):
    assert job.use(output_token="true").code == 0
    for _ in range(2):
        assert job.run("keyring", "get", INDEX, "aws").stdout.strip() in emulator.issued_tokens()
    assert len(emulator.journal.entries(ASK)) == 1
    [entry] = emulator.journal.entries("AssumeRoleWithWebIdentity")
    assert entry.params["RoleSessionName"] == "acme-tools-42"


def test_for_publishing_too(job):
    step = job.use(publish="true")
    assert (step.env["TWINE_REPOSITORY_URL"], step.env["UV_PUBLISH_USERNAME"]) == (f"{URL}/release/", "aws")


def test_a_token_is_masked_before_it_is_an_output(job, emulator):
    step = job.use(output_token="true")
    [token] = emulator.issued_tokens()[-1:]
    assert step.output["token"] == token
    assert re.fullmatch(r"20..-..-..T..:..:..Z", step.output["expiration"])
    assert step.output["secret-arg"] == "--secret id=CODEARTIFACT_AUTH_TOKEN,env=CODEARTIFACT_AUTH_TOKEN"
    assert step.log.count(token) == 1
    assert f"::add-mask::{token}\n" in step.log


def test_the_step_shows_what_it_has_found(job):
    links = re.findall(r"^(\w+)\s+(\w+)  ", job.use().log, re.MULTILINE)
    assert links[:5] == [("ok", link) for link in ("configuration", "cache", "identity", "token", "index")]


def test_without_a_check_nobody_is_asked(job, emulator):
    assert job.use(check="false").code == 0
    assert emulator.journal.entries() == []
    assert job.run("keyring", "get", INDEX, "aws").returncode == 0


def test_by_its_parts(job):
    step = job.use(
        index_url="",
        domain="crew",
        domain_owner=INDEX[13:25],
        repository="release",
        aws_region="us-east-1",
        index_name="private",
    )
    assert step.env["UV_DEFAULT_INDEX"] == f"private={INDEX}"
    assert step.env["CODEARTIFACT_INDEX_NAME"] == "private"
    assert step.output["index-url"] == INDEX


def test_several_repositories(job, emulator):
    own = f'[codeartifact account="777700001111"]\nrole_arn = {OTHER_ROLE}\n'
    assert job.use(keyringrc=own).code == 0
    emulator.journal.clear()
    assert job.run("keyring", "get", OTHER, "aws").returncode == 0
    [entry] = emulator.journal.entries(ASK)
    assert entry.principal == "arn:aws:sts::777700001111:assumed-role/ci/acme-tools-42"


def test_a_file_alone_names_no_index(job):
    own = f'[codeartifact account="777700001111"]\nrole_arn = {OTHER_ROLE}\noidc_audience = sts.amazonaws.com\n'
    step = job.use(index_url="", role_to_assume="", keyringrc=own)
    assert step.code == 0
    assert step.warnings == [
        "no repository is named that could be looked at; set index-url, or switch the input check off"
    ]
    assert set(step.env) == {
        *("CODEARTIFACT_CONFIG_FILE", "CODEARTIFACT_CACHE_DIR", "PIP_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER")
    }
    assert step.output == {}
    assert job.run("keyring", "get", OTHER, "aws").returncode == 0


def test_a_section_that_never_matches_is_told(job):
    step = job.use(keyringrc='[codeartifact acount="777700001111"]\nprofile_name = x\n')
    assert step.code == 0
    [warning] = step.warnings
    assert warning.startswith('section [codeartifact acount="777700001111"] of the input keyringrc never matches')


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
        assert "publishing stays on, as an earlier step has switched it\n" in step.log


def test_a_repository_stays_until_another_is_named(job):
    job.use()
    step = job.use(index_url="", token_duration_seconds="900")
    assert step.output["index-url"] == step.env["PDM_PYPI_URL"] == INDEX


def test_what_the_job_has_set_itself_is_left(job):
    job.environ["PIP_INDEX_URL"] = "https://mirror.example/simple/"
    for _ in range(2):
        step = job.use()
        assert "PIP_INDEX_URL" not in step.env
        assert "PIP_INDEX_URL is left as this job has it\n" in step.log


def test_a_client_that_would_publish_elsewhere_is_warned_of(job):
    job.environ["TWINE_PASSWORD"] = "somebody's"
    step = job.use(publish="true")
    assert [
        f"{name} is not set, for this job has set TWINE_PASSWORD" for name in ("TWINE_REPOSITORY_URL", "TWINE_USERNAME")
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
    assert sorted(path.name for path in job.commands.iterdir()) == ["keyring", "keyrings-codeartifact"]
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
        f"{variable} is set for this job, and goes before the inputs; give the file's text to the input keyringrc, and "
        "remove the variable"
    ]


def test_an_option_of_the_job_goes_before_an_input(job):
    job.environ["CODEARTIFACT_ROLE_SESSION_NAME"] = "x1"
    job.environ["CODEARTIFACT_ROLE_ARN"] = ROLE
    assert job.use().warnings == ["CODEARTIFACT_ROLE_ARN is set for this job, and goes before the input role-to-assume"]


def test_tox(job, environment, emulator):
    """As the README has it: what its environments are let through is enough, and another's call is not needed."""
    tox = environment("tox")
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
        rf"{said}.* pull request from a fork, for which this runner's own AWS identity is not, .*; set role-", error
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
            "GitHub gives jobs for pull requests from forks no OIDC token; let the job do without private packages",
            1,
            id="a fork's pull request",
        ),
        pytest.param({"audience": "api://x"}, {}, "AWS does not .*audience|the OIDC token .*aud 'api://x'", 1, id="wrong audience"),
        pytest.param({"role_to_assume": f"{ROLE}s"}, {}, f"role/cis.*sub '{SUBJECT}'|{SUBJECT}", 1, id="no such role"),
        pytest.param({"role_to_assume": f"{ROLE[:-2]}powerless"}, {}, "codeartifact:GetAuthorizationToken", 1, id="no right"),
        pytest.param({"audience": "", "role_to_assume": ""}, {}, "no AWS credentials were found .* or set role-to-assume", 1, id="no identity"),
        pytest.param({"role_to_assume": ""}, {"GITHUB_EVENT_NAME": "pull_request", **KEYS}, "this is a pull request from a fork, for which this runner's own", 1, id="a fork's, and the runner's identity"),
        pytest.param({"index_url": "", "publish": "true"}, {}, "no repository is named; set the input index-url, or its parts, or keyringrc", 2, id="nothing"),
        pytest.param({"index_url": "", "keyringrc": "[codeartifact domain=x]", "publish": "true"}, {}, "the input publish is on, and no repository is named; set index-url", 2, id="nowhere to publish"),
        pytest.param({"role_to_assume": "$(id)"}, {}, r"the input role-to-assume cannot be '\$\(id\)'", 2, id="hostile role"),
        pytest.param({"index_url": "https://x/\n::set-output name=token::x"}, {}, "the input index-url is not that of a", 2, id="hostile URL"),
        pytest.param({"check": "::error::x"}, {}, "the input check cannot be '::error::x'; accepted: true or false", 2, id="hostile switch"),
        pytest.param({"index_name": 'a"\nPATH=/x'}, {}, "the input index-name cannot be", 2, id="hostile name"),
        pytest.param({"keyringrc": "[codeartifact]\n::set-output"}, {}, "the input keyringrc cannot be parsed: line 2", 2, id="hostile file"),
        pytest.param({"index_url": "", "keyringrc": "[codeartifact domain=x]", "output_token": "true"}, {}, "the input output-token is on, and no repository is named; set index-url", 2, id="no token"),
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
    assert (step.env, step.output, step.path) == ({}, {}, [])
    # There, remedies stand on lines of their own.
    summary = " ".join(step.summary.replace(";", " ").split())
    assert re.search(error.replace(";", ""), summary), step.summary
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


def test_a_token_whose_half_life_is_over_is_had_anew(job, emulator):
    assert job.use().code == 0
    [kept] = (job.folder / "cache").glob("*/*.token")
    kept.unlink()
    emulator.journal.clear()
    assert job.run("keyring", "get", INDEX, "aws").returncode == 0
    assert [entry.operation for entry in emulator.journal.entries()] == ["AssumeRoleWithWebIdentity", ASK]


def test_the_keys_of_a_file_are_told_to_no_program_that_is_looked_at(job):
    spy = job.home.folder / "spy"
    spy.mkdir()
    (spy / "uv").write_text(f"#!/bin/sh\nenv >> {job.home.folder}/seen\necho uv 1.2\n")
    (spy / "uv").chmod(0o755)
    job.environ["PATH"] = f"{spy}:{job.environ['PATH']}"
    assert (
        job.use(keyringrc='[codeartifact domain="x"]\naws_access_key_id = AKIA\naws_secret_access_key = MARKED\n').code
        == 0
    )
    assert "MARKED" not in (job.home.folder / "seen").read_text()


def test_where_the_job_keeps_tokens_is_the_job_s(job):
    job.environ["CODEARTIFACT_CACHE_DIR"] = str(job.home.folder)
    assert "CODEARTIFACT_CACHE_DIR" not in job.use().env


def test_what_cannot_be_used_ends_here_also_without_a_check(job):
    job.environ["CODEARTIFACT_DEADLINE"] = "x"
    step = job.use(check="false")
    assert (step.code, step.env) == (2, {})


def test_what_is_found_is_no_command(job, emulator):
    emulator.faults.add(aws_error("GetCallerIdentity", "AccessDenied", 403, "##[error]x\n::error::y"))
    log = job.use().log
    assert "# # [error]x" in log
    assert not re.findall(r"^\s*::|##\[", log, re.MULTILINE)


def test_another_keyring_on_the_job_s_path_is_not_the_one_that_is_looked_at(job):
    other = job.home.folder / "other"
    other.mkdir()
    (other / "keyring").write_text("#!/bin/sh\nexit 1\n")
    (other / "keyring").chmod(0o755)
    job.environ["PATH"] = f"{other}:/usr/bin:/bin"
    assert re.search("^ok +keyring +", job.use().log, re.MULTILINE)


def test_a_ready_token_s_expiry_is_unknown(job, client, emulator):
    emulator.access.is_enforced = False
    answer = client("codeartifact").get_authorization_token(domain="acme")
    job.environ["CODEARTIFACT_AUTH_TOKEN"] = answer["authorizationToken"]
    step = job.use(index_url=RELEASE, role_to_assume="", output_token="true", check="false")
    assert (step.code, step.output["expiration"]) == (0, "")
    assert f"::add-mask::{step.output['token']}\n" in step.log


def test_a_file_that_cannot_be_written(job):
    (job.folder / "exported.json").mkdir()
    (job.folder / "exported.json" / "x").touch()
    step = job.use()
    assert step.code == 2
    assert "exported.json cannot be written (Is a directory); see that there is room" in step.errors[0]


@pytest.mark.parametrize("which", ["GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_ENV"])
def test_a_file_of_the_runner_s_that_cannot_be_written(job, which):
    """The later steps go by no configuration that is not there."""
    step = job.use(unwritable=which)
    assert step.code == 2
    assert f"{which} names {job.home.folder}, which cannot be written (Is a directory); let this user" in step.errors[0]
    assert step.env == {}
    assert not (job.folder / "keyringrc.cfg").exists()


def test_a_file_is_replaced_and_not_written_to(job):
    job.use()
    path, other = job.folder / "keyringrc.cfg", job.home.folder / "link"
    path.chmod(0o644)
    os.link(path, other)
    job.use(role_to_assume="", check="false")
    assert ROLE in other.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("variable", ["CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE"])
def test_an_empty_configuration_is_none(job, variable):
    job.environ[variable] = ""
    assert job.use().code == 0
