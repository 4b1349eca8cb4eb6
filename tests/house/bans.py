"""What no source of ours may do, found in its syntax: run text as code, load code by name, listen to the world."""

from __future__ import annotations

import ast
from collections.abc import Iterator

MODULES = {"yaml", "pickle", "marshal", "shelve", "dill", "imp", "telnetlib"}
NAMES = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "builtins.eval",
    "builtins.exec",
    "os.system",
    "os.popen",
    "pty.spawn",
    "importlib.import_module",
    "runpy.run_module",
    "runpy.run_path",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
}
LISTENERS = {"bind", "create_server", "start_server", "HTTPServer", "ThreadingHTTPServer", "TCPServer", "UDPServer"}
HERE = {"127.0.0.1", "localhost", "::1"}


def bans(tree: ast.Module) -> list[str]:
    """Every breach in one file, as it is written; a name counts however it was imported, and wherever it is used."""
    known = dict(imported(tree))
    found: list[str] = []
    for node in ast.walk(tree):
        found += [*_imports(node), *_names(node, known), *_shells(node)]
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in LISTENERS:
            found += _listens(node, only_unix=_only_unix(tree, known))
    return found


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What each name of a file stands for: `system` for os.system after `from os import system`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.asname, alias.name) for alias in node.names if alias.asname)
        if isinstance(node, ast.ImportFrom):
            yield from ((alias.asname or alias.name, f"{node.module}.{alias.name}") for alias in node.names)


def _imports(node: ast.AST) -> list[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return [f"import {name}" for name in names if name.split(".")[0] in MODULES]


def _names(node: ast.AST, known: dict[str, str]) -> list[str]:
    if not isinstance(node, ast.Name | ast.Attribute):
        return []
    name = whole(node, known)
    return [f"{name}()"] if name in NAMES else []


def whole(node: ast.expr, known: dict[str, str]) -> str:
    """A name as its module has it: `time.time_ns` for `t.time_ns` after `import time as t`."""
    first, dot, rest = ast.unparse(node).partition(".")
    return known.get(first, first) + dot + rest


def _shells(node: ast.AST) -> list[str]:
    words = node.keywords if isinstance(node, ast.Call) else []
    return ["shell=True" for word in words if word.arg == "shell" and ast.unparse(word.value) != "False"]


def _listens(call: ast.Call, *, only_unix: bool) -> list[str]:
    """Say where a listener listens, unless a literal says that it is here; a path is no address of the world."""
    name = ast.unparse(call.func)
    address = _address(call, 1 if name.endswith("start_server") else 0)
    host = address.elts[0] if isinstance(address, ast.Tuple) and address.elts else address
    if isinstance(host, ast.Constant) and host.value in HERE:
        return []
    is_path = not isinstance(address, ast.Tuple) and not name.endswith("start_server")
    if host is not None and is_path and only_unix:
        return []
    return [f"{name} on {'nothing' if host is None else ast.unparse(host)}"]


def _address(call: ast.Call, place: int) -> ast.expr | None:
    named = [word.value for word in call.keywords if word.arg in ("address", "server_address", "host")]
    return next(iter([*call.args[place : place + 1], *named]), None)


def _only_unix(tree: ast.Module, known: dict[str, str]) -> bool:
    """Whether every socket that a file makes is said to be a unix one; without a family it would be of the world."""
    made = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and whole(node.func, known) == "socket.socket"
    ]
    return bool(made) and all(node.args and ast.unparse(node.args[0]).endswith("AF_UNIX") for node in made)
