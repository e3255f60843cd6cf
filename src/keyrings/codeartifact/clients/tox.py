"""tox's settings in the working directory."""

import re
from collections.abc import Iterator, Mapping

from keyrings.codeartifact.models import OK, WARNING, Check, Repository

from .programs import read_text

_FILES = ("tox.ini", "tox.toml", "pyproject.toml", "setup.cfg")


def check(_path: str, _repository: Repository, _environ: Mapping[str, str]) -> Iterator[Check]:
    """Yield whether tox passes the variables that configure the keyring to its environments."""
    for name in _FILES:
        text = read_text(name)
        if text is None or not ("tox" in name or "tox" in text):
            continue
        passed = " ".join(re.findall(r"pass_?env\s*=(.*?)(?:\n\S|\Z)", text, re.DOTALL))
        if re.search(r"AWS_|CODEARTIFACT_|\*", passed):
            yield Check("tox", OK, f"{name} passes variables that configure the keyring")
        else:
            message = f"{name} passes no variable that configures the keyring"
            yield Check("tox", WARNING, message, "pass_env = AWS_*, CODEARTIFACT_*, XDG_CONFIG_HOME")
        return
