"""What both engines share: session time, the guard's ticks and ends, the operator's acts."""

from __future__ import annotations

import pytest

from eastim.errors import Exit
from eastim.front import Act
from eastim.safety.line import Message
from eastim.safety.operator import Operator
from eastim.treatment.ending import unguarded_end
from eastim.treatment.watch import Watch, carry_out
from tests.treatment.fakes import END, Said

LIVE = Message("state", {"state": "LIVE"})
PAUSED = Message("state", {"state": "PAUSED"})
TICK = Message("tick", {})
FIELDS = {
    *("reason", "zero", "exit", "cause", "elapsed_us", "ledger", "error"),
    *("pulses", "pulses_felt", "net_charge_pc", "peak_ua"),
}


@pytest.fixture
def watch() -> Watch:
    return Watch("a.ledger.jsonl")


# --- session time -----------------------------------------------------------------------------------------------------


def test_session_time_stands_at_zero_until_the_session_is_live(watch: Watch) -> None:
    watch.hear([Message("state", {"state": "ARMED"})], 5_000_000)

    assert (watch.session_us(9_000_000), watch.engine_us(0)) == (0, None)


def test_session_time_runs_from_the_first_live_on(watch: Watch) -> None:
    watch.hear([LIVE], 5_000_000)

    assert (watch.session_us(5_700_000), watch.engine_us(700_000)) == (700_000, 5_700_000)


def test_session_time_runs_through_a_pause(watch: Watch) -> None:
    watch.hear([LIVE], 5_000_000)
    watch.hear([PAUSED], 6_000_000)
    watch.hear([LIVE], 9_000_000)

    assert watch.session_us(10_000_000) == 5_000_000


def test_a_happening_carries_session_time_and_the_guard_s_body(watch: Watch) -> None:
    watch.hear([LIVE], 1_000_000)
    happened = watch.hear([Message("level", {"lead": "A", "kind": "2", "ua": 100})], 1_250_000)

    assert [(event.name, event.at_us, event.body) for event in happened] == [
        ("level", 250_000, {"lead": "A", "kind": "2", "ua": 100})
    ]


# --- ticks ------------------------------------------------------------------------------------------------------------


def test_a_tick_is_no_happening(watch: Watch) -> None:
    assert watch.hear([TICK], 0) == []


def test_a_guard_that_still_starts_is_not_late(watch: Watch) -> None:
    assert not watch.guard_late(60_000_000)


@pytest.mark.parametrize(("now_us", "late"), [(1_500_000, False), (1_500_001, True)])
def test_a_guard_is_late_half_a_second_after_its_tick(watch: Watch, now_us: int, late: bool) -> None:
    watch.hear([TICK], 1_000_000)

    assert watch.guard_late(now_us) is late


@pytest.mark.parametrize(("now_us", "frozen"), [(11_000_000, False), (11_000_001, True)])
def test_a_guard_is_frozen_10_s_after_its_tick(watch: Watch, now_us: int, frozen: bool) -> None:
    watch.hear([TICK], 1_000_000)

    assert watch.guard_frozen(now_us, 0) is frozen


@pytest.mark.parametrize(("now_us", "frozen"), [(23_000_000, False), (23_000_001, True)])
def test_a_guard_that_never_ticks_is_given_up_20_s_after_its_start(watch: Watch, now_us: int, frozen: bool) -> None:
    assert watch.guard_frozen(now_us, 3_000_000) is frozen


@pytest.mark.parametrize(
    ("ticked", "says"), [(False, "has not said a word in 20 s"), (True, "has not answered for 10 s")]
)
def test_how_long_a_frozen_guard_was_waited_for_is_said(watch: Watch, ticked: bool, says: str) -> None:
    watch.hear([TICK] * ticked, 1_000_000)

    error = watch.guard_lost(40_000_000, frozen=True).body["error"]
    assert error == f"the guard {says}, so zero is not confirmed: take the leads off"


@pytest.mark.hazard("H42")
def test_a_guard_that_has_said_a_word_and_never_ticks_is_late(watch: Watch) -> None:
    watch.hear([Message("state", {"state": "OFF"})], 1_000_000)

    assert not watch.guard_late(1_500_000)
    assert watch.guard_late(1_500_001)
    assert watch.guard_frozen(11_000_001, 0)


