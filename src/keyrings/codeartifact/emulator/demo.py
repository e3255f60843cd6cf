"""The demo: publish a package to the emulator and install it with pip, twine and uv, step by step, printing nothing.

All files are in a temporary folder, which is deleted at the end.
"""

from __future__ import annotations

import base64
import configparser
import contextlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from keyrings.codeartifact.errors import CodeArtifactError, ConfigurationError

from . import seed
from .emulator import Emulator
from .index import wheels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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

# From this version on, pip also queries a `keyring` command for the user name.
_OLDEST_PIP = (26, 2)
_TIMEOUT = 120.0  # seconds, for one client


class Step(NamedTuple):
    """A step of the demo; ``run`` does it and yields lines to show."""

    title: str
    run: Callable[[], Iterator[str]]


class ClientError(CodeArtifactError):
    """A client failed; ``output`` is what it printed."""

    def __init__(self, cause: str, remedy: str, output: str = "") -> None:
        super().__init__("CA905", cause, remedy)
        self.output = output


@contextlib.contextmanager
def steps() -> Iterator[tuple[Step, ...]]:
    """Provide the steps of the demo, to be run in order; in the end, stop the emulator and delete all files.

    Raises ConfigurationError if a client is not installed.
    """
    uv = require_clients()
    with tempfile.TemporaryDirectory(prefix="codeartifact-demo-") as folder, contextlib.ExitStack() as stack:
        demo = _Demo(folder, stack, uv)
        yield (
            Step("Start the CodeArtifact emulator", demo.start),
            Step("Configure the keyring, and nothing else", demo.configure),
            Step("Build a package", demo.build),
            Step("Publish it to staging with twine", lambda: demo.publish(STAGING)),
            Step("Publish it to release with twine", lambda: demo.publish(RELEASE)),
            Step("Install it from release with pip", lambda: demo.install("pip", RELEASE)),
            Step("Install it from staging with uv", lambda: demo.install("uv", STAGING)),
            Step("Search all remaining files for tokens", demo.search),
        )


