"""Publish and install a package on the emulator, with the real clients.

Everything happens in a temporary folder, which is gone in the end.
"""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

from keyrings.codeartifact.config.keyringrc import own_path
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError
from keyrings.codeartifact.index_url import parse
from keyrings.codeartifact.models import StaticKeys

from . import terminal
from .emulator import ENDING_SIGNALS, require_emulator

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from keyrings.codeartifact.emulator import Emulator

SEED = """\
domains:
  - {name: acme, owner: "111122223333", region: us-east-1, repositories: [{name: release}, {name: staging}]}
users:
  - {name: reader, account: "111122223333", access_key_id: AKIADEMOREADER000001, secret_access_key: made-up-1}
  - {name: writer, account: "111122223333", access_key_id: AKIADEMOWRITER000001, secret_access_key: made-up-2}
"""
KEYRINGRC = """\
[codeartifact]
token_duration = 1800

[codeartifact account="111122223333"]
aws_access_key_id = AKIADEMOREADER000001
aws_secret_access_key = made-up-1

[codeartifact account="111122223333" name="staging"]
aws_access_key_id = AKIADEMOWRITER000001
aws_secret_access_key = made-up-2
"""
_HOST = "acme-111122223333.d.codeartifact.us-east-1.amazonaws.com"
RELEASE = f"https://{_HOST}/pypi/release/"
STAGING = f"https://{_HOST}/pypi/staging/"
PROJECT = "codeartifact-demo"

