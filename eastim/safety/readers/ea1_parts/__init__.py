"""The parts of the ea1 reader, written from docs/wire/ea1.md alone. Clauses in comments are that manual's."""
