"""CodeArtifact within the process, for tests that need no server."""

from __future__ import annotations

import inspect
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

# What runs before the tests of a class, and would reach AWS.
_SET_UP = ("setUp", "setUpClass", "setup_method", "setup_class", "asyncSetUp")


@overload
def mock_codeartifact(tested: Tested) -> Tested: ...


@overload
def mock_codeartifact() -> AbstractContextManager[object]: ...


def mock_codeartifact(tested: Any = None) -> Any:
    """Answer the calls of boto3 and botocore in this process, with moto's ``mock_aws`` to which CodeArtifact is added.

    A context manager, and a decorator of functions and of the tests of a class.  Each begins without domains.  Only the
    API is there: no package index, no IAM.  Raises TypeError for a coroutine, and for a class with a set-up of its own,
    which would not be covered.
    """
    if tested is None:
        return _mocked()
    if not isinstance(tested, type):
        return _decorated(tested)
    if found := [name for name in _SET_UP if _is_own(tested, name)]:
        raise TypeError(f"{tested.__name__} has {found[0]}, which is not covered; enter mock_codeartifact() in it")
    for name in dir(tested):
        if name.startswith("test"):
            setattr(tested, name, _decorated(inspect.getattr_static(tested, name)))
    return tested


def _decorated(tested: Any) -> Any:
    if not inspect.isfunction(tested) or inspect.iscoroutinefunction(tested):
        raise TypeError(f"{tested!r} is not a function; enter mock_codeartifact() in it")
    return _mocked()(tested)


def _is_own(tested: type, name: str) -> bool:
    """Return whether a class or a base of the user defines ``name``, which unittest's own base classes do, too."""
    return any(name in vars(base) for base in tested.__mro__ if base.__module__ != "unittest.case")


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
        # A `mock_aws` within another one deletes nothing.
        for backends in instances:
            backends.clear()
        instances[:] = [backends for backends, _ in set_aside]
        for backends, content in set_aside:
            backends.update(content)
