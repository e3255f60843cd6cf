"""Standard output and exit codes of whole processes."""

import os
import signal
import subprocess
import sys

import pytest

PATIENCE = 60
PROGRAM = """
import sys
from keyrings.codeartifact.cli.output import run, write
def command():
    {command}
    return 0
sys.exit(run("program", command))
"""


def start(command, **options):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(command=command)],
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
        **options,
    )


def test_a_process_whose_reader_is_gone_ends_silently():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        done = start("write('one')", stdout=stdout)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_process_whose_standard_output_is_closed_reports_it():
    command = 'exec "$0" "$@" >&-'
    program = PROGRAM.format(command="write('one')")
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    line = "program: error: cannot write to standard output: it is closed; open it\n"
    assert (done.returncode, done.stderr) == (1, line)


def test_a_process_that_cannot_write_all_reports_it_once(tmp_path):
    """What it prints is written when the command has ended."""
    with open(tmp_path / "output", "wb") as stdout:
        done = start("import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); write('one')", stdout=stdout)
    line = "program: error: cannot write to standard output: File too large; free space, or redirect it\n"
    assert (done.returncode, done.stderr) == (1, line)


@pytest.mark.parametrize(
    "command", ["raise KeyboardInterrupt", "import os, signal; os.kill(os.getpid(), signal.SIGINT)"]
)
def test_an_interrupted_process_ends_by_sigint(command):
    done = start(command)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")
