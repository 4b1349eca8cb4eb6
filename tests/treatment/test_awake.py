"""The sleep inhibitor where it is missing, refuses, can't be run, or holds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from eastim.treatment.awake import Awake


def tool(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    """Stand in for systemd-inhibit; it is given the real one's arguments, and ignores them."""
    path = folder / "systemd-inhibit"
    path.write_text(text)
    path.chmod(0o700)
    monkeypatch.setattr(shutil, "which", lambda name: str(path))


def test_without_systemd_nothing_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with Awake() as awake:
        assert not awake.held()


def test_a_refusal_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool(monkeypatch, tmp_path, "#!/bin/sh\nexit 1\n")
    with Awake() as awake:
        assert awake._child is not None
        awake._child.wait(5)
        assert not awake.held()


def test_a_tool_that_can_t_be_run_holds_nothing_and_breaks_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool(monkeypatch, tmp_path, "#!/no/such/interpreter\n")
    with Awake() as awake:
        assert not awake.held()


def test_it_is_held_while_open_and_let_go_after(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool(monkeypatch, tmp_path, "#!/bin/sh\nexec cat\n")
    with Awake() as awake:
        assert awake.held()

    assert not awake.held()
