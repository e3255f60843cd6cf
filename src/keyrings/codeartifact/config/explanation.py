"""Why the settings for a repository are what they are."""

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from keyrings.codeartifact._util.text import did_you_mean, redact
from keyrings.codeartifact.models import DEFAULT_CHAIN, Repository, Settings

from . import default_chain, environment, job_context, keyringrc
from .options import OPTIONS
from .settings import resolve

BUILT_IN = "built-in"
CHECK, DEBUG = "CODEARTIFACT_CHECK", "CODEARTIFACT_DEBUG"
# All variables of this package.
VARIABLES = {
    *(option.variable for option in OPTIONS.values()),
    *environment.VARIABLES,
    *(keyringrc.CONFIG, keyringrc.CONFIG_FILE, CHECK, DEBUG),
}


class ScoredSection(NamedTuple):
    """A section of the file: its score for a repository, None with a reason if it does not match."""

    name: str
    score: int | None
    mismatch: str
    applies: bool


class Explanation(NamedTuple):
    """What applies to ``repository``, why, and what is probably wrong; nothing in it is secret."""

    repository: Repository
    file: str
    file_exists: bool  # also if it is no file but a variable's text
    sections: tuple[ScoredSection, ...]
    tied: tuple[str, ...]  # the sections that match as well as the one that applies
    options: tuple[tuple[str, str, str], ...]  # each with its value as it may be shown, and where it was set
    settings: Settings
    identity: str  # in words
    warnings: list[str]


def explain(repository: Repository, environ: Mapping[str, str]) -> Explanation:
    """Return how `resolve` gets its result for ``repository``; raise ConfigurationError as it does."""
    file = keyringrc.load(environ)
    settings = resolve(repository, environ, file)
    match, *others = file.best_matches(repository) or (None,)
    tied = tuple(section.name for section in others if section)
    return Explanation(
        repository,
        file.origin,
        file.origin == keyringrc.CONFIG or os.path.exists(file.origin),
        tuple(
            ScoredSection(section.name, section.score(repository), section.mismatch(repository), section is match)
            for section in file.sections
        ),
        tied,
        tuple(_applied_options(settings)),
        settings,
        _identity(settings, environ),
        [
            *dict.fromkeys((*settings.warnings, *settings.hints)),
            *(f"section [{name}] matches as well as the one that applies: ties go to the first" for name in tied),
            *_unknown_variables(environ),
        ],
    )


def _identity(settings: Settings, environ: Mapping[str, str]) -> str:
    """Return the identity in words, with what the AWS default chain finds for it."""
    if settings.source.option:
        return settings.identity
    return settings.identity.replace(DEFAULT_CHAIN, f"{DEFAULT_CHAIN} ({default_chain.describe(environ)})", 1)


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    for variable in sorted(environ):
        is_ours = variable.startswith("CODEARTIFACT_") and not variable.startswith(job_context.INPUT_PREFIX)
        if is_ours and variable not in (*VARIABLES, job_context.ID_TOKEN):
            yield f"unknown variable {redact(variable)}{did_you_mean(variable, VARIABLES)}"


def _applied_options(settings: Settings) -> Iterator[tuple[str, str, str]]:
    values = settings.source.options()
    if role := settings.role:
        values |= {"role_arn": role.arn, "role_session_name": role.session_name, "external_id": role.external_id or ""}
    values |= {name: _as_text(getattr(settings, name)) for name, option in OPTIONS.items() if not option.group}
    for name in OPTIONS:
        if values.get(name):
            yield name, values[name], settings.origins.get(name, BUILT_IN)


def _as_text(value: object) -> str:
    """Return a value as it is written in the file, empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
