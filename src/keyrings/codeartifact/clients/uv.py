"""uv's settings."""

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from keyrings.codeartifact import index_url
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import OK, USERNAME, WARNING, Check, Repository

from .programs import (
    has_user,
    login_command,
    number,
    project_file,
    read_text,
    version,
    without_secrets,
    working_directory,
)

# The first version that heeds `authenticate`, also in an explicit index.  Source: uv's changelog.
_HEEDS_AUTHENTICATE = (0, 6, 12)


def check(path: str, index: Index, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield the check of the uv at ``path``."""
    found = version(environ, path)
    settings = _settings(environ)
    if settings is None:
        yield Check("uv", OK, f"{found}; this Python has no TOML parser for its settings")
        return
    provider = environ.get("UV_KEYRING_PROVIDER") or settings.get("keyring-provider") or "disabled"
    if provider != "subprocess":
        message = f"{found}, provider {provider}: it does not query a keyring"
        unset = "unset UV_KEYRING_PROVIDER, and " if environ.get("UV_KEYRING_PROVIDER") else ""
        yield Check("uv", WARNING, message, f"{unset}run `{login_command('uv', index)}`")
        return
    for name, url, authenticate in _indexes(settings, environ):
        user = f"UV_INDEX_{variable_part(name)}_USERNAME"
        if not _is_in_domain(url, index.repository) or has_user(url) or environ.get(user):
            continue
        if authenticate != "always":
            problem = "it has no user name"
            remedy = f'https://{USERNAME}@… in the URL, UV_INDEX_NAME_USERNAME={USERNAME}, or authenticate = "always"'
        elif number(found) < _HEEDS_AUTHENTICATE:
            problem, remedy = '`authenticate = "always"` needs uv 0.6.12', f"upgrade uv, or set {user}={USERNAME}"
        else:
            continue
        yield Check("uv", WARNING, f"{found} does not query the keyring for {without_secrets(url)}: {problem}", remedy)
        return
    yield Check("uv", OK, f"{found}, provider {provider}")


def index_names(repository: Repository, environ: Mapping[str, str]) -> set[str]:
    """Return the names of the indexes in variables and settings that are repositories of the same domain."""
    indexes = _indexes(_settings(environ) or {}, environ)
    return {name for name, url, _ in indexes if name and _is_in_domain(url, repository)}


def variable_part(name: str) -> str:
    """Return an index name as uv and Poetry spell it in a variable's name."""
    return re.sub("[^A-Z0-9]", "_", name.upper())


def other_registry(url: str) -> str | None:
    """Return a registry that the project's uv.lock names, and that is not the index at ``url``, None if it has none."""
    text = read_text(project_file("uv.lock") or "") or ""
    registries = map(without_secrets, re.findall(r'registry = "(https?://[^"]+)"', text))
    return next((found for found in registries if found.rstrip("/") != url.rstrip("/")), None)


def _settings(environ: Mapping[str, str]) -> dict[str, Any] | None:
    """Return uv's settings: the project's, the user's and the system's; None if they exist and cannot be parsed.

    Source: uv's documentation, "Configuration files".
    """
    paths = [path for path in _files(environ) if os.path.isfile(path)]
    try:
        import tomllib
    except ImportError:  # Python 3.10
        return None if paths else {}
    settings: dict[str, Any] = {}
    for path in paths:
        try:
            found: Any = tomllib.loads(read_text(path) or "")
        except (ValueError, RecursionError):
            continue
        for key in ("tool", "uv") if path.endswith("pyproject.toml") else ():
            found = found.get(key, {}) if isinstance(found, dict) else {}
        if isinstance(found, dict):
            settings = {**found, **settings, "index": [*_list(settings.get("index")), *_list(found.get("index"))]}
    return settings


def _files(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths of uv's settings files, the ones that override others first."""
    if environ.get("UV_CONFIG_FILE"):
        yield environ["UV_CONFIG_FILE"]
        return
    if environ.get("UV_NO_CONFIG"):
        return
    folder, parent = working_directory(), ""
    while folder != parent:
        yield from (os.path.join(folder, name) for name in ("uv.toml", "pyproject.toml"))
        folder, parent = os.path.dirname(folder), folder
    home = environ.get("APPDATA") if os.name == "nt" else environ.get("XDG_CONFIG_HOME")
    yield os.path.join(home or os.path.expanduser("~/.config"), "uv", "uv.toml")
    yield os.path.join(environ.get("PROGRAMDATA", "") if os.name == "nt" else "/etc", "uv", "uv.toml")


def _is_in_domain(url: str, repository: Repository) -> bool:
    found = index_url.parse_repository(url)
    return bool(found and found.whole_domain() == repository.whole_domain())


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _indexes(settings: Mapping[str, Any], environ: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, URL and ``authenticate`` of the indexes in variables and settings, empty where they are not set."""
    for variable in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"):
        for word in environ.get(variable, "").split():
            name, equals, url = word.partition("=")
            yield (name, url, "") if equals and "://" not in name else ("", word, "")
    for index in _list(settings.get("index")):
        if isinstance(index, dict):
            yield (str(index.get("name", "")), str(index.get("url", "")), str(index.get("authenticate", "")))
