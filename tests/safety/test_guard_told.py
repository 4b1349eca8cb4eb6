"""What the operator is told of a report."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from tests.safety.stories import live


@pytest.mark.hazard("H14")
@pytest.mark.parametrize("source", ["measured", "read", "answered"])
def test_the_operator_is_told_where_a_report_s_word_comes_from(source: Literal["measured", "read", "answered"]) -> None:
    stand = live()
    stand.hear(replace(stand.status, source=source))

    assert stand.told("operator", "status")[-1]["source"] == source
