"""The image, and the compose project around it: built and started once, ended with the tests."""

import os
import subprocess

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.containers import (
    COMPOSE,
    KEYS,
    PARTNER,
    PATIENCE,
    RELEASE,
    ROOT,
    SHARED,
    SLIM,
    STAGING,
    Network,
    build_image,
    docker,
)

REASON = "no Docker engine with compose and buildx answers; with REQUIRE_TOOLS=1 that is a failure"


def pytest_collection_modifyitems(items):
    """Skip what needs an engine where there is none."""
    ours = [item for item in items if item.path.parent == ROOT / "tests" / "docker"]
    if ours and os.environ.get("REQUIRE_TOOLS") != "1" and not _has_engine():
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=REASON))


def _has_engine():
    try:
        return all(
            subprocess.run(["docker", *words], capture_output=True, timeout=30, check=False).returncode == 0
            for words in (("info",), ("compose", "version"), ("buildx", "version"))
        )
    except OSError:
        return False


@pytest.fixture(scope="session")
def docker_compose_file():
    return str(COMPOSE)


@pytest.fixture(scope="session")
def docker_setup():
    os.environ |= {"EMULATOR_PORT": "0", "DOCKER_BUILDKIT": "1"}
    # Of the sources as they are; `make test` has done it already.
    subprocess.run(["make", "action"], cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE)
    return ["build --quiet", "up --detach --wait"]


@pytest.fixture(scope="session")
def docker_cleanup():
    return ["down --volumes --timeout 2"]


@pytest.fixture(scope="session")
def network(docker_services, docker_compose_project_name, tmp_path_factory):
    """The network with the emulator in it, which has one package in each repository."""
    network = Network(docker_compose_project_name, docker_services.port_for("emulator", 8080))
    folder = tmp_path_factory.mktemp("dist")
    wheels.build(folder, "acme-tools")
    folder.chmod(0o755)
    for url, keys in ((RELEASE, KEYS), (STAGING, KEYS), (SHARED, PARTNER)):
        twine = (
            "twine",
            "upload",
            "--non-interactive",
            "--repository-url",
            f"{url}/",
            "/dist/acme_tools-1.0-py3-none-any.whl",
        )
        network.succeed(*twine, options=("--volume", f"{folder}:/dist:ro"), **keys)
    return network


@pytest.fixture(scope="session")
def slim(network):
    """The image without uv and twine, built without a network."""
    build_image("--no-cache", "--network=none", "--target=slim", tag=SLIM)
    yield SLIM
    docker("image", "rm", SLIM)


@pytest.fixture
def calls(network):
    """Return a function that tells how often AWS was asked for a token since it was last called."""

    def count():
        found = [entry for entry in network.requests() if entry["operation"] == "GetAuthorizationToken"]
        network.forget()
        return len(found)

    network.forget()
    return count
