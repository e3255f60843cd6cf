"""A user with a home, a configuration and an environment of their own."""

import os
import subprocess

from support.project import PATIENCE
from support.seed import SECRETS


class Home:
    """A user: a home, a configuration and an environment, with nothing of this machine's own in them."""

    def __init__(self, folder, cache, emulator, keyring, forks=None):
        self.folder = folder
        self.forks = forks
        self.cache = cache
        self.emulator = emulator
        self.config = folder / "config" / "python_keyring" / "keyringrc.cfg"
        self.config.parent.mkdir(parents=True)
        (folder / "home").mkdir()
        self.environ = {
            "AWS_EC2_METADATA_DISABLED": "true",
            "HOME": str(folder / "home"),
            "NETRC": os.devnull,
            "PATH": os.pathsep.join((str(keyring.bin), "/usr/bin", "/bin")),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "TMPDIR": str(folder),
            "UV_CACHE_DIR": str(folder / "uv-cache"),
            "UV_NO_CONFIG": "1",
            "XDG_CONFIG_HOME": str(folder / "config"),
            **emulator.environment(),
            "CODEARTIFACT_CACHE_DIR": str(cache),
        }

    def run(self, *command, cwd=None, stdin=None, **environ):
        """Run a command and return how it ended; whatever it is, it must have told no secret."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd or self.folder,
            env=self.environ | environ,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return self._checked(done)

    def fork(self, *command, cwd=None, stdin=None, forks=None, **environ):
        """Do the same in a fork, which starts faster: for a command of whose start a test shows nothing."""
        return self._checked(
            (forks or self.forks).run(command, cwd=cwd or self.folder, env=self.environ | environ, stdin=stdin),
        )

    def _checked(self, done):
        """Return how a command ended, if it has told no secret."""
        # A token may be the answer that was asked for, on standard output, and nothing else may be a secret anywhere.
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr, done.args
        for token in self.emulator.issued_tokens():
            assert token not in done.stderr, done.args
        return done

    def succeed(self, *command, **options):
        """Run a command that has to succeed and return how it ended."""
        return _succeeded(self.run(*command, **options))

    def fork_that_succeeds(self, *command, **options):
        """Do the same in a fork."""
        return _succeeded(self.fork(*command, **options))


def _succeeded(done):
    assert done.returncode == 0, done.stdout + done.stderr
    return done
