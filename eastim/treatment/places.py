"""Where a session's ledger goes, and what a session is called."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from eastim.errors import LedgerError
from eastim.ledger import make_private


def session_name() -> str:
    """Name a session by the wall clock (a label, nothing is decided by it) and four random bytes."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")  # noqa: TID251, a label
    return f"{stamp}-{secrets.token_hex(4)}"


def ledger_path(record: Path | None, session: str) -> Path:
    """Give the path of a new ledger, in `record` or the user's data folder; make the folder (mode 0700).

    Raises LedgerError when the folder can't be made.
    """
    folder = record if record is not None else user_folder()
    try:
        make_private(folder)
    except OSError as error:
        raise LedgerError(
            f"can't make the folder {folder} for the ledger ({error.strerror}); name another: --record DIR"
        ) from error
    return folder / f"{session}.ledger.jsonl"


def user_folder() -> Path:
    """The user's data folder, as the system's habit is."""
    from platformdirs import user_data_path

    return user_data_path("eastim") / "ledgers"
