"""What the image is made of: little, nothing secret, and nothing that the tool would miss."""

import json
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from uuid import uuid4

import pytest

from support.bundle import NAME, load, with_identity
from support.containers import CA_BUNDLE, IMAGE, PYTHON_IMAGE, ROOT, build_image, docker, saved

TOOL = "/opt/keyrings-codeartifact"
PACKAGES, CLIENTS = f"{TOOL}/packages", f"{TOOL}/clients"
MOST_OF_THE_TOOL, MOST = 12_000_000, 70_000_000  # in bytes, above the base
SERVICES = load("contents").SERVICES
# Imported by `twine check` only.
NOT_COMPILED = ("/docutils/", "/pygments/lexers/")


@pytest.fixture(scope="module")
def image(network):
    """What the engine knows of the image, which comes with the network."""
    [found] = json.loads(docker("image", "inspect", IMAGE).stdout)
    return found


def layers(image):
    """Return for each layer of the image what made it and its size in bytes, the newest first."""
    said = docker("history", "--no-trunc", "--human=false", "--format", "{{.Size}}\t{{.CreatedBy}}", image).stdout
    return [(made, int(size)) for size, made in (line.split("\t", 1) for line in said.splitlines())]


def test_the_size(image, slim, capsys):
    whole, base = layers(IMAGE), sum(size for _, size in layers(PYTHON_IMAGE))
    with capsys.disabled():
        print()
        for made, size in whole:
            if size:
                print(f"{size / 1e6:8.1f} MB  {made[:90]}")
    copied = {made.split()[1]: size for made, size in whole if made.startswith("COPY")}
    assert set(copied) == {TOOL, CLIENTS}
    assert copied[TOOL] <= MOST_OF_THE_TOOL
    assert sum(size for _, size in whole) - base <= MOST
    assert sum(size for _, size in layers(slim)) - base <= MOST_OF_THE_TOOL


def test_the_labels_and_the_user(image):
    config = image["Config"]
    assert config["Labels"]["org.opencontainers.image.version"] == version()
    assert {"title", "description", "version", "licenses", "source", "documentation"} <= {
        name.removeprefix("org.opencontainers.image.") for name in config["Labels"]
    }
    assert re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", config["User"])
    assert config["Entrypoint"] == ["keyrings-codeartifact", "exec", "--"]


def version():
    return re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)[1]


def in_image(code):
    """Run Python code with the tool's packages and return what it prints."""
    script = f"import sys\nsys.path.insert(0, '{PACKAGES}')\n{code}"
    return docker("run", "--rm", "--interactive", "--entrypoint", "python3", IMAGE, "-IS", "-", input=script).stdout


def test_what_is_left_out(image):
    """No desktop's keyring, no compiler, no installer, no tests, no caches, and no package twice."""
    names = in_image(
        f"import os\nfor folder, _, files in os.walk('{TOOL}'):\n"
        "    print(folder)\n    [print(os.path.join(folder, name)) for name in files]\n"
    ).splitlines()
    tool, clients = (
        {match[1] for name in names if (match := re.search(rf"/{folder}/([^/.]+)$", name))} - {"__pycache__"}
        for folder in ("packages", "site-packages")
    )
    assert {"botocore", "keyring", "keyrings"} <= tool
    assert {"twine", "uv"} <= clients
    assert not tool & clients
    desktop = {"cryptography", "secretstorage", "jeepney", "cffi"}
    assert not (tool | clients) & {*desktop, "boto3", "pip", "moto", "hatchling", "pytest"}
    services = {match[1] for name in names if (match := re.search(r"/botocore/data/([^/.]+)$", name))}
    assert services == set(SERVICES)
    left = "command -v gcc cc make; ls -A /var/cache/pip /build /tmp"
    assert docker("run", "--rm", "--user=0", IMAGE, "sh", "-c", left, check=False).stdout == "/tmp:\n"


def test_it_is_compiled(image):
    """Users cannot write there.  Python does not check the sources, as layers do not keep exact times."""
    lacking = in_image(
        "import importlib.util, pathlib\n"
        f"for source in pathlib.Path('{TOOL}').glob('**/*.py'):\n"
        "    compiled = pathlib.Path(importlib.util.cache_from_source(source))\n"
        "    if not compiled.exists() or compiled.read_bytes()[4:8] != bytes([1, 0, 0, 0]):\n"
        "        print(source)\n"
    ).splitlines()
    assert [source for source in lacking if not any(folder in source for folder in NOT_COMPILED)] == []


def test_all_can_read_the_tool_and_only_root_can_change_it(image):
    wrong = ("(", "-writable", "-o", "-not", "-readable", "-o", "-not", "-user", "root", ")")
    assert docker("run", "--rm", IMAGE, "find", TOOL, "-not", "-type", "l", *wrong).stdout == ""
    programs = ("-type", "f", "-path", f"{TOOL}/commands-*", "-not", "-executable")
    assert docker("run", "--rm", IMAGE, "find", TOOL, *programs).stdout == ""


