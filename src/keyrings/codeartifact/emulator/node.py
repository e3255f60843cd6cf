"""Typed access to a parsed YAML document, with the place of each error in its message."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keyrings.codeartifact.errors import ConfigurationError
from keyrings.codeartifact.index_url import DOMAIN_OWNER

from .iam.policies import parse as parse_policy

if TYPE_CHECKING:
    from .iam.policies import Kind


@dataclass(frozen=True)
class Node:
    """A part of a YAML document, and its place, for error messages; all methods raise ConfigurationError."""

    value: Any
    place: str

    def mapping(self, *keys: str) -> Node:
        """Return this node if it is a mapping with no keys but these."""
        if not isinstance(self.value, dict):
            raise self._invalid(f"a mapping of {', '.join(keys)}")
        for key in self.value:
            if key not in keys:
                raise ConfigurationError(
                    "CA903", f"{self.place} has the unknown key {key!r}", f"known keys: {', '.join(keys)}"
                )
        return self

    def items(self, key: str) -> list[Node]:
        """Return the nodes of the list under ``key``, none if the key is missing."""
        node = Node(self.value.get(key) or [], f"{self.place}: {key}")
        if not isinstance(node.value, list):
            raise node._invalid("a list")
        return [Node(item, f"{node.place}[{index}]") for index, item in enumerate(node.value)]

    def __getitem__(self, key: str) -> Node:
        """Return the node under ``key`` of a mapping; its value is None if the key is missing."""
        return Node(self.value.get(key), f"{self.place}.{key}")

    def text(self, pattern: str = r".+", accepted: str = "a string") -> str:
        """Return this node if it is a string that matches ``pattern``, which ``accepted`` describes."""
        if not isinstance(self.value, str) or not re.fullmatch(pattern, self.value):
            raise self._invalid(accepted)
        return self.value

    def account(self) -> str:
        """Return this node if it is an account ID."""
        return self.text(DOMAIN_OWNER, "12 digits")

    def flag(self) -> bool:
        """Return this node as a boolean, False if it is missing."""
        return self.value is not None and self.text("true|false", "true or false") == "true"

    def policy(self, kind: Kind) -> str:
        """Return this node as JSON if it is a policy document."""
        # moto requires the version, which is always the same.
        versioned = {"Version": "2012-10-17", **self.value} if isinstance(self.value, dict) else self.value
        document = json.dumps(versioned)
        try:
            parse_policy(document, kind)
        except ValueError as error:
            raise self._invalid(f"an IAM policy document ({error})") from None
        return document

    def _invalid(self, accepted: str) -> ConfigurationError:
        return ConfigurationError("CA903", f"{self.place} is invalid", f"expected: {accepted}")
