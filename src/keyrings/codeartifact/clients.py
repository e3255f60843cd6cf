"""Which clients are there, how is each wired, and what would keep it from asking the keyring?"""

from __future__ import annotations

import netrc
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

from . import service, target
from .findings import OK, WARNING, Finding
from .lookup import USERNAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .values import Repository

_PATIENCE = 20.0
# From this version on pip asks a `keyring` command for a user name too.
_PIP_THAT_ASKS_FOR_USERS = (26, 2)
# Clients that import keyring, and the backend with it.
_IMPORTING = ("twine", "poetry", "pdm", "hatch", "flit")
_PASSWORD = re.compile(r"(://[^/@:]*):[^/@]+@")
_TOX_FILES = ("tox.ini", "tox.toml", "pyproject.toml", "setup.cfg")
_INSTALL_KEYRING = "uv tool install keyring --with keyrings.codeartifact"
_OURS = "keyrings.codeartifact"


def examine(repository: Repository, environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what is found of each client on PATH, and of what they have in common."""
    found = {name: path for name in ("pip", "uv", "pipx", *_IMPORTING, "tox") if (path := _which(name, environ))}
    if {"pip", "uv", "pipx"} & set(found):
        yield _keyring(environ)
    if line := _netrc(repository, environ):
        yield line
    if "pip" in found:
        yield from _pip(found["pip"], repository, environ)
    if "uv" in found:
        yield from _uv(found["uv"], repository, environ)
    for name in _IMPORTING:
        if name in found:
            yield _importing(name, found[name], environ)
    if "tox" in found and (line := _tox()):
        yield line


def _which(name: str, environ: Mapping[str, str]) -> str | None:
    return shutil.which(name, path=environ.get("PATH"))


def _say(environ: Mapping[str, str], *command: str) -> str:
    """Return what a command prints, nothing if it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - a client on PATH, asked for its version and settings
            command,
            env={**environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if done.returncode else done.stdout


def _version(environ: Mapping[str, str], path: str) -> str:
    match = re.search(r"[0-9]+(?:\.[0-9]+)+", _say(environ, path, "--version"))
    return match[0] if match else "?"


def _keyring(environ: Mapping[str, str]) -> Finding:
    path = _which("keyring", environ)
    if path is None:
        return Finding("keyring", WARNING, "no `keyring` command is on PATH, which pip and uv ask", _INSTALL_KEYRING)
    chosen = environ.get("PYTHON_KEYRING_BACKEND")
    if chosen and not chosen.startswith(_OURS):
        return Finding("keyring", WARNING, f"PYTHON_KEYRING_BACKEND is {chosen}, which answers alone", "unset it")
    if _OURS not in _say(environ, path, "--list-backends"):
        fix = f"install {_OURS} beside it, or {_INSTALL_KEYRING}"
        return Finding("keyring", WARNING, f"{path} knows nothing of CodeArtifact", fix)
    return Finding("keyring", OK, path)


def _netrc(repository: Repository, environ: Mapping[str, str]) -> Finding | None:
    """Return what a netrc file says of the repository's host, which clients believe before any keyring."""
    home = os.path.expanduser("~")
    paths = [environ["NETRC"]] if environ.get("NETRC") else [os.path.join(home, name) for name in (".netrc", "_netrc")]
    for path in paths:
        try:
            hosts = netrc.netrc(path).hosts
        except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
            continue
        for kind in target.ENDPOINT_TYPES:
            if (host := target.host(repository, kind)) in hosts:
                said = f"{path} has a password for {host}, which clients take without asking a keyring"
                return Finding("netrc", WARNING, said, "remove that entry")
    return None


class _PipSetting(NamedTuple):
    """A line of `pip config list`: where it is set, the option, its value."""

    level: str
    option: str
    value: str


def _pip(path: str, repository: Repository, environ: Mapping[str, str]) -> Iterator[Finding]:
    version = _version(environ, path)
    # What stands later in pip's list holds: the environment is the last.
    lines = re.findall(r"^([\w:-]+)\.([\w-]+)='(.*)'$", _say(environ, path, "config", "list"), re.MULTILINE)
    settings = {option: _PipSetting(level, option, value) for level, option, value in lines}
    for setting in (_PipSetting(*line) for line in lines):
        if _PASSWORD.search(setting.value) and ".codeartifact." in setting.value:
            fix = (
                f"unset PIP_{setting.option.upper().replace('-', '_')}"
                if setting.level == ":env:"
                else f"pip config unset {setting.level}.{setting.option}, and set it without the token"
            )
            yield Finding("pip", WARNING, f"{setting.option} ({setting.level}) holds a token, which will expire", fix)
    provider = settings["keyring-provider"].value if "keyring-provider" in settings else "auto"
    no_input = settings.get("no-input")
    index = settings["index-url"].value if "index-url" in settings else ""
    said = f"{version}, provider {provider}, index {_redacted(index) or 'its default'}"
    if provider == "auto" and no_input and no_input.value.lower() in ("1", "true", "yes", "on"):
        yield Finding(
            "pip", WARNING, f"{said}: no-input turns the provider auto off", "export PIP_KEYRING_PROVIDER=subprocess"
        )
    elif provider == "disabled":
        yield Finding("pip", WARNING, f"{said}: it asks no keyring", "export PIP_KEYRING_PROVIDER=subprocess")
    elif provider == "subprocess" and _is_old(version) and index and not _has_user(index):
        fix = f"add the user name to the URL: https://{USERNAME}@…, or upgrade pip"
        yield Finding("pip", WARNING, f"{said}: before 26.2 it asks a command only with a user name", fix)
    else:
        yield Finding("pip", OK, said)
    if index and (other := service.parse(index)) and other[:3] == repository[:3] and other.name != repository.name:
        said = f"index {other.name} is of the same host: pip keeps one credential a host, whatever the sections say"
        yield Finding("pip", WARNING, said, "let both have the same identity, or install in two commands")


def _is_old(version: str) -> bool:
    return tuple(map(int, re.findall("[0-9]+", version)[:2])) < _PIP_THAT_ASKS_FOR_USERS


def _has_user(url: str) -> bool:
    return bool(re.match(r"https://[^/@]+@", url))


def _uv(path: str, repository: Repository, environ: Mapping[str, str]) -> Iterator[Finding]:
    version = _version(environ, path)
    configured = _uv_settings()
    provider = environ.get("UV_KEYRING_PROVIDER") or configured.get("keyring-provider") or "disabled"
    if provider != "subprocess":
        said = f"{version}, provider {provider}: it asks no keyring"
        yield Finding("uv", WARNING, said, "export UV_KEYRING_PROVIDER=subprocess")
        return
    silent = [
        _redacted(url)
        for name, url, authenticate in _uv_indexes(configured, environ)
        if (other := service.parse(url))
        and other[:3] == repository[:3]
        and not _has_user(url)
        and not environ.get(f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', name.upper())}_USERNAME")
        and authenticate != "always"
    ]
    if silent:
        fix = f'https://{USERNAME}@… in the URL, UV_INDEX_NAME_USERNAME={USERNAME}, or authenticate = "always"'
        yield Finding("uv", WARNING, f"{version} asks for no user's password: {silent[0]} names none", fix)
    else:
        yield Finding("uv", OK, f"{version}, provider {provider}")


def _redacted(url: str) -> str:
    """Return ``url`` without the password in it."""
    return _PASSWORD.sub(r"\1:…@", url)


def _uv_settings() -> dict[str, Any]:
    """Return uv's settings in the current folder, empty where there are none or this Python cannot read them (3.10)."""
    try:
        import tomllib
    except ImportError:
        return {}
    for name, keys in (("uv.toml", ()), ("pyproject.toml", ("tool", "uv"))):
        try:
            with open(name, "rb") as file:
                found: Any = tomllib.load(file)
        except (OSError, tomllib.TOMLDecodeError):
            continue
        for key in keys:
            found = found.get(key, {}) if isinstance(found, dict) else {}
        if isinstance(found, dict) and found:
            return found
    return {}


def _uv_indexes(configured: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, URL and `authenticate` of the indexes that uv is told of."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"):
        for word in environ.get(variable, "").split():
            name, equals, url = word.partition("=")
            yield (name, url, "") if equals and "://" not in name else ("", word, "")
    indexes = configured.get("index", [])
    for index in indexes if isinstance(indexes, list) else []:
        if isinstance(index, dict):
            yield str(index.get("name", "")), str(index.get("url", "")), str(index.get("authenticate", ""))


def _importing(name: str, path: str, environ: Mapping[str, str]) -> Finding:
    """Say whether a client that imports keyring finds the backend beside it."""
    version = _version(environ, path)
    python = _interpreter(path)
    ask = f"import importlib.util as util; print(util.find_spec('keyrings') and util.find_spec('{_OURS}') is not None)"
    if python is None:
        return Finding(name, OK, f"{version}, whose environment cannot be told")
    if _say(environ, python, "-c", ask).strip() != "True":
        fix = f"pipx inject {name} {_OURS}, uv tool install {name} --with {_OURS}, or pip install beside it"
        return Finding(name, WARNING, f"{version}, without {_OURS} beside it", fix)
    return Finding(name, OK, f"{version}, with {_OURS} beside it")


def _interpreter(path: str) -> str | None:
    """Return the Python that a script names in its first line, None if it names none (Windows' are programs)."""
    try:
        with open(path, "rb") as file:
            first = file.readline(1 << 10)
    except OSError:
        return None
    match = re.match(rb"#!\s*(\S*python[0-9.]*)\s*$", first.rstrip())
    return os.fsdecode(match[1]) if match else None


def _tox() -> Finding | None:
    """Return a warning where the current folder's tox lets nothing through that the keyring is configured by."""
    for name in _TOX_FILES:
        try:
            with open(name, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError):
            continue
        if "tox" not in name and "tox" not in text:
            continue
        passed = " ".join(re.findall(r"pass_?env\s*=(.*?)(?:\n\S|\Z)", text, re.DOTALL))
        if not re.search(r"AWS_|CODEARTIFACT_|\*", passed):
            said = f"{name} lets none of the variables through by which the keyring is configured"
            return Finding("tox", WARNING, said, "pass_env = AWS_*, CODEARTIFACT_*, XDG_CONFIG_HOME")
        return Finding("tox", OK, f"{name} lets them through: {' '.join(passed.split())}")
    return None
