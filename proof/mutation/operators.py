"""The mutation operators: for a node, the changes that a test has to notice."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import Any

from proof.mutation.change import Change, Context, Slot

_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_BINARY: dict[type[ast.operator], tuple[type[ast.operator], ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.FloorDiv,),
    ast.Div: (ast.Mult,),
    ast.FloorDiv: (ast.Mult,),
    ast.Mod: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.LShift: (ast.RShift,),
    ast.RShift: (ast.LShift,),
    ast.BitAnd: (ast.BitOr,),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.BitOr,),
}
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list", "abs": "int"}
_METHODS = {"startswith": "endswith", "endswith": "startswith", "lstrip": "rstrip", "rstrip": "lstrip"}
_UNWRAP = {"suppress"}


def _constant(value: Any) -> ast.Constant:
    return ast.Constant(value)


def compare(node: ast.Compare) -> Iterator[Change]:
    for index, operator in enumerate(node.ops):
        for other in _COMPARE[type(operator)]:
            yield Change("compare", (Slot(node, "ops", index).put(other()),))


def binary(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    for other in _BINARY.get(type(node.op), ()):
        yield Change("arithmetic", ((node, "op", other()),))


def unary(node: ast.UnaryOp, slot: Slot) -> Iterator[Change]:
    if not isinstance(node.op, ast.UAdd):
        yield Change("not" if isinstance(node.op, ast.Not) else "sign", (slot.put(node.operand),))


def boolean(node: ast.BoolOp, slot: Slot) -> Iterator[Change]:
    yield Change("and-or", ((node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And()),))
    for index in range(len(node.values)):
        rest = [value for place, value in enumerate(node.values) if place != index]
        new = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        yield Change("operand", (slot.put(new),))


def condition(node: ast.If | ast.IfExp) -> Iterator[Change]:
    for value in (True, False):
        yield Change("condition", ((node, "test", _constant(value)),))


def loop_while(node: ast.While) -> Iterator[Change]:
    # Never True: a mutant that can't end can only be waited for.
    yield Change("condition", ((node, "test", _constant(False)),))


def loop_for(node: ast.For) -> Iterator[Change]:
    yield Change("no-loop", ((node, "iter", ast.Tuple([], ast.Load())),))


def comprehension(node: ast.comprehension) -> Iterator[Change]:
    for index in range(len(node.ifs)):
        for value in (True, False):
            yield Change("condition", (Slot(node, "ifs", index).put(_constant(value)),))


def match(node: ast.Match) -> Iterator[Change]:
    for index, case in enumerate(node.cases):
        if len(node.cases) > 1:
            rest = node.cases[:index] + node.cases[index + 1 :]
            yield Change("case", ((node, "cases", rest),), f"case {ast.unparse(case.pattern)}: ...", "")
        if case.guard is not None:
            for value in (True, False):
                yield Change("condition", ((case, "guard", _constant(value)),))


def call(node: ast.Call) -> Iterator[Change]:
    if isinstance(node.func, ast.Name) and node.func.id in _CALLS and node.args:
        yield Change("call", ((node.func, "id", _CALLS[node.func.id]),))
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        yield Change("call", ((node.func, "attr", _METHODS[node.func.attr]),))
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            yield Change("keyword", ((node, "keywords", node.keywords[:index] + node.keywords[index + 1 :]),))


def dictionary(node: ast.Dict) -> Iterator[Change]:
    for index, (key, value) in enumerate(zip(node.keys, node.values, strict=True)):
        keys, values = node.keys[:index] + node.keys[index + 1 :], node.values[:index] + node.values[index + 1 :]
        text = f"**{ast.unparse(value)}" if key is None else f"{ast.unparse(key)}: {ast.unparse(value)}"
        yield Change("entry", ((node, "keys", keys), (node, "values", values)), f"{{..., {text}, ...}}", "{..., ...}")


def sequence(node: ast.Tuple | ast.List | ast.Set, slot: Slot, where: Context) -> Iterator[Change]:
    """Leave an entry out: of a table, and of what a value is looked up in."""
    looked_up = isinstance(slot.owner, ast.Compare) or isinstance(node, ast.Set)
    tried = isinstance(slot.owner, ast.ExceptHandler) and slot.field == "type"
    if not (where.is_table or looked_up or tried) or len(node.elts) < 2:
        return
    for index, entry in enumerate(node.elts):
        rest = node.elts[:index] + node.elts[index + 1 :]
        yield Change("entry", ((node, "elts", rest),), f"(..., {ast.unparse(entry)}, ...)", "(..., ...)")


def bounds(node: ast.Slice) -> Iterator[Change]:
    for field in ("lower", "upper", "step"):
        if getattr(node, field) is not None:
            yield Change("slice", ((node, field, None),))


def returned(node: ast.Return, slot: Slot, where: Context) -> Iterator[Change]:
    """Give back nothing; where nothing is given back, go on instead."""
    if node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None):
        if not where.is_last:
            yield from deleted(node, slot)
    elif not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, bool)):
        yield Change("return", ((node, "value", _constant(None)),))


def uncaught(node: ast.ExceptHandler) -> Iterator[Change]:
    """Catch nothing; of several types one is left out by `sequence`."""
    if node.type is not None and not isinstance(node.type, ast.Tuple):
        yield Change("uncaught", ((node, "type", ast.Tuple([], ast.Load())),))


def deleted(node: ast.stmt, slot: Slot) -> Iterator[Change]:
    yield Change("delete", (slot.put(ast.Pass()),), ast.unparse(node), "pass")


def assigned(node: ast.Assign | ast.AnnAssign, slot: Slot, where: Context) -> Iterator[Change]:
    """Leave out what sets an attribute, an entry, or a name that is set twice; another name would only be missing."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if node.value is not None and all(_is_set_else(target, where) for target in targets):
        yield from deleted(node, slot)


