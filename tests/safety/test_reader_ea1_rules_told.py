"""A STATUS of ea1, byte for byte as the manual lays it out, and what the reader hands on of it (6)."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest

from eastim.safety.readers.base import Count, Measured, Status
from eastim.safety.readers.ea1_parts.report import KindReport, LeadReport, Report, is_news, parse_report
from eastim.safety.readers.ea1_parts.shadow import Is
from tests.safety import ea1_words as words
from tests.safety.ea1_walks import ask, at, reader, said
from tests.safety.ea1_words import BOOT, EPOCH, quiet, wire

HEAD = struct.Struct("<IIQQIBBBBHBBIHBBH")
LEAD = struct.Struct("<BBHHHhIqH")
KIND = struct.Struct("<HHII")
# boot, epoch, clock, played, step, state, fault, cause, flags, block, section, hold, position, lease, kinds, leads, bad
FIELDS = (BOOT, EPOCH, 10, 11, 12, 4, 0, 1, 6, 13, 1, 0, 14, 15, 2, 4, 16)
LEADS = (
    (15, 1, 100, 101, 2000, -5, 20_000, -77, 102), (8, 0xFE, 7, 8, 9, 10, 0xFFFFFFFF, 11, 12),
    (7, 0xFF, 1, 2, 3, 4, 5, 6, 7), (10, 0, 1, 2, 3, 4, 0, 6, 7),
)  # fmt: skip
KINDS = (((10, 0, 3, 2), (5, 1, 7, 6)), ((0, 0, 1, 0), (0, 2, 0, 0)), ((0, 0, 0, 0),) * 2, ((1, 1, 9, 8), (0,) * 4))


def body(*fields: int, leads: Any = LEADS, kinds: Any = KINDS) -> bytes:
    """A STATUS of these fields; without any, of the ones above."""
    rows = (LEAD.pack(*lead) + b"".join(KIND.pack(*kind) for kind in of) for lead, of in zip(leads, kinds, strict=True))
    return HEAD.pack(*(fields or FIELDS)) + b"".join(rows)


def changed(place: int, value: int) -> bytes:
    return body(*FIELDS[:place], value, *FIELDS[place + 1 :])


# --- as bytes ---------------------------------------------------------------------------------------------------------


def test_a_status_is_read_field_by_field() -> None:
    report = parse_report(body())
    leads = tuple(
        LeadReport(*lead, tuple(KindReport(*kind) for kind in of)) for lead, of in zip(LEADS, KINDS, strict=True)
    )

    assert report == Report(BOOT, EPOCH, 10, 11, 12, Is.PLAYING, 0, 1, 6, 13, 1, 0, 14, 15, 2, leads)


ONES = (0xFFFFFFFF, 0xFFFFFFFF, 2**64 - 1, 2**64 - 1, 0xFFFFFFFF)
LEAD_ONES = (255, 255, 65535, 65535, 65535, -1, 0xFFFFFFFF, -1, 65535)
KIND_ONES = (65535, 65535, 0xFFFFFFFF, 0xFFFFFFFF)


def test_numbers_are_read_without_a_sign_but_the_residual_and_the_charge() -> None:
    full = (*ONES, 6, 255, 2, 255, 65535, 255, 255, 0xFFFFFFFF, 65535, 1, 4, 65535)
    report = parse_report(body(*full, leads=(LEAD_ONES,) * 4, kinds=((KIND_ONES,),) * 4))
    lead = LeadReport(*LEAD_ONES, (KindReport(*KIND_ONES),))

    assert report == Report(*ONES, Is.FAULT, 255, 2, 255, 65535, 255, 255, 0xFFFFFFFF, 65535, 1, (lead,) * 4)


@pytest.mark.parametrize("state", [1, 2, 3, 4, 5, 6])
def test_a_state_of_the_manual_is_known(state: int) -> None:
    report = parse_report(changed(5, state))

    assert report is not None and report.state == state


NONE = [
    ("boot", 0, 0), ("epoch", 1, 0), ("state", 5, 0), ("state", 5, 7), ("state", 5, 255), ("cause", 7, 3),
    ("cause", 7, 255), ("kinds", 14, 1), ("kinds", 14, 3), ("kinds", 14, 255), ("leads", 15, 3), ("leads", 15, 5),
]  # fmt: skip


@pytest.mark.hazard("H09")
@pytest.mark.parametrize(("name", "place", "value"), NONE)
def test_a_status_with_a_field_of_no_manual_is_none(name: str, place: int, value: int) -> None:
    assert parse_report(body()) is not None
    assert parse_report(changed(place, value)) is None, name


@pytest.mark.hazard("H09")
@pytest.mark.parametrize("length", [0, 4, 45, 46, 238 - 1, 238 + 1, 238 + 12])
def test_a_status_of_another_length_is_none(length: int) -> None:
    assert len(body()) == 238
    assert parse_report((body() + bytes(12))[:length]) is None


@pytest.mark.parametrize("kinds", [0, 1, 2, 3, 4])
def test_a_program_has_at_most_four_kinds(kinds: int) -> None:
    fields = (*FIELDS[:14], kinds, 4, 0)
    report = parse_report(body(*fields, kinds=((KIND_ONES,) * kinds,) * 4))

    assert report is not None and [len(lead.kinds) for lead in report.leads] == [kinds] * 4
    assert parse_report(body(*FIELDS[:14], 5, 4, 0, kinds=((KIND_ONES,) * 5,) * 4)) is None


@pytest.mark.parametrize("leads", [3, 5])
def test_a_device_has_four_leads(leads: int) -> None:
    other = body(*FIELDS[:15], leads, 0, leads=(LEADS[0],) * leads, kinds=(KINDS[0],) * leads)

    assert parse_report(other) is None


def test_255_kinds_are_not_one_kind_less_than_none() -> None:
    assert parse_report(changed(14, 255)[: 46 + 4 * 12]) is None


def test_each_flag_is_one_bit() -> None:
    reports = [parse_report(changed(8, flags)) for flags in (0, 1, 2, 4, 8)]

    assert [(r.quiet, r.locked, r.loaded) for r in reports if r] == [
        (False, False, False), (True, False, False), (False, True, False), (False, False, True), (False,) * 3,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "words_"),
    [
        (0, ()),
        (1, ("LEASE: the lease ended",)),
        (2, ("OUTPUT: current while the output should be zero",)),
        (3, ("BALANCE: phases differ",)),
        (4, ("fault 4",)),
        (255, ("fault 255",)),
    ],
)
def test_a_fault_is_told_in_the_manuals_words(fault: int, words_: tuple[str, ...]) -> None:
    report = parse_report(changed(6, fault))

    assert report is not None and report.faults == words_


def test_news_is_another_boot_or_a_later_clock_or_other_bytes() -> None:
    told = body()

    assert is_news(told, b"")
    assert not is_news(told, told)
    assert is_news(changed(2, 11), told)
    assert not is_news(changed(2, 9), told)
    assert is_news(changed(3, 12), told)
    assert is_news(changed(0, BOOT + 1), told)
    assert is_news(body(BOOT + 1, EPOCH, 9, *FIELDS[3:]), told)
    assert not is_news(body(BOOT, EPOCH + 1, 9, *FIELDS[3:]), told)


# --- what is handed on ------------------------------------------------------------------------------------------------

HEARD = Status(
    device="EA1-000001",
    boot=BOOT,
    quiet=False,
    agrees=True,
    disagreement="",
    ready=True,
    playing=True,
    ended=False,
    played_us=11,
    section=1,
    hold=None,
    counts=(
        Count("A", "2", 100, False, 3, 2), Count("A", "100", 50, True, 7, 6), Count("B", "2", 0, False, 1, 0),
        Count("B", "100", 0, True, 0, 0), Count("C", "2", 0, False, 0, 0), Count("C", "100", 0, False, 0, 0),
        Count("D", "2", 0, True, 9, 8), Count("D", "100", 0, False, 0, 0),
    ),
    measured=(
        Measured("A", "100", 100, 101, 2000, -5, 20_000, True, True, True, -77, 102, 6),
        Measured("B", None, 7, 8, 9, 10, None, False, False, False, 11, 12, 0),
        Measured("C", None, None, None, None, None, None, True, True, True, 6, 7, 0),
        Measured("D", "2", 1, 2, 3, 4, None, False, True, False, 6, 7, 8),
    ),
    faults=(),
    source="measured",
    stop_answer=False,
    clock_us=10,
)  # fmt: skip
# As above, of a device that plays what was asked: step 2, no level on lead D, no hold.
AS_ASKED = (*FIELDS[:4], 2, *FIELDS[5:11], 0xFF, *FIELDS[12:])
NO_D = (*KINDS[:3], ((0, 1, 9, 8), (0,) * 4))


def heard(name: str, data: bytes) -> Status:
    (status,) = reader().heard(at(name), wire(0xC0, 1, data), 0)[1]
    return status


def test_a_status_is_handed_on_with_the_names_of_leads_and_kinds() -> None:
    assert heard("raised", body(*AS_ASKED, kinds=NO_D)) == HEARD


@pytest.mark.parametrize("flags", [0, 1, 2, 4, 8])
def test_each_flag_of_a_lead_is_one_bit(flags: int) -> None:
    told = [(flags, *lead[1:]) for lead in LEADS]
    lead = heard("raised", body(*AS_ASKED, leads=told, kinds=NO_D)).measured[0]

    assert (lead.open, lead.short, lead.parked) == (flags == 1, flags == 2, flags == 4)
    assert (lead.plus_ua, lead.kind) == ((100, "100") if flags == 8 else (None, None))


def test_before_our_program_is_loaded_the_kinds_have_no_counts() -> None:
    assert heard("locked", body()).counts == ()


def test_another_number_of_kinds_has_no_counts() -> None:
    assert heard("raised", body(*FIELDS[:14], 1, 4, 0, kinds=(KINDS[0][:1],) * 4)).counts == ()
    assert len(heard("raised", body()).counts) == 8


@pytest.mark.parametrize(("number", "kind"), [(0, "2"), (1, "100"), (2, None), (0xFF, None)])
def test_a_hold_has_the_name_of_its_kind(number: int, kind: str | None) -> None:
    assert heard("raised", changed(11, number)).hold == kind


@pytest.mark.parametrize(("number", "section"), [(0, 0), (1, 1), (254, 254), (255, None)])
def test_a_section_is_a_number_or_none(number: int, section: int | None) -> None:
    assert heard("raised", changed(10, number)).section == section


@pytest.mark.parametrize(
    ("state", "playing", "ended"), [(1, False, False), (2, False, False), (3, False, False), (4, True, False),
                                    (5, False, True), (6, False, False)]
)  # fmt: skip
def test_a_device_plays_or_has_ended(state: int, playing: bool, ended: bool) -> None:
    status = heard("raised", changed(5, state))

    assert (status.playing, status.ended) == (playing, ended)


def test_a_device_is_ready_when_limits_and_program_are_ours_and_it_agrees() -> None:
    def ready(name: str, **other: Any) -> bool:
        return said(at(name), quiet(2, played_us=0, **other)).ready

    assert ready("loaded")
    assert not ready("loaded", flags=0b101)
    assert not ready("loaded", flags=0b011)
    assert not ready("loaded", epoch=1)
    assert not ready("locked")
    assert not ready("greeted")
    loose = said(replace(at("loaded"), locked=None), quiet(2, played_us=0))
    assert (loose.agrees, loose.ready) == (True, False)


def test_a_device_that_may_have_been_greeted_is_ready_only_while_it_says_so() -> None:
    asked = ask(at("loaded"), 1, b"EA1?")
    told = [said(asked, quiet(2, flags=flags, played_us=0)) for flags in (0b111, 0b101, 0b011)]

    assert [(status.agrees, status.ready) for status in told] == [(True, True), (True, False), (True, False)]


def test_without_a_program_of_ours_a_device_is_not_ready() -> None:
    status = said(replace(at("loaded"), loaded=None), quiet(2, played_us=0))

    assert (status.agrees, status.ready) == (True, False)


def test_after_a_contradiction_every_status_says_it() -> None:
    status = said(replace(at("loaded"), quarrel="it lies"), quiet(2, played_us=0))

    assert (status.agrees, status.disagreement, status.ready) == (False, "it lies", False)


def test_a_device_without_a_name_has_none() -> None:
    status = said(at("blank"), quiet(1, kinds=0, flags=1))

    assert (status.device, status.agrees, status.counts) == ("", True, ())


@pytest.mark.hazard("H25")
def test_only_a_new_epoch_answers_a_stop() -> None:
    assert [
        said(at("stopped"), quiet(2, cause=cause, epoch=epoch, step=2)).stop_answer
        for cause, epoch in ((2, words.NEXT), (1, words.NEXT), (0, words.NEXT), (2, EPOCH))
    ] == [True, False, False, False]


def test_a_fault_is_handed_on() -> None:
    assert said(at("raised"), quiet(6, fault=2, epoch=words.NEXT)).faults == (
        "OUTPUT: current while the output should be zero",
    )
