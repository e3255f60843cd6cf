"""The tutorial: its blocks, run in order in two terminals, show what the page shows."""

import os
import re
import signal
import subprocess
import sys
import time

import pytest

from support.environments import copy_environment
from support.pages import Page
from support.project import PATIENCE

PAGE = Page("docs/tutorial.md")
# Of the second terminal, in their order.
COMMANDS = ("second terminal", "publish", "use", "cache", "explain", "break", "doctor", "repair", "cache again")
OUTPUTS = ("publish log", "use output", "explain output", "break output", "doctor output", "repair output")


@pytest.fixture(scope="module")
def environ(tmp_path_factory, wheel):
    """A stranger's: with the way to a package index that this machine has, but for settings of AWS and CodeArtifact."""
    own = {name: os.environ[name] for name in os.environ if not re.match("AWS_|CODEARTIFACT_|VIRTUAL_ENV|XDG_", name)}
    home = {"HOME": str(tmp_path_factory.mktemp("home")), "AWS_EC2_METADATA_DISABLED": "true", "NETRC": os.devnull}
    places = filter(None, (os.environ.get("PIP_FIND_LINKS"), str(wheel.parent)))
    return own | home | {"PATH": "/usr/bin:/bin", "PIP_FIND_LINKS": " ".join(places), "NO_COLOR": "1"}


@pytest.fixture(scope="module")
def folder(environment, wheel, tmp_path_factory):
    """The stranger's folder.  Its environment is there already: uv takes two seconds to make it, pip forty."""
    path = tmp_path_factory.mktemp("tutorial")
    made = copy_environment(environment(f"{wheel}[emulator]", "pip>=26.2", "twine>=7", "uv"), path / "tutorial-env")
    # venv writes these again, and would write into the original.
    for file in (*made.bin.glob("[aA]ctivate*"), made.bin.parent / "pyvenv.cfg"):
        file.unlink()
    return path


@pytest.fixture(scope="module")
def python3(tmp_path_factory):
    """A folder whose python3 is the one of these tests."""
    folder = tmp_path_factory.mktemp("python")
    (folder / "python3").symlink_to(os.path.realpath(sys.executable))
    return folder


@pytest.fixture(scope="module")
def story(folder, environ, python3):
    """What the blocks print, by their names; the first terminal's is that of ``emulator``."""
    environ["PATH"] = f"{python3}:{environ['PATH']}"
    installed = subprocess.run(
        ["bash", "-euc", PAGE.block("install")],
        cwd=folder,
        env=environ,
        capture_output=True,
        check=False,
        text=True,
        timeout=PATIENCE,
    )
    assert installed.returncode == 0, installed.stdout + installed.stderr
    first = subprocess.Popen(
        ["bash", "-c", f". tutorial-env/bin/activate\n{PAGE.block('emulator')}"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(folder / "emulator.sh", first)
        script = "".join(f"{PAGE.block(name)}\necho '<end of {name}>' $?\n" for name in COMMANDS)
        second = subprocess.run(
            ["bash"],
            input=script,
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
            timeout=PATIENCE,
        )
    finally:
        # As Ctrl-C does.
        os.killpg(first.pid, signal.SIGINT)
        said, _ = first.communicate(timeout=PATIENCE)
    outputs = re.findall(r"(.*?)<end of (.*?)> (\d+)\n", second.stdout, re.DOTALL)
    assert [name for _, name, _ in outputs] == list(COMMANDS)
    return {"emulator": (said, "0")} | {name: (output, status) for output, name, status in outputs}


def wait_for(file, emulator):
    """Wait until the emulator has written all variables to the file."""
    until = time.monotonic() + PATIENCE
    while not (file.exists() and "# Index: " in file.read_text()):
        assert emulator.poll() is None
        assert time.monotonic() < until
        time.sleep(0.1)


def pattern(text):
    """Return a regular expression of lines that a page shows, where … is any text and blanks any number of them."""
    lines = (re.sub(r"…", ".*", re.sub(r"(\\ )+", " +", re.escape(line))) for line in text.splitlines())
    return "\n".join(lines)


def test_every_block_is_one_of_the_story():
    assert sorted(PAGE.marked()) == sorted((*COMMANDS, *OUTPUTS, "install", "emulator"))
    assert [name for name in PAGE.marked() if name in COMMANDS] == list(COMMANDS)
    assert len(re.findall(r"^```\w+$", PAGE.text, re.MULTILINE)) == len(PAGE.marked())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_ends_as_the_page_says(story, name):
    output, status = story[name]
    assert (status != "0") == (name in ("break", "doctor")), output


@pytest.mark.parametrize("shown", OUTPUTS)
def test_the_page_shows_what_is_printed(story, shown):
    name = "emulator" if shown == "publish log" else shown.removesuffix(" output")
    output, _ = story[name]
    assert re.search(pattern(PAGE.block(shown)), output), output


def test_the_cache_spares_requests(story):
    """One token for the default chain's identity, one for the repaired section's."""
    said, _ = story["emulator"]
    assert said.count("GetAuthorizationToken") == 2
    assert story["cache"][0].count("demo ") == 1
    assert story["cache again"][0].count("demo ") == 2
