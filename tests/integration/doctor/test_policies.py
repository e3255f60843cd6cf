"""The policies that doctor shows for a refused identity, pasted."""

from keyrings.codeartifact.emulator import planting
from keyrings.codeartifact.emulator.seed import parse


def test_what_is_to_be_pasted_helps(doctor, emulator, client):
    """The policy that is shown for a missing action is one with which all is well."""
    user = "{name: %s, account: 111122223333, access_key_id: AKIA%s, secret_access_key: s, policies: [%s]}"
    environ = {"AWS_ACCESS_KEY_ID": "AKIAPASTE00000000001", "AWS_SECRET_ACCESS_KEY": "s"}
    planting.plant(parse(f"users: [{user % ('paste', 'PASTE00000000001', '')}]", "seed"), emulator.application)
    emulator.access.is_enforced = True
    code, checks = doctor(**environ)
    assert (code, checks[-1]["check"]) == (1, "token")
    pasted = checks[-1]["policy"]
    planting.plant(parse(f"users: [{user % ('pasted', 'PASTED0000000001', pasted)}]", "seed"), emulator.application)
    code, checks = doctor(**environ | {"AWS_ACCESS_KEY_ID": "AKIAPASTED0000000001"})
    assert (code, {check["status"] for check in checks}) == (0, {"ok"})


def test_the_trust_policy_that_is_to_be_pasted_helps(doctor, emulator):
    issuer = "https://token.actions.githubusercontent.com"
    policy = '{Statement: {Effect: Allow, Action: ["codeartifact:*", "sts:*"], Resource: "*"}}'
    role = "{name: %s, account: 999988887777, trust: %s, policies: [%s]}"
    domain = "{name: trust, owner: 999988887777, region: us-east-1, repositories: [{name: release}]}"
    provider = f"{{account: 999988887777, issuer: '{issuer}', audiences: [sts.amazonaws.com]}}"
    nobody = "{Statement: {Effect: Deny, Principal: '*', Action: '*'}}"
    seed = f"domains: [{domain}]\nidentity_providers: [{provider}]\nroles: [{role % ('before', nobody, policy)}]"
    planting.plant(parse(seed, "seed"), emulator.application)
    emulator.access.is_enforced = True
    query = f"issuer={issuer}&subject=repo:acme/tools:ref:refs/heads/main"
    environ = {
        "CODEARTIFACT_INDEX_URL": "https://trust-999988887777.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/",
        "CODEARTIFACT_OIDC_AUDIENCE": "sts.amazonaws.com",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{emulator.proxy_url}/_emulator/identity-token?{query}",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "MARKED",
    }
    url = environ["CODEARTIFACT_INDEX_URL"]
    code, checks = doctor(url, **environ, CODEARTIFACT_ROLE_ARN="arn:aws:iam::999988887777:role/before")
    assert (code, checks[-1]["check"]) == (1, "token")
    planting.plant(parse(f"roles: [{role % ('after', checks[-1]['policy'], policy)}]", "seed"), emulator.application)
    code, checks = doctor(url, **environ, CODEARTIFACT_ROLE_ARN="arn:aws:iam::999988887777:role/after")
    assert (code, {check["status"] for check in checks}) == (0, {"ok"})
