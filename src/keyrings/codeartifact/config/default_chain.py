"""Where the AWS default chain finds credentials, as far as variables and AWS' files tell: nothing is requested.

Source of the order: ``botocore.credentials.create_credential_resolver``.
"""

import os
import stat
from collections.abc import Mapping
from configparser import Error, RawConfigParser

from keyrings.codeartifact._util.text import redact

_MAX_SIZE = 1 << 20
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
# The settings of a profile with credentials, and what each is, in botocore's order.
_KINDS = {
    "web_identity_token_file": "a role with a web identity",
    "role_arn": "a role",
    "sso_session": "an SSO session",
    "sso_start_url": "an SSO session",
    "aws_access_key_id": "an access key",
    "credential_process": "a credential_process",
}
# They precede a web identity in the environment.
_ROLES = (_KINDS["web_identity_token_file"], _KINDS["role_arn"])


def describe(environ: Mapping[str, str]) -> str:
    """Return in words what the default chain finds with ``environ``."""
    profile = environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"
    settings = _profile(profile, environ)
    kind = next((_KINDS[name] for name in _KINDS if name in (settings or {})), "")
    container = next((variable for variable in _CONTAINER if environ.get(variable)), "")
    shown = f"profile '{redact(profile)}'"
    is_off = environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true"
    found = {
        f"{shown} of AWS_PROFILE, which does not exist": environ.get("AWS_PROFILE") and settings is None,
        "the access key in AWS_ACCESS_KEY_ID": environ.get("AWS_ACCESS_KEY_ID"),
        f"{shown}, with {kind}": kind in _ROLES,
        "the role in AWS_ROLE_ARN, with AWS_WEB_IDENTITY_TOKEN_FILE": environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"),
        f"{shown}, which has {kind}": kind,
        f"the role of the container, from {container}": container,
        "no credentials": is_off,
    }
    otherwise = "the role of the EC2 instance, if this machine is one, else no credentials"
    return next((words for words, is_found in found.items() if is_found), otherwise)


def _profile(name: str, environ: Mapping[str, str]) -> dict[str, str] | None:
    """Return the settings of a profile in AWS' two files, None if neither has it."""
    found: dict[str, str] | None = None
    for variable, file, section in (
        ("AWS_CONFIG_FILE", "config", name if name == "default" else f"profile {name}"),
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name),
    ):
        parser = RawConfigParser()
        try:
            parser.read_string(_read(os.path.expanduser(environ.get(variable) or f"~/.aws/{file}")))
        except (Error, UnicodeDecodeError):
            continue
        if parser.has_section(section):
            found = {**(found or {}), **parser[section]}
    return found


def _read(path: str) -> str:
    """Return the text of a file, empty if it cannot be read, or is no regular file, such as a pipe, which may block."""
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), encoding="utf-8") as file:
            return file.read(_MAX_SIZE) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else ""
    except OSError:
        return ""
