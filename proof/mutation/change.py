"""What a mutant is: a place in a syntax tree, and what stands there instead."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

Assign = tuple[ast.AST, str, Any]
"""Set this field of this node."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a node stands: a field of its owner, and the place in it when the field is a list."""

    owner: ast.AST
    field: str
    index: int | None = None

    def get(self) -> Any:
        value = getattr(self.owner, self.field)
        return value if self.index is None else value[self.index]

    def put(self, new: ast.AST) -> Assign:
        """The assignment that puts another node here."""
        if self.index is None:
            return self.owner, self.field, new
        values = list(getattr(self.owner, self.field))
        values[self.index] = new
        return self.owner, self.field, values


@dataclass(frozen=True, slots=True)
class Change:
    """One mutation of a tree. before, after: as a person reads it, where the unit's own text would be too long."""

    operator: str
    assigns: tuple[Assign, ...]
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """Where in a module the walk is.

    message: inside a raise, whose words are not mutated. set_twice: names that the function sets more than once, its
    parameters counted. is_last: nothing of the function is run after this statement.
    """

    qualname: str = ""
    in_function: bool = False
    in_class: bool = False
    message: bool = False
    set_twice: frozenset[str] = frozenset()
    is_last: bool = False

    @property
    def is_table(self) -> bool:
        """Whether what stands here is evaluated once, as the module is loaded."""
        return not self.in_function


@contextmanager
def applied(assigns: tuple[Assign, ...]) -> Iterator[None]:
    """Have the tree mutated inside the block."""
    before = [(node, field, getattr(node, field)) for node, field, _ in assigns]
    for node, field, new in assigns:
        setattr(node, field, new)
    try:
        yield
    finally:
        for node, field, old in before:
            setattr(node, field, old)
