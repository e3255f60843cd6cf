"""The page on other package managers: its files and commands, with the programs themselves where there are any."""

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from base64 import b64encode
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
import tomlkit
import yaml

from support.commands import page
from support.pages import PACKAGE_MANAGERS as PAGE
from support.project import ROOT, SCRIPTS
from support.registry import Registry
from support.seed import ASK, INDEX, RELEASE

HOST = urlsplit(RELEASE).hostname
VARIABLE = "CODEARTIFACT_AUTH_TOKEN"
CARGO = shutil.which("cargo")
needs_cargo = pytest.mark.skipif(
    not CARGO and os.environ.get("REQUIRE_TOOLS") != "1",
    reason="needs Cargo 1.74 or newer; with REQUIRE_TOOLS=1 its lack is a failure",
)


def url(package_format):
    return f"{RELEASE.replace('/pypi/', f'/{package_format}/')}/"


def packed(files):
    """Return an archive of these files."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def test_every_block_is_used():
    tests = (ROOT / "tests" / "integration" / "test_package_managers.py").read_text()
    marked = PAGE.marked()
    blocks = re.findall("^ *```([a-z]+)", PAGE.text, re.MULTILINE)
    assert len(marked) == len(set(marked)) == len([language for language in blocks if language != "console"])
    for name in marked:
        assert f'("{name}")' in tests or f'("{name}", ' in tests


@pytest.fixture
def registry(tmp_path):
    with Registry(tmp_path, HOST) as registry:
        yield registry
        registry.shutdown()


@pytest.fixture
def user(home, registry):
    """A user in a project, whose package managers reach the registry while the product reaches the emulator."""
    (home.folder / "project").mkdir()
    home.environ |= {
        "CARGO_HOME": str(home.folder / "cargo"),
        "CARGO_HTTP_CAINFO": str(registry.ca),
        "CARGO_HTTP_PROXY": registry.proxy_url,
        "NODE_EXTRA_CA_CERTS": str(registry.ca),
        "PATH": f"{home.folder / 'bin'}:{home.environ['PATH']}",
        "pnpm_config_https_proxy": registry.proxy_url,
        "npm_config_cache": str(home.folder / "npm-cache"),
        "npm_config_https_proxy": registry.proxy_url,
        "npm_config_update_notifier": "false",
        "PNPM_HOME": str(home.folder / "pnpm"),
        "XDG_DATA_HOME": str(home.folder / "data"),
        "YARN_CACHE_FOLDER": str(home.folder / "yarn-cache"),
        "YARN_ENABLE_TELEMETRY": "0",
        "YARN_GLOBAL_FOLDER": str(home.folder / "yarn"),
        "YARN_HTTPS_PROXY": registry.proxy_url,
    }
    (home.folder / "bin").mkdir()
    for name in ("node", "npm"):
        (home.folder / "bin" / name).symlink_to((SCRIPTS / name).resolve())
    if CARGO:
        home.environ["PATH"] += f":{os.path.dirname(CARGO)}"
        # Of rustup, where it is the Cargo on PATH.
        home.environ["RUSTUP_HOME"] = os.environ.get("RUSTUP_HOME", os.path.expanduser("~/.rustup"))
    return home


@pytest.fixture
def shell(user):
    """Return a function that runs blocks of the page as a user's shell in the project, exactly as they stand."""

    def run(*names):
        script = "".join(map(PAGE.block, names))
        return user.succeed("bash", "-euo", "pipefail", "-c", script, cwd=user.folder / "project")

    return run


def assert_token_sent(registry, emulator, search, prefix):
    [value] = registry.authorizations()
    assert value.removeprefix(prefix) in emulator.issued_tokens()
    assert value.startswith(prefix)
    assert len(emulator.journal.entries(ASK)) == 1
    # In no file: neither in settings nor in a lock file.
    search()


