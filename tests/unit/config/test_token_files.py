"""Files with a pre-issued token: which are unusable, and how that is reported."""

import os
import subprocess
import sys
import tempfile

import pytest

from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository

RELEASE = Repository("acme", "111122223333", "us-east-1", "release")


def resolved(**environ):
    return resolve(RELEASE, {"CODEARTIFACT_CONFIG": "#", **environ})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty; write only the token to it, on one line"),
        (b"\n", "is empty"),
        (b" \n", "is empty"),
        (b"x" * 16385, "holds more than a token, such as blanks or line breaks; write only the token"),
        (b"x" * 99999, "holds more than a token, such as blanks or line breaks; write only the token"),
        (
            b"MARKED\nMARKED",
            "holds more than a token, such as blanks or line breaks; write only the token to it, on one line",
        ),
        (b"MARKED MARKED", "holds more than a token, such as blanks or line breaks; write only the token"),
        ("MÄRKED".encode(), "holds more than a token, such as blanks or line breaks; write only the token"),
        (None, "which does not exist; correct the path, or check that the file is mounted"),
    ],
)
def test_files_without_a_usable_token(tmp_path, content, message):
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        resolved(CODEARTIFACT_AUTH_TOKEN_FILE=str(path))
    assert str(caught.value).startswith("auth_token_file (CODEARTIFACT_AUTH_TOKEN_FILE)")
    assert message in str(caught.value)
    assert "MARKED" not in str(caught.value)


def test_the_longest_token_in_a_file(tmp_path):
    (tmp_path / "token").write_bytes(b"x" * 16384 + b"\r\n")
    assert resolved(CODEARTIFACT_AUTH_TOKEN_FILE=str(tmp_path / "token")).source.value == "x" * 16384


def test_a_path_that_is_too_long():
    with pytest.raises(ConfigurationError, match=r"cannot be read \(File name too long\); make the file readable"):
        resolved(CODEARTIFACT_AUTH_TOKEN_FILE="/" + "x" * 5000)


def test_a_token_file_must_be_regular(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ConfigurationError, match=f"{path} is not a regular file; name or mount a regular file"):
            resolved(CODEARTIFACT_AUTH_TOKEN_FILE=str(path))


def test_a_token_file_that_this_user_cannot_read():
    """Read in a process of its own, which changes its user if it runs as root."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        path = os.path.join(folder, "token")
        with open(path, "w") as file:
            file.write("MARKED")
        os.chmod(path, 0o000)
        code = (
            "import configparser, os\n"  # another user may be unable to import modules
            "from keyrings.codeartifact import errors, models\nfrom keyrings.codeartifact.config import settings\n"
            "os.getuid() or os.setuid(12345)\n"
            "try:\n"
            "    settings.resolve(models.Repository('acme', '111122223333', 'us-east-1'), os.environ)\n"
            "except errors.ConfigurationError as error:\n"
            "    print(os.getuid(), error)\n"
        )
        environ = {"CODEARTIFACT_AUTH_TOKEN_FILE": path, "CODEARTIFACT_CONFIG": "#"}
        done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    uid, _, line = done.stdout.strip().partition(" ")
    assert line == (
        f"auth_token_file (CODEARTIFACT_AUTH_TOKEN_FILE): {path} cannot be read by uid {uid}: it has the mode 0000 and "
        f"the owner {os.getuid()}; make the file readable for this user [CA208]"
    )


def test_a_file_whose_folder_is_replaced_meanwhile(tmp_path, monkeypatch):
    """As kubelet renews a secret: the system can be in the old folder, on its way to the file, when that is removed."""
    path = tmp_path / "token"
    path.write_text("new")
    stat, lookups = os.stat, []

    def on_its_way(*arguments, **options):
        lookups.append(arguments)
        if len(lookups) == 1:
            raise FileNotFoundError
        return stat(*arguments, **options)

    monkeypatch.setattr(os, "stat", on_its_way)
    assert resolved(CODEARTIFACT_AUTH_TOKEN_FILE=str(path)).source.value == "new"
