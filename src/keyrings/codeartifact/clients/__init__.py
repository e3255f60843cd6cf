"""The clients: the variables that configure each, what contradicts them, and how to check its settings.

To add a client, add a row to ``CLIENTS``.  A client with settings files of its own has a module for their check.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from keyrings.codeartifact._util.text import printable
from keyrings.codeartifact.config.environment import CREDENTIALS, EXTRA, MODES, REPLACE, Index
from keyrings.codeartifact.models import USERNAME, WARNING, Check, Repository

from . import advice, build, keyring, passwords, pdm, pip, poetry, programs, settings_files, tox, uv
from .publishing import Command, arguments_of, require_target


class Group(NamedTuple):
    """Variables that are set together, unless one of ``conflicts`` is set; both may contain {fields} of `_groups`."""

    variables: Mapping[str, str]
    conflicts: tuple[str, ...] = ()


class Client(NamedTuple):
    """A program: what configures it in any case, for installing in each index mode, and for publishing.

    ``passwords`` give it a token instead of the keyring, in each index mode.  ``user_settings`` configure it for a
    user, ``project_settings`` in a project's pyproject.toml.  With ``imports_keyring`` it needs the backend in its own
    environment.
    """

    name: str
    check: Callable[[str, Index, Mapping[str, str]], Iterator[Check]] | None = None
    always: tuple[Group, ...] = ()
    installing: Mapping[str, tuple[Group, ...]] = {}
    publishing: tuple[Group, ...] = ()
    passwords: Mapping[str, Mapping[str, str]] = {}
    user_settings: tuple[Callable[[settings_files.Wanted], settings_files.SettingsFile], ...] = ()
    project_settings: Callable[[settings_files.Wanted], settings_files.SettingsFile] | None = None
    publish: Command | None = None
    imports_keyring: bool = False


def _publishing(url: str, user: str, *conflicts: str) -> tuple[Group, ...]:
    """Return the group of a client's index and user; with another user's password both would be wrong."""
    return (Group({url: "{publish_url}", user: USERNAME}, (url, user, *conflicts)),)


# uv queries the keyring only if it knows the user name.
_UV_USERNAME = Group({"UV_INDEX_{NAME}_USERNAME": USERNAME})
CLIENTS = (
    Client("pip", pip.check,
           (Group({"PIP_KEYRING_PROVIDER": "{pip_provider}"}),),
           # Before 26.2 pip queries a `keyring` command only if the URL has a user name.
           {REPLACE: (Group({"PIP_INDEX_URL": "{url_with_user}"}),),
            EXTRA: (Group({"PIP_EXTRA_INDEX_URL": "{url_with_user}"}),)},
           passwords={REPLACE: {"PIP_INDEX_URL": "{url_with_password}"},
                      EXTRA: {"PIP_EXTRA_INDEX_URL": "{url_with_password}"}},
           user_settings=(settings_files.pip,)),
    Client("uv", uv.check,
           (Group({"UV_KEYRING_PROVIDER": "subprocess"}),),
           {REPLACE: (Group({"UV_DEFAULT_INDEX": "{name}={url}"}, ("UV_INDEX_URL",)), _UV_USERNAME),
            EXTRA: (Group({"UV_INDEX": "{name}={url}"}), _UV_USERNAME),
            CREDENTIALS: (_UV_USERNAME,)},
           _publishing("UV_PUBLISH_URL", "UV_PUBLISH_USERNAME",
                       "UV_PUBLISH_INDEX", "UV_PUBLISH_PASSWORD", "UV_PUBLISH_TOKEN"),
           {mode: {"UV_INDEX_{NAME}_PASSWORD": "{password}"} for mode in MODES},
           (settings_files.uv,), settings_files.uv_project,
           Command("publish", ("--publish-url", "--index"), "UV_PUBLISH_URL")),
    Client("twine", passwords.check_twine,
           publishing=_publishing("TWINE_REPOSITORY_URL", "TWINE_USERNAME", "TWINE_REPOSITORY", "TWINE_PASSWORD"),
           user_settings=(settings_files.pypirc,),
           publish=Command("upload", ("--repository-url", "--repository", "-r"), "TWINE_REPOSITORY_URL"),
           imports_keyring=True),
    Client("poetry", poetry.check,
           publishing=(Group({"POETRY_REPOSITORIES_{NAME}_URL": "{publish_url}"}),),
           passwords={mode: {"POETRY_HTTP_BASIC_{NAME}_USERNAME": USERNAME,
                             "POETRY_HTTP_BASIC_{NAME}_PASSWORD": "{password}"} for mode in MODES},
           user_settings=(settings_files.poetry,), project_settings=settings_files.poetry_project,
           publish=Command("publish", ("-r", "--repository")), imports_keyring=True),
    Client("pdm", pdm.check,
           installing={REPLACE: (Group({"PDM_PYPI_URL": "{url}"}, ("PDM_PYPI_USERNAME", "PDM_PYPI_PASSWORD")),)},
           publishing=_publishing("PDM_PUBLISH_REPO", "PDM_PUBLISH_USERNAME", "PDM_PUBLISH_PASSWORD"),
           user_settings=(settings_files.pdm,), project_settings=settings_files.pdm_project,
           publish=Command("publish", ("-r", "--repository"), "PDM_PUBLISH_REPO")),
    Client("hatch",
           publishing=_publishing("HATCH_INDEX_REPO", "HATCH_INDEX_USER", "HATCH_INDEX_AUTH"),
           user_settings=(settings_files.hatch,), project_settings=settings_files.hatch_project,
           publish=Command("publish", ("-r", "--repo"), "HATCH_INDEX_REPO"),
           imports_keyring=True),
    Client("flit",
           publishing=_publishing("FLIT_INDEX_URL", "FLIT_USERNAME", "FLIT_PASSWORD"),
           user_settings=(settings_files.pypirc,),
           publish=Command("publish", ("--repository",), "FLIT_INDEX_URL"), imports_keyring=True),
    Client("pipx", user_settings=(settings_files.pip, settings_files.uv)),
    Client("tox", tox.check),
    Client("pyproject-build", build.check),
)  # fmt: skip
EXTRA_WARNING = "clients also install from the public index, where anyone can register the name of a private package"
# The clients that run a `keyring` command.
RUN_KEYRING = frozenset(("pip", "uv", "pipx"))


def environment(index: Index | None, environ: Mapping[str, str], *, publish: bool) -> dict[str, str]:
    """Return the variables to add to ``environ`` for installing, with ``publish`` for publishing too.

    Without an index these are the ones that do not depend on it.  Variables that are set already are left out.
    """
    return {
        name: value
        for group in _groups(index, environ, publish=publish)
        if not any(environ.get(conflict) for conflict in group.conflicts)
        for name, value in group.variables.items()
        if not environ.get(name)
    }


def with_password(index: Index, environ: Mapping[str, str], password: str) -> dict[str, str]:
    """Return the variables that give clients ``password``, which may replace those that `environment` returns.

    A client with other values in ``environ`` is left out.  For the environment of one command, and nothing else.
    """
    usual = {name: value for group in _groups(index, environ, publish=False) for name, value in group.variables.items()}
    url = index.url.replace("://", f"://{USERNAME}:{quote(password, safe='')}@", 1)
    fields = {"NAME": uv.variable_part(index.name), "password": password, "url_with_password": url}
    found: dict[str, str] = {}
    for client in CLIENTS:
        variables = _formatted(client.passwords.get(index.mode, {}), fields)
        if all(environ.get(name, "") in ("", usual.get(name), value, index.url) for name, value in variables.items()):
            found |= variables
    return found


def conflicts(index: Index | None, environ: Mapping[str, str], *, publish: bool) -> dict[str, str]:
    """Return the variables that `environment` leaves out, each with the variable in ``environ`` that is the reason."""
    found: dict[str, str] = {}
    for group in _groups(index, environ, publish=publish):
        conflict = next((conflict for conflict in group.conflicts if environ.get(conflict)), "")
        for name, value in group.variables.items():
            if environ.get(name) != value and (conflict or environ.get(name)):
                found[name] = name if environ.get(name) else conflict
    return found


def require_publishing_to(index: Index, command: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise ConfigurationError if ``command`` is a client's that would publish to another repository than ``index``."""
    program, arguments = arguments_of(command)
    for client in CLIENTS:
        if client.publish and client.name == program:
            require_target(program, client.publish, arguments, environ, index)


