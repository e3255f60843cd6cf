"""What do the inputs of a CI's step ask for?  A configuration file, and a repository that the later steps mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from keyrings.codeartifact.config import environment as target
from keyrings.codeartifact.config import keyringrc
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.errors import ConfigurationError, redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from keyrings.codeartifact.config.environment import Target

# By which an include hands its inputs to a job, and in which GitLab puts the job's OIDC token then.
VARIABLE, ID_TOKEN = "CODEARTIFACT_INPUT_", "CODEARTIFACT_ID_TOKEN"
# What is written into the file's defaults, and what names the repository.
_ROLE, _KEYRINGRC = "role-to-assume", "keyringrc"
# In which an include hands over its inputs as they are written, before variables in them are expanded: NAME TEXT lines.
_WRITTEN = "written"
# What is there in any case, and means something with a role.
_WITH_ROLE = {"audience": "sts.amazonaws.com", "oidc-token-variable": ID_TOKEN}
# What an include sets by itself, and why.
_CALLED = {"oidc-token-variable": _ROLE}
_OPTIONS = {
    _ROLE: "role_arn",
    "role-session-name": "role_session_name",
    "audience": "oidc_audience",
    "oidc-token-variable": "oidc_token_variable",
    "token-duration-seconds": "token_duration",
}
_PLACES = {
    "index-url": target.INDEX_URL,
    "domain": target.DOMAIN,
    "domain-owner": target.OWNER,
    "repository": target.REPOSITORY,
    "aws-region": target.REGIONS[0],
    "endpoint-type": target.ENDPOINT_TYPE,
    "index-name": target.INDEX_NAME,
}
# All that there are.
NAMES = (*_OPTIONS, *_PLACES, _KEYRINGRC, "publish", "output-token", "check")
_NAMES = {variable: f"the input {name}" for name, variable in _PLACES.items()}
_SWITCHES = {"true": True, "false": False}


def check_expanded(inputs: Mapping[str, str]) -> None:
    """Raise ConfigurationError for an input that was written as a variable, and is nothing now."""
    for line in inputs.get(_WRITTEN, "").splitlines():
        name, _, written = line.partition(" ")
        if "$" in written and not inputs.get(name, "").strip():
            raise ConfigurationError(
                f"the input {name} is {redacted(written)[:80]!r}, which is not set for this job",
                "set that variable; a protected one is set on protected branches and tags only",
            )


def options(inputs: Mapping[str, str]) -> dict[str, str]:
    """Return the options that ``inputs`` set, with their texts, by the inputs' names.

    An empty input is none, and without a role there is no OIDC.  Raises ConfigurationError for what cannot be used.
    """
    given = {name: inputs[name].strip() for name in _OPTIONS if inputs.get(name, "").strip()}
    if _ROLE not in given:
        given = {name: text for name, text in given.items() if text != _WITH_ROLE.get(name)}
        for name in ("audience", "role-session-name"):
            if name in given:
                raise ConfigurationError(f"the input {name} stands alone", f"set {_ROLE} too, or remove it")
    for name, text in given.items():
        option = OPTIONS[_OPTIONS[name]]
        try:
            option.read(text)
        except ValueError:
            raise _unusable(name, "" if option.private else text, option.accepted) from None
    return given


def configuration(inputs: Mapping[str, str]) -> str:
    """Return the text of a keyringrc.cfg: the input ``keyringrc``, below it what the others say as its defaults.

    Raises ConfigurationError where either cannot be used, or both set defaults.
    """
    own, given = inputs.get(_KEYRINGRC, ""), options(inputs)
    theirs = keyringrc.parse(own, f"the input {_KEYRINGRC}")
    if not given:
        return own
    if theirs.defaults.options:
        others = " and ".join(dict.fromkeys(map(_called, given)))
        raise ConfigurationError(
            f"the input {_KEYRINGRC} sets options in [{keyringrc.DEFAULTS}], where {others} belong, too",
            "set them in one of the two places",
        )
    defaults = {_OPTIONS[name]: text for name, text in given.items()}
    # Below, for what is indented would go on with an option above.
    lines = (f"[{keyringrc.DEFAULTS}]", *(f"{option} = {text}" for option, text in defaults.items()))
    text = "\n".join((own, *lines, ""))
    # What it means is what was meant: a text may begin with a comment's sign.
    written = keyringrc.parse(text, "what is written")
    for name, option in _OPTIONS.items():
        if written.defaults.options.get(option) != defaults.get(option):
            raise _unusable(name, "", OPTIONS[option].accepted)
    return text


def named(text: str, inputs: Mapping[str, str]) -> str:
    """Return what is said of options with the names of the inputs that have set them."""
    for name in options(inputs):
        text = re.sub(rf"\b{_OPTIONS[name]}\b", f"the input {name}", text)
    return text


def find(inputs: Mapping[str, str], environ: Mapping[str, str]) -> Target | None:
    """Return the target that ``inputs`` name, else the one that ``environ`` does, None if neither does.

    Raises ConfigurationError where half of one is named, or two.
    """
    given = {_PLACES[name]: inputs[name].strip() for name in _PLACES if inputs.get(name, "").strip()}
    parts = [variable for variable in (target.DOMAIN, target.OWNER, target.REPOSITORY) if variable in given]
    if target.INDEX_URL in given and parts:
        raise ConfigurationError(f"{_NAMES[target.INDEX_URL]} and {_NAMES[parts[0]]} stand together", "remove either")
    if target.INDEX_URL in given or parts:
        regions = {name: environ[name] for name in target.REGIONS if environ.get(name)}
        return target.find({**regions, **given}, _NAMES)
    return target.find({**environ, **given}, {variable: _NAMES[variable] for variable in given})


def switch(inputs: Mapping[str, str], name: str) -> bool:
    """Return whether the input ``name`` is on; raise ConfigurationError if nobody can tell."""
    text = inputs.get(name, "").strip().lower()
    if text and text not in _SWITCHES:
        raise _unusable(name, text, " or ".join(_SWITCHES))
    return _SWITCHES.get(text, False)


def overruled(inputs: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs that do not count, by name, and the variable in ``environ`` that goes before each."""
    found: dict[str, str] = {}
    for name in options(inputs):
        mine = OPTIONS[_OPTIONS[name]]
        for other in OPTIONS.values():
            is_rival = other.name == mine.name or (other.group and other.group == mine.group)
            if is_rival and environ.get(other.variable):
                found.setdefault(_called(name), other.variable)
    return found


def _called(name: str) -> str:
    return _CALLED.get(name, name)


def _unusable(name: str, text: str, accepted: str) -> ConfigurationError:
    shown = f"cannot be {redacted(re.sub('[^ -~]', '?', text))[:80]!r}" if text else "cannot be used"
    return ConfigurationError(f"the input {name} {shown}", f"accepted: {accepted}")
