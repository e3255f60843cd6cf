"""A table of faults and clients: doctor is green for a client exactly where that client works."""

import re
from collections.abc import Mapping
from typing import NamedTuple
from uuid import uuid4

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.forks import Forks
from support.seed import HOST, INDEX, STAGING

WITH_TOKEN = INDEX.replace("//", "//aws:MARKED@")
PYPIRC = f"[distutils]\nindex-servers = codeartifact\n[codeartifact]\nrepository = {STAGING}/\nusername = aws\n"
# The settings with which all three work.
VARIABLES = {
    "PIP_INDEX_URL": INDEX,
    "PIP_KEYRING_PROVIDER": "subprocess",
    "UV_DEFAULT_INDEX": f"codeartifact={INDEX}",
    "UV_INDEX_CODEARTIFACT_USERNAME": "aws",
    "UV_KEYRING_PROVIDER": "subprocess",
}
FILES = {"home/.pypirc": PYPIRC}


class Fault(NamedTuple):
    """The clients that work in spite of a fault, and what plants it.

    Variables (None removes one), files in the user's folder, commands, and an environment that is first on PATH.
    """

    working: set[str]
    variables: Mapping[str, str | None] = {}
    files: Mapping[str, str] = {}
    command: tuple[str, ...] = ()
    first: str = ""


FAULTS = {
    "none": Fault({"pip", "uv", "twine"}),
    "keyring --disable": Fault(set(), command=("keyring", "--disable")),
    "another backend in the environment": Fault(set(), {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}),
    "another keyring first on PATH": Fault({"twine"}, first="keyring"),
    "password in .pypirc": Fault({"pip", "uv"}, files={"home/.pypirc": f"{PYPIRC}password = MARKED\n"}),
    "password in netrc": Fault(
        {"pip", "twine"}, {"NETRC": None}, {"home/.netrc": f"machine {HOST} login aws password MARKED\n"}
    ),
    "password of uv auth": Fault(
        {"pip", "twine"}, command=("uv", "auth", "login", f"https://{HOST}", "--username=aws", "--password=MARKED")
    ),
    "UV_INDEX_NAME_PASSWORD": Fault({"pip", "twine"}, {"UV_INDEX_CODEARTIFACT_PASSWORD": "MARKED"}),
    "UV_INDEX_NAME_PASSWORD of a name that is not ours": Fault(
        {"pip", "twine"},
        {
            "UV_DEFAULT_INDEX": f"my-private={INDEX}",
            "UV_INDEX_MY_PRIVATE_USERNAME": "aws",
            "UV_INDEX_MY_PRIVATE_PASSWORD": "MARKED",
        },
    ),
    "POETRY_HTTP_BASIC_NAME_PASSWORD": Fault(
        {"pip", "uv", "twine"}, {"POETRY_HTTP_BASIC_CODEARTIFACT_PASSWORD": "MARKED"}
    ),
    "TWINE_PASSWORD": Fault({"pip", "uv"}, {"TWINE_PASSWORD": "MARKED"}),
    "token in UV_EXTRA_INDEX_URL": Fault({"pip", "twine"}, {"UV_EXTRA_INDEX_URL": WITH_TOKEN}),
    "token in PIP_INDEX_URL": Fault({"uv", "twine"}, {"PIP_INDEX_URL": WITH_TOKEN}),
    "token in pip.conf": Fault(
        {"uv", "twine"}, {"PIP_INDEX_URL": None}, {"config/pip/pip.conf": f"[global]\nindex-url = {WITH_TOKEN}\n"}
    ),
    "PIP_NO_INPUT with the provider auto": Fault({"uv", "twine"}, {"PIP_KEYRING_PROVIDER": None, "PIP_NO_INPUT": "1"}),
    # pip's default queries a keyring, uv's does not.
    "no provider": Fault({"pip", "twine"}, {"PIP_KEYRING_PROVIDER": None, "UV_KEYRING_PROVIDER": None}),
    "no user name for uv": Fault({"pip", "twine"}, {"UV_INDEX_CODEARTIFACT_USERNAME": None}),
}


def is_green(client, checks):
    """Say whether doctor warns of nothing that concerns a client; `keyring` is the command of pip and uv."""
    assert client in {check["check"] for check in checks}
    return not any(
        check["status"] != "ok"
        and (
            check["check"] == client
            or (check["check"] == "keyring" and client in {"pip", "uv"})
            or re.search(rf"\b{client}\b", check["message"])
        )
        for check in checks
    )


@pytest.fixture
def plant_fault(home, pip, uv, tool, environment, wheel):
    """Return a function that gives a user the settings with which all clients work, and then a fault."""

    def plant(fault):
        twine = environment(wheel, "twine>=7").bin
        first = [environment(fault.first).bin] if fault.first else []
        home.environ["PATH"] = ":".join(map(str, (*first, pip, uv, tool.bin, twine, "/usr/bin", "/bin")))
        for name, value in (VARIABLES | fault.variables).items():
            if value is not None:
                home.environ[name] = value
            else:
                home.environ.pop(name, None)
        for path, text in (FILES | fault.files).items():
            (home.folder / path).parent.mkdir(exist_ok=True, parents=True)
            (home.folder / path).write_text(text)
            (home.folder / path).chmod(0o600)
        if fault.command:
            home.succeed(*fault.command)

    return plant


@pytest.fixture(scope="module")
def client_forks(environment, wheel):
    """What starts pip and twine as forks: of processes that have imported them, in the environments that have them."""
    found = {
        "pip": Forks(environment("pip>=26.2").python, "pip._internal.cli.main", "pip._internal.commands.download"),
        "twine": Forks(
            environment(wheel, "twine>=7").python, "twine.__main__", "twine.commands.upload", "keyring.core"
        ),
    }
    yield found
    for forks in found.values():
        forks.close()


def working(home, client_forks):
    """Return the clients that install from CodeArtifact or publish to it."""
    # pip and twine have computed where it would be when they were imported.
    home.environ["PIP_NO_CACHE_DIR"] = "1"
    dist = home.folder / "dist"
    dist.mkdir()
    package = wheels.build(dist, f"package-{uuid4().hex[:8]}")
    commands = {
        "pip": ("pip", "download", "--quiet", "--no-deps", "--dest", home.folder / "downloads", "acme-tools"),
        "uv": ("uv", "pip", "compile", "--quiet", "requirements.in"),
        "twine": ("twine", "upload", "--non-interactive", "--repository", "codeartifact", package),
    }
    (home.folder / "requirements.in").write_text("acme-tools\n")

    def start(client, *arguments):
        if client not in client_forks:
            return home.run(client, *arguments)
        return home.fork("python", "-m", client, *arguments, forks=client_forks[client])

    return {client for client, command in commands.items() if start(*command).returncode == 0}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_doctor_is_green_where_a_client_works(home, doctor, plant_fault, client_forks, fault):
    plant_fault(fault)
    checks = doctor(PATH=home.environ["PATH"])[1]
    assert working(home, client_forks) == fault.working
    assert {client for client in ("pip", "uv", "twine") if is_green(client, checks)} == fault.working
