"""What the pages show is what happens: their blocks are run, or compared with the program."""

import json
import re
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import pytest

from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.explanation import VARIABLES
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.emulator import planting, request_log
from keyrings.codeartifact.emulator.api.repository import Origin
from keyrings.codeartifact.emulator.faults import parse as parse_fault
from keyrings.codeartifact.emulator.index import wheels
from keyrings.codeartifact.emulator.journal import Entry
from keyrings.codeartifact.emulator.seed import parse as parse_seed
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.index_url import parse_repository
from keyrings.codeartifact.models import Source
from support.environments import make_environment
from support.pages import (
    ACCOUNTS,
    COMMANDS,
    EMULATOR,
    GITHUB,
    GITLAB,
    INSTALL,
    PIP,
    PUBLISH,
    PYTHON,
    README,
    SETTINGS,
    START,
)
from support.pages import UV as UV_PAGE
from support.project import UV
from support.seed import RELEASE, SHARED, STAGING


@pytest.fixture
def shell(home, job_python):
    """Return a function that runs a block as a user's shell, in a fresh environment with these clients."""

    def run(text, *requirements):
        (home.folder / "dist").mkdir()
        wheels.build(home.folder / "dist", f"readme-{uuid4().hex[:8]}")
        path = home.folder / "environment"
        # The one with pip alone is copied with its bytecode, which takes longer to compile than all else.
        client = job_python(path) if requirements == ("pip>=26.2",) else make_environment(path, *requirements)
        (client.bin / "uv").symlink_to(UV)
        path = f"{client.bin}:{home.environ['PATH']}"
        home.succeed("bash", "-euo", "pipefail", "-c", text, PATH=path, VIRTUAL_ENV=str(client.bin.parent))
        return client

    return run


@pytest.mark.parametrize(
    ("page", "name", "original", "original_name"),
    [
        (START, "start", README, "start"),
        (INSTALL, "start", README, "start"),
        (README, "pip", PIP, "pip"),
        (README, "uv", UV_PAGE, "uv project"),
        (README, "github", GITHUB, "quick start"),
        (README, "gitlab", GITLAB, "quick start"),
    ],
)
def test_what_several_pages_show_is_the_same(page, name, original, original_name):
    assert page.block(name) == original.block(original_name)


def test_start(shell, home):
    """Without its first line, as the package is on no index here."""
    install, rest = README.block("start").split("\n", 1)
    assert install == "uv tool install keyrings.codeartifact"
    del home.environ["PIP_CONFIG_FILE"]
    client = shell(rest, "pip>=26.2")
    home.succeed(client.python, "-c", "import acme_tools")


@pytest.mark.parametrize(("name", "beside"), [("pip", False), ("pip beside", True)])
def test_pip(shell, home, wheel, name, beside):
    client = shell(PIP.block(name), "pip>=26.2", *([wheel] if beside else []))
    home.succeed(client.python, "-c", "import acme_tools")


def test_uv(shell, home):
    client = shell(UV_PAGE.block("uv pip"))
    home.succeed(client.python, "-c", "import acme_tools")


def test_uv_publish(shell, emulator):
    shell(PUBLISH.block("uv"))
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200]


def test_any_client_publishes(shell, emulator):
    shell(PUBLISH.block("any client"))
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200]


def test_uv_toml(shell, home):
    del home.environ["UV_NO_CONFIG"]
    (home.folder / "uv.toml").write_text(UV_PAGE.block("uv.toml"))
    client = shell("uv pip install acme-tools")
    home.succeed(client.python, "-c", "import acme_tools")


def test_twine(shell, wheel, emulator):
    shell(PUBLISH.block("twine"), wheel, "twine>=7")
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200]


def test_keyringrc():
    environ = {"CODEARTIFACT_CONFIG": SETTINGS.block("keyringrc.cfg")}
    assert [section.problem for section in keyringrc.load(environ).sections] == ["", "", ""]
    assert resolve(parse_repository(f"{RELEASE}/"), environ).source.value == "acme"
    assert resolve(parse_repository(f"{STAGING}/"), environ).source.value == "acme-publisher"


def test_seed(tmp_path):
    seed = parse_seed(EMULATOR.block("seed.yaml"), str(tmp_path / "seed.yaml"))
    assert [repository.name for domain in seed.domains for repository in domain.repositories] == ["release"]


