"""With IAM enforced, who may read and publish packages."""

import json
from urllib.request import Request, urlopen

import pytest

from keyrings.codeartifact.emulator.index import wheels
from support.guarded import ARN, allow, keys, refusal
from support.seed import PAGE

GUARDED = "https://guarded-111122223333.d.codeartifact.us-east-1.amazonaws.com/pypi"


HOST = GUARDED.split("/")[2]


OPEN = PAGE.replace("release", "open")


CLOSED = PAGE.replace("release", "closed")


@pytest.mark.parametrize(
    ("name", "page", "status"),
    [
        ("reader", OPEN, 200),
        ("reader", CLOSED, 200),
        ("shunned", OPEN, 403),
        ("shunned", CLOSED, 200),
        ("publisher", OPEN, 403),
        ("partner", OPEN, 200),
        ("partner", CLOSED, 403),
    ],
)
def test_reading(ask, get, guarded, name, page, status):
    token = ask(keys(name))
    answered, _, body = get(HOST, page, token)
    assert answered == status
    account = "444455556666" if name == "partner" else "111122223333"
    assert guarded.journal.entries("ProjectPage")[-1].principal == f"arn:aws:iam::{account}:user/{name}"
    if status == 403:
        assert b"is not authorized to perform: codeartifact:ReadFromRepository" in body
        path = f"{page}1.0/acme_tools-1.0-py3-none-any.whl"
        assert get(HOST, path, token)[0] == 403


def test_publishing(ask, guarded, home, environment, wheel, tmp_path):
    """A policy may say which packages."""
    twine = environment(wheel, "twine>=7")
    statuses = []
    for name in ("publisher", "reader"):
        for package in ("acme-other", "other"):
            folder = tmp_path / name
            folder.mkdir(exist_ok=True)
            built = wheels.build(folder, f"{package}-{name}")
            key, secret, _ = keys(name)
            home.run(
                *(twine.python, "-m", "twine", "upload", "--repository-url", f"{GUARDED}/open/", built),
                AWS_ACCESS_KEY_ID=key,
                AWS_SECRET_ACCESS_KEY=secret,
            )
            statuses.append((name, package, guarded.journal.entries("Upload")[-1].status))
    assert statuses == [
        ("publisher", "acme-other", 200),
        ("publisher", "other", 403),
        ("reader", "acme-other", 403),
        ("reader", "other", 403),
    ]


def test_tokens_of_nobody_are_good_for_nothing(emulator, planted, client, get):
    """As those that were given out before IAM was enforced, to keys that it does not know."""
    token = client("codeartifact", keys=("AKIAUNKNOWN000000001", "x", None)).get_authorization_token(
        domain="guarded", domainOwner="111122223333"
    )["authorizationToken"]
    assert get(HOST, OPEN, token)[0] == 200
    emulator.access.is_enforced = True
    assert get(HOST, OPEN, token)[0] == 403


def test_tokens_can_be_let_expire(ask, get, guarded):
    token = ask(keys("reader"))
    assert get(HOST, OPEN, token)[0] == 200
    with urlopen(Request(f"{guarded.proxy_url}/_emulator/tokens", method="DELETE")):
        pass
    assert get(HOST, OPEN, token)[0] == 401


def test_names_of_packages_are_normalised_in_arns(guarded, client):
    iam = client("iam", keys=keys("admin"))
    deny = {**allow("codeartifact:*", f"{ARN}:package/guarded/open/pypi//acme-tools"), "Effect": "Deny"}
    iam.put_user_policy(
        UserName="nobody",
        PolicyName="p",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("*"), deny]}),
    )
    nobody = client("codeartifact", keys=keys("nobody"))
    for name in ("acme-tools", "Acme_Tools"):
        where = {"domain": "guarded", "repository": "open", "format": "pypi", "package": name}
        assert refusal(nobody.list_package_versions, **where)[0] == "AccessDeniedException"
    iam.delete_user_policy(UserName="nobody", PolicyName="p")
