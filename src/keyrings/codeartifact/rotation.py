"""The rotation function for a secret of AWS Secrets Manager that holds a shared token.

Secrets Manager calls it with the four steps of a rotation, any of which may be repeated, and may end at any point.
Readers get the version with the stage AWSCURRENT: the last step moves it, to a token that the index has accepted.

Sources: Secrets Manager User Guide, "Lambda rotation functions"; API reference, PutSecretValue and
UpdateSecretVersionStage.
"""

import os
from collections.abc import Mapping
from typing import Any

from keyrings.codeartifact.aws import shared_token
from keyrings.codeartifact.aws.client import Client
from keyrings.codeartifact.aws.index import ACCEPTED, UnreachableError, index_status
from keyrings.codeartifact.config.environment import require_index
from keyrings.codeartifact.config.options import OPTIONS
from keyrings.codeartifact.config.settings import resolve
from keyrings.codeartifact.errors import AWSError, CodeArtifactError, ConfigurationError
from keyrings.codeartifact.models import Token

_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"
# In seconds: the longest life of a token, and what a new one must have left where a rotation is repeated late.
_DURATION, _MIN_LIFE_LEFT = 43200, 21600


def handler(event: Mapping[str, Any], context: object) -> None:  # noqa: ARG001 - Lambda passes it
    """Do the step of a rotation that ``event`` of Secrets Manager names, for the repository of the environment.

    Raises CodeArtifactError, which Lambda logs; what AWS' readers get does not change then.
    """
    try:
        _rotate(event, os.environ)
    except CodeArtifactError as error:
        # Without botocore's error behind it, whose message may repeat a request with its credentials.
        raise CodeArtifactError(error.code, error.cause, error.remedy) from None


def _rotate(event: Mapping[str, Any], environ: Mapping[str, str]) -> None:
    try:
        secret, version = OPTIONS["auth_token_secret"].parse(event["SecretId"]), str(event["ClientRequestToken"])
        step = _STEPS[event["Step"]]
    except (KeyError, TypeError, ValueError):
        problem = "the event is not a rotation step"
        raise ConfigurationError("CA608", problem, "let Secrets Manager call this function") from None
    rotation = _Rotation(secret, version, environ)
    if not rotation.is_finished():
        step(rotation)


class _Rotation:
    """The rotation of ``secret`` (an ARN) to a new ``version``."""

    def __init__(self, secret: str, version: str, environ: Mapping[str, str]) -> None:
        self._index = require_index(None, environ)
        self._version = version
        repository = self._index.repository
        settings = resolve(repository, environ, is_new_wanted=True)._replace(token_duration=_DURATION)
        self._codeartifact = Client(repository, settings._replace(auth_token_secret=None), environ)
        self._secret = Client(repository, settings._replace(auth_token_secret=secret), environ)

    def is_finished(self) -> bool:
        """Return whether readers get this version; raise ConfigurationError if it is not being rotated to."""
        stages = self._stages().get(self._version, [])
        if _CURRENT not in stages and _PENDING not in stages:
            problem = f"the version {self._version} of {self._secret.settings.auth_token_secret} is not {_PENDING}"
            raise ConfigurationError("CA608", problem, "let Secrets Manager call this function")
        return _CURRENT in stages

    def create(self) -> None:
        """Store a new token, unless a call of this step has done so."""
        text = self._pending_text()
        if text is None:
            self._put(self._codeartifact.get_token())
            return
        try:
            self._usable(text)
        except CodeArtifactError:
            # A stored version cannot be changed: without its stage, Secrets Manager begins the next rotation with
            # another one.
            self._secret.call_secret(
                "update_secret_version_stage", VersionStage=_PENDING, RemoveFromVersionId=self._version
            )
            raise

    def set(self) -> None:
        """Do nothing: CodeArtifact knows the token that it has issued."""

    def test(self) -> None:
        """Send a request with the new token to the index; raise AWSError unless readers can use it."""
        token = self._usable(self._pending_text() or "")
        client = self._codeartifact
        try:
            status = index_status(self._index.url, token, client.settings, client.environ)
        except UnreachableError as error:
            remedy = "give the function a route to the index"
            raise AWSError("CA609", f"{self._index.url} is unreachable ({error})", remedy) from None
        if status not in ACCEPTED:
            remedy = "allow the function's role codeartifact:ReadFromRepository on the repository"
            raise AWSError("CA609", f"{self._index.url} refuses the new token: HTTP {status}", remedy)

    def finish(self) -> None:
        """Have readers get the new token from now on."""
        self._usable(self._pending_text() or "")
        current = [version for version, stages in self._stages().items() if _CURRENT in stages]
        replaced = {"RemoveFromVersionId": current[0]} if current else {}
        try:
            self._secret.call_secret(
                "update_secret_version_stage", VersionStage=_CURRENT, MoveToVersionId=self._version, **replaced
            )
        except AWSError:
            # Another call of this step was faster.
            if not self.is_finished():
                raise

    def _stages(self) -> dict[str, list[str]]:
        """Return the stages of each version."""
        return dict(self._secret.call_secret("describe_secret").get("VersionIdsToStages", {}))

    def _pending_text(self) -> str | None:
        """Return the value of the new version, None if it has none yet."""
        try:
            value = self._secret.call_secret("get_secret_value", VersionId=self._version, VersionStage=_PENDING)
        except AWSError as error:
            if error.aws_code != "ResourceNotFoundException":
                raise
            return None
        return str(value.get("SecretString", ""))

    def _put(self, token: Token) -> None:
        text = shared_token.render(self._index.repository, token)
        try:
            self._secret.call_secret(
                "put_secret_value", ClientRequestToken=self._version, SecretString=text, VersionStages=[_PENDING]
            )
        except AWSError as error:
            # Another call of this step was faster.
            if error.aws_code != "ResourceExistsException":
                raise

    def _usable(self, text: str) -> Token:
        """Return the token in a value; raise CodeArtifactError unless readers can use it until the next rotation."""
        secret = str(self._secret.settings.auth_token_secret)
        return shared_token.parse(text, self._index.repository, secret, min_life_left=_MIN_LIFE_LEFT)


_STEPS = {
    "createSecret": _Rotation.create,
    "setSecret": _Rotation.set,
    "testSecret": _Rotation.test,
    "finishSecret": _Rotation.finish,
}
