"""What the image is made of: little, nothing secret, and nothing that the tool would miss."""

import json
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path
from uuid import uuid4

import pytest

from support.containers import CA_BUNDLE, IMAGE, PYTHON_IMAGE, ROOT, build, docker, saved

TOOL = "/opt/keyrings-codeartifact"
MOST_MEGABYTES = 20


@pytest.fixture(scope="module")
def image(network):
    """What the engine knows of the image, which comes with the network."""
    [found] = json.loads(docker("image", "inspect", IMAGE).stdout)
    return found


def layers():
    """Return for each layer of the image what made it and its size in bytes, the newest first."""
    said = docker("history", "--no-trunc", "--human=false", "--format", "{{.Size}}\t{{.CreatedBy}}", IMAGE).stdout
    return [(made, int(size)) for size, made in (line.split("\t", 1) for line in said.splitlines())]


def test_the_size(image, capsys):
    """Of all that `pip install keyrings.codeartifact` brings, and what twine shares of it."""
    found = layers()
    with capsys.disabled():
        print()
        for made, size in found:
            if size:
                print(f"{size / 1e6:8.1f} MB  {made[:90]}")
    copied = {made.split()[1]: size for made, size in found if made.startswith("COPY")}
    assert set(copied) == {TOOL, "/clients", "/package"}
    assert copied[TOOL] + copied["/package"] <= MOST_MEGABYTES * 1e6


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


def in_image(code, *options):
    """Run Python code with the tool's interpreter and return what it prints."""
    words = ("run", "--rm", "--interactive", "--entrypoint", f"{TOOL}/bin/python", *options, IMAGE, "-I", "-")
    return docker(*words, input=code).stdout


def test_what_is_left_out(image):
    """No desktop's keyring, no compiler, no installer, no tests, no caches."""
    names = in_image(
        "import os\nfor folder, _, files in os.walk('/opt/keyrings-codeartifact'):\n"
        "    print(folder)\n    [print(os.path.join(folder, name)) for name in files]\n"
    ).splitlines()
    packages = {match[1] for name in names if (match := re.search(r"/site-packages/([^/]+)$", name))}
    assert {"botocore", "keyring", "keyrings", "twine"} <= packages
    assert not packages & {
        "cryptography",
        "secretstorage",
        "jeepney",
        "cffi",
        "boto3",
        "pip",
        "moto",
        "hatchling",
        "pytest",
    }
    services = {match[1] for name in names if (match := re.search(r"/botocore/data/([^/.]+)$", name))}
    assert services == {"codeartifact", "sts", "sso", "sso-oidc"}
    assert (
        docker(
            "run",
            "--rm",
            "--user=0",
            IMAGE,
            "sh",
            "-c",
            "command -v gcc cc make; ls -A /var/cache/pip /build /tmp",
            check=False,
        ).stdout
        == "/tmp:\n"
    )


def test_it_is_compiled(image):
    """For the user is not who may write there; by what it holds and not by time, which layers do not keep."""
    lacking = in_image(
        "import os, importlib.util\n"
        "for folder, _, files in os.walk('/opt/keyrings-codeartifact/lib'):\n"
        "    for name in files:\n"
        "        source = os.path.join(folder, name)\n"
        "        if name.endswith('.py') and not os.path.exists(importlib.util.cache_from_source(source)):\n"
        "            print(source)\n"
    )
    assert lacking == ""


def test_nobody_but_root_can_change_the_tool(image):
    said = docker(
        "run", "--rm", IMAGE, "find", TOOL, "-not", "-type", "l", "(", "-writable", "-o", "-not", "-user", "root", ")"
    )
    assert said.stdout == ""


def test_botocore_misses_nothing(image):
    """What was taken out of it is asked for by nobody: every client that it makes for a token can be made."""
    said = in_image(
        "import botocore.session\n"
        "session = botocore.session.get_session()\n"
        "for service in ('codeartifact', 'sts', 'sso', 'sso-oidc'):\n"
        "    client = session.create_client(service, region_name='eu-central-1', aws_access_key_id='a', aws_secret_access_key='b')\n"
        "    print(client.meta.endpoint_url)\n"
        "session.get_component('credential_provider')\n"
        "print(*session.get_available_regions('codeartifact'))\n"
    )
    assert said.splitlines()[:2] == [
        "https://codeartifact.eu-central-1.amazonaws.com",
        "https://sts.eu-central-1.amazonaws.com",
    ]
    assert "us-east-1" in said.splitlines()[-1]


