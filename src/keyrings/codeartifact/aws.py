"""What does AWS answer?  The only module that imports boto3 and botocore."""

from __future__ import annotations

import logging
import threading
import warnings
from typing import TYPE_CHECKING

import boto3.session
import botocore.session
from botocore.config import Config
from urllib3.exceptions import InsecureRequestWarning

from .deadline import within
from .errors import AWSError
from .refusals import explain
from .tokens import admit
from .values import Profile, Secret, StaticKeys

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

    from .values import Repository, Role, Settings, Token


def request_token(repository: Repository, settings: Settings) -> Token:
    """Ask CodeArtifact for a token for ``repository``'s domain; ``settings`` say as whom and how.

    Raises AWSError, after ``settings.deadline`` seconds at the latest.
    """
    return within(settings.deadline, lambda: _ask(repository, settings))


def _ask(repository: Repository, settings: Settings) -> Token:
    try:
        with _discretion, warnings.catch_warnings():
            if settings.verify is False:
                # Who set it knows.
                warnings.simplefilter("ignore", InsecureRequestWarning)
            session = _session(settings, repository.region)
            if settings.role:
                session = _assume(settings.role, session, settings)
            client = session.client(
                "codeartifact",
                endpoint_url=settings.endpoint_url,
                verify=_verify(settings),
                config=_client_config(settings, settings.endpoint_url),
            )
            answer = client.get_authorization_token(
                domain=repository.domain, domainOwner=repository.account, durationSeconds=settings.token_duration
            )
        expiration = answer.get("expiration")
        return admit(answer.get("authorizationToken"), expiration.timestamp() if expiration else None)
    except AWSError:
        raise
    except Exception as error:
        # All of them: an odd answer or file makes botocore raise its own, urllib3's and built-in ones alike.
        raise explain(error, repository, settings) from error


def _session(settings: Settings, region: str) -> boto3.session.Session:
    """Return a session with the identity that the settings name, else with the AWS default chain.

    Raises AWSError for a profile that would ask a person for a code.
    """
    match settings.source:
        case StaticKeys(key_id, secret, token):
            return _key_session(key_id, secret, token, region)
        case Profile(name):
            core = botocore.session.Session(profile=name)
        case None:
            core = botocore.session.Session()
    _refuse_mfa(core)
    return boto3.session.Session(botocore_session=core, region_name=region)


def _key_session(key_id: str, secret: Secret, token: Secret | None, region: str) -> boto3.session.Session:
    # str(): botocore is to have plain strings, which it copies, compares and encodes.
    return boto3.session.Session(
        aws_access_key_id=key_id,
        aws_secret_access_key=str(secret),
        aws_session_token=str(token) if token else None,
        region_name=region,
    )


def _refuse_mfa(core: botocore.session.Session) -> None:
    """Raise AWSError if the profile, or one that it builds upon, wants a code typed in: nobody is there to type."""
    profiles = core.full_config["profiles"]
    name: str | None = core.profile or "default"
    for _ in profiles:  # as many steps as there are profiles: they may name each other in a circle
        profile = profiles.get(name, {})
        if "mfa_serial" in profile and "role_arn" in profile:
            raise AWSError(
                f"profile '{name}' asks for an MFA code, which nobody can type in here",
                "get a session with the AWS CLI or by SSO, and name a profile that holds it",
            )
        name = profile.get("source_profile")


def _assume(role: Role, session: boto3.session.Session, settings: Settings) -> boto3.session.Session:
    """Return a session of ``role``, assumed by the identity of ``session``; raise AWSError for half an answer."""
    client = session.client(
        "sts",
        endpoint_url=settings.sts_endpoint_url,
        verify=_verify(settings),
        config=_client_config(settings, settings.sts_endpoint_url),
    )
    request: AssumeRoleRequestTypeDef = {"RoleArn": role.arn, "RoleSessionName": role.session_name}
    if role.external_id:
        request["ExternalId"] = role.external_id
    credentials = client.assume_role(**request)["Credentials"]
    keys = [credentials[name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    # boto3 takes an empty key for none, and would go on as somebody else.
    if not all(keys):
        raise AWSError(f"the answer to AssumeRole for {role.arn} holds no credentials", "check sts_endpoint_url")
    return _key_session(keys[0], Secret(keys[1]), Secret(keys[2]), session.region_name)


def _client_config(settings: Settings, endpoint_url: str | None) -> Config:
    is_plain = (endpoint_url or "").startswith("http:")
    return Config(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"mode": "standard", "total_max_attempts": settings.max_attempts},
        # Plain HTTP is for this very machine: past any proxy.
        proxies={} if is_plain else None,
    )


def _verify(settings: Settings) -> bool | str | None:
    """Return what boto3 calls ``verify``: None leaves AWS_CA_BUNDLE and the profile's ca_bundle their say."""
    return None if settings.verify is True else settings.verify


class _Discretion:
    """Keeps botocore from logging: at the level DEBUG it tells requests and answers, credentials and all.

    Clients show that to their users (``pip -vv``).  Questions in several threads share it; the last one restores.
    """

    def __init__(self) -> None:
        self._logger = logging.getLogger("botocore")
        self._lock = threading.Lock()
        self._askers = 0

    def __enter__(self) -> None:
        with self._lock:
            self._askers += 1
            if self._askers == 1:
                self._level = self._logger.level
                self._logger.setLevel(logging.WARNING)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._askers -= 1
            if not self._askers:
                self._logger.setLevel(self._level)


_discretion = _Discretion()
