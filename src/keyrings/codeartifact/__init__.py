"""Short-lived AWS CodeArtifact credentials for every client of a keyring.

For programs: `get_token` returns a `Token` or raises `CodeArtifactError`.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .api import Token, get_token
    from .backend import CodeArtifactBackend
    from .errors import CodeArtifactError

__all__ = ["CodeArtifactBackend", "CodeArtifactError", "Token", "get_token"]


def __getattr__(name: str) -> object:
    """Serve the public names; each is imported when it is used, as only the backend needs keyring."""
    if name == "CodeArtifactBackend":
        from .backend import CodeArtifactBackend

        return CodeArtifactBackend
    if name == "CodeArtifactError":
        from .errors import CodeArtifactError

        return CodeArtifactError
    if name in ("Token", "get_token"):
        from . import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
