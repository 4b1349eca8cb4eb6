"""Files of this process's own, for parsers that read no bytes but a path."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path


@cache
def scratch() -> Path:
    """Give a folder of this process's own, gone when it ends."""
    folder = Path(tempfile.mkdtemp(prefix="eastim-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


class _Sheet:
    """One file that is opened once and for all, and written over and over."""

    def __init__(self, path: Path) -> None:
        self.path, self._size = path, 0
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def write(self, data: bytes) -> None:
        if os.pwrite(self._fd, data, 0) != len(data):
            raise OSError(f"{self.path} took only a part of {len(data)} bytes")
        if len(data) < self._size:  # what stays of the file keeps its memory: to give it back and take it anew is dear
            os.ftruncate(self._fd, len(data))
        self._size = len(data)


@cache
def _sheet(name: str) -> _Sheet:
    return _Sheet(scratch() / name)


def written(name: str, data: bytes) -> Path:
    """Write data to one and the same file; where it is."""
    sheet = _sheet(name)
    sheet.write(data)
    return sheet.path
