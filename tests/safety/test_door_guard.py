"""The order is checked again at the door, and a session begins with the guard's first effects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from eastim.errors import AskedError
from eastim.profiles.profile import load_profile
from eastim.safety.door_guard import check_order, open_guard
from eastim.safety.order import LeadOrder
from tests.safety.test_door import Tape
from tests.safety.test_process_order import an_order


def test_the_profile_of_an_order_that_fits_is_given() -> None:
    assert check_order(an_order()) == load_profile("ea1")


@pytest.mark.parametrize("value", [True, 0, -1, 1.5, "6000000", None])
def test_times_and_strengths_are_whole_numbers_above_zero(value: Any) -> None:
    says = r"is .*, must be a whole number above 0$"
    with pytest.raises(AskedError, match=f"^session_us {says}"):
        check_order(replace(an_order(), session_us=value))
    with pytest.raises(AskedError, match=f"^max_ua of lead B {says}"):
        check_order(replace(an_order(), leads=(LeadOrder("A", (), 2000), LeadOrder("B", (), value))))


def test_a_maximum_of_1_ua_is_a_number_above_zero() -> None:
    order = replace(an_order(), leads=(LeadOrder("A", (), 1), LeadOrder("B", (), 2000)))
    assert check_order(order).name == "ea1"


def test_an_order_without_a_lead_is_told_which_there_are() -> None:
    with pytest.raises(AskedError, match="^no lead is ordered; give one or more of A, B, C, D$"):
        check_order(replace(an_order(), leads=()))


def test_every_finding_of_preflight_is_said() -> None:
    order = replace(an_order(), leads=(LeadOrder("A", (), 2_000_000), LeadOrder("B", (), 3_000_000)))
    with pytest.raises(AskedError) as refused:
        check_order(order)
    sentences = refused.value.sentences
    assert any("2000000" in sentence for sentence in sentences)
    assert any("3000000" in sentence and "2000000" not in sentence for sentence in sentences)


def test_a_session_begins_with_its_record() -> None:
    hands = Tape()
    order = an_order()
    body = open_guard(order, load_profile("ea1"), hands, 77, "at normal priority")
    assert hands.did == [("record", 0, 77), ("tell", "player", "set"), ("tell", "operator", "state")]
    assert body.finished is False
