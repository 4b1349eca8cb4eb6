"""Walk over a module and list its mutants, each with a name that outlives edits elsewhere."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from proof.mutation.change import Assign, Change, Context, Slot, applied
from proof.mutation.operators import changes
from proof.mutation.words import constants, known_members, members

_SKIPPED = {"annotation", "returns", "decorator_list", "bases", "type_comment", "format_spec", "ctx", "cause"}
_COMPOUND = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
_TYPES = {"Callable", "Union", "Optional", "Annotated", "tuple", "dict", "list", "set", "frozenset", "type"}
_LONG = 300


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mutant. lines: where it stands; loaded: it acts as the module is loaded, for every test that imports it."""

    id: str
    operator: str
    lines: tuple[int, int]
    loaded: bool
    before: str
    after: str
    assigns: tuple[Assign, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """unit: the slots from the statement (or the condition of one) down to the node."""

    change: Change
    where: Context
    lines: tuple[int, int]
    unit: tuple[Slot, ...]


def mutants(tree: ast.Module) -> list[Mutant]:
    """Every mutant of a module, in the order of its text; none that reads like the module itself."""
    walk = _Walk(known_members(tree), _runtime_literals(tree))
    walk.body(tree, "body", Context())
    return list(_named(walk.found))


def _named(found: list[_Found]) -> Iterator[Mutant]:
    seen: Counter[str] = Counter()
    twice: set[tuple[int, str]] = set()
    for each in found:
        before, after = _texts(each)
        place = (id(each.unit[-1].owner), f"{each.unit[-1]!r}{before}{after}")
        if before == after or place in twice:
            continue
        twice.add(place)
        name = each.where.qualname or "module"
        mark = sha256(f"{before}\0{after}".encode()).hexdigest()[:8]
        base = f"{name}:{each.change.operator}:{mark}"
        seen[base] += 1
        full = base if seen[base] == 1 else f"{base}.{seen[base]}"
        yield Mutant(
            full, each.change.operator, each.lines, each.where.is_table, before, after, each.change.assigns
        )  # fmt: skip


def _texts(found: _Found) -> tuple[str, str]:
    if found.change.before:
        return found.change.before, found.change.after
    slot = _unit(found)
    before = _unparsed(slot)
    with applied(found.change.assigns):
        return before, _unparsed(slot)


def _unit(found: _Found) -> Slot:
    """The widest thing around the node that a person still reads at once."""
    first = found.unit[0].get()
    if len(found.unit) == 1 and isinstance(first, _COMPOUND):
        owner, field, _ = found.change.assigns[0]
        return Slot(owner, field)
    for slot in found.unit:
        node = slot.get()
        if getattr(node, "end_lineno", 0) - getattr(node, "lineno", 0) < 8 and len(_unparsed(slot)) <= _LONG:
            return slot
    return found.unit[-1]


def _unparsed(slot: Slot) -> str:
    value = slot.get()
    if isinstance(value, list):
        return ", ".join(ast.unparse(each) for each in value)
    return "" if value is None else ast.unparse(value)


class _Walk:
    def __init__(self, known: dict[str, list[str]], literals: set[str]) -> None:
        self.found: list[_Found] = []
        self._known = known
        self._literals = literals
        self._lines = (0, 0)

    def body(self, owner: ast.AST, field: str, where: Context) -> None:
        statements = getattr(owner, field)
        for index, statement in enumerate(statements):
            if not _is_left_alone(statement, where, self._literals):
                is_last = where.is_last and index == len(statements) - 1
                self._statement(statement, Slot(owner, field, index), replace(where, is_last=is_last))

    def _statement(self, node: ast.stmt, slot: Slot, where: Context) -> None:
        if isinstance(node, ast.FunctionDef):
            for field in ("defaults", "kw_defaults"):
                self._lines = (node.lineno, node.body[0].lineno)
                self._field(node.args, field, (), where)
            if node.name != "__repr__":
                inside = replace(where, in_function=True, set_twice=_set_twice(node), is_last=True)
                self.body(node, "body", replace(inside, qualname=_join(where, node.name)))
        elif isinstance(node, ast.ClassDef):
            self.body(node, "body", replace(where, qualname=_join(where, node.name), in_class=True))
        else:
            inner = replace(where, message=where.message or isinstance(node, ast.Raise))
            if isinstance(node, ast.For | ast.While) or (isinstance(node, ast.Try) and node.orelse):
                inner = replace(inner, is_last=False)
            compound = isinstance(node, _COMPOUND)
            self._lines = (node.lineno, node.lineno if compound else node.end_lineno or node.lineno)
            self._operate(node, (slot,), inner)
            for field in node._fields:
                self._field(node, field, () if compound else (slot,), inner)

    def _field(self, owner: ast.AST, field: str, unit: tuple[Slot, ...], where: Context) -> None:
        if field in _SKIPPED:
            return
        value = getattr(owner, field)
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            self.body(owner, field, where)
        elif isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST):
                    self._node(child, (*unit, Slot(owner, field, index)), where)
        elif isinstance(value, ast.AST):
            self._node(value, (*unit, Slot(owner, field)), where)

    def _node(self, node: ast.AST, unit: tuple[Slot, ...], where: Context) -> None:
        if len(unit) == 1 and isinstance(node, ast.expr | ast.pattern):
            self._lines = (node.lineno, node.end_lineno or node.lineno)
        if isinstance(node, ast.JoinedStr):
            if where.message or _is_sentence(node):
                return
        elif isinstance(node, ast.ExceptHandler):
            self._lines = (node.lineno, node.body[0].lineno)
            self._operate(node, unit, where)
            unit = ()
        elif isinstance(node, ast.match_case):
            unit = ()
        else:
            self._operate(node, unit, where)
        for field in node._fields:
            if not (isinstance(node, ast.JoinedStr | ast.Constant) and field == "kind"):
                self._parts(node, field, unit, where)

    def _parts(self, node: ast.AST, field: str, unit: tuple[Slot, ...], where: Context) -> None:
        if isinstance(node, ast.Call) and field == "args" and _name(node.func) == "cast":
            for index, child in enumerate(node.args[1:], 1):
                self._node(child, (*unit, Slot(node, field, index)), where)
        elif isinstance(node, ast.JoinedStr):
            for index, child in enumerate(node.values):
                slot = Slot(node, field, index)
                if isinstance(child, ast.FormattedValue):
                    self._node(child.value, (*unit, slot, Slot(child, "value")), where)
                else:
                    self._node(child, (*unit, slot), where)
        else:
            self._field(node, field, unit, where)

    def _operate(self, node: ast.AST, unit: tuple[Slot, ...], where: Context) -> None:
        found = list(changes(node, unit[-1], where))
        if isinstance(node, ast.Constant):
            found += constants(node, unit[-1], where)
        elif isinstance(node, ast.Attribute):
            found += members(node, self._known)
        self.found += [_Found(change, where, self._lines, unit) for change in found]