def test_root_adds_nothing_to_the_tool(image):
    """The commands are where the tool itself looks for them."""
    listed = [
        docker("run", "--rm", "--user=0", *options, IMAGE, *words, TOOL).stdout
        for options, words in (((), ("ls", "-R")), (("--entrypoint=ls",), ("-R",)))
    ]
    assert listed[0] == listed[1]


def test_botocore_misses_nothing(image):
    """What was taken out of it is asked for by nobody: every client that it makes for a token can be made."""
    said = in_image(
        "import botocore.session\n"
        "session = botocore.session.get_session()\n"
        f"for service in {SERVICES}:\n"
        "    client = session.create_client(service, region_name='eu-central-1', aws_access_key_id='a', aws_secret_access_key='b')\n"
        "    print(client.meta.endpoint_url)\n"
        "session.get_component('credential_provider')\n"
        "print(*session.get_available_regions('codeartifact'))\n"
    )
    endpoints = dict(zip(SERVICES, said.splitlines(), strict=False))
    assert endpoints["codeartifact"] == "https://codeartifact.eu-central-1.amazonaws.com"
    assert endpoints["sts"] == "https://sts.eu-central-1.amazonaws.com"
    assert "us-east-1" in said.splitlines()[-1]


def test_every_module_can_be_imported(image):
    """By the image's Python, but for the emulator, which needs moto."""
    said = in_image(
        "import importlib, pkgutil\n"
        "import keyrings.codeartifact as package\n"
        "for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "    if not module.name.endswith('__main__'):\n"
        "        print(importlib.import_module(module.name).__name__)\n"
    ).splitlines()
    folder = ROOT / "src" / "keyrings" / "codeartifact"
    assert {f"keyrings.codeartifact.cli.{path.stem}" for path in folder.glob("cli/[a-z]*.py")} <= set(said)


def test_twine_has_what_it_needs(image):
    """From its own packages and those of the bundle, whose pins know nothing of twine."""
    words = ("run", "--rm", IMAGE, "python3", "-m", "pip", "--python", f"{CLIENTS}/bin/python", "check")
    missing = re.findall(
        r"^\S+ \S+ (?:requires|has requirement) (\S+)", docker(*words, check=False).stdout, re.MULTILINE
    )
    # Of keyring, for desktops.
    assert sorted(missing) == ["jeepney,", "secretstorage,"]


def test_no_secret_is_in_it(image):
    """Least of all the CA that the build was given, if it is one that nobody else has."""
    content = saved(IMAGE)
    assert b"keyrings/codeartifact/cli/keyring.py" in content
    known = set(re.findall(rb"^[A-Za-z0-9+/]{64}$", saved(PYTHON_IMAGE) + in_image(_BUNDLES).encode(), re.MULTILINE))
    certificates = Path(CA_BUNDLE).read_bytes().split(b"-----BEGIN CERTIFICATE-----")
    own = [
        [line for line in re.findall(rb"^[A-Za-z0-9+/]{64}$", certificate, re.MULTILINE) if line not in known]
        for certificate in certificates
    ]
    # Two of each certificate: all would take five seconds.
    assert not any(line in content for lines in own for line in (*lines[:1], *lines[1:][-1:]))


# Mozilla's, as botocore and certifi bring it along.
_BUNDLES = f"""
import glob
for path in glob.glob('{TOOL}/**/cacert.pem', recursive=True):
    print(open(path).read())
"""


def test_another_bundle_does_not_install_the_clients_again(image, tmp_path):
    folder = tmp_path / "context"
    (folder / "dist").mkdir(parents=True)
    shutil.copytree(ROOT / "docker", folder / "docker")
    # One that no build before has had: the engine's cache outlives the tests.
    with_identity(ROOT / "dist" / NAME, folder / "dist" / NAME)
    tag = f"test-{uuid4().hex[:12]}"
    said = build_image("--target=client", tag=tag, folder=folder)
    docker("image", "rm", tag)
    steps = dict(re.findall(r"^#(\d+) (\[.*? \d+/\d+\] RUN)", said, re.MULTILINE))
    stages = {
        word: {
            step.split()[0] for number, step in steps.items() if re.search(rf"^#{number} {word}", said, re.MULTILINE)
        }
        for word in ("CACHED", "DONE")
    }
    assert stages["DONE"] == {"[tool"}
    assert "[clients" in stages["CACHED"]


@pytest.mark.parametrize("name", ["clients.txt", "emulator.txt"])
def test_what_is_pinned_names_no_index(name):
    text = (ROOT / "docker" / name).read_text()
    assert "://" not in text
    for requirement in re.split(r"\n(?=\S)", text.strip()):
        assert requirement.startswith("#") or re.match(
            r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ \\\n    --hash=sha256:", requirement
        )


def test_container_structure_test(image):
    program = Path(sysconfig.get_path("scripts")) / "container-structure-test"
    done = subprocess.run(
        [program, "test", "--image", IMAGE, "--config", ROOT / "tests" / "docker" / "structure.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
