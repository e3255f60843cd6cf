"""Every failure is one line that says what is wrong and what to do; no traceback, nothing on stdout, no secret."""

import re
import signal
import subprocess
import time

import certifi
import pytest
from conftest import PATIENCE, RELEASE

from keyrings.codeartifact.emulator.faults import Fault, aws_error

INDEX = f"{RELEASE}/simple/"
ASK = "GetAuthorizationToken"
DOMAIN = "CodeArtifact domain 'acme' of account 111122223333 in us-east-1"
KEYS = "aws_access_key_id = AKIASECTION000000001\naws_secret_access_key = MARKED-secret\naws_session_token = MARKED-token\n"
SECTION = re.escape("access key …0001 ([codeartifact] of ") + r".*/keyringrc\.cfg\)"
# Some authority's that did not sign for the emulator: the one that requests brings along.
OTHER_CA = certifi.where()
ROLE = "arn:aws:iam::111122223333:role/reader"
AWS_CONFIG = f"""
[profile process]
credential_process = sh -c 'echo MARKED-secret >&2; exit 1'
[profile hanging]
credential_process = sleep 5
[profile base]
aws_access_key_id = AKIABASE000000000001
aws_secret_access_key = MARKED-secret
[profile mfa]
role_arn = {ROLE}
source_profile = base
mfa_serial = arn:aws:iam::111122223333:mfa/jane
[profile above]
role_arn = {ROLE}
source_profile = mfa
"""
ASSUMED = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    "<AccessKeyId>MARKED-id</AccessKeyId><SecretAccessKey>MARKED-secret</SecretAccessKey>"
    "<SessionToken>MARKED-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


def answer(body, status=200, **options):
    return Fault(ASK, status, {"Content-Type": "application/json"}, body, **options)


def token_answer(token, expiration):
    return answer(f'{{"authorizationToken": "{token}", "expiration": {expiration}}}')


