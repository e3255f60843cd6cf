"""botocore sessions and clients for the identity that settings name; only `Client` imports this module, lazily."""

# Imported lazily by socket; here, so that the thread of a request imports nothing.
import encodings.idna  # noqa: F401
import os
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

from botocore.config import Config
from botocore.credentials import (
    AssumeRoleWithWebIdentityCredentialFetcher,
    DeferredRefreshableCredentials,
    RefreshableCredentials,
)
from botocore.loaders import Loader
from botocore.session import Session
from botocore.utils import get_environ_proxies

from keyrings.codeartifact._util.log import debug
from keyrings.codeartifact._util.process import ignore_warnings
from keyrings.codeartifact._util.text import redact
from keyrings.codeartifact.errors import AWSError
from keyrings.codeartifact.models import Role, Settings

from .errors import endpoint
from .https import is_safe
from .throttling import is_throttled

# Of an assumed role, in seconds: botocore would renew a session of 15 minutes with each request.
_SESSION_DURATION = 3600


def open_session(
    settings: Settings, region: str, environ: Mapping[str, str], load_oidc_token: Callable[[], str]
) -> Session:
    """Return a session in ``region`` with the identity of ``settings``.

    ``load_oidc_token`` is called whenever the role is assumed with a CI's OIDC token.  Raises AWSError for a profile
    that needs an MFA code, and botocore's errors for the rest.
    """
    # A wrong clock is an error of AWS' that `aws_error` explains.
    ignore_warnings("System time is way off")
    if settings.verify is False:
        ignore_warnings("Unverified HTTPS request")
    source, role = settings.source, settings.role
    is_profile = source.option == "profile_name"
    session = _new_session(region, source.value if is_profile else None)
    if role:
        debug(f"assuming role {role.arn} as session {role.session_name}")
    if role and source.is_web_identity:
        _set_web_identity(session, role, settings, load_oidc_token)
        return session
    if source.option == "aws_access_key_id":
        # botocore copies, compares and encodes plain strings.
        session.set_credentials(source.value, str(source.secret_access_key), str(source.session_token) or None)
    # botocore: keys in the environment precede the default profile, and no other.
    elif is_profile or not environ.get("AWS_ACCESS_KEY_ID"):
        _refuse_mfa(session)
    return _assume_role(session, role, settings) if role else session


def describe_credentials(session: Session) -> str:
    """Return what tells the credentials that ``session`` has found from others, without anything secret."""
    credentials = session.get_credentials()
    found = [f"profile '{redact(session.profile)}'"] if session.profile else []
    if isinstance(credentials, RefreshableCredentials):
        # Its access key changes, and reading it may send a request.
        role = session.get_scoped_config().get("role_arn") or os.environ.get("AWS_ROLE_ARN")
        found.append(f"role {redact(role)}" if "role" in credentials.method and role else credentials.method)
    elif credentials:
        found.append(f"access key …{credentials.access_key[-4:]}")
    return ", ".join(found)


def create_client_of_caller(session: Any, service: str, settings: Settings, region: str) -> Any:
    """Return a client of ``session``, a caller's of boto3, in ``region``; the session stays as it is."""

    def create(*arguments: Any, **options: Any) -> Any:
        client = session.client(*arguments, **{"region_name": region, **options})
        _register_handlers(client.meta.events.register)
        return client

    return create_client(create, service, settings)


def create_client(
    create_client_of_session: Callable[..., Any], service: str, settings: Settings, config: Config | None = None
) -> Any:
    """Return a client of ``service`` with the endpoint, time-outs and attempts of ``settings``.

    ``create_client_of_session`` is a method of a session of botocore or boto3.
    """
    endpoints = {"codeartifact": settings.endpoint_url, "sts": settings.sts_endpoint_url}
    # None leaves AWS_CA_BUNDLE and the profile's ca_bundle in force.
    verify = None if settings.verify is True else settings.verify
    limits = Config(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        retries={"mode": "standard", "total_max_attempts": settings.max_attempts},
    )
    config = limits.merge(config) if config else limits
    create = partial(create_client_of_session, service, endpoint_url=endpoints.get(service), verify=verify)
    if service == "secretsmanager":
        # A secret may be in another region than the domain.
        create = partial(create, region_name=str(settings.auth_token_secret).split(":")[3])
    client = create(config=config)
    if client.meta.endpoint_url.startswith("http:"):
        # Plain HTTP is for this machine only: without a proxy.
        client = create(config=config.merge(Config(proxies={})))
        client.meta.events.unregister("before-send", _refuse_proxied_http)
    return client


