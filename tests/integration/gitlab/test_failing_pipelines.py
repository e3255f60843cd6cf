"""Pipelines that fail: an input that cannot be used, and a job that gets no token."""

import re

import pytest

from support.commands import CODE, page
from support.gitlab_job import AUDIENCE, ISSUER, ROLE, SUBJECT
from support.gitlab_pipeline import include, job, needs_rsync

pytestmark = needs_rsync

BROKEN = [
    pytest.param({}, {"aud": "api://other"}, "AWS rejected the OIDC token in CODEARTIFACT_ID_TOKEN .* aud 'api://other'", id="wrong audience"),
    pytest.param({}, {"sub": "project_path:fork/tools"}, "AWS did not let the OIDC token .* sub 'project_path:fork/tools'", id="not trusted"),
    pytest.param({"role_to_assume": f"{ROLE}s"}, {}, f"AWS did not let .* assume the role {ROLE}s", id="no such role"),
    pytest.param({"role_to_assume": "$NOWHERE"}, {}, r"the input role-to-assume is '\$NOWHERE', which is not set for this job", id="a variable that is not set"),
    pytest.param({"index_url": "$NOWHERE"}, {}, r"the input index-url is '\$NOWHERE', which is not set for this job", id="an index that is not set"),
    pytest.param({"aws_region": "$NOWHERE", "index_url": ""}, {}, r"the input aws-region is '\$NOWHERE', which is not set", id="a region that is not set"),
    pytest.param({"bundle_url": "$NOWHERE"}, {}, r"the input bundle-url is '\$NOWHERE', which is not set", id="a bundle that is not set"),
    pytest.param({"token_duration_seconds": "$NOWHERE"}, {}, r"the input token-duration-seconds is '\$NOWHERE', which is not set", id="a duration that is not set"),
    pytest.param({"index_url": ""}, {}, "no repository is named; set the input index-url", id="no index"),
    pytest.param({"token_duration_seconds": "60"}, {}, "the input token-duration-seconds cannot be '60'; expected: 900 to", id="duration"),
    pytest.param({"keyringrc": "[codeartifact"}, {}, "the input keyringrc cannot be parsed: line 1", id="keyringrc"),
    pytest.param({"index_url": "https://x.example/"}, {}, "the input index-url is not a CodeArtifact", id="another's URL"),
    pytest.param({"index_url": "", "domain": "fleet"}, {}, "the input domain-owner, the input aws-region and the input repository are missing", id="half"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "claims", "error"), BROKEN)
def test_a_job_that_gets_no_token_ends_with_the_reason(project, emulator, inputs, claims, error):
    claims = {"sub": SUBJECT, "aud": AUDIENCE} | claims
    token = emulator.access.issuer.mint(ISSUER, claims["sub"], claims["aud"])
    run = project.run(include(project, job("test", "echo REACHED"), **inputs), "test", token=token)
    assert run.code == 1
    # In the log, and once more behind it.
    said, *again = run.lines("keyrings-codeartifact: error: (.*)$")
    assert set(again) <= {said}
    assert re.search(error, said), said
    # The error of the include's own script has none.
    if "bundle-url" not in said:
        assert page(re.search(rf" {CODE}$", said)[1]) in run.log
    assert "REACHED" not in "".join(run.lines("test > .*$"))
    assert list(project.jobs_folder.iterdir()) == []


@pytest.mark.parametrize(
    "inputs",
    [
        {"index_url": "http://x/"},
        {"domain_owner": "1"},
        {"role_to_assume": "ci"},
        {"audience": ""},
        {"token_duration_seconds": "an hour"},
        {"publish": "pip"},
        {"install_check": "yes"},
        {"job_prefix": "a b"},
        {"bundle_url": "a b"},
    ],
    ids=lambda inputs: next(iter(inputs)),
)
def test_an_input_that_gitlab_rejects(project, inputs):
    project.write(include(project, job("test", "true"), **inputs))
    run = project.call("--preview")
    assert run.code == 1
    assert next(iter(inputs)).replace("_", "-") in run.log
