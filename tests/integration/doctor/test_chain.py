"""Doctor's chain: configuration, cache, identity, token, index, and the fix for the first that fails."""

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from support.commands import page
from support.doctor import found
from support.seed import ASK, HOST, INDEX


def test_a_chain_that_holds(doctor, emulator):
    code, checks = doctor()
    assert code == 0
    assert [(check["check"], check["status"]) for check in checks] == [
        (link, "ok") for link in ("configuration", "cache", "identity", "token", "index")
    ]
    assert found(checks, "identity") == [("ok", "arn:aws:iam::111122223333:user/chain", "")]
    assert re.fullmatch(r"expires at 20..-..-..T..:..:..Z, in (59|60) min", found(checks, "token")[0][1])
    assert found(checks, "index") == [("ok", f"accepts the token: {INDEX}", "")]
    assert [entry.operation for entry in emulator.journal.entries()] == [
        *(ASK, "GetCallerIdentity", "GetRepositoryEndpoint", "ProjectPage"),
    ]


def test_who_looks_first_asks_no_second_time(doctor, home, tool, emulator):
    """But each look is a live one."""
    for calls in (1, 2):
        assert doctor()[0] == 0
        home.fork_that_succeeds(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
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
    code, checks = doctor(
        **{variable: emulator.ca_path},
        CODEARTIFACT_ENDPOINT_URL=emulator.proxy_url,
        CODEARTIFACT_STS_ENDPOINT_URL=emulator.proxy_url,
    )
    assert (code, found(checks, "index")[0][0]) == (0, "ok")
    home.environ |= {
        "CODEARTIFACT_ENDPOINT_URL": emulator.proxy_url,
        "CODEARTIFACT_STS_ENDPOINT_URL": emulator.proxy_url,
    }
    assert found(doctor()[1], "index")[0][:2] == (
        "warning",
        "unreachable (SSLCertVerificationError)",
    )
    assert found(doctor(CODEARTIFACT_VERIFY=emulator.ca_path)[1], "index")[0][0] == "ok"


def test_what_is_odd_about_the_configuration(doctor, home):
    home.config.write_text("[codeartifact]\nprofil_name = x\n")
    code, checks = doctor(CODEARTIFACT_PROFIL_NAME="x")
    see = "run `keyrings-codeartifact explain`"
    assert found(checks, "configuration")[1:] == [
        (
            "warning",
            f"[codeartifact] of {home.config} sets the unknown option profil_name; did you mean profile_name?",
            see,
        ),
        ("warning", "unknown variable CODEARTIFACT_PROFIL_NAME; did you mean CODEARTIFACT_PROFILE_NAME?", see),
    ]
    assert code == 0


def test_a_chain_of_a_whole_domain(doctor):
    code, checks = doctor(HOST)
    assert (code, [check["check"] for check in checks]) == (0, ["configuration", "cache", "identity", "token"])


def test_where_a_token_would_be_kept(doctor, home, tool):
    """Or that it would not, which is no failure."""

    def told(**environ):
        return found(doctor(**environ)[1], "cache")

    place = f"{home.cache}/keyrings-codeartifact-{os.geteuid()}"
    assert told() == [("ok", place, "")]
    home.fork_that_succeeds(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
    [(status, said, _)] = told()
    assert status == "ok"
    assert re.fullmatch(re.escape(place) + r", holds a token that is reused until 20..-..-..T..:..:..Z", said)
    assert told(CODEARTIFACT_CACHE="off") == [("ok", "off", "")]
    os.mkfifo(home.folder / "pipe")
    pipe = {"AWS_CONFIG_FILE": str(home.folder / "pipe")}
    assert told(**pipe) == [
        (
            "warning",
            "tokens are not cached: a file of AWS' configuration is large, or not a regular file",
            "check the files that AWS_… variables and profiles name",
        )
    ]


def test_a_ready_token(doctor, emulator, client):
    token = client("codeartifact").get_authorization_token(domain="acme")["authorizationToken"]
    emulator.journal.clear()
    code, checks = doctor(CODEARTIFACT_AUTH_TOKEN=token, CODEARTIFACT_DOMAIN="acme")
    assert (code, [check["check"] for check in checks]) == (0, ["configuration", "token", "index"])
    assert token not in json.dumps(checks)
    assert [entry.operation for entry in emulator.journal.entries()] == ["ProjectPage"]


def test_a_ready_token_that_is_no_longer_good(doctor):
    code, checks = doctor(CODEARTIFACT_AUTH_TOKEN="MARKED", CODEARTIFACT_DOMAIN="acme")
    assert code == 1
    assert found(checks, "index") == [
        ("failed", "the index rejects this token (401)", "use a current token of this domain")
    ]
    assert checks[-1]["code"] == "CA427"


def test_a_configuration_that_cannot_be_used(doctor, emulator):
    code, checks = doctor(CODEARTIFACT_DEADLINE="never")
    assert code == 2
    assert found(checks, "configuration") == [
        ("failed", "CODEARTIFACT_DEADLINE cannot be 'never'", "expected: seconds, more than 0 and at most 3600")
    ]
    assert [check["code"] for check in checks] == ["CA205"]
    assert emulator.journal.entries() == []


@pytest.mark.parametrize(
    ("faults", "link", "status", "said", "fix", "code", "its_code"),
    [
        pytest.param(
            [aws_error("GetCallerIdentity", "AccessDenied", 403, "no")],
            "identity",
            "warning",
            "AWS refused GetCallerIdentity on",
            "tokens may still be available",
            0,
            "",
            id="a caller that may not know itself",
        ),
        pytest.param(
            [aws_error(ASK, "AccessDeniedException", 403, "not authorized to perform: sts:GetServiceBearerToken")],
            "token",
            "failed",
            f"AWS refused {ASK} on",
            "allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken, ",
            1,
            "CA405",
            id="a missing action",
        ),
        pytest.param(
            [aws_error(ASK, "ResourceNotFoundException", 404)],
            "token",
            "failed",
            "CodeArtifact domain 'acme' (owner 111122223333) in us-east-1 does not exist",
            "check domain, domain owner and region in the index URL",
            1,
            "CA407",
            id="the wrong account",
        ),
        pytest.param(
            [aws_error("GetRepositoryEndpoint", "ResourceNotFoundException", 404)],
            "repository",
            "failed",
            "repository 'release' does not exist in CodeArtifact domain 'acme'",
            "check the repository in the index URL, or create it",
            1,
            "CA406",
            id="no such repository",
        ),
        pytest.param(
            [aws_error("GetRepositoryEndpoint", "AccessDeniedException", 403)],
            "index",
            "ok",
            "accepts the token",
            "",
            0,
            "",
            id="a repository that it may not ask about",
        ),
        pytest.param(
            [Fault("ProjectPage", 403)],
            "index",
            "warning",
            "this identity cannot read the repository (403)",
            "allow it codeartifact:ReadFromRepository for installing; publishing does not need that",
            0,
            "",
            id="a role for publishing only",
        ),
        pytest.param([Fault("ProjectPage", 401)], "index", "failed", "the index rejects this token (401)", "use a current", 1, "CA427", id="401"),
        pytest.param([Fault("ProjectPage", 503)], "index", "warning", "HTTP 503", "try again", 0, "", id="503"),
        pytest.param(
            [Fault("ProjectPage", hang=60)],
            "index",
            "warning",
            "unreachable (no response in time)",
            "check HTTPS_PROXY, ",
            0,
            "",
            id="hang",
        ),
        pytest.param([Fault("ProjectPage", cut=True)], "index", "warning", "unreachable (", "check HTTPS_", 0, "", id="cut"),
        pytest.param(
            [Fault("ProjectPage", 302, {"Location": "https://evil.example/"})],
            "index",
            "warning",
            "HTTP 302",
            "try again later, or check proxies in between",
            0,
            "",
            id="a redirection",
        ),
    ],
)  # fmt: skip
def test_broken_links(doctor, emulator, faults, link, status, said, fix, code, its_code):
    for fault in faults:
        emulator.faults.add(fault)
    ended, checks = doctor(CODEARTIFACT_DEADLINE="8")
    assert ended == code
    [(found_status, found_said, found_fix)] = found(checks, link)
    assert found_status == status
    assert found_said.startswith(said)
    assert found_fix.startswith(fix)
    if status == "failed":
        assert checks[-1]["check"] == link
    assert [check["code"] for check in checks if check["code"]] == ([its_code] if its_code else [])


def test_doctor_for_people(call, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403, "no"))
    done = call("doctor", INDEX)
    assert (done.returncode, done.stderr) == (1, "")
    lines = done.stdout.splitlines()
    assert lines[0] == (
        "✓ configuration  CodeArtifact domain 'acme' (owner 111122223333) in us-east-1: the AWS default chain "
        "(the access key in AWS_ACCESS_KEY_ID)"
    )
    assert lines[1].startswith("✓ cache          /")
    assert lines[2] == "✓ identity       arn:aws:iam::111122223333:user/chain"
    assert lines[3].startswith("✗ token          AWS refused GetAuthorizationToken on ")
    assert lines[3].endswith("(no) [CA405]")
    assert lines[4].startswith(" " * 17 + "→ allow that identity ")
    assert lines[5:7] == ["", "The policy that is missing"]
    assert json.loads("\n".join(lines[7:-2]))["Statement"][0]["Action"] == "codeartifact:GetAuthorizationToken"
    assert lines[-2:] == ["", f"1 problem: {page('CA405')}"]


def test_doctor_for_people_with_clients(call, uv, home):
    path = home.folder / "bin"
    path.mkdir()
    (path / "uv").symlink_to(uv / "uv")
    warned = call("doctor", INDEX, PATH=str(path)).stdout.splitlines()
    assert warned.count("Clients") == 1
    clients = warned[warned.index("Clients") + 1 : -2]
    assert warned[warned.index("Clients") - 1] == ""
    assert [text.split()[:2] for text in clients[::2]] == [["!", "keyring"], ["!", "uv"]]
    assert clients[3] == f"{' ' * 17}→ run `keyrings-codeartifact login --tool uv {INDEX}`"
    assert warned[-2:] == ["", f"2 warnings: {page('warnings')}"]


def test_doctor_for_people_without_a_problem(call):
    assert call("doctor", INDEX).stdout.endswith("\n\nNo problems.\n")