CASES = [
    pytest.param(
        "[codeartifact]\nprofile_name = gone\n",
        [],
        {},
        r"the AWS profile 'gone' \(\[codeartifact\] of .*/keyringrc\.cfg\) does not exist; "
        r"see `aws configure list-profiles` for those that do",
        id="unknown profile",
    ),
    pytest.param(
        "",
        [],
        {"AWS_PROFILE": "gone"},
        r"the AWS profile 'gone' \(AWS_PROFILE\) does not exist; see .*",
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
        rf"AWS answered {ASK} with InternalServerException, HTTP 500; check the settings .*",
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
            aws_error("AssumeRole", "AccessDenied", 403, "not yours"),
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
            "https_proxy": "",
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
        r"the TLS certificate of https://codeartifact\..* cannot be verified; see that AWS_CA_BUNDLE, or verify in .*",
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
        r"asking as the identity of the AWS default chain failed for a value that botocore cannot use; .*",
        id="an absurd expiration",
    ),
    pytest.param(
        "",
        [token_answer("MARKED-token", '"0001-01-01T00:00:00"')],
        {},
        r"asking as the identity of the AWS default chain failed for a value that botocore cannot use; .*",
        id="an expiration before time",
    ),
    pytest.param(
        "",
        [answer("You sent X-Amz-Security-Token: MARKED-session", 400)],
        {},
        rf"AWS answered {ASK} with 400, HTTP 400; check the settings .*",
        id="a proxy's own words",
    ),
    pytest.param(
        "",
        [answer('{"authorizationToken":"MARKED', 500)],
        {"CODEARTIFACT_MAX_ATTEMPTS": "1"},
        rf"AWS answered {ASK} with 500, HTTP 500; check the settings .*",
        id="a token in an error",
    ),
    pytest.param(
        "",
        [aws_error(ASK, "AccessDeniedException", 403, "\x1b[2J\x1b]0;own\x07\x9b1m\u202e")],
        {},
        r"AWS refused [ -~]* \([ -~…]*\); [ -~]*",
        id="control characters",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n",
        [Fault("AssumeRole", 200, {"Content-Type": "text/xml"}, ASSUMED.partition("</SecretAccessKey>")[0])],
        {"CODEARTIFACT_MAX_ATTEMPTS": "1"},
        r"what answers for AWS is not AWS \(ResponseParserError\); check HTTPS_PROXY, endpoint_url and sts_endpoint_url",
        id="half an XML",
    ),
    pytest.param(
        f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n",
        [Fault("AssumeRole", 200, {"Content-Type": "text/xml"}, re.sub("MARKED[a-z-]*", "", ASSUMED))],
        {},
        rf"the answer to AssumeRole for {ROLE} holds no credentials; check sts_endpoint_url",
        id="a role without keys, never the identity that asked for it",
    ),
    pytest.param(
        "",
        [],
        {
            "AWS_ENDPOINT_URL_CODEARTIFACT": "https://user:MARKED@127.0.0.1:9/",
            "CODEARTIFACT_MAX_ATTEMPTS": "1",
            "NO_PROXY": "*",
            "no_proxy": "*",
        },
        r"cannot connect to https://127\.0\.0\.1:9; .*",
        id="a password in an endpoint",
    ),
    pytest.param(
        "",
        [],
        {"AWS_ENDPOINT_URL": "user:MARKED@127.0.0.1:9"},
        r"asking as the identity of the AWS default chain failed for a value that botocore cannot use; check .*",
        id="an endpoint that is none",
    ),
    pytest.param(
        "[codeartifact]\nprofile_name = process\n",
        [],
        {},
        r"profile 'process' \(.*\) has no credentials: getting them by custom-process failed; "
        r"see whether `aws sts get-caller-identity --profile process` works",
        id="a credential_process that fails",
    ),
    pytest.param(
        "[codeartifact]\nprofile_name = hanging\ndeadline = 1\n",
        [],
        {},
        r"no answer from AWS within 1 s; .*",
        id="a credential_process that hangs",
    ),
    pytest.param(
        "[codeartifact]\nprofile_name = mfa\n",
        [],
        {},
        r"profile 'mfa' asks for an MFA code, which nobody can type in here; get a session .*",
        id="a profile that asks for a code",
    ),
    pytest.param(
        "[codeartifact]\nprofile_name = above\n",
        [],
        {},
        r"profile 'mfa' asks for an MFA code, .*",
        id="a profile above one that asks for a code",
    ),
    pytest.param(
        "",
        [],
        {"AWS_SESSION_TOKEN": "MARKED\ntoken"},
        r"the credentials of the identity of the AWS default chain hold a character that cannot be sent; copy .*",
        id="a session token of two lines",
    ),
    pytest.param(
        "",
        [],
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such/token", "AWS_ROLE_ARN": ROLE, "AWS_ACCESS_KEY_ID": ""},
        r"the identity of the AWS default chain needs /no/such/token, which cannot be read; check .*",
        id="a web identity that is not there",
    ),
    pytest.param(
        "[codeartifact] aws_secret_access_key = MARKED\n",
        [],
        {},
        r".*/keyringrc\.cfg cannot be parsed: line 1 goes on behind the section's name, which nobody would read; .*",
        id="a line break that was lost",
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
        r"aws_secret_access_key \(\[codeartifact\] of .*/keyringrc\.cfg\) stands alone; set both aws_access_key_id and .*",
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
    (home.folder / "home" / ".aws").mkdir()
    (home.folder / "home" / ".aws" / "config").write_text(AWS_CONFIG)
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


@pytest.mark.parametrize("keyring", ["keyring", "codeartifact-keyring"])
def test_a_debugger_sees_where_but_no_secret(home, tool, emulator, keyring):
    home.config.write_text(f"[codeartifact]\n{KEYS}")
    ask = (tool.bin / keyring, "get", INDEX, "aws")
    fault = aws_error(ASK, "InvalidSignatureException", 403, "x-amz-security-token:MARKED-token")
    emulator.faults.add(fault)
    done = home.run(*ask, CODEARTIFACT_DEBUG="1")
    assert (done.returncode, done.stdout) == (1, "")
    decisions = [text for text in done.stderr.splitlines() if text.startswith("codeartifact: ")]
    assert decisions == [
        f"codeartifact: asked for repository release of {DOMAIN}",
        "codeartifact: section [codeartifact] holds",
        "codeartifact: cache_dir comes from CODEARTIFACT_CACHE_DIR",
        *(
            f"codeartifact: {option.split()[0]} comes from [codeartifact] of {home.config}"
            for option in KEYS.splitlines()
        ),
        f"codeartifact: the token is asked for as access key …0001 ([codeartifact] of {home.config})",
        "codeartifact: CodeArtifact is asked for a token of 3600 s",
    ]
    first, *rest = done.stderr.splitlines()[len(decisions) :]
    assert first.endswith("; check the secret access key and this machine's clock")
    assert "AWSError, raised in:" in rest
    assert "InvalidSignatureException, raised in:" in rest or "ClientError, raised in:" in rest
    assert "MARKED" not in done.stderr
    emulator.faults.add(fault)
    assert len(home.run(*ask, CODEARTIFACT_DEBUG="0").stderr.splitlines()) == 1


def test_the_commands_too(home, tool):
    done = home.run(tool.bin / "keyrings-codeartifact", "emulator", CODEARTIFACT_DEBUG="1")
    assert done.returncode == 2
    assert "ConfigurationError, raised in:" in done.stderr


LOGGING = (
    "import logging, sys; logging.basicConfig(level=logging.DEBUG)\n"
    "for name in ('botocore', 'botocore.parsers', 'botocore.endpoint', 'botocore.auth', 'botocore.hooks'):\n"
    "    logging.getLogger(name).setLevel(logging.DEBUG)\n"
    f"from keyrings.codeartifact.backend import CodeArtifactBackend as backend\nprint(backend().get_password({INDEX!r}, 'aws'))\n"
    "logging.getLogger('botocore.parsers').debug('heard again')"
)


def test_no_logger_tells_a_secret(home, tool, emulator):
    """botocore logs requests and answers whole at the level DEBUG, which `pip -vv` and other clients set."""
    home.config.write_text(f"[codeartifact]\n{KEYS}role_arn = {ROLE}\n")
    done = home.succeed(tool.python, "-c", LOGGING)
    assert done.stdout.strip() in emulator.issued_tokens()
    assert "heard again" in done.stderr
    assert "MARKED" not in done.stderr
    assert "SecretAccessKey" not in done.stderr
    assert done.stdout.strip() not in done.stderr


def test_no_logger_tells_a_secret_when_it_fails(home, tool, emulator):
    """botocore warns, with a traceback, of a role that it cannot assume."""
    (home.folder / "home" / ".aws").mkdir()
    (home.folder / "home" / ".aws" / "config").write_text(
        AWS_CONFIG + f"[profile role]\nrole_arn = {ROLE}\nsource_profile = base\n"
    )
    home.config.write_text("[codeartifact]\nprofile_name = role\n")
    error = "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>MARKED</Message></Error></ErrorResponse>"
    emulator.faults.add(Fault("AssumeRole", 403, {"Content-Type": "text/xml"}, error))
    done = home.succeed(tool.python, "-c", LOGGING)
    assert done.stdout == "None\n"
    assert "AWS did not accept the signature" in done.stderr
    assert "MARKED" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_verbose_pip_tells_no_secret(home, environment, wheel, emulator):
    client = environment(wheel, "pip>=26.2")
    done = home.succeed(
        *(
            client.python,
            "-m",
            "pip",
            "-vvv",
            "download",
            "--log",
            home.folder / "log",
            "--index-url",
            INDEX,
            "acme-tools",
        ),
        PIP_KEYRING_PROVIDER="import",
    )
    said = done.stdout + done.stderr + (home.folder / "log").read_text()
    assert "Downloading" in said
    assert not any(token in said for token in emulator.issued_tokens())


@pytest.mark.parametrize("first", [INDEX.replace("https", "http"), INDEX], ids=["refused", "failed"])
def test_a_bare_host_after_a_refusal_is_not_answered(home, tool, emulator, first):
    """pip goes on with the bare host, which says neither by which scheme it will send nor for which repository."""
    home.config.write_text('[codeartifact name="release"]\nprofile_name = gone\n')
    host = INDEX.split("/")[2]
    code = (
        "from keyrings.codeartifact.backend import CodeArtifactBackend as backend\n"
        f"print(backend().get_credential({first!r}, None), backend().get_credential({host!r}, None))"
    )
    done = home.succeed(tool.python, "-c", code)
    assert done.stdout == "None None\n"
    assert len(done.stderr.splitlines()) == 1
    assert emulator.journal.entries(ASK) == []


def test_a_bare_host_after_an_answer_is_answered(home, tool, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403))
    host = INDEX.split("/")[2]
    code = (
        "from keyrings.codeartifact.backend import CodeArtifactBackend as backend\n"
        f"for service in ({INDEX!r}, {host!r}, {INDEX!r}, {host!r}):\n"
        "    print(bool(backend().get_credential(service, None)))"
    )
    done = home.succeed(tool.python, "-c", code, CODEARTIFACT_CACHE="off")
    assert done.stdout.split() == ["False", "False", "True", "True"]


def test_a_bare_host_that_failed_itself_may_be_asked_for_again(home, tool, emulator):
    emulator.faults.add(aws_error(ASK, "AccessDeniedException", 403))
    host = INDEX.split("/")[2]
    code = (
        "from keyrings.codeartifact.backend import CodeArtifactBackend as backend\n"
        f"print(*(bool(backend().get_credential({host!r}, None)) for _ in '12'))"
    )
    assert home.succeed(tool.python, "-c", code, CODEARTIFACT_CACHE="off").stdout == "False True\n"


def test_an_interrupt_is_an_end_without_words(home, tool, emulator):
    emulator.faults.add(Fault(ASK, hang=5))
    process = subprocess.Popen(
        [tool.bin / "codeartifact-keyring", "get", INDEX, "aws"],
        env=home.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while emulator.faults.pending():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=PATIENCE) == ("", "")
    assert process.returncode == 130


@pytest.mark.parametrize("service", [None, b"bytes", 7])
def test_what_is_no_text_is_nobody_s(home, tool, service):
    code = f"import keyring; print(keyring.get_credential({service!r}, None))"
    assert home.succeed(tool.python, "-c", code).stdout == "None\n"


def test_pip_shows_the_line_once_and_goes_on(home, environment, wheel):
    client = environment(wheel, "pip>=26.2")
    home.config.write_text("[codeartifact]\nprofile_name = gone\n")
    done = home.run(
        *(client.python, "-m", "pip", "download", "--index-url", INDEX, "acme-tools"), PIP_KEYRING_PROVIDER="import"
    )
    assert done.returncode == 1
    assert (done.stdout + done.stderr).count("the AWS profile 'gone'") == 1
    assert "Keyring is skipped" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
