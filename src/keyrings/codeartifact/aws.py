"""What does AWS answer?  The only module that imports boto3 and botocore."""

from __future__ import annotations

import logging
import os
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
        with _discretion:
            if settings.verify is False:
                # Who set it knows.  For good: to take a filter back is not safe while other threads run.
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
    _refuse_mfa(core, is_explicit=settings.source is not None)
    return boto3.session.Session(botocore_session=core, region_name=region)


def _key_session(key_id: str, secret: Secret, token: Secret | None, region: str) -> boto3.session.Session:
    # str(): botocore is to have plain strings, which it copies, compares and encodes.
    return boto3.session.Session(
        aws_access_key_id=key_id,
        aws_secret_access_key=str(secret),
        aws_session_token=str(token) if token else None,
        region_name=region,
    )


def _refuse_mfa(core: botocore.session.Session, *, is_explicit: bool) -> None:
    """Raise AWSError if botocore would have a code typed in for the profile: nobody is there to type.

    Which profiles it would come by is botocore's rule (``AssumeRoleProvider``): keys in the environment go before a
    profile that is not ``is_explicit``, a web identity before ``source_profile``, and of a source its own keys.
    """
    if not is_explicit and os.environ.get("AWS_ACCESS_KEY_ID"):
        return
    profiles = core.full_config["profiles"]
    name: str | None = core.profile or "default"
    for step, _ in enumerate(profiles):  # as many steps as there are profiles: they may name each other in a circle
        profile = profiles.get(name, {})
        if (
            "role_arn" not in profile
            or "web_identity_token_file" in profile
            or (step and "aws_access_key_id" in profile)
        ):
            return
        if "mfa_serial" in profile:
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


class _Discretion(logging.Filter):
    """Keeps botocore from logging in threads that ask for a token: it tells requests and answers, credentials and all.

    Clients show that to their users (``pip -vv``).  What botocore logs in other threads is their own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._askers: set[int] = set()

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - whatever it says
        return threading.get_ident() not in self._askers

    def __enter__(self) -> None:
        self._askers.add(threading.get_ident())
        # A logger's filter is not asked about its children's records.
        for name, logger in list(logging.Logger.manager.loggerDict.items()):
            if name.split(".")[0] == "botocore" and isinstance(logger, logging.Logger):
                logger.addFilter(self)

    def __exit__(self, *_: object) -> None:
        self._askers.discard(threading.get_ident())


_discretion = _Discretion()
