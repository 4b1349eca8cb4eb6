"""The linters' rules hold, and each is seen to bite on a line that breaks it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.bans import bans
from tests.house.tree import PRODUCT, ROOT, sources, syntax


@pytest.mark.hazard("H30", "H35")
def test_the_product_runs_no_text_as_code_and_listens_to_nobody_far() -> None:
    found = {str(name): bans(syntax(name)) for name in sources(*PRODUCT)}

    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.hazard("H30", "H35")
@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("import yaml", "import yaml"),
        ("from pickle import loads", "import pickle"),
        ("eval('1')", "eval()"),
        ("exec(text)", "exec()"),
        ("import importlib\nimportlib.import_module(name)", "importlib.import_module()"),
        ("subprocess.run('ls', shell=True)", "shell=True"),
        ("subprocess.run('ls', shell=flag)", "shell=True"),
        ("os.system('ls')", "os.system()"),
        ("from os import system\nsystem('ls')", "os.system()"),
        ("from os import system as go\ngo('ls')", "os.system()"),
        ("import os as o\no.popen('ls')", "os.popen()"),
        ("run = os.system", "os.system()"),
        ("list(map(eval, texts))", "eval()"),
        ("from importlib import import_module\nimport_module(name)", "importlib.import_module()"),
        ("sock.bind(('0.0.0.0', 5025))", "sock.bind on '0.0.0.0'"),
        ("sock.bind(('', 5025))", "sock.bind on ''"),
        ("socket.create_server(('::', 0))", "socket.create_server on '::'"),
        ("sock.bind((host, port))", "sock.bind on host"),
        ("sock.bind((settings.host, 5025))", "sock.bind on settings.host"),
        ("sock.bind(address)", "sock.bind on address"),
        ("sock = socket.socket()\nsock.bind(address)", "sock.bind on address"),
        ("from socket import socket, AF_INET\nsock = socket(AF_INET)\nsock.bind(address)", "sock.bind on address"),
        ("socket.create_server(address=('', 1))", "socket.create_server on ''"),
        ("asyncio.start_server(serve, None, 1)", "asyncio.start_server on None"),
        ("asyncio.start_server(serve, port=1)", "asyncio.start_server on nothing"),
        ("HTTPServer((host, 80), Handler)", "HTTPServer on host"),
    ],
)
def test_a_breach_is_seen(line: str, what: str) -> None:
    assert bans(ast.parse(line)) == [what]


@pytest.mark.parametrize(
    "line",
    [
        "sock.bind(('127.0.0.1', port))",
        "socket.create_server(('localhost', 0))",
        "asyncio.start_server(serve, '::1', 1)",
        "lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\nlock.bind(path)",
        "import re\nre.compile('x')",
        "subprocess.run(['ls'], shell=False)",
    ],
)
def test_what_listens_here_or_runs_no_text_is_no_breach(line: str) -> None:
    assert bans(ast.parse(line)) == []


# A line that breaks the rule, and the rule: ruff's, as pyproject.toml sets it, on a file of the product.
RUFF = [
    ("S307", "x = eval('1')"),
    ("S102", "exec('x = 1')"),
    ("TID251", "import time\nx = time.time()"),
    ("TID251", "import datetime\nx = datetime.datetime.now(datetime.UTC)"),
    ("TID251", "import pickle\nx = pickle.loads"),
    ("S602", "import subprocess\nsubprocess.run('ls', shell=True)"),
    ("S101", "assert True"),
    ("T201", "print('x')"),
    ("BLE001", "try:\n    x = 1\nexcept Exception:\n    x = 2"),
    ("ANN001", "def f(x) -> int:\n    return 1"),
    ("DTZ005", "from datetime import datetime as d\nx = d.now()"),
    ("TID252", "from . import units"),
    ("PGH003", "x = 1  # type: ignore"),
    (
        "C901",
        "def f(x: int) -> int:\n" + "".join(f"    if x == {i}:\n        x += 1\n" for i in range(13)) + "    return x",
    ),
]


@pytest.mark.parametrize(("rule", "line"), RUFF, ids=[f"{rule}-{i}" for i, (rule, _) in enumerate(RUFF)])
def test_ruff_bites(rule: str, line: str) -> None:
    words = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--stdin-filename",
        "eastim/safety/made_up.py",
        "--output-format",
        "concise",
        "-",
    ]
    done = subprocess.run(words, cwd=ROOT, input=f'"""Do."""\n\n{line}\n', capture_output=True, text=True, check=False)

    assert f" {rule} " in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [("def f(x: int):\n    return x", "no-untyped-def"), ("x: list = []", "type-arg"), ("x: int = 'a'", "assignment")],
)
def test_mypy_bites(line: str, says: str, tmp_path: Path) -> None:
    file = tmp_path / "made_up.py"
    file.write_text(line + "\n", "utf-8")
    words = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(tmp_path),
        str(file),
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert f"[{says}]" in done.stdout, done.stdout + done.stderr


def bandit(path: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "bandit", "-q", "-r", "-c", str(ROOT / "pyproject.toml"), str(path)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.hazard("H45")
@pytest.mark.parametrize("package", PRODUCT)
def test_bandit_finds_nothing(package: str) -> None:
    done = bandit(ROOT / package)

    assert done.returncode == 0, done.stdout


@pytest.mark.hazard("H45")
@pytest.mark.parametrize("line", ["import os\nos.chmod('x', 0o777)", "import hashlib\nhashlib.md5(b'')", "exec('x')"])
def test_bandit_bites(line: str, tmp_path: Path) -> None:
    (tmp_path / "made_up.py").write_text(line + "\n", "utf-8")

    assert bandit(tmp_path).returncode == 1
