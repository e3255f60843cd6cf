"""What the threat model promises and no other test is about."""

import pytest
import trustme
from conftest import RELEASE

INDEX = f"{RELEASE}/simple/"


def test_nothing_of_a_checkout_is_read(home, tool, emulator):
    """Neither a configuration nor a module, whatever it is called."""
    checkout = home.folder / "checkout"
    hostile = "[codeartifact]\naws_access_key_id = AKIAHOSTILE000000001\naws_secret_access_key = MARKED\n"
    for name in (
        "keyringrc.cfg",
        "python_keyring/keyringrc.cfg",
        ".config/python_keyring/keyringrc.cfg",
        ".aws/config",
    ):
        path = checkout / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(hostile)
    for name in ("keyrings", "keyring", "botocore", "filelock", "platformdirs", "sitecustomize", "configparser"):
        (checkout / f"{name}.py").write_text("raise SystemExit('hostile')\n")
    for command in ("keyring", "codeartifact-keyring"):
        home.succeed(tool.bin / command, "get", INDEX, "aws", cwd=checkout, CODEARTIFACT_CACHE="off")
    home.succeed(tool.bin / "keyrings-codeartifact", "token", INDEX, cwd=checkout, CODEARTIFACT_CACHE="off")
    keys = [entry.access_key_id for entry in emulator.journal.entries("GetAuthorizationToken")]
    assert keys == ["AKIACHAIN00000000001"] * 3


@pytest.mark.parametrize("which", ["another authority", "none"])
def test_a_certificate_of_somebody_else_s(home, tool, emulator, which):
    """Whoever sits in between has no token, and no signature to replay it with."""
    authority = home.folder / "ca.pem"
    if which == "another authority":
        trustme.CA().cert_pem.write_to_path(authority)
        home.environ["AWS_CA_BUNDLE"] = str(authority)
    else:
        for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "PIP_CERT"):
            home.environ.pop(name)
    done = home.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
    assert (done.returncode, done.stdout) == (1, "")
    assert "the TLS certificate of https://codeartifact.us-east-1.amazonaws.com cannot be verified" in done.stderr
    assert emulator.journal.entries() == []
