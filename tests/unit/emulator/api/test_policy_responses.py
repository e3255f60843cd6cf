"""Permissions policies in CodeArtifact's API: one for a domain and one for each repository, with revisions."""

import json

import pytest

from support.guarded import refusal

ARN = "arn:aws:codeartifact:us-east-1:123456789012"


def policy(effect="Allow", **more):
    statement = {"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", **more}
    present = {name: value for name, value in statement.items() if value}
    return json.dumps({"Version": "2012-10-17", "Statement": present})


@pytest.fixture(params=["domain", "repository"])
def holder(request, client):
    """A function that calls put, get or delete for the policy of a domain or a repository."""
    kind = request.param
    named = {"domain": "acme"} | ({"repository": "release"} if kind == "repository" else {})

    def holder(verb, **options):
        return getattr(client, f"{verb}_{kind}_permissions_policy")(**named, **options)["policy"]

    holder.arn = f"{ARN}:{kind}/{'/'.join(named.values())}"
    holder.name = list(named.values())[-1]
    return holder


def test_a_policy_is_read_as_it_was_written(holder):
    document = policy()
    put = holder("put", policyDocument=document)
    assert put == {"resourceArn": holder.arn, "revision": put["revision"], "document": document}
    assert holder("get") == put
    assert holder("delete") == put


def test_no_policy(holder):
    message = f"Resource-policy not found. Resource-policy '{holder.arn}' does not exist."
    error = ("ResourceNotFoundException", 404, message)
    assert refusal(holder, "get") == error
    assert refusal(holder, "delete") == error
    holder("put", policyDocument=policy())
    holder("delete")
    assert refusal(holder, "get") == error


def test_a_revision_is_that_of_the_document(holder):
    first, second = (holder("put", policyDocument=policy(effect))["revision"] for effect in ("Allow", "Deny"))
    assert first != second
    assert holder("put", policyDocument=policy("Allow"))["revision"] == first


def test_a_revision_is_the_condition_of_a_change(holder):
    first = holder("put", policyDocument=policy("Allow"))
    second = holder("put", policyDocument=policy("Deny"), policyRevision=first["revision"])
    error = ("ConflictException", 409, f"Resource-policy '{holder.name}' has another revision.")
    assert refusal(holder, "put", policyDocument=policy(), policyRevision=first["revision"]) == error
    assert refusal(holder, "delete", policyRevision=first["revision"]) == error
    assert holder("get") == second
    assert holder("delete", policyRevision=second["revision"]) == second


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{}", "expected an object with a Statement"),
        (policy(Effect="Maybe"), "a statement must be an object with the Effect Allow or Deny"),
        (policy(Principal=None), "a statement of this policy has a Principal"),
    ],
    ids=["no statement", "effect", "of an identity"],
)
def test_an_invalid_policy_replaces_nothing(holder, document, message):
    before = holder("put", policyDocument=policy())
    found = refusal(holder, "put", policyDocument=document)
    assert found == ("ValidationException", 400, f"The policy document is invalid: {message}")
    assert holder("get") == before


def test_domain_and_repository_have_a_policy_each(client):
    client.put_domain_permissions_policy(domain="acme", policyDocument=policy("Allow"))
    client.put_repository_permissions_policy(domain="acme", repository="release", policyDocument=policy("Deny"))
    client.delete_domain_permissions_policy(domain="acme")
    kept = client.get_repository_permissions_policy(domain="acme", repository="release")["policy"]
    assert kept["document"] == policy("Deny")
