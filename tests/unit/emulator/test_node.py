"""Access to a YAML document: the values of its nodes, and the place in it that an error names."""

import json

import pytest

from keyrings.codeartifact.emulator.iam.policies import Kind
from keyrings.codeartifact.emulator.node import Node
from keyrings.codeartifact.errors import ConfigurationError

TOP = Node({"users": [{"name": "jane"}, {"name": "joe"}], "empty": [], "none": None, "flag": "true"}, "seed.yaml")
STATEMENT = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def test_a_node_knows_its_place():
    first, second = TOP.items("users")
    assert (first, second.place) == (Node({"name": "jane"}, "seed.yaml: users[0]"), "seed.yaml: users[1]")
    assert second["name"] == Node("joe", "seed.yaml: users[1].name")
    assert second["name"].text() == "joe"
    assert second["other"] == Node(None, "seed.yaml: users[1].other")


@pytest.mark.parametrize("key", ["empty", "none", "missing"])
def test_a_list_may_be_missing(key):
    assert TOP.items(key) == []


def test_a_mapping_with_known_keys():
    node = TOP["flag"]
    assert TOP.mapping("users", "empty", "none", "flag", "other") is TOP
    assert (node.flag(), TOP["missing"].flag(), Node("false", "x").flag()) == (True, False, False)


def test_an_account():
    assert Node("011122223333", "x").account() == "011122223333"


def test_a_policy_has_a_version():
    """moto requires one."""
    document = json.loads(Node({"Statement": STATEMENT}, "x").policy(Kind.IDENTITY))
    assert document == {"Version": "2012-10-17", "Statement": STATEMENT}


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        pytest.param(lambda node: node.mapping("a", "b"), [], "x is invalid; expected: a mapping of a, b", id="mapping"),
        pytest.param(lambda node: node.mapping("a", "b"), {"a": "", "c": ""}, "x has the unknown key 'c'; known keys: a, b", id="key"),
        pytest.param(lambda node: node.items("a"), {"a": "b"}, "x: a is invalid; expected: a list", id="list"),
        pytest.param(Node.text, None, "x is invalid; expected: a string", id="missing"),
        pytest.param(Node.text, "", "x is invalid; expected: a string", id="empty"),
        pytest.param(Node.text, ["a"], "x is invalid; expected: a string", id="string"),
        pytest.param(Node.text, "a\nb", "x is invalid; expected: a string", id="two lines"),
        pytest.param(lambda node: node.text("a+", "letters"), "ab", "x is invalid; expected: letters", id="pattern"),
        pytest.param(Node.account, "1", "x is invalid; expected: 12 digits", id="account"),
        pytest.param(Node.flag, "yes", "x is invalid; expected: true or false", id="flag"),
        pytest.param(Node.flag, "", "x is invalid; expected: true or false", id="empty flag"),
        pytest.param(lambda node: node.policy(Kind.IDENTITY), "x", "x is invalid; expected: an IAM policy document (expected an object with a Statement)", id="policy"),
        pytest.param(lambda node: node.policy(Kind.RESOURCE), {"Statement": STATEMENT}, "x is invalid; expected: an IAM policy document (a statement of this policy has a Principal)", id="kind of policy"),
    ],
)  # fmt: skip
def test_an_invalid_value_is_named_by_its_place(read, value, message):
    with pytest.raises(ConfigurationError) as caught:
        read(Node(value, "x"))
    assert str(caught.value) == f"{message} [CA903]"
