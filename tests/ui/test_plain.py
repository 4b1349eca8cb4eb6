"""The plain front end: keys in, sentences out."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from eastim.front import Act, Happened
from eastim.ui.plain import PlainFront
from tests.ui.screens import Typed, section, state, status

RAISE_A = Act("raise", {"lead": "A", "kind": None})
STOP = Act("stop", {"source": "operator"})


class Screen:
    """A plain front end with a pipe as keyboard."""

    def __init__(self) -> None:
        self.keyboard, self.out = Typed(), io.StringIO()
        self.front = PlainFront(self.keyboard.fd, self.out, ("A", "B"))

    def press(self, keys: str, now_us: int = 0) -> list[Act]:
        self.keyboard.type(keys)
        return self.front.pass_(now_us, [])

    def see(self, *happened: Happened, now_us: int = 0) -> str:
        before = len(self.out.getvalue())
        self.front.pass_(now_us, list(happened))
        return self.out.getvalue()[before:]


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    yield made
    made.front.close()
    made.keyboard.close()


@pytest.fixture
def live(screen: Screen) -> Screen:
    screen.see(state("SAFE"), state("LIVE"), section("2"))
    return screen


@pytest.mark.parametrize("key", [" ", "\u3000", "0", "s", "\x03", "\x1a"])
@pytest.mark.parametrize("where", ["OFF", "SAFE", "LIVE", "PAUSED", "TRIPPED"])
def test_stop_keys_stop_in_every_state(screen: Screen, key: str, where: str) -> None:
    screen.see(state(where))

    assert screen.press(key) == [STOP]


@pytest.mark.parametrize("key", ["\n", "\r"])
def test_enter_arms(screen: Screen, key: str) -> None:
    screen.see(state("SAFE"))

    assert screen.press(key) == [Act("arm")]


def test_enter_clears_a_trip_before_it_arms(screen: Screen) -> None:
    screen.see(state("TRIPPED"))

    assert screen.press("\n") == [Act("clear")]


def test_enter_in_a_pause_says_the_key_that_resumes(screen: Screen) -> None:
    screen.see(state("PAUSED"))
    screen.press("\n")

    assert screen.out.getvalue().endswith("The session is paused; press p to resume.\n")


@pytest.mark.parametrize(
    ("clears", "says"),
    [("operator", "Press Enter to clear it, space to end."), ("never", "It can't be cleared, so the session ends.")],
)
def test_only_a_fault_that_clears_asks_for_enter(screen: Screen, clears: str, says: str) -> None:
    trip = Happened("trip", 0, {"cause": "lease", "text": "the lease ended", "clears": clears})

    assert screen.see(trip, state("TRIPPED", cause="the lease ended")).splitlines()[-1] == (
        f"Zero is confirmed after a fault: the lease ended. {says}"
    )


@pytest.mark.parametrize("where", ["OFF", "ARMED", "LIVE", "PAUSED", "STOPPING", "UNCERTAIN"])
def test_enter_does_nothing_elsewhere(screen: Screen, where: str) -> None:
    screen.see(state(where))

    assert screen.press("\n") == []


def test_a_bench_is_asked_again(screen: Screen) -> None:
    assert "no living thing" in screen.see(state("SAFE", use="bench"))
    assert screen.press("\n") == []
    assert screen.press("y\n") == [Act("arm")]


@pytest.mark.hazard("H26")
@pytest.mark.parametrize("code", [*range(0x20, 0x7F), 0x1B, 0x7F, 0x09, 0x04, 0x01, 0xE9])
def test_any_other_key_does_nothing(live: Screen, code: int) -> None:
    meant = set("+-abcdkp0s ")

    if chr(code) not in meant:
        assert live.press(chr(code)) == []


@pytest.mark.hazard("H26")
@pytest.mark.parametrize("key", ["\x1b[A", "\x1b[D", "\x1bOP", "\x1b[3~", "\x1b[20~", "\x1b[1;5C"])
def test_arrows_and_function_keys_are_not_their_letters(live: Screen, key: str) -> None:
    said = live.out.getvalue()

    assert live.press(key) == []
    assert live.out.getvalue() == said


def test_plus_is_one_step_of_what_sounds(live: Screen) -> None:
    assert live.press("+") == [RAISE_A]


def test_minus_lowers_every_kind(live: Screen) -> None:
    assert live.press("-") == [Act("lower", {"lead": "A", "kind": None})]


def test_minus_is_never_limited(live: Screen) -> None:
    assert len(live.press("-" * 30)) == 30


@pytest.mark.hazard("H26")
def test_a_pasted_plus_gives_two_steps(live: Screen) -> None:
    assert live.press("+" * 500) == [RAISE_A, RAISE_A]


@pytest.mark.hazard("H26")
@pytest.mark.parametrize("delay_us", [250_000, 500_000, 660_000])
def test_a_held_plus_gives_two_steps(live: Screen, delay_us: int) -> None:
    """One press, the keyboard's delay, then thirty repeats a second for three seconds."""
    times = [0, *(delay_us + k * 33_000 for k in range(90))]

    assert sum(len(live.press("+", now_us)) for now_us in times) <= 2


