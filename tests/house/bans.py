"""What no source of ours may do, found in its syntax: run text as code, load code by name, listen to the world."""

from __future__ import annotations

import ast

MODULES = {"yaml", "pickle", "marshal", "shelve", "dill", "imp", "telnetlib"}
CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "importlib.import_module",
    "subprocess.getoutput",
}
ANYWHERE = {"0.0.0.0", "::", ""}


def bans(tree: ast.Module) -> list[str]:
    """Every breach in one file, as it is written."""
    return [what for node in ast.walk(tree) for what in (*_imports(node), *_calls(node))]


def _imports(node: ast.AST) -> list[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return [f"import {name}" for name in names if name.split(".")[0] in MODULES]


def _calls(node: ast.AST) -> list[str]:
    if not isinstance(node, ast.Call):
        return []
    name = ast.unparse(node.func)
    found = [f"{name}()"] if name in CALLS else []
    found += ["shell=True" for word in node.keywords if word.arg == "shell" and ast.unparse(word.value) != "False"]
    if name.split(".")[-1] in ("bind", "create_server", "HTTPServer", "TCPServer"):
        found += [f"{name} on {host!r}" for host in _hosts(node) if host in ANYWHERE]
    return found


def _hosts(call: ast.Call) -> list[str]:
    """The hosts that a listener names as a literal: the first of its address."""
    first = call.args[0] if call.args else None
    host = first.elts[0] if isinstance(first, ast.Tuple) and first.elts else None
    return [host.value] if isinstance(host, ast.Constant) and isinstance(host.value, str) else []
