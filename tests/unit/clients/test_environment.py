"""The variables that configure the clients, and when they are left out."""

import pytest

from keyrings.codeartifact.clients import conflicts, environment
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
