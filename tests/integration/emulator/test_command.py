"""The command `keyrings-codeartifact emulator`: what it prints, how it ends, and its mistakes."""

import http.client
import re
import signal
import ssl
import subprocess
from base64 import b64encode
from urllib.error import HTTPError
from urllib.request import urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from keyrings.codeartifact.emulator.index import wheels
from support.command import Command
from support.commands import error_text, split_error
from support.project import PATIENCE, SCRIPTS
from support.seed import RELEASE


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_command_tells_where_it_is_and_ends_cleanly(start, number, tmp_path):
    with (Command if number == signal.SIGTERM else start)("--write-ca", str(tmp_path / "ca.pem")) as command:
        lines = command.lines()
        exports = dict(re.findall(r"^export (\w+)=(.*)$", "".join(lines), re.MULTILINE))
        assert exports["SSL_CERT_FILE"] == str(tmp_path / "ca.pem")
        assert urlopen(f"{exports['HTTPS_PROXY']}/_emulator/health").read() == b"ok\n"
        assert (
            lines[-1]
            == "# Index: https://demo-123456789012.d.codeartifact.us-east-1.amazonaws.com/pypi/private/simple/\n"
        )
        command.signal(number)
        code, _, errors = command.end()
        assert (code, errors) == (0, "emulator: stopped\n")


HOSTILE = "%1b%5b31m%0d%0a12:00:00"
LOGGED_SEED = """
domains: [{name: demo, owner: 111122223333, region: us-east-1, repositories: [{name: private}]}]
users: [{name: chain, account: 111122223333, access_key_id: AKIACHAIN00000000001, secret_access_key: chain-s3cret}]
faults: [{operation: ListDomains, cut: true}, {operation: ListRepositories, status: 503}]
"""
USER = f"{'arn:aws:iam::111122223333:user/chain':<40}"
LINES = [
    f"{USER}  {'GetAuthorizationToken demo':<48}  200",
    f"{USER}  {'GetAuthorizationToken gone':<48}  404",
    f"{'AKIACHAIN00000000001':<40}  {'ListDomains':<48}  cut",
    f"{'AKIACHAIN00000000001':<40}  {'ListRepositories':<48}  503",
    f"{USER}  {'ProjectPage private/acme-tools':<48}  404",
    f"{'-':<40}  {'ProjectPage private/?[31m 12:00:00':<48}  401",
    f"{'-':<40}  {'CONNECT example.com:443':<48}  403",
    f"{'-':<40}  {'GET evil.example':<48}  421",
    f"{'-':<40}  {'GET x.actions.githubusercontent.com/?[31m 12:00:00':<48}  404",
]


@pytest.mark.parametrize("options", [[], ["--quiet"]], ids=["", "quiet"])
def test_each_request_is_a_line(start, options, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text(LOGGED_SEED)
    with start("--seed", str(seed), *options) as command:
        exports = command.exports()
        proxy, ca = exports["HTTPS_PROXY"], exports["SSL_CERT_FILE"]
        port = int(proxy.rpartition(":")[2])

        def get(host, path, **headers):
            connection = http.client.HTTPSConnection(
                "127.0.0.1", port, context=ssl.create_default_context(cafile=ca), timeout=PATIENCE
            )
            connection.set_tunnel(host, 443)
            connection.request("GET", path, headers=headers)
            status = connection.getresponse().status
            connection.close()
            return status

        client = boto3.client(
            "codeartifact",
            region_name="us-east-1",
            aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
            verify=ca,
            config=Config(proxies={"https": proxy}, retries={"total_max_attempts": 1}),
        )
        token = client.get_authorization_token(domain="demo")["authorizationToken"]
        for call in (
            lambda: client.get_authorization_token(domain="gone"),
            client.list_domains,
            client.list_repositories,
        ):
            with pytest.raises((ClientError, BotoCoreError)):
                call()
        host = "demo-111122223333.d.codeartifact.us-east-1.amazonaws.com"
        basic = f"Basic {b64encode(f'aws:{token}'.encode()).decode()}"
        assert get(host, "/pypi/private/simple/acme-tools/", Authorization=basic) == 404
        assert get(host, f"/pypi/private/simple/{HOSTILE}/", Authorization=f"Bearer {token}") == 401
        with pytest.raises(OSError, match="403"):
            get("example.com", "/")
        assert get(host, "/", Host="evil.example") == 421
        assert get("x.actions.githubusercontent.com", f"/{HOSTILE}") == 404
        # The emulator's own pages are no requests of a client.
        assert urlopen(f"{proxy}/_emulator/requests").status == 200
        command.signal(signal.SIGTERM)
        _, _, errors = command.end()
    *lines, last = errors.splitlines()
    assert last == "emulator: stopped"
    assert all(re.match(r"[0-2]\d:[0-5]\d:[0-5]\d  ", line) for line in lines)
    assert [line[10:] for line in lines] == ([] if options else LINES)


def test_closed_standard_error_is_no_error():
    command = ["bash", "-c", 'exec "$@" 2>&-', "bash", SCRIPTS / "keyrings-codeartifact", "emulator"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = process.stdout.readline()
        while "/simple/" not in said.splitlines()[-1]:
            said += process.stdout.readline()
        [proxy] = re.findall(r"^export HTTPS_PROXY=(.*)$", said, re.MULTILINE)
        with pytest.raises(HTTPError, match="403"), urlopen(f"{proxy}/no-operation"):
            pass
        process.terminate()
        assert process.wait(PATIENCE) == 0


def test_the_fixtures_log_nothing(client, capfd):
    assert client("sts").get_caller_identity()["Account"] == "111122223333"
    assert capfd.readouterr() == ("", "")


def test_a_port_in_use_is_one_line(start, emulator):
    port = emulator.proxy_url.rpartition(":")[2]
    code, output, errors = start("--proxy-port", port).end()
    assert (code, output) == (1, "")
    assert errors == error_text(
        f"cannot listen on 127.0.0.1 port {port} (Address already in use); "
        "choose another address or port; port 0 is any free one",
        "CA902",
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--proxy-port", "70000"], "argument --proxy-port: invalid port value: '70000'"),
        (["--tls-port", "x"], "argument --tls-port: invalid port value: 'x'"),
        (["--host", ""], "argument --host: invalid address value: ''"),
    ],
)
def test_arguments_that_are_invalid(start, arguments, line):
    code, output, errors = start(*arguments).end()
    assert (code, output) == (2, "")
    assert f"error: {line}" in errors.splitlines()[-1]
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "exit_code", "line", "code"),
    [
        (["--host", "nowhere.invalid"], 1, "cannot listen on nowhere.invalid port 0 (", "CA902"),
        (
            ["--write-ca", "/no/such/folder/ca.pem"],
            2,
            "the certificate cannot be written to /no/such/folder/ca.pem (No such file",
            "CA902",
        ),
        (["--seed", "/no/such/seed.yaml"], 2, "the seed file /no/such/seed.yaml cannot be read (", "CA903"),
    ],
)
def test_other_mistakes_are_one_line(start, arguments, exit_code, line, code):
    ended, output, errors = start(*arguments).end()
    assert (ended, output) == (exit_code, "")
    message, its_code = split_error(errors)
    assert message.startswith(line)
    assert its_code == code


