"""`explain` and `doctor` tell what the backend does, where the way to a token is broken, and what keeps clients from it."""

import json
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from conftest import DUAL_STACK, HOST, RELEASE, SHARED, STAGING

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from keyrings.codeartifact.emulator.seed import parse

INDEX = f"{RELEASE}/simple/"
ASK = "GetAuthorizationToken"
CONFIG = """
[codeartifact]
token_duration = 1800
[codeartifact account="111122223333"]
aws_access_key_id = AKIAACME000000000001
aws_secret_access_key = MARKED
[codeartifact name="staging" account="111122223333"]
profile_name = staging
[codeartifact domain="partner" region="eu-west-1"]
aws_access_key_id = AKIAPARTNER000000002
aws_secret_access_key = MARKED
[codeartifact region="eu-west-1" domain="partner"]
aws_access_key_id = AKIATIED00000000003X
aws_secret_access_key = MARKED
[codeartifact acount="111122223333"]
profile_name = gone
"""


@pytest.fixture
def call(home, tool):
    """Return a function that runs `keyrings-codeartifact` in a folder of its own, with nothing but it on PATH."""
    aws = home.folder / "home" / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text(
        "[staging]\naws_access_key_id = AKIAPROFILE000000004\naws_secret_access_key = MARKED\n"
    )
    (home.folder / "project").mkdir()

    def run(*arguments, **environ):
        environ = {"PATH": str(tool.bin), **environ}
        return home.run(tool.bin / "keyrings-codeartifact", *arguments, cwd=home.folder / "project", **environ)

    return run


@pytest.fixture
def doctor(call):
    """Return a function that returns the exit code of `doctor --json` and its findings by link."""

    def examine(*arguments, **environ):
        done = call("doctor", "--json", *(arguments or [INDEX]), **environ)
        assert done.stderr == ""
        assert "MARKED" not in done.stdout
        answer = json.loads(done.stdout)
        assert answer["ok"] == (done.returncode == 0)
        return done.returncode, answer["findings"]

    return examine


def found(findings, link):
    return [(finding["status"], finding["said"], finding["fix"]) for finding in findings if finding["link"] == link]


@pytest.mark.parametrize(
    ("url", "environ", "section", "key"),
    [
        (INDEX, {}, 'codeartifact account="111122223333"', "AKIAACME000000000001"),
        (HOST, {}, 'codeartifact account="111122223333"', "AKIAACME000000000001"),
        (f"https://{DUAL_STACK}/pypi/release/", {}, 'codeartifact account="111122223333"', "AKIAACME000000000001"),
        (f"{STAGING}/", {}, 'codeartifact name="staging" account="111122223333"', "AKIAPROFILE000000004"),
        (f"{SHARED}/", {}, 'codeartifact domain="partner" region="eu-west-1"', "AKIAPARTNER000000002"),
        (
            INDEX,
            {"CODEARTIFACT_PROFILE_NAME": "staging"},
            'codeartifact account="111122223333"',
            "AKIAPROFILE000000004",
        ),
        (INDEX, {"CODEARTIFACT_CONFIG": "#"}, None, "AKIACHAIN00000000001"),
    ],
)
def test_all_of_them_say_the_same(home, tool, call, emulator, url, environ, section, key):
    """`explain`, `doctor`, and what AWS sees when a client asks."""
    home.config.write_text(CONFIG)
    home.succeed(tool.bin / "keyring", "get", url, "aws", **environ)
    asked = {entry.access_key_id for entry in emulator.journal.entries(ASK)}
    assert asked == {key}
    explained = json.loads(call("explain", "--json", url, **environ).stdout)
    assert [one["name"] for one in explained["sections"] if one["wins"]] == ([section] if section else [])
    emulator.journal.clear()
    examined = json.loads(call("doctor", "--json", url, **environ).stdout)["findings"]
    assert {entry.access_key_id for entry in emulator.journal.entries(ASK)} == {key}
    assert explained["identity"] in found(examined, "configuration")[0][1]
    words = {
        "AKIAPROFILE000000004": "profile 'staging'",
        "AKIACHAIN00000000001": "the identity of the AWS default chain",
    }
    assert explained["identity"].startswith(words.get(key, f"access key …{key[-4:]}"))