def test_the_keys_of_a_seed():
    with pytest.raises(ConfigurationError) as caught:
        parse_seed("other: 1", "seed")
    known = set(caught.value.remedy.removeprefix("known keys: ").split(", "))
    [table] = re.findall(r"\| key \| content.*?\n\n", EMULATOR.text, re.DOTALL)
    assert set(re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)) == known


def test_upstreams(tmp_path):
    seed = parse_seed(EMULATOR.block("upstreams.yaml"), str(tmp_path / "seed.yaml"))
    gate, release = seed.domains[0].repositories
    assert (gate.is_public, release.upstreams, seed.pypi) == (True, ("public",), str(tmp_path / "mirror"))
    assert release.origins == (("acme-secret", Origin(publish=True, upstream=False)),)


def test_iam(tmp_path, emulator, client):
    planting.plant(
        parse_seed(EMULATOR.block("iam.yaml").replace("111122223333", "222233334444"), str(tmp_path / "seed.yaml")),
        emulator.application,
    )
    keys = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None)
    assert client("codeartifact", keys=keys).get_authorization_token(domain="acme")
    query = "issuer=https://token.actions.githubusercontent.com&subject=repo:acme/x&audience=sts.amazonaws.com"
    request = Request(f"{emulator.proxy_url}/_emulator/identity-token?{query}", headers={"Authorization": "bearer x"})
    with urlopen(request) as answer:
        token = json.load(answer)["value"]
    assumed = client("sts").assume_role_with_web_identity(
        RoleArn="arn:aws:iam::222233334444:role/ci", RoleSessionName="test", WebIdentityToken=token
    )
    session = tuple(assumed["Credentials"][name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken"))
    assert client("codeartifact", keys=session).get_authorization_token(domain="acme")


def test_faults():
    assert [parse_fault(line.encode()).operation for line in EMULATOR.block("faults").splitlines()] == [
        *("GetAuthorizationToken", "GetAuthorizationToken", "AssumeRole"),
        *("ProjectPage", "GetAuthorizationToken", "Download"),
    ]


def test_request_log():
    lines = []
    for text in EMULATOR.block("request log").splitlines():
        at, who, what, status = re.split("  +", text)
        received = time.mktime(time.strptime(f"2026-01-01 {at}", "%Y-%m-%d %H:%M:%S"))
        entry = Entry(
            "", "", "", "", "", is_temporary=False, principal=who, params={}, status=int(status), received=received
        )
        entry.method, _, entry.host = what.partition(" ")
        if entry.method == "Download":
            entry.operation, entry.path = "Download", f"/pypi/release/simple/my-tools/1.0/{what.rpartition('/')[2]}"
        elif entry.method == "GetAuthorizationToken":
            entry.operation, entry.params = entry.method, {"domain": entry.host}
        lines.append(request_log.line(entry))
    assert EMULATOR.block("request log").splitlines() == lines
    assert len(lines) == 3


def test_the_emulator_s_own_pages(emulator):
    [table] = re.findall(r"\| at the proxy.*?\n\n", EMULATOR.text, re.DOTALL)
    told = set(re.findall(r"`(?:GET|POST|DELETE) (/|[a-z-]+)`", table))
    with pytest.raises(HTTPError) as caught, urlopen(f"{emulator.proxy_url}/_emulator/other"):
        pass
    with caught.value as answer:
        assert told == set(re.findall(r"/|[a-z-]+", answer.read().decode().partition("there are")[2]))


def test_the_fixtures(environment, wheel, home, tmp_path):
    client = environment(f"{wheel}[emulator]", "pytest", "pip>=26.2", "twine>=7")
    folder = tmp_path / "project"
    (folder / "dist").mkdir(parents=True)
    (folder / "conftest.py").write_text(EMULATOR.block("conftest.py"))
    (folder / "test_packaging.py").write_text(EMULATOR.block("test_packaging.py"))
    (folder / "test_domains.py").write_text(PYTHON.block("test_domains.py"))
    (folder / "test_mock.py").write_text(EMULATOR.block("test_mock.py"))
    wheels.build(folder / "dist", "my-tools")
    done = home.run(
        *(client.python, "-m", "pytest", "-q"),
        cwd=folder,
        PATH=f"{client.bin}:/usr/bin:/bin",
        AWS_PROFILE="gone",
    )
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_the_table_of_variables():
    [table] = re.findall(r"\| variable \| meaning \|.*?\n\n", SETTINGS.text, re.DOTALL)
    named = set(re.findall(r"`(CODEARTIFACT_[A-Z_]+)`", "".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))))
    assert named == VARIABLES - {option.variable for option in OPTIONS.values()}


