"""The settings files to write: those of the clients, and keyring's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keyrings.codeartifact._util.text import redact
from keyrings.codeartifact.clients import CLIENTS
from keyrings.codeartifact.clients.settings_files import Setting, SettingsFile
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from keyrings.codeartifact.clients.settings_files import Wanted
    from keyrings.codeartifact.models import Repository

TOOLS = tuple(client.name for client in CLIENTS if client.user_settings)


def of_clients(tools: Collection[str], wanted: Wanted) -> list[SettingsFile]:
    """Return the files of ``tools``; two that share a file get it once."""
    files = (find(wanted) for client in CLIENTS if client.name in tools for find in client.user_settings)
    return list(dict.fromkeys(files))


def of_project(tools: Collection[str], wanted: Wanted) -> SettingsFile:
    """Return the settings of those ``tools`` that have any in a project's pyproject.toml, as those of one file.

    Raises ConfigurationError if none has.
    """
    found = [client.project_settings(wanted) for client in CLIENTS if client.name in tools and client.project_settings]
    if not found:
        names = ", ".join(client.name for client in CLIENTS if client.project_settings)
        raise ConfigurationError(
            "CA801", "none of these clients has settings in a project", f"name one with --tool: {names}"
        )
    return SettingsFile(found[0].path, tuple(setting for file in found for setting in file.settings))


def of_keyring(repository: Repository, options: Mapping[str, str], environ: Mapping[str, str]) -> SettingsFile:
    """Return keyring's file, with a section for the domain of ``repository`` that sets ``options``.

    Raises ConfigurationError for an invalid value, and if ``environ`` sets the configuration itself.
    """
    if environ.get(keyringrc.CONFIG):
        raise ConfigurationError(
            "CA804",
            f"{keyringrc.CONFIG} is set, and replaces the file that --profile and --duration-seconds are written to",
            "unset it, or add the options to it",
        )
    for name, text in options.items():
        try:
            OPTIONS[name].parse(text)
        except ValueError:
            raise ConfigurationError(
                "CA205", f"{name} cannot be {redact(text)[:80]!r}", f"expected: {OPTIONS[name].form}"
            ) from None
    file = keyringrc.load(environ)
    domain, domain_owner, region, _ = repository
    qualifiers = {"domain": domain, "account": domain_owner, "region": region}
    new = " ".join((keyringrc.DEFAULTS, *(f'{key}="{value}"' for key, value in qualifiers.items())))
    name = next((section.name for section in file.sections if section.qualifiers == qualifiers), new)
    return SettingsFile(file.origin, tuple(Setting((name, option), text) for option, text in options.items()))
