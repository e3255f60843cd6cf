"""The inputs of the action and the include: a configuration file, and the repository of the later steps."""

import re
from collections.abc import Mapping

from keyrings.codeartifact._util.text import redact
from keyrings.codeartifact.config import environment, keyringrc
from keyrings.codeartifact.config.job_context import ID_TOKEN
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.errors import ConfigurationError

_ROLE, _KEYRINGRC = "role-to-assume", "keyringrc"
# The include's inputs before variables in them are expanded: NAME TEXT lines.
_WRITTEN = "written"
# Inputs that always have a value, which means something only with a role.
_DEFAULTS_WITH_ROLE = {"audience": "sts.amazonaws.com", "oidc-token-variable": ID_TOKEN}
# An input that the include sets itself, and the one that users know it by.
_SHOWN_AS = {"oidc-token-variable": _ROLE}
_OPTIONS = {
    _ROLE: "role_arn",
    "role-session-name": "role_session_name",
    "audience": "oidc_audience",
    "oidc-token-variable": "oidc_token_variable",
    "token-duration-seconds": "token_duration",
    "auth-token-secret": "auth_token_secret",
}
_VARIABLES = {
    "index-url": environment.INDEX_URL,
    "domain": environment.DOMAIN,
    "domain-owner": environment.DOMAIN_OWNER,
    "repository": environment.REPOSITORY,
    "aws-region": environment.REGIONS[0],
    "endpoint-type": environment.ENDPOINT_TYPE,
    "index-name": environment.INDEX_NAME,
    "index-mode": environment.INDEX_MODE,
}
# All inputs.
NAMES = (*_OPTIONS, *_VARIABLES, _KEYRINGRC, "publish", "output-token", "check")
_LABELS = {variable: f"the input {name}" for name, variable in _VARIABLES.items()}
_SWITCHES = {"true": True, "false": False}


def check_expanded(inputs: Mapping[str, str]) -> None:
    """Raise ConfigurationError for an input that is empty because a variable in it is not set."""
    for line in inputs.get(_WRITTEN, "").splitlines():
        name, _, written = line.partition(" ")
        if "$" in written and not inputs.get(name, "").strip():
            problem = f"the input {name} is {redact(written)[:80]!r}, which is not set for this job"
            remedy = "set that variable; a protected one is set on protected branches and tags only"
            raise ConfigurationError("CA701", problem, remedy)


def options(inputs: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs that set options, with their texts; an empty input sets none, and OIDC needs a role.

    Raises ConfigurationError for an invalid one.
    """
    given = {name: inputs[name].strip() for name in _OPTIONS if inputs.get(name, "").strip()}
    if _ROLE not in given:
        given = {name: text for name, text in given.items() if text != _DEFAULTS_WITH_ROLE.get(name)}
        for name in ("audience", "role-session-name"):
            if name in given:
                raise ConfigurationError(
                    "CA702", f"the input {name} is set without {_ROLE}", f"set {_ROLE} too, or remove it"
                )
    for name, text in given.items():
        option = OPTIONS[_OPTIONS[name]]
        try:
            option.parse(text)
        except ValueError:
            raise _invalid(name, "" if option.sensitive else text, option.form) from None
    return given


def configuration(inputs: Mapping[str, str]) -> str:
    """Return the text of a keyringrc.cfg: the input ``keyringrc``, followed by the options of the others as defaults.

    Raises ConfigurationError for an invalid input, and if both set defaults.
    """
    own, given = inputs.get(_KEYRINGRC, ""), options(inputs)
    file = keyringrc.parse(own, f"the input {_KEYRINGRC}")
    if not given:
        return own
    if file.defaults.options:
        others = " and ".join(dict.fromkeys(_SHOWN_AS.get(name, name) for name in given))
        problem = f"the input {_KEYRINGRC} sets options in [{keyringrc.DEFAULTS}], and so does {others}"
        raise ConfigurationError("CA703", problem, "set them in one of the two places")
    defaults = {_OPTIONS[name]: text for name, text in given.items()}
    # Last, as an indented line after an option would continue it.
    lines = (f"[{keyringrc.DEFAULTS}]", *(f"{option} = {text}" for option, text in defaults.items()))
    text = "\n".join((own, *lines, ""))
    # A text that starts like a comment would be lost.
    written = keyringrc.parse(text, "the configuration of the inputs")
    for name, option in _OPTIONS.items():
        if written.defaults.options.get(option) != defaults.get(option):
            raise _invalid(name, "", OPTIONS[option].form)
    return text


def with_input_names(text: str, inputs: Mapping[str, str]) -> str:
    """Return ``text`` with options called by the inputs that have set them."""
    for name in options(inputs):
        text = re.sub(rf"\b{_OPTIONS[name]}\b", f"the input {name}", text)
    return text


def index(inputs: Mapping[str, str], environ: Mapping[str, str]) -> environment.Index | None:
    """Return the index of the inputs, else of ``environ``, else None; raise ConfigurationError for invalid inputs."""
    given = {_VARIABLES[name]: inputs[name].strip() for name in _VARIABLES if inputs.get(name, "").strip()}
    domain = (environment.DOMAIN, environment.DOMAIN_OWNER, environment.REPOSITORY)
    parts = [variable for variable in domain if variable in given]
    if environment.INDEX_URL in given and parts:
        labels = f"{_LABELS[environment.INDEX_URL]} and {_LABELS[parts[0]]}"
        raise ConfigurationError("CA703", f"{labels} are both set", "remove one of them")
    if environment.INDEX_URL in given or parts:
        regions = {name: environ[name] for name in environment.REGIONS if environ.get(name)}
        return environment.find_index({**regions, **given}, _LABELS)
    return environment.find_index({**environ, **given}, {variable: _LABELS[variable] for variable in given})


def index_mode(inputs: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """Return the mode of the input, else of ``environ``; raise ConfigurationError for an invalid one."""
    mode = inputs.get("index-mode", "").strip()
    return environment.index_mode({environment.INDEX_MODE: mode} if mode else environ, _LABELS if mode else {})


def is_role_given(inputs: Mapping[str, str]) -> bool:
    """Return whether the inputs name a role."""
    return bool(inputs.get(_ROLE, "").strip())


def switch(inputs: Mapping[str, str], name: str) -> bool:
    """Return whether the input ``name`` is true; raise ConfigurationError for an invalid value."""
    text = inputs.get(name, "").strip().lower()
    if text and text not in _SWITCHES:
        raise _invalid(name, text, " or ".join(_SWITCHES))
    return _SWITCHES.get(text, False)


def overridden(inputs: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the inputs that variables in ``environ`` override, each with such a variable."""
    found: dict[str, str] = {}
    for name in options(inputs):
        mine = OPTIONS[_OPTIONS[name]]
        for other in OPTIONS.values():
            replaces = other.name == mine.name or (other.group and other.group == mine.group)
            if replaces and environ.get(other.variable):
                found.setdefault(_SHOWN_AS.get(name, name), other.variable)
    return found


def _invalid(name: str, text: str, form: str) -> ConfigurationError:
    problem = f"cannot be {redact(re.sub('[^ -~]', '?', text))[:80]!r}" if text else "is invalid"
    return ConfigurationError("CA701", f"the input {name} {problem}", f"expected: {form}")