class _Demo:
    """The emulator, files and clients of the demo; the public methods are its steps."""

    def __init__(self, folder: str, stack: contextlib.ExitStack, uv: str) -> None:
        self._folder, self._stack, self._uv = folder, stack, uv
        self._signers: set[str] = set()

    def start(self) -> Iterator[str]:
        """Start the emulator."""
        self._emulator = self._stack.enter_context(Emulator(seed.parse(SEED, "the demo's seed")))
        yield f"moto {version('moto')} behind {_HOST}"

    def configure(self) -> Iterator[str]:
        """Write keyringrc.cfg."""
        self._environ = _environment(self._folder) | self._emulator.environment()
        for name in ("HOME", "TMPDIR"):
            os.mkdir(self._environ[name])
        path = self._explain(RELEASE)["file"]
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="utf-8") as file:
            file.write(KEYRINGRC)
        for line in KEYRINGRC.splitlines():
            yield f"| {line}"

    def build(self) -> Iterator[str]:
        """Build a wheel."""
        self._wheel = wheels.build(self._folder, PROJECT)
        yield os.path.basename(self._wheel)

    def publish(self, url: str) -> Iterator[str]:
        """Publish the wheel to ``url`` with twine."""
        self._emulator.journal.clear()
        self._call(sys.executable, "-m", "twine", "upload", "--repository-url", url, self._wheel)
        yield self._check_signer(url)

    def install(self, client: str, url: str) -> Iterator[str]:
        """Install the package from the repository at ``url`` with pip or uv, and import it."""
        index, python = f"{url}simple/", self._create_environment(client)
        self._emulator.journal.clear()
        if client == "pip":
            self._call(sys.executable, "-m", "pip", "--python", python, "install", "--index-url", index, PROJECT)
        else:
            self._call(self._uv, "pip", "install", "--python", python, "--default-index", f"demo={index}", PROJECT)
        yield self._import_package(python)
        yield self._check_signer(index)

    def search(self) -> Iterator[str]:
        """Search for tokens."""
        tokens = self._emulator.issued_tokens()
        yield f"{len(tokens)} tokens were issued; none is in any of {search(self._folder, tokens)} files"
        yield "each was requested once and cached; the cache is deleted with the emulator"

    def _explain(self, url: str) -> dict[str, Any]:
        """Return what ``keyrings-codeartifact explain`` prints for ``url``."""
        output = self._call(sys.executable, "-m", "keyrings.codeartifact", "explain", "--json", url)
        return json.loads(output)  # type: ignore[no-any-return] # an object, as documented

    def _check_signer(self, url: str) -> str:
        """Return which key requested the token for ``url``, now or in an earlier step, and from which section it is.

        Raises CodeArtifactError if the emulator got another key than that of the matching section.
        """
        section = next(section["name"] for section in self._explain(url)["sections"] if section["applies"])
        configuration = configparser.RawConfigParser()
        configuration.read_string(KEYRINGRC)
        expected = configuration[section]["aws_access_key_id"]
        signers = {entry.access_key_id for entry in self._emulator.journal.entries("GetAuthorizationToken")}
        is_cached = expected in self._signers and not signers
        self._signers |= signers
        if signers != {expected} and not is_cached:
            raise CodeArtifactError(
                "CA905",
                f"the token for {url} was requested by {', '.join(signers) or 'no key'}, not by {expected}",
                "report this as a bug",
            )
        return f"{'cached token of' if is_cached else 'token requested by'} {expected}, from section [{section}]"

    def _create_environment(self, client: str) -> str:
        """Create a virtual environment and return the path of its Python."""
        path = os.path.join(self._folder, f"environment-{client}")
        self._call(self._uv, "venv", "--quiet", "--python", sys.executable, path)
        return os.path.join(path, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))

    def _import_package(self, python: str) -> str:
        """Import the package with ``python``; return its version in words."""
        module = PROJECT.replace("-", "_")
        output = self._call(python, "-c", f"import {module}; print({module}.VERSION)")
        return f"import {module}: version {output.strip()}"

    def _call(self, *command: str) -> str:
        """Run a client and return its standard output; raise ClientError if it fails."""
        name = " ".join(map(os.path.basename, command[:4]))
        try:
            done = subprocess.run(  # noqa: S603 - the demo's own commands
                command,
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ClientError(f"{name} did not end within {_TIMEOUT:g} s", "report this as a bug") from None
        if done.returncode:
            raise ClientError(
                f"{name} ended with exit code {done.returncode}", "see its output above", done.stdout + done.stderr
            )
        return done.stdout


def require_clients() -> str:
    """Return the path of uv; raise ConfigurationError unless pip, twine and uv are installed."""
    scripts = sysconfig.get_path("scripts")
    uv = shutil.which("uv", path=os.pathsep.join((scripts, os.environ.get("PATH", os.defpath))))
    has_modules = all(importlib.util.find_spec(name) for name in ("pip", "twine"))
    if uv is None or not has_modules or _pip_version() < _OLDEST_PIP:
        oldest = ".".join(map(str, _OLDEST_PIP))
        raise ConfigurationError(
            "CA905",
            f"the demo needs pip {oldest} or newer, twine and uv in its own environment",
            f"run `{sys.executable} -m pip install 'pip>={oldest}' twine uv`",
        )
    return uv


def _pip_version() -> tuple[int, ...]:
    """Return the first two numbers of pip's version."""
    return tuple(int(number) for number in re.findall(r"[0-9]+", version("pip"))[:2])


def _environment(folder: str) -> dict[str, str]:
    """Return the environment of the clients: all that they read or write is below ``folder``, or turned off."""
    config, home, temporary = (os.path.join(folder, name) for name in ("config", "home", "tmp"))
    return {
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
    }


def search(folder: str, tokens: list[str]) -> int:
    """Return the number of files below ``folder``; raise CodeArtifactError if one of them contains a token."""
    spellings = [
        spelling for token in tokens for spelling in (token.encode(), base64.b64encode(f"aws:{token}".encode()))
    ]
    count = 0
    for parent, _, names in os.walk(folder):
        for path in filter(os.path.isfile, (os.path.join(parent, name) for name in names)):
            count += 1
            with open(path, "rb") as file:
                content = file.read()
            if any(spelling in content for spelling in spellings):
                raise CodeArtifactError("CA905", f"found a token in {path}", "report this as a bug")
    return count