def test_explain_as_json(home, call, emulator):
    home.config.write_text(CONFIG)
    done = call("explain", "--json", f"{SHARED}/", CODEARTIFACT_READ_TIMEOUT="7", CODEARTIFACT_PROFIL_NAME="x")
    assert "MARKED" not in done.stdout
    explained = json.loads(done.stdout)
    assert explained["repository"] == {
        "domain": "partner",
        "account": "444455556666",
        "region": "eu-west-1",
        "name": "shared",
    }
    assert explained["file"] == str(home.config)
    assert [(one["score"], one["objection"]) for one in explained["sections"]] == [
        (None, "account is '111122223333', not '444455556666'"),
        (None, "name is 'staging', not 'shared'"),
        (2, ""),
        (2, ""),
        (None, "'acount' is none of domain, account, region, name"),
    ]
    winner = f'[codeartifact domain="partner" region="eu-west-1"] of {home.config}'
    assert explained["tied"] == ['codeartifact region="eu-west-1" domain="partner"']
    assert explained["options"]["token_duration"] == {"value": "1800", "origin": f"[codeartifact] of {home.config}"}
    assert explained["options"]["read_timeout"] == {"value": "7", "origin": "CODEARTIFACT_READ_TIMEOUT"}
    assert explained["options"]["max_attempts"] == {"value": "3", "origin": "built-in"}
    assert explained["options"]["aws_access_key_id"] == {"value": "…0002", "origin": winner}
    assert explained["options"]["aws_secret_access_key"] == {"value": "…", "origin": winner}
    assert explained["identity"] == f"access key …0002 ({winner})"
    assert explained["warnings"] == [
        f"section [codeartifact acount=\"111122223333\"] of {home.config} never matches: 'acount' is none of domain, account, region, name",
        'section [codeartifact region="eu-west-1" domain="partner"] fits as well as the one that wins: the first in the file does',
        "the variable CODEARTIFACT_PROFIL_NAME means nothing",
    ]
    assert emulator.journal.entries() == []


