"""Policies of domains, repositories, users and groups, as AWS evaluates them."""

import json

import pytest

from keyrings.codeartifact.emulator import planting
from keyrings.codeartifact.emulator.faults import aws_error
from keyrings.codeartifact.emulator.seed import parse
from keyrings.codeartifact.errors import ConfigurationError
from support.guarded import ARN, ASKED, BEARER, BEARER_TOKEN, CI, SEED, TOKEN, allow, denied, keys, no, refusal


def test_policies_of_domains_and_repositories(guarded, client):
    codeartifact = client("codeartifact", keys=keys("admin"))
    codeartifact.create_domain(domain="shared-out")
    codeartifact.create_repository(domain="shared-out", repository="first")
    for kind in ("domain", "repository"):
        where = {"domain": "shared-out"} | ({"repository": "first"} if kind == "repository" else {})
        put, get, delete = (
            getattr(codeartifact, f"{verb}_{kind}_permissions_policy") for verb in ("put", "get", "delete")
        )
        with pytest.raises(codeartifact.exceptions.ResourceNotFoundException):
            get(**where)
        with pytest.raises(codeartifact.exceptions.ValidationException):
            put(**where, policyDocument='{"Statement": 1}')
        document = json.dumps({"Statement": [allow("codeartifact:*", Principal="*")]})
        policy = put(**where, policyDocument=document)["policy"]
        assert policy["document"] == document
        assert policy["resourceArn"] == ARN + (
            ":domain/shared-out" if kind == "domain" else ":repository/shared-out/first"
        )
        with pytest.raises(codeartifact.exceptions.ConflictException):
            put(**where, policyDocument=document, policyRevision="other")
        assert put(**where, policyDocument=document, policyRevision=policy["revision"])["policy"] == policy
        assert get(**where)["policy"] == policy
        stranger = client("codeartifact", keys=keys("stranger"))
        describe = getattr(stranger, f"describe_{kind}")
        assert describe(**where, domainOwner="111122223333")
        if kind == "repository":
            delete(**where)
            codeartifact.delete_domain_permissions_policy(domain="shared-out")
            assert refusal(describe, **where, domainOwner="111122223333")[0] == "AccessDeniedException"


def test_a_user_may_not_rewrite_a_policy(guarded, client):
    codeartifact = client("codeartifact", keys=keys("reader"))
    put = codeartifact.put_domain_permissions_policy
    action = "codeartifact:PutDomainPermissionsPolicy"
    said = refusal(put, domain="guarded", domainOwner="111122223333", policyDocument="{}")
    assert said == denied("reader", action, ASKED, no("identity", action))


def test_operations_on_packages_and_on_nothing(guarded, client):
    reader, admin = (client("codeartifact", keys=keys(name)) for name in ("reader", "admin"))
    where = {"domain": "guarded", "repository": "open", "format": "pypi", "package": "acme-tools"}
    assert admin.list_package_versions(**where)["versions"]
    action = "codeartifact:ListPackageVersions"
    resource = f"{ARN}:package/guarded/open/pypi//acme-tools"
    assert refusal(reader.list_package_versions, **where) == denied("reader", action, resource, no("identity", action))
    assert admin.list_domains()["domains"]
    action = "codeartifact:ListDomains"
    assert refusal(reader.list_domains) == denied("reader", action, "*", no("identity", action))


def test_iam_itself(guarded, client):
    client("iam", keys=keys("admin")).list_roles()
    code, status, message = refusal(client("iam", keys=keys("reader")).list_roles)
    assert (code, status) == ("AccessDenied", 403)
    assert message.endswith(
        "is not authorized to perform: iam:ListRoles on resource: * " + no("identity", "iam:ListRoles")
    )


def test_policies_that_are_attached_and_those_of_groups(guarded, client, ask):
    iam = client("iam", keys=keys("admin"))
    assert refusal(ask, keys("nobody"))[0] == "AccessDeniedException"
    document = json.dumps({"Version": "2012-10-17", "Statement": [TOKEN]})
    arn = iam.create_policy(PolicyName="token", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="nobody", PolicyArn=arn)
    iam.create_group(GroupName="bearers")
    document = json.dumps({"Version": "2012-10-17", "Statement": [BEARER]})
    iam.put_group_policy(GroupName="bearers", PolicyName="bearer", PolicyDocument=document)
    assert BEARER_TOKEN in refusal(ask, keys("nobody"))[2]
    iam.add_user_to_group(GroupName="bearers", UserName="nobody")
    assert ask(keys("nobody"))
    iam.remove_user_from_group(GroupName="bearers", UserName="nobody")
    iam.detach_user_policy(UserName="nobody", PolicyArn=arn)
    assert refusal(ask, keys("nobody"))[0] == "AccessDeniedException"


