"""Every failure is one line that says what is wrong and what to do; no traceback, nothing on stdout, no secret."""

import re
import time

import certifi
import pytest
from conftest import RELEASE

from keyrings.codeartifact.emulator.faults import Fault, aws_error

INDEX = f"{RELEASE}/simple/"
ASK = "GetAuthorizationToken"
DOMAIN = "CodeArtifact domain 'acme' of account 111122223333 in us-east-1"
KEYS = "aws_access_key_id = AKIASECTION000000001\naws_secret_access_key = MARKED-secret\naws_session_token = MARKED-token\n"
SECTION = re.escape("access key …0001 ([codeartifact] of ") + r".*/keyringrc\.cfg\)"
# Some authority's that did not sign for the emulator: the one that requests brings along.
OTHER_CA = certifi.where()
ROLE = "arn:aws:iam::111122223333:role/reader"


def answer(body, status=200, **options):
    return Fault(ASK, status, {"Content-Type": "application/json"}, body, **options)


def token_answer(token, expiration):
    return answer(f'{{"authorizationToken": "{token}", "expiration": {expiration}}}')


CASES = [
    pytest.param(
        "[codeartifact]\nprofile_name = gone\n",
        [],
        {},
        r"the AWS profile 'gone' does not exist, and profile 'gone' \(\[codeartifact\] of .*/keyringrc\.cfg\) was asked for; "
        r"see `aws configure list-profiles` for those that do",
        id="unknown profile",
    ),
    pytest.param(
        "",
        [],
        {"AWS_PROFILE": "gone"},
        r"the AWS profile 'gone' does not exist, and the identity of the AWS default chain was asked for; see .*",
        id="unknown profile in the environment",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}",
        [aws_error(ASK, "AccessDeniedException", 403, "User: arn:aws:iam::1:user/u is not authorized to perform: x")],
        {},
        rf"AWS refused {ASK} on {DOMAIN} to {SECTION} \(User: arn:aws:iam::1:user/u is not authorized to perform: x\); "
        r"allow that identity codeartifact:GetAuthorizationToken and sts:GetServiceBearerToken, or .*",
        id="access denied",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "ResourceNotFoundException", 404)],
        {},
        rf"there is no {DOMAIN}; check domain, account and region in the index URL",
        id="no such domain",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "ThrottlingException", 429, "Rate exceeded", times=2)],
        {"CODEARTIFACT_MAX_ATTEMPTS": "2"},
        rf"AWS throttles {ASK} \(2 attempts\); ask again later, or from fewer processes at once",
        id="throttling",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "InternalServerException", 500, "oops")],
        {"CODEARTIFACT_MAX_ATTEMPTS": "1"},
        rf"AWS answered {ASK} with InternalServerException, HTTP 500 \(oops\); check the settings .*",
        id="server error",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "ExpiredTokenException", 403)],
        {},
        r"the credentials of the identity of the AWS default chain have expired; renew them, then ask again",
        id="expired credentials",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}",
        [aws_error(ASK, "UnrecognizedClientException", 403)],
        {},
        rf"AWS does not know the access key of {SECTION}; check the key id, and the session token if there is one",
        id="unknown key",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}",
        [aws_error(ASK, "InvalidSignatureException", 403, "x-amz-security-token:MARKED-token")],
        {},
        rf"AWS did not accept the signature of {SECTION}; check the secret access key and this machine's clock",
        id="wrong secret",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n",
        [
            Fault(
                "AssumeRole",
                403,
                {"Content-Type": "text/xml"},
                '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
                "<Code>AccessDenied</Code><Message>not yours</Message></Error></ErrorResponse>",
            )
        ],
        {},
        rf"AWS refused {SECTION} the role {ROLE} \(not yours\); allow that identity sts:AssumeRole on the role, and .*",
        id="role refused",
    ),
    pytest.param(
        "",
        [],
        {
            "CODEARTIFACT_ENDPOINT_URL": "https://codeartifact.invalid",
            "HTTPS_PROXY": "",
            "CODEARTIFACT_MAX_ATTEMPTS": "1",
        },
        r"cannot connect to https://codeartifact\.invalid.*; check the region in the index URL, the name resolution, .*",
        id="a name that does not resolve",
    ),
    pytest.param(
        "",
        [],
        {"CODEARTIFACT_ENDPOINT_URL": "https://codeartifact.invalid", "CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"the proxy on the way to AWS does not answer; check HTTPS_PROXY and NO_PROXY",
        id="a proxy that refuses",
    ),
    pytest.param(
        "",
        [],
        {"CODEARTIFACT_ENDPOINT_URL": "http://127.0.0.1:9", "CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"cannot connect to http://127\.0\.0\.1:9.*; check the region .*",
        id="a port where nobody listens",
    ),
    pytest.param(
        "",
        [Fault(ASK, hang=10)],
        {"CODEARTIFACT_READ_TIMEOUT": "0.5", "CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"https://codeartifact\.us-east-1\.amazonaws\.com.* does not answer in time \(1 attempts\); check the network, .*",
        id="a connection that hangs",
    ),
    pytest.param(
        "",
        [Fault(ASK, hang=10)],
        {"CODEARTIFACT_DEADLINE": "1"},
        r"no answer from AWS within 1 s; check the network, proxy and VPC endpoint, or raise the option deadline",
        id="the deadline",
    ),
    pytest.param(
        "",
        [],
        {"AWS_CA_BUNDLE": OTHER_CA, "CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"the TLS certificate of https://codeartifact\..* cannot be verified; set AWS_CA_BUNDLE, or verify in .*",
        id="a certificate that nobody trusts",
    ),
    pytest.param(
        "",
        [token_answer("MARKED-token", 1)],
        {},
        r"the token that GetAuthorizationToken answered has already expired; set this machine's clock, then ask again",
        id="an expired token",
    ),
    pytest.param(
        "",
        [token_answer("MARKED\\ntoken", 9999999999)],
        {},
        r"the answer to GetAuthorizationToken holds no usable token; check endpoint_url .*",
        id="a token of two lines",
    ),
    pytest.param(
        "", [answer("{}")], {}, r"the answer to GetAuthorizationToken holds no usable token; .*", id="no token"
    ),
    pytest.param(
        "",
        [answer("<html>Log in to the guest network</html>")],
        {},
        r"the answer to GetAuthorizationToken holds no usable token; .*",
        id="HTML",
    ),
    pytest.param(
        "",
        [answer('{"authorizationToken": "MARKED-token", "expi')],
        {},
        r"the answer to GetAuthorizationToken holds no usable token; .*",
        id="half a JSON",
    ),
    pytest.param(
        "",
        [token_answer("MARKED-token", '"soon"')],
        {},
        r"asking as the identity of the AWS default chain failed with .*; set CODEARTIFACT_DEBUG=1 for the traceback",
        id="an absurd expiration",
    ),
    pytest.param(
        "[codeartifact]\ntoken_duration = 5\n",
        [],
        {},
        r"token_duration in \[codeartifact\] of .*/keyringrc\.cfg cannot be '5'; accepted: 900 to 43200 seconds, .*",
        id="a value out of range",
    ),
    pytest.param(
        "[codeartifact]\naws_secret_access_key = MARKED-secret\n",
        [],
        {},
        r"aws_secret_access_key \(\[codeartifact\] of .*/keyringrc\.cfg\) stands alone; set aws_access_key_id and .*",
        id="half a key",
    ),
    pytest.param(
        "",
        [],
        {"CODEARTIFACT_CONFIG_FILE": "/no/such/keyringrc.cfg"},
        r"CODEARTIFACT_CONFIG_FILE names /no/such/keyringrc\.cfg, which does not exist; create the file, .*",
        id="a named file that is not there",
    ),
    pytest.param(
        "",
        [],
        {"CODEARTIFACT_CONFIG": "[codeartifact]\naws_secret_access_key MARKED-secret\n"},
        r"CODEARTIFACT_CONFIG cannot be parsed: line 2 is neither a \[section\] nor an option = value; correct that line",
        id="a broken configuration",
    ),
    pytest.param(
        "",
        [],
        {"AWS_CONFIG_FILE": "/etc/passwd"},
        r"the AWS file /etc/passwd cannot be parsed; correct it",
        id="a broken AWS file",
    ),
]


def assert_one_line(done, message):
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    assert re.fullmatch(rf"(?:codeartifact-keyring: error: )?{message}\n", done.stderr), done.stderr
    assert "MARKED" not in done.stderr


@pytest.mark.parametrize("keyring", ["keyring", "codeartifact-keyring"])
@pytest.mark.parametrize(("config", "faults", "environ", "message"), CASES)
def test_one_line(home, tool, emulator, keyring, config, faults, environ, message):
    home.config.write_text(config)
    for fault in faults:
        emulator.faults.add(fault)
    began = time.monotonic()
    assert_one_line(home.run(tool.bin / keyring, "get", INDEX, "aws", **environ), message)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("keyring", ["keyring", "codeartifact-keyring"])
def test_no_credentials(nobody, tool, keyring):
    done = nobody.run(tool.bin / keyring, "get", INDEX, "aws")
    assert_one_line(done, rf"no AWS credentials were found for {DOMAIN}; set profile_name or aws_access_key_id in .*")


def test_half_credentials(nobody, tool):
    done = nobody.run(tool.bin / "keyring", "get", INDEX, "aws", AWS_ACCESS_KEY_ID="AKIACHAIN00000000001")
    assert_one_line(
        done, r"the identity of the AWS default chain lacks AWS_SECRET_ACCESS_KEY; complete the credentials .*"
    )


def test_a_domain_that_is_not_there(home, tool):
    url = INDEX.replace("acme", "acne")
    assert_one_line(home.run(tool.bin / "keyring", "get", url, "aws"), r"there is no CodeArtifact domain 'acne' of .*")


def test_the_front_speaks_for_a_file_that_keyring_cannot_read(home, tool):
    home.config.write_text("[codeartifact]\naws_secret_access_key MARKED-secret\n")
    done = home.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
    assert_one_line(done, r".*/keyringrc\.cfg cannot be parsed: line 2 is neither .*")
    assert done.returncode == 2


def test_a_wrong_scheme_is_worth_one_warning(home, tool, signers):
    done = home.run(tool.bin / "keyring", "get", INDEX.replace("https", "http"), "aws")
    assert_one_line(
        done, rf"no token for {DOMAIN} at this address: the scheme is http, and a token travels by https only"
    )
    assert signers() == set()


def test_warnings_leave_the_answer_alone(home, tool, emulator):
    home.config.write_text('[codeartifact]\nprofil = x\n[codeartifact acount="1"]\n')
    done = home.succeed(tool.bin / "keyring", "get", INDEX, "aws")
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()
    assert done.stderr.splitlines() == [
        f'section [codeartifact acount="1"] of {home.config} never matches: '
        "'acount' is none of domain, account, region, name",
        f"[codeartifact] of {home.config} sets the unknown option profil",
    ]


@pytest.mark.parametrize("service", ["https://example.com/", "system", "https://pypi.example/simple/"])
def test_nothing_is_said_for_services_of_others(home, tool, service):
    """Not even with a broken section of ours in the file, and boto3 out of reach."""
    home.config.write_text('[codeartifact acount="1"]\ntoken_duration = 5\n[codeartifact]\nverify = perhaps\n')
    (home.folder / "boto3.py").write_text("raise SystemExit('boto3 was imported')")
    done = home.run(tool.bin / "keyring", "get", service, "user", PYTHONPATH=str(home.folder))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_a_debugger_gets_the_traceback(home, tool, emulator):
    emulator.faults.add(aws_error(ASK, "ResourceNotFoundException", 404))
    done = home.run(tool.bin / "keyring", "get", INDEX, "aws", CODEARTIFACT_DEBUG="1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"there is no {DOMAIN}; ")
    assert "Traceback" in done.stderr


def test_pip_shows_the_line_once_and_goes_on(home, environment, wheel):
    client = environment(wheel, "pip>=26.2")
    home.config.write_text("[codeartifact]\nprofile_name = gone\n")
    done = home.run(
        *(client.python, "-m", "pip", "download", "--index-url", INDEX, "acme-tools"), PIP_KEYRING_PROVIDER="import"
    )
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("the AWS profile 'gone' does not exist") == 1
    assert "Keyring is skipped" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
