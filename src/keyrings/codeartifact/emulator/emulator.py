"""The emulator: moto with CodeArtifact's control plane and data plane, behind a proxy and a TLS port."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from moto.core.base_backend import BackendDict

from keyrings.codeartifact.emulator.api.models import all_backends, backend_of
from keyrings.codeartifact.emulator.transport.application import Application
from keyrings.codeartifact.emulator.transport.server import Listener
from keyrings.codeartifact.emulator.transport.tls import Authority
from keyrings.codeartifact.errors import ConfigurationError

from .planting import apply_settings, plant
from .seed import load
from .state import State

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from .request_log import Log
    from .seed import Seed


class Emulator:
    """A CodeArtifact emulator that runs in this process while its context lasts; one at a time per process.

    >>> with Emulator() as emulator:  # doctest: +SKIP
    ...     subprocess.run(["pip", "install", "..."], env={**os.environ, **emulator.environment()})

    ``seed`` is its initial content, by default the built-in seed.  It listens on ``host`` and the two ports, where 0
    selects a free port, and writes the CA certificate to trust to ``ca_path``, by default a temporary file.  In the
    folder ``state`` it keeps its content: what was kept there replaces the content of the seed.  ``log`` is called with
    each request, as its entry in the journal, when the status of the response is known.

    While it runs, ``journal`` records the requests to AWS hosts, ``faults`` are injected into the responses,
    ``quotas`` limits the requests per second, and ``access`` has the switch ``is_enforced`` for IAM and the ``issuer``
    of OIDC tokens.
    """

    def __init__(  # noqa: PLR0913 - by keyword
        self,
        seed: Seed | None = None,
        *,
        host: str = "127.0.0.1",
        proxy_port: int = 0,
        tls_port: int = 0,
        ca_path: str | None = None,
        state: str | None = None,
        log: Log | None = None,
    ) -> None:
        self.seed = seed or load()
        self._address = host
        self._ports = proxy_port, tls_port
        self._ca_path = ca_path
        self._state = state
        self._log = log
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Start the emulator.

        Raises CodeArtifactError if it cannot listen, ConfigurationError if the seed or ``ca_path`` is invalid.
        """
        with self._stack as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="codeartifact-emulator-"))
            self.ca_path = os.path.abspath(self._ca_path or os.path.join(folder, "ca.pem"))
            state = stack.enter_context(State(self._state or os.path.join(folder, "state")))
            # Tokens of an emulator are useless after it.
            self._cache_dir = os.path.join(folder, "cache")
            # moto's state is global.
            BackendDict.reset()
            authority = Authority()
            self.application = application = Application(state.storage, state.save if self._state else None, self._log)
            self.journal, self.faults = application.journal, application.faults
            self.access, self.quotas = application.access, application.quotas
            if kept := state.restore(application):
                apply_settings(self.seed, application)
                self.seed = self.seed._replace(domains=kept.domains, users=kept.users)
            else:
                plant(self.seed, application)
                _save(application)
            self._proxy, self._tls = (
                stack.enter_context(Listener((self._address, port), application, authority, is_tls=is_tls))
                for port, is_tls in zip(self._ports, (False, True), strict=True)
            )
            try:
                authority.write(self.ca_path)
            except OSError as error:
                raise ConfigurationError(
                    "CA902",
                    f"the certificate cannot be written to {self.ca_path} ({error.strerror})",
                    "name another file",
                ) from None
            for listener in (self._proxy, self._tls):
                threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
                stack.callback(listener.shutdown)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the emulator and delete its files."""
        self._stack.__exit__(kind, error, trace)

    @property
    def proxy_url(self) -> str:
        """The URL of the proxy, and of the emulator's own pages."""
        # 0.0.0.0 is an address to listen on, not to connect to.
        return f"http://{'127.0.0.1' if self._address == '0.0.0.0' else self._address}:{self._proxy.port}"  # noqa: S104 - compared

    @property
    def tls_port(self) -> int:
        """The port of the TLS listener."""
        return self._tls.port

    def index_urls(self) -> list[str]:
        """Return the index URLs of all seeded repositories."""
        return [
            backend_of(domain.owner, domain.region).domain(domain.name).endpoint(repository.name) + "simple/"
            for domain in self.seed.domains
            for repository in domain.repositories
        ]

    def issued_tokens(self) -> list[str]:
        """Return all tokens issued so far, for example to check that none is on disk."""
        return [token for backend in all_backends() for token in backend.issued_tokens()]

    def credentials(self) -> dict[str, str]:
        """Return the variables with the credentials of the seed's first user, none if it has no users."""
        if not self.seed.users:
            return {}
        user = self.seed.users[0]
        return {"AWS_ACCESS_KEY_ID": user.access_key_id, "AWS_SECRET_ACCESS_KEY": user.secret_access_key}

    def environment(self) -> dict[str, str]:
        """Return the variables that direct clients here: the proxy, the certificate to trust, and a separate cache.

        Proxy variables are set in lower case too, as most clients prefer those.

        Sources: botocore's AWS_CA_BUNDLE, pip's PIP_CERT, requests' REQUESTS_CA_BUNDLE (twine), OpenSSL's
        SSL_CERT_FILE (uv).
        """
        bundles = ("AWS_CA_BUNDLE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
        return {
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), self.proxy_url),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), "localhost,127.0.0.1"),
            **dict.fromkeys(bundles, self.ca_path),
            "CODEARTIFACT_CACHE_DIR": self._cache_dir,
        }


def _save(application: Application) -> None:
    try:
        application.save()
    except OSError as error:
        problem = f"the state cannot be saved ({error.strerror})"
        raise ConfigurationError("CA904", problem, "free space, or name another folder") from None
