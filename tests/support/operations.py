"""The operations of CodeArtifact's API: arguments for each that the emulator has, and the shapes that AWS declares."""

import json
import re
from datetime import datetime
from functools import cache
from itertools import count

import botocore.session
from botocore.response import StreamingBody

from keyrings.codeartifact.emulator.api.models import backend_of
from keyrings.codeartifact.emulator.index import wheels

OWNER, REGION = "111122223333", "us-east-1"
DESCRIPTION = "# Tools\n\nWhat they do.\n"
METADATA = f"""\
Summary: Tools for all
License-Expression: MIT
Requires-Dist: Some.Dependency>=1,<2
Requires-Dist: extra-one[a]; extra == "more"

{DESCRIPTION}"""
_NUMBERS = count()
_DOMAIN = {"domain": "NAME", "domainOwner": OWNER}
_REPOSITORY = {**_DOMAIN, "repository": "release"}
_PACKAGE = {**_REPOSITORY, "format": "pypi", "package": "tools"}
_VERSION = {**_PACKAGE, "packageVersion": "1.0"}
_ARN = {"resourceArn": f"arn:aws:codeartifact:{REGION}:{OWNER}:repository/NAME/release"}
_POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}
)
# The arguments of each operation that is built, in a `scene` whose domain is called NAME.
OPERATIONS = {
    "AssociateExternalConnection": {**_REPOSITORY, "externalConnection": "public:pypi"},
    "CopyPackageVersions": {
        **_DOMAIN,
        "sourceRepository": "release",
        "destinationRepository": "empty",
        "format": "pypi",
        "package": "tools",
        "versions": ["1.0", "9.9"],
    },
    "CreateDomain": {"domain": "NAME-new", "tags": [{"key": "team", "value": "blue"}]},
    "CreateRepository": {**_DOMAIN, "repository": "new", "upstreams": [{"repositoryName": "release"}]},
    "DeleteDomain": {"domain": "NAME-empty", "domainOwner": OWNER},
    "DeleteDomainPermissionsPolicy": _DOMAIN,
    "DeletePackage": _PACKAGE,
    "DeletePackageVersions": {**_PACKAGE, "versions": ["1.0", "9.9"]},
    "DeleteRepository": _REPOSITORY,
    "DeleteRepositoryPermissionsPolicy": _REPOSITORY,
    "DescribeDomain": _DOMAIN,
    "DescribePackage": _PACKAGE,
    "DescribePackageVersion": _VERSION,
    "DescribeRepository": _REPOSITORY,
    "DisassociateExternalConnection": {**_DOMAIN, "repository": "public", "externalConnection": "public:pypi"},
    "DisposePackageVersions": {**_PACKAGE, "versions": ["1.0", "9.9"]},
    "GetAuthorizationToken": {**_DOMAIN, "durationSeconds": 900},
    "GetDomainPermissionsPolicy": _DOMAIN,
    "GetPackageVersionAsset": {**_VERSION, "asset": "tools-1.0-py3-none-any.whl"},
    "GetPackageVersionReadme": _VERSION,
    "GetRepositoryEndpoint": {**_REPOSITORY, "format": "pypi", "endpointType": "dualstack"},
    "GetRepositoryPermissionsPolicy": _REPOSITORY,
    "ListDomains": {},
    "ListPackageVersionAssets": _VERSION,
    "ListPackageVersionDependencies": _VERSION,
    "ListPackageVersions": {**_PACKAGE, "sortBy": "PUBLISHED_TIME"},
    "ListPackages": {**_REPOSITORY, "packagePrefix": "to"},
    "ListRepositories": {"repositoryPrefix": "re"},
    "ListRepositoriesInDomain": _DOMAIN,
    "ListTagsForResource": _ARN,
    "PutDomainPermissionsPolicy": {**_DOMAIN, "policyDocument": _POLICY},
    "PutPackageOriginConfiguration": {**_PACKAGE, "restrictions": {"publish": "BLOCK", "upstream": "ALLOW"}},
    "PutRepositoryPermissionsPolicy": {**_REPOSITORY, "policyDocument": _POLICY},
    "TagResource": {**_ARN, "tags": [{"key": "team", "value": "red"}]},
    "UntagResource": {**_ARN, "tagKeys": ["team", "other"]},
    "UpdatePackageVersionsStatus": {**_PACKAGE, "versions": ["1.0", "9.9"], "targetStatus": "Unlisted"},
    "UpdateRepository": {**_REPOSITORY, "description": "new", "upstreams": []},
}
# Why the others are not.
NOT_BUILT = {
    "PublishPackageVersion": "generic packages only; upload Python packages with twine or uv",
    **dict.fromkeys(
        (
            *("CreatePackageGroup", "DeletePackageGroup", "DescribePackageGroup", "GetAssociatedPackageGroup"),
            *("ListAllowedRepositoriesForGroup", "ListAssociatedPackages", "ListPackageGroups"),
            *("ListSubPackageGroups", "UpdatePackageGroup", "UpdatePackageGroupOriginConfiguration"),
        ),
        "no package groups",
    ),
}


