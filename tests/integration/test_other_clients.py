"""Every other client that asks a keyring installs and publishes too, as the page says."""

import json
import sys
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.pages import CLIENTS
from support.project import BY_NAME, UV
from support.seed import RELEASE, SEED

CHAIN = {("111122223333", "AKIACHAIN00000000001")}


@pytest.fixture
def built(project):
    """Return a function that makes a project as `project` does, with a fresh wheel in its dist."""

    def make(requirement, backend):
        folder = project(requirement, backend)
        wheels.build(folder / "dist", f"wheel-{uuid4().hex[:8]}")
        return folder

    return make


def shell(home, client, text, folder, **environ):
    """Run a block of the page as a user's shell, with the client on PATH."""
    path = f"{client.bin}:{home.environ['PATH']}"
    return home.succeed("bash", "-euo", "pipefail", "-c", text, cwd=folder, PATH=path, **environ)


def uploads(emulator):
    return [entry.status for entry in emulator.journal.entries("Upload")]


def test_poetry(home, emulator, environment, wheel, project, signers, search):
    client = environment(wheel, "poetry>=2.5")
    folder = project("poetry-core", "poetry.core.masonry.api")
    home.environ |= {
        "POETRY_CACHE_DIR": str(home.folder / "poetry-cache"),
        "POETRY_CONFIG_DIR": str(home.folder / "poetry-config"),
        "POETRY_NO_INTERACTION": "1",
        "POETRY_VIRTUALENVS_IN_PROJECT": "true",
    }
    shell(home, client, CLIENTS.block("poetry"), folder)
    home.succeed(folder / ".venv" / "bin" / "python", "-c", "import acme_tools")
    assert uploads(emulator) == [200, 200]
    assert signers() == CHAIN
    search()


@pytest.mark.parametrize("keyring", ["library", "command"])
def test_pdm(home, emulator, environment, wheel, built, signers, search, keyring):
    client = environment("pdm[locked]>=2.29", *([wheel] if keyring == "library" else []))
    folder = built("pdm-backend", "pdm.backend")
    with (folder / "pyproject.toml").open("a") as file:
        file.write("[tool.pdm]\ndistribution = false\n")
    home.environ |= {"PDM_CHECK_UPDATE": "0", "XDG_CACHE_HOME": str(home.folder / "cache")}
    shell(home, client, CLIENTS.block("pdm"), folder)
    home.succeed(folder / ".venv" / "bin" / "python", "-c", "import acme_tools")
    assert uploads(emulator) == [200]
    assert signers() == CHAIN
    search()


def test_hatch(home, environment, wheel, built):
    """It takes no notice of HTTPS_PROXY, so it goes to the real host name, which leads to an emulator of its own."""
    client = environment(wheel, "hatch>=1.18")
    folder = built("hatchling", "hatchling.build")
    (home.folder / "seed.yaml").write_text(SEED.replace("packages: [acme_tools-*.whl]", ""))
    done = home.succeed(
        *("unshare", "--map-root-user", "--net", "--mount", sys.executable, BY_NAME),
        *(home.folder / "seed.yaml", urlsplit(RELEASE).hostname, "bash", "-euc", CLIENTS.block("hatch")),
        cwd=folder,
        PATH=f"{client.bin}:{home.environ['PATH']}",
    )
    asked = [(entry["operation"], entry["status"]) for entry in json.loads(done.stdout.splitlines()[-1])]
    assert ("GetAuthorizationToken", 200) in asked
    assert ("Upload", 200) in asked


def test_flit(home, emulator, environment, wheel, built, signers, search):
    client = environment(wheel, "flit>=4")
    folder = built("flit_core>=3", "flit_core.buildapi")
    shell(home, client, CLIENTS.block("flit"), folder)
    assert uploads(emulator) == [200, 200]
    assert signers() == CHAIN
    search()


