"""Configuration files that are not regular files: refused, except the null device."""

import os
import time

import pytest

from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.errors import ConfigurationError

ONLY_ONCE = "is not a regular file; write the configuration to a file, or set CODEARTIFACT_CONFIG to its text [CA203]"


def error_of(path):
    """Return the message for a configuration file that is refused at once."""
    begin = time.monotonic()
    with pytest.raises(ConfigurationError) as caught:
        keyringrc.load({"CODEARTIFACT_CONFIG_FILE": str(path)})
    assert time.monotonic() - begin < 10
    return str(caught.value)


@pytest.mark.parametrize("text", [b"", b"[codeartifact]\nprofile_name = x\n"])
def test_a_pipe_is_refused(text):
    """Such as ``<(…)`` of a shell."""
    reader, writer = os.pipe()
    try:
        os.write(writer, text)
        assert error_of(f"/dev/fd/{reader}") == f"/dev/fd/{reader} {ONLY_ONCE}"
    finally:
        os.close(reader)
        os.close(writer)


def test_a_named_pipe_without_a_writer_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    assert error_of(tmp_path / "pipe") == f"{tmp_path / 'pipe'} {ONLY_ONCE}"


def test_the_null_device_is_an_empty_file():
    file = keyringrc.load({"CODEARTIFACT_CONFIG_FILE": os.devnull})
    assert (file.origin, file.defaults.options, file.sections) == (os.devnull, {}, ())


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_file_is_refused(tmp_path, text):
    """Such as one that is emptied while a command runs: the next lookup would use another identity."""
    path = tmp_path / "keyringrc.cfg"
    path.write_text(text)
    assert error_of(path) == (
        f"CODEARTIFACT_CONFIG_FILE names {path}, which is empty; write a configuration to it, or unset the variable [CA202]"
    )
