"""``typing.NamedTuple`` without importing ``typing``, which takes 2.7 of the 18.6 ms of a cached lookup.

Type checkers read ``typing``'s own.  For the same reason the modules that a cached lookup imports set
``TYPE_CHECKING = False``, which type checkers take for true.
"""

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:

    class _NamedTupleMeta(type):
        """Turns a class body with annotated fields into a named tuple with its methods."""

        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:  # noqa: ARG004 - as called
            fields = tuple(body["__annotations__"])
            defaults = [body.pop(field) for field in fields if field in body]
            return type(name, (namedtuple(name, fields, defaults=defaults),), {"__slots__": (), **body})  # noqa: PYI024

    NamedTuple = type.__new__(_NamedTupleMeta, "NamedTuple", (), {})

__all__ = ["NamedTuple"]
