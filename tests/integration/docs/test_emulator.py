"""The page on testing with the emulator: its blocks, in a project of a user's own."""

import shutil
import subprocess

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.pages import Page
from support.seed import ASK

PAGE = Page("docs/how-to/emulator.md")
FILES = ("conftest.py", "seed.yaml", "test_packaging.py", "test_mock.py")


def test_every_marked_block_is_used():
    assert sorted(PAGE.marked()) == sorted((*FILES, "script", "fault"))


@pytest.fixture
def files(tmp_path):
    """A project with the page's files, and a wheel in dist."""
    folder = tmp_path / "project"
    (folder / "dist").mkdir(parents=True)
    wheels.build(folder / "dist", "my-tools")
    for name in FILES:
        (folder / name).write_text(PAGE.block(name))
    return folder


@pytest.fixture
def client(environment, wheel):
    return environment(f"{wheel}[emulator]", "pytest", "pip>=26.2", "twine>=7")


@pytest.mark.parametrize(("name", "environ"), [("test_packaging.py", {"AWS_PROFILE": "gone"}), ("test_mock.py", {})])
def test_the_tests(home, client, files, name, environ):
    path = f"{client.bin}:/usr/bin:/bin"
    done = home.succeed(client.python, "-m", "pytest", "-q", name, cwd=files, PATH=path, **environ)
    assert "1 passed" in done.stdout


def test_the_script(home, client, files):
    """Without the emulator of these tests."""
    for name in home.emulator.environment():
        del home.environ[name]
    home.succeed("bash", "-c", PAGE.block("script"), cwd=files, PATH=f"{client.bin}:/usr/bin:/bin")
    assert list(files.glob("my_tools-*.whl"))


def test_the_script_ends_if_the_emulator_does_not_start(home, client, files):
    (files / "seed.yaml").write_text("other: 1\n")
    done = home.run("bash", "-c", PAGE.block("script"), cwd=files, PATH=f"{client.bin}:/usr/bin:/bin")
    assert done.returncode != 0
    assert "known keys" in done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_a_fault(home, emulator):
    subprocess.run(["bash", "-euc", PAGE.block("fault")], env=home.environ, check=True)
    assert [(fault.operation, fault.status, fault.times) for fault in emulator.faults.described()] == [(ASK, 500, 3)]
