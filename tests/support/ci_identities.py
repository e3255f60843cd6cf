"""Accounts with identity providers of CIs, and servers that hand out an instance's credentials."""

import json
import time
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler

from support.server import running

ACCOUNT, OTHER = "333344445555", "666677778888"
INDEX = f"https://guild-{ACCOUNT}.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/"
GITHUB, GITLAB = "https://token.actions.githubusercontent.com", "https://gitlab.com"
SUBJECT, PROJECT = "repo:acme/tools:ref:refs/heads/main", "project_path:acme/tools:ref_type:branch:ref:main"
ASK = "GetAuthorizationToken"


def role(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def session(name, session_name):
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session_name}"


GITHUB_OPTIONS = f"oidc_audience = sts.amazonaws.com\nrole_arn = {role('github')}\n"
PLAIN = {"AWS_ACCESS_KEY_ID": "AKIAPLAIN00000000001", "AWS_SECRET_ACCESS_KEY": "MARKED-plain"}


@contextmanager
def serving(answers, status=404):
    """A server on the loopback that answers as AWS' own services next to a workload do: SSO's portal, ECS, EC2.

    ``status`` is for what it has no answer to.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer = answers.get(self.path.partition("?")[0])
            asked.append((self.path, dict(self.headers)))
            body = answer if isinstance(answer, str) else json.dumps(answer)
            self.send_response(status if answer is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_PUT = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_):
            pass

    asked = []
    with running(Handler) as server:
        yield f"http://127.0.0.1:{server.server_port}", asked


SSO_CONFIG = f"""
[profile sso]
sso_session = acme
sso_account_id = {ACCOUNT}
sso_role_name = base
[sso-session acme]
sso_start_url = https://acme.awsapps.example/start
sso_region = us-east-1
sso_registration_scopes = sso:account:access
"""


@contextmanager
def serving_sso(job, role_keys):
    """Log the user in with SSO, and serve the credentials of the role; yield as `serving` does."""
    write_sso_token(job, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 7200)))
    credentials = {
        "accessKeyId": role_keys["AccessKeyId"],
        "secretAccessKey": role_keys["SecretAccessKey"],
        "sessionToken": role_keys["SessionToken"],
        "expiration": int(role_keys["Expiration"].timestamp() * 1000),
    }
    with serving({"/federation/credentials": {"roleCredentials": credentials}}) as served:
        yield served


def write_sso_token(job, expires):
    cache = job.folder / "home" / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {
        "startUrl": "https://acme.awsapps.example/start",
        "region": "us-east-1",
        "accessToken": "MARKED-sso",
        "expiresAt": expires,
    }
    (cache / f"{sha1(b'acme').hexdigest()}.json").write_text(json.dumps(token))


def workload(role_keys):
    """The keys as ECS and EC2 tell them."""
    return {
        "Code": "Success",
        "Type": "AWS-HMAC",
        "AccessKeyId": role_keys["AccessKeyId"],
        "SecretAccessKey": role_keys["SecretAccessKey"],
        "Token": role_keys["SessionToken"],
        "Expiration": role_keys["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "LastUpdated": "2026-01-01T00:00:00Z",
    }
