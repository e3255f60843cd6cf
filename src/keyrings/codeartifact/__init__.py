"""Short-lived AWS CodeArtifact credentials for every client of a keyring."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .backend import CodeArtifactBackend

__all__ = ["CodeArtifactBackend"]


def __getattr__(name: str) -> object:
    """Serve the backend under the name that keyring's configuration knows, importing keyring only for that."""
    if name == "CodeArtifactBackend":
        from .backend import CodeArtifactBackend

        return CodeArtifactBackend
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
