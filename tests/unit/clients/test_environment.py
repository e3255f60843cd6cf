"""The variables that configure the clients, and when they are left out."""

import pytest

from keyrings.codeartifact.clients import conflicts, environment, warnings, with_password
from keyrings.codeartifact.config.environment import require_index

BASE = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
URL = f"{BASE}simple/"
INDEX = require_index(URL, {"CODEARTIFACT_INDEX_NAME": "my-private.one"})
STATIC = {"PIP_KEYRING_PROVIDER": "subprocess", "UV_KEYRING_PROVIDER": "subprocess"}
INSTALLING = STATIC | {
    "PIP_INDEX_URL": URL.replace("//", "//aws@"),
    "UV_DEFAULT_INDEX": f"my-private.one={URL}",
    "UV_INDEX_MY_PRIVATE_ONE_USERNAME": "aws",
    "PDM_PYPI_URL": URL,
}
PUBLISHING = {
    "TWINE_REPOSITORY_URL": BASE,
    "TWINE_USERNAME": "aws",
    "UV_PUBLISH_URL": BASE,
    "UV_PUBLISH_USERNAME": "aws",
    "PDM_PUBLISH_REPO": BASE,
    "PDM_PUBLISH_USERNAME": "aws",
    "HATCH_INDEX_REPO": BASE,
    "HATCH_INDEX_USER": "aws",
    "FLIT_INDEX_URL": BASE,
    "FLIT_USERNAME": "aws",
    "POETRY_REPOSITORIES_MY_PRIVATE_ONE_URL": BASE,
}


MODES = {
    "replace": INSTALLING,
    "extra": STATIC
    | {
        "PIP_EXTRA_INDEX_URL": URL.replace("//", "//aws@"),
        "UV_INDEX": f"my-private.one={URL}",
        "UV_INDEX_MY_PRIVATE_ONE_USERNAME": "aws",
    },
    "credentials": STATIC | {"UV_INDEX_MY_PRIVATE_ONE_USERNAME": "aws"},
}


@pytest.mark.parametrize(("mode", "expected"), MODES.items())
def test_index_modes(mode, expected):
    index = INDEX._replace(mode=mode)
    assert environment(index, {}, publish=False) == expected
    assert environment(index, {}, publish=True) == expected | PUBLISHING


PIP = URL.replace("//", "//aws:t0%2Fken@")
POETRY = {
    "POETRY_HTTP_BASIC_MY_PRIVATE_ONE_USERNAME": "aws",
    "POETRY_HTTP_BASIC_MY_PRIVATE_ONE_PASSWORD": "t0/ken",
}
NAMED = {"UV_INDEX_MY_PRIVATE_ONE_PASSWORD": "t0/ken"} | POETRY


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("replace", {"PIP_INDEX_URL": PIP} | NAMED),
        ("extra", {"PIP_EXTRA_INDEX_URL": PIP} | NAMED),
        ("credentials", NAMED),
    ],
)
def test_passwords(mode, expected):
    index = INDEX._replace(mode=mode)
    assert with_password(index, environment(index, {}, publish=True), "t0/ken") == expected
    # What the project's own index has for publishing is no place for it: that may be another host.
    assert with_password(index, {}, "t0/ken") == expected


@pytest.mark.parametrize(
    ("environ", "left_out"),
    [
        pytest.param({"PIP_INDEX_URL": "https://pypi.example/simple/"}, {"PIP_INDEX_URL"}, id="another index"),
        pytest.param({"PIP_INDEX_URL": URL.replace("//", "//aws:x@")}, {"PIP_INDEX_URL"}, id="another password of pip"),
        pytest.param({"UV_INDEX_MY_PRIVATE_ONE_PASSWORD": "x"}, {*NAMED} - {*POETRY}, id="another password of uv"),
        pytest.param({"POETRY_HTTP_BASIC_MY_PRIVATE_ONE_PASSWORD": "x"}, {*POETRY}, id="another password of Poetry"),
        pytest.param({"POETRY_HTTP_BASIC_MY_PRIVATE_ONE_USERNAME": "me"}, {*POETRY}, id="another user of Poetry"),
        pytest.param({"POETRY_HTTP_BASIC_MY_PRIVATE_ONE_USERNAME": "aws"}, set(), id="the same user"),
        pytest.param({"PIP_INDEX_URL": ""}, set(), id="an empty variable"),
        pytest.param({"PIP_INDEX_URL": PIP} | NAMED, set(), id="the same passwords"),
    ],
)
def test_passwords_that_are_set_stay(environ, left_out):
    found = with_password(INDEX, environ, "t0/ken")
    assert {*NAMED, "PIP_INDEX_URL"} - {*found} == left_out


def test_an_extra_index_is_warned_of():
    assert list(warnings(INDEX, {})) == []
    [warning] = warnings(INDEX._replace(mode="extra"), {})
    assert warning.endswith("where anyone can register the name of a private package")


LOCK = 'version = 1\n[[package]]\nname = "a"\nsource = {{ registry = "{}" }}\n'
OTHER = "https://pypi.example/simple"


