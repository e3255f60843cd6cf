"""The named tuple that does without typing equals that of typing."""

import copy
import pickle
import typing

import pytest

from keyrings.codeartifact._util.namedtuple import NamedTuple
from keyrings.codeartifact.models import Repository


class Ours(NamedTuple):
    """A pair."""

    one: str
    two: int = 2

    @property
    def both(self):
        return f"{self.one}{self.two}"


class Theirs(typing.NamedTuple):
    """A pair."""

    one: str
    two: int = 2

    @property
    def both(self):
        return f"{self.one}{self.two}"


@pytest.mark.parametrize(
    "look",
    [
        lambda kind: kind("a"),
        lambda kind: kind("a", two=3),
        lambda kind: kind("a")._replace(one="b"),
        lambda kind: kind("a")._asdict(),
        lambda kind: kind("a").both,
        lambda kind: kind._fields,
        lambda kind: kind._field_defaults,
        lambda kind: kind.__match_args__,
        lambda kind: kind.__doc__,
        lambda kind: kind.__module__,
        lambda kind: (kind("a") == kind("a"), kind("a") == kind("b"), hash(kind("a"))),
        lambda kind: repr(kind("a")).removeprefix(kind.__name__),
        lambda kind: type(kind("a")._replace(one="b")) is kind,
        lambda kind: pickle.loads(pickle.dumps(kind("a"))),
        lambda kind: copy.deepcopy(kind("a")),
    ],
)
def test_it_equals_typing_s(look):
    assert look(Ours) == look(Theirs)


@pytest.mark.parametrize("kind", [Ours, Theirs, Repository])
def test_it_is_frozen_and_has_required_fields(kind):
    value = kind("a", "b", "c") if kind is Repository else kind("a")
    with pytest.raises(AttributeError):
        setattr(value, kind._fields[0], "other")
    with pytest.raises(AttributeError):
        value.another = 1
    with pytest.raises(TypeError):
        kind()
