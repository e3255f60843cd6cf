"""The CloudFormation template of the shared secret, loaded as CloudFormation does it."""

import re

import yaml

from support.fleet import ACCOUNT
from support.project import ROOT

TEMPLATE = ROOT / "docs" / "fleet" / "cloudformation.yaml"
PARAMETERS = {
    "Domain": "acme",
    "DomainOwner": ACCOUNT,
    "Repository": "release",
    "CodeBucket": "code",
    "CodeKey": "function.zip",
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
}


class _Loader(yaml.SafeLoader):
    """Loads a template as CloudFormation does, with these values of parameters and resources."""

    values: dict

    def ref(self, node):
        return self.values.get(node.value, node.value)

    def sub(self, node):
        return re.sub(r"\$\{([\w:]+)\}", lambda match: self.values[match[1]], node.value)

    def attribute(self, node):
        return f"the attribute {node.value}"


for tag, construct in (("!Ref", _Loader.ref), ("!Sub", _Loader.sub), ("!GetAtt", _Loader.attribute)):
    _Loader.add_constructor(tag, construct)


def load(**values):
    """Return the template, with these values of resources."""
    return yaml.load(TEMPLATE.read_text(), type("Loader", (_Loader,), {"values": PARAMETERS | values}))


def resources(**values):
    """Return the properties of the template's resources, with these values of them."""
    return {name: resource["Properties"] for name, resource in load(**values)["Resources"].items()}
