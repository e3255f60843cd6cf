"""Which variables clients are given, and when they are left alone."""

import pytest

from keyrings.codeartifact.clients.environment import hindrances, variables
from keyrings.codeartifact.config import environment as target

BASE = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/"
INDEX = f"{BASE}simple/"
TARGET = target.choose(INDEX, {"CODEARTIFACT_INDEX_NAME": "my-private.one"})
STATIC = {"PIP_KEYRING_PROVIDER": "subprocess", "UV_KEYRING_PROVIDER": "subprocess"}
INSTALLING = STATIC | {
    "PIP_INDEX_URL": INDEX.replace("//", "//aws@"),
    "UV_DEFAULT_INDEX": f"my-private.one={INDEX}",
    "UV_INDEX_MY_PRIVATE_ONE_USERNAME": "aws",
    "PDM_PYPI_URL": INDEX,
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


def test_what_does_not_depend_on_the_repository():
    assert variables(None, {}, publish=True) == STATIC


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, {}),
        ({"PIP_INDEX_URL": INSTALLING["PIP_INDEX_URL"]}, {}),
        ({"PIP_INDEX_URL": "https://mirror.example/"}, {"PIP_INDEX_URL": "PIP_INDEX_URL"}),
        ({"UV_INDEX_URL": "https://mirror.example/"}, {"UV_DEFAULT_INDEX": "UV_INDEX_URL"}),
        ({"TWINE_PASSWORD": "x"}, dict.fromkeys(("TWINE_REPOSITORY_URL", "TWINE_USERNAME"), "TWINE_PASSWORD")),
        ({"FLIT_USERNAME": "me"}, {"FLIT_INDEX_URL": "FLIT_USERNAME", "FLIT_USERNAME": "FLIT_USERNAME"}),
    ],
)
def test_what_stands_in_the_way(environ, found):
    assert hindrances(TARGET, environ, publish=True) == found


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
def test_pip_runs_no_keyring_of_its_own_environment(tmp_path, folders, provider):
    for number, names in enumerate(folders):
        (tmp_path / str(number)).mkdir()
        for name in names:
            (tmp_path / str(number) / name).touch(mode=0o755)
    environ = {"PATH": ":".join(str(tmp_path / str(number)) for number in range(len(folders)))}
    assert variables(None, environ, publish=False)["PIP_KEYRING_PROVIDER"] == provider


def test_installing():
    assert variables(TARGET, {}, publish=False) == INSTALLING


def test_publishing():
    assert variables(TARGET, {}, publish=True) == INSTALLING | PUBLISHING


@pytest.mark.parametrize("name", [*INSTALLING, *PUBLISHING])
def test_what_is_set_is_left_alone(name):
    assert name not in variables(TARGET, {name: "mine"}, publish=True)
    assert name in variables(TARGET, {name: ""}, publish=True)


@pytest.mark.parametrize(
    ("rival", "gone"),
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
def test_nobody_else_s_password_goes_to_the_repository(rival, gone):
    rest = variables(TARGET, {rival: "mine"}, publish=True)
    assert set(INSTALLING | PUBLISHING) - set(rest) == gone
