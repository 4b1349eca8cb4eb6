"""Constants: which are mutated, and into what.

Numbers, truth values, bytes, and words that something looks up: a string without a blank. Sentences are for people: a
string with a blank is mutated only where it is a key or compared. Doc strings, annotations, and all text inside `raise`
are left alone.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from typing import Any

from proof.mutation.change import Change, Context, Slot

_FORMAT = re.compile(r"[<>=!][0-9a-zA-Z?]+")


def constants(node: ast.Constant, slot: Slot, where: Context) -> Iterator[Change]:
    if where.message and isinstance(node.value, str | bytes):
        return
    for value in others(node.value, _is_key(slot)):
        yield Change("constant", (slot.put(ast.Constant(value)),))


def others(value: Any, is_key: bool = False) -> list[Any]:
    """The values that stand in for one."""
    match value:
        case bool():
            return [not value]
        case int():
            return [new for new in dict.fromkeys((value + 1, value - 1, 0)) if new != value]
        case float():
            return [new for new in (value + 1.0, 0.0) if new != value]
        case bytes():
            return [value + b"~"]
        case str() if _is_format(value):
            return _formats(value)
        case str() if is_key or not re.search(r"\s", value.strip("\n")):
            return [value + "~x"]  # "utf-8~" would still be UTF-8 to Python
    return []


def members(node: ast.Attribute, known: dict[str, list[str]]) -> Iterator[Change]:
    """Name another member of an enumeration (or another constant of the same kind) that the module knows."""
    if not isinstance(node.value, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    names = known.get(node.value.id, [])
    if node.attr in names and len(names) > 1:
        yield Change("member", ((node, "attr", names[(names.index(node.attr) + 1) % len(names)]),))


def known_members(tree: ast.AST) -> dict[str, list[str]]:
    """What the module names of each class-like name: `State` to OFF, SAFE, ..."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and _is_member(node):
            found.setdefault(node.value.id, set()).add(node.attr)
    return {name: sorted(attrs) for name, attrs in found.items()}


def _is_member(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id[:1].isupper() and node.attr.isupper()


def _is_key(slot: Slot) -> bool:
    owner = slot.owner
    return isinstance(owner, ast.Compare | ast.MatchValue) or (
        (isinstance(owner, ast.Dict) and slot.field == "keys")
        or (isinstance(owner, ast.Subscript) and slot.field == "slice")
    )


def _is_format(text: str) -> bool:
    if not _FORMAT.fullmatch(text):
        return False
    try:
        return struct.calcsize(text) > 0
    except struct.error:
        return False


def _formats(text: str) -> list[str]:
    """Another byte order, and each field with the other sign."""
    swapped = [{"<": ">", ">": "<"}.get(text[0], "<") + text[1:]] if struct.calcsize(text) > 1 else []
    signs = [text[:i] + text[i].swapcase() + text[i + 1 :] for i, char in enumerate(text) if char in "bBhHiIlLqQ"]
    return swapped + signs
