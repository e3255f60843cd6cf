"""Images that users build: on ours, or with it, and whatever they hand to the build, no token is left in them.

The Dockerfiles and commands are those of docs/how-to/docker.md.
"""

import json
import os
import re
import sysconfig
from uuid import uuid4

import pytest

from support.commands import page
from support.containers import IMAGE, KEYS, PUBLISHED, RELEASE, SECRETS, TOKEN, block, build, docker, saved, shell

INDEX = f"{RELEASE}/simple/"
# What trusts the emulator, and is else the image under test.
TRUSTING = "keyrings-codeartifact-trusting"
INSTALL = "keyrings-codeartifact exec -- pip install acme-tools"


@pytest.fixture(scope="module")
def certificate(network, tmp_path_factory):
    """The emulator's certificate, in a file."""
    path = tmp_path_factory.mktemp("certificate") / "ca.pem"
    path.write_text(network.succeed("cat", "/ca/ca.pem"))
    path.chmod(0o644)
    return path


@pytest.fixture(scope="module")
def trusting(certificate):
    bundles = " ".join(
        f"{name}=/ca.pem" for name in ("AWS_CA_BUNDLE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
    )
    (certificate.parent / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY ca.pem /ca.pem\nENV {bundles}\n")
    build(certificate.parent, tag=TRUSTING)
    yield TRUSTING
    docker("image", "rm", "--force", TRUSTING)


@pytest.fixture
def tag():
    """A name for an image, which is gone after the test."""
    name = f"test-{uuid4().hex[:12]}"
    yield name
    docker("image", "rm", "--force", name, check=False)


@pytest.fixture
def make(network, trusting, tag, tmp_path):
    """Return a function that builds a Dockerfile in reach of the emulator, and returns what the builder said."""
    proxy = (
        "--network=host",
        f"--build-arg=HTTPS_PROXY={network.proxy_url}",
        f"--build-arg=https_proxy={network.proxy_url}",
    )
    (tmp_path / "context").mkdir()

    def from_text(text, *words, check=True):
        (tmp_path / "context" / "Dockerfile").write_text(text.replace(PUBLISHED, trusting))
        # Not from a cache, to which a step with this secret is the same as with any other, or with none.
        return build(tmp_path / "context", "--no-cache", *proxy, *words, tag=tag, check=check)

    return from_text


@pytest.fixture
def token(network, tmp_path):
    """A token, and the option that hands it to a build."""
    value = network.succeed("keyrings-codeartifact", "token", CODEARTIFACT_INDEX_URL=INDEX, **KEYS).strip()
    (tmp_path / "token").write_text(value)
    return value, ("--secret", f"id=CODEARTIFACT_AUTH_TOKEN,src={tmp_path / 'token'}")


@pytest.mark.parametrize("name", ["from", "stage"])
def test_with_a_token(make, tag, token, calls, name):
    value, secret = token
    calls()
    make(block(name), *secret)
    image = saved(tag)
    assert b"acme_tools" in image
    assert value.encode() not in image
    assert calls() == 0


def test_a_built_image_runs(make, tag, token):
    make(block("from"), *token[1])
    docker("run", "--rm", tag)


def test_the_command_that_hands_over_a_token(network, make, tag, certificate, tmp_path, trusting):
    (tmp_path / "context" / "Dockerfile").write_text(block("from").replace(PUBLISHED, trusting))
    (tmp_path / "config.json").write_text(json.dumps({"proxies": {"default": {"httpsProxy": network.proxy_url}}}))
    environ = {
        "PATH": f"{sysconfig.get_path('scripts')}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "DOCKER_CONFIG": str(tmp_path),
        "HTTPS_PROXY": network.proxy_url,
        "AWS_CA_BUNDLE": str(certificate),
        "CODEARTIFACT_CACHE": "off",
        **KEYS,
    }
    script = block("secret").replace("buildx build", f"buildx build --no-cache --network=host --tag {tag}")
    said = shell(script, cwd=tmp_path / "context", environ=environ)
    assert b"acme_tools" in saved(tag)
    assert not TOKEN.search(said)


def test_with_aws_credentials(network, make, tag, tmp_path, calls):
    """The token is kept while the step lasts, in its memory.  It is told to the test by way of a cache mount."""
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id = {KEYS['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {SECRETS[0]}\n"
    )
    witness = f"--mount=type=cache,id={uuid4().hex},target=/witness,uid=65532"
    make(
        f"FROM {PUBLISHED}\nENV CODEARTIFACT_INDEX_URL={INDEX}\n"
        f"RUN {witness} --mount=type=secret,id=aws,mode=0444,target=/home/user/.aws/credentials "
        f"{INSTALL} && keyring get {INDEX} aws > /witness/token && ls /dev/shm/*/*.token\n",
        *("--secret", f"id=aws,src={tmp_path / 'credentials'}"),
    )
    image = saved(tag)
    assert calls() == 1
    said = make(f"FROM {PUBLISHED}\nRUN {witness} cat /witness/token\n")
    [value] = set(TOKEN.findall(said))
    assert b"acme_tools" in image
    assert value.encode() not in image
    assert SECRETS[0].encode() not in image


def test_what_is_written_to_a_file_is_found(make, tag):
    """Or the tests above could not fail."""
    make(f"FROM {PUBLISHED}\nRUN echo $((123456 * 1000003)) > /tmp/left\n")
    assert str(123456 * 1000003).encode() in saved(tag)


def test_a_build_without_anything_says_why(make):
    said = make(
        f"FROM {PUBLISHED}\nENV CODEARTIFACT_INDEX_URL={INDEX} AWS_EC2_METADATA_DISABLED=true\nRUN {INSTALL.replace('exec', 'exec --check')}\n",
        check=False,
    )
    assert re.search(
        r"keyrings-codeartifact: error: no AWS credentials found for .*; .* \[CA415\]$", said, re.MULTILINE
    )
    assert page("CA415") in said


def test_the_command_that_builds_the_image():
    """What compose has built is built by it too."""
    words = block("build").split()
    assert words[:5] == ["make", "bundle", "docker", "buildx", "build"]
    assert words[words.index("--file") + 1] == "docker/Dockerfile"
    assert words[words.index("--tag") + 1] == IMAGE


def test_a_secret_that_was_forgotten_ends_the_build(make):
    said = make(block("from"), check=False)
    assert "ERROR: failed to solve: secret CODEARTIFACT_AUTH_TOKEN not found" in said
