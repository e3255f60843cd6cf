"""The checks of pip: its keyring provider, tokens in its settings, and its index."""

import pytest

from keyrings.codeartifact.clients import pip
from keyrings.codeartifact.config.environment import require_index
from keyrings.codeartifact.models import Check
from support.scripts import script

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
WITH_USER = URL.replace("//", "//aws@")
WITH_TOKEN = URL.replace("//", "//aws:MARKED@")
INDEX = require_index(URL, {})
LOG_IN = f"run `keyrings-codeartifact login --tool pip {URL}`"
TOKEN = "index-url ({}) contains a token, which will expire"


@pytest.fixture
def check(tmp_path):
    """A function that returns the checks of a pip with these settings."""

    def check(*settings, version="26.3", keyring="other"):
        lines = "\n".join(settings)
        path = script(
            tmp_path / "pip",
            "pip",
            f'[ "$1" = --version ] && echo "pip {version} from /x (python 3.13)" && exit',
            "[ \"$1 $2\" = 'config list' ] && cat <<'END'",
            lines,
            "END",
        )
        for folder in keyring.split():
            script(tmp_path / folder, "keyring")
        environ = {"PATH": f"{tmp_path}/pip:{tmp_path}/other:/bin:/usr/bin"}
        return [tuple(one)[1:4] for one in pip.check(path, INDEX, environ)]

    return check


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ([], "26.3, provider auto, index its default"),
        (["global.keyring-provider='subprocess'"], "26.3, provider subprocess, index its default"),
        (["global.keyring-provider='import'", f"global.index-url='{URL}'"], f"26.3, provider import, index {URL}"),
        ([f"global.index-url='{WITH_USER}'"], f"26.3, provider auto, index {WITH_USER}"),
        (["global.index-url='https://user:x@mirror.example/simple?a=MARKED'"], "26.3, provider auto, index https://…@mirror.example/simple"),
        (["global.no-input='true'", "global.keyring-provider='subprocess'"], "26.3, provider subprocess, index its default"),
        (["global.no-input='false'"], "26.3, provider auto, index its default"),
        (["user.keyring-provider='disabled'", "site.keyring-provider='import'"], "26.3, provider import, index its default"),
        ([":env:.keyring-provider='import'", "global.keyring-provider='disabled'"], "26.3, provider import, index its default"),
    ],
)  # fmt: skip
def test_settings_that_work(check, settings, message):
    assert check(*settings) == [("ok", message, "")]


@pytest.mark.parametrize(
    ("settings", "problem", "remedy"),
    [
        (["global.no-input='1'"], "provider auto, index its default: no-input disables the provider auto", LOG_IN),
        (
            ["global.keyring-provider='disabled'"],
            "provider disabled, index its default: it does not query a keyring",
            LOG_IN,
        ),
        (
            ["global.keyring-provider='import'", "user.keyring-provider='disabled'"],
            "provider disabled, index its default: it does not query a keyring",
            LOG_IN,
        ),
        (
            [":env:.keyring-provider='disabled'"],
            "provider disabled, index its default: it does not query a keyring",
            f"unset PIP_KEYRING_PROVIDER, and {LOG_IN}",
        ),
        (
            [f"global.index-url='{URL.replace('release', 'staging')}'"],
            "index staging has the same host: pip keeps one credential per host, whatever the sections set",
            "give both the same identity, or install in two commands",
        ),
    ],
)
def test_settings_that_do_not_work(check, settings, problem, remedy):
    [(message, found)] = [(message, found) for status, message, found in check(*settings) if status == "warning"]
    assert message.endswith(problem)
    assert found == remedy


@pytest.mark.parametrize(
    ("setting", "message", "remedy"),
    [
        (
            f"global.index-url='{WITH_TOKEN}'",
            TOKEN.format("global"),
            "run `pip config unset global.index-url`, and set it without the token",
        ),
        (f":env:.index-url='{WITH_TOKEN}'", TOKEN.format(":env:"), "unset PIP_INDEX_URL"),
        (
            f"global.extra-index-url='https://mirror.example {WITH_TOKEN}'",
            "extra-index-url (global) contains a token, which will expire",
            "run `pip config unset global.extra-index-url`, and set it without the token",
        ),
    ],
)
def test_a_token_in_the_settings(check, setting, message, remedy):
    first, second = check(setting)
    assert first == ("warning", message, remedy)
    assert second[0] == "ok"
    assert "MARKED" not in repr((first, second))


@pytest.mark.parametrize("url", [WITH_USER, "https://user:x@mirror.example/simple/"])
def test_a_url_without_a_token_of_codeartifact(check, url):
    [(status, *_)] = check(f"global.index-url='{url}'")
    assert status == "ok"


@pytest.mark.parametrize(
    ("keyring", "provider", "status"),
    [("pip", "subprocess", "warning"), ("pip", "import", "ok"), ("pip other", "subprocess", "ok"), ("", "subprocess", "ok")],
)  # fmt: skip
@pytest.mark.parametrize(
    ("place", "fix"),
    [
        ("global", "run `pip config set global.keyring-provider import`"),
        (":env:", "`export PIP_KEYRING_PROVIDER=import`"),
    ],
)
def test_a_keyring_in_the_environment_of_pip(check, keyring, provider, status, place, fix):
    [(found, message, remedy)] = check(f"{place}.keyring-provider='{provider}'", keyring=keyring)
    assert found == status
    if status == "warning":
        assert message.endswith("it does not run the `keyring` of its own environment, and PATH has no other")
        assert remedy == fix


@pytest.mark.parametrize(
    ("version", "url", "status"),
    [("26.1.2", URL, "warning"), ("23.0", URL, "warning"), ("26.1.2", WITH_USER, "ok"), ("26.2", URL, "ok"), ("27.0", URL, "ok")],
)  # fmt: skip
def test_versions_that_need_a_user_name(check, version, url, status):
    [(found, message, remedy)] = check("global.keyring-provider='subprocess'", f"global.index-url='{url}'", version=version)  # fmt: skip
    assert found == status
    assert message.startswith(f"{version}, provider subprocess, index {url}")
    if status == "warning":
        assert message.endswith(": before 26.2 it runs `keyring` only for URLs with a user name")
        assert remedy == "add the user name to the URL: https://aws@…, or upgrade pip"


@pytest.mark.parametrize(("version", "status"), [("26.2", "warning"), ("26.2.1", "ok"), ("26.1.2", "ok")])
def test_the_version_that_imports_no_keyring_for_builds(check, version, status):
    [(found, message, remedy)] = check("global.keyring-provider='import'", version=version)
    assert found == status
    if status == "warning":
        assert message.endswith(": pip 26.2 queries no keyring for build requirements")
        assert remedy == "upgrade pip to 26.2.1 or newer, or run `pip config set global.keyring-provider subprocess`"


def test_a_pip_that_fails(tmp_path):
    path = script(tmp_path, "pip", "exit 1")
    [check] = pip.check(path, INDEX, {"PATH": "/bin:/usr/bin"})
    message = f"?: `{path} config list` fails or does not end"
    assert check == Check("pip", "warning", message, "run it to see why")