@pytest.mark.parametrize(
    ("lock", "registry"),
    [
        pytest.param(LOCK.format(OTHER), OTHER, id="another index"),
        pytest.param(
            LOCK.format("https://user:s3cret@pypi.example/simple"), "https://…@pypi.example/simple", id="a password"
        ),
        pytest.param(LOCK.format(URL) + LOCK.format(OTHER), OTHER, id="both"),
        pytest.param(LOCK.format(URL), None, id="the index"),
        pytest.param(LOCK.format(URL.rstrip("/")), None, id="the index without a slash"),
        pytest.param("version = 1\n", None, id="no registry"),
        pytest.param("", None, id="empty"),
    ],
)
def test_a_lock_file_that_names_another_index(tmp_path, monkeypatch, lock, registry):
    (tmp_path / "uv.lock").write_text(lock)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    found = list(warnings(INDEX, environment(INDEX, {}, publish=False)))
    remedy = "`uv sync --locked` fails, and `uv sync` rewrites it; use the index mode credentials"
    assert found == ([f"uv.lock names {registry}, not {URL}: {remedy}"] if registry else [])
    assert list(warnings(INDEX, {"UV_INDEX_URL": OTHER})) == []
    credentials = INDEX._replace(mode="credentials")
    assert list(warnings(credentials, environment(credentials, {}, publish=False))) == []


def test_a_hostile_lock_file_adds_no_line(tmp_path, monkeypatch):
    (tmp_path / "uv.lock").write_text(
        'registry = "https://pypi.example/\\x1b[2J\n::error::x"\n'.replace("\\x1b", "\x1b")
    )
    monkeypatch.chdir(tmp_path)
    [warning] = warnings(INDEX, environment(INDEX, {}, publish=False))
    assert warning.isprintable()


def test_without_an_index():
    assert environment(None, {}, publish=True) == STATIC


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, {}),
        ({"PIP_INDEX_URL": INSTALLING["PIP_INDEX_URL"]}, {}),
        ({"PIP_INDEX_URL": "https://mirror.example/"}, {"PIP_INDEX_URL": "PIP_INDEX_URL"}),
        ({"UV_INDEX_URL": "https://mirror.example/"}, {"UV_DEFAULT_INDEX": "UV_INDEX_URL"}),
        ({"TWINE_PASSWORD": "x"}, dict.fromkeys(("TWINE_REPOSITORY_URL", "TWINE_USERNAME"), "TWINE_PASSWORD")),
        ({"FLIT_USERNAME": "user"}, {"FLIT_INDEX_URL": "FLIT_USERNAME", "FLIT_USERNAME": "FLIT_USERNAME"}),
    ],
)
def test_conflicts(environ, found):
    assert conflicts(INDEX, environ, publish=True) == found


@pytest.mark.parametrize(
    ("folders", "provider"),
    [
        ([("pip", "keyring")], "import"),
        ([("pip",), ("keyring",)], "subprocess"),
        ([("pip", "keyring"), ("keyring",)], "subprocess"),
        ([("keyring",), ("pip", "keyring")], "subprocess"),
        ([("pip",)], "subprocess"),
        ([("keyring",)], "subprocess"),
    ],
)
def test_pip_does_not_run_a_keyring_of_its_own_environment(tmp_path, folders, provider):
    for number, names in enumerate(folders):
        (tmp_path / str(number)).mkdir()
        for name in names:
            (tmp_path / str(number) / name).touch(mode=0o755)
    environ = {"PATH": ":".join(str(tmp_path / str(number)) for number in range(len(folders)))}
    assert environment(None, environ, publish=False)["PIP_KEYRING_PROVIDER"] == provider


def test_installing():
    assert environment(INDEX, {}, publish=False) == INSTALLING


def test_publishing():
    assert environment(INDEX, {}, publish=True) == INSTALLING | PUBLISHING


@pytest.mark.parametrize("name", [*INSTALLING, *PUBLISHING])
def test_a_variable_that_is_set_is_left_out(name):
    assert name not in environment(INDEX, {name: "set"}, publish=True)
    assert name in environment(INDEX, {name: ""}, publish=True)


@pytest.mark.parametrize(
    ("conflict", "omitted"),
    [
        ("UV_INDEX_URL", {"UV_DEFAULT_INDEX"}),
        *((name, {"TWINE_REPOSITORY_URL", "TWINE_USERNAME"}) for name in ("TWINE_REPOSITORY", "TWINE_PASSWORD")),
        *((name, {"TWINE_REPOSITORY_URL", "TWINE_USERNAME"}) for name in ("TWINE_REPOSITORY_URL", "TWINE_USERNAME")),
        *(
            (name, {"UV_PUBLISH_URL", "UV_PUBLISH_USERNAME"})
            for name in ("UV_PUBLISH_INDEX", "UV_PUBLISH_PASSWORD", "UV_PUBLISH_TOKEN", "UV_PUBLISH_USERNAME")
        ),
        *((name, {"PDM_PYPI_URL"}) for name in ("PDM_PYPI_USERNAME", "PDM_PYPI_PASSWORD")),
        ("PDM_PUBLISH_PASSWORD", {"PDM_PUBLISH_REPO", "PDM_PUBLISH_USERNAME"}),
        ("HATCH_INDEX_AUTH", {"HATCH_INDEX_REPO", "HATCH_INDEX_USER"}),
        ("FLIT_PASSWORD", {"FLIT_INDEX_URL", "FLIT_USERNAME"}),
    ],
)
def test_another_password_is_not_sent_to_the_repository(conflict, omitted):
    rest = environment(INDEX, {conflict: "set"}, publish=True)
    assert set(INSTALLING | PUBLISHING) - set(rest) == omitted
