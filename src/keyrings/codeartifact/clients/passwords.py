"""Passwords that clients use before any keyring's, and that are probably outdated tokens."""

import os
import re
from collections.abc import Iterator, Mapping
from configparser import Error, RawConfigParser
from netrc import NetrcParseError, netrc

from keyrings.codeartifact import index_url
from keyrings.codeartifact.config.environment import INDEX_NAME, Index
from keyrings.codeartifact.models import WARNING, Check, Repository

from . import uv
from .programs import read_text, without_secrets

# The clients that read variables with these prefixes.
_READERS = {"UV_": "uv", "POETRY_": "Poetry", "PDM_": "PDM"}


def check(repository: Repository, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield a warning for each password of the repository's host, in files and in ``environ``."""
    hosts = [index_url.host(repository, endpoint_type) for endpoint_type in index_url.ENDPOINT_TYPES]
    yield from _netrc(hosts, environ)
    yield from _pypirc(repository)
    yield from _uv_store(hosts, environ)
    yield from _variables(repository, hosts, environ)


def check_twine(_path: str, _index: Index, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield a warning for the variable that twine uses for all repositories."""
    if environ.get("TWINE_PASSWORD"):
        message = "TWINE_PASSWORD is set, which twine uses instead of a keyring's"
        yield Check("twine", WARNING, message, "unset TWINE_PASSWORD")


def _netrc(hosts: list[str], environ: Mapping[str, str]) -> Iterator[Check]:
    home = os.path.expanduser("~")
    paths = [environ["NETRC"]] if environ.get("NETRC") else [os.path.join(home, name) for name in (".netrc", "_netrc")]
    for path in paths:
        try:
            found = netrc(path).hosts
        except (OSError, NetrcParseError, UnicodeDecodeError):
            continue
        if host := next((host for host in hosts if host in found), None):
            # pip and twine query a keyring all the same.
            message = f"{path} has a password for {host}, which uv uses instead of a keyring's"
            yield Check("netrc", WARNING, message, "remove that entry")
            return


def _pypirc(repository: Repository) -> Iterator[Check]:
    """Yield the sections of twine's and Flit's file.  Source: PyPA specifications, "The .pypirc file"."""
    path = os.path.expanduser("~/.pypirc")
    parser = RawConfigParser()
    try:
        parser.read_string(read_text(path) or "")
    except Error:
        return
    for name in parser.sections():
        section = parser[name]
        found = index_url.parse_repository(section.get("repository", ""))
        if found and found.whole_domain() == repository.whole_domain() and section.get("password"):
            message = f"[{name}] of {path} has a password, which twine and Flit use instead of a keyring's"
            yield Check("pypirc", WARNING, message, "remove it, or run `keyrings-codeartifact login --tool twine`")


def _uv_store(hosts: list[str], environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield what `uv auth login` has stored.  Source: uv's documentation, "The uv credentials store"."""
    data = environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    folder = environ.get("UV_CREDENTIALS_DIR") or os.path.join(data, "uv", "credentials")
    text = read_text(os.path.join(folder, "credentials.toml")) or ""
    for service in re.findall(r'^service = "(https://[^"]*)"', text, re.MULTILINE):
        if any(host in service for host in hosts):
            shown = without_secrets(service)
            message = f"uv has stored a password for {shown}, which it uses instead of a keyring's"
            yield Check("uv", WARNING, message, f"run `uv auth logout {shown} --username aws`")


def _variables(repository: Repository, hosts: list[str], environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield the variables with the password of an index by its name, or of a host in a URL.

    pip's variables are among its settings.
    """
    name = environ.get(INDEX_NAME) or "codeartifact"
    by_name = {f"POETRY_HTTP_BASIC_{uv.variable_part(name)}_PASSWORD"}
    by_name |= {
        f"UV_INDEX_{uv.variable_part(found)}_PASSWORD" for found in {name, *uv.index_names(repository, environ)}
    }
    in_url = rf"(?i)://[^/@\s]*:[^/@\s]+@(?:{'|'.join(map(re.escape, hosts))})"
    for variable, value in sorted(environ.items()):
        is_in_url = not variable.startswith("PIP_") and re.search(in_url, value)
        if (variable in by_name and value) or is_in_url:
            reader = next((_READERS[prefix] for prefix in _READERS if variable.startswith(prefix)), "a client")
            message = f"{variable} contains a password, which {reader} uses instead of a keyring's"
            yield Check("environment", WARNING, message, f"unset {variable}, or remove the password from it")