def test_every_option_has_a_section():
    assert sorted(re.findall("^### (.*)$", SETTINGS.text, re.MULTILINE)) == sorted(OPTIONS)


def test_the_table_of_commands(home, tool):
    section = COMMANDS.text.split("\n## keyrings-codeartifact\n")[1].split("\n### ")[0]
    told = [
        name
        for cell in re.findall(r"^\| (\[`.*?) \|", section, re.MULTILINE)
        for name in re.findall(r"`([a-z]+)", cell)
    ]
    said = home.succeed(tool.bin / "keyrings-codeartifact", "--help").stdout
    assert told == re.findall(r"^    ([a-z]+)\b", said, re.MULTILINE)


def test_exec(shell, home, emulator):
    client = shell(COMMANDS.block("exec"), "pip>=26.2")
    home.succeed(client.python, "-c", "import acme_tools")
    assert [entry.status for entry in emulator.journal.entries("Upload")] == [200]


def test_password(shell, home):
    home.environ |= COMMANDS.exported("exec") | {"PIP_KEYRING_PROVIDER": "disabled"}
    client = shell(COMMANDS.block("password"), "pip>=26.2")
    home.succeed(client.python, "-c", "import acme_tools")


def test_a_token_for_a_build(home, emulator):
    docker = home.folder / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text('#!/bin/sh\necho "$CODEARTIFACT_AUTH_TOKEN"\n')
    docker.chmod(0o755)
    home.environ |= COMMANDS.exported("exec")
    done = home.succeed(
        "bash", "-euc", COMMANDS.block("token for a build"), PATH=f"{docker.parent}:{home.environ['PATH']}"
    )
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()


def test_completion(home):
    """As each of bash's new shells."""
    done = home.succeed("bash", "-euc", f"{COMMANDS.block('completion')}\ncomplete -p keyrings-codeartifact")
    assert done.stdout == "complete -o bashdefault -F _shtab_keyrings_codeartifact keyrings-codeartifact\n"


@pytest.mark.parametrize(
    ("page", "source"),
    [
        (GITHUB, Source("oidc_audience", "sts.amazonaws.com", "CODEARTIFACT_OIDC_AUDIENCE")),
        (GITLAB, Source("oidc_token_variable", "CODEARTIFACT_ID_TOKEN", "CODEARTIFACT_OIDC_TOKEN_VARIABLE")),
    ],
)
def test_ci(page, source):
    settings = resolve(parse_repository(f"{RELEASE}/"), {"CODEARTIFACT_CONFIG": "#", **page.exported("variables")})
    assert (settings.source, settings.role.arn) == (source, "arn:aws:iam::111122223333:role/ci")


def test_several():
    for url, role in ((f"{RELEASE}/", "111122223333:role/ci"), (f"{SHARED}/", "444455556666:role/partner-of-acme")):
        assert (
            resolve(parse_repository(url), {"CODEARTIFACT_CONFIG": ACCOUNTS.block("several")}).role.arn
            == f"arn:aws:iam::{role}"
        )


def test_sections():
    environ = {"CODEARTIFACT_CONFIG": ACCOUNTS.block("sections")}
    sources = [resolve(parse_repository(f"{url}/"), environ).source.value for url in (RELEASE, STAGING, SHARED)]
    assert sources == ["", "acme-publisher", "partner"]


def test_a_section_with_a_role():
    environ = {"CODEARTIFACT_CONFIG": ACCOUNTS.block("role")}
    own, partner = (resolve(parse_repository(f"{url}/"), environ) for url in (RELEASE, SHARED))
    assert (own.source.value, own.role) == ("acme", None)
    assert (partner.source.value, partner.role.arn) == ("acme", "arn:aws:iam::444455556666:role/partner-of-acme")


def test_the_line_of_a_failure(nobody):
    command, line = COMMANDS.block("failure").removeprefix("$ ").splitlines()
    done = nobody.run("bash", "-c", command)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{line}\n")
