"""The action as a consumer uses it: real workflows, run by `act` on this machine, before the emulator."""

import json
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.github_job import INDEX, ROLE, URL, runner
from support.pages import GITHUB
from support.project import SCRIPTS, UV

REPOSITORY = "OWNER/keyrings.codeartifact"
ACTION = f"{REPOSITORY}/github-actions@v3"
ASK = "GetAuthorizationToken"
PATIENCE = 300


@pytest.fixture(scope="module")
def checkout(action, tmp_path_factory):
    """What GitHub's runner fetches of a release: the action with its bundle."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copytree(action, folder / "github-actions")
    return folder


class Run:
    """A workflow that has ended: its exit code, its log, and what its last step has kept of the job's folders."""

    def __init__(self, done, kept):
        self.code, self.log, self.kept = done.returncode, done.stdout + done.stderr, kept

    def lines(self, pattern):
        return re.findall(pattern, self.log, re.MULTILINE)


# Copies what a job has written, for a look at it: act removes it.
KEEP = """
      - if: always()
        run: |
          mkdir -p "$KEEP/$GITHUB_JOB"
          cp -r "$RUNNER_TEMP" "$KEEP/$GITHUB_JOB/temp"
          cp -r "$GITHUB_WORKSPACE" "$KEEP/$GITHUB_JOB/workspace"
          cp "$GITHUB_ENV" "$GITHUB_STEP_SUMMARY" "$KEEP/$GITHUB_JOB"
"""


@pytest.fixture
def python(home, job_python):
    """The job's own Python, which has pip and nothing else."""
    return job_python(home.folder / "python")