@pytest.mark.parametrize(
    ("name", "program", "settings", "path"),
    [
        pytest.param("npm", None, PAGE.block("npmrc"), ".npmrc", id="npm"),
        pytest.param("pnpm", "pnpm/bin/pnpm.mjs", PAGE.block("npmrc"), "../home/.npmrc", id="pnpm"),
        pytest.param("yarn", "@yarnpkg/cli-dist/bin/yarn.js", PAGE.block("yarnrc"), ".yarnrc.yml", id="Yarn 4"),
        pytest.param(
            "yarn", "yarn1/bin/yarn.js", PAGE.block("npmrc") + PAGE.block("npmrc of Yarn 1"), ".npmrc", id="Yarn 1"
        ),
    ],
)
def test_packages_for_node(user, shell, registry, emulator, search, name, program, settings, path):
    archive = packed({"package/package.json": b'{"name": "acme-tools", "version": "1.0.0"}'})
    base = urlsplit(url("npm")).path
    dist = {
        "tarball": f"{url('npm')}acme-tools/-/acme-tools-1.0.0.tgz",
        "integrity": f"sha512-{b64encode(hashlib.sha512(archive).digest()).decode()}",
    }
    version = {"name": "acme-tools", "version": "1.0.0", "dist": dist}
    document = {"name": "acme-tools", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    # Yarn takes no package that is only days old.
    document["time"] = {"1.0.0": "2024-01-01T00:00:00.000Z"}
    registry.files |= {
        f"{base}-/npm/v1/security/advisories/bulk": b"{}",
        f"{base}acme-tools": json.dumps(document).encode(),
        f"{base}acme-tools/-/acme-tools-1.0.0.tgz": archive,
    }
    project = user.folder / "project"
    (project / "package.json").write_text('{"name": "my-app", "version": "1.0.0"}')
    (project / "yarn.lock").touch()
    (project / path).write_text(settings)
    if program:
        (user.folder / "bin" / name).symlink_to(ROOT / ".venv" / "node" / "node_modules" / program)
    shell("environment", name)
    assert "acme-tools" in (project / "package.json").read_text()
    assert_token_sent(registry, emulator, search, "Bearer ")


@needs_cargo
def test_a_crate(user, shell, registry, emulator, search):
    manifest = '[package]\nname = "{}"\nversion = "1.0.0"\nedition = "2021"\n'
    files = {"Cargo.toml": manifest.format("acme-tools").encode(), "src/lib.rs": b""}
    crate = packed({f"acme-tools-1.0.0/{name}": content for name, content in files.items()})
    entry = {
        "name": "acme-tools",
        "vers": "1.0.0",
        "deps": [],
        "features": {},
        "yanked": False,
        "cksum": hashlib.sha256(crate).hexdigest(),
    }
    base = urlsplit(url("cargo")).path
    settings = {"dl": f"https://{HOST}{base}dl", "api": f"https://{HOST}{base}", "auth-required": True}
    registry.files |= {
        f"{base}config.json": json.dumps(settings).encode(),
        f"{base}ac/me/acme-tools": json.dumps(entry).encode(),
        f"{base}dl/acme-tools/1.0.0/download": crate,
    }
    project = user.folder / "project"
    (project / "src").mkdir()
    (project / "src" / "lib.rs").touch()
    (project / "Cargo.toml").write_text(manifest.format("my-app"))
    (project / ".cargo").mkdir()
    (project / ".cargo" / "config.toml").write_text(PAGE.block("cargo configuration"))
    # The registry decides, not the variables.
    user.environ["CODEARTIFACT_DOMAIN"] = "other"
    shell("cargo")
    assert list((user.folder / "cargo" / "registry" / "src").glob("*/acme-tools-1.0.0/Cargo.toml"))
    assert_token_sent(registry, emulator, search, "")


@needs_cargo
def test_another_registry_of_cargo_gets_no_token(user, registry, emulator):
    """Whatever the environment names."""
    project = user.folder / "project"
    (project / ".cargo").mkdir()
    text = PAGE.block("cargo configuration").replace("/cargo/release/", "/other/release/")
    (project / ".cargo" / "config.toml").write_text(text)
    registry.files[f"{urlsplit(url('other')).path}config.json"] = b'{"auth-required": true}'
    done = user.run("cargo", "search", "--registry", "acme", "acme-tools", cwd=project, CODEARTIFACT_INDEX_URL=INDEX)
    assert done.returncode != 0
    line = r"keyrings-codeartifact: error: CARGO_REGISTRY_INDEX_URL is not a CodeArtifact URL; .* \[CA102\]\n"
    assert re.search(line + re.escape(page("CA102")), done.stderr)
    assert registry.authorizations() == set()
    assert emulator.journal.entries() == []


def test_a_token(user, shell, emulator):
    assert shell("token").stdout.removesuffix("\n") in emulator.issued_tokens()


# The others are on no index in reach: their files are read as they read them.


def expanded(text, pattern, token):
    """Return a text with the variable in this spelling replaced."""
    assert text.count(VARIABLE) == 1
    return text.replace(pattern.format(VARIABLE), token)


def test_maven():
    settings = ET.fromstring(expanded(PAGE.block("maven"), "${{env.{}}}", "t0ken"))
    names = {"m": "http://maven.apache.org/SETTINGS/1.0.0"}
    server = {child.tag.partition("}")[2]: child.text for child in settings.find("m:servers/m:server", names)}
    mirror = {child.tag.partition("}")[2]: child.text for child in settings.find("m:mirrors/m:mirror", names)}
    assert server == {"id": "acme", "username": "aws", "password": "t0ken"}
    assert mirror == {"id": "acme", "mirrorOf": "*", "url": url("maven")}


def test_nuget():
    settings = ET.fromstring(expanded(PAGE.block("nuget"), "%{}%", "t0ken"))
    assert [(add.get("key"), add.get("value")) for add in settings.iter("add")] == [
        ("acme", f"{url('nuget')}v3/index.json"),
        ("Username", "aws"),
        ("ClearTextPassword", "t0ken"),
    ]
    [source] = settings.find("packageSourceCredentials")
    assert source.tag == settings.find("packageSources/add").get("key")


def test_gradle():
    text = expanded(PAGE.block("gradle"), 'System.getenv("{}")', "t0ken")
    words = re.findall(r'\w+\("[^"]*"\)|"[^"]*"|[\w.]+|[{}=]', text)
    assert words.count("{") == words.count("}") == 4
    assert f'url = uri("{url("maven")}")' in text
    assert 'username = "aws"\n' in text
    assert "password = t0ken\n" in text


def test_the_settings_name_the_registry():
    registry, token = PAGE.block("npmrc").splitlines()
    assert registry == f"registry={url('npm')}"
    assert token == f"//{HOST}{urlsplit(url('npm')).path}:_authToken=${{{VARIABLE}}}"
    assert yaml.safe_load(PAGE.block("yarnrc"))["npmRegistryServer"] == url("npm")
    assert tomlkit.parse(PAGE.block("cargo configuration"))["registries"]["acme"]["index"] == f"sparse+{url('cargo')}"