def test_presses_apart_are_steps_of_their_own(live: Screen) -> None:
    assert [len(live.press("+", k * 600_000)) for k in range(6)] == [1] * 6


def test_after_a_pause_plus_works_again(live: Screen) -> None:
    live.press("+" * 20, 0)

    assert live.press("+", 1_000_000) == [RAISE_A]


def test_a_letter_chooses_the_lead(live: Screen) -> None:
    assert live.press("b+") == [Act("raise", {"lead": "B", "kind": None})]
    assert "Lead B is chosen." in live.out.getvalue()


def test_a_lead_that_is_not_ordered_is_said(live: Screen) -> None:
    assert live.press("d+") == [RAISE_A]
    assert "There is no lead D in this order; there are A, B." in live.out.getvalue()


def test_k_holds_what_sounds_and_releases_it(live: Screen) -> None:
    assert live.press("k") == [Act("hold", {"kind": "2"})]
    live.see(Happened("hold", 0, {"kind": "2"}))
    assert live.press("k") == [Act("hold", {"kind": None})]


def test_p_pauses_and_resumes(live: Screen) -> None:
    assert live.press("p") == [Act("pause")]
    live.see(state("PAUSED"))
    assert live.press("p") == [Act("resume")]


def test_a_stop_voids_what_was_typed_before_and_after_it(screen: Screen) -> None:
    screen.see(state("SAFE"))

    assert screen.press("\n \n") == [STOP]
    assert screen.press("\n") == [] and screen.press("s") == [STOP]


def test_the_end_of_stdin_stops_once(live: Screen) -> None:
    live.keyboard.hang_up()

    assert live.front.pass_(0, []) == [Act("stop", {"source": "stdin closed"})]
    assert live.front.pass_(0, []) == []


def test_half_a_character_waits_for_the_other_half(live: Screen) -> None:
    import os

    os.write(live.keyboard._write, "\u3000".encode()[:2])
    assert live.front.pass_(0, []) == []
    os.write(live.keyboard._write, "\u3000".encode()[2:])
    assert live.front.pass_(0, []) == [STOP]


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (state("SAFE"), "The device is found, checked and silent. Press Enter to begin at zero strength.\n"),
        (state("PAUSED"), "Paused: silent, and all strengths are back at zero. Press p to go on from zero.\n"),
        (state("UNCERTAIN"), "ZERO IS NOT CONFIRMED: take the leads off.\n"),
        (
            Happened("level", 0, {"lead": "A", "kind": "2", "ua": 300, "why": "raise"}),
            "Lead A, 2 Hz: 0.3 mA, raised.\n",
        ),
        (
            Happened("level", 0, {"lead": "B", "kind": "100", "ua": 0, "why": "zeroed"}),
            "Lead B, 100 Hz: 0 mA, back at zero.\n",
        ),
        (Happened("notice", 0, {"text": "not raised: wait", "priority": "low"}), "Notice: not raised: wait.\n"),
        (Happened("notice", 0, {"text": "leads off", "priority": "high"}), "ALARM: leads off.\n"),
        (Happened("trip", 0, {"cause": "lease", "text": "the lease ended"}), "TRIPPED: the lease ended.\n"),
        (
            Happened("end", 0, {"reason": "completed", "zero": True}),
            "Output zero confirmed. The session ended: completed.\n",
        ),
        (
            Happened("end", 0, {"reason": "deaf", "zero": False}),
            "ZERO IS NOT CONFIRMED: TAKE THE LEADS OFF. The session ended: deaf.\n",
        ),
    ],
)
def test_one_sentence_for_each_change(screen: Screen, happened: Happened, said: str) -> None:
    assert screen.see(happened) == said


@pytest.mark.hazard("H36")
def test_foreign_text_is_made_safe(screen: Screen) -> None:
    said = screen.see(Happened("notice", 0, {"text": "\x1b[2J\u202edevice", "priority": "low"}))

    assert said == "Notice: ?[2J?device.\n"


def test_the_time_left_is_said_on_every_step(live: Screen) -> None:
    live.see(status(600_000_000))

    said = live.see(Happened("level", 0, {"lead": "A", "kind": "2", "ua": 300, "why": "raise"}))

    assert said == "Lead A, 2 Hz: 0.3 mA, raised. 10:00 left.\n"


def test_the_time_left_is_said_every_half_minute(live: Screen) -> None:
    said = "".join(live.see(status((600 - k) * 1_000_000)) for k in range(61))

    assert said.count("left") == 3  # at 10:00, 9:30 and 9:00
    assert "9:30 left. A 2 Hz 0.5 mA, 100 Hz 0.3 mA." in said


def test_the_last_minute_is_said(live: Screen) -> None:
    live.see(status(70_000_000))

    assert live.see(status(60_000_000)).startswith("The last minute. 1:00 left.")


def test_what_sounds_is_said_while_strengths_are_set(live: Screen) -> None:
    live.press("+", 0)

    assert live.see(section("100", 3_000_000)) == "100 Hz sounds.\n"
    assert live.see(section("2", 60_000_000)) == ""
