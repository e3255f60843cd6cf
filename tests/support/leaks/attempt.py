"""A process in a home of its own, and the search for secrets in all that it did."""

import json
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

from moto.sts.models import sts_backends

from keyrings.codeartifact.emulator.index import wheels
from support.environments import copy_environment
from support.fork_server import SCRIPTS
from support.forks import Forks
from support.home import Home
from support.leaks.commands import ANSWERING, COMMANDS, EXAMINED, EXAMINING, HANDED, NEEDED, PROVIDERS
from support.leaks.made_up import (
    AWS,
    CHAIN_KEY,
    CHAIN_SESSION,
    OTHERS,
    PROCESS_KEY,
    PROXY_PASSWORD,
    READY,
    RUNNER,
    SECRETS,
    URL,
)
from support.leaks.search import WATCH, WATCH_FORK
from support.leaks.situations import IN_A_MOUNT, IN_MEMORY, STARTED, WHOLE
from support.project import PATIENCE


class Attempt:
    """A process in a home of its own, and what became of it."""

    def __init__(self, ground, folder, situation, command):
        self.ground, self.situation, self.command = ground, situation, command
        self.is_fork = None
        self.watch = folder / "watch"
        folder.mkdir(parents=True)
        self.folder = folder / "user"
        self.folder.mkdir()
        (folder / "cache").mkdir()
        home = Home(self.folder, folder / "cache", ground.emulator, ground.environment)
        self.bin, self.python = ground.environment.bin, ground.environment.python
        self.cli = self.bin / "keyrings-codeartifact"
        self.runner = self.folder / "runner"
        self.runner.mkdir(mode=0o700)
        self._plant(home)
        self.environ = {name: self._filled(value) for name, value in self._variables(home).items()}
        self.environ = {name: value for name, value in self.environ.items() if value or name.endswith("_proxy")}
        self.arguments = [str(word) for word in COMMANDS[command](self)]
        self.planted = {path: path.read_bytes() for path in self.files()}

    def wheel(self, name):
        (self.folder / "dist").mkdir()
        return wheels.build(self.folder / "dist", name)

    def _plant(self, home):
        """Write the files in which secrets are."""
        home.config.write_text(self._filled(self.situation.config) + OTHERS)
        self.config = self._filled(self.situation.config)
        (self.folder / "home" / ".aws").mkdir()
        for name, text in (AWS | self.situation.aws).items():
            (self.folder / "home" / ".aws" / name).write_text(self._filled(text))
        for name, text in {"jwt": self.ground.jwt, "ready": READY, "credential_process": PROCESS_KEY}.items():
            (self.folder / name).write_text(text)
        for link in (Path("/bin/sh"), Path("/bin/cat"), self.bin / "keyring"):
            folder = self.folder / ("bare" if link.parent == Path("/bin") else "keyring")
            folder.mkdir(exist_ok=True)
            (folder / link.name).symlink_to(link)
        for name in ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY"):
            (self.folder / f"github-{name}").write_text("")

    def _filled(self, text):
        return text.replace("{folder}", str(self.folder))

    def _variables(self, home):
        emulator = self.ground.emulator
        proxy = emulator.proxy_url.replace("://", f"://user:{PROXY_PASSWORD}@")
        runner = f"issuer={quote('https://token.actions.githubusercontent.com', safe='')}&subject=repo"
        variables = {
            **home.environ,
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy),
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": RUNNER,
            "ACTIONS_ID_TOKEN_REQUEST_URL": f"{emulator.proxy_url}/_emulator/identity-token?{runner}",
            "AWS_ACCESS_KEY_ID": "AKIACHAIN00000000001",
            "AWS_SECRET_ACCESS_KEY": CHAIN_KEY,
            "AWS_SESSION_TOKEN": CHAIN_SESSION,
            "CODEARTIFACT_DEBUG": "1",
            "CODEARTIFACT_INDEX_URL": URL,
            "CODEARTIFACT_MAX_ATTEMPTS": "1",
            "CODEARTIFACT_THROTTLE_TIMEOUT": "0.01",
            "JOB_JWT": self.ground.jwt,
            "LEAK_LOG": "1",
            "LEAK_WATCH": str(self.watch),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONWARNINGS": "ignore",
            "UV_KEYRING_PROVIDER": "subprocess",
            **PROVIDERS.get(self.command, {}),
            **({"PYTHONPATH": str(self.ground.folder / "site")} if self.command in ("demo", "emulator") else {}),
            **({"PYTHONDEVMODE": "1"} if self.command in ("front, creds", "raising client", "token --json") else {}),
        }
        if self.command.startswith(EXAMINING) and (self.situation.name, self.command) not in EXAMINED:
            # To look at the clients takes longer than all the rest.
            variables["PATH"] = str(self.folder / "bare")
        if self.command == "pip, subprocess":
            # pip runs no `keyring` beside itself.
            variables["PATH"] = f"{self.folder / 'keyring'}:{variables['PATH']}"
        if self.command.startswith("job github"):
            inputs = {"index-url": URL, "keyringrc": self.config, "check": "true"}
            variables |= {
                f"GITHUB_{name}": f"{{folder}}/github-{name}" for name in ("ENV", "OUTPUT", "PATH", "STEP_SUMMARY")
            }
            variables["INPUTS"] = json.dumps(inputs | ({"output-token": "true"} if "token" in self.command else {}))
        if self.command == "job gitlab":
            variables |= {
                "CODEARTIFACT_INPUT_INDEX_URL": URL,
                "CODEARTIFACT_INPUT_KEYRINGRC": self.config,
                "CODEARTIFACT_INPUT_CHECK": "true",
            }
        return {**variables, "GITHUB_ACTIONS": "true", **self.situation.environ}

    def start(self):
        """Begin; Ctrl-C reaches it as it does from a terminal."""
        self.is_fork = self._is_fork() if self.is_fork is None else self.is_fork
        if self.is_fork:
            self.process = self.ground.forks.start(
                self.arguments, cwd=self.folder, env=self.environ, start_new_session=True, prelude=WATCH_FORK
            )
            return
        outputs = {"/dev/full": lambda: open("/dev/full", "wb"), "closed": _closed_pipe}  # noqa: SIM115 - closed below
        output = outputs[self.situation.stdout]() if self.situation.stdout else subprocess.PIPE
        self.process = subprocess.Popen(
            [*(IN_A_MOUNT if self.situation is IN_MEMORY else ()), *self.arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        if output is not subprocess.PIPE:
            output.close()

    def _is_fork(self):
        """Say whether how the command starts is another case's matter.

        Each command is started by a role, and one in each kind of situation.
        """
        is_whole = self.situation.name in WHOLE or self.situation.stdout or "PYTHONDEVMODE" in self.environ
        is_first = self.command == self.situation.commands[0] and self.situation.name.startswith(STARTED)
        program = os.path.basename(self.arguments[0])
        return not is_whole and not is_first and (program in SCRIPTS or self.arguments[0] == str(self.python))

    def end(self):
        """Wait for the end; return the attempt."""
        try:
            self.stdout, self.stderr = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.stdout = self.stdout or b""
        return self

    def run(self):
        self.start()
        return self.end()

    def files(self):
        paths = (Path(folder, name) for folder, _, names in os.walk(self.folder.parent) for name in names)
        return [path for path in sorted(paths) if path.is_file() and path != self.watch]

    def processes(self):
        """Return arguments and environment of each process that was begun or started."""
        return [json.loads(line) for line in self.watch.read_text().splitlines()] if self.watch.exists() else []

    def leaks(self):
        """Return all secrets that are where none belongs, and where that is."""
        is_answer = ANSWERING.match(self.command) or (self.command, *self.arguments[1:2]) == ("slip", "token")
        issued = SECRETS.tokens if is_answer else ()
        found = [("stdout", self.stdout, issued), ("stderr", self.stderr, ())]
        found += [(str(path), content, self._allowed(path)) for path, content in self._written()]
        found += [(f"the name of {path}", str(path).encode(), ()) for path in self.files()]
        for process in self.processes():
            words = json.dumps(process["arguments"])
            if process["arguments"][: len(self.arguments)] != self.arguments and not self._is_typed(words):
                found.append((f"arguments {words[:80]}", words.encode(), ()))
            found += [
                (f"environment of {words[:80]}: {name}", f"{name}={value}".encode(), self._handed(name))
                for name, value in (process["environ"] or {}).items()
                if not self._is_inherited(name, value, process)
            ]
        return [f"{place}: {what}" for place, data, but in found for what in SECRETS.find(data, but=but)]

    def _is_typed(self, words):
        """Say whether these arguments are the case's own, behind a Python."""
        return all(json.dumps(word) in words for word in self.arguments[1:])

    def _is_inherited(self, name, value, process):
        """Say whether a process has a variable from who has begun all, and may have it."""
        # As /proc tells arguments, an empty text comes last.
        is_first = process["pid"] == self.process.pid and process["arguments"][-2:-1] == self.arguments[-1:]
        if (
            self.command.startswith(EXAMINING)
            and not is_first
            and "credential_process" not in str(process["arguments"])
        ):
            # Clients that are only looked at.
            return bool(NEEDED.fullmatch(name)) or (name == "JOB_JWT" and name not in self.config)
        return self.environ.get(name) == value

    def _handed(self, name):
        return SECRETS.tokens if re.fullmatch(HANDED.get(self.command, ""), name) else ()

    def _written(self):
        """Yield the files that hold something else than what was there before."""
        for path in self.files():
            content = path.read_bytes()
            if self.planted.get(path) != content:
                yield path, content

    def _allowed(self, path):
        """Return what may be in a file: a token in the cache and in what was asked to hold it, keys as they were given."""
        mode, parent = path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777
        if path.name == "github-OUTPUT" and self.command == "job github, token":
            return SECRETS.tokens
        if (mode, parent) == (0o600, 0o700):
            if path.suffix == ".token" and path.parent.name.startswith("keyrings-codeartifact-"):
                return SECRETS.tokens
            if path == self.runner / "keyringrc.cfg" and path.read_text() == self.config:
                return SECRETS.all()
        return ()


def _closed_pipe():
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "wb")


class Ground:
    """What all cases stand on: the emulator, and an environment whose processes are watched."""

    def __init__(self, emulator, folder, made):
        self.emulator, self.folder = emulator, folder
        # As pip leaves an environment: else each process would compile anew.  What only `twine check` imports is left out.
        command = [made.python, "-m", "compileall", "-q", "-j", "0", "-x", "/(docutils|pygments/lexers)/"]
        subprocess.run([*command, made.bin.parent / "lib"], check=True)
        self.environment = copy_environment(made, folder / "environment")
        [site] = (folder / "environment" / "lib").glob("*/site-packages")
        (site / "leak_watch.py").write_text(WATCH)
        (site / "leak_watch.pth").write_text("import leak_watch\n")
        self.forks = Forks(self.environment.python)
        # For what runs in another environment.
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(WATCH)
        self.mint = emulator.access.issuer.mint
        emulator.access.issuer.mint = self._mint
        self.jwt = self._mint("https://gitlab.com", "project_path:acme/tools", "sts.amazonaws.com")

    def _mint(self, *arguments, **more):
        token = self.mint(*arguments, **more)
        # Its beginning is in all of them, and no secret.
        SECRETS.add("an OIDC token", token.partition(".")[2])
        return token

    def learn(self):
        """Take in what the emulator has issued."""
        for token in self.emulator.issued_tokens():
            SECRETS.add("a CodeArtifact token", token, is_token=True)
        for accounts in sts_backends.values():
            for session in (session for backend in accounts.values() for session in backend.assumed_roles):
                SECRETS.add("a session's key", session.secret_access_key)
                SECRETS.add("a session's token", session.session_token)

    def attempt(self, situation, command):
        name = re.sub(r"\W+", "-", f"{len(list(self.folder.iterdir()))}-{command}")
        return Attempt(self, self.folder / name, situation, command)
