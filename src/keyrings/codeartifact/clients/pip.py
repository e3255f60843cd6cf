"""pip's settings."""

import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping

from keyrings.codeartifact import index_url
from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import OK, USERNAME, WARNING, Check

from .programs import has_user, login_command, number, output, version, without_secrets

# The level of a setting that comes from a variable.
_ENVIRONMENT = ":env:"
# The first version that queries a `keyring` command for the user name too.
_QUERIES_USER_NAME = (26, 2)
# The only version whose provider `import` does not reach the installation of build requirements.
_IMPORTS_NOT_FOR_BUILDS = (26, 2)
_PROVIDER = "keyring-provider"
_PASSWORD = re.compile(r"(://[^/@:]*):[^/@]+@")


def provider(environ: Mapping[str, str]) -> str:
    """Return the keyring provider that works for pip, which does not run a `keyring` of its own environment."""
    path = environ.get("PATH", "")
    own = os.path.dirname(shutil.which("pip", path=path) or "")
    others = os.pathsep.join(folder for folder in path.split(os.pathsep) if folder != own)
    is_own_only = bool(own and shutil.which("keyring", path=own) and not shutil.which("keyring", path=others))
    return "import" if is_own_only else "subprocess"


def check(path: str, index: Index, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield the checks of the pip at ``path``."""
    found = version(environ, path)
    settings = _settings(path, environ)
    if settings is None:
        yield Check("pip", WARNING, f"{found}: `{path} config list` fails or does not end", "run it to see why")
        return
    for level, option, value in settings:
        if _PASSWORD.search(value) and ".codeartifact." in value.lower():
            unset = f"run `pip config unset {level}.{option}`, and set it without the token"
            remedy = f"unset PIP_{option.upper().replace('-', '_')}" if level == _ENVIRONMENT else unset
            yield Check("pip", WARNING, f"{option} ({level}) contains a token, which will expire", remedy)
    # The last one applies.
    values = {option: value for _, option, value in settings}
    variables = {option for level, option, _ in settings if level == _ENVIRONMENT}
    yield _provider_check(found, values, variables, index, environ)
    repository, other = index.repository, index_url.parse_repository(values.get("index-url", ""))
    if other and other.whole_domain() == repository.whole_domain() and other.name != repository.name:
        message = f"index {other.name} has the same host: pip keeps one credential per host, whatever the sections set"
        yield Check("pip", WARNING, message, "give both the same identity, or install in two commands")


def _settings(path: str, environ: Mapping[str, str]) -> list[tuple[str, str, str]] | None:
    """Return level, option and value of pip's settings, the ones that apply last, None if pip does not print them."""
    listed = output(environ, path, "config", "list")
    if listed is None:
        return None
    settings = re.findall(r"""^([\w:-]+)\.([\w-]+)=['"](.*)['"]$""", listed, re.MULTILINE)
    # Variables override files; pip before 23.3 lists them first.
    return sorted(settings, key=lambda setting: setting[0] == _ENVIRONMENT)


def _provider_check(
    found: str, values: Mapping[str, str], variables: Collection[str], index: Index, environ: Mapping[str, str]
) -> Check:
    """Return the check of the provider that pip's settings choose; ``variables`` are those that environ sets."""
    url = values.get("index-url", "")
    chosen = values.get(_PROVIDER, "auto")
    working = provider(environ)
    is_old = number(found) < _QUERIES_USER_NAME
    unset = "unset PIP_KEYRING_PROVIDER, and " if _PROVIDER in variables else ""
    log_in = f"{unset}run `{login_command('pip', index)}`"
    message = f"{found}, provider {chosen}, index {without_secrets(url) if url else 'its default'}"
    if chosen == "auto" and values.get("no-input", "").lower() in ("1", "true", "yes", "on"):
        problem, remedy = "no-input disables the provider auto", log_in
    elif chosen == "disabled":
        problem, remedy = "it does not query a keyring", log_in
    elif chosen == "subprocess" and working == "import":
        problem = "it does not run the `keyring` of its own environment, and PATH has no other"
        remedy = _setting("import", variables)
    elif chosen == "subprocess" and is_old and url and not has_user(url):
        problem = "before 26.2 it runs `keyring` only for URLs with a user name"
        remedy = f"add the user name to the URL: https://{USERNAME}@…, or upgrade pip"
    elif chosen == "import" and number(found) == _IMPORTS_NOT_FOR_BUILDS:
        problem = "pip 26.2 queries no keyring for build requirements"
        remedy = f"upgrade pip to 26.2.1 or newer, or {_setting('subprocess', variables)}"
    else:
        return Check("pip", OK, message)
    return Check("pip", WARNING, f"{message}: {problem}", remedy)


def _setting(provider: str, variables: Collection[str]) -> str:
    """Return the command that chooses ``provider`` where pip's settings do."""
    if _PROVIDER in variables:
        return f"`export PIP_KEYRING_PROVIDER={provider}`"
    return f"run `pip config set global.{_PROVIDER} {provider}`"
