"""Principals: who has an access key, by which names policies know them, and which policies are theirs."""

import json
import math
import time

import pytest
from moto.sts.models import sts_backends

from keyrings.codeartifact.emulator.iam import identities
from keyrings.codeartifact.emulator.iam.identities import Principal

ACCOUNT, OTHER = "111122223333", "444455556666"
KEY, SECOND = "AKIAUNIT000000000001", "AKIAUNIT000000000002"
JANE = f"arn:aws:iam::{ACCOUNT}:user/jane"
CI = f"arn:aws:iam::{ACCOUNT}:role/ci"

pytestmark = pytest.mark.usefixtures("codeartifact_mock")


def policy(action):
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def create_user(keys=None, policies=None, **options):
    identities.create_user(ACCOUNT, "jane", keys or {KEY: ("made-up", "Active")}, policies or {}, **options)


def assume(role=CI, name="job"):
    """Return the access key of a new session of a role."""
    return sts_backends[ACCOUNT]["aws"].assume_role("us-east-1", name, role, None, 900, "").access_key_id


@pytest.mark.parametrize(
    ("principal", "names"),
    [
        (Principal(JANE, ACCOUNT), {JANE, "*"}),
        (Principal(f"{CI}/job", ACCOUNT, CI), {f"{CI}/job", CI, "*"}),
    ],
    ids=["user", "session"],
)
def test_the_names_of_a_principal(principal, names):
    assert principal.names == {("AWS", name) for name in names}
    assert principal.account_name == ("AWS", f"arn:aws:iam::{ACCOUNT}:root")


@pytest.mark.parametrize(("path", "arn"), [("/", JANE), ("/team/", JANE.replace("jane", "team/jane"))])
def test_a_user_by_its_keys(path, arn):
    keys = {KEY: ("made-up", "Active"), SECOND: ("made-up-2", "Inactive")}
    create_user(keys, path=path)
    assert identities.find(KEY) == Principal(arn, ACCOUNT, "", math.inf)
    # An inactive key is nobody's, and so is an unknown one.
    assert identities.find(SECOND) is None
    assert identities.find("AKIAUNIT000000000003") is None
    assert identities.find("") is None


def test_the_account_of_a_key():
    create_user()
    assert identities.account_of(KEY) == ACCOUNT
    assert identities.account_of(SECOND) == "123456789012"


def test_a_session_by_its_key():
    identities.create_role(ACCOUNT, "ci", policy("sts:AssumeRole"), {})
    key, now = assume(), time.time()
    found = identities.find(key)
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/job"
    assert found._replace(expires=0) == Principal(arn, ACCOUNT, CI, 0)
    # In whichever time zone this machine is.
    assert found.expires == pytest.approx(now + 900, abs=5)


def test_all_sessions_expire_and_users_do_not():
    create_user()
    identities.create_role(ACCOUNT, "ci", policy("sts:AssumeRole"), {})
    keys = [assume(name=name) for name in ("one", "two")]
    identities.expire_sessions()
    assert [identities.find(key).expires <= time.time() for key in (*keys, KEY)] == [True, True, False]


def test_the_policies_of_a_user_are_its_own_and_its_groups():
    create_user(policies={"inline": policy("a:One")})
    iam = identities.iam_of(ACCOUNT)
    iam.create_group("team")
    iam.put_group_policy("team", "inline", policy("a:Two"))
    managed = iam.create_policy("", "/", policy("a:Three"), "managed", [])
    iam.attach_user_policy(managed.arn, "jane")
    assert sorted(identities.find(KEY).documents()) == sorted([policy("a:One"), policy("a:Three")])
    iam.add_user_to_group("team", "jane")
    assert sorted(identities.find(KEY).documents()) == sorted([policy("a:One"), policy("a:Two"), policy("a:Three")])


def test_only_the_default_version_of_a_managed_policy_counts():
    create_user()
    iam = identities.iam_of(ACCOUNT)
    managed = iam.create_policy("", "/", policy("a:Old"), "managed", [])
    iam.attach_user_policy(managed.arn, "jane")
    iam.create_policy_version(managed.arn, policy("a:New"), set_as_default=True)
    assert identities.find(KEY).documents() == [policy("a:New")]


def test_a_session_has_the_policies_of_its_role_until_that_is_deleted():
    identities.create_role(ACCOUNT, "ci", policy("sts:AssumeRole"), {"inline": policy("a:One")})
    identities.create_role(ACCOUNT, "other", policy("sts:AssumeRole"), {"inline": policy("a:Two")})
    principal = identities.find(assume())
    assert principal.documents() == [policy("a:One")]
    iam = identities.iam_of(ACCOUNT)
    iam.delete_role_policy("ci", "inline")
    iam.delete_role("ci")
    assert principal.documents() == []


@pytest.mark.parametrize(
    ("arn", "name"),
    [
        (CI, "ci"),
        (CI.replace("/ci", "/team/deep"), "deep"),
        (CI.replace("/ci", "/deep"), None),
        (CI.replace("/ci", "/other"), None),
        (CI.replace(ACCOUNT, OTHER), None),
        ("arn:aws:iam::x", None),
        ("", None),
    ],
)
def test_a_role_by_its_arn(arn, name):
    identities.create_role(ACCOUNT, "ci", policy("sts:AssumeRole"), {}, max_session_duration="7200")
    identities.create_role(ACCOUNT, "deep", policy("sts:AssumeRole"), {}, "/team/")
    found = identities.role(arn)
    assert (found and found.name) == name
    if name == "ci":
        assert (found.max_session_duration, found.assume_role_policy_document) == ("7200", policy("sts:AssumeRole"))
    # Asking for a role creates no account.
    assert identities.accounts() == [ACCOUNT]


def test_an_identity_provider_is_created_for_a_url():
    identities.create_provider(ACCOUNT, "https://gitlab.example/group", ["a", "b"])
    [provider] = identities.iam_of(ACCOUNT).open_id_providers.values()
    assert (provider.url, provider.client_id_list) == ("gitlab.example/group", ["a", "b"])
    assert identities.accounts() == [ACCOUNT]
