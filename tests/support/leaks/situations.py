"""What the processes of a case find: identities, refusals, outputs."""

import shutil
from dataclasses import dataclass, field
from urllib.parse import quote

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from support.leaks.commands import ASKING, COMMANDS, LOOKS
from support.leaks.made_up import (
    ALWAYS,
    ASK,
    ASSUME,
    ASSUME_WEB,
    ENDPOINT_PASSWORD,
    KEY,
    KEYS,
    PROFILE_KEY,
    PROXY_PASSWORD,
    READY,
    ROLE,
    SESSION,
    WITH_ROLE,
)


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
# In which the first command is no fork: identities, and one of each other kind, as its start reads nothing else there.
STARTED = ("by ", "refused, with the request", "broken: no equals sign", "no cache")
# In which no case is a fork.
WHOLE = ("by a role", "interrupted", "in memory")
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
    refused("the wrong signature", "rejected the credentials", error("InvalidSignatureException", 403, REQUEST)),
    refused(
        "the role's wrong signature",
        "rejected the credentials",
        error("SignatureDoesNotMatch", 403, QUOTED, ASSUME),
        commands=FEW,
    ),
    refused("the role refused", "AWS did not let", error("AccessDenied", 403, REQUEST, ASSUME), commands=FEW),
    refused("a fault in the request", "as invalid", error("ValidationException", 400, REQUEST), commands=FEW),
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
        "a request with access key .* failed: botocore rejected",
        answer(f'{{"authorizationToken": "{READY}", "expiration": "soon"}}'),
        commands=FEW,
    ),
    refused(
        "the OIDC token refused",
        "AWS rejected",
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
        "a process that fails",
        "custom-process failed",
        config="[codeartifact]\nprofile_name = failing\n",
        commands=ECHOING,
    ),
    refused(
        "a process that is odd",
        "a request with profile 'odd' .* failed: botocore rejected",
        config="[codeartifact]\nprofile_name = odd\n",
        commands=FEW,
    ),
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
