"""The settings for a repository, merged from four layers.

From the highest: the environment, the matching section with the most qualifiers, the ``[codeartifact]`` defaults, the
built-in values.  Two groups of options are replaced as a whole by the highest layer that sets any of them, so that
credentials never come from two places.
"""

from __future__ import annotations

import os
import time

from keyrings.codeartifact._util.text import did_you_mean, redact, rfc3339
from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.models import Repository, Settings

from . import environment, identity, job_context, keyringrc, preissued
from .options import OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, TypeAlias

    from keyrings.codeartifact.models import Source

    from .options import Option

    # The options of one place: the text of each, None where it unsets one, and where it is set.
    Layer: TypeAlias = dict[str, tuple[str | None, str]]

# Where container engines mount the secret of that name.
MOUNTED_TOKEN = "/run/secrets/CODEARTIFACT_AUTH_TOKEN"  # noqa: S105 - a path
MOUNTED_ORIGIN = "the mounted secret"
_DOMAIN_VARIABLES = f"{environment.INDEX_URL} or {environment.DOMAIN}"


def resolve(
    repository: Repository,
    environ: Mapping[str, str],
    file: keyringrc.KeyringRC | None = None,
    *,
    is_new_wanted: bool = False,
    session: Source | None = None,
) -> Settings:
    """Return the settings for ``repository``; ``file`` is the configuration that ``environ`` names, by default loaded.

    A pre-issued token that has expired is skipped, with ``is_new_wanted`` any.  ``session`` replaces the source and the
    role that are configured.  Raises ConfigurationError if the file cannot be read, or if what applies to this
    repository is invalid.
    """
    file = file or keyringrc.load(environ)
    match, *_ = file.best_matches(repository) or (None,)
    applied = [section for section in (match, file.defaults) if section]
    layer, hints = _environment_layer(environ, repository)
    layers = [layer, *(_section_layer(section, file.origin) for section in applied)]
    if session:
        hints = ()
        layers = [{name: one for name, one in layer.items() if not OPTIONS[name].group} for layer in layers]
    values, origins = _merge(layers)
    source = identity.source(values, origins)
    expired = []
    while source.is_preissued_token and ((problem := _expiry(source, environ)) or is_new_wanted):
        expired += [problem] if problem else []
        skipped = source.option, source.origin
        layers = [{name: one for name, one in layer.items() if (name, one[1]) != skipped} for layer in layers]
        values, origins = _merge(layers)
        source = identity.source(values, origins)
    role = identity.role(source, values, origins, environ)
    warnings = [
        f"section [{section.name}] of {file.origin} never matches: {section.problem}"
        for section in file.sections
        if section.problem
    ] + [
        f"{_place(section, file.origin)} sets the unknown option {keyringrc.printable_option(name)}"
        + did_you_mean(name, OPTIONS)
        for section in applied
        for name in section.options
        if name not in OPTIONS
    ]
    warnings += expired
    return Settings(
        source=session or source,
        role=role,
        section=match.name if match else None,
        origins=origins,
        warnings=tuple(warnings),
        hints=(*hints, *expired),
        **{name: values.get(name, option.default) for name, option in OPTIONS.items() if not option.group},
    )


def _expiry(token: Source, environ: Mapping[str, str]) -> str:
    """Return that a pre-issued token has expired, empty if it has not, or may not have.

    Raises ConfigurationError in a job of a fork, where what comes next may be an identity of the machine.
    """
    expires = preissued.expiry(token)
    if expires is None or expires > time.time():
        return ""
    problem = f"the token in {token.origin} expired at {rfc3339(expires)}"
    if job_context.is_from_fork(environ) is not False:
        raise ConfigurationError("CA209", problem, "set a new one")
    return f"{problem}, and is ignored"


def sections_with_machine_identity(environ: Mapping[str, str], file: keyringrc.KeyringRC) -> list[str]:
    """Return the names of the sections, the defaults included, that use an identity of the machine, not of the job.

    The machine's are the AWS default chain, a profile, a web identity's file, and keys in the environment; the job's
    are a pre-issued token, a CI's OIDC token, and keys in the file.  What is set counts, usable or not.
    """
    layer, _ = _environment_layer(environ, Repository("", "", ""))
    sections = (file.defaults, *file.sections)
    return [
        section.name
        for section in sections
        if _is_machine_identity(layer, *(_section_layer(one, file.origin) for one in (section, file.defaults)))
    ]


def _is_machine_identity(environment_layer: Layer, *layers: Layer) -> bool:
    for layer in (environment_layer, *layers):
        names = [name for name, option in OPTIONS.items() if option.group == "source" and name in layer]
        if names:
            # In the order of precedence.
            first = next((name for name in names if layer[name][0]), None)
            keys = identity.STATIC_KEYS if layer is environment_layer else ()
            return first in (None, *identity.MACHINE_IDENTITY, *keys)
    return True


def _environment_layer(environ: Mapping[str, str], repository: Repository) -> tuple[Layer, tuple[str, ...]]:
    """Return what the environment sets, where empty is unset, and hints on tokens that it ignores.

    A token that is set there applies only to the domain that the environment names.  A file or a secret with a token
    applies to every domain if it names none.
    """
    layer: Layer = {
        name: (environ[option.variable], option.variable)
        for name, option in OPTIONS.items()
        if environ.get(option.variable)
    }
    named = environment.named_domain(environ)
    is_named = named is not None and all(
        wanted in ("", actual) for wanted, actual in zip(named[:3], repository[:3], strict=True)
    )
    applies = f"it applies to the domain that {_DOMAIN_VARIABLES} names"
    hints = []
    if "auth_token" in layer and not is_named:
        _, variable = layer.pop("auth_token")
        why = applies if named else f"set {_DOMAIN_VARIABLES} to say for which domain it is"
        hints.append(f"ignored {variable}: {why}")
    is_mounted = os.path.lexists(MOUNTED_TOKEN)
    if named is not None and not is_named:
        if layer.pop("auth_token_file", None) or is_mounted:
            hints.append(f"ignored a file with a token: {applies}")
        if secret := layer.pop("auth_token_secret", None):
            hints.append(f"ignored {secret[1]}: {applies}")
    elif is_mounted and not {"auth_token", "auth_token_file"} & set(layer):
        layer["auth_token_file"] = (MOUNTED_TOKEN, MOUNTED_ORIGIN)
    return layer, tuple(hints)


def _section_layer(section: keyringrc.Section, file: str) -> Layer:
    """Return what a section sets, where empty means none."""
    place = _place(section, file)
    return {name: (text or None, place) for name, text in section.options.items() if name in OPTIONS}


def _place(section: keyringrc.Section, file: str) -> str:
    return f"[{section.name}] of {file}"


def _merge(layers: Iterable[Layer]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the values of ``layers``, the highest first, and where each was set."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    settled: set[str] = set()
    for layer in layers:
        for name, (text, origin) in layer.items():
            # Also validates what a higher layer overrides.
            value = None if text is None else _parse(OPTIONS[name], text, origin)
            if (OPTIONS[name].group or name) in settled:
                continue
            origins[name] = origin
            if value is not None:
                values[name] = value
        settled.update(OPTIONS[name].group or name for name in layer)
    return values, origins


def _parse(option: Option, text: str, origin: str) -> Any:
    try:
        return option.parse(text)
    except ValueError:
        problem = "is invalid" if option.sensitive else f"cannot be {redact(text)[:80]!r}"
        where = origin if origin == option.variable else f"{option.name} in {origin}"
        raise ConfigurationError("CA205", f"{where} {problem}", f"expected: {option.form}") from None
