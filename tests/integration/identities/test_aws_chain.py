"""Identities of AWS itself: keys, roles, profiles, processes, SSO, containers and instances."""

import json

from support.ci_identities import ACCOUNT, PLAIN, SSO_CONFIG, role, serving, serving_sso, session, workload

HOPPER = {"AWS_ACCESS_KEY_ID": "AKIAHOPPER0000000001", "AWS_SECRET_ACCESS_KEY": "MARKED-hopper"}


def test_keys_of_an_earlier_step(ask):
    assert ask(**PLAIN) == f"arn:aws:iam::{ACCOUNT}:user/plain"


def test_a_role_on_top_of_the_aws_chain(ask):
    config = f"[codeartifact]\nrole_arn = {role('reader')}\nexternal_id = guild-1\nrole_session_name = me\n"
    assert ask(config, **HOPPER) == session("reader", "me")


AWS_CONFIG = f"""
[profile hopper]
aws_access_key_id = AKIAHOPPER0000000001
aws_secret_access_key = MARKED-hopper
[profile base]
role_arn = {role("base")}
role_session_name = based
source_profile = hopper
[profile process]
credential_process = cat PROCESS
"""


def test_a_role_on_top_of_a_profile(ask):
    config = f"[codeartifact]\nprofile_name = hopper\nrole_arn = {role('reader')}\nexternal_id = guild-1\n"
    assert ask(config, aws_config=AWS_CONFIG) == session("reader", "keyrings-codeartifact")


def test_a_profile_with_a_role_of_its_own(ask):
    assert ask("[codeartifact]\nprofile_name = base\n", aws_config=AWS_CONFIG) == session("base", "based")


def test_a_credential_process(ask, job):
    process = {
        "Version": 1,
        "AccessKeyId": PLAIN["AWS_ACCESS_KEY_ID"],
        "SecretAccessKey": PLAIN["AWS_SECRET_ACCESS_KEY"],
    }
    (job.folder / "process.json").write_text(json.dumps(process))
    aws_config = AWS_CONFIG.replace("PROCESS", str(job.folder / "process.json"))
    assert (
        ask("[codeartifact]\nprofile_name = process\n", aws_config=aws_config) == f"arn:aws:iam::{ACCOUNT}:user/plain"
    )


def test_sso(ask, job, role_keys):
    with serving_sso(job, role_keys) as (url, asked):
        config = "[codeartifact]\nprofile_name = sso\n"
        principal = ask(config, aws_config=SSO_CONFIG, AWS_ENDPOINT_URL_SSO=url)
    assert principal == session("base", "handed-out")
    assert [headers["x-amz-sso_bearer_token"] for _, headers in asked] == ["MARKED-sso"]


def test_a_container_s_role(ask, role_keys):
    with serving({"/creds": workload(role_keys)}) as (url, _):
        assert ask(AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{url}/creds") == session("base", "handed-out")


def test_an_instance_s_role(ask, role_keys):
    path = "/latest/meta-data/iam/security-credentials/"
    answers = {"/latest/api/token": "imds-token", path: "base", f"{path}base": workload(role_keys)}
    with serving(answers) as (url, _):
        principal = ask(AWS_EC2_METADATA_SERVICE_ENDPOINT=url, AWS_EC2_METADATA_DISABLED="false")
    assert principal == session("base", "handed-out")
