"""The reference stimulator of the wire ea1 (docs/wire/ea1.md)."""
