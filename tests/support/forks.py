"""Processes that are forks of one that has already imported what they need: they start in a tenth of the time.

Each has an environment, a folder, output and an exit status of its own.  How a process starts, what it imports and what
``PYTHON…`` variables do is for real processes to show.
"""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

from support.fork_server import HOME
from support.project import PATIENCE

SERVER = Path(__file__).with_name("fork_server.py")
# All but these change how a process starts.
_HARMLESS = re.compile("(?!PYTHON)|PYTHON(_KEYRING_|DONTWRITEBYTECODE$|WARNINGS$)")


class Fork:
    """A process that is a fork, as far as tests use `subprocess.Popen`; its output is kept in files."""

    def __init__(self, connection, command, *, cwd, env, stdin=None, start_new_session=False, prelude=""):
        self.args, self.returncode = [os.fsdecode(word) for word in command], None
        self._connection, self._lines = connection, connection.makefile("rb")
        self._said, self._files = None, [tempfile.TemporaryFile() for _ in ("output", "errors")]  # noqa: SIM115 - read when it ends
        request = {
            "command": self.args,
            "cwd": os.fspath(cwd),
            "environ": dict(env),
            "is_session": start_new_session,
            "prelude": prelude,
        }
        with tempfile.TemporaryFile() as given:
            given.write(stdin or b"")
            given.seek(0)
            streams = [stream.fileno() for stream in (given, *self._files)]
            line = json.dumps(request).encode() + b"\n"
            sent = socket.send_fds(connection, [line], streams)
            # Not of nothing: a process that has ended meanwhile has closed its side, where that is an error.
            if sent < len(line):
                connection.sendall(line[sent:])
            self.pid = int(self._lines.readline())

    def open_output(self):
        """Return standard output as a file to read from its beginning, while the process writes to it."""
        # Opened again: else both would move the same position.
        return open(f"/proc/self/fd/{self._files[0].fileno()}", "rb")

    def poll(self):
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.wait(0)
        return self.returncode

    def wait(self, timeout=None):
        if self.returncode is None:
            if not select.select([self._connection], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout)
            self.returncode = os.waitstatus_to_exitcode(int(self._lines.readline()))
            self._lines.close()
            self._connection.close()
        return self.returncode

    def communicate(self, timeout=None):
        """Return standard output and error, as bytes, when the process has ended."""
        self.wait(timeout)
        if self._said is None:
            self._said = tuple(map(_read, self._files))
        return self._said

    def send_signal(self, number):
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def _read(file):
    with file:
        file.seek(0)
        return file.read()


class Forks:
    """Starts commands of an environment as forks; the process that they are forks of is started with the first one."""

    def __init__(self, python, *modules):
        self._python, self._modules = python, modules
        self._server = None
        self._starting = threading.Lock()

    def _start(self):
        self._folder = tempfile.mkdtemp()
        self._path = os.path.join(self._folder, "socket")
        self._server = subprocess.Popen(
            [self._python, SERVER, self._path, *self._modules],
            env={"HOME": HOME, "PATH": os.defpath},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._server.stdout.readline() == b"ready\n"

    def start(self, command, *, env, **options):
        """Return the `Fork` that runs a command of the environment's; `options` are those of `Fork`."""
        assert all(map(_HARMLESS.match, env)), "this is for a real process"
        with self._starting:
            if self._server is None:
                self._start()
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self._path)
        return Fork(connection, command, env=env, **options)

    def run(self, command, *, stdin=None, **options):
        """Run a command; return how it ended, as `subprocess.run` does with text."""
        process = self.start(command, stdin=None if stdin is None else stdin.encode(), **options)
        try:
            output, errors = process.communicate(PATIENCE)
        except BaseException:
            process.kill()
            raise
        return subprocess.CompletedProcess(process.args, process.returncode, output.decode(), errors.decode())

    def close(self):
        if self._server:
            self._server.stdin.close()
            self._server.stdout.close()
            self._server.wait(PATIENCE)
            shutil.rmtree(self._folder)
