"""The settings that make clients query the keyring, in the files where they keep them for a user or a project."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from platformdirs import user_config_dir

from keyrings.codeartifact.config.environment import CREDENTIALS, EXTRA, REPLACE
from keyrings.codeartifact.models import USERNAME

if TYPE_CHECKING:
    from keyrings.codeartifact.config.environment import Index

# In ``keys``, the start of the one that selects a table of an array of tables by its name.
NAMED = "name="
_PYPROJECT = "pyproject.toml"


class Setting(NamedTuple):
    """The ``value`` of the setting at ``keys``: section and option, or the keys of nested tables.

    With ``is_listed`` it is one of the words of a list, whose others stay.
    """

    keys: tuple[str, ...]
    value: str | bool
    is_listed: bool = False


class SettingsFile(NamedTuple):
    """Settings of one file, TOML if its name ends in ``.toml``, otherwise of configparser's form."""

    path: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True)
class Wanted:
    """What to set up: the index, and whether to publish to it by default."""

    index: Index
    publish: bool

    @property
    def mode(self) -> str:
        """The mode of the index."""
        return self.index.mode

    @property
    def url_with_user(self) -> str:
        """The URL to install from, for clients that query a keyring only if they know the user name."""
        return _with_user(self.index.url)


def pip(wanted: Wanted) -> SettingsFile:
    """Return pip's settings.  Source: pip's documentation, "Configuration"."""
    settings = [Setting(("global", "keyring-provider"), "subprocess")]
    if wanted.mode == REPLACE:
        settings.append(Setting(("global", "index-url"), wanted.url_with_user))
    elif wanted.mode == EXTRA:
        settings.append(Setting(("global", "extra-index-url"), wanted.url_with_user, is_listed=True))
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    folder = user_config_dir("pip", appauthor=False, roaming=True)
    if sys.platform == "darwin" and not os.path.isdir(folder):
        folder = os.path.expanduser("~/.config/pip")
    return SettingsFile(os.path.join(folder, name), tuple(settings))


def uv(wanted: Wanted) -> SettingsFile:
    """Return uv's settings.  Source: uv's documentation, "Configuration files" and "Package indexes"."""
    index, table = wanted.index, ("index", f"{NAMED}{wanted.index.name}")
    settings = [
        Setting(("keyring-provider",), "subprocess"),
        *([Setting(("publish-url",), _with_user(index.publish_url))] if wanted.publish else []),
        Setting((*table, "url"), index.url),
        Setting((*table, "publish-url"), _with_user(index.publish_url)),
        Setting((*table, "authenticate"), "always"),
    ]
    if wanted.mode != EXTRA:
        settings.append(Setting((*table, "default" if wanted.mode == REPLACE else "explicit"), value=True))
    folder = os.environ.get("APPDATA") if os.name == "nt" else os.environ.get("XDG_CONFIG_HOME")
    path = os.path.join(folder or os.path.expanduser("~/.config"), "uv", "uv.toml")
    return SettingsFile(os.environ.get("UV_CONFIG_FILE") or path, tuple(settings))


def pypirc(wanted: Wanted) -> SettingsFile:
    """Return the settings of twine and Flit.  Source: PyPA specifications, "The .pypirc file"."""
    name = wanted.index.name
    settings = (
        # Without it, clients know both this one and theirs.
        Setting(("distutils", "index-servers"), "pypi", is_listed=True),
        Setting(("distutils", "index-servers"), name, is_listed=True),
        Setting((name, "repository"), wanted.index.publish_url),
        Setting((name, "username"), USERNAME),
    )
    return SettingsFile(os.path.expanduser("~/.pypirc"), settings)


def poetry(wanted: Wanted) -> SettingsFile:
    """Return Poetry's settings, which are for publishing: a project names what to install from.

    Source: Poetry's documentation, "Configuration".
    """
    folder = os.environ.get("POETRY_CONFIG_DIR") or user_config_dir("pypoetry", appauthor=False, roaming=True)
    settings = (Setting(("repositories", wanted.index.name, "url"), wanted.index.publish_url),)
    return SettingsFile(os.path.join(folder, "config.toml"), settings)


def pdm(wanted: Wanted) -> SettingsFile:
    """Return PDM's settings.  Source: PDM's documentation, "Configurations"."""
    repository = ("repository", wanted.index.name)
    settings = [
        Setting((*repository, "url"), wanted.index.publish_url),
        Setting((*repository, "username"), USERNAME),
    ]
    if wanted.mode != CREDENTIALS:
        table = ("pypi",) if wanted.mode == REPLACE else ("pypi", wanted.index.name)
        settings.append(Setting((*table, "url"), wanted.index.url))
    path = os.environ.get("PDM_CONFIG_FILE") or os.path.join(user_config_dir("pdm"), "config.toml")
    return SettingsFile(path, tuple(settings))


def hatch(wanted: Wanted) -> SettingsFile:
    """Return Hatch's settings, which are for publishing: it installs with pip or uv.

    Source: Hatch's documentation, "Publishing".
    """
    publish = ("publish", "index")
    table = (*publish, "repos", wanted.index.name)
    settings = [Setting((*table, "url"), wanted.index.publish_url), Setting((*table, "user"), USERNAME)]
    if wanted.publish:
        settings.append(Setting((*publish, "repo"), wanted.index.name))
    path = os.path.join(user_config_dir("hatch", appauthor=False), "config.toml")
    return SettingsFile(os.environ.get("HATCH_CONFIG") or path, tuple(settings))


def uv_project(wanted: Wanted) -> SettingsFile:
    """Return the settings of a project of uv.  Source: uv's documentation, "Package indexes"."""
    settings = (setting._replace(keys=("tool", "uv", *setting.keys)) for setting in uv(wanted).settings)
    return SettingsFile(_PYPROJECT, tuple(settings))


def poetry_project(wanted: Wanted) -> SettingsFile:
    """Return the settings of a project of Poetry.  Source: Poetry's documentation, "Repositories"."""
    priority = {REPLACE: "primary", EXTRA: "supplemental", CREDENTIALS: "explicit"}[wanted.mode]
    table = ("tool", "poetry", "source", f"{NAMED}{wanted.index.name}")
    settings = (Setting((*table, "url"), wanted.index.url), Setting((*table, "priority"), priority))
    return SettingsFile(_PYPROJECT, settings)


def pdm_project(wanted: Wanted) -> SettingsFile:
    """Return the settings of a project of PDM, whose default index is the source ``pypi``.

    Source: PDM's documentation, "Configure the package indexes".
    """
    name = "pypi" if wanted.mode == REPLACE else wanted.index.name
    return SettingsFile(_PYPROJECT, (Setting(("tool", "pdm", "source", f"{NAMED}{name}", "url"), wanted.index.url),))


def hatch_project(wanted: Wanted) -> SettingsFile:
    """Return the settings of a project of Hatch.  Source: Hatch's documentation, "Publishing"."""
    settings = (setting._replace(keys=("tool", "hatch", *setting.keys)) for setting in hatch(wanted).settings)
    return SettingsFile(_PYPROJECT, tuple(settings))


def _with_user(url: str) -> str:
    return url.replace("://", f"://{USERNAME}@", 1)