@pytest.mark.hazard("H42")
def test_a_guard_that_reports_and_does_not_tick_is_late(watch: Watch) -> None:
    """Its reports come by the device; its ticks by its own deadlines, which may stand still."""
    watch.hear([TICK], 1_000_000)
    for now_us in range(1_100_000, 1_600_000, 100_000):
        watch.hear([Message("status", {"pulses": {}})], now_us)

    assert not watch.guard_late(1_500_000)
    assert watch.guard_late(1_500_001)


def test_a_session_that_is_over_gives_up_no_guard(watch: Watch) -> None:
    watch.hear([Message("end", END)], 1_000_000)

    assert not watch.guard_frozen(90_000_000, 0)


def test_a_new_tick_makes_it_good_again(watch: Watch) -> None:
    watch.hear([TICK], 1_000_000)
    watch.hear([TICK], 2_000_000)

    assert not watch.guard_late(2_400_000)


def test_after_the_end_no_tick_is_awaited(watch: Watch) -> None:
    watch.hear([TICK, Message("end", END)], 1_000_000)

    assert not watch.guard_late(9_000_000)


# --- ends -------------------------------------------------------------------------------------------------------------


def test_the_guard_s_end_gets_the_ledger_s_path(watch: Watch) -> None:
    watch.hear([Message("end", END)], 0)

    assert watch.end == {**END, "ledger": "a.ledger.jsonl", "error": None}


@pytest.mark.hazard("H42")
def test_a_guard_that_could_not_begin_ends_the_session_with_its_error(watch: Watch) -> None:
    (happened,) = watch.hear([Message("failed", {"error": "no port at /dev/x", "exit": 3})], 0)

    assert happened.name == "end" and watch.end is not None and set(watch.end) == FIELDS
    assert (watch.end["error"], watch.end["exit"], watch.end["zero"]) == ("no port at /dev/x", 3, True)
    assert (watch.end["reason"], watch.end["ledger"]) == ("never started", None)


def test_a_guard_that_is_gone_leaves_what_the_device_had_last_counted(watch: Watch) -> None:
    counts = {
        "pulses": {"A": {"2": 3}},
        "pulses_felt": {"A": {"2": 2}},
        "net_charge_pc": {"A": 0},
        "peak_ua": {"A": 100},
    }
    watch.hear([LIVE, Message("status", {"left_us": 1, **counts})], 1_000_000)

    assert counts.items() <= watch.guard_lost(4_000_000).body.items()
    assert watch.end is not None and set(watch.end) == FIELDS


@pytest.mark.hazard("H42")
def test_a_guard_that_is_gone_leaves_zero_unconfirmed(watch: Watch) -> None:
    watch.hear([LIVE], 1_000_000)
    happened = watch.guard_lost(4_000_000)

    assert (happened.body["zero"], happened.body["exit"], happened.body["elapsed_us"]) == (False, 6, 3_000_000)
    assert happened.body["reason"] == "guard gone" and "take the leads off" in happened.body["error"]
    assert happened.body["ledger"] == "a.ledger.jsonl"


def test_the_end_without_a_guard_has_every_field_of_the_guard_s() -> None:
    end = unguarded_end("no such mode", Exit.BAD_INPUT)

    assert set(end) == FIELDS and end["cause"] == end["error"] == "no such mode"


# --- acts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (Act("arm"), ("arm", {})),
        (Act("raise", {"lead": "A", "kind": None}), ("raise", {"lead": "A", "kind": None})),
        (Act("lower", {"lead": "B", "kind": "2"}), ("lower", {"lead": "B", "kind": "2"})),
        (Act("hold", {"kind": "2"}), ("hold", {"kind": "2"})),
        (Act("hold", {"kind": None}), ("hold", {"kind": None})),
        (Act("pause"), ("pause", {})),
        (Act("resume"), ("resume", {})),
        (Act("clear"), ("clear", {})),
        (Act("stop", {"source": "stdin closed"}), ("stop", {"source": "stdin closed"})),
        (Act("stop"), ("stop", {"source": "operator"})),
    ],
    ids=str,
)
def test_an_act_is_said_to_the_guard(act: Act, said: tuple[str, dict[str, object]]) -> None:
    line = Said()
    carry_out(Operator(line), act)

    assert line.messages == [said]


@pytest.mark.parametrize("name", ["beat", "set", "_line", ""])
def test_what_is_no_act_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no act"):
        carry_out(Operator(Said()), Act(name))
