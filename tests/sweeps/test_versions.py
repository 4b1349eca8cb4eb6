"""H39: what another version says is refused or dropped, on the wire and in files, and never half understood.

The wire alone has a number of its version. What eastim writes for itself (orders, profiles, ledgers) has
none: there, a key or a record that this version does not know is refused.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest
from cobs import cobs

from eastim.drivers.ea1 import codec
from eastim.errors import EastimError, Refused
from eastim.frames import Frame
from eastim.ledger import Entry, LedgerFile
from eastim.prescription.draft import Words
from eastim.prescription.order import read_prescription
from eastim.profiles.profile import parse_profile
from eastim.safety.audit import audit
from eastim.safety.order import order_from_json
from tests.firmware_sim.host import HELLO, Host, frame
from tests.safety import ea1_states, ea1_words
from tests.sweeps.sitting import Sitting, order

OTHERS = (0, *range(2, 256))


def renamed(data: bytes, version: int, refuse: bool = False) -> bytes:
    """A device's frames in another version; or its answer to HELLO as a refusal that names its own."""
    return b"".join(_renamed(cobs.decode(chunk), version, refuse) for chunk in data.split(b"\0")[:-1])


def _renamed(raw: bytes, version: int, refuse: bool) -> bytes:
    message = bytes((version,)) + raw[1:-4]
    if refuse:
        identity = raw[1] == 0x81
        message = b"\1\xff" + raw[2:6] + struct.pack("<BBI", HELLO, 1, version) if identity else raw[:-4]
    return bytes(cobs.encode(message + struct.pack("<I", zlib.crc32(message)))) + b"\0"


@pytest.mark.hazard("H39")
def test_the_reader_lets_no_frame_of_another_version_out() -> None:
    for version in OTHERS:
        with pytest.raises(Refused, match="a wrong length, CRC or version"):
            ea1_states.READER.sent(ea1_states.PLAYING, Frame(ea1_words.wire(6, 9, ea1_words.play(2), version), 5000), 0)


@pytest.mark.hazard("H39")
def test_the_reader_and_the_driver_hear_nothing_in_another_version() -> None:
    body = ea1_words.Report().body
    for version in OTHERS:
        data = ea1_words.wire(0xC0, 99, body, version)

        assert ea1_states.READER.heard(ea1_states.PLAYING, data, 0)[1] == ()
        assert codec.decode(data[:-1]) is None
    assert len(ea1_states.READER.heard(ea1_states.PLAYING, ea1_words.wire(0xC0, 99, body, 1), 0)[1]) == 1


@pytest.mark.hazard("H39")
def test_the_device_refuses_each_other_version_and_names_its_own() -> None:
    host = Host()
    for n, version in enumerate(OTHERS, 1):
        (reply,) = host.send(frame(HELLO, n, b"EA1?", version=version))

        assert (reply.type, reply.body) == (0xFF, struct.pack("<BBI", HELLO, 1, 1))


@pytest.mark.hazard("H39")
@pytest.mark.parametrize(
    ("refuse", "says"),
    [
        (False, "never started: stopped by player: no answer to 60 askings; check that this is the device's port, "),
        (True, "never started: stopped by player: the device refused HELLO: VERSION (detail 2)"),
    ],
)
def test_a_session_with_a_device_of_another_version_never_starts_and_says_why(refuse: bool, says: str) -> None:
    sitting = Sitting()
    if sitting.rig:
        cable, carry = sitting.rig.cable, sitting.rig.cable.carry
        cable.carry = lambda frames: renamed(carry(frames), 2, refuse)  # type: ignore[method-assign]
    sitting.run(12_000_000)
    end = sitting.said("end")[0]

    assert (end["reason"].startswith(says), end["exit"], sitting.edges()) == (True, 3, [])


@pytest.mark.hazard("H39")
@pytest.mark.parametrize("key", ["version = 2", 'schema = "2"', "leads_v2 = 1", "[needle]\nversion = 2"])
def test_a_prescription_that_says_more_than_is_known_is_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "rx.toml").write_text(f'mode = "2/100"\nminutes = 1\n{key}\n')
    with pytest.raises(EastimError, match=r"rx\.toml.*is no key|unknown|no such"):
        read_prescription(Words(str(tmp_path / "rx.toml")))


@pytest.mark.hazard("H39")
def test_a_profile_that_says_more_than_is_known_is_refused() -> None:
    text = (Path(__file__).parents[2] / "eastim/profiles/ea1.toml").read_text("utf-8")
    assert parse_profile(text).name == "ea1"
    with pytest.raises((TypeError, ValueError), match="version"):
        parse_profile(text + "version = 2\n")


@pytest.mark.hazard("H39")
@pytest.mark.parametrize("where", [(), ("program",), ("program", "sections", 0), ("leads", 0), ("limits",)], ids=str)
def test_an_order_that_says_more_than_is_kept_is_refused_by_the_guard(where: tuple[str | int, ...]) -> None:
    text = order("2/100", "A").to_json()
    raw = json.loads(text)
    inner = raw
    for step in where:
        inner = inner[step]
    inner["version"] = 2

    assert order_from_json(text) == order("2/100", "A")
    with pytest.raises(ValueError, match="says more than this version keeps to|version"):
        order_from_json(json.dumps(raw))


@pytest.mark.hazard("H39")
def test_a_ledger_of_another_kind_is_reported(tmp_path: Path) -> None:
    file = LedgerFile(tmp_path / "a.ledger")
    file.append([Entry(1, 1, {"type": "open", "version": 2, "orders": []}), Entry(2, 2, {"type": "close"})])
    file.close()

    assert any("record 1" in problem for problem in audit(tmp_path / "a.ledger").problems)
