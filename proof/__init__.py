"""The long proofs behind docs/safety.md: one row, one claim. `python -m proof --help`."""
