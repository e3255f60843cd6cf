"""What the bundle holds of each wheel: the one list of what is left out."""

import re

# botocore's services for tokens, for shared ones, for roles, and for the credentials of SSO and console logins.
SERVICES = ("codeartifact", "secretsmanager", "signin", "sso", "sso-oidc", "sts")
# Paths in wheels, as regular expressions of the whole path.
_LEFT_OUT = (
    rf"botocore/data/(?!(?:{'|'.join(SERVICES)})/)[^/]+/.+",  # nine tenths of botocore
    r"botocore/data/.+/examples-1\.json",
    r"dateutil/zoneinfo/dateutil-zoneinfo\.tar\.gz",  # the time zones, which botocore does not need
    # The emulator needs moto.  What stays says so.
    r"keyrings/codeartifact/emulator/(?!(?:__init__|process)\.py).+",
    r"keyrings/codeartifact/pytest_plugin\.py",
    r".+\.pyi|.+/py\.typed",
    r"[^/]+\.data/scripts/.+|keyrings_codeartifact-[^/]+\.data/data/share/.+",  # clients/commands.py writes ours
    # Of a distribution's metadata stay its name and version, its entry points, and its licences.
    r"[^/]+\.dist-info/(?!METADATA|entry_points\.txt|(?:.+/)?(?:LICEN[CS]E|COPYING|NOTICE|AUTHORS)[^/]*).+",
)
_PATTERN = re.compile("|".join(f"(?:{pattern})" for pattern in _LEFT_OUT))
_COMPILED = re.compile(r".+\.(?:so|pyd|dll|dylib)|.+\.data/.+")
_LICENCE = re.compile(r"[^/]+\.dist-info/(?:.+/)?(?:LICEN[CS]E|COPYING)[^/]*")


class BundleError(Exception):
    """The bundle cannot be built: cause and remedy, in one line."""


def select(wheel: str, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return what the bundle holds of the files of ``wheel``; raise BundleError for what it cannot hold."""
    kept = {path: _short(path, content) for path, content in files.items() if not _PATTERN.fullmatch(path)}
    if compiled := next(filter(_COMPILED.fullmatch, kept), None):
        raise BundleError(f"{wheel} is not pure Python ({compiled}); pin a release with a pure wheel")
    if not any(map(_LICENCE.fullmatch, kept)):
        raise BundleError(f"{wheel} contains no licence; add it to the bundle, or replace the package")
    return kept


def _short(path: str, content: bytes) -> bytes:
    """Return metadata without the description, which is a README."""
    return content.partition(b"\n\n")[0] + b"\n" if path.endswith(".dist-info/METADATA") else content