def _set_twice(node: ast.FunctionDef) -> frozenset[str]:
    """The names that a function sets more than once; a parameter is set by the call."""
    stored = [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    stored += [each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)]
    return frozenset(name for name, times in Counter(stored).items() if times > 1)


def _join(where: Context, name: str) -> str:
    return f"{where.qualname}.{name}" if where.qualname else name


def _name(node: Any) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_sentence(node: ast.JoinedStr) -> bool:
    return any(isinstance(part, ast.Constant) and " " in str(part.value) for part in node.values)


def _is_left_alone(node: ast.stmt, where: Context, literals: set[str]) -> bool:
    """Tell what does nothing, or only for type checkers, or only when the file is run by hand."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Pass():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if where.is_table:
            return _is_type(value, name in literals)
    return False


def _is_type(value: ast.expr, literal_counts: bool) -> bool:
    match value:
        case ast.Subscript(value=ast.Name(id="Literal")):
            return not literal_counts
        case ast.Subscript(value=ast.Name(id=name)):
            return name in _TYPES
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return all(isinstance(side, ast.Name | ast.Constant) or _is_type(side, False) for side in (left, right))
        case ast.Call(func=ast.Name(id="TypeVar" | "ParamSpec" | "NewType")):
            return True
    return False


def _runtime_literals(tree: ast.AST) -> set[str]:
    """The literal types whose words the module looks up while it runs."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func) == "get_args")
    return {_name(argument) for node in calls for argument in node.args}
