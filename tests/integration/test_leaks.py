"""Secrets stay where they belong: no command, client or failure tells one to anybody but who asked for a token.

Every case is a real process in a home of its own, with secrets wherever one can be, at its most talkative: with
CODEARTIFACT_DEBUG, every logger at the lowest level, Python's development mode.  Then every secret is searched for in
what it printed, in every file, and in arguments and environment of every process that was started.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import PATIENCE, RELEASE, STAGING, UV, Home, make_environment
from leaks import WATCH, Secrets
from moto.sts.models import sts_backends

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from keyrings.codeartifact.emulator.index import wheels

INDEX, HOST = f"{RELEASE}/simple/", RELEASE.split("/")[2]
ASK, ASSUME, ASSUME_WEB = "GetAuthorizationToken", "AssumeRole", "AssumeRoleWithWebIdentity"
ROLE = "arn:aws:iam::111122223333:role/reader"
ALWAYS = 1000

SECRETS = Secrets()
CHAIN_KEY, CHAIN_SESSION = SECRETS.key("the chain's key"), SECRETS.session_token("the chain's session token")
KEY, SESSION = SECRETS.key("the file's key"), SECRETS.session_token("the file's session token")
PROFILE_KEY, PROFILE_SESSION = SECRETS.key("the profile's key"), SECRETS.session_token("the profile's session token")
OTHER_KEY, OTHER_TOKEN = SECRETS.key("another section's key"), SECRETS.token("another section's token")
PROCESS_KEY = SECRETS.key("the credential_process' key")
READY = SECRETS.token("the ready token")
RUNNER = SECRETS.token("the runner's own token")
SECRETS.tokens -= {OTHER_TOKEN, RUNNER}  # nobody has asked for these
PROXY_PASSWORD, INDEX_PASSWORD = SECRETS.password("the proxy's password"), SECRETS.password("the index' password")
ENDPOINT_PASSWORD = SECRETS.password("the endpoint's password")
URL = INDEX.replace("https://", f"https://aws:{INDEX_PASSWORD}@")

KEYS = f"aws_access_key_id = AKIAFILE000000000001\naws_secret_access_key = {KEY}\naws_session_token = {SESSION}\n"
WITH_ROLE = f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n"
OTHERS = (
    f'[codeartifact account="999988887777"]\naws_access_key_id = AKIAOTHER00000000001\n'
    f'aws_secret_access_key = {OTHER_KEY}\n[codeartifact domain="other"]\nauth_token = {OTHER_TOKEN}\n'
)
AWS = {
    "credentials": f"[own]\naws_access_key_id = AKIAPROFILE000000001\naws_secret_access_key = {PROFILE_KEY}\n"
    f"aws_session_token = {PROFILE_SESSION}\n",
    "config": f"[profile failing]\ncredential_process = sh -c 'cat {{folder}}/credential_process >&2; exit 1'\n"
    f"[profile odd]\ncredential_process = sh -c 'cat {{folder}}/credential_process'\n"
    f"[profile role]\nrole_arn = {ROLE}\nsource_profile = own\n",
}

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
    "env shell": lambda at: [at.cli, "env", "--publish"],
    "env dotenv": lambda at: [at.cli, "env", "--format", "dotenv"],
    "env github": lambda at: [at.cli, "env", "--format", "github"],
    "env json": lambda at: [at.cli, "env", "--format", "json"],
    "explain": lambda at: [at.cli, "explain"],
    "explain --json": lambda at: [at.cli, "explain", "--json", URL],
    "doctor": lambda at: [at.cli, "doctor"],
    "doctor --json": lambda at: [at.cli, "doctor", "--json", URL],
    "cache list": lambda at: ["/bin/sh", "-c", f"{at.cli} token >kept; rm kept; {at.cli} cache list"],
    "cache list --json": lambda at: ["/bin/sh", "-c", f"{at.cli} token >kept; rm kept; {at.cli} cache list --json"],
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
    # Until somebody ends it.
    "emulator": lambda _: ["timeout", "--preserve-status", "--signal=INT", "4", EXTRA, "emulator"],
    "slip": lambda at: [at.cli, *at.situation.arguments],
}
# Which has the extra that both need.
EXTRA = Path(sys.executable).with_name("keyrings-codeartifact")
PROVIDERS = {"pip": {"PIP_KEYRING_PROVIDER": "import"}, "pip, subprocess": {"PIP_KEYRING_PROVIDER": "subprocess"}}
# On their standard output a token is what was asked for.
ANSWERING = re.compile(r"token|front|keyring|job github, token")
ASKING = (
    *("token", "token --json", "exec --check", "exec --with-token", "doctor", "doctor --json", "job github, token"),
    *("job gitlab", "front", "front, json", "keyring", "keyring, creds", "client", "raising handler"),
)
LOOKS = ("token", "explain --json", "doctor", "client")
# These start clients for a look at them, which are handed no more than that takes.
EXAMINING = ("doctor", "job")
EXAMINED = [("by a role", "doctor"), ("by a role", "job github"), ("by a CI's variable", "doctor")]
NEEDED = re.compile(r"(?i)(PIP|UV|LEAK)_.*|.*_PROXY")


@dataclass(frozen=True)
class Situation:
    """What the processes of a case find, and what (a pattern) each of them has to have said to prove it."""

    name: str
    commands: tuple = ("slip",)
    config: str = WITH_ROLE
    environ: dict = field(default_factory=dict)
    faults: tuple = ()
    aws: dict = field(default_factory=dict)
    said: str = ""
    arguments: tuple = ("token",)
    stdout: str = ""
    is_interrupted: bool = False


def identity(name, config="[codeartifact]\n", environ=None, commands=LOOKS):
    return Situation(f"by {name}", commands, config, environ or {})


WEB = f"role_arn = {ROLE}\n"
IDENTITIES = [
    identity("keys in the environment, of the chain"),
    identity(
        "keys in the environment, of ours",
        environ={
            "CODEARTIFACT_AWS_ACCESS_KEY_ID": "AKIAOURS000000000001",
            "CODEARTIFACT_AWS_SECRET_ACCESS_KEY": KEY,
            "CODEARTIFACT_AWS_SESSION_TOKEN": SESSION,
        },
    ),
    identity("a role", WITH_ROLE, commands=tuple(name for name in COMMANDS if name not in ("slip", "raising handler"))),
    identity("keys in the file", f"[codeartifact]\n{KEYS}"),
    identity("a profile", "[codeartifact]\nprofile_name = own\n"),
    identity("a profile's role", "[codeartifact]\nprofile_name = role\n"),
    identity("GitHub's runner", f"[codeartifact]\noidc_audience = sts.amazonaws.com\n{WEB}"),
    identity("a CI's variable", f"[codeartifact]\noidc_token_variable = JOB_JWT\n{WEB}"),
    identity("a CI's file", f"[codeartifact]\nweb_identity_token_file = {{folder}}/jwt\n{WEB}"),
    identity("a token's variable", environ={"CODEARTIFACT_AUTH_TOKEN": READY}),
    identity("a token's file", environ={"CODEARTIFACT_AUTH_TOKEN_FILE": "{folder}/ready"}),
    identity("a token's section", f'[codeartifact domain="acme"]\nauth_token = {READY}\n'),
]

REQUEST = f"POST / HTTP/1.1 x-amz-security-token:{SESSION} key {KEY}"
QUOTED = f"The Canonical String should have been 'GET / X-Amz-Security-Token={quote(SESSION, safe='')}&X-Amz-Date=2'"
HTML = f"<html>You sent X-Amz-Security-Token: {SESSION} and got {READY}</html>"


def refused(name, said, *faults, commands=ASKING, **more):
    return Situation(name, commands, faults=faults, said=said, **more)


def error(code, status, message="", operation=ASK):
    return aws_error(operation, code, status, message, times=ALWAYS)


def answer(body, status=200, operation=ASK, kind="application/json"):
    return Fault(operation, status, {"Content-Type": kind}, body, times=ALWAYS)


FEW = ("token", "job github")
ECHOING = (*FEW, "front", "client", "raising handler")
REFUSALS = [
    refused("refused", "AWS refused", error("AccessDeniedException", 403, "not you")),
    refused("refused, with the request", "AWS refused", error("AccessDeniedException", 403, REQUEST), commands=ECHOING),
    refused("refused, with the URL", "AWS refused", error("AccessDeniedException", 403, QUOTED), commands=ECHOING),
    refused("the wrong signature", "did not accept", error("InvalidSignatureException", 403, REQUEST)),
    refused(
        "the role's wrong signature",
        "did not accept",
        error("SignatureDoesNotMatch", 403, QUOTED, ASSUME),
        commands=FEW,
    ),
    refused("the role refused", "AWS refused", error("AccessDenied", 403, REQUEST, ASSUME), commands=FEW),
    refused("a fault in the request", "AWS finds fault", error("ValidationException", 400, REQUEST), commands=FEW),
    refused("expired", "have expired", error("ExpiredTokenException", 403, REQUEST), commands=FEW),
    refused("throttled", "AWS throttles", error("ThrottlingException", 429, REQUEST), commands=FEW),
    refused("500", "HTTP 500", answer(f'{{"authorizationToken": "{READY}"', 500), commands=FEW),
    refused("HTML", "no usable token", answer(HTML, kind="text/html"), commands=FEW),
    refused("a proxy's HTML", "HTTP 403", answer(HTML, 403, kind="text/html"), commands=FEW),
    refused("half a JSON", "no usable token", answer(f'{{"authorizationToken": "{READY}", "exp'), commands=FEW),
    refused(
        "a token too old", "expired", answer(f'{{"authorizationToken": "{READY}", "expiration": 1}}'), commands=FEW
    ),
    refused(
        "an absurd expiry",
        "cannot use",
        answer(f'{{"authorizationToken": "{READY}", "expiration": "soon"}}'),
        commands=FEW,
    ),
    refused(
        "the OIDC token refused",
        "does not believe",
        error("InvalidIdentityToken", 400, f"Value '{READY}' at 'webIdentityToken' is none", ASSUME_WEB),
        config=f"[codeartifact]\noidc_audience = sts.amazonaws.com\n{WEB}",
        commands=ECHOING,
    ),
    refused(
        "a password in the endpoint",
        "cannot connect to https://127.0.0.1:9",
        config="",
        environ={
            "AWS_ENDPOINT_URL_CODEARTIFACT": f"https://user:{ENDPOINT_PASSWORD}@127.0.0.1:9/",
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "*"),
        },
        commands=ECHOING,
    ),
    refused(
        "a proxy that is not there",
        "proxy",
        environ=dict.fromkeys(("HTTPS_PROXY", "https_proxy"), f"http://user:{PROXY_PASSWORD}@127.0.0.1:9"),
        commands=FEW,
    ),
    refused(
        "a process that fails", "getting them by", config="[codeartifact]\nprofile_name = failing\n", commands=ECHOING
    ),
    refused("a process that is odd", "asking as", config="[codeartifact]\nprofile_name = odd\n", commands=FEW),
    refused(
        "an AWS file that is broken",
        "cannot be parsed",
        config="",
        aws={"config": f"[profile\naws_secret_access_key {PROFILE_KEY}\n"},
        commands=FEW,
    ),
    refused(
        "AWS credentials that are broken",
        "cannot be parsed",
        config="[codeartifact]\nprofile_name = own\n",
        aws={"credentials": f"aws_secret_access_key {PROFILE_KEY}\n"},
        commands=FEW,
    ),
]

INTERRUPTED = Situation(
    "interrupted",
    (
        "token",
        "exec --with-token",
        "doctor",
        "job github",
        "job gitlab",
        "front",
        "keyring",
        "client",
        "raising client",
    ),
    faults=(Fault(ASK, hang=10, times=ALWAYS),),
    is_interrupted=True,
)
# Where tokens are kept if nothing is set; in a mount of the case's own, of which a copy is left.
IN_MEMORY = Situation(
    "in memory",
    ("token", "exec --check", "front", "client"),
    environ={"CODEARTIFACT_CACHE_DIR": "", "XDG_RUNTIME_DIR": ""},
)
IN_A_MOUNT = (
    *(shutil.which("unshare") or "unshare", "--map-root-user", "--mount", "/bin/sh", "-euc"),
    f"{shutil.which('mount')} -t tmpfs tmpfs /dev/shm; trap '/bin/cp -a /dev/shm ../shm' EXIT; \"$@\"",
    "sh",
)
OUTPUTS = [
    IN_MEMORY,
    Situation("nobody reads", ("token", "explain", "env shell", "front", "keyring", "cache list"), stdout="closed"),
    Situation("a full disk", ("token", "explain", "env shell", "front", "keyring", "job gitlab"), stdout="/dev/full"),
    Situation(
        "no cache",
        ("token", "doctor", "cache list", "front", "client"),
        environ={"CODEARTIFACT_CACHE_DIR": "/proc/1/none", "XDG_RUNTIME_DIR": "/proc/1", "CODEARTIFACT_CACHE": "on"},
    ),
]


def slip(name, config="", environ=None, *, arguments=("token",), **more):
    return Situation(f"slip: {name}", ("slip",), config, environ or {}, arguments=arguments, **more)


# Not `keyring` and clients that import it: it reads the file itself before any backend, and its own traceback repeats
# a broken line.
def broken(
    name, line, commands=("token", "explain", "doctor", "exec", "cache list", "job github", "job gitlab", "front")
):
    return Situation(f"broken: {name}", commands, line)


# The session token in shape of what it is pasted as: without the signs that a name cannot have.
WORD = re.sub("[^A-Za-z0-9]", "", SESSION)
MISTAKEN = {"key": KEY, "token": READY}
SWAPPED = {"key": KEY, "session token": SESSION}
WRONG_OPTIONS = (
    *(
        "profile_name",
        "token_duration",
        "aws_access_key_id",
        "role_arn",
        "role_session_name",
        "web_identity_token_file",
    ),
    *("oidc_token_variable", "oidc_audience", "auth_token_file", "endpoint_url", "sts_endpoint_url", "verify", "cache"),
    *("cache_dir", "deadline", "max_attempts"),
)
WRONG_VARIABLES = (
    *("CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE", "CODEARTIFACT_INDEX_URL", "CODEARTIFACT_INDEX_NAME"),
    *("AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"),
)
SLIPS = [
    broken("no equals sign", f"[codeartifact]\naws_secret_access_key {KEY}\n"),
    broken("a line break that was lost", f"[codeartifact] aws_secret_access_key = {KEY}\n"),
    broken("no section", f"aws_secret_access_key = {KEY}\n"),
    broken("an option twice", f"[codeartifact]\naws_secret_access_key = {KEY}\naws_secret_access_key = {KEY}\n"),
    broken("a key where its name belongs", f"[codeartifact]\n{KEY} = aws_secret_access_key\n"),
    broken("that twice", f"[codeartifact]\n{WORD} = x\n{WORD} = x\n"),
    broken("an unknown option", f"[codeartifact]\naws_secret = {KEY}\n"),
    broken("half a key", f"[codeartifact]\naws_secret_access_key = {KEY}\n"),
    broken("blanks in a key", f"[codeartifact]\naws_access_key_id = {KEY} {KEY}\n"),
    broken("keys in a section's name", f'[codeartifact aws_secret_access_key="{KEY}"]\nx = y\n'),
    broken("a name that is no qualifier", f"[codeartifact {SESSION}]\nx = y\n"),
    broken("a qualifier that is a token", f'[codeartifact name="{READY}"]\nx = y\n'),
    broken("such a section twice", f'[codeartifact name="{READY}"]\nx = y\n[codeartifact name="{READY}"]\nx = y\n'),
    *(
        slip(f"a {kind} as {option}", "", {f"CODEARTIFACT_{option.upper()}": text, "CODEARTIFACT_ROLE_ARN": ROLE}
             | ({"CODEARTIFACT_ROLE_ARN": text} if option == "role_arn" else {}))
        for option in WRONG_OPTIONS
        for kind, text in MISTAKEN.items()
    ),
    # In no shape that a search could know: what is private is not repeated, whatever it looks like.
    *(
        slip(f"a password in {option}", f"[codeartifact]\n{option} = {text}\n")
        for option, text in {
            "endpoint_url": f"https://user:{ENDPOINT_PASSWORD}@127.0.0.1/",
            "sts_endpoint_url": f"https://user:{ENDPOINT_PASSWORD}@127.0.0.1/",
            "auth_token": f"{ENDPOINT_PASSWORD} {ENDPOINT_PASSWORD}",
            "aws_access_key_id": f"'{ENDPOINT_PASSWORD}'",
            "aws_secret_access_key": f"{ENDPOINT_PASSWORD} {ENDPOINT_PASSWORD}",
            "oidc_token_variable": f"{ENDPOINT_PASSWORD}.x",
        }.items()
    ),
    slip("a word as oidc_token_variable", f"[codeartifact]\noidc_token_variable = x{WORD}\n{WEB}"),
    slip("a key of letters as oidc_token_variable", f"[codeartifact]\noidc_token_variable = x{WORD[:39]}\n{WEB}"),
    *(
        slip(f"a {kind} as {variable}", "", {variable: text})
        for variable in WRONG_VARIABLES
        for kind, text in MISTAKEN.items()
    ),
    *(
        slip(
            f"a {kind} as {variable}",
            "",
            {"CODEARTIFACT_INDEX_URL": "", "CODEARTIFACT_DOMAIN": "acme", "CODEARTIFACT_DOMAIN_OWNER": "111122223333",
             "CODEARTIFACT_REPOSITORY": "release", "CODEARTIFACT_REGION": "us-east-1", variable: text},
        )
        for variable in ("CODEARTIFACT_DOMAIN", "CODEARTIFACT_REGION", "CODEARTIFACT_ENDPOINT_TYPE")
        for kind, text in MISTAKEN.items()
    ),
    *(
        slip(f"a {kind} as a web identity's file", "", {"AWS_WEB_IDENTITY_TOKEN_FILE": text, "AWS_ROLE_ARN": ROLE,
             "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""})
        for kind, text in MISTAKEN.items()
    ),
    *(
        slip(
            f"a {kind} as source_profile",
            "[codeartifact]\nprofile_name = x\n",
            aws={"config": f"[profile x]\nrole_arn = {ROLE}\nsource_profile = {text}\n"},
        )
        for kind, text in SWAPPED.items()
    ),
    *(
        slip(
            f"a {kind} as credential_source",
            "[codeartifact]\nprofile_name = x\n",
            aws={"config": f"[profile x]\nrole_arn = {ROLE}\ncredential_source = {text}\n"},
        )
        for kind, text in SWAPPED.items()
    ),
    slip(
        "a token as the name of a profile that asks for a code",
        f"[codeartifact]\nprofile_name = {WORD}\n",
        aws={"config": f"[profile {WORD}]\nrole_arn = {ROLE}\nsource_profile = own\nmfa_serial = 1\n"},
    ),
    slip(
        "a token as the name of a profile whose process fails",
        f"[codeartifact]\nprofile_name = {WORD}\n",
        aws={"config": f"[profile {WORD}]\ncredential_process = false\n"},
    ),
    slip("a key as CODEARTIFACT_CHECK", "", {"CODEARTIFACT_CHECK": KEY}, arguments=("exec", "true")),
    slip("a token as CODEARTIFACT_CHECK", "", {"CODEARTIFACT_CHECK": READY}, arguments=("exec", "true")),
    slip("a token in a variable's name", "", {f"CODEARTIFACT_{WORD.upper()}": "x"}, arguments=("explain",)),
    slip("a slash in the endpoint's password", "", {"AWS_ENDPOINT_URL": f"https://u:1/{ENDPOINT_PASSWORD}@127.0.0.1"}),
    *(
        slip(f"a {kind} after {' '.join(words)}", arguments=(*words[:-1], f"{words[-1]}{text}"))
        for words in (("",), ("token", "--token="), ("token", INDEX, ""), ("cache", ""), ("env", "--format="), ("token", ""))
        for kind, text in MISTAKEN.items()
    ),
]  # fmt: skip
SITUATIONS = [*IDENTITIES, *REFUSALS, INTERRUPTED, *OUTPUTS, *SLIPS]
CASES = [
    pytest.param((situation, command), id=f"{situation.name}, {command}".removesuffix(", slip"))
    for situation in SITUATIONS
    for command in situation.commands
]


class Attempt:
    """A process in a home of its own, and what became of it."""

    def __init__(self, ground, folder, situation, command):
        self.ground, self.situation, self.command = ground, situation, command
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
        return [path for path in sorted(self.folder.parent.rglob("*")) if path.is_file() and path != self.watch]

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
        return SECRETS.tokens if self.command == "exec --with-token" and name == "CODEARTIFACT_AUTH_TOKEN" else ()

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

    def __init__(self, emulator, folder, wheel):
        self.emulator, self.folder = emulator, folder
        self.environment = make_environment(folder / "environment", wheel, "pip>=26.2", "twine>=7")
        # As pip leaves an environment: else each process would compile anew.
        subprocess.run([self.environment.python, "-m", "compileall", "-q", "-j", "0", folder], check=True)
        [site] = (folder / "environment" / "lib").glob("*/site-packages")
        (site / "leak_watch.py").write_text(WATCH)
        (site / "leak_watch.pth").write_text("import leak_watch\n")
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


@pytest.fixture(scope="module")
def ground(codeartifact_emulator, tmp_path_factory, wheel):
    ground = Ground(codeartifact_emulator, tmp_path_factory.mktemp("leaks"), wheel)
    yield ground
    codeartifact_emulator.access.issuer.mint = ground.mint


@pytest.fixture(scope="module")
def attempts(ground, request):
    """What became of the cases that are to be looked at: all were made at once, but for those of different faults."""
    calls = [
        item.callspec.params
        for item in request.session.items
        if item.path == request.path and hasattr(item, "callspec")
    ]
    cases = [params["case"] for params in calls if "case" in params]
    made = {id(case): ground.attempt(*case) for case in cases}
    groups = {}
    for attempt in made.values():
        groups.setdefault((repr(attempt.situation.faults), attempt.situation.is_interrupted), []).append(attempt)
    faults = ground.emulator.faults
    with ThreadPoolExecutor(6) as pool:
        for (_, is_interrupted), group in groups.items():
            faults.clear()
            for fault in group[0].situation.faults:
                faults.add(fault)
            _interrupt(group, faults) if is_interrupted else list(pool.map(Attempt.run, group))
    faults.clear()
    ground.learn()
    return made


def _interrupt(group, faults):
    """Start them all, and press Ctrl-C when all have asked AWS."""
    before = faults.pending()
    for attempt in group:
        attempt.start()
    end = time.monotonic() + PATIENCE / 4
    while faults.pending() > before - len(group) and time.monotonic() < end:
        time.sleep(0.05)
    assert faults.pending() <= before - len(group)
    for attempt in group:
        os.killpg(attempt.process.pid, signal.SIGINT)
    for attempt in group:
        attempt.end()


# What some commands say whatever the situation.
SAID = {"raising handler": "BrokenPipeError", "emulator": "HTTPS_PROXY=", "demo": "acme"}


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_told(attempts, case):
    attempt = attempts[id(case)]
    said = (attempt.stdout + attempt.stderr).decode()
    assert attempt.leaks() == []
    assert attempt.processes()
    # Each has come where it was to come; a handler that raises says nothing else.
    assert re.search(SAID.get(attempt.command, attempt.situation.said), said), said
    if attempt.situation is IN_MEMORY:
        assert list((attempt.folder.parent / "shm").glob("keyrings-codeartifact-*/*.token"))
    if attempt.situation.name.startswith("by "):
        # The index takes no token that was made up.
        is_made_up = attempt.command == "doctor" and attempt.situation.name.startswith("by a token's")
        assert attempt.process.returncode == is_made_up, said


# Ways to leak, each of which is to be found.
PLANTS = {
    "nowhere": "print(len(secret))",
    "stdout": "print(secret)",
    "stderr": "print(secret, file=sys.stderr)",
    "half of it": "print(secret[len(secret) // 2:], file=sys.stderr)",
    "24 characters": "print(secret[7:31], file=sys.stderr)",
    "small letters": "print(secret.lower(), file=sys.stderr)",
    "quoted for a URL": "print(urllib.parse.quote(secret, safe=''), file=sys.stderr)",
    "Basic": "print(base64.b64encode(b'aws:' + secret.encode()).decode(), file=sys.stderr)",
    "a log": "import logging; logging.getLogger('botocore.parsers').debug('%s', secret)",
    "a traceback": "raise ValueError(secret)",
    "a traceback's locals": "f = lambda kept: 1 / 0\ntry: f(secret)\nexcept Exception: print(*traceback.TracebackException(*sys.exc_info(), capture_locals=True).format())",
    "home": "open(os.path.expanduser('~/x'), 'w').write(secret)",
    "the working folder": "open('x', 'w').write(secret)",
    "TMPDIR": "open(tempfile.mkstemp()[1], 'w').write(secret)",
    "XDG_CONFIG_HOME": "open(os.environ['XDG_CONFIG_HOME'] + '/x', 'w').write(secret)",
    "a file's name": "open('x' + secret[:24].replace('/', ''), 'w')",
    "GITHUB_ENV": "open('github-ENV', 'a').write('X=' + secret)",
    "the summary": "open('github-STEP_SUMMARY', 'a').write(secret)",
    "the cache, for all to read": "os.makedirs(cache, 0o700); open(cache + '/x.token', 'w').write(secret); os.chmod(cache + '/x.token', 0o644)",
    "an open cache": "os.makedirs(cache, 0o755); os.close(os.open(cache + '/x.token', os.O_CREAT, 0o600)); open(cache + '/x.token', 'w').write(secret)",
    "beside the cache": "os.makedirs(cache, 0o700); os.close(os.open(cache + '/x', os.O_CREAT, 0o600)); open(cache + '/x', 'w').write(secret)",
    "a process' arguments": "subprocess.run(['true', secret])",
    "a shell's arguments": "os.system('true ' + secret)",
    "a process' environment": "subprocess.run(['true'], env={'X': secret})",
    "what it becomes": "os.execve(sys.executable, [sys.executable, '-c', ''], {**os.environ, 'X': secret})",
    "its arguments then": "os.execv(sys.executable, [sys.executable, '-c', '', secret])",
}  # fmt: skip


@pytest.mark.parametrize("place", PLANTS)
def test_a_leak_would_be_found(ground, place):
    assert_found(ground, place, SESSION)


def test_a_leak_of_what_was_issued_would_be_found(ground):
    token = ground.attempt(Situation("asked for"), "token").run().stdout.decode().strip()
    assert token in ground.emulator.issued_tokens()
    ground.learn()
    assert_found(ground, "half of it", token)


def assert_found(ground, place, secret):
    situation = Situation("planted", ("exec",), environ={"PLANT": secret})
    attempt = ground.attempt(situation, "exec")
    (attempt.folder / "plant.py").write_text(
        "import base64, os, subprocess, sys, tempfile, traceback, urllib.parse\n"
        f"secret, cache = os.environ.pop('PLANT'), {str(attempt.folder.parent / 'cache' / 'keyrings-codeartifact-0')!r}\n"
        f"{PLANTS[place]}\n"
    )
    attempt.arguments = [str(attempt.python), str(attempt.folder / "plant.py")]
    assert bool(attempt.run().leaks()) == (place != "nowhere"), (attempt.leaks(), attempt.stdout, attempt.stderr)
