"""List what could be a device's port. Lists, and never opens one: only the guard does (H23)."""

from __future__ import annotations

from dataclasses import dataclass

from eastim.text import safe_text


@dataclass(frozen=True, slots=True)
class Found:
    """One port: its address as `--port` takes it, and what the system says of it, safe to show."""

    address: str
    title: str


def serial_ports() -> tuple[Found, ...]:
    """List the serial ports that the system knows, by name."""
    from serial.tools.list_ports import comports

    return tuple(Found(safe_text(port.device, 128), safe_text(port.description)) for port in sorted(comports()))