@pytest.fixture
def act(home, python, checkout, github_accounts, emulator):
    """Return a function that runs a workflow on a push to acme/tools; AWS enforces IAM, the job has no AWS credentials."""
    emulator.access.is_enforced = True
    project = home.folder / "project"
    (project / ".github" / "workflows").mkdir(parents=True)
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main", project], check=True)
    identity = ("-c", "user.name=a", "-c", "user.email=a@acme.example")
    subprocess.run(
        ["git", "-C", project, *identity, "commit", "--quiet", "--allow-empty", "--message", "x"], check=True
    )
    subprocess.run(["git", "-C", project, "remote", "add", "origin", "https://github.com/acme/tools.git"], check=True)
    (home.folder / "bin").mkdir()
    (home.folder / "bin" / "uv").symlink_to(UV)
    kept = home.folder / "kept"
    environ = {name: value for name, value in emulator.environment().items() if name != "CODEARTIFACT_CACHE_DIR"} | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": home.environ["HOME"],
        "KEEP": str(kept),
        "UV_NO_CONFIG": "1",
    }

    def run(workflow, *, permissions=True):
        (project / ".github" / "workflows" / "test.yml").write_text(workflow + KEEP)
        handed = environ | (runner(emulator) if permissions else {})
        arguments = [argument for name, value in handed.items() for argument in ("--env", f"{name}={value}")]
        done = subprocess.run(
            [
                SCRIPTS / "act",
                "push",
                "--platform",
                "ubuntu-latest=-self-hosted",
                "--no-cache-server",
                "--local-repository",
                f"{REPOSITORY}@v3={checkout}",
                "--directory",
                project,
                *arguments,
            ],
            env={
                "HOME": home.environ["HOME"],
                "XDG_CACHE_HOME": str(home.folder / "act"),
                "PATH": f"{home.folder / 'bin'}:{python.bin}:/usr/bin:/bin",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        result = Run(done, kept)
        for secret in (*emulator.issued_tokens(), "MARKED", "s3cret"):
            assert secret not in result.log
        return result

    return run


def workflow(*steps):
    return (
        "on: push\npermissions: {}\njobs:\n  test:\n    runs-on: ubuntu-latest\n    permissions:\n      id-token: write\n"
        "    steps:\n" + "".join(steps)
    )


def use(name="", /, *, keep_going=False, **inputs):
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    lines = [f"uses: {ACTION}", "with:"]
    for key, value in (given | {"index-url": INDEX, "role-to-assume": ROLE} | given).items():
        lines.append(f"  {key}: {json.dumps(value)}")
    if name:
        lines.insert(0, f"id: {name}")
    if keep_going:
        lines.insert(0, "continue-on-error: true")
    return f"      - {lines[0]}\n" + "".join(f"        {line}\n" for line in lines[1:])


def step(*lines):
    return "      - run: |\n" + "".join(f"          {line}\n" for line in lines)


def test_ten_lines_are_enough(act, python, emulator, search):
    text = GITHUB.block("quick start")
    assert len(text.removeprefix("on: push\n").splitlines()) == 10
    before = subprocess.run([UV, "pip", "freeze", "--python", python.python], capture_output=True, check=True).stdout
    run = act(text)
    assert run.code == 0, run.log
    # One call, by the role, for the check and for pip.
    [entry] = emulator.journal.entries(ASK)
    assert entry.principal.endswith(":assumed-role/github/acme-tools-1")
    after = subprocess.run([UV, "pip", "freeze", "--python", python.python], capture_output=True, check=True).stdout
    assert after.splitlines() == sorted([b"acme-tools==1.0", *before.splitlines()])
    # GITHUB_ENV, the summary, the workspace and the temporary folder, but for the cache.
    kept = run.kept / "test"
    [token] = (kept / "temp" / "keyrings-codeartifact" / "cache").glob("*/*.token")
    assert any(issued in token.read_text() for issued in emulator.issued_tokens())
    assert stat.S_IMODE(token.stat().st_mode) == 0o600
    token.unlink()
    search(kept)
    assert set(run.lines(r"::set-output:: ([\w-]+)=.")) == {"index-url", "publish-url"}
    assert set(run.lines(r"::set-env:: (\w+)=")) == {
        *("CODEARTIFACT_CONFIG_FILE", "CODEARTIFACT_CACHE_DIR", "CODEARTIFACT_INDEX_URL", "PIP_KEYRING_PROVIDER"),
        *("PIP_INDEX_URL", "UV_KEYRING_PROVIDER", "UV_DEFAULT_INDEX", "UV_INDEX_CODEARTIFACT_USERNAME", "PDM_PYPI_URL"),
    }


def test_publish_and_the_token_s_output(act, home, emulator, environment, wheel):
    publisher = environment(wheel, "twine>=7")
    wheels.build(home.folder, "crew-upload")
    wheels.build(home.folder, "crew-second")
    run = act(
        workflow(
            use("ca", publish="true", output_token="true"),
            step(
                f"{publisher.bin}/twine upload --non-interactive {home.folder}/crew_upload-1.0-py3-none-any.whl",
                f"uv publish --quiet {home.folder}/crew_second-1.0-py3-none-any.whl",
                'uv pip install --quiet --python "$(command -v python)" crew-upload crew-second',
                "echo token is ${{ steps.ca.outputs.token }} until ${{ steps.ca.outputs.expires }}",
                "echo publish to ${{ steps.ca.outputs.publish-url }}",
                "echo build with ${{ steps.ca.outputs.secret-arg }}",
            ),
        ),
    )
    assert run.code == 0, run.log
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200, 200]
    assert re.search(r"^.*\|.*token is \*\*\* until 20", run.log, re.MULTILINE)
    assert run.lines(r"\| publish to (.*)$") == [f"{URL}/release/"]
    assert run.lines(r"\| build with (.*)$") == ["--secret id=CODEARTIFACT_AUTH_TOKEN,env=CODEARTIFACT_AUTH_TOKEN"]
    assert len(emulator.journal.entries(ASK)) == 1


def test_several_repositories_and_settings_that_change(act, python, emulator):
    run = act(
        GITHUB.block("several")
        + "".join(
            (
                use(publish="true", index_name="first"),
                use(index_url=f"{URL}/staging/", index_name="second"),
                step(
                    'echo "SEEN $UV_DEFAULT_INDEX,$TWINE_REPOSITORY_URL,$UV_INDEX_FIRST_USERNAME"',
                    'ls "$RUNNER_TEMP/keyrings-codeartifact/commands" | xargs echo COMMANDS',
                    'echo "PATHS $PATH"',
                    'echo "FOUND $(command -v keyring) $(command -v python) $(command -v pip)"',
                ),
            )
        )
    )
    assert run.code == 0, run.log
    assert {entry.principal.split(":")[4] for entry in emulator.journal.entries(ASK)} == {
        *("111122223333", "444455556666", "777788889999")
    }
    # Once unpacked, once on PATH, and nothing of the first settings is left.
    assert len(list(run.kept.glob("*/temp/keyrings-codeartifact/keyrings-codeartifact-bundle-*/*"))) == 1
    assert run.lines(r"\| SEEN (.*)$") == [f"second={URL}/staging/simple/,{URL}/staging/,"]
    assert run.lines(r"\| PATHS (.*)$")[0].count("keyrings-codeartifact/commands") == 1
    # The job's Python is the job's.
    assert run.lines(r"\| COMMANDS (.*)$") == [
        "codeartifact-credential-helper codeartifact-keyring keyring keyrings-codeartifact"
    ]
    keyring, *others = map(Path, run.lines(r"\| FOUND (.*)$")[0].split())
    assert keyring.parts[-3:] == ("keyrings-codeartifact", "commands", "keyring")
    assert {path.parent for path in others} == {python.bin}


# How a step has the emulator answer next.
SHORT_LIVED = """
import json, os, time, urllib.request
body = json.dumps({"authorizationToken": "first-" * 20, "expiration": int(time.time()) + 306})
fault = {"operation": "GetAuthorizationToken", "headers": {"Content-Type": "application/json"}, "status": 200, "body": body}
urllib.request.urlopen(os.environ["HTTPS_PROXY"] + "/_emulator/faults", json.dumps(fault).encode()).close()
"""


def test_a_job_longer_than_half_a_token_s_life(act, emulator, home):
    """The first token lives for 306 s, is good to hand out for 6 s, and is no good at all: pip needs another."""
    (home.folder / "short_lived.py").write_text(SHORT_LIVED)
    run = act(
        workflow(
            use(check="false"),
            step(
                f"python {home.folder}/short_lived.py",
                f"keyring get {INDEX} aws > /dev/null",
                "sleep 7",
                "pip install --quiet crew-tools",
            ),
        )
    )
    assert run.code == 0, run.log
    assert len(emulator.journal.entries(ASK)) == 2
    assert len(emulator.journal.entries("AssumeRoleWithWebIdentity")) == 2


def test_hostile_inputs_do_nothing(act, home):
    evil = home.folder / "evil"
    attempts = [
        {"index_url": f'{INDEX}"; touch {evil}; echo "'},
        {"role_to_assume": f"$(touch {evil})"},
        {"role_session_name": f"`touch {evil}`"},
        {"audience": f"x'\n::set-output name=token::x\n$(touch {evil})"},
        {"index_name": "x\nPATH=/nowhere\n"},
        {"keyringrc": "[codeartifact]\n::set-output name=token::x\n##[set-output name=token]x\n"},
        {"token_duration_seconds": "::add-path::/nowhere"},
        {"check": "false\n::error::x"},
    ]
    ids = [f"try{number}" for number in range(len(attempts))]
    uses = [use(name, keep_going=True, **inputs) for name, inputs in zip(ids, attempts, strict=True)]
    said = [f'echo "RESULT ${{{{ steps.{name}.outcome }}}} [${{{{ steps.{name}.outputs.token }}}}]"' for name in ids]
    run = act(workflow(*uses, step(*said, 'echo "PATHS $PATH"')))
    assert run.code == 0, run.log
    assert run.lines(r"\| RESULT (.*)$") == ["failure []"] * len(attempts)
    assert not evil.exists()
    assert "/nowhere" not in run.lines(r"\| PATHS (.*)$")[0]
    assert run.lines(r"::set-(?:output|env):: ([\w-]+)=.") == []
    assert len(run.lines("❗  ::error title=keyrings.codeartifact::the input ")) == len(attempts)


def test_a_missing_permission(act, emulator):
    run = act(workflow(use()), permissions=False)
    assert run.code == 1
    [said] = run.lines("❗  ::error title=keyrings.codeartifact::(.*)$")
    assert said.startswith("GitHub gives this job no OIDC token")
    assert "give the job `permissions: id-token: write`" in said
    assert run.lines("Summary - ### keyrings.codeartifact: no token for this job")
    assert emulator.journal.entries() == []
