"""Ports are listed, never opened, and named safely."""

from __future__ import annotations

import pytest
from serial.tools.list_ports_common import ListPortInfo

from eastim.discover import Found, serial_ports


def port(device: str, description: str) -> ListPortInfo:
    info = ListPortInfo(device)
    info.description = description
    return info


@pytest.mark.hazard("H36")
def test_what_the_system_says_of_a_port_is_made_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [port("/dev/ttyUSB1", "evil\x1b[2J"), port("/dev/ttyUSB0", "EA1")]
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: listed)

    assert serial_ports() == (Found("/dev/ttyUSB0", "EA1"), Found("/dev/ttyUSB1", "evil?[2J"))
