"""Why are the settings for a repository what they are?"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from keyrings.codeartifact.ci import inputs
from keyrings.codeartifact.errors import redacted

from . import environment as target
from . import identity, keyringrc
from .options import OPTIONS
from .settings import resolve

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyrings.codeartifact.models import Repository, Settings

_BUILT_IN = "built-in"
# All variables that mean something.
VARIABLES = {
    *(option.variable for option in OPTIONS.values()),
    *(target.INDEX_URL, target.DOMAIN, target.OWNER, target.REPOSITORY, target.REGIONS[0]),
    *(target.ENDPOINT_TYPE, target.INDEX_NAME),
    *("CODEARTIFACT_CONFIG", "CODEARTIFACT_CONFIG_FILE", "CODEARTIFACT_CHECK", "CODEARTIFACT_DEBUG"),
}


class Candidate(NamedTuple):
    """A section of the file: its score for a repository, or the objection that keeps it from having one."""

    name: str
    score: int | None
    objection: str
    wins: bool


class Choice(NamedTuple):
    """An option: its value as it may be shown, and where it comes from."""

    option: str
    value: str
    origin: str


class Explanation(NamedTuple):
    """What was decided for ``repository``, and why; nothing in it is secret.

    ``tied`` are the sections that would have won if they had stood first, ``strays`` variables that mean nothing.
    """

    repository: Repository
    file: str
    candidates: tuple[Candidate, ...]
    tied: tuple[str, ...]
    choices: tuple[Choice, ...]
    identity: str
    settings: Settings
    strays: tuple[str, ...]

    @property
    def warnings(self) -> list[str]:
        """What is odd about the configuration."""
        strays = [f"the variable {redacted(name)} means nothing" for name in self.strays]
        ties = [f"section [{name}] fits as well as the one that wins: the first in the file does" for name in self.tied]
        return [*self.settings.warnings, *self.settings.hints, *ties, *strays]


def explain(repository: Repository, environ: Mapping[str, str]) -> Explanation:
    """Explain what `resolve` makes of ``environ`` for ``repository``; raise ConfigurationError as it does."""
    file = keyringrc.load(environ)
    settings = resolve(repository, environ, file)
    winner, *tied = file.winners(repository) or (None,)
    candidates = (
        Candidate(section.name, section.score(repository), section.objection(repository), section is winner)
        for section in file.sections
    )
    return Explanation(
        repository,
        file.origin,
        tuple(candidates),
        tuple(section.name for section in tied if section),
        tuple(_choices(settings)),
        _identity(settings),
        settings,
        tuple(filter(_is_stray, sorted(environ))),
    )


def _is_stray(name: str) -> bool:
    is_ours = name.startswith("CODEARTIFACT_")
    return is_ours and name not in (*VARIABLES, inputs.ID_TOKEN) and not name.startswith(inputs.VARIABLE)


def _identity(settings: Settings) -> str:
    who = identity.describe(settings.source, settings.origins)
    return f"{who}, as {settings.role.arn}" if settings.role else who


def _choices(settings: Settings) -> Iterator[Choice]:
    values = identity.shown(settings.source, settings.role, settings.origins)
    values |= {name: _written(getattr(settings, name)) for name, option in OPTIONS.items() if not option.group}
    for name in OPTIONS:
        if values.get(name):
            yield Choice(name, values[name], settings.origins.get(name, _BUILT_IN))


def _written(value: object) -> str:
    """Return a value as one writes it into the file, empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
