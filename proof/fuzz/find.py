"""Find one target without importing what only others need: to follow a module takes longer than to import it."""

from __future__ import annotations

from importlib import import_module

from proof.fuzz.target import Target

_FAMILIES = ("wire_targets", "local_targets", "document_targets")  # each imports no later one


def targets_of(family: str) -> tuple[Target, ...]:
    found: tuple[Target, ...] = import_module(f"proof.fuzz.{family}").TARGETS
    return found


def find(name: str) -> Target:
    """Give the target of that name; raises KeyError."""
    for family in _FAMILIES:
        for target in targets_of(family):
            if target.name == name:
                return target
    raise KeyError(name)


def find_all() -> dict[str, Target]:
    return {target.name: target for family in _FAMILIES for target in targets_of(family)}
