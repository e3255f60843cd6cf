"""A configuration or an identity that cannot be used: one line that says what is wrong and what to do."""

import pytest

from support.failures import DOMAIN, DOMAIN_PATTERN, INDEX, ROLE, assert_one_line

OWN_CASES = [
    pytest.param(
        "[codeartifact]\nprofile_name = gone\n",
        [],
        {},
        r"the AWS profile 'gone' \(\[codeartifact\] of .*/keyringrc\.cfg\) does not exist; "
        r"run `aws configure list-profiles` to see those that do",
        id="unknown profile",
    ),
    pytest.param(
        "",
        [],
        {"AWS_PROFILE": "gone"},
        r"the AWS profile 'gone' \(AWS_PROFILE\) does not exist; run .*",
        id="unknown profile in the environment",
    ),
    pytest.param(
        "[codeartifact]\nprofile_name = process\n",
        [],
        {},
        r"no credentials for profile 'process' \(.*\): custom-process failed; "
        r"check whether `aws sts get-caller-identity --profile process` works",
        id="a credential_process that fails",
    ),
    pytest.param(
        "[codeartifact]\nprofile_name = hanging\ndeadline = 1\n",
        [],
        {},
        r"no response from AWS within 1 s; .*",
        id="a credential_process that hangs",
    ),
    pytest.param(
        "[codeartifact]\nprofile_name = mfa\n",
        [],
        {},
        r"profile 'mfa' needs an MFA code, which cannot be entered here; start a session .*",
        id="a profile that asks for a code",
    ),
    pytest.param(
        "[codeartifact]\nprofile_name = above\n",
        [],
        {},
        r"profile 'mfa' needs an MFA code, .*",
        id="a profile above one that asks for a code",
    ),
    pytest.param(
        "",
        [],
        {"AWS_SESSION_TOKEN": "MARKED\ntoken"},
        r"the credentials of the AWS default chain contain a character that cannot be sent; copy .*",
        id="a session token of two lines",
    ),
    pytest.param(
        "",
        [],
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "/no/such/token", "AWS_ROLE_ARN": ROLE, "AWS_ACCESS_KEY_ID": ""},
        r"the AWS default chain needs /no/such/token, which cannot be read; check .*",
        id="a web identity that is not there",
    ),
    pytest.param(
        "[codeartifact] aws_secret_access_key = MARKED\n",
        [],
        {},
        r".*/keyringrc\.cfg cannot be parsed: line 1 has text after the section's name, which would be ignored; .*",
        id="a line break that was lost",
    ),
    pytest.param(
        "[codeartifact]\ntoken_duration = 5\n",
        [],
        {},
        r"token_duration in \[codeartifact\] of .*/keyringrc\.cfg cannot be '5'; expected: 900 to 43200 seconds, .*",
        id="a value out of range",
    ),
    pytest.param(
        "[codeartifact]\naws_secret_access_key = MARKED-secret\n",
        [],
        {},
        r"aws_secret_access_key \(\[codeartifact\] of .*/keyringrc\.cfg\) is set without aws_access_key_id; set both aws_access_key_id and .*",
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
        r"the AWS file /etc/passwd cannot be parsed; correct its syntax",
        id="a broken AWS file",
    ),
]


@pytest.mark.parametrize("keyring", ["keyring", "codeartifact-keyring"])
@pytest.mark.parametrize(("config", "faults", "environ", "message"), OWN_CASES)
def test_one_line_of_the_configuration(assert_fails, keyring, config, faults, environ, message):
    assert_fails(keyring, config, faults, environ, message)


@pytest.mark.parametrize("keyring", ["keyring", "codeartifact-keyring"])
def test_no_credentials(nobody, tool, keyring):
    done = nobody.run(tool.bin / keyring, "get", INDEX, "aws")
    assert_one_line(
        done, rf"no AWS credentials found for {DOMAIN_PATTERN}; set profile_name or aws_access_key_id in .*"
    )


def test_half_credentials(nobody, tool):
    done = nobody.run(tool.bin / "keyring", "get", INDEX, "aws", AWS_ACCESS_KEY_ID="AKIACHAIN00000000001")
    assert_one_line(done, r"the AWS default chain lacks AWS_SECRET_ACCESS_KEY; complete the credentials .*")


def test_a_domain_that_is_not_there(home, tool):
    url = INDEX.replace("acme", "acne")
    assert_one_line(
        home.run(tool.bin / "keyring", "get", url, "aws"), r"CodeArtifact domain 'acne' .* does not exist; .*"
    )


def test_the_front_speaks_for_a_file_that_keyring_cannot_read(home, tool):
    home.config.write_text("[codeartifact]\naws_secret_access_key MARKED-secret\n")
    done = home.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws")
    assert_one_line(done, r".*/keyringrc\.cfg cannot be parsed: line 2 is neither .*")
    assert done.returncode == 2


def test_a_wrong_scheme_is_worth_one_warning(home, tool, signers):
    done = home.run(tool.bin / "keyring", "get", INDEX.replace("https", "http"), "aws")
    message = f"no token for {DOMAIN}: refusing to send a token over http; use https\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", message)
    assert signers() == set()


def test_warnings_leave_the_answer_alone(home, tool, emulator):
    home.config.write_text('[codeartifact]\nprofil = x\n[codeartifact acount="1"]\n')
    done = home.succeed(tool.bin / "keyring", "get", INDEX, "aws")
    assert done.stdout.removesuffix("\n") in emulator.issued_tokens()
    assert done.stderr.splitlines() == [
        f'section [codeartifact acount="1"] of {home.config} never matches: '
        "'acount' is none of domain, account, region, name; did you mean account?",
        f"[codeartifact] of {home.config} sets the unknown option profil; did you mean profile_name?",
    ]


@pytest.mark.parametrize("service", ["https://example.com/", "system", "https://pypi.example/simple/"])
def test_nothing_is_said_for_services_of_others(home, tool, service):
    """Not even with a broken section of ours in the file, and boto3 out of reach."""
    home.config.write_text('[codeartifact acount="1"]\ntoken_duration = 5\n[codeartifact]\nverify = perhaps\n')
    (home.folder / "boto3.py").write_text("raise SystemExit('boto3 was imported')")
    done = home.run(tool.bin / "keyring", "get", service, "user", PYTHONPATH=str(home.folder))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


@pytest.mark.parametrize("service", [None, b"bytes", 7])
def test_what_is_no_text_is_nobody_s(home, tool, service):
    code = f"import keyring; print(keyring.get_credential({service!r}, None))"
    assert home.succeed(tool.python, "-c", code).stdout == "None\n"
