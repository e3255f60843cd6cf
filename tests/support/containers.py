"""Containers, and what they end with."""

import copy
import json
import os
import re
import subprocess
import urllib.request

from support.pages import DOCKER
from support.project import ROOT

COMPOSE = ROOT / "docker" / "compose.yaml"
IMAGE = "keyrings-codeartifact"
SLIM = "keyrings-codeartifact-slim"
PUBLISHED = "ghcr.io/OWNER/keyrings-codeartifact"
PYTHON_IMAGE = os.environ.setdefault("PYTHON_IMAGE", "python:3.13-slim")
CA_BUNDLE = os.environ.setdefault("CA_BUNDLE", os.devnull)
PATIENCE = 300
block = DOCKER.block

ACME = "https://acme-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi"
RELEASE, STAGING = f"{ACME}/release", f"{ACME}/staging"
SHARED = "https://partner-444455556666.d.codeartifact.eu-west-1.amazonaws.com/pypi/shared"
# Of the seed: whatever shows one of them shows a secret.
SECRETS = ("made-up-for-the-emulator-1", "made-up-for-the-emulator-2")
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAACMEDEVELOPER001", "AWS_SECRET_ACCESS_KEY": SECRETS[0]}
PARTNER = {"AWS_ACCESS_KEY_ID": "AKIAPARTNER000000001", "AWS_SECRET_ACCESS_KEY": SECRETS[1]}
# The emulator's tokens look like this, and nothing else that a client says does.
TOKEN = re.compile(r"[A-Za-z0-9_-]{300,}")


def docker(*words, check=True, **options):
    """Run the docker command; return how it ended."""
    command = ["docker", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False, **options)
    assert not check or done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done


def shell(script, *, cwd=ROOT, environ=os.environ):
    """Run a block of the page, which has to succeed; return what it said."""
    command = ["sh", "-ec", script]
    done = subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def build(folder, *words, tag, dockerfile="Dockerfile", check=True):
    """Build an image; return what the builder said."""
    ca = ("--secret", f"id=ca,src={CA_BUNDLE}") if os.path.getsize(CA_BUNDLE) else ()
    command = ("buildx", "build", "--progress=plain", *ca, *words, "--tag", tag, "--file", folder / dockerfile, folder)
    done = docker(*command, check=check)
    return done.stdout + done.stderr


def build_image(*words, tag, folder=ROOT):
    """Build the product's image; return what the builder said."""
    return build(folder, "--build-arg", f"PYTHON_IMAGE={PYTHON_IMAGE}", *words, tag=tag, dockerfile="docker/Dockerfile")


def saved(image):
    """Return all bytes of an image: its layers, its configuration, its history."""
    return subprocess.run(["docker", "save", image], stdout=subprocess.PIPE, check=True).stdout


class Network:
    """The network of a running compose project, with the emulator in it."""

    def __init__(self, project, port):
        self.project = project
        self.name = f"{project}_default"
        self.proxy_url = f"http://127.0.0.1:{port}"
        # Past any proxy of this machine.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def requests(self):
        """Return what the emulator was asked."""
        with self._opener.open(f"{self.proxy_url}/_emulator/requests", timeout=PATIENCE) as answer:
            return json.load(answer)

    def forget(self):
        """Let the emulator forget it."""
        url = f"{self.proxy_url}/_emulator/requests"
        self._opener.open(urllib.request.Request(url, method="DELETE"), timeout=PATIENCE).close()

    def named(self, name):
        """Return the same for another network that the emulator is in."""
        other = copy.copy(self)
        other.name = name
        return other

    def options(self, **environ):
        """Return what brings a container to the emulator, with these variables."""
        bundles = ("AWS_CA_BUNDLE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
        environ = dict.fromkeys(bundles, "/ca/ca.pem") | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"} | environ
        variables = (word for name, value in environ.items() for word in ("--env", f"{name}={value}"))
        return ("--network", self.name, "--volume", f"{self.project}_ca:/ca:ro", *variables)

    def run(self, *command, options=(), stdin=None, image=IMAGE, **environ):
        """Run a command in a client's container; return how it ended, whatever it is having told no secret."""
        words = ("run", "--rm", "--interactive", *self.options(**environ), *options, image, *command)
        done = docker(*words, check=False, input=stdin or "")
        for secret in SECRETS:
            assert secret not in done.stdout + done.stderr, command
        assert not TOKEN.search(done.stderr), command
        return done

    def succeed(self, *command, **options):
        """Run a command that has to succeed; return what it printed."""
        done = self.run(*command, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