@pytest.mark.parametrize("backend", ["pip", "uv"])
def test_pipx(home, environment, job_python, signers, search, backend):
    client = environment("pipx>=1.18")
    # pipx wants a recent pip of its own, from wherever it installs; here that is a repository without one.
    job_python(home.folder / "pipx" / "shared")
    (home.folder / "bin").mkdir()
    (home.folder / "bin" / "uv").symlink_to(UV)
    home.environ["PATH"] = f"{home.folder / 'bin'}:{home.environ['PATH']}"
    shell(
        *(home, client, CLIENTS.block("pipx"), home.folder),
        PIPX_DEFAULT_BACKEND=backend,
        PIPX_DISABLE_SHARED_LIBS_AUTO_UPGRADE="1",
        PIPX_HOME=str(home.folder / "pipx"),
    )
    assert home.succeed(home.folder / "home" / ".local" / "bin" / "acme-tools").stdout == "1.0\n"
    assert signers() == CHAIN
    search()


BACKEND = """
import io, os, tarfile, zipfile
import acme_tools

METADATA = "Metadata-Version: 2.1\\nName: built-by-tox\\nVersion: 1.0\\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name = "built_by_tox-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as wheel:
        for path, text in {
            "METADATA": METADATA,
            "WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            "RECORD": "",
        }.items():
            wheel.writestr(f"built_by_tox-1.0.dist-info/{path}", text)
    return name


def build_sdist(sdist_directory, config_settings=None):
    name = "built_by_tox-1.0"
    with tarfile.open(os.path.join(sdist_directory, f"{name}.tar.gz"), "w:gz") as archive:
        for path in ("pyproject.toml", "backend.py"):
            archive.add(path, f"{name}/{path}")
        entry = tarfile.TarInfo(f"{name}/PKG-INFO")
        entry.size = len(METADATA)
        archive.addfile(entry, io.BytesIO(METADATA.encode()))
    return f"{name}.tar.gz"
"""


def test_tox(home, environment, virtualenv_data, signers, search):
    """Its build requirement comes from CodeArtifact too."""
    client = environment("tox>=4")
    (home.folder / "tox.ini").write_text(CLIENTS.block("tox"))
    (home.folder / "pyproject.toml").write_text(
        '[project]\nname = "built-by-tox"\nversion = "1.0"\n'
        '[build-system]\nrequires = ["acme-tools"]\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (home.folder / "backend.py").write_text(BACKEND)
    home.succeed(client.bin / "tox", "-q", **virtualenv_data)
    assert signers() == CHAIN
    search()


@pytest.fixture
def chain(environment, wheel):
    """The `keyring` of an environment in which another backend stores passwords in a plain file."""
    return environment(wheel, "keyrings.alt").bin / "keyring"


def test_in_a_chain_the_others_entries_work_and_ours_are_not_stored(home, chain, emulator, search):
    home.succeed(chain, "set", "https://other.example/", "user", stdin="th3ir-own\n")
    assert home.succeed(chain, "get", "https://other.example/", "user").stdout == "th3ir-own\n"
    token = home.succeed(chain, "get", f"{RELEASE}/simple/", "aws").stdout.removesuffix("\n")
    assert token in emulator.issued_tokens()
    search()


def test_what_another_backend_stores_for_our_url_goes_behind_ours(home, chain, emulator):
    home.succeed(chain, "set", f"{RELEASE}/", "aws", stdin="stored\n")
    assert home.succeed(chain, "get", f"{RELEASE}/", "aws").stdout.removesuffix("\n") in emulator.issued_tokens()
    assert home.succeed(chain, "get", f"{RELEASE}/", "aws", AWS_PROFILE="gone").stdout == "stored\n"
    home.succeed(chain, "del", f"{RELEASE}/", "aws")


@pytest.mark.parametrize(
    ("operation", "line"),
    [
        ("set", "keyrings.codeartifact stores no passwords: AWS issues CodeArtifact's tokens"),
        ("del", "keyrings.codeartifact stores no passwords: there is none to delete"),
    ],
)
def test_alone_set_and_delete_end_in_one_clear_line(home, tool, operation, line):
    done = home.run(tool.bin / "keyring", operation, f"{RELEASE}/", "aws", stdin="th3ir-own\n")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith(f": {line}")
