"""Which clients are there, how is each wired, and what would keep it from asking the keyring?"""

from __future__ import annotations

import netrc
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

from keyrings.codeartifact import index_url as service
from keyrings.codeartifact.config import environment as target
from keyrings.codeartifact.findings import OK, WARNING, Finding
from keyrings.codeartifact.models import USERNAME

from .environment import pip_provider, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyrings.codeartifact.models import Repository

_PATIENCE = 5.0
_LARGEST_FILE = 1 << 20
# The variables in which secrets are, or by which others are asked for.
_SECRETIVE = re.compile(r"AWS_|CODEARTIFACT_|ACTIONS_|.*(?:TOKEN|SECRET|PASSWORD)")
# What a CI's OIDC token looks like, in whatever variable.
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")
# Where pip has a setting from that is a variable.
_PIP_ENVIRONMENT = ":env:"
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
        yield _uv(found["uv"], repository, environ)
    for name in _IMPORTING:
        if name in found:
            yield _importing(name, found[name], environ)
    if "tox" in found and (line := _tox()):
        yield line


def _which(name: str, environ: Mapping[str, str]) -> str | None:
    """Return the path of a program, None if there is none or it is the current folder's (where Windows looks first)."""
    path = shutil.which(name, path=environ.get("PATH"))
    return None if path and os.path.dirname(os.path.abspath(path)) == os.getcwd() else path


def _text(path: str) -> str | None:
    """Return what is in a file of settings, None where there is none that could be such a file."""
    if not os.path.isfile(path):
        return None
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_LARGEST_FILE)
    except (OSError, UnicodeDecodeError):
        return None


def _say(environ: Mapping[str, str], *command: str) -> str | None:
    """Return what a command prints, None if it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 - a client on PATH, asked for its version and settings
            command,
            # Nothing of the current folder is to be found there, nor anything secret in the environment.
            cwd=os.path.abspath(os.sep),
            env={
                name: value for name, value in environ.items() if not (_SECRETIVE.match(name) or _JWT.fullmatch(value))
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout


def _version(environ: Mapping[str, str], path: str) -> str:
    match = re.search(r"[0-9]+(?:\.[0-9]+)+", _say(environ, path, "--version") or "")
    return match[0] if match else "?"


def _keyring(environ: Mapping[str, str]) -> Finding:
    path = _which("keyring", environ)
    if path is None:
        return Finding("keyring", WARNING, "no `keyring` command is on PATH, which pip and uv ask", _INSTALL_KEYRING)
    chosen = environ.get("PYTHON_KEYRING_BACKEND")
    if chosen and not chosen.startswith(_OURS):
        return Finding("keyring", WARNING, f"PYTHON_KEYRING_BACKEND is {chosen}, which answers alone", "unset it")
    if _OURS not in (_say(environ, path, "--list-backends") or ""):
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
    listed = _say(environ, path, "config", "list")
    if listed is None:
        yield Finding("pip", WARNING, f"{version}: `{path} config list` fails or does not end", "see what it says")
        return
    lines = re.findall(r"""^([\w:-]+)\.([\w-]+)=['"](.*)['"]$""", listed, re.MULTILINE)
    # What stands later holds, and the environment over all, which pip before 23.3 lists first.
    lines.sort(key=lambda line: line[0] == _PIP_ENVIRONMENT)
    settings = {option: _PipSetting(level, option, value) for level, option, value in lines}
    for setting in (_PipSetting(*line) for line in lines):
        if _PASSWORD.search(setting.value) and ".codeartifact." in setting.value.lower():
            fix = (
                f"unset PIP_{setting.option.upper().replace('-', '_')}"
                if setting.level == _PIP_ENVIRONMENT
                else f"pip config unset {setting.level}.{setting.option}, and set it without the token"
            )
            yield Finding("pip", WARNING, f"{setting.option} ({setting.level}) holds a token, which will expire", fix)
    provider = settings["keyring-provider"].value if "keyring-provider" in settings else "auto"
    no_input = settings.get("no-input")
    index = settings["index-url"].value if "index-url" in settings else ""
    said = f"{version}, provider {provider}, index {_redacted(index) if index else 'its default'}"
    if provider == "auto" and no_input and no_input.value.lower() in ("1", "true", "yes", "on"):
        fix = f"export PIP_KEYRING_PROVIDER={pip_provider(environ)}"
        yield Finding("pip", WARNING, f"{said}: no-input turns the provider auto off", fix)
    elif provider == "disabled":
        yield Finding("pip", WARNING, f"{said}: it asks no keyring", "export PIP_KEYRING_PROVIDER=subprocess")
    elif provider == "subprocess" and pip_provider(environ) == "import":
        said += ": it runs no keyring of its own environment, and there is no other on PATH"
        yield Finding("pip", WARNING, said, "export PIP_KEYRING_PROVIDER=import")
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


