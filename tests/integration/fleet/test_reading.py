"""Tokens that are read from a secret, instead of requested."""

import json
import time

import pytest

from keyrings.codeartifact.cache import folder
from keyrings.codeartifact.cache.store import Store
from keyrings.codeartifact.emulator import planting
from keyrings.codeartifact.emulator.faults import Fault, aws_error
from keyrings.codeartifact.emulator.seed import parse
from support.failures import assert_one_line
from support.fleet import ACCOUNT, READ, value
from support.seed import ASK, INDEX, PARTNER, SHARED

TOKEN = "a-shared-token"
ARN = r"arn:aws:secretsmanager:eu-west-1:111122223333:secret:codeartifact/\w+-\w{6}"
ROTATE = "rotate it once with this project's rotation function"
ALLOW = (
    "allow that identity secretsmanager:GetSecretValue on the secret, and kms:Decrypt on its key if that is your own"
)
USER = r"access key …0001 \(AWS\)|the AWS default chain"


def test_a_shared_token_is_read_once(ask, secret, requests):
    secret.rotate()
    token = secret.get()["token"]
    requests()
    assert {ask(CODEARTIFACT_DEBUG="1").stdout for _ in range(3)} == {f"{token}\n"}
    assert requests() == (0, 1)


def test_a_crowd_reads_it_once(home, tool, secret, requests):
    secret.put(value(TOKEN))
    command = [tool.bin / "codeartifact-keyring", "get", INDEX, "aws"]
    environ = home.environ | {"CODEARTIFACT_AUTH_TOKEN_SECRET": secret.arn}
    crowd = [home.forks.start(command, cwd=home.folder, env=environ) for _ in range(20)]
    assert {process.communicate()[0] for process in crowd} == {f"{TOKEN}\n".encode()}
    assert requests() == (0, 1)


@pytest.mark.parametrize(
    ("left", "cached"),
    [
        pytest.param(12 * 3600, 6 * 3600, id="new"),
        pytest.param(8 * 3600, 4 * 3600, id="hours old"),
        pytest.param(540, 240, id="late"),
        pytest.param(200, None, id="too late to be cached"),
    ],
)
def test_a_token_is_cached_by_the_life_that_it_has_left(ask, home, secret, left, cached):
    """Not by token_duration, which is that of a token that would be requested."""
    secret.put(value(TOKEN, expires=left))
    began = time.time()
    assert ask().stdout == f"{TOKEN}\n"
    entries = Store(folder.find(str(home.cache), {})).entries()
    assert [round((entry.good_until - began) / 20) for entry in entries] == ([] if cached is None else [cached / 20])


def test_the_secret_is_part_of_the_cache_key(ask, secret, requests):
    secret.put(value(TOKEN))
    assert ask().stdout == f"{TOKEN}\n"
    assert ask(CODEARTIFACT_AUTH_TOKEN_SECRET="").stdout not in ("", f"{TOKEN}\n")
    assert requests() == (1, 1)


