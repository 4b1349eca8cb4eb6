"""Every field that an ea1 device says has the manual's width, place and sign (docs/wire/ea1.md, clauses 4, 6 and 7).

Each value has its highest bit set, so that a field read as a signed one, or too narrow, shows.
The bytes are written by hand, least significant first (2.2).
"""

from __future__ import annotations

import pytest

from eastim.drivers.ea1 import replies
from eastim.drivers.ea1.codec import LimitsBody, Message
from eastim.errors import Garbled

U32 = 0xFFFFFFFF
# Each field: its name, its bytes, what they mean.
Fields = tuple[tuple[str, str, int | bytes], ...]

IDENTITY: Fields = (
    ("magic", "45413121", b"EA1!"),
    ("serial", "4541312d7e7e000000000000", b"EA1-~~"),
    ("boot", "04030281", 0x81020304),
    ("epoch", "05030282", 0x82020305),
    ("firmware", "0183", 0x8301),
    ("leads", "84", 0x84),
    ("kinds", "85", 0x85),
    ("sections", "86", 0x86),
    ("state", "87", 0x87),
    ("max_level", "0288", 0x8802),
    ("level_ua", "0389", 0x8903),
    ("compliance_mv", "048a", 0x8A04),
    ("lease_min_ms", "058b", 0x8B05),
    ("lease_max_ms", "068c", 0x8C06),
    ("status_ms", "078d", 0x8D07),
)
# The head of STATUS (6.2), one kind; behind it stand `leads`, always 4, and `bad`.
HEAD: Fields = (
    ("boot", "04030281", 0x81020304),
    ("epoch", "05030282", 0x82020305),
    ("clock_us", "0807060504030283", 0x8302030405060708),
    ("played_us", "0907060504030284", 0x8402030405060709),
    ("step", "06030285", 0x85020306),
    ("state", "86", 0x86),
    ("fault", "87", 0x87),
    ("cause", "88", 0x88),
    ("flags", "89", 0x89),
    ("block", "018a", 0x8A01),
    ("section", "8b", 0x8B),
    ("hold", "8c", 0x8C),
    ("position_us", "0703028d", 0x8D020307),
    ("lease_ms", "028e", 0x8E02),
    ("kinds", "01", 1),
)
# One lead (6.3); residual_mv and net_pc are the only ones with a sign.
LEAD: Fields = (
    ("flags", "81", 0x81),
    ("kind", "fe", 0xFE),
    ("plus_ua", "0182", 0x8201),
    ("minus_ua", "0283", 0x8302),
    ("volt_mv", "0384", 0x8403),
    ("residual_mv", "18fc", -1000),
    ("z_ohm", "ffffffff", U32),
    ("net_pc", "00f05a2b17ffffff", -1_000_000_000_000),
    ("peak_ua", "0485", 0x8504),
)
KIND: Fields = (
    ("level", "0186", 0x8601),
    ("at_level", "0287", 0x8702),
    ("pulses", "04030288", 0x88020304),
    ("felt", "05030289", 0x89020305),
)


def raw(fields: Fields) -> bytes:
    return bytes.fromhex("".join(text for _, text, _ in fields))


def meaning(fields: Fields) -> dict[str, int | bytes]:
    return {name: value for name, _, value in fields}


def said(answer: object, *but: str) -> dict[str, object]:
    """The fields of an answer by their names, some left out."""
    return {name: getattr(answer, name) for name in type(answer).__slots__ if name not in but}  # type: ignore[attr-defined]


def parsed(kind: int, body: str) -> replies.Reply:
    return replies.parse(Message(kind, 1, bytes.fromhex(body)))


def status(head: bytes, lead: bytes) -> replies.Report:
    answer = replies.parse(Message(0xC0, 1, head + 4 * lead))
    assert isinstance(answer, replies.Report)
    return answer


def status_head(kinds: str = "01", leads: str = "04") -> bytes:
    return raw(HEAD[:-1]) + bytes.fromhex(f"{kinds} {leads} 048f")


def test_each_field_of_identity() -> None:
    answer = replies.parse(Message(0x81, 1, raw(IDENTITY)))

    assert said(answer) == meaning(IDENTITY)


def test_each_field_of_the_head_of_a_status() -> None:
    answer = status(status_head(), raw(LEAD) + raw(KIND))

    assert said(answer, "leads") == {**meaning(HEAD), "bad": 0x8F04}


