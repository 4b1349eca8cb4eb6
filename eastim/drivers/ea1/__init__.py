"""The ea1 driver (docs/wire/ea1.md)."""