def _uv(path: str, repository: Repository, environ: Mapping[str, str]) -> Finding:
    version = _version(environ, path)
    configured = _uv_settings(environ)
    if configured is None:
        return Finding("uv", OK, f"{version}, whose settings this Python cannot read: it has no parser for TOML")
    provider = environ.get("UV_KEYRING_PROVIDER") or configured.get("keyring-provider") or "disabled"
    if provider != "subprocess":
        said = f"{version}, provider {provider}: it asks no keyring"
        return Finding("uv", WARNING, said, "export UV_KEYRING_PROVIDER=subprocess")
    for index in _uv_indexes(configured, environ):
        other = service.parse(index.url)
        if other and other[:3] == repository[:3] and not index.is_asked(environ):
            said = f"{version} asks for no user's password: {_redacted(index.url)} names none"
            fix = f'https://{USERNAME}@… in the URL, UV_INDEX_NAME_USERNAME={USERNAME}, or authenticate = "always"'
            return Finding("uv", WARNING, said, fix)
    return Finding("uv", OK, f"{version}, provider {provider}")


def _redacted(url: str) -> str:
    """Return ``url`` without its userinfo, unless that is our user name, and without its query."""
    scheme, _, rest = re.split(r"[?#]", url)[0].partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    return f"{scheme}://{user if user in ('', USERNAME) else '…'}{at}{host}{slash}{path}"


class _UvIndex(NamedTuple):
    """An index that uv is told of."""

    name: str
    url: str
    authenticate: str = ""

    def is_asked(self, environ: Mapping[str, str]) -> bool:
        """Say whether uv asks a keyring about it: for the password of a user that it knows, or in any case."""
        variable = f"UV_INDEX_{spelled(self.name)}_USERNAME"
        return _has_user(self.url) or bool(environ.get(variable)) or self.authenticate == "always"


def _uv_settings(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """Return uv's settings, the project's over the user's over the system's; None where there are some, but no parser.

    Source: uv's documentation, "Configuration files".
    """
    paths = [path for path in _uv_files(environ) if os.path.isfile(path)]
    try:
        import tomllib
    except ImportError:  # Python 3.10
        return None if paths else {}
    settings: dict[str, Any] = {}
    for path in paths:
        try:
            found: Any = tomllib.loads(_text(path) or "")
        except (ValueError, RecursionError):
            continue
        for key in ("tool", "uv") if path.endswith("pyproject.toml") else ():
            found = found.get(key, {}) if isinstance(found, dict) else {}
        if isinstance(found, dict):
            settings = {**found, **settings, "index": [*_list(settings.get("index")), *_list(found.get("index"))]}
    return settings


def _uv_files(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield where uv looks for its settings, what counts most first."""
    if environ.get("UV_CONFIG_FILE"):
        yield environ["UV_CONFIG_FILE"]
        return
    if environ.get("UV_NO_CONFIG"):
        return
    folder, parent = os.getcwd(), ""
    while folder != parent:
        yield from (os.path.join(folder, name) for name in ("uv.toml", "pyproject.toml"))
        folder, parent = os.path.dirname(folder), folder
    home = environ.get("APPDATA") if os.name == "nt" else environ.get("XDG_CONFIG_HOME")
    yield os.path.join(home or os.path.expanduser("~/.config"), "uv", "uv.toml")
    yield os.path.join(environ.get("PROGRAMDATA", "") if os.name == "nt" else "/etc", "uv", "uv.toml")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _uv_indexes(configured: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[_UvIndex]:
    """Yield the indexes that uv is told of."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"):
        for word in environ.get(variable, "").split():
            name, equals, url = word.partition("=")
            yield _UvIndex(name, url) if equals and "://" not in name else _UvIndex("", word)
    for index in _list(configured.get("index")):
        if isinstance(index, dict):
            yield _UvIndex(*(str(index.get(key, "")) for key in ("name", "url", "authenticate")))


def _importing(name: str, path: str, environ: Mapping[str, str]) -> Finding:
    """Say whether a client that imports keyring finds the backend beside it."""
    version = _version(environ, path)
    python = _interpreter(path)
    ask = f"import importlib.util as util; print(util.find_spec('keyrings') and util.find_spec('{_OURS}') is not None)"
    if python is None:
        return Finding(name, OK, f"{version}, whose environment cannot be told")
    if (_say(environ, python, "-c", ask) or "").strip() != "True":
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
    match = re.match(rb"#!\s*(\S*python[0-9.]*)(?:\s+-I)?\s*$", first.rstrip())
    return os.fsdecode(match[1]) if match else None


def _tox() -> Finding | None:
    """Return a warning where the current folder's tox lets nothing through that the keyring is configured by."""
    for name in _TOX_FILES:
        text = _text(name)
        if text is None:
            continue
        if "tox" not in name and "tox" not in text:
            continue
        passed = " ".join(re.findall(r"pass_?env\s*=(.*?)(?:\n\S|\Z)", text, re.DOTALL))
        if not re.search(r"AWS_|CODEARTIFACT_|\*", passed):
            said = f"{name} lets none of the variables through by which the keyring is configured"
            return Finding("tox", WARNING, said, "pass_env = AWS_*, CODEARTIFACT_*, XDG_CONFIG_HOME")
        return Finding("tox", OK, f"{name} lets the variables through by which the keyring is configured")
    return None
