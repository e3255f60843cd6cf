"""With which settings is a token asked for, and where does each of them come from?

Four layers, the highest first: the environment, the most specific matching section, the ``[codeartifact]`` defaults,
the built-in values.  Two groups of options move as one: the highest layer that sets any option of a group replaces the
whole group, so that one identity is never put together from two places.
"""

from __future__ import annotations

import os

from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.errors import ConfigurationError, redacted
from keyrings.codeartifact.models import Repository, Settings

from . import environment as target
from . import identity, keyringrc
from .options import BUILT_IN, OPTIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from .options import Option

# Where container engines mount the secret of that name.
MOUNTED_TOKEN = "/run/secrets/CODEARTIFACT_AUTH_TOKEN"  # noqa: S105 - a path
MOUNTED_ORIGIN = "the mounted secret"


class _Layer(NamedTuple):
    """The options that one place sets, as text; None where it says that there shall be none."""

    options: Mapping[str, str | None]
    origins: Mapping[str, str]


def resolve(
    repository: Repository, environ: Mapping[str, str] = os.environ, file: keyringrc.KeyringRC | None = None
) -> Settings:
    """Return the settings that hold for ``repository``; ``file`` is what ``environ`` names, read if it is not given.

    Raises ConfigurationError where the configuration cannot be read, or what it says for this repository not be used.
    """
    file = file or keyringrc.load(environ)
    winner, *_ = file.winners(repository) or (None,)
    spoken = [section for section in (winner, file.defaults) if section]
    environment, hints = _environment(environ, repository)
    values, origins = _merge([environment, *(_section(section, file.origin) for section in spoken)])
    source = identity.source(values, origins)
    role = identity.role(values, origins, environ)
    identity.check(source, role, origins)
    warnings = [
        f"section [{section.name}] of {file.origin} never matches: {section.fault}"
        for section in file.sections
        if section.fault
    ] + [
        f"{_place(section, file.origin)} sets the unknown option {keyringrc.shown(name)}"
        for section in spoken
        for name in section.options
        if name not in OPTIONS
    ]
    settings: dict[str, Any] = {
        name: values.get(name, BUILT_IN.get(name)) for name, option in OPTIONS.items() if not option.group
    }
    return Settings(
        source=source,
        role=role,
        section=winner.name if winner else None,
        origins=origins,
        warnings=tuple(warnings),
        hints=hints,
        **settings,
    )


def sections_of_the_machine(environ: Mapping[str, str], file: keyringrc.KeyringRC) -> list[str]:
    """Return the names of the sections, the defaults' among them, that would ask as the machine that this runs on.

    That is by the AWS default chain, a profile, a web identity's file, or keys in the environment; a ready token, a
    CI's OIDC token and the keys of a file are the job's.  What is set decides, and not whether it can be used now.
    """
    environment, _ = _environment(environ, Repository("", "", ""))
    sections = (file.defaults, *file.sections)
    return [
        section.name
        for section in sections
        if _is_the_machine(environment, *(_section(one, file.origin) for one in (section, file.defaults)))
    ]


def _is_the_machine(environment: _Layer, *layers: _Layer) -> bool:
    for layer in (environment, *layers):
        given = [name for name, option in OPTIONS.items() if option.group == "source" and name in layer.options]
        if given:
            # In this order the first that is one counts.
            first = next((name for name in given if layer.options[name]), None)
            return first in (None, *identity.MACHINE, *(identity.KEYS if layer is environment else ()))
    return True


def _environment(environ: Mapping[str, str], repository: Repository) -> tuple[_Layer, tuple[str, ...]]:
    """Return what the environment sets, and what to tell of it in case of a failure: what is empty there is not set.

    A ready token is for the domain that the environment names, and for no other.
    """
    found = {name: option.variable for name, option in OPTIONS.items() if environ.get(option.variable)}
    options: dict[str, str | None] = {name: environ[variable] for name, variable in found.items()}
    named = target.named_domain(environ)
    is_bound = named is not None and all(
        wanted in ("", is_) for wanted, is_ in zip(named[:3], repository[:3], strict=True)
    )
    hints = []
    if "auth_token" in options and not is_bound:
        del options["auth_token"]
        which = f"{target.INDEX_URL} or {target.DOMAIN}"
        why = f"it is for the domain that {which} names" if named else f"set {which} to say for which domain it is"
        hints.append(f"{found['auth_token']} was left alone: {why}")
    if named is not None and not is_bound:
        if options.pop("auth_token_file", None) or os.path.lexists(MOUNTED_TOKEN):
            which = f"{target.INDEX_URL} or {target.DOMAIN}"
            hints.append(f"a file with a token was left alone: it is for the domain that {which} names")
    elif not {"auth_token", "auth_token_file"} & set(options) and os.path.lexists(MOUNTED_TOKEN):
        options["auth_token_file"] = MOUNTED_TOKEN
        found["auth_token_file"] = MOUNTED_ORIGIN
    return _Layer(options, found), tuple(hints)


def _section(section: keyringrc.Section, file: str) -> _Layer:
    """Return what a section sets: what is empty there is set to none."""
    options = {name: text or None for name, text in section.options.items() if name in OPTIONS}
    return _Layer(options, dict.fromkeys(options, _place(section, file)))


def _place(section: keyringrc.Section, file: str) -> str:
    return f"[{section.name}] of {file}"


def _merge(layers: Iterable[_Layer]) -> tuple[dict[str, Any], dict[str, str]]:
    """Lay ``layers`` over each other, the highest first; return the values and where each comes from."""
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    settled: set[str] = set()
    for layer in layers:
        for name, text in layer.options.items():
            # Read in any case: a mistake is reported even where a higher layer covers it today.
            value = None if text is None else _read(OPTIONS[name], text, layer.origins[name])
            if (OPTIONS[name].group or name) in settled:
                continue
            origins[name] = layer.origins[name]
            if value is not None:
                values[name] = value
        settled.update(OPTIONS[name].group or name for name in layer.options)
    return values, origins


def _read(option: Option, text: str, origin: str) -> Any:
    try:
        return option.read(text)
    except ValueError:
        shown = "cannot be used" if option.private else f"cannot be {redacted(text)[:80]!r}"
        where = origin if origin == option.variable else f"{option.name} in {origin}"
        raise ConfigurationError(f"{where} {shown}", f"accepted: {option.accepted}") from None
