"""A domain of its own for the tests of faults: its users and roles, and what AWS answers for them."""

from collections import Counter

from keyrings.codeartifact.emulator.api.models import backend_of

ACCOUNT = "888899990000"
URL = f"https://vault-{ACCOUNT}.d.codeartifact.us-east-1.amazonaws.com/pypi"
INDEX, OTHER_INDEX = f"{URL}/release/simple/", f"{URL}/staging/simple/"
ASK, ASSUME, FEDERATE, RUNNER = "GetAuthorizationToken", "AssumeRole", "AssumeRoleWithWebIdentity", "GitHub's runner"
GITHUB = "https://token.actions.githubusercontent.com"
# Beyond the deadline, in seconds: for the process to end, on a machine that has a lot to do.
MARGIN = 10


def keys(name="one"):
    return {"AWS_ACCESS_KEY_ID": f"AKIA{name.upper()}0000000000001", "AWS_SECRET_ACCESS_KEY": f"MARKED-{name}"}


def holder(token):
    """Return in whose name the emulator has given out ``token``: the last part of an ARN."""
    grant = backend_of(ACCOUNT, "us-east-1").grant(token, "vault")
    return grant and grant.principal.arn.rpartition(":")[2]


def ask_command(home, tool, program="codeartifact-keyring", index=INDEX):
    return tool.bin / program, "get", index, "aws"


def kept(home):
    """Return what is kept for a user, by the kinds of files."""
    return Counter(path.suffix for path in home.cache.rglob("*") if not path.is_dir() or path.suffix)


# What each service says when all is well, but for what a fault makes of it.

JWT = "MARKED.MARKED.MARKED"
ISO = {"1": "1970-01-01T00:00:01Z", "253402300799": "9999-12-31T23:59:59Z", "-1": "-0001-01-01T00:00:00Z"}


def body(service, token=None, expiration="99999999999"):
    if service == RUNNER:
        return f'{{"value": "{token or JWT}"}}'
    if service == ASK:
        return f'{{"authorizationToken": "{token or "MARKED"}", "expiration": {expiration}}}'
    token = (token or "MARKED").replace("\\n", "\n")
    return (
        f'<{service}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{service}Result><Credentials>'
        f"<AccessKeyId>ASIAMADEUP0000000001</AccessKeyId><SecretAccessKey>MARKED</SecretAccessKey>"
        f"<SessionToken>{token}</SessionToken>"
        f"<Expiration>{ISO.get(expiration, expiration.strip(chr(34)))}</Expiration>"
        f"</Credentials></{service}Result></{service}Response>"
    )


def head(status="200 OK", **headers):
    lines = (f"{name.replace('_', '-')}: {value}" for name, value in headers.items())
    return "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", *lines, "")).encode()


def whole(status, text, **headers):
    """Return the steps of an answer that is sent whole; ``text`` may be a function of the service."""

    def steps(service):
        content = (text(service) if callable(text) else text).encode()
        return [head(status, Content_Length=len(content), **headers) + content]

    return steps


def token(text):
    """An answer with a token that is none; a JWT's last part in the case of a CI's."""
    return whole("200 OK", lambda service: body(service, token="MARKED.MARKED." * (service == RUNNER) + text))


def answered(done):
    """Return whose token a process was answered with, and nothing said beside it."""
    assert (done.returncode, done.stderr) == (0, "")
    return holder(done.stdout.removesuffix("\n"))


# By this clock, in seconds ahead: for two of them a failure is an answer to the next question, too.
FAILURE_IS_OVER = 3
