"""The page on shared tokens: each of its blocks, as it stands."""

import json
import os
import re
import shlex

import pytest
import yaml

from keyrings.codeartifact.aws import shared_token
from keyrings.codeartifact.config.settings import MOUNTED_TOKEN, resolve
from keyrings.codeartifact.index_url import parse_repository
from keyrings.codeartifact.models import Secret, Token
from support.pages import FLEETS as PAGE
from support.project import ROOT
from support.seed import INDEX, SHARED
from support.templates import TEMPLATE, load, resources

ACME, PARTNER = (parse_repository(url) for url in (INDEX, f"{SHARED}/simple/"))
ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:codeartifact/acme-A1b2C3"


def test_every_block_is_tested():
    blocks = ["deploy", "reader policy", "keyringrc.cfg", "environment", "action", "value", "apply", "pod"]
    assert PAGE.marked() == blocks
    assert len(re.findall(r"^```\w+$", PAGE.text, re.MULTILINE)) == len(blocks)


def commands(name):
    return [shlex.split(line) for line in PAGE.block(name).replace("\\\n", "").splitlines()]


def test_the_stack():
    copy, deploy = commands("deploy")
    parameters = dict(word.split("=") for word in deploy[deploy.index("--parameter-overrides") + 1 :])
    options = dict(zip(deploy[3:9:2], deploy[4:9:2], strict=True))
    declared = load()["Parameters"]
    assert {name for name, one in declared.items() if "Default" not in one} <= parameters.keys() <= declared.keys()
    for name, text in parameters.items():
        assert re.fullmatch(declared[name].get("AllowedPattern", ".+"), text)
    assert copy[-1] == f"s3://{parameters['CodeBucket']}/{parameters['CodeKey']}"
    assert (ROOT / options["--template-file"]) == TEMPLATE
    # It would take CAPABILITY_NAMED_IAM to name one.
    assert options["--capabilities"] == "CAPABILITY_IAM"
    assert not {"RoleName", "ManagedPolicyName"} & {key for one in resources(Secret=ARN).values() for key in one}


def test_the_readers_policy_is_the_template_s():
    assert json.loads(PAGE.block("reader policy")) == resources(Secret=ARN)["ReaderPolicy"]["PolicyDocument"]


@pytest.mark.parametrize("name", ["keyringrc.cfg", "environment"])
def test_the_option(name):
    text = PAGE.block(name)
    environ = {"CODEARTIFACT_CONFIG": text}
    if name == "environment":
        environ = {"CODEARTIFACT_CONFIG": "#", "CODEARTIFACT_INDEX_URL": INDEX, **dict([text.removeprefix("export ").strip().split("=")])}  # fmt: skip
    assert [resolve(repository, environ).auth_token_secret for repository in (ACME, PARTNER)] == [ARN, None]


def test_the_action():
    [step] = yaml.safe_load(PAGE.block("action"))
    assert step["with"].keys() <= yaml.safe_load((ROOT / "github-actions" / "action.yml").read_text())["inputs"].keys()
    assert (step["with"]["index-url"], step["with"]["auth-token-secret"]) == (INDEX, ARN)


def test_the_value():
    token = Token(Secret("…"), 1801396800)
    assert json.loads(PAGE.block("value")) == json.loads(shared_token.render(ACME, token))


def test_the_cron_job():
    apply, create = commands("apply")
    manifests = {f"{one['kind'].lower()}/{one['metadata']['name']}" for one in yaml.safe_load_all((ROOT / apply[-1]).read_text())}  # fmt: skip
    assert create[:3] == ["kubectl", "create", "job"]
    assert create[3].removeprefix("--from=") in manifests


def test_the_pod():
    # Imported lazily: every worker collects this file, and it takes as long as to collect all the others.
    import kubernetes_validate

    pod = yaml.safe_load(PAGE.block("pod"))
    kubernetes_validate.validate(pod, kubernetes_validate.latest_version(), strict=True)
    [volume] = pod["spec"]["volumes"]
    [mount] = pod["spec"]["containers"][0]["volumeMounts"]
    assert mount["name"] == volume["name"]
    assert (mount["mountPath"], "subPath" in mount) == (os.path.dirname(MOUNTED_TOKEN), False)
    manifests = yaml.safe_load_all((ROOT / "docs" / "fleet" / "kubernetes.yaml").read_text())
    assert volume["secret"]["secretName"] in {one["metadata"]["name"] for one in manifests if one["kind"] == "Secret"}


def test_the_steps():
    """The table names the steps of AWS' protocol."""
    assert re.findall(r"^\| `(\w+Secret)` ", PAGE.text, re.MULTILINE) == ["createSecret", "setSecret", "testSecret", "finishSecret"]  # fmt: skip