def _new_session(region: str, profile: str | None = None) -> Session:
    """Return botocore's session, which reads AWS' files once."""
    session = Session(profile=profile)
    # For all of its clients: botocore creates some itself, to assume a profile's role.
    session.set_config_variable("region", region)
    folders = str(session.get_config_variable("data_path") or "").split(os.pathsep)
    loader = _Loader([os.path.expanduser(os.path.expandvars(folder)) for folder in folders if folder])
    session.register_component("data_loader", loader)
    _register_handlers(session.register)
    return session


def _register_handlers(register: Callable[[str, Callable[..., Any]], Any]) -> None:
    """Register the handlers of requests and responses with the ``register`` of a session, or of a client."""
    register("before-send", _refuse_plain_http)
    register("before-send", _refuse_proxied_http)
    # botocore calls its own handler, of "needs-retry.SERVICE", after those of operations.
    register("needs-retry.*.*", _leave_throttled)


class _Loader(Loader):
    """Loads a service model without first looking at the four hundred others that botocore has."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - all services have all types
        """Return the names of all folders that may hold a service."""
        return sorted({name for folder in self.search_paths if os.path.isdir(folder) for name in os.listdir(folder)})


def _leave_throttled(response: Any = None, **_: Any) -> bool | None:
    """Return that botocore does not send a throttled request again: its caller does, and at better times."""
    if response is None:
        return None
    received, parsed = response
    return False if is_throttled(parsed.get("Error", {}).get("Code"), received.status_code) else None


def _refuse_plain_http(**event: Any) -> None:
    """Raise AWSError for a request by plain HTTP to another machine, whichever setting its endpoint comes from."""
    url = str(event["request"].url)
    if not is_safe(url):
        raise AWSError(
            "CA506",
            f"refusing to send credentials over plain http, to {endpoint(url)}",
            "use https in AWS_ENDPOINT_URL… and in endpoint_url of the AWS configuration",
        )


def _refuse_proxied_http(**event: Any) -> None:
    """Raise AWSError for a request by plain HTTP to this machine that would go through a proxy."""
    url = str(event["request"].url)
    if url.startswith("http:") and get_environ_proxies(url):
        raise AWSError(
            "CA506",
            f"refusing to send credentials over plain http, to {endpoint(url)} through a proxy",
            "add that host to NO_PROXY",
        )


def _set_web_identity(session: Session, role: Role, settings: Settings, load_oidc_token: Callable[[], str]) -> None:
    """Have ``session`` assume ``role`` with the CI's OIDC token, with its first request and at each renewal."""
    fetcher = AssumeRoleWithWebIdentityCredentialFetcher(
        lambda service, config: create_client(session.create_client, service, settings, config),
        load_oidc_token,
        role.arn,
        {"RoleSessionName": role.session_name, "DurationSeconds": _SESSION_DURATION},
    )
    credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "custom-oidc")
    # Instead of botocore's chain: if it fails, no other identity is used.
    session.register_component("credential_provider", SimpleNamespace(load_credentials=lambda: credentials))


def _refuse_mfa(session: Session) -> None:
    """Raise AWSError if botocore would prompt for the MFA code of the session's profile.

    The profiles that it would use follow ``botocore.credentials.AssumeRoleProvider``: a web identity precedes
    ``source_profile``, and a source's own keys precede its role.
    """
    profiles = session.full_config["profiles"]
    name: str | None = session.profile or "default"
    for step, _ in enumerate(profiles):  # at most one step per profile: they may form a circle
        profile = profiles.get(name, {})
        has_keys_of_a_source = step and "aws_access_key_id" in profile
        if "role_arn" not in profile or "web_identity_token_file" in profile or has_keys_of_a_source:
            return
        if "mfa_serial" in profile:
            raise AWSError(
                "CA421",
                f"profile '{redact(name)}' needs an MFA code, which cannot be entered here",
                "start a session with the AWS CLI or SSO, and use a profile that holds its credentials",
            )
        name = profile.get("source_profile")


def _assume_role(session: Session, role: Role, settings: Settings) -> Session:
    """Return a session of ``role``, assumed with the identity of ``session``; raise AWSError without credentials."""
    external_id = {"ExternalId": role.external_id} if role.external_id else {}
    client = create_client(session.create_client, "sts", settings)
    response = client.assume_role(RoleArn=role.arn, RoleSessionName=role.session_name, **external_id)
    keys = [response["Credentials"][name] for name in ("AccessKeyId", "SecretAccessKey", "SessionToken")]
    # botocore treats an empty key as none, and would use another identity.
    if not all(keys):
        raise AWSError(
            "CA426", f"the response to AssumeRole for {role.arn} contains no credentials", "check sts_endpoint_url"
        )
    assumed = _new_session(str(session.get_config_variable("region")))
    assumed.set_credentials(*keys)
    return assumed