def warnings(index: Index | None, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield what to warn of when a command gets the ``variables`` that `environment` returns for ``index``."""
    if index and index.mode == EXTRA:
        yield EXTRA_WARNING
    if index and "UV_DEFAULT_INDEX" in variables and (registry := uv.other_registry(index.url)):
        # The file is the project's: it may hold any character.
        yield printable(
            f"uv.lock names {registry}, not {index.url}: `uv sync --locked` fails, and `uv sync` rewrites it; "
            "use the index mode credentials"
        )


def command_warnings(index: Index, command: Sequence[str], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield why ``command``, although its client is configured, fails or uses another index than ``index``."""
    program, arguments = arguments_of(command)
    checks = [*advice.check(program, arguments, index, environ)]
    path = programs.which(command[0], environ)
    if path and any(client.name == program and client.imports_keyring for client in CLIENTS):
        checks.append(keyring.check_beside(program, program, path, environ))
    yield from _as_lines(checks)


def obstacles(repository: Repository, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield why clients would not use the keyring, or not this backend, in a command with ``environ``."""
    checks = [*passwords.check(repository, environ)]
    if any(environ.get(f"{client}_KEYRING_PROVIDER") == "subprocess" for client in ("PIP", "UV")):
        checks += keyring.check(environ)
    yield from _as_lines(checks)


def _as_lines(checks: Iterable[Check]) -> Iterator[str]:
    """Yield the warnings among ``checks``; what they quote from files may hold any character."""
    return (printable(f"{check.message}; {check.remedy}") for check in checks if check.status == WARNING)


def check(index: Index, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield the checks of each client on PATH, and of what they share, for ``index``."""
    found = {client.name: path for client in CLIENTS if (path := programs.which(client.name, environ))}
    if not RUN_KEYRING.isdisjoint(found):
        yield from keyring.check(environ, index.url)
    yield from passwords.check(index.repository, environ)
    for client in CLIENTS:
        path = found.get(client.name)
        if path and client.imports_keyring:
            yield keyring.check_beside(client.name, programs.version(environ, path), path, environ)
        if path and client.check:
            yield from client.check(path, index, environ)


def _groups(index: Index | None, environ: Mapping[str, str], *, publish: bool) -> Iterator[Group]:
    fields = {"pip_provider": pip.provider(environ)}
    if index:
        fields |= {
            "name": index.name,
            # As uv and Poetry spell an index name in a variable's name.
            "NAME": uv.variable_part(index.name),
            "url": index.url,
            "url_with_user": index.url.replace("://", f"://{USERNAME}@", 1),
            "publish_url": index.publish_url,
        }
    for client in CLIENTS:
        groups = client.always
        if index:
            groups += client.installing.get(index.mode, ()) + (client.publishing if publish else ())
        for group in groups:
            yield group._replace(variables=_formatted(group.variables, fields))


def _formatted(variables: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    return {name.format_map(fields): value.format_map(fields) for name, value in variables.items()}