@cache
def service_model():
    return botocore.session.get_session().get_service_model("codeartifact")


def scene(application, folder):
    """Create a domain with all that the operations need; return its name."""
    name = f"scene{next(_NUMBERS)}"
    backend = backend_of(OWNER, REGION)
    domain = backend.create_domain(name)
    backend.create_domain(f"{name}-empty")
    for repository in ("release", "empty", "public"):
        backend.create_repository(name, repository, OWNER).policy = _POLICY
    domain.policy = _POLICY
    domain.repository("public").is_public = True
    domain.repository("release").tags["team"] = "blue"
    for version in ("1.0", "2.0"):
        path = wheels.build(folder, "tools", version, metadata=METADATA)
        with open(path, "rb") as file:
            application.pypi.store(domain.repository("release"), f"tools-{version}-py3-none-any.whl", file)
    return name


def arguments(operation, name):
    """Return the arguments of an operation in the domain ``name``."""
    return json.loads(json.dumps(OPERATIONS.get(operation, {})).replace("NAME", name))


_TYPES = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "timestamp": datetime,
    "blob": StreamingBody,
    "list": list,
    "map": dict,
    "structure": dict,
}


def violations(value, shape, place="response"):
    """Yield what in a parsed response differs from the output shape of AWS: types, unknown members, enums, patterns."""
    if not isinstance(value, _TYPES[shape.type_name]):
        yield f"{place} is {value!r}, not of type {shape.type_name}"
        return
    if shape.type_name == "string" and not _fits(value, shape):
        yield f"{place} is {value!r}, not one of {shape.enum}, or not like {shape.metadata}"
    if shape.type_name == "list":
        for number, item in enumerate(value):
            yield from violations(item, shape.member, f"{place}[{number}]")
    if shape.type_name == "map":
        for key, item in value.items():
            yield from violations(item, shape.value, f"{place}[{key}]")
    if shape.type_name == "structure":
        yield from (f"{place} has the unknown member {key}" for key in value if key not in shape.members)
        for key in value.keys() & shape.members.keys():
            yield from violations(value[key], shape.members[key], f"{place}.{key}")


def _fits(value, shape):
    # Python has no classes of Unicode's categories: such a pattern is not checked.
    pattern = shape.metadata.get("pattern", "")
    return (not shape.enum or value in shape.enum) and ("P{" in pattern or re.fullmatch(pattern or r"[\s\S]*", value))


def invalid_values(shape):
    """Yield values that violate a constraint of a member's shape, each with a part of AWS' message."""
    limits = shape.metadata
    if shape.type_name == "string":
        if shape.enum:
            yield "BOGUS", "Member must satisfy enum value set"
        if limits.get("pattern") and "P{C}" not in limits["pattern"]:
            yield "a b\x01/", "Member must satisfy regular expression pattern"
        if limits.get("max"):
            yield (
                "a" * (limits["max"] + 1),
                "than or equal to"
                if "{" not in limits.get("pattern", "").replace("P{C}", "")
                else "Member must satisfy",
            )
    elif shape.type_name == "integer":
        yield str(limits["min"] - 1), "Member must be greater than or equal to"
        yield str(limits["max"] + 1), "Member must be less than or equal to"
        yield "1.5", "must be of type integer"
