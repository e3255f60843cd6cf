"""The imports of the emulator, each in a new process: moto is imported only for `Emulator`, `Seed` and `load`."""

import os
import subprocess
import sys

import pytest

PREFIX = "keyrings.codeartifact"


def run(code, **environ):
    environ |= {"SYSTEMROOT": os.environ.get("SYSTEMROOT", "")}  # required on Windows
    return subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "module",
    [
        f"{PREFIX}.emulator",
        f"{PREFIX}.emulator.process",
        f"{PREFIX}.emulator.journal",
        f"{PREFIX}.emulator.index.wheels",
        f"{PREFIX}.emulator.transport.hosts",
        f"{PREFIX}.pytest_plugin",
        f"{PREFIX}.cli.emulator",
        f"{PREFIX}.cli.demo",
    ],
)
def test_modules_that_do_not_import_moto(module):
    loaded = run(f"import {module}, sys\nprint(*sys.modules)").split()
    assert module in loaded
    assert not {"moto", "yaml", "trustme", "werkzeug"} & set(loaded)


def test_the_emulator_imports_neither_commands_nor_configuration():
    code = f"import {PREFIX}.emulator.demo, {PREFIX}.pytest_plugin, sys\nprint(*sys.modules)"
    ours = {name.split(".")[2] for name in run(code).split() if name.startswith(f"{PREFIX}.")}
    assert not {"cli", "config", "aws", "cache", "clients", "ci", "doctor", "lookup", "backend"} & ours


def test_the_process_loses_its_aws_and_moto_settings():
    code = (
        f"from {PREFIX}.emulator.process import require_emulator\nrequire_emulator()\n"
        "import os\nprint(*sorted(name for name in os.environ if name.startswith(('AWS_', 'MOTO_', 'INITIAL_', 'X'))))"
    )
    environ = {"AWS_PROFILE": "gone", "AWS_REGION": "x", "MOTO_ACCOUNT_ID": "1", "INITIAL_NO_AUTH_ACTION_COUNT": "0"}
    assert run(code, **environ, X="kept").split() == ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "X"]