def test_the_seed_switches_enforcement_on(emulator):
    """And a further one without a word about it does not switch it off."""
    assert not emulator.access.is_enforced
    for seed in ("enforce_iam: true", "users: []"):
        planting.plant(parse(seed, "seed"), emulator.application)
        assert emulator.access.is_enforced


def test_what_aws_would_refuse_cannot_be_planted(planted, emulator):
    again = {"roles": [{**SEED["roles"][0], "policies": []}]}
    with pytest.raises(
        ConfigurationError, match="the seed cannot be planted: role ci: Role with name ci already exists"
    ):
        planting.plant(parse(json.dumps(again), "seed"), emulator.application)


def test_messages_are_whatever_they_are(guarded, client):
    """XML's own characters among them."""
    role = "arn:aws:iam::111122223333:role/a+b=c"
    assert role in refusal(client("sts", keys=keys("admin")).assume_role, RoleArn=role, RoleSessionName="me")[2]
    guarded.faults.add(aws_error("GetCallerIdentity", "Throttling", 429, "<&>"))
    assert refusal(client("sts", keys=keys("admin")).get_caller_identity) == ("Throttling", 429, "<&>")
    guarded.faults.add(aws_error("AssumeRoleWithWebIdentity", "Throttling", 429, "<&>"))
    assume = client("sts").assume_role_with_web_identity
    assert refusal(assume, RoleArn=CI, RoleSessionName="me", WebIdentityToken="x" * 9)[0] == "Throttling"


def test_without_enforcement_everybody_may(planted, client):
    codeartifact = client("codeartifact", keys=("AKIAUNKNOWN000000001", "x", None))
    assert codeartifact.get_authorization_token(domain="guarded", domainOwner="111122223333")


def test_keys_that_are_switched_off(guarded, client, ask):
    iam = client("iam", keys=keys("admin"))
    change = {"UserName": "trusted", "AccessKeyId": keys("trusted")[0]}
    iam.update_access_key(**change, Status="Inactive")
    assert refusal(ask, keys("trusted"))[0] == "UnrecognizedClientException"
    iam.update_access_key(**change, Status="Active")
    assert refusal(ask, keys("trusted"))[0] == "AccessDeniedException"


def test_a_policy_is_not_asked_whether_it_may_be_replaced(guarded, client):
    owner, stranger = (client("codeartifact", keys=keys(name)) for name in ("admin", "stranger"))
    owner.create_domain(domain="replaced")
    owner.create_repository(domain="replaced", repository="first")
    everything = json.dumps({"Statement": [allow("codeartifact:*", Principal="*")]})
    nothing = json.dumps({"Statement": [{**allow("codeartifact:*", Principal="*"), "Effect": "Deny"}]})
    where = {"domain": "replaced", "domainOwner": "111122223333"}
    owner.put_domain_permissions_policy(**where, policyDocument=everything)
    stranger.describe_domain(**where)
    assert (
        refusal(stranger.put_domain_permissions_policy, **where, policyDocument=nothing)[0] == "AccessDeniedException"
    )
    # The domain's policy counts for what is in it.
    stranger.put_repository_permissions_policy(**where, repository="first", policyDocument=nothing)
    owner.put_repository_permissions_policy(**where, repository="first", policyDocument=everything)
    owner.put_domain_permissions_policy(**where, policyDocument=nothing)
    assert refusal(owner.describe_domain, **where)[0] == "AccessDeniedException"
    owner.put_domain_permissions_policy(**where, policyDocument=everything)
    owner.describe_domain(**where)


def test_a_policy_that_cannot_be_evaluated_is_refused_where_it_is_put(guarded, client):
    iam = client("iam", keys=keys("admin"))
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("*", Condition={"Null": {"x": "true"}})]})
    for put, parameters in [
        (iam.put_user_policy, {"UserName": "nobody", "PolicyName": "p", "PolicyDocument": document}),
        (iam.create_policy, {"PolicyName": "p", "PolicyDocument": document}),
        (iam.create_role, {"RoleName": "r", "AssumeRolePolicyDocument": document}),
        (iam.update_assume_role_policy, {"RoleName": "ci", "PolicyDocument": document}),
    ]:
        code, status, message = refusal(put, **parameters)
        assert (code, status) == ("MalformedPolicyDocument", 400)
        assert "Null is not known here" in message or "has no Resource" in message or "a Principal" in message
    code, status, _ = refusal(
        iam.put_role_permissions_boundary,
        RoleName="ci",
        PermissionsBoundary=f"arn:aws:iam::111122223333:policy/{'x' * 20}",
    )
    assert (code, status) == ("UnknownOperationException", 501)
