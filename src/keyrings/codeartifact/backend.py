"""The keyring backend, which keyring's entry point loads."""

import os
import sys

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from keyring.errors import PasswordDeleteError, PasswordSetError

from ._util import process


class _ReadOnlyError(PasswordSetError, PasswordDeleteError, NotImplementedError):
    """Clients of keyring catch one of the first bases, and its chainer the last, to try the next backend."""


class CodeArtifactBackend(KeyringBackend):
    """Returns short-lived tokens for CodeArtifact index URLs, and None for all other services."""

    # Below keyring's chainer, above every password store, so that a URL's token is not looked up there.
    priority = 9.9

    def get_password(self, service: str, username: str | None) -> str | None:
        """Return the token for ``service``, None if it is no CodeArtifact URL, or no token is available (logged)."""
        credential = self.get_credential(service, username)
        return credential.password if credential else None

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        """Return user name and token for ``service``, None as `get_password` does."""
        # Some callers of keyring pass other types.
        if not isinstance(service, str) or "codeartifact" not in service.lower():
            return None
        # Imported lazily: most lookups are for other services.
        with process.importing:
            from ._util.log import log_once
            from .errors import CodeArtifactError
            from .lookup import find_token
            from .models import USERNAME

        # The `keyring` command is a process of its own for each lookup of a client.
        is_command = "keyring.cli" in sys.modules
        if is_command:
            process.own()
        try:
            token = find_token(service, username, process.Environment(os.environ), is_command=is_command)
        except CodeArtifactError as error:
            report = error.report()
        else:
            return SimpleCredential(USERNAME, str(token.value)) if token else None
        # Outside the handler: a log handler that fails would show the error with its context, botocore's included.
        log_once(report, is_error=True)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002 - keyring's interface
        """Raise: AWS issues the tokens, and none is stored by hand."""
        raise _ReadOnlyError("keyrings.codeartifact stores no passwords: AWS issues CodeArtifact's tokens")

    def delete_password(self, service: str, username: str) -> None:  # noqa: ARG002 - keyring's interface
        """Raise, as `set_password` does."""
        raise _ReadOnlyError("keyrings.codeartifact stores no passwords: there is none to delete")
