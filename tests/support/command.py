"""A running `keyrings-codeartifact emulator`."""

import re
import subprocess

from support.project import PATIENCE, SCRIPTS


class Command:
    """A running `keyrings-codeartifact emulator`."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [SCRIPTS / "keyrings-codeartifact", "emulator", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def lines(self):
        """Return what it prints when it is ready."""
        lines = []
        while not lines or "/simple/" not in lines[-1]:
            lines.append(self.process.stdout.readline())
            assert lines[-1], self.process.stderr.read()
        return lines

    def exports(self):
        """Return the variables that it tells a shell to set."""
        return dict(re.findall(r"^export (\w+)=(.*)$", "".join(self.lines()), re.MULTILINE))
