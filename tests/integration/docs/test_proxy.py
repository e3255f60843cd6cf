"""The page on proxies: its blocks, behind the emulator's proxy, whose CA no client knows."""

import re
from uuid import uuid4

import pytest
from botocore.utils import get_environ_proxies

from keyrings.codeartifact.emulator.index import wheels
from support.pages import Page, is_said
from support.project import UV
from support.seed import ASK, INDEX, RELEASE

PAGE = Page("docs/how-to/proxy.md")
BUNDLES = ("AWS_CA_BUNDLE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
CA = "/etc/ssl/certs/ca-certificates.crt"
WHO = "GetCallerIdentity"
KEYRING = "this package, for the AWS API"


def exported(name):
    return dict(re.findall(r"^export (\w+)=(.*)$", PAGE.block(name), re.MULTILINE))


def bundles(client):
    """Return the variables that the page names for a client."""
    [cell] = re.findall(rf"^\| [^|]*\b{client}\b[^|]* \| (.*) \|$", PAGE.text, re.MULTILINE)
    return [name for name in re.findall("`([A-Z_]+)`", cell) if name in BUNDLES]


@pytest.fixture
def behind(home, emulator):
    """A user behind the page's proxy, without its CA."""
    for name in (*BUNDLES, "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"):
        del home.environ[name]
    assert exported("proxy").keys() == {"HTTPS_PROXY"}
    home.environ["HTTPS_PROXY"] = emulator.proxy_url
    return home


def succeeds(user, client, tool, environment, wheel, **environ):
    """Return whether a client can reach what it needs."""
    (user.folder / "dist").mkdir(exist_ok=True)
    file = wheels.build(user.folder / "dist", f"proxy-{uuid4().hex[:8]}")
    with_keyring = {"PATH": f"{tool.bin}:{user.environ['PATH']}", "PIP_KEYRING_PROVIDER": "subprocess"}
    commands = {
        KEYRING: lambda: (tool.bin / "codeartifact-keyring", "get", INDEX, "aws"),
        "pip": lambda: (
            *(environment("pip>=26.2").bin / "pip", "download", "--retries", "0", "--no-deps"),
            *("--dest", user.folder, "--index-url", INDEX, "acme-tools"),
        ),
        "uv": lambda: (
            *(UV, "pip", "install", "--target", user.folder / "target", "--keyring-provider", "subprocess"),
            *("--index-url", INDEX.replace("https://", "https://aws@"), "acme-tools"),
        ),
        "twine": lambda: (
            *(environment(wheel, "twine>=7").bin / "twine", "upload", "--repository-url", f"{RELEASE}/", file),
        ),
    }
    return user.run(*commands[client](), UV_HTTP_RETRIES="0", **with_keyring, **environ).returncode == 0


@pytest.mark.parametrize("client", [KEYRING, "pip", "uv", "twine"])
def test_two_variables_are_enough(behind, emulator, tool, environment, wheel, client):
    found = exported("bundle")
    assert set(found.values()) == {CA}
    assert succeeds(behind, client, tool, environment, wheel, **dict.fromkeys(found, emulator.ca_path))


@pytest.mark.parametrize("client", [KEYRING, "pip", "uv", "twine"])
def test_what_a_client_reads(behind, emulator, tool, environment, wheel, client):
    """Each variable that the page names alone, and no other."""
    # Its token is cached, so that nothing but the client needs the CA.
    behind.environ["CODEARTIFACT_CACHE"] = "off" if client == KEYRING else "on"
    key = {"AWS_CA_BUNDLE": emulator.ca_path}
    if client != KEYRING:
        behind.succeed(tool.bin / "codeartifact-keyring", "get", INDEX, "aws", **key)
        behind.environ |= key
    reads = {name for name in BUNDLES if succeeds(behind, client, tool, environment, wheel, **{name: emulator.ca_path})}
    assert reads == set(bundles(client))


def test_verify(behind, emulator, tool):
    behind.config.write_text(PAGE.block("verify").replace(CA, emulator.ca_path))
    assert behind.run(tool.bin / "codeartifact-keyring", "get", INDEX, "aws").returncode == 0


@pytest.mark.parametrize("host", ["169.254.169.254", "169.254.170.2"])
def test_the_metadata_service(monkeypatch, host):
    monkeypatch.setenv("http_proxy", "http://proxy.example.com:3128")
    for no_proxy, proxies in (("", {"http": "http://proxy.example.com:3128"}), (exported("metadata")["NO_PROXY"], {})):
        monkeypatch.setenv("no_proxy", no_proxy)
        assert get_environ_proxies(f"http://{host}/latest") == proxies


def test_the_endpoints_of_the_api(home, emulator, tool):
    """The emulator records the requests, and serves no API under these names."""
    home.config.write_text(PAGE.block("endpoints"))
    options = dict(re.findall("^([a-z_]+) = (.*)$", PAGE.block("endpoints"), re.MULTILINE))
    home.run(tool.bin / "keyrings-codeartifact", "doctor", INDEX)
    hosts = {operation: {entry.host for entry in emulator.journal.entries(operation)} for operation in (ASK, WHO)}
    assert {ASK: {options["endpoint_url"][8:]}, WHO: {options["sts_endpoint_url"][8:]}} == hosts


def test_the_endpoint_of_the_repositories(home, emulator, tool, environment):
    path = f"{tool.bin}:{environment('pip>=26.2').bin}:{home.environ['PATH']}"
    home.succeed("bash", "-euc", PAGE.block("vpc"), PATH=path, PIP_TARGET=str(home.folder / "target"))
    assert list((home.folder / "target").glob("acme_tools*"))
    assert emulator.journal.entries("Download")[-1].host in PAGE.block("vpc")


@pytest.mark.parametrize("message", PAGE.messages("If it does not work"))
def test_a_message_is_one_that_there_is(message):
    assert is_said(message)


def test_every_marked_block_is_used():
    assert PAGE.marked() == ["proxy", "metadata", "bundle", "verify", "endpoints", "vpc"]
