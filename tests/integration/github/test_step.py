"""What the action's step hands on to later steps: variables, outputs, files, and nothing secret."""

import os
import re
import shutil
import stat

from keyrings.codeartifact.ci import github
from keyrings.codeartifact.emulator.faults import aws_error
from support.fleet import READ, keep
from support.github_job import ACCOUNT, ASK, INDEX, OTHER, OTHER_ROLE, ROLE, URL
from support.scripts import script


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
    before = set(emulator.issued_tokens())
    step = job.use(output_token="true")
    [token] = set(emulator.issued_tokens()) - before
    assert step.output["token"] == token
    assert re.fullmatch(r"20..-..-..T..:..:..Z", step.output["expires"])
    assert step.output["secret-arg"] == "--secret id=CODEARTIFACT_AUTH_TOKEN,env=CODEARTIFACT_AUTH_TOKEN"
    assert step.log.count(token) == 1
    assert f"::add-mask::{token}\n" in step.log


def test_the_step_shows_what_it_has_found(job):
    links = re.findall(r"^(\S) (\w+)\s+\S", job.use().log, re.MULTILINE)
    assert links == [("✓", link) for link in ("configuration", "cache", "token", "index")]


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
    assert step.warnings == ["no repository is named for the check; set index-url, or the input check to false"]
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


def test_a_token_whose_half_life_is_over_is_had_anew(job, emulator):
    assert job.use().code == 0
    [kept] = (job.folder / "cache").glob("*/*.token")
    kept.unlink()
    emulator.journal.clear()
    assert job.run("keyring", "get", INDEX, "aws").returncode == 0
    assert [entry.operation for entry in emulator.journal.entries()] == ["AssumeRoleWithWebIdentity", ASK]


def test_no_program_of_the_job_is_run(job):
    spy = job.home.folder / "spy"
    for name in ("pip", "uv", "keyring"):
        script(spy, name, f"touch {job.home.folder}/seen")
    job.environ["PATH"] = f"{spy}:{job.environ['PATH']}"
    assert job.use().code == 0
    assert not (job.home.folder / "seen").exists()


def test_what_is_found_is_no_command(job, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "##[error]x\n::error::y"))
    # The runner reads the annotation's line as that one command.
    annotation = "::error title=keyrings.codeartifact::"
    lines = [line for line in job.use().log.splitlines() if not line.startswith(annotation)]
    assert "# # [error]x" in "\n".join(lines)
    assert not [line for line in lines if re.search(r"^\s*::|##\[", line)]


def test_a_file_is_replaced_and_not_written_to(job):
    job.use()
    path, other = job.folder / "keyringrc.cfg", job.home.folder / "link"
    path.chmod(0o644)
    os.link(path, other)
    job.use(role_to_assume="", check="false")
    assert ROLE in other.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_shared_token(job, emulator):
    """The role reads a secret, and has no other permission."""
    secret = keep(ACCOUNT, "crew", "ci")
    step = job.use(role_to_assume=f"arn:aws:iam::{ACCOUNT}:role/secret-reader", auth_token_secret=secret)
    assert (step.code, step.errors, step.warnings) == (0, [], [])
    assert [entry.params["SecretId"] for entry in emulator.journal.entries(READ)] == [secret]
    assert emulator.journal.entries(ASK) == []
