"""Commands of configured clients that still fail, or use another index than one expects."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from keyrings.codeartifact import index_url
from keyrings.codeartifact.config.environment import REPLACE, Index
from keyrings.codeartifact.models import WARNING, Check

from . import build, poetry
from .programs import project_file, read_text

_LOGIN = "run `keyrings-codeartifact login --project --write --tool {}` in the project first"
# What makes `build` install nothing, or with uv.
_OTHER_BUILDS = frozenset(("--no-isolation", "-n", "--installer=uv", "uv"))


def check(program: str, arguments: Sequence[str], index: Index, environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield warnings about ``program`` with ``arguments``, which installs from ``index`` with ``environ``."""
    if found := _ADVICE.get(program):
        yield from found(arguments, index, environ)


def _build(arguments: Sequence[str], index: Index, environ: Mapping[str, str]) -> Iterator[Check]:
    if _OTHER_BUILDS.isdisjoint(arguments):
        yield from build.check("build", index, environ)


def _pip(arguments: Sequence[str], _: Index, __: Mapping[str, str]) -> Iterator[Check]:
    if any(argument.partition("=")[0] == "--keyring-provider" for argument in arguments):
        message = "pip does not apply --keyring-provider to the installation of build requirements"
        yield Check("pip", WARNING, message, "remove the option: PIP_KEYRING_PROVIDER is set, and applies to all")


def _poetry(arguments: Sequence[str], index: Index, _: Mapping[str, str]) -> Iterator[Check]:
    is_source_named = any(argument.startswith("--source") for argument in arguments)
    is_known = any(index_url.parse_repository(url) == index.repository for url in poetry.sources())
    if "add" in arguments and not is_source_named and not is_known:
        message = f"`poetry add` does not use {index.name}: pyproject.toml has no such source"
        yield Check("poetry", WARNING, message, _LOGIN.format("poetry"))


def _uv(arguments: Sequence[str], index: Index, _: Mapping[str, str]) -> Iterator[Check]:
    project = read_text(project_file("pyproject.toml") or "") or ""
    if "add" in arguments[:1] and index.mode == REPLACE and index.url.rstrip("/") not in project:
        message = "`uv add` writes the index to pyproject.toml without `authenticate`: elsewhere, uv gets a 401 from it"
        yield Check("uv", WARNING, message, _LOGIN.format("uv"))


_ADVICE: Mapping[str, Callable[[Sequence[str], Index, Mapping[str, str]], Iterator[Check]]] = {
    "build": _build,
    "pip": _pip,
    "poetry": _poetry,
    "pyproject-build": _build,
    "uv": _uv,
}
