"""What is logged and shown of a failure: never a secret, at any level."""

import signal
import subprocess
import time

import pytest

from keyrings.codeartifact.emulator.faults import Fault, aws_error
from support.failures import ASK, AWS_CONFIG, DOMAIN, INDEX, KEYS, ROLE
from support.project import PATIENCE


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
        f"codeartifact: lookup for repository release of {DOMAIN}",
        "codeartifact: section [codeartifact] applies",
        "codeartifact: cache_dir is set by CODEARTIFACT_CACHE_DIR",
        *(
            f"codeartifact: {option.split()[0]} is set by [codeartifact] of {home.config}"
            for option in KEYS.splitlines()
        ),
        f"codeartifact: identity: access key …0001 ([codeartifact] of {home.config})",
        "codeartifact: requesting a token for 3600 s from CodeArtifact",
    ]
    first, *rest = done.stderr.splitlines()[len(decisions) :]
    assert first.endswith("; check the secret access key and this machine's clock [CA412]")
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
    assert "AWS rejected the credentials" in done.stderr
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
    assert process.returncode == -signal.SIGINT


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