def test_explain_for_people(home, call):
    home.config.write_text('[codeartifact]\nverify = false\n[codeartifact domain="acme"]\nprofile_name = team a\n')
    role = "arn:aws:iam::111122223333:role/reader"
    environ = {"CODEARTIFACT_AUTH_TOKEN": "MARKED", "CODEARTIFACT_CACHE_DIR": ""}
    done = call("explain", INDEX, CODEARTIFACT_ROLE_ARN=role, **environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert (
        done.stdout
        == f"""\
  domain   acme
  account  111122223333
  region   us-east-1
  name     release

Sections of {home.config}
  [codeartifact domain="acme"]  1  wins
  [codeartifact]                   the defaults

Options
  profile_name       team a                                 [codeartifact domain="acme"] of {home.config}
  role_arn           arn:aws:iam::111122223333:role/reader  CODEARTIFACT_ROLE_ARN
  role_session_name  keyrings-codeartifact                  built-in
  token_duration     3600                                   built-in
  verify             false                                  [codeartifact] of {home.config}
  cache              true                                   built-in
  connect_timeout    5                                      built-in
  read_timeout       10                                     built-in
  max_attempts       3                                      built-in
  deadline           20                                     built-in

Asks as
  profile 'team a' ([codeartifact domain="acme"] of {home.config}), as {role}

Warnings
  CODEARTIFACT_AUTH_TOKEN was left alone: set CODEARTIFACT_INDEX_URL or CODEARTIFACT_DOMAIN to say for which domain it is
"""
    )


def test_a_chain_that_holds(doctor, emulator):
    code, findings = doctor()
    assert code == 0
    assert [(finding["link"], finding["status"]) for finding in findings] == [
        (link, "ok") for link in ("configuration", "cache", "identity", "token", "index")
    ]
    assert found(findings, "identity") == [("ok", "arn:aws:iam::111122223333:user/chain", "")]
    assert re.fullmatch(r"expires at 20..-..-..T..:..:..Z, in (59|60) min", found(findings, "token")[0][1])
    assert found(findings, "index") == [("ok", f"takes the token: {INDEX}", "")]
    assert [entry.operation for entry in emulator.journal.entries()] == [
        *("GetCallerIdentity", ASK, "GetRepositoryEndpoint", "ProjectPage"),
    ]


def test_who_looks_first_asks_no_second_time(doctor, home, tool, emulator):
    """But each look is a live one."""
    for calls in (1, 2):
        assert doctor()[0] == 0
        home.succeed(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
        assert len(emulator.journal.entries(ASK)) == calls


def test_a_token_is_not_kept_where_none_shall_be(doctor, home):
    assert doctor(CODEARTIFACT_CACHE="off")[0] == 0
    assert not list(home.cache.rglob("*.token"))


def test_a_token_of_who_has_become_another_is_not_kept(home, tool, emulator):
    """Nor is one that somebody else has asked for meanwhile handed out."""
    del home.environ["AWS_ACCESS_KEY_ID"], home.environ["AWS_SECRET_ACCESS_KEY"]
    path = home.folder / "home" / ".aws" / "credentials"
    path.parent.mkdir()
    key = "[default]\naws_access_key_id = AKIA{}000000000001\naws_secret_access_key = MARKED\n"
    path.write_text(key.format("ONE"))
    emulator.faults.add(Fault(ASK, hang=2))
    with ThreadPoolExecutor() as pool:
        looking = pool.submit(home.run, tool.bin / "keyrings-codeartifact", "doctor", INDEX)
        while not emulator.journal.entries(ASK):
            time.sleep(0.05)
        path.write_text(key.format("TWO"))
        assert looking.result().returncode == 0
    assert not list(home.cache.rglob("*.token"))


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE"])
def test_the_index_s_certificate_is_trusted_as_any_client_is_told_to(doctor, home, emulator, variable):
    """The API's by its own option here, which is one of them as well."""
    for name in ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "SSL_CERT_FILE"):
        del home.environ[name]
    code, findings = doctor(
        **{variable: emulator.ca_path},
        CODEARTIFACT_ENDPOINT_URL=emulator.proxy_url,
        CODEARTIFACT_STS_ENDPOINT_URL=emulator.proxy_url,
    )
    assert (code, found(findings, "index")[0][0]) == (0, "ok")
    home.environ |= {
        "CODEARTIFACT_ENDPOINT_URL": emulator.proxy_url,
        "CODEARTIFACT_STS_ENDPOINT_URL": emulator.proxy_url,
    }
    assert found(doctor()[1], "index")[0][:2] == (
        "warning",
        "cannot be reached (SSLCertVerificationError)",
    )
    assert found(doctor(CODEARTIFACT_VERIFY=emulator.ca_path)[1], "index")[0][0] == "ok"


def test_what_is_odd_about_the_configuration(doctor, home):
    home.config.write_text("[codeartifact]\nprofil_name = x\n")
    code, findings = doctor(CODEARTIFACT_PROFIL_NAME="x")
    see = "see `keyrings-codeartifact explain`"
    assert found(findings, "configuration")[1:] == [
        ("warning", f"[codeartifact] of {home.config} sets the unknown option profil_name", see),
        ("warning", "the variable CODEARTIFACT_PROFIL_NAME means nothing", see),
    ]
    assert code == 0


def test_a_chain_of_a_whole_domain(doctor):
    code, findings = doctor(HOST)
    assert (code, [finding["link"] for finding in findings]) == (0, ["configuration", "cache", "identity", "token"])


def test_where_a_token_would_be_kept(doctor, home, tool):
    """Or that it would not, which is no failure."""

    def told(**environ):
        return found(doctor(**environ)[1], "cache")

    place = f"tokens are kept in {home.cache}/keyrings-codeartifact-{os.geteuid()}"
    assert told() == [("ok", place, "")]
    home.succeed(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
    [(status, said, _)] = told()
    assert status == "ok"
    assert re.fullmatch(re.escape(place) + r", and one is handed out until 20..-..-..T..:..:..Z", said)
    assert told(CODEARTIFACT_CACHE="off") == [("ok", "no token is kept", "")]
    os.mkfifo(home.folder / "pipe")
    pipe = {"AWS_CONFIG_FILE": str(home.folder / "pipe")}
    assert told(**pipe) == [
        (
            "warning",
            "a token is not kept: one of the files that AWS_… variables name is a pipe",
            "name a file, which can be read more than once",
        )
    ]


def test_a_ready_token(doctor, emulator, client):
    token = client("codeartifact").get_authorization_token(domain="acme")["authorizationToken"]
    emulator.journal.clear()
    code, findings = doctor(CODEARTIFACT_AUTH_TOKEN=token, CODEARTIFACT_DOMAIN="acme")
    assert (code, [finding["link"] for finding in findings]) == (0, ["configuration", "token", "index"])
    assert token not in json.dumps(findings)
    assert [entry.operation for entry in emulator.journal.entries()] == ["ProjectPage"]


def test_a_ready_token_that_is_no_longer_good(doctor):
    code, findings = doctor(CODEARTIFACT_AUTH_TOKEN="MARKED", CODEARTIFACT_DOMAIN="acme")
    assert code == 1
    assert found(findings, "index") == [
        ("failed", "the index does not take this token (401)", "let it be one for this very domain, and fresh")
    ]


def test_a_configuration_that_cannot_be_used(doctor, emulator):
    code, findings = doctor(CODEARTIFACT_DEADLINE="never")
    assert code == 2
    assert found(findings, "configuration") == [
        ("failed", "CODEARTIFACT_DEADLINE cannot be 'never'", "accepted: seconds, more than 0 and at most 3600")
    ]
    assert emulator.journal.entries() == []


@pytest.mark.parametrize(
    ("faults", "link", "status", "said", "fix", "code"),
    [
        pytest.param(
            [aws_error("GetCallerIdentity", "AccessDenied", 403, "no")],
            "identity",
            "warning",
            "AWS refused GetCallerIdentity on",
            "a token may be had all the same",
            0,
            id="a caller that may not know itself",
        ),
        pytest.param(
            [aws_error(ASK, "AccessDeniedException", 403, "not authorized to perform: sts:GetServiceBearerToken")],
            "token",
            "failed",
            f"AWS refused {ASK} on",
            "allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken, ",
            1,
            id="a missing action",
        ),
        pytest.param(
            [aws_error(ASK, "ResourceNotFoundException", 404)],
            "token",
            "failed",
            "there is no CodeArtifact domain 'acme' of account 111122223333",
            "check domain, account and region in the index URL",
            1,
            id="the wrong account",
        ),
        pytest.param(
            [aws_error("GetRepositoryEndpoint", "ResourceNotFoundException", 404)],
            "repository",
            "failed",
            "there is no repository 'release' in CodeArtifact domain 'acme'",
            "check the repository's name in the index URL, or create it",
            1,
            id="no such repository",
        ),
        pytest.param(
            [aws_error("GetRepositoryEndpoint", "AccessDeniedException", 403)],
            "index",
            "ok",
            "takes the token",
            "",
            0,
            id="a repository that it may not ask about",
        ),
        pytest.param(
            [Fault("ProjectPage", 403)],
            "index",
            "warning",
            "this identity may not read the repository (403)",
            "for installing, allow it codeartifact:ReadFromRepository; for publishing only, all is well",
            0,
            id="a role for publishing only",
        ),
        pytest.param([Fault("ProjectPage", 401)], "index", "failed", "the index does not take this token (401)", "let it", 1, id="401"),
        pytest.param([Fault("ProjectPage", 503)], "index", "warning", "answers with HTTP 503", "ask again", 0, id="503"),
        pytest.param(
            [Fault("ProjectPage", hang=10)],
            "index",
            "warning",
            "cannot be reached (no answer in time)",
            "check HTTPS_PROXY, ",
            0,
            id="hang",
        ),
        pytest.param([Fault("ProjectPage", cut=True)], "index", "warning", "cannot be reached (", "check HTTPS_", 0, id="cut"),
        pytest.param(
            [Fault("ProjectPage", 302, {"Location": "https://evil.example/"})],
            "index",
            "warning",
            "answers with HTTP 302",
            "ask again later, or see what is in between",
            0,
            id="a redirection",
        ),
    ],
)  # fmt: skip
def test_broken_links(doctor, emulator, faults, link, status, said, fix, code):
    for fault in faults:
        emulator.faults.add(fault)
    ended, findings = doctor(CODEARTIFACT_DEADLINE="5")
    assert ended == code
    [(found_status, found_said, found_fix)] = found(findings, link)
    assert found_status == status
    assert found_said.startswith(said)
    assert found_fix.startswith(fix)
    if status == "failed":
        assert findings[-1]["link"] == link


def test_what_is_to_be_pasted_helps(doctor, emulator, client):
    """The policy that is shown for a missing action is one with which all is well."""
    user = "{name: %s, account: 111122223333, access_key_id: AKIA%s, secret_access_key: s, policies: [%s]}"
    environ = {"AWS_ACCESS_KEY_ID": "AKIAPASTE00000000001", "AWS_SECRET_ACCESS_KEY": "s"}
    parse(f"users: [{user % ('paste', 'PASTE00000000001', '')}]", "seed").plant(emulator.application)
    emulator.access.is_enforced = True
    code, findings = doctor(**environ)
    assert (code, findings[-1]["link"]) == (1, "token")
    pasted = findings[-1]["paste"]
    parse(f"users: [{user % ('pasted', 'PASTED0000000001', pasted)}]", "seed").plant(emulator.application)
    code, findings = doctor(**environ | {"AWS_ACCESS_KEY_ID": "AKIAPASTED0000000001"})
    assert (code, {finding["status"] for finding in findings}) == (0, {"ok"})


def test_the_trust_policy_that_is_to_be_pasted_helps(doctor, emulator):
    issuer = "https://token.actions.githubusercontent.com"
    policy = '{Statement: {Effect: Allow, Action: ["codeartifact:*", "sts:*"], Resource: "*"}}'
    role = "{name: %s, account: 999988887777, trust: %s, policies: [%s]}"
    domain = "{name: trust, owner: 999988887777, region: us-east-1, repositories: [{name: release}]}"
    provider = f"{{account: 999988887777, issuer: '{issuer}', audiences: [sts.amazonaws.com]}}"
    nobody = "{Statement: {Effect: Deny, Principal: '*', Action: '*'}}"
    seed = f"domains: [{domain}]\nidentity_providers: [{provider}]\nroles: [{role % ('before', nobody, policy)}]"
    parse(seed, "seed").plant(emulator.application)
    emulator.access.is_enforced = True
    query = f"issuer={issuer}&subject=repo:acme/tools:ref:refs/heads/main"
    environ = {
        "CODEARTIFACT_INDEX_URL": "https://trust-999988887777.d.codeartifact.us-east-1.amazonaws.com/pypi/release/simple/",
        "CODEARTIFACT_OIDC_AUDIENCE": "sts.amazonaws.com",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{emulator.proxy_url}/_emulator/identity-token?{query}",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "MARKED",
    }
    url = environ["CODEARTIFACT_INDEX_URL"]
    code, findings = doctor(url, **environ, CODEARTIFACT_ROLE_ARN="arn:aws:iam::999988887777:role/before")
    assert (code, findings[-1]["link"]) == (1, "token")
    parse(f"roles: [{role % ('after', findings[-1]['paste'], policy)}]", "seed").plant(emulator.application)
    code, findings = doctor(url, **environ, CODEARTIFACT_ROLE_ARN="arn:aws:iam::999988887777:role/after")
    assert (code, {finding["status"] for finding in findings}) == (0, {"ok"})


def test_doctor_for_people(call, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    done = call("doctor", INDEX)
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(
        "ok       configuration  CodeArtifact domain 'acme' of account 111122223333 in us-east-1 is asked"
    )
    assert lines[1].startswith("ok       cache          tokens are kept in /")
    assert lines[2] == "ok       identity       arn:aws:iam::111122223333:user/chain"
    assert lines[3].startswith("failed   token          AWS refused GetAuthorizationToken on ")
    assert lines[4].startswith(" " * 24 + "allow that identity ")
    assert json.loads("\n".join(lines[5:]))["Statement"][0]["Action"] == "codeartifact:GetAuthorizationToken"


# The clients: each mistake in turn.


@pytest.fixture
def examine(doctor, home, tool):
    """Return a function that returns what is found of one client, with these programs on PATH besides ours."""

    def look(link, *bins, **environ):
        path = ":".join((*map(str, bins), str(tool.bin)))
        return found(doctor(PATH=path, **environ)[1], link)

    return look


SUBPROCESS = "export PIP_KEYRING_PROVIDER=subprocess"


@pytest.fixture
def pip(environment, home):
    del home.environ["PIP_CONFIG_FILE"]
    del home.environ["PIP_NO_INPUT"]
    return environment("pip>=26.2").bin


def test_pip(examine, pip):
    [(status, said, fix)] = examine("pip", pip, PIP_KEYRING_PROVIDER="subprocess", PIP_INDEX_URL=INDEX)
    assert (status, fix) == ("ok", "")
    assert re.fullmatch(rf"26\.[0-9.]+, provider subprocess, index {re.escape(INDEX)}", said)


@pytest.mark.parametrize(
    ("environ", "said", "fix"),
    [
        ({"PIP_NO_INPUT": "1"}, "provider auto, index its default: no-input turns the provider auto off", SUBPROCESS),
        ({"PIP_KEYRING_PROVIDER": "disabled"}, "provider disabled, index its default: it asks no keyring", SUBPROCESS),
        (
            {"PIP_INDEX_URL": INDEX.replace("//", "//aws:MARKED@"), "PIP_KEYRING_PROVIDER": "subprocess"},
            "index-url (:env:) holds a token, which will expire",
            "unset PIP_INDEX_URL",
        ),
        (
            {"PIP_INDEX_URL": f"{STAGING}/simple/", "PIP_KEYRING_PROVIDER": "subprocess"},
            "index staging is of the same host: pip keeps one credential a host, whatever the sections say",
            "let both have the same identity, or install in two commands",
        ),
    ],
)
def test_what_keeps_pip_from_asking(examine, pip, environ, said, fix):
    warnings = [(text, remedy) for status, text, remedy in examine("pip", pip, **environ) if status == "warning"]
    assert len(warnings) == 1
    assert warnings[0][0].endswith(said)
    assert warnings[0][1] == fix


def test_a_pip_beside_the_only_keyring(doctor, environment, wheel):
    path = str(environment("pip>=26.2", wheel).bin)
    [(status, said, fix)] = found(doctor(PATH=path, PIP_KEYRING_PROVIDER="subprocess")[1], "pip")
    assert (status, fix) == ("warning", "export PIP_KEYRING_PROVIDER=import")
    assert said.endswith("it runs no keyring of its own environment, and there is no other on PATH")
    assert found(doctor(PATH=path, PIP_KEYRING_PROVIDER="import")[1], "pip")[0][0] == "ok"


def test_a_token_that_the_aws_cli_has_left(examine, pip, home, environment):
    aws = environment("awscli", "pip>=26.2").bin
    home.succeed(
        *(aws / "aws", "codeartifact", "login", "--tool", "pip", "--domain", "acme", "--repository", "release"),
        AWS_DEFAULT_REGION="us-east-1",
        PATH=f"{aws}:{home.environ['PATH']}",
    )
    findings = examine("pip", pip)
    assert findings[0] == (
        "warning",
        "index-url (global) holds a token, which will expire",
        "pip config unset global.index-url, and set it without the token",
    )
    home.succeed(pip / "pip", "config", "unset", "global.index-url")
    assert [status for status, *_ in examine("pip", pip)] == ["ok"]


def test_a_pip_that_asks_only_with_a_user_name(examine, environment, home):
    old = environment("pip==26.1.2").bin
    variables = {"PIP_KEYRING_PROVIDER": "subprocess", "PIP_INDEX_URL": INDEX}
    [(status, said, fix)] = examine("pip", old, **variables)
    assert (status, fix) == ("warning", "add the user name to the URL: https://aws@…, or upgrade pip")
    assert said.endswith("before 26.2 it asks a command only with a user name")
    variables["PIP_INDEX_URL"] = INDEX.replace("//", "//aws@")
    assert [status for status, *_ in examine("pip", old, **variables)] == ["ok"]


@pytest.fixture
def uv(environment, home):
    del home.environ["UV_NO_CONFIG"]
    return environment("uv>=0.13").bin


def test_uv(examine, uv, home):
    [(status, said, fix)] = examine("uv", uv)
    assert (status, fix) == ("warning", "export UV_KEYRING_PROVIDER=subprocess")
    assert said.endswith("provider disabled: it asks no keyring")
    chosen = {"UV_KEYRING_PROVIDER": "subprocess"}
    assert [status for status, *_ in examine("uv", uv, **chosen)] == ["ok"]
    for variable, value, named in [
        ("UV_DEFAULT_INDEX", INDEX, False),
        ("UV_INDEX_URL", INDEX, False),
        ("UV_INDEX", f"https://example.com/simple private={INDEX}", False),
        ("UV_DEFAULT_INDEX", INDEX.replace("//", "//aws@"), True),
        ("UV_DEFAULT_INDEX", f"private={SHARED}/simple/", True),
    ]:
        [(status, said, _)] = examine("uv", uv, **chosen, **{variable: value})
        assert status == ("ok" if named else "warning"), value
        assert named or said.endswith(f"asks for no user's password: {INDEX} names none")
    private = {**chosen, "UV_INDEX": f"my-private={INDEX}", "UV_INDEX_MY_PRIVATE_USERNAME": "aws"}
    assert [status for status, *_ in examine("uv", uv, **private)] == ["ok"]


PROVIDER = 'keyring-provider = "subprocess"\n'


@pytest.mark.parametrize(
    ("path", "text", "status"),
    [
        ("project/uv.toml", f'{PROVIDER}[[index]]\nurl = "{INDEX}"\n', "warning"),
        ("project/uv.toml", f'{PROVIDER}[[index]]\nurl = "{INDEX}"\nauthenticate = "always"\n', "ok"),
        ("project/pyproject.toml", f'[tool.uv]\n{PROVIDER}[[tool.uv.index]]\nurl = "{INDEX}"\n', "warning"),
        ("project/pyproject.toml", f"[tool.uv]\n{PROVIDER}", "ok"),
        ("project/pyproject.toml", "tool = 1", "warning"),
        ("project/pyproject.toml", "no TOML", "warning"),
        ("project/pyproject.toml", f"[tool.uv]\n{PROVIDER}index = 1\n", "ok"),
        ("pyproject.toml", f"[tool.uv]\n{PROVIDER}", "ok"),
        ("config/uv/uv.toml", PROVIDER, "ok"),
        ("config/uv/uv.toml", f'{PROVIDER}[[index]]\nurl = "{INDEX}"\n', "warning"),
    ],
)
def test_uv_as_it_is_configured(examine, uv, home, path, text, status):
    (home.folder / path).parent.mkdir(exist_ok=True)
    (home.folder / path).write_text(text)
    [(found_status, said, _)] = examine("uv", uv)
    if sys.version_info < (3, 11):
        assert (found_status, said.partition(", ")[2]) == (
            "ok",
            "whose settings this Python cannot read: it has no parser for TOML",
        )
    else:
        assert found_status == status


def test_uv_settings_that_are_switched_off_or_elsewhere(examine, uv, home):
    (home.folder / "project" / "uv.toml").write_text(PROVIDER)
    assert examine("uv", uv, UV_NO_CONFIG="1")[0][0] == "warning"
    (home.folder / "other.toml").write_text("")
    if sys.version_info >= (3, 11):
        assert examine("uv", uv, UV_CONFIG_FILE=str(home.folder / "other.toml"))[0][0] == "warning"


def test_netrc(examine, pip, home):
    path = home.folder / "netrc"
    path.write_text(f"machine {urlsplit(RELEASE).hostname} login aws password MARKED\n")
    path.chmod(0o600)
    assert examine("netrc", pip, NETRC=str(path)) == [
        (
            "warning",
            f"{path} has a password for {HOST}, which clients take without asking a keyring",
            "remove that entry",
        )
    ]
    path.write_text("machine example.com login aws password MARKED\n")
    assert examine("netrc", pip, NETRC=str(path)) == []


INSTALL = "uv tool install keyring --with keyrings.codeartifact"


def test_keyring(doctor, pip, tool, environment, home):
    def look(*bins, **environ):
        return found(doctor(PATH=":".join(map(str, bins)), **environ)[1], "keyring")

    assert look(pip, tool.bin) == [("ok", str(tool.bin / "keyring"), "")]
    assert look(pip) == [("warning", "no `keyring` command is on PATH, which pip and uv ask", INSTALL)]
    other = environment("keyring").bin
    [(status, said, fix)] = look(pip, other)
    assert (status, said) == ("warning", f"{other}/keyring knows nothing of CodeArtifact")
    assert fix.endswith(INSTALL)
    chosen = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    assert look(pip, tool.bin, **chosen)[0][0] == "warning"
    assert look(pip, tool.bin, PYTHON_KEYRING_BACKEND="keyrings.codeartifact.CodeArtifactBackend")[0][0] == "ok"


def test_clients_that_import_keyring(examine, environment, wheel):
    [(status, said, _)] = examine("twine", environment(wheel, "twine>=7").bin)
    assert (status, said.partition(", ")[2]) == ("ok", "with keyrings.codeartifact beside it")
    [(status, said, fix)] = examine("twine", environment("twine>=7").bin)
    assert (status, said.partition(", ")[2]) == ("warning", "without keyrings.codeartifact beside it")
    assert fix.startswith("pipx inject twine keyrings.codeartifact, ")


def test_nothing_of_the_current_folder_is_run(examine, environment, wheel, home):
    """Whoever's checkout that is: its modules would have all that is in the environment."""
    package = home.folder / "project" / "keyrings"
    package.mkdir()
    for path in (package / "__init__.py", home.folder / "project" / "importlib.py"):
        path.write_text(f"open({str(home.folder / 'ran')!r}, 'w').close()")
    [(status, _, _)] = examine("twine", environment(wheel, "twine>=7").bin)
    assert status == "ok"
    assert not (home.folder / "ran").exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://MARKED:@pypi.example/acme/",
        "https://MARKED@pypi.example/acme/",
        "https://u:MARKED@MARKED@pypi.example/acme/?x=MARKED",
    ],
)
def test_no_index_s_password_is_shown(examine, pip, url):
    [(_, said, _)] = examine("pip", pip, PIP_INDEX_URL=url, PIP_KEYRING_PROVIDER="subprocess")
    assert said.endswith("index https://…@pypi.example/acme/")


def test_nothing_hostile_in_a_checkout_gets_through(call, home, uv, environment):
    """Neither commands for a terminal or a CI, nor what is no such file, nor what stands beside what is looked for."""
    project = home.folder / "project"
    path = f"{uv}:{environment('tox>=4').bin}"
    for content in (b'keyring-provider = "x\\n::error::\\u001b]0;x"', b"\xff\xfe", b"a = " + b"[" * 100_000):
        (project / "uv.toml").write_bytes(content)
        (project / "tox.toml").write_text('env_run_base = { pass_env = ["AWS_*"], set_env = { X = "MARKED" } }')
        done = call("doctor", INDEX, PATH=path)
        assert done.stderr == ""
        assert "\x1b" not in done.stdout
        assert not [text for text in done.stdout.splitlines() if text.startswith("::")]
    for name in ("uv.toml", "tox.ini"):
        (project / name).unlink(missing_ok=True)
        (project / name).symlink_to("/dev/zero")
    assert call("doctor", INDEX, PATH=path).stderr == ""
    home.config.write_text("[codeartifact foo=\x1b[31m]\n")
    assert "\x1b" not in call("explain", INDEX).stdout


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (None, None),
        ("[testenv]\ncommands = true\n", "warning"),
        ("[testenv]\npass_env = FOO\ncommands = true\n", "warning"),
        ("[testenv]\npass_env = AWS_*, CODEARTIFACT_*\n", "ok"),
        ("[testenv]\npassenv =\n    CODEARTIFACT_*\n    FOO\ncommands = true\n", "ok"),
        ("[testenv]\npass_env = *\n", "ok"),
    ],
)
def test_tox(examine, environment, home, text, status):
    if text is not None:
        (home.folder / "project" / "tox.ini").write_text(text)
    findings = examine("tox", environment("tox>=4").bin)
    assert [found_status for found_status, *_ in findings] == ([status] if status else [])
