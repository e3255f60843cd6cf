"""What does a client of keyring get?  The backend that keyring's entry point loads."""

from __future__ import annotations

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import PasswordDeleteError, PasswordSetError


class _CannotSetError(PasswordSetError, NotImplementedError):
    """As the first, clients of keyring catch it; as the second, its chainer asks the next backend."""


class _CannotDeleteError(PasswordDeleteError, NotImplementedError):
    """As `_CannotSetError`."""


class CodeArtifactBackend(KeyringBackend):
    """Answers for CodeArtifact index URLs with a short-lived token, and for nothing else."""

    # Below keyring's chainer, above every store of passwords: those are never to be asked for a token's URL.
    priority = 9.9

    def get_password(self, service: str, username: str | None) -> str | None:
        """Return the token for ``service``, None where it is not ours or none can be had (which is logged)."""
        credential = self.get_credential(service, username)
        return credential.password if credential else None

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        """Return user name and token for ``service``, None as `get_password` does."""
        # keyring's signature says str, some of its callers know better.
        if not isinstance(service, str) or "codeartifact" not in service.lower():
            return None
        # Here and not above: nearly all questions are for somebody else, and end before.
        from .errors import CodeArtifactError
        from .lookup import find, tell_once
        from .models import USERNAME

        try:
            token = find(service, username)
        except CodeArtifactError as error:
            failure = error
        else:
            return SimpleCredential(USERNAME, str(token.value)) if token else None
        # Behind, for whatever a handler raises would have it for context, and with it what botocore says.
        tell_once(failure)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002 - keyring's interface
        """Raise: a token is made by AWS and never stored by hand."""
        raise _CannotSetError("keyrings.codeartifact stores no passwords: CodeArtifact's tokens are made by AWS")

    def delete_password(self, service: str, username: str) -> None:  # noqa: ARG002 - keyring's interface
        """Raise, as `set_password`."""
        raise _CannotDeleteError("keyrings.codeartifact stores no passwords: there is none to delete")
