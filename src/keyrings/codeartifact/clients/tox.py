"""tox's settings in the working directory."""

import os
import re
from collections.abc import Iterator, Mapping

from keyrings.codeartifact.config.environment import Index
from keyrings.codeartifact.models import OK, WARNING, Check

from .programs import read_text

_FILES = ("tox.ini", "tox.toml", "pyproject.toml", "setup.cfg")


def check(_path: str, _index: Index, _environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield whether tox passes the variables that configure the keyring to its environments."""
    for name in _FILES:
        text = read_text(name)
        if text is None or not ("tox" in name or "tox" in text):
            continue
        passed = " ".join(re.findall(r"pass_?env\s*=(.*?)(?:\n\S|\Z)", text, re.DOTALL))
        if not re.search(r"AWS_|CODEARTIFACT_|\*", passed):
            message = f"{name} passes no variable that configures the keyring"
            yield Check("tox", WARNING, message, "pass_env = AWS_*, CODEARTIFACT_*, XDG_CONFIG_HOME")
        elif _builds_project(text) and not re.search(r"\bpkgenv\b|\benv_pkg_base\b", text):
            message = f"{name} passes variables to its environments, but not to the one that builds the project"
            remedy = "add [pkgenv] with the same pass_env and set_env (in TOML, env_pkg_base)"
            yield Check("tox", WARNING, message, remedy)
        else:
            yield Check("tox", OK, f"{name} passes variables that configure the keyring")
        return


def _builds_project(text: str) -> bool:
    """Return whether tox builds the project, for all that its settings say."""
    is_project = any(os.path.isfile(name) for name in ("setup.py", "pyproject.toml"))
    return is_project and not re.search(r"(?i)\b(?:skip_?install|skip_?sdist|no_package)\s*=\s*true", text)
