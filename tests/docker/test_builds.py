"""Images that users build: on ours, or with it, and whatever they hand to the build, no token is left in them."""

import re
import subprocess
from uuid import uuid4

import pytest
from containers import CA_BUNDLE, IMAGE, KEYS, RELEASE, SECRETS, TOKEN, build, docker

INDEX = f"{RELEASE}/simple/"
INSTALL = "pip install --quiet --root-user-action=ignore acme-tools"


@pytest.fixture
def user_build(network, tmp_path):
    """Return a function that builds a Dockerfile with the emulator in reach and returns the bytes of the whole image."""
    tag = f"test-{uuid4().hex[:12]}"
    network.succeed("cat", "/ca/ca.pem")
    (tmp_path / "emulator.pem").write_text(network.succeed("cat", "/ca/ca.pem"))
    (tmp_path / "credentials").write_text(
        f"[default]\naws_access_key_id = {KEYS['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = {SECRETS[0]}\n"
    )
    proxy = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), network.proxy_url)
    (tmp_path / "folder").mkdir()

    def make(text, *words, check=True):
        (tmp_path / "folder" / "Dockerfile").write_text(text)
        arguments = (word for name, value in proxy.items() for word in ("--build-arg", f"{name}={value}"))
        secrets = (
            "--secret",
            f"id=emulator,src={tmp_path / 'emulator.pem'}",
            "--secret",
            f"id=aws,src={tmp_path / 'credentials'}",
        )
        return build(tmp_path / "folder", "--network=host", *arguments, *secrets, *words, tag=tag, check=check)

    yield make, tag
    docker("image", "rm", "--force", tag)


def content(tag, tmp_path):
    """Return everything that an image is: its layers, its configuration and its history."""
    with open(tmp_path / "image.tar", "wb") as file:
        subprocess.run(["docker", "save", tag], stdout=file, check=True)
    return (tmp_path / "image.tar").read_bytes()


CA = "AWS_CA_BUNDLE=/run/secrets/emulator PIP_CERT=/run/secrets/emulator REQUESTS_CA_BUNDLE=/run/secrets/emulator"
MOUNT = "--mount=type=secret,id=emulator,mode=0444"


def test_on_our_image_with_a_token(network, user_build, tmp_path, calls):
    make, tag = user_build
    token = network.succeed("keyrings-codeartifact", "token", CODEARTIFACT_INDEX_URL=INDEX, **KEYS).strip()
    (tmp_path / "token").write_text(token)
    make(
        f"FROM {IMAGE}\nENV CODEARTIFACT_INDEX_URL={INDEX}\n"
        f"RUN {MOUNT} --mount=type=secret,id=CODEARTIFACT_AUTH_TOKEN,mode=0444 {CA} keyrings-codeartifact exec -- {INSTALL}\n"
        "RUN python3 -c 'import acme_tools'\n",
        *("--secret", f"id=CODEARTIFACT_AUTH_TOKEN,src={tmp_path / 'token'}"),
    )
    image = content(tag, tmp_path)
    assert b"acme_tools" in image
    assert token.encode() not in image
    assert calls() == 1


def test_on_our_image_with_aws_credentials(network, user_build, tmp_path):
    """The token is kept while the step lasts, in its memory.  It is told to the test by way of a cache mount."""
    make, tag = user_build
    witness = f"--mount=type=cache,id={uuid4().hex},target=/witness,uid=65532"
    make(
        f"FROM {IMAGE}\nENV CODEARTIFACT_INDEX_URL={INDEX}\n"
        f"RUN {MOUNT} {witness} --mount=type=secret,id=aws,mode=0444,target=/home/user/.aws/credentials "
        f"{CA} sh -ec '{INSTALL} --index-url https://aws@{INDEX[8:]}; keyring get {INDEX} aws > /witness/token'\n"
        "RUN python3 -c 'import acme_tools'\n"
    )
    image = content(tag, tmp_path)
    said = make(f"FROM {IMAGE}\nRUN {witness} cat /witness/token\n")
    [token] = set(TOKEN.findall(said))
    assert b"acme_tools" in image
    assert token.encode() not in image
    assert SECRETS[0].encode() not in image
    assert [entry["operation"] for entry in network.requests()].count("GetAuthorizationToken") >= 1


def test_a_control(user_build, tmp_path):
    """What is written to a file is found."""
    make, tag = user_build
    make(f"FROM {IMAGE}\nRUN echo $((123456 * 1000003)) > /tmp/left\n")
    assert str(123456 * 1000003).encode() in content(tag, tmp_path)


def test_beside_an_image_of_ones_own(user_build, tmp_path, network):
    """The tool comes from our image, what it installs goes into another one."""
    make, tag = user_build
    token = network.succeed("keyrings-codeartifact", "token", CODEARTIFACT_INDEX_URL=INDEX, **KEYS).strip()
    (tmp_path / "token").write_text(token)
    base = docker("image", "inspect", "--format", "{{index .RootFS.Layers 0}}", IMAGE).stdout
    assert base
    make(
        f"FROM {IMAGE} AS install\nENV CODEARTIFACT_INDEX_URL={INDEX}\n"
        f"RUN {MOUNT} --mount=type=secret,id=CODEARTIFACT_AUTH_TOKEN,mode=0444 {CA} "
        "keyrings-codeartifact exec -- pip install --quiet --target /home/user/packages acme-tools\n"
        "FROM scratch\nCOPY --from=install /home/user/packages /packages\n",
        *("--secret", f"id=CODEARTIFACT_AUTH_TOKEN,src={tmp_path / 'token'}"),
    )
    image = content(tag, tmp_path)
    assert b"acme_tools" in image
    assert token.encode() not in image


def test_a_build_without_anything_says_why(user_build):
    make, _ = user_build
    said = make(
        f"FROM {IMAGE}\nENV CODEARTIFACT_INDEX_URL={INDEX}\nRUN keyrings-codeartifact exec --check -- {INSTALL}\n",
        check=False,
    )
    assert re.search(r"keyrings-codeartifact: error: .*; ", said)
    assert CA_BUNDLE