# From this version on pip asks a `keyring` command for a user name too.
_OLDEST_PIP = (26, 2)
_PATIENCE = 120.0
_STEPS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare that the command takes nothing."""


def run(_: argparse.Namespace) -> int:
    """Run the whole story; return 0.  Raises CodeArtifactError at the first step that fails."""
    emulator_type, _load = require_emulator()
    from keyrings.codeartifact.emulator.index import wheels
    from keyrings.codeartifact.emulator.seed import parse as parse_seed

    uv = _require_clients()
    # So that the folder goes away then, too.
    for ending in ENDING_SIGNALS:
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    with contextlib.ExitStack() as stack:
        steps = _Steps()
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="codeartifact-demo-"))
        with steps.step("Start a CodeArtifact on this machine"):
            emulator = stack.enter_context(emulator_type(parse_seed(SEED, "the demo's seed")))
            steps.note(f"moto {version('moto')} behind {_HOST}")
        with steps.step("Configure the keyring, and nothing else"):
            clients = _Clients(folder, emulator, steps)
            steps.show(KEYRINGRC)
        with steps.step("Build a package"):
            wheel = wheels.build(folder, PROJECT)
            steps.note(os.path.basename(wheel))
        for name, url in (("staging", STAGING), ("release", RELEASE)):
            with steps.step(f"Publish it to {name} with twine"), clients.using(url):
                clients.call(sys.executable, "-m", "twine", "upload", "--repository-url", url, wheel)
        with steps.step("Install it from release with pip"), clients.using(f"{RELEASE}simple/"):
            python = clients.environment_for("pip", uv)
            clients.call(
                *(sys.executable, "-m", "pip", "--python", python, "install"),
                *("--index-url", f"{RELEASE}simple/", PROJECT),
            )
            clients.try_out(python)
        with steps.step("Install it from staging with uv"), clients.using(f"{STAGING}simple/"):
            python = clients.environment_for("uv", uv)
            clients.call(
                *(uv, "pip", "install", "--python", python),
                *("--default-index", f"demo={STAGING}simple/", PROJECT),
            )
            clients.try_out(python)
        with steps.step("Look for a token in every file that is left"):
            tokens = emulator.issued_tokens()
            steps.note(f"{len(tokens)} tokens were issued; none is in any of {search(folder, tokens)} files")
            steps.note("each was asked for once, and kept in a cache that is gone with the emulator")
    print(f"Done in {time.monotonic() - steps.began:.1f} s, and nothing is left behind.")
    return 0


class _Steps:
    """Numbered steps, with the time that each took; colour only where a person looks at a terminal."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self._number = 0

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, and say how long it took or that it failed."""
        self._number += 1
        began = time.monotonic()
        print(terminal.bold(f"{self._number}/{_STEPS} {title}"), flush=True)
        try:
            yield
        except BaseException as error:
            outcome = "failed" if isinstance(error, Exception) else "interrupted"
            print(f"    {terminal.coloured('red', outcome)} after {time.monotonic() - began:.1f} s", flush=True)
            raise
        print(f"    {terminal.coloured('green', 'ok')} {time.monotonic() - began:.1f} s", flush=True)

    def note(self, text: str) -> None:
        """Say something about the step."""
        print(f"    {text}", flush=True)

    def show(self, text: str) -> None:
        """Show a file."""
        for line in text.splitlines():
            self.note(f"| {line}")


class _Clients:
    """Clients that know an index URL and a ``keyring`` on PATH, in a home of their own."""

    def __init__(self, folder: str, emulator: Emulator, steps: _Steps) -> None:
        self.folder = folder
        self._emulator = emulator
        self._steps = steps
        self._signers: set[str] = set()
        config, home, temporary = (os.path.join(folder, name) for name in ("config", "home", "tmp"))
        self.environ = {
            "HOME": home,
            "LOCALAPPDATA": config,
            "NETRC": os.devnull,
            "PATH": os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath))),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_KEYRING_PROVIDER": "subprocess",
            "PIP_NO_INPUT": "1",
            # Windows starts no program without it.
            "SYSTEMROOT": os.environ.get("SYSTEMROOT", ""),
            "TMPDIR": temporary,
            "TMP": temporary,
            "TWINE_NON_INTERACTIVE": "1",
            "UV_CACHE_DIR": os.path.join(folder, "uv"),
            "UV_INDEX_DEMO_USERNAME": "aws",
            "UV_KEYRING_PROVIDER": "subprocess",
            "UV_NO_CONFIG": "1",
            "XDG_CONFIG_HOME": config,
            **emulator.environment(),
        }
        keyringrc = own_path(self.environ)
        for path in (home, temporary, os.path.dirname(keyringrc)):
            os.makedirs(path)
        with open(keyringrc, "w", encoding="utf-8") as file:
            file.write(KEYRINGRC)

    @contextlib.contextmanager
    def using(self, url: str) -> Iterator[None]:
        """Say in the end which section answered for ``url``, and see that its key signed what the emulator got.

        Once: later steps are answered by the token that was kept.
        """
        self._emulator.journal.clear()
        yield
        repository = parse(url)
        settings = resolve(repository, self.environ) if repository else None
        if settings is None or not isinstance(settings.source, StaticKeys):
            raise CodeArtifactError(f"no section speaks for {url}", "report this as a bug")
        expected = settings.source.access_key_id
        signers = {entry.access_key_id for entry in self._emulator.journal.entries("GetAuthorizationToken")}
        is_kept = expected in self._signers and not signers
        self._signers |= signers
        if signers != {expected} and not is_kept:
            raise CodeArtifactError(
                f"the token for {url} was asked for by {', '.join(signers) or 'nobody'}, not by {expected}",
                "report this as a bug",
            )
        how = "answered by the token kept for" if is_kept else "asked as"
        self._steps.note(f"{how} {expected}, of section [{settings.section}]")

    def environment_for(self, client: str, uv: str) -> str:
        """Make a fresh environment and return its Python."""
        path = os.path.join(self.folder, f"environment-{client}")
        self.call(uv, "venv", "--quiet", "--python", sys.executable, path)
        return os.path.join(path, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))

    def try_out(self, python: str) -> None:
        """Import the package with ``python``."""
        module = PROJECT.replace("-", "_")
        said = self.call(python, "-c", f"import {module}; print({module}.VERSION)")
        self._steps.note(f"import {module}: version {said.strip()}")

    def call(self, *command: str) -> str:
        """Run a client and return its standard output; raise CodeArtifactError if it fails."""
        name = " ".join(map(os.path.basename, command[:4]))
        try:
            done = subprocess.run(  # noqa: S603 - the demo's own commands
                command,
                cwd=self.folder,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise CodeArtifactError(f"{name} has not ended after {_PATIENCE:g} s", "report this as a bug") from None
        if done.returncode:
            self._steps.show(done.stdout + done.stderr)
            raise CodeArtifactError(f"{name} ended with exit code {done.returncode}", "see what it said above")
        return done.stdout


def _require_clients() -> str:
    """Return the path of uv; raise ConfigurationError unless pip, twine and uv are there."""
    scripts = sysconfig.get_path("scripts")
    uv = shutil.which("uv", path=os.pathsep.join((scripts, os.environ.get("PATH", os.defpath))))
    has_modules = all(importlib.util.find_spec(name) for name in ("pip", "twine"))
    if uv is None or not has_modules or _pip_version() < _OLDEST_PIP:
        oldest = ".".join(map(str, _OLDEST_PIP))
        raise ConfigurationError(
            f"the demo needs pip {oldest} or newer, twine and uv beside it",
            f"{sys.executable} -m pip install 'pip>={oldest}' twine uv",
        )
    return uv


def _pip_version() -> tuple[int, ...]:
    """Return the first two numbers of pip's version."""
    return tuple(int(number) for number in re.findall(r"[0-9]+", version("pip"))[:2])


def search(folder: str, tokens: list[str]) -> int:
    """Return the number of files below ``folder``; raise CodeArtifactError if one of them holds a token."""
    spellings = [
        spelling for token in tokens for spelling in (token.encode(), base64.b64encode(f"aws:{token}".encode()))
    ]
    count = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if not os.path.isfile(path):
                continue
            count += 1
            with open(path, "rb") as file:
                content = file.read()
            if any(spelling in content for spelling in spellings):
                raise CodeArtifactError(f"a token is in {path}", "report this as a bug")
    return count
