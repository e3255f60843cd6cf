"""The checks of uv: its keyring provider, and whether it queries the keyring for the indexes in its settings."""

import sys

import pytest

from keyrings.codeartifact.clients import uv
from keyrings.codeartifact.config.environment import require_index
from support.scripts import script

URL = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
INDEX = require_index(URL, {})
WITH_USER = URL.replace("//", "//aws@")
ON = {"UV_KEYRING_PROVIDER": "subprocess"}
QUERIES = ("ok", "0.13.9, provider subprocess", "")
QUERIES_NOT = (
    "warning",
    f"0.13.9 does not query the keyring for {URL}: it has no user name",
    'https://aws@… in the URL, UV_INDEX_NAME_USERNAME=aws, or authenticate = "always"',
)
DISABLED = (
    "warning",
    "0.13.9, provider disabled: it does not query a keyring",
    f"run `keyrings-codeartifact login --tool uv {URL}`",
)
DISABLED_BY_VARIABLE = (*DISABLED[:2], f"unset UV_KEYRING_PROVIDER, and {DISABLED[2]}")
HAS_TOML = sys.version_info >= (3, 11)
# On Python 3.10.
UNKNOWN = ("ok", "0.13.9; this Python has no TOML parser for its settings", "")


@pytest.fixture
def check(tmp_path, monkeypatch):
    """A function that returns the check of a uv with this environment, in a project with these files."""
    (tmp_path / "project" / "folder").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "project" / "folder")

    def check(environ, version="0.13.9", **files):
        path = script(tmp_path / "bin", "uv", f'echo "uv {version} (abc 2026-01-01)"')
        for name, text in files.items():
            (tmp_path / "project" / {"uv": "uv.toml", "pyproject": "pyproject.toml"}[name]).write_text(text)
        environ = {"PATH": "/bin:/usr/bin", "XDG_CONFIG_HOME": str(tmp_path / "config"), **environ}
        [found] = uv.check(path, INDEX, environ)
        return found[1:4]

    return check


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, DISABLED),
        ({"UV_KEYRING_PROVIDER": "disabled"}, DISABLED_BY_VARIABLE),
        (ON, QUERIES),
        ({**ON, "UV_DEFAULT_INDEX": URL}, QUERIES_NOT),
        ({**ON, "UV_DEFAULT_INDEX": WITH_USER}, QUERIES),
        ({**ON, "UV_DEFAULT_INDEX": URL.replace("acme", "other")}, QUERIES),
        ({**ON, "UV_INDEX": f"https://mirror.example my-index={URL}"}, QUERIES_NOT),
        ({**ON, "UV_INDEX": f"my-index={URL}", "UV_INDEX_MY_INDEX_USERNAME": "aws"}, QUERIES),
        ({**ON, "UV_INDEX": f"my-index={URL}", "UV_INDEX_OTHER_USERNAME": "aws"}, QUERIES_NOT),
        ({**ON, "UV_INDEX_URL": URL}, QUERIES_NOT),
        ({**ON, "UV_EXTRA_INDEX_URL": f"{WITH_USER} {URL.replace('release', 'staging')}"}, (QUERIES_NOT[0], QUERIES_NOT[1].replace("/release/", "/staging/"), QUERIES_NOT[2])),
        ({**ON, "UV_DEFAULT_INDEX": f"{URL}?a=b=c"}, QUERIES_NOT),
    ],
)  # fmt: skip
def test_variables(check, environ, expected):
    assert check(environ) == expected


SETTINGS = [
    ('keyring-provider = "subprocess"\n', {}, QUERIES),
    ('keyring-provider = "subprocess"\n', {"UV_NO_CONFIG": "1"}, DISABLED),
    ('keyring-provider = "subprocess"\n', {"UV_KEYRING_PROVIDER": "disabled"}, DISABLED_BY_VARIABLE),
    (f'[[index]]\nurl = "{URL}"\n', ON, QUERIES_NOT),
    (f'[[index]]\nurl = "{URL}"\nauthenticate = "always"\n', ON, QUERIES),
    (f'[[index]]\nurl = "{URL}"\nname = "x.y"\n', {**ON, "UV_INDEX_X_Y_USERNAME": "aws"}, QUERIES),
    (f'[[index]]\nurl = "{WITH_USER}"\n', ON, QUERIES),
    ("not TOML", ON, QUERIES),
    ('index = "x"\n', ON, QUERIES),
    ("index = [1]\n", ON, QUERIES),
]


@pytest.mark.parametrize("name", ["uv", "pyproject"])
@pytest.mark.parametrize(("text", "environ", "expected"), SETTINGS)
def test_settings_of_the_project(check, name, text, environ, expected):
    """The project's files are in the parent of the working directory."""
    if name == "pyproject":
        text = text.replace("[[index]]", "[[tool.uv.index]]")
        text = text if text.startswith("[") else f"[tool.uv]\n{text}"
    if not HAS_TOML and "UV_NO_CONFIG" not in environ:
        expected = UNKNOWN
    assert check(environ, **{name: text}) == expected


def test_the_nearest_settings_override_others(check, tmp_path):
    for path, provider in (("project/folder/uv.toml", "subprocess"), ("project/uv.toml", "disabled"), ("config/uv/uv.toml", "disabled")):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f'keyring-provider = "{provider}"\n')
    assert check({}) == (QUERIES if HAS_TOML else UNKNOWN)


def test_indexes_of_all_settings_count(check, tmp_path):
    (tmp_path / "config" / "uv").mkdir(parents=True)
    (tmp_path / "config" / "uv" / "uv.toml").write_text(f'[[index]]\nurl = "{URL}"\n')
    assert check(ON, uv='[[index]]\nurl = "https://mirror.example"\n') == (QUERIES_NOT if HAS_TOML else UNKNOWN)


def test_the_file_in_a_variable_replaces_all_others(check, tmp_path):
    (tmp_path / "mine.toml").write_text('keyring-provider = "subprocess"\n')
    environ = {"UV_CONFIG_FILE": str(tmp_path / "mine.toml")}
    assert check(environ, uv=f'[[index]]\nurl = "{URL}"\n') == (QUERIES if HAS_TOML else UNKNOWN)


def test_a_password_in_a_url_is_not_repeated(check):
    url = URL.replace("//", "//user:MARKED@")
    assert "MARKED" not in repr(check({**ON, "UV_INDEX": f"{url}?MARKED"}))


@pytest.mark.skipif(not HAS_TOML, reason="this Python has no TOML parser")
@pytest.mark.parametrize(("version", "status"), [("0.6.11", "warning"), ("0.5.99", "warning"), ("0.6.12", "ok"), ("0.10.0", "ok")])  # fmt: skip
def test_authenticate_needs_a_version(check, version, status):
    found = check(ON, version, uv=f'[[index]]\nurl = "{URL}"\nname = "x.y"\nauthenticate = "always"\n')
    assert found[0] == status
    if status == "warning":
        assert found[1:] == (
            f'{version} does not query the keyring for {URL}: `authenticate = "always"` needs uv 0.6.12',
            "upgrade uv, or set UV_INDEX_X_Y_USERNAME=aws",
        )
