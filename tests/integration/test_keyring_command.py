"""`codeartifact-keyring` hands everything that is not its own to keyring: same output, same exit code."""

import pytest

from support.seed import RELEASE

INDEX = f"{RELEASE}/simple/"
OTHER = """
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential


class Keyring(KeyringBackend):
    priority = 1

    def get_password(self, service, username):
        return f"other password of {username}"

    def get_credential(self, service, username):
        return SimpleCredential(username or "somebody", "other password")

    def set_password(self, service, username, password):
        print("other set")

    def delete_password(self, service, username):
        print("other deleted")
"""
NULL = "keyring.backends.null.Keyring"


@pytest.fixture
def both(home, tool):
    """Return a function that runs both programs on the same command line and returns how each ended."""
    (home.folder / "other.py").write_text(OTHER)
    home.environ["PYTHONPATH"] = str(home.folder)

    # Under the name that it has on a PATH of the image's or the action's.
    front = home.folder / "front" / "keyring"
    front.parent.mkdir()
    front.symlink_to(tool.bin / "codeartifact-keyring")

    def run(*arguments, **environ):
        ends = []
        for program in (tool.bin / "keyring", front):
            done = home.run(program, *arguments, stdin="secret\n", **environ)
            # Backends are listed in no order, and above an error may be a traceback through either program.
            ends.append((done.returncode, sorted(done.stdout.splitlines()), done.stderr.splitlines()[-1:]))
        return ends

    return run


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["get", "https://example.com/", "user"], id="somebody else's service"),
        pytest.param(["get", INDEX, "__token__"], id="another user"),
        pytest.param(["get", INDEX], id="no user"),
        pytest.param(["-b", "other.Keyring", "get", INDEX, "aws"], id="-b"),
        pytest.param(["--keyring-backend=other.Keyring", "--mode=creds", "get", INDEX], id="--keyring-backend"),
        pytest.param(["get", INDEX, "aws", "-b", "other.Keyring"], id="-b behind"),
        pytest.param(["-b", "no.such.Keyring", "get", INDEX, "aws"], id="a backend that is not there"),
        pytest.param(["--list-backends"], id="--list-backends"),
        pytest.param(["diagnose"], id="diagnose"),
        pytest.param(["--help"], id="--help"),
        pytest.param([], id="nothing"),
        pytest.param(["--mode", "other", "get", INDEX], id="a mode that is not there"),
        pytest.param(["get", INDEX, "aws", "more"], id="too much"),
        pytest.param(["set", "https://example.com/", "user"], id="set"),
        pytest.param(["set", INDEX, "aws"], id="set a token"),
        pytest.param(["del", INDEX, "aws"], id="delete a token"),
        pytest.param(["-b", "other.Keyring", "set", INDEX, "aws"], id="set elsewhere"),
    ],
)
def test_the_same(both, arguments, signers):
    with_keyring, with_ours = both(*arguments)
    assert with_ours == with_keyring
    assert signers() == set()


@pytest.mark.parametrize("arguments", [["get", INDEX, "aws"], ["--mode=creds", "--output=json", "get", INDEX]])
@pytest.mark.parametrize("backend", ["other.Keyring", NULL])
def test_another_backend_by_the_environment(both, arguments, backend, signers):
    with_keyring, with_ours = both(*arguments, PYTHON_KEYRING_BACKEND=backend)
    assert with_ours == with_keyring
    assert signers() == set()


@pytest.mark.parametrize("backend", ["other.Keyring", NULL])
def test_another_backend_by_the_file(both, home, backend, signers):
    home.config.write_text(f"[backend]\ndefault-keyring = {backend}\n")
    with_keyring, with_ours = both("get", INDEX, "aws")
    assert with_ours == with_keyring
    assert signers() == set()


def test_the_environment_goes_before_the_file(both, home, tool, emulator):
    """Whichever of them names our backend."""
    ours = "keyrings.codeartifact.CodeArtifactBackend"
    home.config.write_text(f"[backend]\ndefault-keyring = {ours}\n")
    with_keyring, with_ours = both("get", INDEX, "aws", PYTHON_KEYRING_BACKEND="other.Keyring")
    assert with_ours == with_keyring
    home.config.write_text("[backend]\ndefault-keyring = other.Keyring\n")
    done = home.succeed(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", PYTHON_KEYRING_BACKEND=ours)
    assert done.stdout.strip() in emulator.issued_tokens()


@pytest.mark.parametrize(
    "name", ["keyrings.codeartifact.CodeArtifactBackend", "keyrings.codeartifact.backend.CodeArtifactBackend"]
)
@pytest.mark.parametrize("way", ["environment", "file"])
def test_our_backend_by_name(home, tool, name, way):
    """It answers itself: keyring, which cannot be imported here, is not needed."""
    (home.folder / "keyring.py").write_text("raise SystemExit('keyring was imported')")
    home.config.write_text(f"[backend]\ndefault-keyring = {name}\n" if way == "file" else "")
    environ = {"PYTHON_KEYRING_BACKEND": name} if way == "environment" else {}
    home.succeed(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", PYTHONPATH=str(home.folder), **environ)


def test_a_broken_file_is_keyring_s_business_for_services_of_others(both, home):
    home.config.write_text("[codeartifact\n")
    with_keyring, with_ours = both("get", "https://example.com/", "user")
    assert with_ours == with_keyring
