"""What is left out of an effect is said: nobody waits for a record, and a message carries nothing."""

from __future__ import annotations

from eastim.safety.inputs import Record, Recorded, Tell


def test_nobody_waits_for_a_record_unless_it_says_so() -> None:
    assert Record(1, {}).wait is False


def test_a_record_is_durable_unless_it_says_why_not() -> None:
    assert Recorded(1).error == ""


def test_a_message_carries_no_fields_and_no_bytes_unless_given() -> None:
    assert (Tell("operator", "tick").body, Tell("operator", "tick").data) == ({}, b"")
