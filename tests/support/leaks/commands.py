"""Every command that a case may run, in the words of a client."""

import re
import sys
from pathlib import Path

from support.leaks.made_up import HOST, INDEX, URL
from support.project import UV
from support.seed import STAGING

# What clients do, in the words of Python.
LOGGING = f"import keyring; keyring.get_password({INDEX!r}, 'aws')"
RAISING = f"""
import faulthandler, sys, traceback, keyring
try:
    keyring.get_credential({INDEX!r}, None)
    raise RuntimeError("the client's own")
except BaseException:
    faulthandler.dump_traceback()
    print(*traceback.TracebackException(*sys.exc_info(), capture_locals=True).format(), file=sys.stderr)
"""
# As pip's handlers do where nobody reads.
RAISING_HANDLER = f"""
import logging, keyring
class Handler(logging.Handler):
    def emit(self, record):
        raise BrokenPipeError
logging.getLogger().handlers[:] = [Handler(logging.ERROR)]
keyring.get_credential({INDEX!r}, None)
"""
CHILD = ("-c", "print('the command ran')")
# Each is made for a case's surroundings.
COMMANDS = {
    "token": lambda at: [at.cli, "token"],
    "token --json": lambda at: [at.cli, "token", "--json"],
    "token URL": lambda at: [at.cli, "token", URL],
    "exec": lambda at: [at.cli, "exec", "--publish", "--", at.python, *CHILD],
    "exec --check": lambda at: [at.cli, "exec", "--check", "--", at.python, *CHILD],
    "exec --with-token": lambda at: [at.cli, "exec", "--with-token", "--", at.python, *CHILD],
    "exec --with-password": lambda at: [at.cli, "exec", "--with-password", "--", at.python, *CHILD],
    "env shell": lambda at: [at.cli, "env", "--publish"],
    "env dotenv": lambda at: [at.cli, "env", "--format", "dotenv"],
    "env github": lambda at: [at.cli, "env", "--format", "github"],
    "env json": lambda at: [at.cli, "env", "--format", "json"],
    "env fish": lambda at: [at.cli, "env", "--format", "fish"],
    "env powershell": lambda at: [at.cli, "env", "--format", "powershell"],
    "env cmd": lambda at: [at.cli, "env", "--format", "cmd"],
    "completion": lambda at: [at.cli, "completion", "bash"],
    "explain": lambda at: [at.cli, "explain"],
    "explain --json": lambda at: [at.cli, "explain", "--json", URL],
    "doctor": lambda at: [at.cli, "doctor"],
    "doctor --json": lambda at: [at.cli, "doctor", "--json", URL],
    "cache list": lambda at: ["/bin/sh", "-c", f"{at.cli} token >kept; rm kept; {at.cli} cache list"],
    "cache list --json": lambda at: ["/bin/sh", "-c", f"{at.cli} token >kept; rm kept; {at.cli} cache list --json"],
    "cache list, of nothing": lambda at: [at.cli, "cache", "list"],
    "cache clear": lambda at: ["/bin/sh", "-c", f"{at.cli} token >kept; rm kept; {at.cli} cache clear"],
    "job github": lambda at: [at.cli, "job", "github", at.runner],
    "job github, token": lambda at: [at.cli, "job", "github", at.runner],
    "job gitlab": lambda at: [at.cli, "job", "gitlab", at.runner],
    "front": lambda at: [at.bin / "codeartifact-keyring", "get", URL, "aws"],
    "front, creds": lambda at: [at.bin / "codeartifact-keyring", "--mode=creds", "get", INDEX],
    "front, json": lambda at: [at.bin / "codeartifact-keyring", "--mode=creds", "--output=json", "get", HOST],
    "keyring": lambda at: [at.bin / "keyring", "get", URL, "aws"],
    "keyring, creds": lambda at: [at.bin / "keyring", "--mode=creds", "get", INDEX],
    "keyring, json": lambda at: [at.bin / "keyring", "--mode=creds", "--output=json", "get", HOST],
    "client": lambda at: [at.python, "-c", LOGGING],
    "raising client": lambda at: [at.python, "-c", RAISING],
    "raising handler": lambda at: [at.python, "-c", RAISING_HANDLER],
    "pip": lambda at: [
        *(at.python, "-m", "pip", "-vvv", "install", "--log", at.folder / "log", "--target", at.folder / "target"),
        *("--index-url", INDEX, "acme-tools"),
    ],
    "pip, subprocess": lambda at: [
        *(at.python, "-m", "pip", "-vvv", "download", "--index-url", INDEX.replace("//", "//aws@"), "acme-tools"),
    ],
    "uv": lambda at: [
        *(UV, "pip", "install", "-vv", "--python", sys.executable, "--target", at.folder / "target"),
        *("--index-url", INDEX.replace("//", "//aws@"), "acme-tools"),
    ],
    "twine": lambda at: [
        *(at.python, "-m", "twine", "upload", "--verbose", "--non-interactive"),
        *("--repository-url", f"{STAGING}/", at.wheel("by-twine")),
    ],
    "uv publish": lambda at: [
        UV,
        *("publish", "-vv", "--username", "aws", "--publish-url", f"{STAGING}/", at.wheel("by-uv")),
    ],
    "demo": lambda _: [EXTRA, "demo"],
    # Until a signal ends it; on a busy machine it takes some seconds to start.
    "emulator": lambda _: ["timeout", "--preserve-status", "--signal=INT", "15", EXTRA, "emulator"],
    "slip": lambda at: [at.cli, *at.situation.arguments],
}
# Which has the extra that both need.
EXTRA = Path(sys.executable).with_name("keyrings-codeartifact")
PROVIDERS = {"pip": {"PIP_KEYRING_PROVIDER": "import"}, "pip, subprocess": {"PIP_KEYRING_PROVIDER": "subprocess"}}
# On their standard output a token is what was asked for.
ANSWERING = re.compile(r"token|front|keyring|job github, token")
# The variables of the command in which these hand a token on.
HANDED = {
    "exec --with-token": "CODEARTIFACT_AUTH_TOKEN",
    "exec --with-password": "PIP_INDEX_URL|UV_INDEX_CODEARTIFACT_PASSWORD|POETRY_HTTP_BASIC_CODEARTIFACT_PASSWORD",
}
ASKING = (
    *("token", "token --json", "exec --check", "exec --with-token", "doctor", "doctor --json", "job github, token"),
    *("job gitlab", "front", "front, json", "keyring", "keyring, creds", "client", "raising handler"),
)
LOOKS = ("token", "explain --json", "doctor", "client")
# These start clients for a look at them, which are handed no more than that takes.
EXAMINING = ("doctor", "job")
EXAMINED = [("by a role", "doctor"), ("by a role", "job github"), ("by a CI's variable", "doctor")]
NEEDED = re.compile(r"(?i)(PIP|UV|LEAK)_.*|.*_PROXY")