def test_no_secret_is_in_it(image):
    """Least of all the CA that the build was given, if it is one that nobody else has."""
    content = saved(IMAGE)
    assert b"keyrings/codeartifact/cli/keyring.py" in content
    lines = re.findall(rb"^[A-Za-z0-9+/]{64}$", Path(CA_BUNDLE).read_bytes(), re.MULTILINE)
    known = set(re.findall(rb"^[A-Za-z0-9+/]{64}$", saved(PYTHON_IMAGE) + in_image(_BUNDLES).encode(), re.MULTILINE))
    assert not any(line in content for line in set(lines) - known)


# Mozilla's, as botocore and certifi bring it along.
_BUNDLES = f"""
import glob
for path in glob.glob('{TOOL}/lib/**/cacert.pem', recursive=True):
    print(open(path).read())
"""


def test_a_second_build_reuses_the_dependencies(image, tmp_path):
    """A change of the source costs its own layer only."""
    folder = tmp_path / "source"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", ".venv", "dist", "tests", ".*_cache"))
    path = folder / "src" / "keyrings" / "codeartifact" / "ci" / "setup.py"
    # A change that no build before has had: the engine's cache outlives the tests.
    path.write_text(f"{path.read_text()}\n# {uuid4().hex}\n")
    said = build(
        folder,
        "--build-arg",
        f"PYTHON_IMAGE={PYTHON_IMAGE}",
        "--target=client",
        tag="keyrings-codeartifact-changed",
        dockerfile="docker/Dockerfile",
    )
    docker("image", "rm", "keyrings-codeartifact-changed")
    steps = dict(re.findall(r"^#(\d+) \[(.*)\]", said, re.MULTILINE))
    steps = {number: re.search(rf"^#{number} \[.*?\] (.*)", said, re.MULTILINE)[1] for number in steps}
    cached = {step for number, step in steps.items() if re.search(rf"^#{number} CACHED", said, re.MULTILINE)}
    made = {step for number, step in steps.items() if re.search(rf"^#{number} DONE", said, re.MULTILINE)}
    assert any("requirements.txt" in step and step.startswith("RUN") for step in cached)
    assert {
        "COPY --from=dependencies /opt/keyrings-codeartifact /opt/keyrings-codeartifact",
        "COPY --from=clients /clients /opt/keyrings-codeartifact",
    } <= cached
    assert any(step.startswith("COPY --from=wheel") for step in made)


@pytest.mark.parametrize("name", ["requirements.txt", "clients.txt", "build.txt", "emulator.txt"])
def test_what_is_pinned_names_no_index(name):
    text = (ROOT / "docker" / name).read_text()
    assert "://" not in text
    for requirement in re.split(r"\n(?=\S)", text.strip()):
        assert requirement.startswith("#") or re.match(
            r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ \\\n    --hash=sha256:", requirement
        )


def test_what_is_pinned_is_what_the_package_needs():
    text = (ROOT / "docker" / "requirements.txt").read_text()
    needed = re.search(r"^dependencies = \[(.*?)\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE)[1]
    pinned = set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))
    assert set(re.findall(r'"([a-z0-9-]+)', needed)) <= pinned
    others = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "docker" / "clients.txt").read_text(), re.MULTILINE))
    assert not pinned & others


def test_container_structure_test(image):
    program = Path(sysconfig.get_path("scripts")) / "container-structure-test"
    done = subprocess.run(
        [program, "test", "--image", IMAGE, "--config", ROOT / "tests" / "docker" / "structure.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_s_own_unit_tests(network, tmp_path):
    """The package's, by the Python that the image has."""
    script = (
        "set -e; python3 -m venv --without-pip --system-site-packages /tmp/tests; "
        f"echo {TOOL}/lib/python3*/site-packages > $(echo /tmp/tests/lib/python3*/site-packages)/tool.pth; "
        "python3 -m pip --python /tmp/tests/bin/python install --quiet pytest certifi; cd /repository; "
        "/tmp/tests/bin/python -m pytest -q -p no:cacheprovider tests/unit"
    )
    done = docker(
        *(
            "run",
            "--rm",
            "--entrypoint=sh",
            "--volume",
            f"{ROOT}:/repository:ro",
            "--volume",
            f"{CA_BUNDLE}:/ca.pem:ro",
        ),
        *(
            "--env",
            "PIP_CERT=/ca.pem",
            "--env",
            "PYTHONDONTWRITEBYTECODE=1",
            "keyrings-codeartifact-emulator",
            "-c",
            script,
        ),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
