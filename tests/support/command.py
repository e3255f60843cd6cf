"""A running `keyrings-codeartifact emulator`."""

import os
import pkgutil
import re
import signal
import subprocess
import time

from keyrings.codeartifact import emulator
from support.forks import Forks
from support.project import PATIENCE, SCRIPTS

COMMAND = [SCRIPTS / "keyrings-codeartifact", "emulator"]


def emulator_forks():
    """Return what starts the command as forks of a process that has imported moto, which takes longer than all else."""
    modules = [found.name for found in pkgutil.walk_packages(emulator.__path__, f"{emulator.__name__}.")]
    return Forks(SCRIPTS / "python", "keyrings.codeartifact.cli.main", "keyrings.codeartifact.cli.emulator", *modules)


class Command:
    """A running `keyrings-codeartifact emulator`; a fork if there are ``forks``."""

    def __init__(self, *arguments, forks=None):
        command = [*COMMAND, *arguments]
        if forks:
            environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
            self.process = forks.start(command, cwd=os.getcwd(), env=environ)
            self._output = self.process.open_output()
        else:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self._output = self.process.stdout
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.signal(signal.SIGTERM)
        self.end()

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Return exit code, standard output and standard error; what `line` has read may be missing."""
        try:
            output, errors = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        finally:
            self._output.close()
        return self.process.returncode, output.decode(), errors.decode()

    def line(self):
        """Return the next line that it prints, an empty text at its end."""
        end = time.monotonic() + PATIENCE
        line = b""
        while not line.endswith(b"\n"):
            # Before the read: a process that has ended prints no more.
            has_ended = self.process.poll() is not None
            part = self._output.readline()
            line += part
            if not part:
                if has_ended:
                    break
                assert time.monotonic() < end, line
                time.sleep(0.01)
        return line.decode()

    def lines(self):
        """Return what it prints when it is ready."""
        lines = []
        while not lines or "/simple/" not in lines[-1]:
            lines.append(self.line())
            assert lines[-1], self.end()
        return lines

    def exports(self):
        """Return the variables that it tells a shell to set."""
        return dict(re.findall(r"^export (\w+)=(.*)$", "".join(self.lines()), re.MULTILINE))