def test_a_folder_is_no_package(start, tmp_path):
    (tmp_path / "acme_tools-1.0.tar.gz").mkdir()
    (tmp_path / "seed.yaml").write_text(
        "domains: [{name: acme, owner: 111122223333, region: us-east-1, repositories: [{name: release, packages: ['*.gz']}]}]"
    )
    _, _, errors = start("--seed", str(tmp_path / "seed.yaml")).end()
    message = f"{tmp_path}/acme_tools-1.0.tar.gz cannot be read (Is a directory); name files"
    assert errors == error_text(message, "CA903")


def test_what_this_machine_has_for_aws_and_moto_is_left_out(monkeypatch):
    for name, value in {
        "AWS_PROFILE": "gone",
        "AWS_CONFIG_FILE": "/bin/ls",
        "MOTO_ACCOUNT_ID": "999999999999",
        "INITIAL_NO_AUTH_ACTION_COUNT": "0",
    }.items():
        monkeypatch.setenv(name, value)
    with Command() as command:
        command.lines()


def test_output_that_cannot_be_written_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [SCRIPTS / "keyrings-codeartifact", "emulator"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(
        "keyrings-codeartifact: error: cannot write to standard output: No space left on device; "
    )
    assert "Traceback" not in done.stderr


def test_a_seed_that_cannot_be_used_is_one_line(start, tmp_path):
    (tmp_path / "seed.yaml").write_text("domains: [{name: acme}]")
    code, output, errors = start("--seed", str(tmp_path / "seed.yaml")).end()
    assert (code, output) == (2, "")
    message = f"{tmp_path}/seed.yaml: domains[0].owner is invalid; expected: 12 digits"
    assert errors == error_text(message, "CA903")


def test_a_seed_of_one_s_own(start, tmp_path, home, environment):
    wheels.build(tmp_path, "acme-tools", "2.0")
    (tmp_path / "seed.yaml").write_text(
        "domains:\n- {name: acme, owner: '111122223333', region: us-east-1, "
        "repositories: [{name: release, packages: ['*.whl']}]}\n"
    )
    with start("--seed", str(tmp_path / "seed.yaml")) as command:
        exports = command.exports()
        home.succeed(
            *(environment("pip>=26.2").python, "-m", "pip", "download", "--dest", tmp_path / "got"),
            *("--index-url", f"{RELEASE}/simple/", "acme-tools==2.0"),
            PIP_KEYRING_PROVIDER="subprocess",
            **exports,
        )
    assert [path.name for path in (tmp_path / "got").iterdir()] == ["acme_tools-2.0-py3-none-any.whl"]


def test_without_its_extra_the_emulator_says_what_to_install(home, tool):
    done = home.run(tool.bin / "keyrings-codeartifact", "emulator")
    assert (done.returncode, done.stdout) == (2, "")
    message, code = split_error(done.stderr)
    assert message.startswith("the emulator is not installed (")
    assert message.endswith("; pip install 'keyrings.codeartifact[emulator]'")
    assert code == "CA901"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "pypi: '/no/such/folder' is neither a folder nor a URL; name a folder"),
        (
            "{name: a1, upstreams: [a2]}, {name: a2, upstreams: [a1]}",
            "repository a2 of domain acme: Upstream repository",
        ),
        (
            "{name: a1, upstreams: [gone]}",
            "the seed cannot be planted: repository a1 of domain acme: Repository not found",
        ),
    ],
    ids=["pypi", "circle", "unknown"],
)
def test_mistakes_with_upstreams(start, text, line, tmp_path):
    seed = tmp_path / "seed.yaml"
    domain = f"{{name: acme, owner: 111122223333, region: us-east-1, repositories: [{text}]}}"
    seed.write_text(f"domains: [{domain}]\n")
    exit_code, _, errors = start("--seed", str(seed), *([] if text else ["--pypi", "/no/such/folder"])).end()
    message, code = split_error(errors)
    assert (exit_code, code) == (2, "CA903")
    assert line in message
