"""What does AWS answer?  The only module that imports boto3 and botocore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3.session
from botocore.config import Config

from .deadline import within
from .refusals import explain
from .settings import Profile, StaticKeys
from .tokens import Token, admit

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

    from .service import Repository
    from .settings import Role, Settings


def request_token(repository: Repository, settings: Settings) -> Token:
    """Ask CodeArtifact for a token for ``repository``'s domain; ``settings`` say as whom and how.

    Raises AWSError or ConfigurationError, after ``settings.deadline`` seconds at the latest.
    """
    return within(settings.deadline, lambda: _ask(repository, settings))


def _ask(repository: Repository, settings: Settings) -> Token:
    try:
        session = _session(settings, repository.region)
        if settings.role:
            session = _assume(settings.role, session, settings)
        client = session.client(
            "codeartifact",
            endpoint_url=settings.endpoint_url,
            verify=_verify(settings),
            config=_client_config(settings),
        )
        answer = client.get_authorization_token(
            domain=repository.domain, domainOwner=repository.account, durationSeconds=settings.token_duration
        )
    except Exception as error:
        # All of them: an odd answer or file makes botocore raise its own, urllib3's and built-in ones alike.
        raise explain(error, repository, settings) from error
    expiration = answer.get("expiration")
    return admit(answer.get("authorizationToken"), expiration.timestamp() if expiration else None)


def _session(settings: Settings, region: str) -> boto3.session.Session:
    """Return a session with the identity that the settings name, else with the AWS default chain."""
    match settings.source:
        case StaticKeys(key_id, secret, token):
            return boto3.session.Session(
                aws_access_key_id=key_id,
                aws_secret_access_key=str(secret),
                aws_session_token=str(token) if token else None,
                region_name=region,
            )
        case Profile(name):
            return boto3.session.Session(profile_name=name, region_name=region)
        case None:
            return boto3.session.Session(region_name=region)


def _assume(role: Role, session: boto3.session.Session, settings: Settings) -> boto3.session.Session:
    """Return a session of ``role``, assumed by the identity of ``session``."""
    client = session.client(
        "sts",
        endpoint_url=settings.sts_endpoint_url,
        verify=_verify(settings),
        config=_client_config(settings),
    )
    request: AssumeRoleRequestTypeDef = {"RoleArn": role.arn, "RoleSessionName": role.session_name}
    if role.external_id:
        request["ExternalId"] = role.external_id
    answer = client.assume_role(**request)
    credentials = answer["Credentials"]
    return boto3.session.Session(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        region_name=session.region_name,
    )


def _client_config(settings: Settings) -> Config:
    return Config(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"mode": "standard", "total_max_attempts": settings.max_attempts},
    )


def _verify(settings: Settings) -> bool | str | None:
    """Return what boto3 calls ``verify``: None leaves AWS_CA_BUNDLE and the profile's ca_bundle their say."""
    return None if settings.verify is True else settings.verify