def _is_set_else(target: ast.expr, where: Context) -> bool:
    return isinstance(target, ast.Attribute | ast.Subscript) or (
        isinstance(target, ast.Name) and target.id in where.set_twice
    )


def default(node: ast.AnnAssign, _slot: Slot, where: Context) -> Iterator[Change]:
    """A field's default that is a constant's name becomes 0."""
    if where.in_class and not where.in_function and isinstance(node.value, ast.Name) and node.value.id.isupper():
        yield Change("default", ((node, "value", _constant(0)),))


def expression(node: ast.Expr, slot: Slot) -> Iterator[Change]:
    if isinstance(node.value, ast.Call | ast.Await | ast.Yield | ast.YieldFrom):
        yield from deleted(node, slot)


def unguarded(node: ast.With, slot: Slot) -> Iterator[Change]:
    """Take a suppression off."""
    for item in node.items:
        func = item.context_expr.func if isinstance(item.context_expr, ast.Call) else None
        name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
        if name in _UNWRAP and len(node.items) == 1:
            new = ast.If(_constant(True), node.body, [])
            yield Change("unguard", (slot.put(new),), f"with {ast.unparse(item)}: ...", "if True: ...")


PLAIN: dict[type[ast.AST], Callable[[Any], Iterator[Change]]] = {
    ast.Compare: compare,
    ast.BinOp: binary,
    ast.AugAssign: binary,
    ast.If: condition,
    ast.IfExp: condition,
    ast.While: loop_while,
    ast.For: loop_for,
    ast.comprehension: comprehension,
    ast.Match: match,
    ast.Call: call,
    ast.Dict: dictionary,
    ast.Slice: bounds,
    ast.ExceptHandler: uncaught,
}
PLACED: dict[type[ast.AST], Callable[[Any, Slot], Iterator[Change]]] = {
    ast.AugAssign: deleted,
    ast.UnaryOp: unary,
    ast.BoolOp: boolean,
    ast.Expr: expression,
    ast.Raise: deleted,
    ast.Continue: deleted,
    ast.Break: deleted,
    ast.Delete: deleted,
    ast.With: unguarded,
}


IN_CONTEXT: dict[type[ast.AST], tuple[Callable[[Any, Slot, Context], Iterator[Change]], ...]] = {
    ast.Assign: (assigned,),
    ast.AnnAssign: (assigned, default),
    ast.Return: (returned,),
    ast.Tuple: (sequence,),
    ast.List: (sequence,),
    ast.Set: (sequence,),
}


def changes(node: ast.AST, slot: Slot, where: Context) -> Iterator[Change]:
    """All that can be done to one node, but for constants and names."""
    if type(node) in PLAIN:
        yield from PLAIN[type(node)](node)
    if type(node) in PLACED:
        yield from PLACED[type(node)](node, slot)
    for operator in IN_CONTEXT.get(type(node), ()):
        yield from operator(node, slot, where)
