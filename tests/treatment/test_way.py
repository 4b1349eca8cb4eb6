"""The one check of port and virtual time against the device."""

from __future__ import annotations

import pytest

from eastim.discover import Found
from eastim.errors import OrderError, PortError
from eastim.profiles.profile import load_profile
from eastim.treatment import way
from eastim.treatment.way import check_way, starts_simulator, way_problems

SIM, EA1 = load_profile("sim"), load_profile("ea1")


def places(profile: str, address: str | None, fast: bool) -> list[str]:
    return [problem.place for problem in way_problems(load_profile(profile), address, fast=fast)]


@pytest.mark.parametrize(
    ("profile", "address", "fast", "wrong"),
    [
        ("sim", None, False, []),
        ("sim", None, True, []),
        ("sim", "/dev/ttyUSB0", False, ["--port"]),
        ("ea1", "/dev/ttyUSB0", False, []),
        ("ea1", None, False, ["--port"]),
        ("ea1", "/dev/ttyUSB0", True, ["--fast"]),
        ("ea1", None, True, ["--fast", "--port"]),
    ],
)
def test_the_ways(profile: str, address: str | None, fast: bool, wrong: list[str]) -> None:
    assert places(profile, address, fast) == wrong


def test_only_the_simulator_is_started_by_eastim() -> None:
    assert (starts_simulator(SIM), starts_simulator(EA1)) == (True, False)


def test_a_missing_port_names_those_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way, "serial_ports", lambda: (Found("/dev/ttyUSB0", "EA1"),))
    (problem,) = way_problems(EA1, None, fast=False)

    assert problem.what == "the device ea1 needs one; serial ports here: /dev/ttyUSB0 (EA1)"


def test_no_serial_port_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way, "serial_ports", lambda: ())
    (problem,) = way_problems(EA1, None, fast=False)

    assert problem.what.endswith("there are no serial ports here")


def test_all_mistakes_are_raised_at_once() -> None:
    with pytest.raises(OrderError) as caught:
        check_way(EA1, None, fast=True)

    assert [problem.place for problem in caught.value.problems] == ["--fast", "--port"]


def test_a_real_port_needs_a_system_that_locks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    check_way(SIM, None, fast=True)

    with pytest.raises(PortError, match="Linux only"):
        check_way(EA1, "/dev/ttyUSB0", fast=False)
