"""The command `eastim`. A stop and the version are answered here, before anything heavy is imported."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command; give its exit code (docs/exit-codes.md)."""
    args = sys.argv[1:] if argv is None else argv
    if args[:1] == ["stop"]:
        from eastim.ui.cli_rooms import stop

        return stop(args[1:])
    if args == ["--version"]:
        from eastim import __version__

        print(f"eastim {__version__}")
        return 0
    from eastim.ui.cli_app import run_app

    return run_app(args)
