"""What is compared: this package, its predecessor, and keyring alone, each in an environment of its own."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import urllib.request
from collections import Counter
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from keyrings.codeartifact.emulator.index import wheels

PREDECESSOR = "keyrings.codeartifact==2.1.2"
SCRIPTS = Path(sysconfig.get_path("scripts"))
UV = SCRIPTS / "uv"
BUNDLE = Path(__file__).parents[2] / "dist" / "keyrings-codeartifact.pyz"
INDEX = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
SECOND_INDEX = INDEX.replace("release", "staging")
SEED = """
domains:
  - name: acme
    owner: "111122223333"
    region: us-east-1
    repositories: [{name: release, packages: [package_*.whl]}, {name: staging, packages: [package_*.whl]}]
users:
  - {name: ci, account: "111122223333", access_key_id: AKIABENCH00000000001, secret_access_key: made-up}
"""
PATIENCE = 300


def wheel():
    """Return the wheel that is installed here."""
    origin = json.loads(distribution("keyrings.codeartifact").read_text("direct_url.json"))
    return url2pathname(urlsplit(origin["url"]).path)


def environment(folder, *requirements):
    """Make an environment, compiled as pip leaves it, and return the folder of its programs."""
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    command = [UV, "pip", "install", "--quiet", "--compile-bytecode", "--python", folder / "bin" / "python"]
    if requirements:
        subprocess.run([*command, *requirements], check=True)
    return folder / "bin"


@contextmanager
def emulator(folder, packages, quota=None):
    """Run an emulator that has so many packages, in a process of its own; yield the variables that lead there.

    It issues at most ``quota`` tokens a second, by default any number.
    """
    for number in range(packages):
        wheels.build(folder, f"package-{number}")
    seed = folder / "seed.yaml"
    seed.write_text(SEED + (f"quotas: {{GetAuthorizationToken: {quota}}}\n" if quota else ""))
    with serve("--seed", seed) as (environ, _):
        yield environ


@contextmanager
def serve(*arguments):
    """Run an emulator in a process of its own; yield the variables that lead there, and the process' ID."""
    command = [SCRIPTS / "keyrings-codeartifact", "emulator", "--quiet", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said = ""
        while "# Index:" not in said:
            line = process.stdout.readline()
            if not line:
                raise SystemExit("the emulator has not started")
            said += line
        yield dict(re.findall(r"^export (\w+)=(.*)$", said, re.MULTILINE)), process.pid
    finally:
        process.terminate()
        process.wait(PATIENCE)


class Journal:
    """What the emulator was asked."""

    def __init__(self, environ):
        self._url = f"{environ['HTTPS_PROXY']}/_emulator/requests"
        # Past any proxy, its own too.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def forget(self):
        """Forget it."""
        self._opener.open(urllib.request.Request(self._url, method="DELETE"), timeout=PATIENCE).close()

    def calls(self):
        """Return how often a token was asked for."""
        return self.calls_by_key().total()

    def calls_by_key(self):
        """Return how often each access key asked for a token."""
        with self._opener.open(self._url, timeout=PATIENCE) as answer:
            entries = json.load(answer)
        return Counter(entry["access_key_id"] for entry in entries if entry["operation"] == "GetAuthorizationToken")


def variables(folder, emulator_environ):
    """Return the environment of a user who has nothing else on this machine."""
    (folder / "home").mkdir()
    return {
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder / "home"),
        "NETRC": os.devnull,
        "PATH": "/usr/bin:/bin",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_KEYRING_PROVIDER": "subprocess",
        "PIP_NO_CACHE_DIR": "1",
        "TMPDIR": str(folder),
        "UV_KEYRING_PROVIDER": "subprocess",
        "UV_NO_CACHE": "1",
        "UV_NO_CONFIG": "1",
        **emulator_environ,
    }
