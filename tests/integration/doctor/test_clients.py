"""What keeps pip, keyring, twine and tox from getting a token, as doctor finds it."""

import re
from urllib.parse import urlsplit

import pytest

from support.doctor import found
from support.seed import HOST, INDEX, RELEASE, STAGING

LOG_IN = f"run `keyrings-codeartifact login --tool pip {INDEX}`"


def test_pip(examine, pip):
    [(status, said, fix)] = examine("pip", pip, PIP_KEYRING_PROVIDER="subprocess", PIP_INDEX_URL=INDEX)
    assert (status, fix) == ("ok", "")
    assert re.fullmatch(rf"26\.[0-9.]+, provider subprocess, index {re.escape(INDEX)}", said)


@pytest.mark.parametrize(
    ("environ", "said", "fix"),
    [
        ({"PIP_NO_INPUT": "1"}, "provider auto, index its default: no-input disables the provider auto", LOG_IN),
        (
            {"PIP_KEYRING_PROVIDER": "disabled"},
            "provider disabled, index its default: it does not query a keyring",
            f"unset PIP_KEYRING_PROVIDER, and {LOG_IN}",
        ),
        (
            {"PIP_INDEX_URL": INDEX.replace("//", "//aws:MARKED@"), "PIP_KEYRING_PROVIDER": "subprocess"},
            "index-url (:env:) contains a token, which will expire",
            "unset PIP_INDEX_URL",
        ),
        (
            {"PIP_INDEX_URL": f"{STAGING}/simple/", "PIP_KEYRING_PROVIDER": "subprocess"},
            "index staging has the same host: pip keeps one credential per host, whatever the sections set",
            "give both the same identity, or install in two commands",
        ),
    ],
)
def test_what_keeps_pip_from_asking(examine, pip, environ, said, fix):
    warnings = [(text, remedy) for status, text, remedy in examine("pip", pip, **environ) if status == "warning"]
    assert len(warnings) == 1
    assert warnings[0][0].endswith(said)
    assert warnings[0][1] == fix


def test_a_pip_beside_the_only_keyring(doctor, environment, wheel):
    path = str(environment("pip>=26.2", wheel).bin)
    [(status, said, fix)] = found(doctor(PATH=path, PIP_KEYRING_PROVIDER="subprocess")[1], "pip")
    assert (status, fix) == ("warning", "`export PIP_KEYRING_PROVIDER=import`")
    assert said.endswith("it does not run the `keyring` of its own environment, and PATH has no other")
    assert found(doctor(PATH=path, PIP_KEYRING_PROVIDER="import")[1], "pip")[0][0] == "ok"


def test_a_token_that_the_aws_cli_has_left(examine, pip, home, environment):
    aws = environment("awscli", "pip>=26.2").bin
    home.succeed(
        *(aws / "aws", "codeartifact", "login", "--tool", "pip", "--domain", "acme", "--repository", "release"),
        AWS_DEFAULT_REGION="us-east-1",
        PATH=f"{aws}:{home.environ['PATH']}",
    )
    checks = examine("pip", pip)
    assert checks[0] == (
        "warning",
        "index-url (global) contains a token, which will expire",
        "run `pip config unset global.index-url`, and set it without the token",
    )
    home.succeed(pip / "pip", "config", "unset", "global.index-url")
    assert [status for status, *_ in examine("pip", pip)] == ["ok"]


def test_a_pip_that_asks_only_with_a_user_name(examine, environment, home):
    old = environment("pip==26.1.2").bin
    variables = {"PIP_KEYRING_PROVIDER": "subprocess", "PIP_INDEX_URL": INDEX}
    [(status, said, fix)] = examine("pip", old, **variables)
    assert (status, fix) == ("warning", "add the user name to the URL: https://aws@…, or upgrade pip")
    assert said.endswith("before 26.2 it runs `keyring` only for URLs with a user name")
    variables["PIP_INDEX_URL"] = INDEX.replace("//", "//aws@")
    assert [status for status, *_ in examine("pip", old, **variables)] == ["ok"]


def test_netrc(examine, pip, home):
    path = home.folder / "netrc"
    path.write_text(f"machine {urlsplit(RELEASE).hostname} login aws password MARKED\n")
    path.chmod(0o600)
    assert examine("netrc", pip, NETRC=str(path)) == [
        (
            "warning",
            f"{path} has a password for {HOST}, which uv uses instead of a keyring's",
            "remove that entry",
        )
    ]
    path.write_text("machine example.com login aws password MARKED\n")
    assert examine("netrc", pip, NETRC=str(path)) == []


def test_keyring(doctor, pip, tool, environment, home):
    def look(*bins, **environ):
        return found(doctor(PATH=":".join(map(str, bins)), **environ)[1], "keyring")

    folder = tool.bin.parent / "share" / "keyrings-codeartifact" / "bin"
    remedy = f"run `keyrings-codeartifact login {INDEX}`, or put {folder} first on PATH"
    slow = f"{tool.bin}/keyring is keyring's own: it takes ten times as long for a token as codeartifact-keyring"
    assert look(pip, tool.bin) == [("ok", slow, remedy)]
    assert look(pip, folder) == [("ok", f"{folder}/keyring", "")]
    assert look(pip) == [("warning", "no `keyring` command on PATH for pip and uv", remedy)]
    other = environment("keyring").bin
    assert look(pip, other) == [("warning", f"{other}/keyring lacks the CodeArtifact backend", remedy)]
    chosen = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    assert look(pip, tool.bin, **chosen)[0][0] == "warning"
    assert look(pip, tool.bin, PYTHON_KEYRING_BACKEND="keyrings.codeartifact.CodeArtifactBackend")[0][0] == "ok"


def test_clients_that_import_keyring(examine, environment, wheel):
    [(status, said, _)] = examine("twine", environment(wheel, "twine>=7").bin)
    assert (status, said.partition(", ")[2]) == ("ok", "with keyrings.codeartifact in its environment")
    [(status, said, fix)] = examine("twine", environment("twine>=7").bin)
    assert (status, said.partition(", ")[2]) == ("warning", "without keyrings.codeartifact in its environment")
    assert fix.startswith("run `pipx inject twine keyrings.codeartifact` or ")


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (None, None),
        ("[testenv]\ncommands = true\n", "warning"),
        ("[testenv]\npass_env = FOO\ncommands = true\n", "warning"),
        ("[testenv]\npass_env = AWS_*, CODEARTIFACT_*\n", "ok"),
        ("[testenv]\npassenv =\n    CODEARTIFACT_*\n    FOO\ncommands = true\n", "ok"),
        ("[testenv]\npass_env = *\n", "ok"),
    ],
)
def test_tox(examine, environment, home, text, status):
    if text is not None:
        (home.folder / "project" / "tox.ini").write_text(text)
    checks = examine("tox", environment("tox>=4").bin)
    assert [found_status for found_status, *_ in checks] == ([status] if status else [])
