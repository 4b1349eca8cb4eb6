"""The json front end: events out, commands in."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from eastim.front import Act, Happened
from eastim.ui.jsonl import JsonFront

SAFE = Happened("state", 0, {"state": "SAFE", "use": "human", "cause": ""})
LIVE = Happened("state", 0, {"state": "LIVE", "use": "human", "cause": ""})
ARM = Act("arm", {})
STOP = Act("stop", {"source": "operator"})


def raised(kind: str | None = None) -> Act:
    return Act("raise", {"lead": "A", "kind": kind})


class Pipe:
    """A stdin that the test writes, and the front end that reads it."""

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe()
        self.out = io.StringIO()
        self.front: JsonFront

    def start(self, *notices: str, fast: bool = False) -> JsonFront:
        self.front = JsonFront(self.read_fd, self.out, fast=fast, notices=notices)
        return self.front

    def say(self, *commands: dict[str, Any] | str) -> None:
        for command in commands:
            line = command if isinstance(command, str) else json.dumps(command)
            os.write(self.write_fd, line.encode() + b"\n")

    def eof(self) -> None:
        os.close(self.write_fd)
        self.write_fd = -1

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines()]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    os.close(made.read_fd)
    if made.write_fd >= 0:
        os.close(made.write_fd)


def test_every_event_is_one_line(pipe: Pipe) -> None:
    pipe.start().pass_(7, [SAFE, Happened("level", 7, {"lead": "A", "kind": "2", "ua": 100, "why": "raise"})])

    assert pipe.events() == [
        {"event": "state", "at_us": 0, "state": "SAFE", "use": "human", "cause": ""},
        {"event": "level", "at_us": 7, "lead": "A", "kind": "2", "ua": 100, "why": "raise"},
    ]


def test_what_is_to_be_known_of_the_prescription_comes_first(pipe: Pipe) -> None:
    pipe.start("12 s, rounded down from 13 s").pass_(0, [SAFE])

    assert pipe.events() == [
        {"event": "notice", "at_us": 0, "text": "12 s, rounded down from 13 s", "priority": "low"},
        {"event": "state", "at_us": 0, "state": "SAFE", "use": "human", "cause": ""},
    ]


def test_a_hold_is_told_as_a_notice(pipe: Pipe) -> None:
    pipe.start().pass_(0, [Happened("hold", 5, {"kind": "2"})])

    (event,) = pipe.events()
    assert (event["event"], event["hold"]) == ("notice", "2")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"reason": "completed", "error": None}, None),
        ({"reason": "never started", "error": "no port"}, "no port"),
        ({"reason": "never started: the device is X", "error": None}, "never started: the device is X"),
    ],
)
def test_the_end_has_an_error_only_when_the_start_failed(pipe: Pipe, body: dict[str, Any], error: str | None) -> None:
    pipe.start().pass_(0, [Happened("end", 0, body)])

    assert pipe.events()[0].get("error") == error


def test_a_command_is_carried_out_at_once(pipe: Pipe) -> None:
    front = pipe.start()
    front.pass_(0, [SAFE, LIVE])
    pipe.say({"do": "raise", "lead": "A"})

    assert front.pass_(500_000, []) == [raised()]
    assert front.pass_(550_000, []) == []


def test_an_arm_waits_until_the_device_is_found(pipe: Pipe) -> None:
    front = pipe.start()
    pipe.say({"do": "arm"})

    assert front.pass_(0, []) == []
    assert front.pass_(0, [SAFE]) == [ARM]


def test_a_stop_waits_for_nothing(pipe: Pipe) -> None:
    front = pipe.start()
    pipe.say({"do": "stop"})

    assert front.pass_(0, []) == [STOP]


def test_a_command_with_a_time_waits_for_it(pipe: Pipe) -> None:
    front = pipe.start()
    front.pass_(0, [SAFE, LIVE])
    pipe.say({"do": "raise", "lead": "A", "at_us": 700_000})

    assert front.pass_(699_999, []) == []
    assert front.next_us() == 700_000
    assert front.pass_(700_000, []) == [raised()]


def test_time_zero_is_the_operators_go(pipe: Pipe) -> None:
    front = pipe.start()
    pipe.say({"do": "raise", "lead": "A", "at_us": 0})

    assert front.pass_(0, [SAFE]) == []
    assert front.pass_(0, [LIVE]) == [raised()]


def test_a_bad_line_is_named_and_does_nothing(pipe: Pipe) -> None:
    front = pipe.start()
    front.pass_(0, [SAFE])
    pipe.say("", {"do": "arm"}, "nonsense")

    assert front.pass_(3, []) == [ARM]
    assert pipe.events()[-1]["event"] == "notice"
    assert pipe.events()[-1]["text"].startswith("line 3 does nothing: is no JSON")


def test_a_first_arm_with_a_time_is_refused_in_words(pipe: Pipe) -> None:
    front = pipe.start()
    pipe.say({"do": "arm", "at_us": 5})

    assert front.pass_(0, [SAFE]) == []
    assert "session time begins at the first arm" in pipe.events()[-1]["text"]


def test_an_endless_line_does_nothing_and_the_next_is_read(pipe: Pipe) -> None:
    front = pipe.start()
    front.pass_(0, [SAFE])
    acts = []
    for _ in range(5):
        os.write(pipe.write_fd, b"x" * 60_000)
        acts += front.pass_(0, [])
    pipe.say("", {"do": "arm"})
    acts += front.pass_(0, [])

    assert acts == [ARM]
    assert [event["text"] for event in pipe.events() if event["event"] == "notice"] == [
        "line 1 does nothing: is longer than 65536 bytes"
    ]


def test_the_end_of_stdin_stops_once(pipe: Pipe) -> None:
    front = pipe.start()
    front.pass_(0, [SAFE, LIVE])
    pipe.eof()

    assert front.pass_(0, []) == [Act("stop", {"source": "stdin closed"})]
    assert front.pass_(0, []) == []
    assert front.fds() == []


def test_a_stop_voids_what_is_held(pipe: Pipe) -> None:
    front = pipe.start()
    pipe.say({"do": "stop"}, {"do": "arm"}, {"do": "raise", "lead": "A", "at_us": 5})

    assert front.pass_(0, []) == [STOP]
    assert front.pass_(0, [SAFE]) == [] and front.next_us() is None


def test_nothing_but_a_stop_is_carried_out_after_a_stop(pipe: Pipe) -> None:
    front = pipe.start()
    pipe.say({"do": "stop"})
    front.pass_(0, [])
    pipe.say({"do": "arm"}, {"do": "stop"})

    assert front.pass_(0, [SAFE]) == [STOP]


def test_the_end_of_stdin_voids_what_is_held(pipe: Pipe) -> None:
    front = pipe.start()
    pipe.say({"do": "arm"}, {"do": "raise", "lead": "A", "at_us": 5})
    front.pass_(0, [])
    pipe.eof()

    assert front.pass_(0, []) == [Act("stop", {"source": "stdin closed"})]
    assert front.pass_(9, [SAFE, LIVE]) == []


def test_nobody_reading_the_events_stops(pipe: Pipe) -> None:
    front = pipe.start()
    pipe.out.close()

    assert front.pass_(0, [SAFE]) == [Act("stop", {"source": "stdin closed"})]


def test_a_last_line_without_newline_counts(pipe: Pipe) -> None:
    os.write(pipe.write_fd, b'{"do": "arm"}')
    pipe.eof()

    assert pipe.start(fast=True).pass_(0, [SAFE]) == [ARM]


# --- fast -------------------------------------------------------------------------------------------------------------


def fast(pipe: Pipe, *commands: dict[str, Any]) -> JsonFront:
    pipe.say(*commands)
    pipe.eof()
    return pipe.start(fast=True)


def test_fast_commands_follow_one_another_by_a_second(pipe: Pipe) -> None:
    front = fast(pipe, {"do": "arm"}, {"do": "raise", "lead": "A"}, {"do": "raise", "lead": "A", "kind": "2"})

    assert front.pass_(0, [SAFE]) == [ARM]
    assert front.pass_(0, [LIVE]) == []
    assert front.pass_(1_000_000, []) == [raised()]
    assert front.pass_(2_000_000, []) == [raised("2")]
    assert front.next_us() is None


def test_fast_times_are_kept_whatever_the_order_of_lines(pipe: Pipe) -> None:
    front = fast(
        pipe,
        {"do": "arm"},
        {"do": "raise", "lead": "A", "at_us": 900},
        {"do": "raise", "lead": "A", "kind": "2", "at_us": 300},
    )
    front.pass_(0, [SAFE])
    front.pass_(0, [LIVE])

    assert front.next_us() == 300
    assert front.pass_(900, []) == [raised("2"), raised()]


def test_the_end_of_commands_does_not_stop_a_fast_session(pipe: Pipe) -> None:
    front = fast(pipe, {"do": "arm"})
    front.pass_(0, [SAFE])

    assert front.pass_(0, [LIVE]) == []
    assert front.pass_(60_000_000, []) == []


@pytest.mark.parametrize(
    ("commands", "state", "missing"),
    [([], "SAFE", "arm"), ([{"do": "raise", "lead": "A", "at_us": 9}], "SAFE", "arm"), ([], "TRIPPED", "clear")],
)
def test_a_fast_session_that_would_wait_for_ever_is_stopped(
    pipe: Pipe, commands: list[dict[str, Any]], state: str, missing: str
) -> None:
    front = fast(pipe, *commands)

    acts = front.pass_(0, [Happened("state", 0, {"state": state})])

    assert acts == [Act("stop", {"source": f"end of commands: no {missing} among them"})]