VALUES = {
    "nothing": ("{}", f"the secret {ARN} contains no shared token; {ROTATE}"),
    "a token alone": (TOKEN, f"the secret {ARN} contains no shared token; {ROTATE}"),
    "a list": ("[]", f"the secret {ARN} contains no shared token; {ROTATE}"),
    "no time": (value(TOKEN, expires=0).replace("T", " "), f"the secret {ARN} contains no shared token; {ROTATE}"),
    "a token that is none": (value("MARKED a b"), f"the token in the secret {ARN} is unusable; {ROTATE}"),
    "another domain": (
        value(TOKEN, domain="partner"),
        rf"the secret {ARN} holds a token of CodeArtifact domain 'partner' \(owner 111122223333\) in us-east-1, not of CodeArtifact domain 'acme' .+; set auth_token_secret only where the URLs are of its domain",
    ),
    "another region": (
        value(TOKEN, region="eu-west-1"),
        rf"the secret {ARN} holds a token of .+ in eu-west-1, not of .+",
    ),
    "another owner": (value(TOKEN, domain_owner="999988887777"), rf"the secret {ARN} holds a token of .+ not of .+"),
    "an expired token": (
        value(TOKEN, expires=-60),
        rf"the token in the secret {ARN} expired at \S+Z; check its rotation, and this machine's clock",
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_that_cannot_be_used(ask, secret, requests, name):
    text, message = VALUES[name]
    secret.put(text)
    assert_one_line(ask(), message)
    assert requests()[0] == 0


ERRORS = {
    "AccessDeniedException": (
        400,
        "User: x is not authorized to perform: secretsmanager:GetSecretValue",
        rf"AWS refused GetSecretValue on {ARN} to the AWS default chain \(User: x is not .+\); {ALLOW}",
    ),
    "DecryptionFailure": (
        400,
        "",
        f"AWS cannot use the KMS key of the secret {ARN}; check that it exists and is enabled",
    ),
    "ThrottlingException": (400, "", r"AWS throttles GetSecretValue \([0-9]+ requests? in [0-9]+ s\); start fewer .+"),
    "InternalServiceError": (500, "", "AWS responded to GetSecretValue with InternalServiceError, HTTP 500; .+"),
}


@pytest.mark.parametrize("code", ERRORS)
def test_an_error_of_secrets_manager(ask, emulator, code):
    status, text, message = ERRORS[code]
    emulator.faults.add(aws_error(READ, code, status, text, times=9))
    assert_one_line(ask(CODEARTIFACT_MAX_ATTEMPTS="1", CODEARTIFACT_THROTTLE_TIMEOUT="0.01"), message)


def test_a_response_that_is_not_from_aws(ask, emulator):
    emulator.faults.add(Fault(READ, 200, {}, "<html>a proxy's</html>"))
    assert_one_line(ask(), r"unexpected response, not from AWS \(\w+\); .+")


def test_a_secret_that_does_not_exist(ask, secret):
    gone = secret.arn[:-6] + "MISSIN"
    message = rf"the secret {ARN} does not exist, or holds no token yet \(.+\); check auth_token_secret, or rotate the secret once"
    assert_one_line(ask(CODEARTIFACT_AUTH_TOKEN_SECRET=gone), message)


def test_a_secret_that_is_to_be_deleted(ask, secret):
    secret.client.delete_secret(SecretId=secret.arn)
    message = (
        rf"the secret {ARN} cannot be used \(.+\); restore it if it is marked for deletion \(.+\), or set another one"
    )
    assert_one_line(ask(), message)


def test_the_environment_names_another_domain(ask, secret, home, tool, requests):
    """The secret is then for that one; others get their tokens as if it were not set."""
    secret.put(value(TOKEN))
    assert ask(CODEARTIFACT_INDEX_URL=INDEX).stdout == f"{TOKEN}\n"
    assert ask(SHARED, CODEARTIFACT_INDEX_URL=INDEX).stdout not in ("", f"{TOKEN}\n")
    assert requests() == (1, 1)
    done = ask(SHARED, CODEARTIFACT_INDEX_URL=INDEX, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert "ignored CODEARTIFACT_AUTH_TOKEN_SECRET: it applies to the domain that" in done.stderr


def test_a_section_binds_it(ask, home, secret, requests):
    secret.put(value(TOKEN))
    home.config.write_text(f'[codeartifact domain="acme"]\nauth_token_secret = {secret.arn}\n')
    unset = {"CODEARTIFACT_AUTH_TOKEN_SECRET": ""}
    assert ask(**unset).stdout == f"{TOKEN}\n"
    assert ask(f"{PARTNER}/shared/simple/", **unset).stdout not in ("", f"{TOKEN}\n")
    assert requests() == (1, 1)


def test_a_token_that_is_set_comes_first(ask, secret, requests):
    done = ask(CODEARTIFACT_AUTH_TOKEN="mine", CODEARTIFACT_INDEX_URL=INDEX)
    assert (done.stdout, requests()) == ("mine\n", (0, 0))


USERS = """
users:
  - {name: %(name)s, account: "111122223333", access_key_id: %(key)s, secret_access_key: s, policies: [%(policy)s]}
"""


@pytest.fixture
def doctor(home, tool, secret, emulator):
    """Return a function that checks as a user with a policy, before an emulator that enforces IAM."""

    def check(name, policy):
        key = f"AKIAREADER{name.upper():0<10}"
        planting.plant(parse(USERS % {"name": name, "key": key, "policy": policy}, "seed"), emulator.application)
        emulator.access.is_enforced = True
        environ = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": "s", "CODEARTIFACT_AUTH_TOKEN_SECRET": secret.arn}
        done = home.fork(tool.bin / "keyrings-codeartifact", "doctor", INDEX, "--json", **environ)
        return done.returncode, {found["check"]: found for found in json.loads(done.stdout)["checks"]}

    return check


def test_the_policy_that_doctor_shows_is_enough(doctor, secret, emulator):
    secret.rotate()
    code, checks = doctor("before", "")
    assert (code, checks["token"]["status"]) == (1, "failed")
    emulator.journal.clear()
    code, checks = doctor("after", checks["token"]["policy"])
    assert (code, checks["token"]["status"], checks["index"]["status"]) == (0, "ok", "ok")
    assert emulator.journal.entries(ASK) == []
    assert checks["configuration"]["message"].endswith(f"(the access key in AWS_ACCESS_KEY_ID), reading {secret.arn}")


def test_another_secret_is_refused(doctor, secret):
    policy = {
        "Statement": {
            "Effect": "Allow",
            "Action": "secretsmanager:*",
            "Resource": f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:other-*",
        }
    }
    code, checks = doctor("other", json.dumps(policy))
    assert (code, checks["token"]["status"]) == (1, "failed")
    assert "is not authorized to perform: secretsmanager:GetSecretValue on resource: arn" in checks["token"]["message"]
