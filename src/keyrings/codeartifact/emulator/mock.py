"""CodeArtifact within the process, for tests that need no server."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, overload

from moto import mock_aws
from moto.core.base_backend import BackendDict

from .api.registration import register

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from typing import TypeVar

    Tested = TypeVar("Tested", bound=Callable[..., Any])


@overload
def mock_codeartifact(tested: Tested) -> Tested: ...


@overload
def mock_codeartifact() -> AbstractContextManager[object]: ...


def mock_codeartifact(tested: Any = None) -> Any:
    """Answer the calls of boto3 and botocore in this process, with moto's ``mock_aws`` to which CodeArtifact is added.

    A context manager, and a decorator of functions and of the tests of a class.  Each begins without domains.  Only the
    API is there: no package index, no IAM.
    """
    if tested is None:
        return _mocked()
    if not isinstance(tested, type):
        return _mocked()(tested)
    for name, method in list(vars(tested).items()):
        if name.startswith("test") and callable(method):
            setattr(tested, name, _mocked()(method))
    return tested


@contextmanager
def _mocked() -> Iterator[None]:
    register()
    # moto's state is global: that of a running emulator is set aside, as `mock_aws` deletes all.
    instances = BackendDict._instances  # type: ignore[misc]  # noqa: SLF001 - moto is pinned
    set_aside = [(backends, dict(backends)) for backends in instances]
    for backends, _ in set_aside:
        backends.clear()
    try:
        with mock_aws():
            yield
    finally:
        for backends, content in set_aside:
            backends.update(content)
            instances.append(backends)
