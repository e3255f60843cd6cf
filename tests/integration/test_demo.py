"""The demo tells the whole story, leaves nothing behind, and fails where the story fails."""

import re
import signal
import subprocess
import sys

import pytest

from keyrings.codeartifact.emulator import demo
from keyrings.codeartifact.errors import CodeArtifactError
from support.commands import error_text
from support.project import PATIENCE, SCRIPTS

DEMO = [SCRIPTS / "keyrings-codeartifact", "demo"]


@pytest.fixture
def run(tmp_path):
    """Return a function that runs the demo in a folder for temporary files of its own."""

    def start(command=DEMO, **environ):
        environ = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "TMPDIR": str(tmp_path), **environ}
        return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    return start


def test_the_story(run, tmp_path):
    process = run()
    output, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, ""), output
    steps = re.findall(r"^(\d)/(\d) (.*)$", output, re.MULTILINE)
    assert [(int(number), int(of)) for number, of, _ in steps] == [
        (index + 1, len(steps)) for index in range(len(steps))
    ]
    assert len(re.findall(r"^    ok \d+\.\d s$", output, re.MULTILINE)) == len(steps)
    assert re.findall(r"    (token requested by|cached token of) (\w+), from section (.*)", output) == [
        ("token requested by", "AKIADEMOWRITER000001", '[codeartifact account="111122223333" name="staging"]'),
        ("token requested by", "AKIADEMOREADER000001", '[codeartifact account="111122223333"]'),
        ("cached token of", "AKIADEMOREADER000001", '[codeartifact account="111122223333"]'),
        ("cached token of", "AKIADEMOWRITER000001", '[codeartifact account="111122223333" name="staging"]'),
    ]
    assert "2 tokens were issued" in output
    assert output.count("import codeartifact_demo: version 1.0") == 2
    assert "none is in any of" in output
    assert "\033" not in output
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_fails_is_shown_and_is_exit_1(run, tmp_path):
    (tmp_path / "bin").mkdir()
    # A keyring that knows nothing stands before the good one, as one of a project's own environment may.
    code = (
        "import os, sys, sysconfig\nfrom keyrings.codeartifact.cli import main as cli\n"
        f"old = sysconfig.get_path\nsysconfig.get_path = lambda name: {str(tmp_path / 'bin')!r} if name == 'scripts' else old(name)\n"
        "sys.exit(cli.main(['demo']))"
    )
    for name, text in {"keyring": "#!/bin/sh\nexit 1\n", "uv": f'#!/bin/sh\nexec {SCRIPTS / "uv"} "$@"\n'}.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    process = run([sys.executable, "-c", code])
    output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "6/8 Install it from release with pip\n    | Looking in indexes" in output
    assert "    failed after" in output
    assert errors == error_text("python -m pip --python ended with exit code 1; see its output above", "CA905")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


def test_a_signal_leaves_nothing_behind(run, tmp_path):
    process = run()
    assert process.stdout.readline().startswith("1/8")
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (143, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"password = TOKEN", b"\x00aws:TOKEN\xff", b"Basic YXdzOlRPS0VO"])
def test_a_token_on_disk_is_found(tmp_path, content):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "pip.conf").write_bytes(content)
    with pytest.raises(CodeArtifactError, match=r"found a token in .*/folder/pip\.conf"):
        demo.search(str(tmp_path), ["OTHER", "TOKEN"])


def test_files_without_a_token_are_counted(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text("nothing")
    assert demo.search(str(tmp_path), ["TOKEN"]) == 2


def test_without_the_clients_it_says_what_to_install(home, wheel, environment):
    client = environment(f"{wheel}[emulator]")
    done = home.run(client.bin / "keyrings-codeartifact", "demo")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == error_text(
        "the demo needs pip 26.2 or newer, twine and uv in its own environment; "
        f"run `{client.python} -m pip install 'pip>=26.2' twine uv`",
        "CA905",
    )
