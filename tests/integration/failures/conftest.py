"""A question that has to fail with one line, in time."""

import time

import pytest

from support.failures import AWS_CONFIG, INDEX, assert_one_line


@pytest.fixture
def assert_fails(home, tool, emulator):
    """Return a function that asks with a configuration, faults and variables, and expects one line, and that in time."""

    def ask(keyring, config, faults, environ, message):
        home.config.write_text(config)
        (home.folder / "home" / ".aws").mkdir()
        (home.folder / "home" / ".aws" / "config").write_text(AWS_CONFIG)
        for fault in faults:
            emulator.faults.add(fault)
        began = time.monotonic()
        assert_one_line(home.fork(tool.bin / keyring, "get", INDEX, "aws", **environ), message)
        assert time.monotonic() - began < 20

    return ask