def test_each_field_of_a_lead() -> None:
    for lead in status(status_head(), raw(LEAD) + raw(KIND)).leads:
        assert said(lead, "kinds") == meaning(LEAD)


def test_each_field_of_a_kind() -> None:
    for lead in status(status_head(), raw(LEAD) + raw(KIND)).leads:
        assert [said(kind) for kind in lead.kinds] == [meaning(KIND)]


def test_as_many_kinds_are_read_as_the_head_says() -> None:
    answer = status(status_head(kinds="80"), raw(LEAD) + 128 * raw(KIND))

    assert [len(lead.kinds) for lead in answer.leads] == [128] * 4


ANSWERS: list[tuple[int, str, replies.Reply]] = [
    (0x82, "0180 0280 0380 0480 05000080 06000080", LimitsBody((0x8001, 0x8002, 0x8003, 0x8004), 2**31 + 5, 2**31 + 6)),
    (0x84, "040302f1 8182838485868788", replies.Armed(0xF1020304, bytes.fromhex("8182838485868788"))),
    (0x85, "8f 000000 ffffffff 01000080 02000080 00000000", replies.Touched(0x8F, (U32, 2**31 + 1, 2**31 + 2, 0))),
    (0x86, "01000080 02 80 83 00", replies.Played(2**31 + 1, 0x8002, 0x83)),
    (0x87, "01000080", replies.Hushed(2**31 + 1)),
    (0x88, "", replies.Cleared()),
    (0xFF, "86 87 01000080", replies.Refusal(0x86, 0x87, 2**31 + 1)),
]


@pytest.mark.parametrize(("kind", "body", "reply"), ANSWERS)
def test_each_field_of_the_other_answers(kind: int, body: str, reply: replies.Reply) -> None:
    assert parsed(kind, body) == reply


FIVE_LEADS = status_head(leads="05") + 5 * (raw(LEAD) + raw(KIND))
FOUR_LEADS = status_head() + 4 * (raw(LEAD) + raw(KIND))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (0x80, b""),
        (0x89, b""),
        (0x88, b"\0"),
        (0x81, raw(IDENTITY)[:-1]),
        (0x82, bytes(15)),
        (0x83, bytes(8)),
        # Three sections announced, two sent; one announced, two sent (4.3).
        (0x83, bytes(8) + bytes.fromhex("01000300") + bytes(48)),
        (0x83, bytes(8) + bytes.fromhex("01000100") + bytes(48)),
        (0xC0, FOUR_LEADS[:45]),
        (0xC0, FOUR_LEADS[:-1]),
        (0xC0, FOUR_LEADS + b"\0"),
        # A whole lead too few, one too many, and one too many that is announced (6.2: leads is 4).
        (0xC0, FOUR_LEADS[: -24 - 12]),
        (0xC0, FOUR_LEADS + raw(LEAD) + raw(KIND)),
        (0xC0, FIVE_LEADS),
        (0xC0, status_head(leads="00")),
        (0xFF, bytes(5)),
    ],
)
def test_a_body_of_another_length_is_garbled(kind: int, body: bytes) -> None:
    with pytest.raises(Garbled, match=f"a message of type {kind:02X} with a body of {len(body)} bytes"):
        replies.parse(Message(kind, 1, body))


def test_the_states_have_the_manual_s_numbers() -> None:
    states = {"IDLE": 1, "READY": 2, "ARMED": 3, "PLAYING": 4, "DONE": 5, "FAULT": 6}

    assert {name: int(state) for name, state in replies.DeviceState.__members__.items()} == states


def test_the_refusals_have_the_manual_s_numbers() -> None:
    in_order = "VERSION LENGTH TYPE STATE SEQUENCE EPOCH RANGE LIMIT HASH STEP LEASE FAULT_LATCHED SPENT BUSY"

    assert [replies.CODES[code] for code in range(1, 15)] == in_order.split() and len(replies.CODES) == 14


def test_the_faults_have_the_manual_s_numbers() -> None:
    assert [replies.FAULTS[code].partition(":")[0] for code in (1, 2, 3)] == ["LEASE", "OUTPUT", "BALANCE"]
    assert len(replies.FAULTS) == 3
