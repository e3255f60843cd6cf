"""Which variables make a client ask the keyring for a repository?  None of them is secret."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

from keyrings.codeartifact.models import USERNAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyrings.codeartifact.config.environment import Target


class _Wiring(NamedTuple):
    """What a client is told, unless the user has set any of ``rivals``, which would no longer fit."""

    variables: Mapping[str, str]
    rivals: tuple[str, ...] = ()


def variables(target: Target | None, environ: Mapping[str, str], *, publish: bool) -> dict[str, str]:
    """Return what to add to ``environ`` for installing, with ``publish`` for publishing too; nothing that it has set.

    Without a target that is only what does not depend on one.
    """
    return {
        name: value
        for wiring in _wirings(target, environ, publish=publish)
        if not any(environ.get(rival) for rival in wiring.rivals)
        for name, value in wiring.variables.items()
        if not environ.get(name)
    }


def hindrances(target: Target | None, environ: Mapping[str, str], *, publish: bool) -> dict[str, str]:
    """Return the variables that a client is not told, and for each the one in ``environ`` that stands in the way."""
    found: dict[str, str] = {}
    for wiring in _wirings(target, environ, publish=publish):
        rival = next((rival for rival in wiring.rivals if environ.get(rival)), "")
        for name, value in wiring.variables.items():
            if environ.get(name) != value and (rival or environ.get(name)):
                found[name] = name if environ.get(name) else rival
    return found


def pip_provider(environ: Mapping[str, str]) -> str:
    """Return the provider by which pip finds a keyring: it runs no ``keyring`` command of its own environment."""
    path = environ.get("PATH", "")
    own = os.path.dirname(shutil.which("pip", path=path) or "")
    others = os.pathsep.join(folder for folder in path.split(os.pathsep) if folder != own)
    is_alone = bool(own and shutil.which("keyring", path=own) and not shutil.which("keyring", path=others))
    return "import" if is_alone else "subprocess"


def _wirings(target: Target | None, environ: Mapping[str, str], *, publish: bool) -> Iterator[_Wiring]:
    yield _Wiring({"PIP_KEYRING_PROVIDER": pip_provider(environ), "UV_KEYRING_PROVIDER": "subprocess"})
    if target is None:
        return
    # The user name is for pip before 26.2, which asks a `keyring` command for nothing without one.
    yield _Wiring({"PIP_INDEX_URL": target.index_url.replace("://", f"://{USERNAME}@", 1)})
    yield _Wiring({"UV_DEFAULT_INDEX": f"{target.index_name}={target.index_url}"}, ("UV_INDEX_URL",))
    yield _Wiring({f"UV_INDEX_{spelled(target.index_name)}_USERNAME": USERNAME})
    yield _Wiring({"PDM_PYPI_URL": target.index_url}, ("PDM_PYPI_USERNAME", "PDM_PYPI_PASSWORD"))
    if publish:
        yield from _publishing(target.publish_url, target.index_name)


def _publishing(url: str, name: str) -> Iterator[_Wiring]:
    """Tell each client where to publish as whom, unless it was told any of that: another's password would go there."""
    for where, who, rivals in (
        ("TWINE_REPOSITORY_URL", "TWINE_USERNAME", ("TWINE_REPOSITORY", "TWINE_PASSWORD")),
        ("UV_PUBLISH_URL", "UV_PUBLISH_USERNAME", ("UV_PUBLISH_INDEX", "UV_PUBLISH_PASSWORD", "UV_PUBLISH_TOKEN")),
        ("PDM_PUBLISH_REPO", "PDM_PUBLISH_USERNAME", ("PDM_PUBLISH_PASSWORD",)),
        ("HATCH_INDEX_REPO", "HATCH_INDEX_USER", ("HATCH_INDEX_AUTH",)),
        ("FLIT_INDEX_URL", "FLIT_USERNAME", ("FLIT_PASSWORD",)),
    ):
        yield _Wiring({where: url, who: USERNAME}, (where, who, *rivals))
    yield _Wiring({f"POETRY_REPOSITORIES_{spelled(name)}_URL": url})


def spelled(name: str) -> str:
    """Return an index' name as uv and Poetry spell it in a variable's."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
