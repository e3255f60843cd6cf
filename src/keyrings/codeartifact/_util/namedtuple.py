"""What is a frozen value made of?  A ``typing.NamedTuple`` that does without importing ``typing``.

That import takes a sixth of the time that a cached token takes in all.  Type checkers read ``typing``'s own; for the
same reason the modules on the way to a cached token set ``TYPE_CHECKING = False``, which they take for true.
"""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _Record(type):
        """Makes of a class body, its annotations being the fields, a named tuple with its methods."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:  # noqa: ARG004 - as called
            fields = tuple(body["__annotations__"])
            defaults = [body.pop(field) for field in fields if field in body]
            return type(name, (namedtuple(name, fields, defaults=defaults),), {"__slots__": (), **body})  # noqa: PYI024

    NamedTuple = type.__new__(_Record, "NamedTuple", (), {})

__all__ = ["NamedTuple"]
