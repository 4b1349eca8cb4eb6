"""Which driver speaks which wire."""

from __future__ import annotations

from collections.abc import Mapping

from eastim.drivers.base import Driver
from eastim.drivers.ea1.driver import Ea1Driver
from eastim.drivers.ea1.show import blanked, name_of
from eastim.errors import AskedError
from eastim.frames import Frame
from eastim.profiles.profile import Profile
from eastim.pulses.program import Program

DRIVERS = {"ea1": Ea1Driver}
BLANKED = {"ea1": blanked}
NAMES = {"ea1": name_of}


def make_driver(
    profile: Profile,
    program: Program,
    leads_max: Mapping[str, int],
    session_us: int,
    phase_charge_pc: int | None,
    number: int = 1,
) -> Driver:
    """Make the driver of one connection.

    leads_max: highest strength of each ordered lead, uA; a device that can lock limits gets it rounded down.
    session_us: stimulation ordered. phase_charge_pc: most charge of one phase; None where the use sets no such bound
    (bench), and then it is what the device can do at the program's widest phase. number: of the first request, on wires
    that number them; give each session another. Raises AskedError for an unknown wire, LimitError when the device can't
    play this.
    """
    if profile.wire not in DRIVERS:
        raise AskedError(f"profile {profile.name} speaks wire {profile.wire}; drivers exist for {', '.join(DRIVERS)}")
    if phase_charge_pc is None:
        phase_charge_pc = profile.max_ua * max(section.train.shape.width_us for section in program.sections)
    return DRIVERS[profile.wire](profile, program, leads_max, session_us, phase_charge_pc, number)


def blank(profile: Profile, frame: Frame) -> bytes:
    """The frame as a plan prints it: what differs from session to session (number, epoch, CRC on ea1) as 0."""
    return BLANKED[profile.wire](frame.data)


def name(profile: Profile, frame: Frame) -> str:
    """What the wire's manual calls this frame."""
    return NAMES[profile.wire](frame.data)
